"""Closed alerts are checked once more: drawn by chance or for signs of sham closing, by others, both verdicts kept."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import audit, elimination, look_back, measures
from data.attachments import add as attach
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, MingjingError, NotPermitted, TransitionRefused
from data.look_back import draw, draw_signalled, review, signals, to_review
from data.loop import advance, locked
from data.loop_tables import LookBack
from data.rights import ROLES, Held, Person, acting, seen_by
from data.tables import Alert, AlertEvent
from data.verification import conclude, rectify
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    ELSEWHERE,
    LEADER,
    NOW,
    SECOND_APPROVER,
    VERIFIER,
    an_alert,
    furnish,
    kinds,
    later,
    somebody,
    taken,
)  # fmt: skip

PENSION = Person("token:pension", "养老系统", "", ())


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _close(number: int, *, at: datetime, note: str = "", by: Person = VERIFIER, **values: object) -> int:
    """An alert taken at NOW and closed as a data error."""
    alert_id = taken(number, by=by, **values)
    with acting(by) as session:
        conclude(session, alert_id, by, at=at, outcome="D1", note=note or f"第 {_words(number)} 户登记日期录错")
    return alert_id


def _words(number: int) -> str:
    return "甲乙丙丁戊己庚辛壬癸"[number % 10] * (1 + number // 10)


def _draw(n: int, seed: int = 7, person: Person = APPROVER, at: datetime | None = None, **values: object) -> list[int]:
    with acting(person) as session:
        return [one.alert_id for one in draw(session, person, at=at or later(10), n=n, seed=seed, **values)]


def _review(number: int, person: Person, finding: str, **values: object) -> None:
    with acting(person) as session:
        review(session, number, person, **({"at": later(11), "finding": finding, "note": "已重新核对材料"} | values))


def _signs(since: datetime = NOW) -> Counter[tuple[int, str]]:
    with reading() as session:
        return Counter((one.alert_id, one.kind) for one in signals(session, since=since))


def test_the_same_seed_draws_the_same_and_nothing_twice() -> None:
    closed = [_close(n, at=later(n)) for n in range(1, 9)]
    taken(99)
    with pytest.raises(RuntimeError), acting(APPROVER) as session:
        first = [one.alert_id for one in draw(session, APPROVER, at=later(10), n=4, seed=7)]
        raise RuntimeError
    assert _draw(4) == first
    second = _draw(10, seed=8)
    assert set(first) | set(second) == set(closed)
    assert not set(first) & set(second)
    assert _draw(5, seed=9) == []
    with reading() as session:
        assert audit.verify(session).n > 0
        assert {one.seed for one in session.scalars(select(LookBack))} == {7, 8}


def test_each_unit_gives_its_share() -> None:
    for n in range(1, 10):
        _close(n, at=later(n))
    for n in range(20, 23):
        _close(n, at=later(1), by=ELSEWHERE, unit_code="U2", region_code="990101002")
    drawn = _draw(4)
    with reading() as session:
        units = Counter(session.get_one(Alert, one).unit_code for one in drawn)
    assert units == {"U1": 3, "U2": 1}


def test_only_what_was_closed_in_the_span_and_place_is_drawn() -> None:
    early, late = _close(1, at=later(1)), _close(2, at=later(100))
    far = _close(3, at=later(1), by=ELSEWHERE, unit_code="U2", region_code="990101002")
    assert _draw(9, at=later(110)) == [late]
    assert _draw(9, at=later(10), region="990101002") == [far]
    assert _draw(9, at=later(10)) == [early]


def test_drawing_takes_the_right_and_the_scope() -> None:
    _close(1, at=later(1))
    with pytest.raises(NotPermitted):
        _draw(1, person=VERIFIER)
    assert _draw(1, person=somebody("approver", "far", unit="U2", region="990101002")) == []
    with pytest.raises(InputRefused, match="expected 1 to 500"):
        _draw(0)


def _looked(outcome_note: str = "登记日期录错") -> tuple[int, int]:
    alert_id = _close(1, at=later(1), note=outcome_note)
    _draw(1)
    with reading() as session:
        return alert_id, session.scalars(select(LookBack.id)).one()


def test_upheld_leaves_an_event_and_the_verdict() -> None:
    alert_id, number = _looked()
    _review(number, APPROVER, "upheld")
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.outcome) == ("closed", "D1")
        assert kinds(session, alert_id)[-1] == "looked_back"
        looked = session.get_one(LookBack, number)
        assert (looked.finding, looked.reviewed_by, looked.outcome_found) == ("upheld", "chen", None)
    with pytest.raises(TransitionRefused, match="done by chen"):
        _review(number, SECOND_APPROVER, "flawed")


def test_a_reversal_keeps_both_verdicts() -> None:
    alert_id, number = _looked()
    _review(number, APPROVER, "reversed", outcome_found="C2")
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.outcome, alert.assignee, alert.concluded_at) == ("accepted", None, None, None)
    with acting(COLLEAGUE) as session:
        advance(session, locked(session, alert_id), "taken", COLLEAGUE, at=later(12))
    with acting(COLLEAGUE) as session:
        conclude(session, alert_id, COLLEAGUE, at=later(13), outcome="C2", note="确有超发，已列清单")
    with reading() as session:
        query = select(AlertEvent.outcome).where(AlertEvent.alert_id == alert_id, AlertEvent.kind == "concluded")
        assert list(session.scalars(query.order_by(AlertEvent.id))) == ["D1", "C2"]
        looked = session.get_one(LookBack, number)
        assert (looked.outcome, looked.outcome_found) == ("D1", "C2")


@pytest.mark.parametrize(
    ("finding", "values", "words"),
    [
        ("wrong", {}, "is not known"),
        ("upheld", {"outcome_found": "C1"}, "with a reversal only"),
        ("reversed", {"outcome_found": "X9"}, "one other than D1"),
        ("reversed", {"outcome_found": "D1"}, "one other than D1"),
        ("upheld", {"note": ""}, "at least 4"),
    ],
)
def test_a_finding_that_says_too_little_is_refused(finding: str, values: dict[str, object], words: str) -> None:
    _, number = _looked()
    with pytest.raises(InputRefused, match=words) as refused:
        _review(number, APPROVER, finding, **values)
    assert refused.value.zh


def test_who_verified_or_approved_does_not_look_back() -> None:
    posts = (Held(ROLES["inspector"], "U1", "", None), Held(ROLES["approver"], "C1", "", None))
    both = Person("both", "兼", "U1", posts)
    alert_id = taken(by=both)
    with acting(both) as session:
        elimination.request(
            session, alert_id, both, at=later(1), cause="F01", reason="迁出登记晚于发放，属登记滞后", evidence="档案柜"
            " 3-12",
        )  # fmt: skip
    with acting(APPROVER) as session:
        elimination.approve(session, alert_id, APPROVER, at=later(2))
    _draw(1)
    with reading() as session:
        number = session.scalars(select(LookBack.id)).one()
    for person in (both, APPROVER):
        with seen_by(person) as session:
            assert to_review(session, person) == []
        with pytest.raises(TransitionRefused, match="somebody else must look back"):
            _review(number, person, "upheld")
    with seen_by(SECOND_APPROVER) as session:
        assert [one.id for one in to_review(session, SECOND_APPROVER)] == [number]
    with pytest.raises(MingjingError):
        _review(number, LEADER, "upheld")
    _review(number, SECOND_APPROVER, "flawed")


def test_an_alert_that_is_verified_again_is_not_looked_back_at() -> None:
    alert_id, number = _looked()
    with writing() as session:
        alert = locked(session, alert_id)
        advance(session, alert, "reversed", SECOND_APPROVER, at=later(11))
    with seen_by(APPROVER) as session:
        assert to_review(session, APPROVER) == []
    with pytest.raises(TransitionRefused, match="being verified again"):
        _review(number, APPROVER, "upheld")


def test_a_verdict_minutes_after_taking_is_a_sign() -> None:
    fast, slow = _close(1, at=later(minutes=9)), _close(2, at=later(minutes=10))
    assert _signs()[fast, "fast"] == 1
    assert _signs()[slow, "fast"] == 0
    with reading() as session:
        (sign,) = (one for one in signals(session, since=NOW) if one.kind == "fast")
    assert (sign.zh, sign.actor, sign.unit_code) == ("领取后 9 分钟即作出结论", "li", "U1")


def test_the_same_words_five_times_in_90_days_are_a_sign() -> None:
    same = [_close(n, at=later(n * 20), note=f"经核查， 情况属实{n}。") for n in range(1, 6)]
    signs = _signs()
    assert {one for one, kind in signs if kind == "template"} == set(same)
    assert {one for one, kind in _signs(since=later(90)) if kind == "template"} == {same[-1]}


def test_four_times_or_by_several_people_is_none() -> None:
    for n in range(1, 5):
        _close(n, at=later(n), note="经核查情况属实")
    _close(5, at=later(5), note="经核查情况属实", by=COLLEAGUE)
    assert not [one for one in _signs() if one[1] == "template"]


def test_five_closings_within_ten_minutes_are_a_sign() -> None:
    burst = [_close(n, at=later(1, minutes=2 * n)) for n in range(1, 6)]
    lone = _close(6, at=later(2))
    found = {one for one, kind in _signs() if kind == "burst"}
    assert found == set(burst)
    assert lone not in found


def test_a_system_that_concludes_its_own_in_a_burst_is_a_sign_too() -> None:
    alerts = [an_alert(number) for number in range(1, 6)]
    for number, alert_id in enumerate(alerts):
        with writing() as session:
            advance(session, locked(session, alert_id), "reported", PENSION, at=later(1, minutes=number), outcome="CX")
    assert {one for one, kind in _signs() if kind == "burst"} == set(alerts)


def test_a_verdict_with_nothing_to_show_is_a_sign() -> None:
    bare, shown, kept = _close(1, at=later(1)), taken(2), taken(3)
    with acting(VERIFIER) as session:
        attach(session, shown, VERIFIER, at=later(1), name="说明.pdf", content=b"%PDF-1.7")
        conclude(session, shown, VERIFIER, at=later(2), outcome="D1", note="登记日期录错")
        attach(session, bare, VERIFIER, at=later(3), name="补.pdf", content=b"%PDF-1.7")
    with acting(VERIFIER) as session:
        conclude(session, kept, VERIFIER, at=later(4), outcome="C1", evidence="镇纪委档案柜 3-12")
    assert {one for one, kind in _signs() if kind == "no_evidence"} == {bare}


def test_signs_are_of_what_the_person_sees_and_of_verdicts_that_stand() -> None:
    alert_id = _close(1, at=later(minutes=1))
    with seen_by(ELSEWHERE) as session:
        assert signals(session, since=NOW) == []
    with seen_by(VERIFIER) as session:
        assert signals(session, since=NOW)
    with writing() as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(1))
    assert not _signs()


def test_signalled_alerts_are_put_down_once_with_their_sign() -> None:
    alert_id = _close(1, at=later(minutes=1))
    for expected in (1, 0):
        with acting(APPROVER) as session:
            found = signals(session, since=NOW)
            assert len(draw_signalled(session, APPROVER, found, at=later(2))) == expected
    with reading() as session:
        looked = session.scalars(select(LookBack)).one()
        assert (looked.alert_id, looked.drawn_for, looked.seed) == (alert_id, "fast", None)


def test_what_was_put_right_can_be_looked_back_at_too() -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        conclude(session, alert_id, VERIFIER, at=later(1), outcome="C2", note="确有超发")
        measures.add(session, alert_id, VERIFIER, at=later(2), kind="recovery", quantity=800, done_on=date(2026, 3, 10))
        rectify(session, alert_id, VERIFIER, at=later(3), note="已整改到位")
    assert _draw(3, at=NOW + timedelta(days=10)) == [alert_id]
    assert look_back.FINDINGS.keys() == {"upheld", "flawed", "reversed"}


def test_a_direct_reversal_is_counted_as_a_look_back() -> None:
    alert_id = _close(1, at=later(1))
    with pytest.raises(AlertChanged), acting(APPROVER) as session:
        look_back.reverse(session, alert_id, APPROVER, at=later(2), version=1, note="更正依据不足")
    with acting(APPROVER) as session:
        look_back.reverse(session, alert_id, APPROVER, at=later(2), note="更正依据不足", outcome_found="C2")
    with reading() as session:
        looked = session.scalars(select(LookBack)).one()
        assert (looked.drawn_for, looked.finding, looked.outcome, looked.outcome_found) == (
            "direct", "reversed", "D1", "C2",
        )  # fmt: skip
        assert session.get_one(Alert, alert_id).status == "accepted"
    with pytest.raises(TransitionRefused, match="being verified again"), acting(SECOND_APPROVER) as session:
        look_back.reverse(session, alert_id, SECOND_APPROVER, at=later(3), note="更正依据不足")


def test_a_reversal_does_the_look_back_that_waits_for_it() -> None:
    _, number = _looked()
    with acting(SECOND_APPROVER) as session:
        alert_id = session.get_one(LookBack, number).alert_id
        look_back.reverse(session, alert_id, SECOND_APPROVER, at=later(12), note="更正依据不足")
    with reading() as session:
        looked = session.scalars(select(LookBack)).one()
        assert (looked.id, looked.drawn_for, looked.finding) == (number, "sample", "reversed")
