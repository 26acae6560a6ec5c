"""Whoever worked on a verdict does not decide about it: not after handing it on, nor by another account."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from data import dispatch, elimination, look_back
from data.database import reading, writing
from data.errors import MingjingError, TransitionRefused
from data.four_eyes import gave_what_was_reversed, has_worked
from data.loop import advance, locked, refusal
from data.measures import add
from data.people_tables import Account
from data.rights import ROLES, Held, Person
from data.tables import Alert
from data.verification import conclude, downgrade, rectify
from tests.loop_in_miniature import APPROVER, COLLEAGUE, SECOND_APPROVER, VERIFIER, an_alert, furnish, later, taken

REASON = "迁出登记晚于发放，属登记滞后"
POSTS = (Held(ROLES["inspector"], "U1", "", None), Held(ROLES["approver"], "C1", "", None))


def both(code: str, key: str | None = None) -> Person:
    """Somebody who verifies and approves as well."""
    return Person(code, "兼任", "U1", POSTS, key, "127.0.0.1")


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _measured(session: Session, alert_id: int, person: Person, kind: str = "correction") -> None:
    add(session, alert_id, person, at=later(2), kind=kind, quantity=1, done_on=date(2026, 3, 10))


def _refused(session: Session, alert_id: int, action: str, person: Person, at: datetime) -> MingjingError | None:
    outcome = "E1" if action == "eliminated" else None
    return refusal(session, session.get_one(Alert, alert_id), action, person, at=at, outcome=outcome)


def test_who_took_it_does_not_lower_or_reverse_after_handing_it_on() -> None:
    first = both("first")
    alert_id = taken(by=first)
    with writing() as session:
        conclude(session, alert_id, first, at=later(1), outcome="C2")
        _measured(session, alert_id, first)
        dispatch.hand_on(session, alert_id, APPROVER, VERIFIER, at=later(3))
        assert session.get_one(Alert, alert_id).assignee == VERIFIER.code
        for action in ("downgraded", "reversed"):
            with pytest.raises(TransitionRefused, match="second person"):
                advance(session, locked(session, alert_id), action, first, at=later(4))
        downgrade(session, alert_id, SECOND_APPROVER, at=later(5), note="已纠正数据")


def test_who_was_given_it_and_put_it_back_does_not_approve() -> None:
    first = both("first")
    alert_id = an_alert()
    with writing() as session:
        dispatch.assign(session, alert_id, APPROVER, first, at=later(0))
        dispatch.release(session, alert_id, first, at=later(1))
        dispatch.take(session, alert_id, VERIFIER, at=later(2))
        elimination.request(
            session, alert_id, VERIFIER, at=later(3), cause="F01", reason=REASON, evidence="镇纪委档案柜 3-12"
        )
        with pytest.raises(TransitionRefused, match="second person"):
            elimination.approve(session, alert_id, first, at=later(4))
        elimination.approve(session, alert_id, APPROVER, at=later(5))


def test_two_accounts_of_one_person_are_one_person() -> None:
    mine, other = both("mine", "f" * 64), both("other", "f" * 64)
    with writing() as session:
        for one in (mine, other):
            session.add(
                Account(
                    code=one.code, name=one.name, unit_code="U1", state="active", must_change=False, n_failed=0,
                    subject_key=one.subject_key, created_at=later(), created_by="system",
                )
            )  # fmt: skip
    requested, concluded = taken(1, by=mine), taken(2, by=mine)
    with writing() as session:
        elimination.request(
            session, requested, mine, at=later(1), cause="F01", reason=REASON, evidence="镇纪委档案柜 3-12"
        )
        conclude(session, concluded, mine, at=later(1), outcome="C2")
        _measured(session, concluded, mine)
        for alert_id, action in ((requested, "eliminated"), (concluded, "downgraded"), (concluded, "reversed")):
            error = _refused(session, alert_id, action, other, later(3))
            assert isinstance(error, TransitionRefused), action
            assert "由另一人" in error.words("zh")
            assert _refused(session, alert_id, action, APPROVER, later(3)) is None
        with pytest.raises(TransitionRefused):
            elimination.approve(session, requested, other, at=later(3))
        assert look_back.refusal(session, session.get_one(Alert, concluded), other) is not None
        assert look_back.refusal(session, session.get_one(Alert, concluded), APPROVER) is None


def test_who_gave_the_verdict_that_was_reversed_does_not_verify_it_again() -> None:
    alert_id = taken()
    with writing() as session:
        conclude(session, alert_id, VERIFIER, at=later(1), outcome="D1", note="登记日期录错")
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(2))
        alert = locked(session, alert_id)
        assert gave_what_was_reversed(session, alert, VERIFIER)
        for action, to in (("taken", None), ("assigned", VERIFIER)):
            person = VERIFIER if to is None else APPROVER
            with pytest.raises(TransitionRefused, match="was reversed"):
                advance(session, alert, action, person, at=later(3), to=to)
        dispatch.take(session, alert_id, COLLEAGUE, at=later(4))
        assert not has_worked(session, alert, VERIFIER), "the verdict taken back is another one's work"
        conclude(session, alert_id, COLLEAGUE, at=later(5), outcome="C1")
        _measured(session, alert_id, COLLEAGUE, "talk")
        rectify(session, alert_id, COLLEAGUE, at=later(6), note="已约谈")
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(7))
        dispatch.take(session, alert_id, VERIFIER, at=later(8))
    with reading() as session:
        assert session.get_one(Alert, alert_id).assignee == VERIFIER.code


def test_the_button_judges_nobody_until_somebody_is_chosen() -> None:
    tied = Person("chief", "主任", "C1", (Held(ROLES["approver"], "C1", "", None),), f"{1:064d}", "127.0.0.1")
    alert_id = an_alert(1)
    with writing() as session:
        alert = locked(session, alert_id)
        assert refusal(session, alert, "assigned", tied, at=later(0)) is None
        assert refusal(session, alert, "assigned", tied, at=later(0), to=VERIFIER) is None
        dispatch.assign(session, alert_id, tied, VERIFIER, at=later(0))
