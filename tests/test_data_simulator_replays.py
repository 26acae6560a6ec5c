"""Reported runs, replayed through the real cards, collisions and verdicts."""

from collections import Counter
from pathlib import Path

from data.database import reading, writing
from data.simulator.replays import Replay, allowance_replay, labour_replay, replay_in, twins_replay
from data.tables import Alert, AlertEvent


def _run(replay: Replay) -> list[Alert]:
    with writing() as session:
        alerts = replay_in(session, replay)
        session.flush()
        session.expunge_all()
    return alerts


def test_allowance_without_hukou_212_alerts_197_confirmed(office: Path) -> None:
    alerts = _run(allowance_replay())
    assert len(alerts) == 212
    outcomes = Counter((alert.outcome, alert.cause) for alert in alerts)
    assert outcomes == {("C2", None): 197, ("E1", "F01"): 9, ("E1", "F02"): 4, ("E1", "F03"): 2}
    assert {alert.status for alert in alerts} == {"closed"}
    assert {alert.level for alert in alerts} == {"red"}
    assert all(alert.recoverable == 180.0 for alert in alerts)
    assert not any(digit.isdigit() for alert in alerts for digit in alert.subject_display)


def test_labour_subsidies_of_cadres_92_alerts_61_confirmed_153_people_in_the_end(office: Path) -> None:
    replay = labour_replay()
    alerts = _run(replay)
    assert len(alerts) == 92
    assert sum(alert.outcome == "C2" for alert in alerts) == 61
    wider = replay.wider_check
    assert wider is not None
    assert len(wider) == wider["id_no"].nunique() == 153
    assert wider["returned"].sum() == 7_760


def test_twin_expenses_of_33630_are_confirmed_with_changed_nature(office: Path) -> None:
    (alert,) = _run(twins_replay())
    assert (alert.source, alert.outcome, alert.status) == ("M10", "C3", "closed")
    assert alert.amount == 67_260.0
    assert '"penalty_linked": true' in alert.attributes
    with reading() as session:
        kinds = [event.kind for event in session.query(AlertEvent).order_by(AlertEvent.id)]
    assert kinds == ["raised", "dispatched", "signed_in", "taken", "measured", "concluded", "measured", "rectified"]
