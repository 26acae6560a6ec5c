"""A department sees what it was asked, answers once, and never sees the alert."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from data.database import reading
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.inquiries import Asked, answer, ask, matter, of_alert, of_department
from data.loop import locked
from data.rights import Person, acting, seen_by
from data.tables import Alert, AlertEvent, Unit
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    CONTACT,
    ELSEWHERE,
    NOW,
    VERIFIER,
    an_alert,
    furnish,
    kinds,
    later,
    somebody,
    taken,
)  # fmt: skip


@pytest.fixture
def alert_id(small_office: Path) -> int:
    furnish()
    return taken()


def _ask(alert_id: int, person: Person = VERIFIER, **values: object) -> int:
    with acting(person) as session:
        given = {"at": NOW, "unit_code": "D1", "question": "请说明发放依据"} | values
        return ask(session, alert_id, person, **given).id


def _answer(inquiry_id: int, person: Person = CONTACT, text: str = "已按规定发放") -> Asked:
    with acting(person) as session:
        return answer(session, inquiry_id, person, at=later(1), answer=text)


def test_it_is_due_in_five_working_days(alert_id: int) -> None:
    _ask(alert_id)
    with seen_by(CONTACT) as session:
        (asked,) = of_department(session, CONTACT)
    assert (asked.due_on, asked.question, asked.answered_at) == (date(2026, 3, 16), "请说明发放依据", None)


def test_the_contact_sees_the_question_and_never_the_alert(alert_id: int) -> None:
    number = _ask(alert_id)
    _answer(number)
    with seen_by(CONTACT) as session:
        assert session.scalars(select(Alert)).all() == []
        with pytest.raises(NotFound):
            locked(session, alert_id)
        (asked,) = of_department(session, CONTACT)
    assert "alert" not in " ".join(Asked.__dataclass_fields__)
    assert (asked.answer, asked.answered_by) == ("已按规定发放", "qian")
    with reading() as session:
        unit = session.get_one(Unit, "U1")
    assert (asked.unit, asked.unit_en, asked.asked_at) == (unit.name, unit.name_en, NOW)


def test_a_question_begins_with_whom_where_and_when(alert_id: int) -> None:
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
    alert.period = "2025-03"
    assert matter(alert, "某镇 某村") == "关于某镇 某村韩某某（2025-03）："
    assert matter(alert, "A village", language="en") == "About 韩某某, A village (2025-03): "
    alert.subject_display, alert.period = "某村", None
    assert matter(alert, "某镇 某村") == f"关于某村（{alert.raised_at:%Y-%m}）："


def test_the_answer_reaches_the_verifier(alert_id: int) -> None:
    _answer(_ask(alert_id))
    with seen_by(VERIFIER) as session:
        assert [one.answer for one in of_alert(session, alert_id)] == ["已按规定发放"]
        assert kinds(session, alert_id) == ["raised", "taken", "asked", "answered"]
        assert session.get_one(Alert, alert_id).status == "verifying"
        last = session.scalars(select(AlertEvent).order_by(AlertEvent.id.desc())).first()
    assert last is not None
    assert (last.actor, last.note) == ("qian", "已按规定发放")


def test_answering_twice_is_refused(alert_id: int) -> None:
    number = _ask(alert_id)
    _answer(number)
    with pytest.raises(TransitionRefused, match="answered by qian") as refused:
        _answer(number, text="另一种说法")
    assert "不能再次答复" in refused.value.zh
    with reading() as session:
        assert of_alert(session, alert_id)[0].answer == "已按规定发放"


@pytest.mark.parametrize("person", [somebody("contact", "x", unit="U2"), VERIFIER, APPROVER])
def test_only_the_department_that_was_asked_answers(alert_id: int, person: Person) -> None:
    number = _ask(alert_id)
    with pytest.raises(NotFound, match="to your department"):
        _answer(number, person)
    with seen_by(person) as session:
        assert of_department(session, person) == []


@pytest.mark.parametrize(
    ("person", "error"),
    [(COLLEAGUE, TransitionRefused), (ELSEWHERE, NotFound), (APPROVER, NotPermitted), (CONTACT, NotFound)],
)
def test_only_whoever_verifies_it_asks(alert_id: int, person: Person, error: type[MingjingError]) -> None:
    with pytest.raises(error):
        _ask(alert_id, person)


def test_nobody_asks_about_what_nobody_verifies(alert_id: int) -> None:
    free = an_alert(2)
    with pytest.raises(TransitionRefused, match="Take it first"):
        _ask(free)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"unit_code": "XX"}, "cannot be asked"),
        ({"unit_code": "U1"}, "verifies the alert itself"),
        ({"due_on": date(2026, 3, 9)}, "a day after"),
        ({"due_on": date(2027, 3, 11)}, "after 2026-03-09 and not after 2027-03-10"),
        ({"due_on": date.max}, "not after 2027-03-10"),
        ({"question": " "}, "at least 4"),
        ({"question": "请说明\u202e依据"}, "U\\+202E"),
        ({"question": "长" * 2001}, "at most 2000"),
    ],
)
def test_what_cannot_be_asked_is_refused(alert_id: int, values: dict[str, object], words: str) -> None:
    with pytest.raises(InputRefused, match=words) as refused:
        _ask(alert_id, **values)
    assert refused.value.zh
    with reading() as session:
        assert of_alert(session, alert_id) == []
