"""Orders for supervised handling: numbered without gap or double, answered once, lifted with a reason."""

import threading
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from data.database import reading
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop_tables import HandlingOrder
from data.rights import Person, acting, seen_by
from data.supervision import answer, lift, order, standing
from data.tables import Alert
from data.verification import conclude
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    CONTACT,
    ELSEWHERE,
    LEADER,
    NOW,
    VERIFIER,
    an_alert,
    furnish,
    kinds,
    later,
    somebody,
    taken,
)  # fmt: skip

DUE = date(2026, 4, 1)


def _order(alert_id: int, person: Person = LEADER, **values: object) -> tuple[int, str]:
    with acting(person) as session:
        given = {"at": NOW, "reason": "overdue", "demand": "限期查清并报结果", "due_on": DUE} | values
        made = order(session, alert_id, person, **given)
        return made.id, made.number


def _supervised_at(alert_id: int) -> datetime | None:
    with reading() as session:
        return session.get_one(Alert, alert_id).supervised_at


@pytest.fixture
def alert_id(small_office: Path) -> int:
    furnish()
    return taken()


def test_an_order_marks_the_alert_until_it_is_lifted(alert_id: int) -> None:
    number, name = _order(alert_id)
    assert (name, _supervised_at(alert_id)) == ("督办〔2026〕1号", NOW)
    with acting(VERIFIER) as session:
        answer(session, number, VERIFIER, at=later(2), answer="已约谈经办人")
    assert _supervised_at(alert_id) == NOW
    with acting(LEADER) as session:
        lift(session, number, LEADER, at=later(3), note="已查清，解除督办")
    assert _supervised_at(alert_id) is None
    with reading() as session:
        assert kinds(session, alert_id)[2:] == ["supervised", "order_answered", "lifted"]


def test_numbers_run_within_the_year(alert_id: int) -> None:
    names = [_order(alert_id)[1]]
    names += [_order(an_alert(n))[1] for n in (2, 3)]
    new_year = datetime(2026, 12, 31, 16)
    names.append(_order(an_alert(4), at=new_year, due_on=date(2027, 2, 1))[1])
    assert names == ["督办〔2026〕1号", "督办〔2026〕2号", "督办〔2026〕3号", "督办〔2027〕1号"]


def test_a_refused_order_takes_no_number(alert_id: int) -> None:
    with pytest.raises(InputRefused):
        _order(alert_id, demand="快")
    assert _order(alert_id)[1] == "督办〔2026〕1号"


def test_orders_given_at_once_leave_no_gap_and_no_double(office: Path) -> None:
    furnish()
    ids = [an_alert(n) for n in range(1, 13)]
    threads = [threading.Thread(target=lambda own=own: [_order(one) for one in own]) for own in (ids[::2], ids[1::2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        numbers = set(session.scalars(select(HandlingOrder.number)))
    assert numbers == {f"督办〔2026〕{n}号" for n in range(1, 13)}


@pytest.mark.parametrize(
    ("person", "error"), [(VERIFIER, NotPermitted), (CONTACT, NotFound), (somebody("analyst"), NotPermitted)]
)
def test_only_who_supervises_orders(alert_id: int, person: Person, error: type[MingjingError]) -> None:
    with pytest.raises(error):
        _order(alert_id, person)


def test_a_second_order_and_one_on_a_closed_alert_are_refused(alert_id: int) -> None:
    _order(alert_id)
    with pytest.raises(TransitionRefused, match="督办〔2026〕1号") as refused:
        _order(alert_id)
    assert "请先解除" in refused.value.zh
    closed = taken(2)
    with acting(VERIFIER) as session:
        conclude(session, closed, VERIFIER, at=later(1), outcome="D1", note="登记日期录错")
    with pytest.raises(TransitionRefused, match="is closed"):
        _order(closed)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": "anger"}, "is not known"),
        ({"due_on": date(2026, 3, 9)}, "a day after"),
        ({"due_on": date.max}, "after 2026-03-09 and not after 2027-03-10"),
        ({"demand": ""}, "at least"),
    ],
)
def test_an_order_that_says_too_little_is_refused(alert_id: int, values: dict[str, object], words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        _order(alert_id, **values)


def test_it_is_answered_once_and_lifted_once(alert_id: int) -> None:
    number, _ = _order(alert_id)
    with pytest.raises(NotFound), acting(ELSEWHERE) as session:
        answer(session, number, ELSEWHERE, at=later(1), answer="并非我单位")
    with acting(COLLEAGUE) as session:
        answer(session, number, COLLEAGUE, at=later(1), answer="已约谈经办人")
    with pytest.raises(TransitionRefused, match="answered already"), acting(VERIFIER) as session:
        answer(session, number, VERIFIER, at=later(2), answer="另有说明")
    with pytest.raises(NotPermitted), acting(VERIFIER) as session:
        lift(session, number, VERIFIER, at=later(2), note="自行解除督办")
    with acting(APPROVER) as session:
        lift(session, number, APPROVER, at=later(3), note="已查清，解除督办")
    with pytest.raises(TransitionRefused, match="lifted by chen"), acting(LEADER) as session:
        lift(session, number, LEADER, at=later(4), note="再次解除督办")
    assert _order(alert_id, at=later(5))[1] == "督办〔2026〕2号"


def test_standing_orders_are_those_of_the_scope(alert_id: int) -> None:
    _order(alert_id)
    with seen_by(VERIFIER) as session:
        assert [one.alert_id for one in standing(session)] == [alert_id]
    with seen_by(ELSEWHERE) as session:
        assert standing(session) == []
