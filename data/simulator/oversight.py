"""Those who watch the verifiers: orders for supervised handling, look-backs, suppressions, an emergency waiting.

Source: field/simulator.md, 6; field/vocabulary.md, C.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import dispatch, elimination, look_back, supervision
from data.loop_tables import HandlingOrder, LookBack
from data.office_time import shanghai_day
from data.rights import Person
from data.sham_closing import signals
from data.simulator import notes
from data.simulator.diary import Diary
from data.simulator.disposal import DEPARTMENT_OF, ask_about
from data.simulator.truth import Case
from data.simulator.verification import Verified, VerifyingOffice
from data.states import CONCLUDED
from data.tables import Alert
from data.working_days import is_working_day, working_days_after

_OVERDUE_DAYS = 23
"""Working days after a red alert was raised at which it is overdue whenever it was signed for."""
_ORDERED, _ANSWERED = 0.3, 0.8
"""Chance that an overdue alert is put under supervision in a week, and that an order is answered in time."""
_SAMPLED, _SIGNALLED = 0.08, 1
"""Share of a quarter's verdicts that is looked at again, and how many more because they were fast."""
_FLAWED = 0.08
_SUPPRESSED_CAUSES = ("F02", "F09", "F11", "F14", "F20", "F24")
"""Innocent causes that last."""
_N_SUPPRESSIONS = 4
_ASKED_LAST, _DRAWN_LAST = "D-CIVIL", 4
"""Department that is asked on the last day if any, and how many closed alerts are drawn then."""
_RECENT_DAYS = 100
"""Before the end: eliminations from here on may bring a suppression."""


class Oversight:
    """Plans what leader and approvers do beyond approving, and what comes of it."""

    def __init__(self, diary: Diary, desk: VerifyingOffice, reviewers: list[Person], *, end_on: date) -> None:
        """`reviewers`: who may look back; the first one draws."""
        self._diary, self._desk, self._reviewers, self._end_on = diary, desk, reviewers, end_on
        self._running: dict[int, Case] = {}
        """Red alerts without an outcome."""
        self._ends: dict[int, Verified] = {}
        self._ordered: dict[int, str] = {}
        self._suppressed: set[int] = set()
        self._quarter_verdicts = 0

    def take_in(self, case: Case) -> None:
        """Hear of a new alert."""
        self._ends.pop(case.alert_id, None)
        if case.level == "red":
            self._running[case.alert_id] = case

    def follow(self, verified: Verified) -> None:
        """Hear of a verdict: an order for it is lifted when it counts."""
        self._ends[verified.case.alert_id] = verified
        self._quarter_verdicts += 1
        if orderer := self._ordered.get(verified.case.alert_id):
            self._lift(verified, orderer)

    def suppress_until(self, case: Case, cause: str | None) -> date | None:
        """Until when an alert now to be eliminated is not to be raised again; None for nearly all."""
        recent = (self._end_on - case.raised_on).days <= _RECENT_DAYS
        if not recent or cause not in _SUPPRESSED_CAUSES or len(self._suppressed) >= _N_SUPPRESSIONS:
            return None
        self._suppressed.add(case.alert_id)
        return self._end_on + timedelta(days=60 + 30 * len(self._suppressed))

    def work(self, today: date) -> None:
        """What falls to a day: orders on Mondays, a sample after each quarter."""
        if today.weekday() == 0 and is_working_day(today):
            self._order_overdue(today)
        if today.month % 3 == 1 and today.day == 12:
            self._draw(today)

    def _order_overdue(self, today: date) -> None:
        for alert_id, case in list(self._running.items()):
            verified = self._ends.get(alert_id)
            if verified is not None and shanghai_day(verified.at) <= today + timedelta(days=1):
                del self._running[alert_id]
                continue
            with self._desk.about(case, f"order {today}"):
                if self._is_to_be_ordered(case, today):
                    self._order(case, self._diary.moment(today), verified)

    def _is_to_be_ordered(self, case: Case, today: date) -> bool:
        if case.alert_id in self._ordered or today <= working_days_after(case.raised_on, _OVERDUE_DAYS):
            return False
        return self._diary.happens(_ORDERED)

    def _order(self, case: Case, at: datetime, verified: Verified | None) -> None:
        orderer = "leader" if self._diary.happens(0.4) else self._desk.approver(case.commission)
        self._ordered[case.alert_id] = orderer
        due_on, demand = working_days_after(shanghai_day(at), 10), self._diary.choose(notes.DEMANDS)
        self._diary.note(at, case.alert_id, orderer, order_handling, demand=demand, due_on=due_on)
        if self._diary.happens(_ANSWERED):
            answer = self._diary.choose(notes.ORDER_ANSWERS)
            answered_at = self._diary.later(at, int(self._diary.draw.integers(2, 9)))
            self._diary.note(answered_at, case.alert_id, self._desk.inspector(case), answer_order, answer=answer)
        if verified is not None:
            self._lift(verified, orderer)

    def _lift(self, verified: Verified, orderer: str) -> None:
        at = self._diary.later(verified.at, int(self._diary.draw.integers(1, 4)))
        self._diary.note(at, verified.case.alert_id, orderer, lift_order, note=notes.LIFTED)

    def _draw(self, today: date) -> None:
        n = max(3, round(self._quarter_verdicts * _SAMPLED))
        self._quarter_verdicts = 0
        seed = today.toordinal()
        with self._diary.about(seed, "draw"):
            at = self._diary.moment(today)
        self._diary.note(at, 0, self._reviewers[0].code, self._draw_sample, n=n, seed=seed)

    def _draw_sample(self, session: Session, _alert_id: int, person: Person, *, at: datetime, **drawn: Any) -> None:
        """Draw the sample and what looks like closed for form's sake; another approver looks at them."""
        drawn_now = look_back.draw(session, person, at=at, **drawn)
        fast = [one for one in signals(session, since=at - look_back.SPAN) if one.kind == "fast"]
        drawn_now += look_back.draw_signalled(session, person, fast[:_SIGNALLED], at=at)
        for one in drawn_now:
            free = self._free_reviewer(session, one.alert_id)
            if one.alert_id in self._ends and free is not None:
                with self._desk.about(self._ends[one.alert_id].case, "look back") as chance:
                    reviewed_at = self._diary.later(at, int(chance.integers(2, 15)))
                self._diary.note(reviewed_at, one.alert_id, free, self._review, look_back_id=one.id)

    def _free_reviewer(self, session: Session, alert_id: int) -> str | None:
        alert = session.get_one(Alert, alert_id)
        free = [one.code for one in self._reviewers if look_back.refusal(session, alert, one) is None]
        return free[0] if free else None

    def _review(self, session: Session, alert_id: int, person: Person, *, at: datetime, look_back_id: int) -> None:
        """Look at a closed alert again; one closed for form's sake against the truth goes back to its unit."""
        drawn, verified = session.get_one(LookBack, look_back_id), self._ends.get(alert_id)
        alert = session.get_one(Alert, alert_id)
        if drawn.finding is not None or verified is None or alert.status not in CONCLUDED:
            return
        case, verdict = verified.case, verified.verdict
        if verdict.sham and case.genuine:
            look_back.review(
                session, look_back_id, person, at=at, finding="reversed", outcome_found=case.outcome,
                note=notes.REVERSED,
            )  # fmt: skip
            self._diary.open_again(alert_id)
            again = replace(case, not_by=verdict.inspector, duplicate=False)
            self._desk.take_in(again, from_on=shanghai_day(at), signed=True)
            self.take_in(again)
        else:
            with self._desk.about(case, "review") as chance:
                flawed = verdict.sham or chance.random() < _FLAWED
            finding, note = ("flawed", notes.FLAWED) if flawed else ("upheld", notes.UPHELD)
            look_back.review(session, look_back_id, person, at=at, finding=finding, note=note)

    def leave_open(self, today: date) -> None:
        """On the last working day, leave something for each who opens the office.

        An elimination to approve, drafted by the office where an emergency project is there; an alert to dispatch;
        questions to departments; a sample to look back at.
        """
        waiting = sorted(self._desk.waiting(), key=lambda case: -case.number)
        innocent = [case for case in waiting if case.outcome == "E1"]
        drafted = sorted((case for case in waiting if case.urgent), key=lambda case: case.genuine)
        requested = (drafted or innocent)[:1]
        for case in requested:
            at, inspector = self._take(case, today)
            values = {} if drafted else {"cause": case.cause, "reason": notes.verdict(self._diary, case.mechanism)}
            self._diary.note(at, case.alert_id, inspector, request_elimination, **values)
        rest = [case for case in waiting if case not in requested and case.unit != case.commission]
        for case in rest[:1]:
            self._desk.leave_out(case)
            at, inspector = self._diary.moment(today), self._desk.inspector(case)
            self._diary.note(at, case.alert_id, inspector, dispatch.send_back, note=notes.SENT_BACK)
        asked = sorted(rest[1:], key=lambda case: DEPARTMENT_OF[case.source] != _ASKED_LAST)
        for case in asked[:2]:
            at, inspector = self._take(case, today)
            ask_about(self._diary, case, inspector, at)
        seed = today.toordinal()
        with self._diary.about(seed, "draw"):
            at = self._diary.moment(today)
        self._diary.note(at, 0, self._reviewers[-1].code, self._draw_sample, n=_DRAWN_LAST, seed=seed)

    def _take(self, case: Case, today: date) -> tuple[datetime, str]:
        self._desk.leave_out(case)
        at, inspector = self._diary.moment(today), self._desk.inspector(case)
        self._diary.note(at, case.alert_id, inspector, dispatch.take)
        return self._diary.later(at, 0), inspector


def request_elimination(
    session: Session, alert_id: int, person: Person, *, at: datetime, cause: str | None = None, reason: str = ""
) -> None:
    """Ask for an elimination as the office drafted it, or with this cause where it drafted none."""
    drafted = elimination.draft(session, session.get_one(Alert, alert_id))
    if drafted is not None:
        cause, reason = drafted.cause, drafted.reason
    if cause is not None:
        paper = notes.paper(alert_id, at)
        elimination.request(session, alert_id, person, at=at, cause=cause, reason=reason, evidence=paper)


def order_handling(session: Session, alert_id: int, person: Person, *, at: datetime, demand: str, due_on: date) -> None:
    """Put an alert under supervision where it is still overdue."""
    alert = session.get_one(Alert, alert_id)
    if alert.status not in CONCLUDED and alert.due_on is not None and alert.due_on < shanghai_day(at):
        supervision.order(session, alert_id, person, at=at, reason="overdue", demand=demand, due_on=due_on)


def answer_order(session: Session, alert_id: int, person: Person, *, at: datetime, answer: str) -> None:
    """Answer the order that an alert stands under, unless it went to another unit meanwhile."""
    if not person.may_on("verify", session.get_one(Alert, alert_id)):
        return
    for order in _standing(session, alert_id):
        if order.answered_at is None:
            supervision.answer(session, order.id, person, at=at, answer=answer)


def lift_order(session: Session, alert_id: int, person: Person, *, at: datetime, note: str) -> None:
    """Lift the order that an alert stands under."""
    for order in _standing(session, alert_id):
        supervision.lift(session, order.id, person, at=at, note=note)


def _standing(session: Session, alert_id: int) -> list[HandlingOrder]:
    orders = select(HandlingOrder).where(HandlingOrder.alert_id == alert_id, HandlingOrder.lifted_at.is_(None))
    return list(session.scalars(orders))
