"""Whatever anybody does in whatever order: state, events, versions, money and audit stay one story; of two one wins."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit, dispatch, elimination, inquiries, look_back, measures, reminders, supervision, verification
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, MingjingError, NotFound, TransitionRefused
from data.loop import advance, changed, locked, record, refusal
from data.loop_tables import Elimination, HandlingOrder, Inquiry, LookBack, Measure
from data.office_time import shanghai_day
from data.recovery import received
from data.rights import Person, acting
from data.states import CONCLUDED, FREE, STATES, TRANSITIONS
from data.tables import Alert, AlertEvent
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    CONTACT,
    ELSEWHERE,
    LEADER,
    NOW,
    RAISED,
    SECOND_APPROVER,
    VERIFIER,
    add_alert,
    an_alert,
    furnish,
    kinds,
    later,
    taken,
)  # fmt: skip

LEVELS = ("yellow", "orange", "red")
PEOPLE = (VERIFIER, COLLEAGUE, ELSEWHERE, APPROVER, SECOND_APPROVER, LEADER, CONTACT)
_REASON = "迁出登记晚于发放，属登记滞后"

Deed = Callable[[Session, int, Person, datetime], object]


def _latest(session: Session, table: type, alert_id: int) -> int:
    return session.scalar(select(func.max(table.id)).where(table.alert_id == alert_id)) or 0


def _conclude(outcome: str, **values: object) -> Deed:
    return lambda session, alert, who, at: verification.conclude(
        session, alert, who, at=at, outcome=outcome, note="已逐户核对材料", **values
    )


def _measure(kind: str, quantity: float) -> Deed:
    return lambda session, alert, who, at: measures.add(
        session, alert, who, at=at, kind=kind, quantity=quantity, done_on=shanghai_day(at), note="多录一笔冲减"
    )


def _review(finding: str) -> Deed:
    return lambda session, alert, who, at: look_back.review(
        session, _latest(session, LookBack, alert), who, at=at, finding=finding, note="已重新核对材料"
    )


def _step(action: str, **values: object) -> Deed:
    return lambda session, alert, who, at: advance(session, locked(session, alert), action, who, at=at, **values)


DEEDS: dict[str, Deed] = {
    "dispatch": lambda s, a, who, at: dispatch.dispatch(s, a, who, "U1", at=at, note="就近办理"),
    "transfer": lambda s, a, who, at: dispatch.transfer(s, a, who, "U2", at=at, note="属柳溪镇管辖"),
    "transfer back": lambda s, a, who, at: dispatch.transfer(s, a, who, "U1", at=at, note="属高桥镇管辖"),
    "send back": lambda s, a, who, at: dispatch.send_back(s, a, who, at=at, note="不属本单位"),
    "sign in": lambda s, a, who, at: dispatch.sign_in(s, a, who, at=at),
    "take": lambda s, a, who, at: dispatch.take(s, a, who, at=at),
    "assign": _step("assigned", to=COLLEAGUE),
    "release": _step("released"),
    "hand on": lambda s, a, who, at: dispatch.hand_on(s, a, who, VERIFIER, at=at),
    "hold": lambda s, a, who, at: verification.hold(s, a, who, at=at, note="等待公安复函"),
    "conclude C2": _conclude("C2", recovered=500.0),
    "conclude G1": _conclude("G1"),
    "conclude D1": _conclude("D1"),
    "conclude E1": _conclude("E1"),
    "conclude too much": _conclude("C1", recovered=9_000.0),
    "request": lambda s, a, who, at: elimination.request(
        s, a, who, at=at, cause="F01", reason=_REASON, evidence="档案柜 3-12"
    ),
    "withdraw": lambda s, a, who, at: elimination.withdraw(s, a, who, at=at),
    "return": lambda s, a, who, at: elimination.send_back(s, a, who, at=at, decision="缺少登记时间证明"),
    "approve": lambda s, a, who, at: elimination.approve(s, a, who, at=at),
    "downgrade": lambda s, a, who, at: verification.downgrade(s, a, who, at=at, note="资金已追回"),
    "rectify": lambda s, a, who, at: verification.rectify(s, a, who, at=at, note="已整改到位"),
    "talk": _measure("talk", 2),
    "recover": _measure("recovery", 300.25),
    "take back": _measure("recovery", -100.25),
    "ask": lambda s, a, who, at: inquiries.ask(s, a, who, at=at, unit_code="D1", question="请说明发放依据"),
    "answer": lambda s, a, who, at: inquiries.answer(s, _latest(s, Inquiry, a), who, at=at, answer="已按规定发放"),
    "order": lambda s, a, who, at: supervision.order(
        s, a, who, at=at, reason="overdue", demand="限期查清并报结果", due_on=shanghai_day(at) + timedelta(days=3)
    ),
    "answer order": lambda s, a, who, at: supervision.answer(
        s, _latest(s, HandlingOrder, a), who, at=at, answer="已约谈经办人"
    ),
    "lift": lambda s, a, who, at: supervision.lift(s, _latest(s, HandlingOrder, a), who, at=at, note="已查清，解除"),
    "draw": lambda s, _, who, at: look_back.draw(s, who, at=at, n=500, seed=1, since=at - timedelta(days=4000)),
    "uphold": _review("upheld"),
    "reverse": _review("reversed"),
    "remind": lambda s, _, __, at: reminders.remind_due(s, now=at),
}  # fmt: skip


NEXT: dict[str, str] = {
    "waiting": "dispatch",
    "dispatched": "sign in/take/send back/transfer/assign",
    "accepted": "take/take/assign/send back/order",
    "verifying": "hold/conclude C2/conclude C2/conclude G1/conclude D1/request/request/release/ask/answer/order/lift",
    "approving": "withdraw/return/approve/approve/answer",
    "held": "take/assign/ask/answer order",
    "rectifying": "talk/recover/recover/take back/downgrade/downgrade/rectify/hand on/draw/lift/answer order/order",
    "closed": "draw/draw/uphold/reverse/remind/talk/answer/lift",
}
"""Deeds that fit a state, so that the far ends of the loop are reached; the more often named the likelier."""


class Loop(RuleBasedStateMachine):
    """Random deeds of random people on one alert of an office that others have used before."""

    number = 0

    @initialize(level=st.sampled_from(LEVELS), status=st.sampled_from(["waiting", "dispatched", "accepted"]))
    def raise_alert(self, level: str, status: str) -> None:
        Loop.number += 1
        self.at = NOW
        values = {"level": level, "status": status, "unit_code": None if status == "waiting" else "U1"}
        with writing() as session:
            self.alert_id = add_alert(session, Loop.number, **values)
        self.level, self.n_seen = level, 1

    @rule(who=st.sampled_from(PEOPLE), deed=st.sampled_from(sorted(DEEDS)), hours=st.integers(0, 60))
    def anything(self, who: Person, deed: str, hours: int) -> None:
        self.at += timedelta(hours=hours)
        self._do(who, deed)

    @rule(pick=st.integers(0, 999))
    def what_fits(self, pick: int) -> None:
        with reading() as session:
            deeds = NEXT[session.get_one(Alert, self.alert_id).status].split("/")
        for who in PEOPLE:
            if self._do(who, deeds[pick % len(deeds)]):
                break

    what_else_fits = what_fits

    def _do(self, who: Person, deed: str) -> bool:
        before = self._story()
        try:
            with acting(who) as session:
                DEEDS[deed](session, self.alert_id, who, self.at)
        except MingjingError as refused:
            assert refused.zh, f"{refused} has no Chinese words"
            assert self._story() == before, f"{deed} was refused and left a trace"
            return False
        return True

    def _story(self) -> tuple[object, ...]:
        with reading() as session:
            alert = session.get_one(Alert, self.alert_id)
            counts = [
                session.scalar(select(func.count()).where(table.alert_id == self.alert_id))
                for table in (AlertEvent, Elimination, Measure)
            ]
            return (alert.version, alert.status, alert.level, alert.recoverable, alert.recovered, *counts)

    @invariant()
    def one_story(self) -> None:
        with reading() as session:
            alert = session.get_one(Alert, self.alert_id)
            query = select(AlertEvent).where(AlertEvent.alert_id == self.alert_id).order_by(AlertEvent.id)
            events = session.scalars(query).all()
            self._check_events(alert, events)
            self._check_alert(session, alert)

    def _check_events(self, alert: Alert, events: list[AlertEvent]) -> None:
        assert alert.status == events[-1].to_status
        assert [event.version for event in events] == list(range(1, alert.version + 1))
        for before, event in pairwise(events):
            assert event.from_status == before.to_status
        new = [event.kind for event in events[self.n_seen :]]
        if LEVELS.index(alert.level) < LEVELS.index(self.level):
            assert new.count("downgraded") == LEVELS.index(self.level) - LEVELS.index(alert.level)
        self.level, self.n_seen = alert.level, len(events)

    def _check_alert(self, session: Session, alert: Alert) -> None:
        asked = select(func.count()).where(Elimination.alert_id == alert.id, Elimination.state == "asked")
        assert session.scalar(asked) == (alert.status == "approving")
        standing = select(func.count()).where(HandlingOrder.alert_id == alert.id, HandlingOrder.lifted_at.is_(None))
        assert session.scalar(standing) == (alert.supervised_at is not None)
        assert (alert.assignee is None) == (alert.status in FREE)
        assert (alert.concluded_at is not None) == (alert.status in CONCLUDED)
        assert (alert.outcome is not None) == (alert.status in (*CONCLUDED, "held"))
        if alert.status in CONCLUDED:
            assert (alert.recovered or 0) == pytest.approx(received(session, alert.id))
            assert (alert.recovered or 0) <= (alert.recoverable or 0)
        if alert.outcome == "E1":
            assert alert.cause == "F01"

    def teardown(self) -> None:
        with reading() as session:
            audit.verify(session)


def test_whatever_is_done_stays_one_story(small_office: Path) -> None:
    furnish()
    # Nine weeks of thirty deeds: enough to reach every state several times; made smaller only by hand.
    weeks = settings(
        max_examples=9, stateful_step_count=30, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Loop, settings=weeks)
    with reading() as session:
        done = set(session.scalars(select(AlertEvent.kind).distinct()))
        n_events = session.scalar(select(func.count(AlertEvent.id)).where(AlertEvent.kind != "raised"))
        drawn = session.scalar(select(func.count(LookBack.id)))
        assert audit.verify(session).n == (n_events or 0) + (drawn or 0)
    assert len(done) > 15, f"the deeds reached only {sorted(done)}"


def _both(first: Callable[[], object], second: Callable[[], object]) -> list[MingjingError | None]:
    """What two people met who acted at the same moment; None: it was done."""
    barrier, met = threading.Barrier(2), dict.fromkeys((0, 1))

    def run(own: int, deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            deed()
        except MingjingError as error:
            met[own] = error

    threads = [threading.Thread(target=run, args=pair) for pair in ((0, first), (1, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(met.values())


def _version(alert_id: int) -> int:
    with reading() as session:
        return session.get_one(Alert, alert_id).version


@pytest.fixture
def furnished(office: Path) -> Path:
    furnish()
    return office


def test_of_two_on_one_alert_one_wins_and_the_other_is_told(furnished: Path) -> None:
    def take(alert_id: int, who: Person, version: int) -> None:
        with acting(who) as session:
            dispatch.take(session, alert_id, who, at=NOW, version=version)

    def conclude(alert_id: int, outcome: str, version: int) -> None:
        with acting(VERIFIER) as session:
            verification.conclude(
                session, alert_id, VERIFIER, at=later(1), version=version, outcome=outcome, note="已逐户核对"
            )

    def approve(alert_id: int) -> None:
        with acting(APPROVER) as session:
            elimination.approve(session, alert_id, APPROVER, at=later(1))

    def withdraw(alert_id: int) -> None:
        with acting(VERIFIER) as session:
            elimination.withdraw(session, alert_id, VERIFIER, at=later(1))

    for number in range(1, 6):
        free = an_alert(number)
        seen = _version(free)
        met = [_both(lambda: take(free, VERIFIER, seen), lambda: take(free, COLLEAGUE, seen))]  # noqa: B023
        own = taken(100 + number)
        seen = _version(own)
        met.append(_both(lambda: conclude(own, "C1", seen), lambda: conclude(own, "D1", seen)))  # noqa: B023
        for errors in met:
            (lost,) = (error for error in errors if error is not None)
            assert isinstance(lost, AlertChanged), lost
        asked = taken(200 + number)
        with acting(VERIFIER) as session:
            elimination.request(session, asked, VERIFIER, at=NOW, cause="F01", reason=_REASON, evidence="档案柜 3-12")
        errors = _both(lambda: approve(asked), lambda: withdraw(asked))  # noqa: B023
        (lost,) = (error for error in errors if error is not None)
        assert type(lost) is TransitionRefused
        with reading() as session:
            assert kinds(session, free).count("taken") == 1
            assert kinds(session, own).count("concluded") == 1
            states = list(session.scalars(select(Elimination.state).where(Elimination.alert_id == asked)))
            assert states in (["approved"], ["withdrawn"])
    with reading() as session:
        audit.verify(session)


def test_a_contact_who_answers_twice_at_once_is_heard_once(furnished: Path) -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        number = inquiries.ask(session, alert_id, VERIFIER, at=NOW, unit_code="D1", question="请说明发放依据").id

    def say(text: str) -> None:
        with acting(CONTACT) as session:
            inquiries.answer(session, number, CONTACT, at=later(1), answer=text)

    errors = _both(lambda: say("第一份答复"), lambda: say("第二份答复"))
    assert [type(error) for error in errors if error] == [TransitionRefused]
    with reading() as session:
        assert kinds(session, alert_id).count("answered") == 1


def test_money_that_comes_in_twice_at_once_is_counted_twice(furnished: Path) -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        verification.conclude(session, alert_id, VERIFIER, at=later(1), outcome="C2")

    def receive(quantity: float) -> None:
        with acting(VERIFIER) as session:
            measures.add(
                session, alert_id, VERIFIER, at=later(2), kind="recovery", quantity=quantity, done_on=date(2026, 3, 11)
            )

    assert _both(lambda: receive(1_000.0), lambda: receive(2_000.0)) == [None, None]
    with reading() as session:
        assert session.get_one(Alert, alert_id).recovered == 3_000.0


@pytest.mark.usefixtures("small_office")
def test_the_button_and_the_error_say_the_same_for_every_state_and_action() -> None:
    furnish()
    numbers = {status: an_alert(n, status=status, assignee="li") for n, status in enumerate(STATES, start=1)}
    with writing() as session:
        for status, alert_id in numbers.items():
            for one in TRANSITIONS:
                outcome = one.outcomes[0] if one.outcomes else None
                alert = session.get_one(Alert, alert_id)
                shown = refusal(session, alert, one.action, LEADER, at=NOW, outcome=outcome)
                if shown is None:
                    continue
                assert shown.zh, (status, one.action)
                with pytest.raises(type(shown)) as refused:
                    advance(session, alert, one.action, LEADER, at=NOW, outcome=outcome)
                assert refused.value.args == shown.args


@pytest.mark.usefixtures("small_office")
def test_what_happened_meanwhile_is_told_in_words() -> None:
    furnish()
    alert_id = an_alert()
    with writing() as session:
        alert = locked(session, alert_id)
        record(session, alert, "noted", VERIFIER, at=later(1), note="已电话联系")
        with pytest.raises(AlertChanged, match="li noted") as refused:
            advance(session, alert, "taken", COLLEAGUE, at=later(2), version=1)
        assert "已保留" in refused.value.zh
        advance(session, alert, "taken", COLLEAGUE, at=later(2), version=2)


@pytest.mark.usefixtures("small_office")
def test_a_reminder_alone_turns_nobody_away() -> None:
    furnish()
    alert_id = an_alert(due_on=NOW.date())
    with writing() as session:
        assert reminders.remind_due(session, now=NOW) == 1
    with acting(VERIFIER) as session:
        assert changed(session, locked(session, alert_id), 1) is None
        record(session, locked(session, alert_id), "noted", COLLEAGUE, at=NOW, note="已电话联系")
    with pytest.raises(AlertChanged, match="wang noted"), acting(VERIFIER) as session:
        dispatch.take(session, alert_id, VERIFIER, at=later(1), version=1)
    with acting(VERIFIER) as session:
        assert dispatch.take(session, alert_id, VERIFIER, at=later(1), version=3).version == 4


@pytest.mark.usefixtures("small_office")
def test_before_it_was_raised_nothing_was_done() -> None:
    furnish()
    alert_id = an_alert()
    with pytest.raises(TransitionRefused, match="before alert"), acting(VERIFIER) as session:
        dispatch.take(session, alert_id, VERIFIER, at=RAISED - timedelta(minutes=1))
    with pytest.raises((NotFound, InputRefused)), acting(VERIFIER) as session:
        dispatch.take(session, 999, VERIFIER, at=NOW)


@pytest.mark.parametrize("version", [10**30, -(10**30)])
def test_a_version_that_never_was_is_stale(small_office: Path, version: int) -> None:
    furnish()
    number = taken()
    with pytest.raises(AlertChanged), acting(VERIFIER) as session:
        if error := changed(session, locked(session, number), version):
            raise error
