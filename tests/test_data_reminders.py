"""What is due within three working days, or was, is pointed out once for each due date."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from data import audit, inquiries
from data.database import reading, writing
from data.loop import advance, locked
from data.reminders import remind_due
from data.rights import acting
from data.supervision import answer, order
from data.tables import Alert, AlertEvent
from tests.loop_in_miniature import CONTACT, LEADER, NOW, VERIFIER, an_alert, furnish, kinds, later, taken


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _remind(now: datetime = NOW) -> int:
    with writing() as session:
        return remind_due(session, now=now)


def _reminded(alert_id: int) -> int:
    with reading() as session:
        return kinds(session, alert_id).count("reminded")


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (date(2026, 3, 12), 1),  # three working days after Monday the 9th
        (date(2026, 3, 13), 0),
        (date(2026, 3, 2), 1),  # overdue
        (None, 0),
    ],
)
def test_three_working_days_before_and_when_overdue(due_on: date | None, expected: int) -> None:
    alert_id = an_alert(due_on=due_on)
    assert _remind() == expected
    assert _reminded(alert_id) == expected


def test_weekends_do_not_count() -> None:
    alert_id = an_alert(due_on=date(2026, 3, 18))
    assert _remind(datetime(2026, 3, 12, 1)) == 0
    assert _remind(datetime(2026, 3, 13, 1)) == 1
    assert _reminded(alert_id) == 1


def test_once_a_due_date() -> None:
    alert_id = an_alert(due_on=date(2026, 3, 10))
    assert [_remind(), _remind(later(1)), _remind(later(9))] == [1, 0, 0]
    with writing() as session:
        session.get_one(Alert, alert_id).due_on = date(2026, 3, 20)
    assert _remind(later(9)) == 1
    with reading() as session:
        assert audit.verify(session).n == 2
        assert session.get_one(Alert, alert_id).reminded_on == date(2026, 3, 20)


def test_a_closed_alert_is_left_alone() -> None:
    an_alert(status="closed", outcome="D1", concluded_at=NOW, due_on=date(2026, 3, 10))
    assert _remind() == 0


def test_reminding_changes_no_state_and_keeps_the_verifier() -> None:
    alert_id = an_alert(due_on=date(2026, 3, 10))
    with acting(VERIFIER) as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=NOW)
    _remind(later(15))
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.assignee) == ("verifying", "li")


def test_an_order_reminds_by_itself_until_it_is_answered() -> None:
    first, second = an_alert(1), an_alert(2)
    with acting(LEADER) as session:
        given = {"at": NOW, "reason": "likely", "demand": "限期查清并报结果", "due_on": date(2026, 3, 13)}
        number, _ = (order(session, one, LEADER, **given).id for one in (first, second))
    with acting(VERIFIER) as session:
        answer(session, number, VERIFIER, at=later(0.5), answer="已约谈经办人")
    assert _remind() == 0
    assert [_remind(later(1)), _remind(later(2))] == [1, 0]
    assert (_reminded(first), _reminded(second)) == (0, 1)


def test_an_inquiry_reminds_by_itself_until_the_department_answers() -> None:
    first, second = taken(1, due_on=None), taken(2, due_on=None)
    with acting(VERIFIER) as session:
        asked = [
            inquiries.ask(
                session, one, VERIFIER, at=NOW, unit_code="D1", question="请说明发放依据", due_on=date(2026, 3, 13)
            ).id
            for one in (first, second)
        ]
    with acting(CONTACT) as session:
        inquiries.answer(session, asked[0], CONTACT, at=later(0.5), answer="已按规定发放")
    assert [_remind(), _remind(later(1)), _remind(later(2))] == [0, 1, 0]
    assert (_reminded(first), _reminded(second)) == (0, 1)
    with reading() as session:
        note = session.scalar(select(AlertEvent.note).where(AlertEvent.kind == "reminded"))
    assert note == f"情况说明 {asked[1]}（镜湖县民政局）2026-03-13"
