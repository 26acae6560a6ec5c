"""Reported affairs, replayed through the real cards, collisions and verdicts."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from data import measures
from data.database import reading, writing
from data.errors import InputRefused
from data.loop_tables import Elimination, HandlingOrder, Inquiry, Responsible
from data.simulator.replays import REPLAYS, Replay, find_replay, replay_in, tell
from data.tables import Alert, AlertEvent, AlertEvidence, DatasetFiling


def _run(name: str) -> tuple[Replay, list[Alert]]:
    replay = REPLAYS[name]()
    with writing() as session:
        alerts = replay_in(session, replay)
        session.flush()
        session.expunge_all()
    return replay, alerts


def _done() -> dict[str, float]:
    """What was done, by kind of measure in its own unit."""
    with reading() as session:
        return {total.kind.code: total.quantity for total in measures.totals(session)}


def test_allowance_without_hukou_212_alerts_197_confirmed(office: Path) -> None:
    _, alerts = _run("allowance-without-hukou")
    assert len(alerts) == 212
    outcomes = Counter((alert.outcome, alert.cause) for alert in alerts)
    assert outcomes == {("C2", None): 197, ("E1", "F01"): 9, ("E1", "F02"): 4, ("E1", "F03"): 2}
    assert {alert.status for alert in alerts} == {"closed"}
    assert {alert.level for alert in alerts} == {"red"}
    assert all(alert.recoverable == 180.0 for alert in alerts)
    assert not any(digit.isdigit() for alert in alerts for digit in alert.subject_display)
    assert _done() == {"correction": 197, "letter": 1, "mechanism": 1}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_3776_items_paid_after_death_2358_corrected_in_six_departments_68000_recovered(small_office: Path) -> None:
    _, alerts = _run("deceased-still-paid")
    outcomes = Counter(alert.outcome for alert in alerts)
    assert len(alerts) == 3_776
    assert outcomes["C2"] + outcomes["D1"] == 2_358
    assert {alert.status for alert in alerts} == {"closed"}
    assert sum(alert.recovered or 0 for alert in alerts) == 68_000
    assert _done() == {"talk": 18, "recovery": 68_000, "correction": 2_358}


def test_labour_subsidies_of_cadres_92_alerts_61_confirmed_153_people_in_the_end(office: Path) -> None:
    replay, alerts = _run("labour-subsidies")
    assert len(alerts) == 92
    assert sum(alert.outcome == "C2" for alert in alerts) == 61
    wider = replay.wider_check
    assert wider is not None
    assert len(wider) == wider["id_no"].nunique() == 153
    assert wider["returned"].sum() == 7_760


def test_twin_expenses_of_33630_are_confirmed_with_changed_nature(office: Path) -> None:
    _, (alert,) = _run("twin-expenses")
    assert (alert.source, alert.outcome, alert.status) == ("M10", "C3", "closed")
    assert alert.amount == 67_260.0
    assert '"penalty_linked": true' in alert.attributes
    with reading() as session:
        kinds = [event.kind for event in session.query(AlertEvent).order_by(AlertEvent.id)]
    assert kinds == ["raised", "dispatched", "signed_in", "taken", "concluded", "measured", "rectified"]


def test_emergency_project_of_2890000_is_halted_explained_and_eliminated_by_a_drafted_request(
    small_office: Path,
) -> None:
    _, (alert,) = _run("emergency-project")
    assert (alert.source, alert.level, alert.amount) == ("M11", "red", 2_890_000)
    assert (alert.outcome, alert.cause, alert.status) == ("E1", "F25", "closed")
    assert _done() == {"halt": 1}
    with reading() as session:
        request, inquiry = session.scalars(select(Elimination)).one(), session.scalars(select(Inquiry)).one()
    assert (request.prefilled, request.state) == (True, "approved")
    assert request.requested_by != request.decided_by
    assert "班子会议" in inquiry.answer


def test_ten_people_in_the_lists_of_two_merged_villages_draw_60000_and_return_30000(office: Path) -> None:
    _, alerts = _run("merged-villages")
    assert len(alerts) == 10
    with reading() as session:
        assert len(session.scalars(select(AlertEvidence.id)).all()) == 20
    assert sum(alert.amount or 0 for alert in alerts) == 60_000
    assert sum(alert.recovered or 0 for alert in alerts) == 30_000
    assert {(alert.level, alert.outcome) for alert in alerts} == {("orange", "C2")}
    assert all('"villages_merged": true' in alert.attributes for alert in alerts)


def test_sixteen_retired_cadres_eight_filed_one_with_60_percent(small_office: Path) -> None:
    _, alerts = _run("retired-cadre")
    assert len(alerts) == 16
    assert {alert.level for alert in alerts} == {"red"}
    assert Counter(alert.outcome for alert in alerts) == {"C0": 8, None: 8}
    assert _done() == {"case_filed": 8}
    (owner,) = (known for alert in alerts if (known := json.loads(alert.attributes))["share_pct"] == 60)
    assert owner["role"] == "supervisor"


def test_a_post_of_ten_months_and_3000_is_drawn_by_the_accountant_for_his_son(small_office: Path) -> None:
    _, (alert,) = _run("ghost-post")
    known = json.loads(alert.attributes)
    assert (alert.source, alert.level, alert.outcome, alert.amount) == ("M07", "red", "C0", 3_000)
    assert known["n_months"] == 10
    assert known["drawn_by_cadre"]
    assert known["elsewhere"]
    assert not alert.recovered
    assert _done() == {"form_2": 1}


def test_a_patroller_silent_about_two_villages_is_confirmed_and_the_sites_wait(small_office: Path) -> None:
    _, alerts = _run("silent-patroller")
    (official,) = (alert for alert in alerts if alert.rule == "patroller_silent")
    assert json.loads(official.attributes)["n_villages"] == 2
    assert (official.source, official.level, official.outcome) == ("M24", "orange", "C0")
    assert _done() == {"case_filed": 1, "form_4": 1}
    assert {alert.outcome for alert in alerts if alert is not official} == {None}


def test_one_firm_of_1989_penalties_shows_a_governance_problem_and_two_prompt_sheets(small_office: Path) -> None:
    replay, (alert,) = _run("repeat-penalties")
    assert len(replay.registers["enterprise_penalty"]) == 1_989
    assert (alert.source, alert.outcome, alert.status) == ("M25", "G1", "closed")
    assert _done() == {"letter": 2}


def test_travel_on_invoices_of_a_federation_is_confirmed_by_the_travellers_identity(small_office: Path) -> None:
    _, (alert,) = _run("travel-invoices")
    known = json.loads(alert.attributes)
    assert (alert.source, alert.level, alert.outcome) == ("M26", "red", "C0")
    assert known["buyer_is_association"]
    assert known["staff_traveller"]
    assert _done() == {"letter": 1, "mechanism": 1}


def test_9420_quotas_are_compared_and_what_does_not_match_waits_for_a_verdict(small_office: Path) -> None:
    replay, alerts = _run("land-pension")
    assert replay.registers["land_notice"]["quota_total"].sum() == 9_420
    assert Counter((alert.source, alert.rule) for alert in alerts) == {
        ("M20", "enrolled_without_notice"): 1,
        ("M20", "over_quota"): 1,
        ("M20", "not_on_the_list"): 3,
        ("M21", "published_without_minute"): 2,
        ("M22", "not_allotted"): 1,
    }
    assert {(alert.status, alert.outcome) for alert in alerts} == {("dispatched", None)}


def test_a_property_company_that_wins_again_and_again_leads_to_the_deputy_head(small_office: Path) -> None:
    _, (alert,) = _run("repeat-winner")
    known = json.loads(alert.attributes)
    assert (alert.source, alert.rule, alert.outcome) == ("M13", "more_than_chance", "C0")
    assert known["n_wins"] == known["n_awards"] == 8
    assert _done() == {"case_filed": 1}
    with reading() as session:
        assert session.scalars(select(Responsible.post).where(Responsible.alert_id == alert.id)).all() == ["副局长"]


def test_31527_appeals_are_filed_and_the_25_unsatisfied_put_under_supervision(small_office: Path) -> None:
    _, alerts = _run("unsatisfied-appeals")
    with reading() as session:
        filed = session.scalars(select(DatasetFiling).where(DatasetFiling.name == "hotline")).one()
        orders = session.scalars(select(HandlingOrder)).all()
    assert filed.n_rows == 31_527
    assert len(alerts) == len(orders) == 25
    assert {order.reason for order in orders} == {"unsatisfied"}
    assert {alert.status for alert in alerts} == {"dispatched"}


def test_every_replay_is_found_by_its_name_and_says_in_a_sentence_what_happened() -> None:
    assert all(find_replay(name) and tell(name).endswith(".") for name in REPLAYS)
    with pytest.raises(InputRefused, match=r"(?s)got 'nothing'.*\n  twin-expenses: two expenses of 33,630"):
        find_replay("nothing")
