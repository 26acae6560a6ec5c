"""What a conclusion is judged by stays as it was: a lower level, another sign-in or unit improves nothing."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import dispatch, measures
from data.assessment import Assessed, Period, assess
from data.database import reading, writing
from data.loop import advance, locked
from data.rights import acting, seen_by
from data.tables import AlertEvent
from data.verification import conclude, downgrade
from data.working_days import working_days_after
from tests.loop_in_miniature import APPROVER, LEADER, RAISED, VERIFIER, furnish, later, taken

DAY_LATE = working_days_after(RAISED.date(), 15) + timedelta(days=1)
"""The day after a red alert was due; an orange one has two weeks more."""


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _assessed() -> dict[str, Assessed]:
    period = Period(date(2026, 3, 1), date(2026, 5, 31))
    with seen_by(LEADER) as session:
        return {unit.unit_code: unit for unit in assess(session, LEADER, period, today=period.last)}


def _late() -> int:
    alert_id = taken()
    days = (DAY_LATE - later().date()).days
    with acting(VERIFIER) as session:
        conclude(session, alert_id, VERIFIER, at=later(days), outcome="C2", note="确有超发")
    unit = _assessed()["U1"]
    assert (unit.on_time["n_confirmed"], unit.on_time["n"], unit.median_days) == (0, 1, 16)
    return alert_id


def test_a_lowered_level_does_not_make_a_late_conclusion_one_in_time() -> None:
    alert_id = _late()
    with acting(VERIFIER) as session:
        measures.add(session, alert_id, VERIFIER, at=later(30), kind="recovery", quantity=800, done_on=DAY_LATE)
    with acting(APPROVER) as session:
        downgrade(session, alert_id, APPROVER, at=later(31), note="已追回大部")
    unit = _assessed()["U1"]
    assert (unit.on_time["n_confirmed"], unit.on_time["n"]) == (0, 1)


def test_another_sign_in_and_another_unit_change_nothing_of_it() -> None:
    alert_id = _late()
    with writing() as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(40), note="重新核查")
    with acting(APPROVER) as session:
        dispatch.transfer(session, alert_id, APPROVER, "U2", at=later(41), note="管辖调整")
    units = _assessed()
    assert (units["U1"].on_time["n_confirmed"], units["U1"].on_time["n"], units["U1"].median_days) == (0, 1, 16)
    assert (units["U1"].n_concluded, units["U2"].n_concluded) == (1, 0)


def test_every_event_keeps_how_the_alert_stood_before_it() -> None:
    alert_id = _late()
    with reading() as session:
        event = session.scalars(select(AlertEvent).where(AlertEvent.kind == "concluded")).one()
        assert (event.level, event.unit_code, event.signed_in_at) == ("red", "U1", RAISED)
        assert event.due_on == DAY_LATE - timedelta(days=1), alert_id
