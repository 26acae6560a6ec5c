"""Measures are counted each in its own unit: a talk with three people and 5,000 yuan never make 5,003."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from data import measures
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop import advance, locked
from data.measures import KINDS, add, totals
from data.rights import Person, acting, seen_by
from data.tables import Alert, AlertEvent
from data.verification import conclude
from tests.loop_in_miniature import APPROVER, COLLEAGUE, ELSEWHERE, NOW, VERIFIER, furnish, later, somebody, taken

_UNITS = {
    "talk": "人", "criticism": "人", "recovery": "元", "stop_payment": "人", "cancel_eligibility": "户",
    "correction": "条", "clue_filed": "个", "case_filed": "人", "form_1": "人", "form_2": "人", "form_3": "人",
    "form_4": "人", "mechanism": "项", "clarification": "人", "letter": "份", "halt": "项",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _concluded(number: int = 1, outcome: str = "C2", **values: object) -> int:
    alert_id = taken(number, **values)
    with acting(VERIFIER) as session:
        conclude(session, alert_id, VERIFIER, at=later(1), outcome=outcome, note="已逐户核对")
    return alert_id


def _add(alert_id: int, kind: str, quantity: float, person: Person = VERIFIER, **values: object) -> None:
    with acting(person) as session:
        given = {"at": later(2), "kind": kind, "quantity": quantity, "done_on": date(2026, 3, 11)} | values
        add(session, alert_id, person, **given)


def test_each_kind_has_its_unit() -> None:
    assert {code: kind.unit for code, kind in KINDS.items()} == _UNITS


def test_totals_keep_kinds_and_units_apart() -> None:
    first, second = _concluded(1), _concluded(2)
    _add(first, "recovery", 5_000.5)
    _add(first, "talk", 3)
    _add(second, "talk", 2)
    _add(second, "letter", 1)
    with reading() as session:
        found = totals(session)
    said = {(one.kind.code, one.kind.unit): (one.quantity, one.n_alerts) for one in found}
    assert said == {("talk", "人"): (5, 2), ("recovery", "元"): (5_000.5, 1), ("letter", "份"): (1, 1)}
    apart = {one.quantity for one in found}
    across = {a.quantity + b.quantity for a in found for b in found if a.kind.unit != b.kind.unit}
    assert not apart & across


def test_totals_are_of_what_the_person_sees() -> None:
    _add(_concluded(), "talk", 3)
    with seen_by(ELSEWHERE) as session:
        assert totals(session) == []
    with seen_by(VERIFIER) as session:
        assert [one.quantity for one in totals(session)] == [3]
        assert totals(session, Alert.unit_code == "U2") == []


@pytest.mark.parametrize(
    ("kind", "quantity", "en", "zh"),
    [
        ("talk", 1.5, "whole number", "整数"),
        ("talk", 0, "other than 0", "不为 0"),
        ("talk", float("nan"), "got nan", "收到 nan"),
        ("case_filed", 10_000_001, "at most", "不超过"),
        ("recovery", float("inf"), "an amount", "金额"),
        ("execution", 1, "not known", "没有“execution”"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(kind: str, quantity: float, en: str, zh: str) -> None:
    alert_id = _concluded()
    with pytest.raises(InputRefused) as refused:
        _add(alert_id, kind, quantity)
    assert en in str(refused.value)
    assert zh in refused.value.zh


@pytest.mark.parametrize("done_on", [date(2026, 3, 1), date(2026, 3, 12)])
def test_a_measure_is_taken_between_the_alert_and_today(done_on: date) -> None:
    with pytest.raises(InputRefused, match="day of the measure"):
        _add(_concluded(), "talk", 1, done_on=done_on)


def test_what_was_entered_in_error_is_taken_back_never_removed() -> None:
    alert_id = _concluded()
    _add(alert_id, "talk", 30)
    with pytest.raises(InputRefused, match="at least 4"):
        _add(alert_id, "talk", -27)
    _add(alert_id, "talk", -27, note="多录了一个零")
    with pytest.raises(TransitionRefused, match="only 3 are recorded"):
        _add(alert_id, "talk", -4, note="再冲减四人")
    with reading() as session:
        assert [one.quantity for one in totals(session)] == [3]
        assert [one.quantity for one in measures.of_alert(session, alert_id)] == [30, -27]


def test_money_received_back_adds_to_the_alert_and_stays_below_the_excess() -> None:
    alert_id = _concluded()
    _add(alert_id, "recovery", 7_000)
    with pytest.raises(TransitionRefused, match=r"8,500\.00 CNY is more than the 8,000\.00"):
        _add(alert_id, "recovery", 1_500)
    _add(alert_id, "recovery", 1_500, recoverable=9_000)
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.recovered, alert.recoverable, alert.first_recoverable) == (8_500, 9_000, 8_000)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [("stop_payment", True), ("letter", True), ("halt", True), ("case_filed", False), ("recovery", False)],
)
def test_only_what_cannot_wait_is_done_before_there_is_an_outcome(kind: str, allowed: bool) -> None:
    alert_id = taken()
    if allowed:
        _add(alert_id, kind, 1)
        with reading() as session:
            assert [(one.kind.code, one.quantity) for one in totals(session)] == [(kind, 1)]
    else:
        with pytest.raises(TransitionRefused, match="Being verified"):
            _add(alert_id, kind, 1)


@pytest.mark.parametrize(("kind", "allowed"), [("correction", True), ("clarification", True), ("talk", False)])
def test_nobody_is_talked_to_where_nothing_was_confirmed(kind: str, allowed: bool) -> None:
    alert_id = _concluded(outcome="D1")
    if allowed:
        _add(alert_id, kind, 1)
        with reading() as session:
            assert [(one.kind.code, one.quantity) for one in totals(session)] == [(kind, 1)]
    else:
        with pytest.raises(TransitionRefused, match="its outcome is D1"):
            _add(alert_id, kind, 1)


def test_what_was_received_is_returned_where_it_turns_out_nothing_was_owed() -> None:
    alert_id = _concluded()
    _add(alert_id, "recovery", 500)
    with acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(3))
    with acting(COLLEAGUE) as session:
        advance(session, locked(session, alert_id), "taken", COLLEAGUE, at=later(4))
        conclude(session, alert_id, COLLEAGUE, at=later(5), outcome="D1", note="登记日期录错")
    with reading() as session:
        assert session.get_one(Alert, alert_id).recovered == 500
    with pytest.raises(TransitionRefused, match="its outcome is D1"):
        _add(alert_id, "recovery", 1)
    _add(alert_id, "recovery", -500, note="已退还本人")
    with reading() as session:
        assert session.get_one(Alert, alert_id).recovered == 0


@pytest.mark.parametrize(
    ("person", "error"), [(ELSEWHERE, NotFound), (APPROVER, NotPermitted), (somebody("analyst", "an"), NotPermitted)]
)
def test_only_the_verifying_unit_records(person: Person, error: type[MingjingError]) -> None:
    alert_id = _concluded()
    with pytest.raises(error):
        _add(alert_id, "talk", 1, person)


def test_a_responsible_person_of_another_alert_is_refused() -> None:
    with pytest.raises(NotFound, match="no responsible person 77"):
        _add(_concluded(), "talk", 1, responsible_id=77)


def test_one_wrong_entry_is_taken_back_once_by_whoever_has_the_alert() -> None:
    alert_id = _concluded()
    _add(alert_id, "recovery", 500)
    with reading() as session:
        (wrong,) = measures.of_alert(session, alert_id)
    with pytest.raises(NotPermitted), acting(COLLEAGUE) as session:
        measures.take_back(session, wrong.id, COLLEAGUE, at=later(3), note="登记有误")
    with pytest.raises(NotFound, match="no measure"), acting(ELSEWHERE) as session:
        measures.take_back(session, wrong.id, ELSEWHERE, at=later(3), note="登记有误")
    with pytest.raises(InputRefused), acting(VERIFIER) as session:
        measures.take_back(session, wrong.id, VERIFIER, at=later(3), note="")
    with acting(VERIFIER) as session:
        measures.take_back(session, wrong.id, VERIFIER, at=later(3), note="登记有误")
    with pytest.raises(TransitionRefused, match="already"), acting(VERIFIER) as session:
        measures.take_back(session, wrong.id, VERIFIER, at=later(3), note="登记有误")
    with reading() as session:
        assert [one.quantity for one in measures.of_alert(session, alert_id)] == [500, -500]
        assert session.get_one(Alert, alert_id).recovered == 0


def test_an_entry_is_on_record() -> None:
    alert_id = _concluded()
    with writing() as session:
        add(session, alert_id, VERIFIER, at=later(2), kind="talk", quantity=2, done_on=NOW.date(), note="镇长约谈")
    with reading() as session:
        event = session.scalars(select(AlertEvent).order_by(AlertEvent.id.desc())).first()
    assert (event.kind, event.note) == ("measured", "约谈 2 人：镇长约谈")
