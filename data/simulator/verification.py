"""The office that verifies: who signs for, takes and concludes what and when, and how far that is from the truth.

Labels are produced, not given: capacity is short, before go-live the order is level and age, afterwards a likelihood
with the random check slice in front; verifiers err, close for form's sake and hold. Source: field/simulator.md, 6.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from data import dispatch, elimination, verification
from data.office_time import shanghai_day
from data.simulator import notes
from data.simulator.diary import Diary
from data.simulator.drift import sensitivity
from data.simulator.recipes import RECIPES
from data.simulator.staff import Colleague
from data.simulator.truth import Case
from data.working_days import is_working_day, working_days_after

CAPACITY = 0.92
"""Share of the alerts raised until a week ago that a unit has taken up."""
GO_LIVE = 0.6
"""Share of the world's months after which the queue follows a likelihood."""
_MEDIAN_DAYS = {"red": 7.0, "orange": 10.0, "yellow": 16.0}
_SPREAD = 0.5
_URGENCY = 0.03
"""How much a day of waiting counts against likelihood (log-odds) in the order."""
_PATIENCE = {"red": 19, "orange": 35, "yellow": 55}
"""Days after which an alert that nobody could take up is held for later, while it is not yet overdue."""
_LEFT_LYING, _LONGEST_WAIT = 0.09, 75
"""Share of alerts of which nobody thinks in time, and the days after which those are held too."""
_HELD_AGAIN = (46, 59)
"""Working days after which what is held is held again; the term is sixty."""
_THOUGHT_OF = {"red": 42, "orange": 55, "yellow": 70}
"""Days after which somebody thinks of one that was left lying."""
_HELD, _SHAM, _RETURNED, _BARE = 0.035, 0.015, 0.04, 0.01
"""Chance to be held, closed for form's sake, returned by the approver, concluded without evidence."""
_MISROUTED, _MISROUTED_LATELY = 0.015, 0.12
"""Chance to be with the wrong unit, ordinarily and on the last days."""
_SIGNED_WITHIN = (0.45, 0.33, 0.16, 0.02, 0.02, 0.02)
"""Chance to be signed for on the day it was raised, a working day later, and so on."""
_LEVEL_ORDER = {"red": 0, "orange": 1, "yellow": 2}
_BUSY_DAYS = 6
"""Last days of the office, in which more waits for somebody's decision than usual."""
_TO_DECIDE = 3
"""Working days for the decision on an elimination: what was asked longer ago is decided in the end."""
_INNOCENT = {
    recipe.model: [mechanism for other in RECIPES if other.model == recipe.model for mechanism in other.innocent]
    for recipe in RECIPES
}
_MILDER = ("C2", "C1", "C3", "C0")
_MISTAKEN_FOR = {
    recipe.model: min(
        (mechanism for other in RECIPES if other.model == recipe.model for mechanism in other.true),
        key=lambda mechanism: (_MILDER.index(mechanism.outcome), -mechanism.share),
    ).name
    for recipe in RECIPES
}
"""What a verifier takes an innocent alert for who confirms it by mistake: the mildest wrong that its model finds."""


@dataclass(frozen=True)
class Verdict:
    """What a verifier comes to, and when."""

    inspector: str
    outcome: str
    cause: str | None
    note: str
    at: datetime
    recovered_share: float | None
    """Of the money to recover, what comes in; None where none is due."""
    sham: bool = False


@dataclass(frozen=True)
class Verified:
    """An alert with its verdict and the moment from which that counts: with an elimination, its approval."""

    case: Case
    verdict: Verdict
    taken_at: datetime
    at: datetime


@dataclass(frozen=True)
class _Inspector:
    code: str
    sensitivity: float
    specificity: float
    ties: frozenset[str]


class VerifyingOffice:
    """The units with their queues, inspectors and work in hand, moved on day by day; what they do goes into a diary."""

    def __init__(
        self,
        diary: Diary,
        colleagues: Sequence[Colleague],
        *,
        go_live_on: date,
        end_on: date,
        strict: date | None = None,
    ) -> None:
        """`colleagues`: everybody of the office; a unit with inspectors verifies. `strict`: see `drift.sensitivity`."""
        self._strict = strict
        self._diary = diary
        self._go_live_on, self._end_on = go_live_on, end_on
        self._inspectors: dict[str, list[_Inspector]] = {}
        self._approvers: dict[str, list[str]] = {}
        for one in colleagues:
            if one.role == "inspector":
                self._inspectors.setdefault(one.unit, []).append(self._inspector(one))
            elif one.role == "approver":
                self._approvers.setdefault(one.unit, []).append(one.code)
        self._queues: dict[str, list[Case]] = {unit: [] for unit in self._inspectors}
        self._towns = {unit for unit in self._queues if unit.startswith("T-")}
        self._raised: dict[str, list[date]] = {unit: [] for unit in self._inspectors}
        self._taken: dict[str, int] = dict.fromkeys(self._inspectors, 0)
        self._sign_on: dict[int, date] = {}
        """When what nobody signed for yet will be signed for."""
        self._misrouted: set[int] = set()
        self._on_the_way: list[tuple[date, Case]] = []
        self._left_lying: set[int] = set()
        self.followers: list[Callable[[Verified], None]] = []
        """Called with each verdict as it is planned: what comes of it is planned by others."""
        self.suppress_until: Callable[[Case, str | None], date | None] = lambda _case, _cause: None
        """Says until when an alert that is eliminated is not to be raised again."""

    def _inspector(self, one: Colleague) -> _Inspector:
        draw = self._diary.draw
        return _Inspector(one.code, draw.uniform(0.955, 0.99), draw.uniform(0.96, 0.995), one.ties())

    def about(self, case: Case, what: str) -> AbstractContextManager[np.random.Generator]:
        """While inside, chance is that of the case alone (`Diary.about`)."""
        return self._diary.about(case.number, f"{what} {case.raised_on} {case.not_by or ''}")

    def approver(self, unit: str) -> str:
        """Somebody who approves what a unit asks for."""
        return self._diary.choose(self._approvers[unit])

    def inspector(self, case: Case) -> str:
        """Somebody of the alert's unit whom nothing ties to it."""
        return self._choose(case).code

    def waiting(self) -> list[Case]:
        """What nobody has taken yet, unit by unit."""
        return [case for queue in self._queues.values() for case in queue]

    def leave_out(self, case: Case) -> None:
        """Take an alert out of its unit's queue, as something else is done with it."""
        self._queues[case.unit].remove(case)
        self._sign_on.pop(case.alert_id, None)
        self._misrouted.discard(case.alert_id)

    def take_in(self, case: Case, *, from_on: date | None = None, signed: bool = False) -> None:
        """Put an alert into its unit's queue, from a day other than the one it was raised on where given.

        It may be with the wrong unit.
        """
        self._queues[case.unit].append(case)
        self._raised[case.unit].append(from_on or case.raised_on)
        with self.about(case, f"take in {case.unit}") as draw:
            if draw.random() < _LEFT_LYING:
                self._left_lying.add(case.alert_id)
            if signed:
                return
            days = int(draw.choice(len(_SIGNED_WITHIN), p=_SIGNED_WITHIN))
            self._sign_on[case.alert_id] = working_days_after(from_on or case.raised_on, days)
            busy = (self._end_on - case.raised_on).days <= _BUSY_DAYS
            if case.unit in self._towns and draw.random() < (_MISROUTED_LATELY if busy else _MISROUTED):
                self._misrouted.add(case.alert_id)

    def work(self, today: date) -> None:
        """Each unit takes up what its capacity allows on a working day; verdicts follow some days later."""
        if not is_working_day(today):
            return
        self._receive(today)
        week_ago = today - timedelta(days=7)
        for unit, queue in self._queues.items():
            known = sum(day <= week_ago for day in self._raised[unit])
            self._send_on(queue, today)
            self._set_aside(queue, today)
            room = int(CAPACITY * known) - self._taken[unit]
            if room > 0 and queue:
                queue.sort(key=lambda case: self._order(case, today))
                taken = [case for case in queue if not self._is_forgotten(case, today)][:room]
                for case in taken:
                    with self.about(case, "verify"):
                        self._verify(case, today)
                    queue.remove(case)
                self._taken[unit] += len(taken)
            self._sign(queue, today)

    def _receive(self, today: date) -> None:
        for day, case in [one for one in self._on_the_way if one[0] < today]:
            self._on_the_way.remove((day, case))
            self.take_in(case, from_on=today)

    def _send_on(self, queue: list[Case], today: date) -> None:
        """What is with the wrong unit goes back, and on to the county; sometimes straight on."""
        for case in [case for case in queue if case.alert_id in self._misrouted and self._is_due(case, today)]:
            queue.remove(case)
            self._misrouted.discard(case.alert_id)
            self._sign_on.pop(case.alert_id)
            with self.about(case, "send on"):
                at = self._to_the_county(case, today)
            self._on_the_way.append((shanghai_day(at), replace(case, unit=case.commission)))

    def _to_the_county(self, case: Case, today: date) -> datetime:
        at, to = self._diary.moment(today), self.approver(case.commission)
        unit = {"unit_code": case.commission, "note": notes.REROUTED}
        if self._diary.happens(0.3):
            self._diary.note(at, case.alert_id, to, dispatch.transfer, **unit)
            return at
        self._diary.note(at, case.alert_id, self.inspector(case), dispatch.send_back, note=notes.SENT_BACK)
        at = self._diary.later(at, int(self._diary.draw.integers(1, 3)))
        self._diary.note(at, case.alert_id, to, dispatch.dispatch, **unit)
        return at

    def _is_due(self, case: Case, today: date) -> bool:
        return self._sign_on.get(case.alert_id, today + timedelta(days=1)) <= today

    def _sign(self, queue: list[Case], today: date) -> None:
        for case in queue:
            if self._is_due(case, today):
                del self._sign_on[case.alert_id]
                with self.about(case, "sign"):
                    at, inspector = self._diary.moment(today), self.inspector(case)
                self._diary.note(at, case.alert_id, inspector, dispatch.sign_in)

    def _set_aside(self, queue: list[Case], today: date) -> None:
        """Hold what has waited too long: capacity is short, and what is least likely waits longest."""
        for case in [case for case in queue if (today - case.raised_on).days > self._patience(case)]:
            queue.remove(case)
            with self.about(case, "set aside"):
                inspector, at = self._take(case, today)
                at = self._diary.later(at, 0)
            self._hold(case, inspector, at, notes.SET_ASIDE)

    def _hold(self, case: Case, inspector: _Inspector, at: datetime, note: str) -> None:
        """Hold an alert for good: before each term ends it is looked at and held again."""
        self._diary.note(at, case.alert_id, inspector.code, verification.hold, note=note)
        at = self._diary.later(at, int(self._diary.draw.integers(*_HELD_AGAIN)))
        while shanghai_day(at) <= self._end_on:
            self._diary.note(at, case.alert_id, inspector.code, dispatch.take)
            at = self._diary.later(at, 0)
            self._diary.note(at, case.alert_id, inspector.code, verification.hold, note=note)
            at = self._diary.later(at, int(self._diary.draw.integers(*_HELD_AGAIN)))

    def _patience(self, case: Case) -> int:
        return _LONGEST_WAIT if case.alert_id in self._left_lying else _PATIENCE[case.level]

    def _is_forgotten(self, case: Case, today: date) -> bool:
        waited = (today - case.raised_on).days
        return case.alert_id in self._left_lying and waited <= _THOUGHT_OF[case.level]

    def _order(self, case: Case, today: date) -> tuple[float, float, int]:
        if today < self._go_live_on:
            return (_LEVEL_ORDER[case.level], case.raised_on.toordinal(), case.number)
        waited = (today - case.raised_on).days * _URGENCY
        return (0.0 if case.drawn else 1.0, -case.likelihood - waited, case.number)

    def _choose(self, case: Case) -> _Inspector:
        concerned = case.concerned
        free = [one for one in self._inspectors[case.unit] if not one.ties & concerned and one.code != case.not_by]
        return self._diary.choose(free or self._inspectors[case.unit])

    def _take(self, case: Case, today: date) -> tuple[_Inspector, datetime]:
        """Somebody takes it, which signs for it where nobody did."""
        inspector, at = self._choose(case), self._diary.moment(today)
        self._sign_on.pop(case.alert_id, None)
        self._misrouted.discard(case.alert_id)
        self._diary.note(at, case.alert_id, inspector.code, dispatch.take)
        return inspector, at

    def _verify(self, case: Case, today: date) -> None:
        draw = self._diary.draw
        inspector, taken_at = self._take(case, today)
        sham = case.not_by is None and draw.random() < _SHAM
        taken = _MEDIAN_DAYS[case.level] * float(np.exp(draw.normal(0, _SPREAD)))
        at = self._diary.moment(today + timedelta(days=max(1, round(taken))))
        if sham:
            at = taken_at + timedelta(minutes=int(draw.integers(2, 8)))
        elif draw.random() < _HELD:
            if draw.random() < 0.5:
                self._hold(case, inspector, at, notes.HELD)
                return
            self._diary.note(at, case.alert_id, inspector.code, verification.hold, note=notes.HELD)
            at = self._diary.moment(at.date() + timedelta(days=int(draw.integers(20, 70))))
            self._diary.note(at, case.alert_id, inspector.code, dispatch.take)
            at = self._diary.later(at, int(draw.integers(1, 4)))
        verdict = self._judge(case, inspector, sham=sham, at=at)
        counts_at = self._eliminate(case, verdict) if verdict.outcome == "E1" else self._conclude(case, verdict)
        for follow in self.followers:
            follow(Verified(case, verdict, taken_at, counts_at))

    def _judge(self, case: Case, inspector: _Inspector, *, sham: bool, at: datetime) -> Verdict:
        draw = self._diary.draw
        if case.duplicate and draw.random() < 0.7:
            return Verdict(inspector.code, "U1", None, notes.DUPLICATE, at, None)
        sensed = sensitivity(inspector.sensitivity, shanghai_day(at), self._strict)
        right = draw.random() < (sensed if case.genuine else inspector.specificity)
        outcome, cause, mechanism = case.outcome, case.cause, case.mechanism
        if case.genuine and (sham or not right):
            other = self._diary.choose(_INNOCENT[case.source])
            outcome, cause, mechanism = other.outcome, other.cause, other.name
        elif not case.genuine and not right and not sham:
            outcome, cause, mechanism = "C2", None, _MISTAKEN_FOR[case.source]
        note = notes.SHAM if sham else notes.verdict(self._diary, mechanism)
        return Verdict(inspector.code, outcome, cause, note, at, self._recover(case, outcome), sham)

    def _recover(self, case: Case, outcome: str) -> float | None:
        """Share of the money that comes back: all of it in 85 % of cases, else a part."""
        if outcome[0] != "C" or case.recoverable <= 0:
            return None
        return 1.0 if self._diary.draw.random() < 0.85 else float(self._diary.draw.beta(1, 2))

    def _conclude(self, case: Case, verdict: Verdict) -> datetime:
        shown = not verdict.sham and not self._diary.happens(_BARE)
        evidence = notes.paper(case.number, verdict.at) if shown else ""
        values = {"outcome": verdict.outcome, "note": verdict.note, "evidence": evidence}
        self._diary.note(verdict.at, case.alert_id, verdict.inspector, verification.conclude, **values)
        return verdict.at

    def _eliminate(self, case: Case, verdict: Verdict) -> datetime:
        """Ask for the elimination and have it approved, once in a while after it was returned. Returns when it is."""
        at, evidence = verdict.at, notes.paper(case.number, verdict.at) if not verdict.sham else notes.SHAM_PAPER
        values: dict[str, Any] = {"cause": verdict.cause, "reason": verdict.note, "evidence": evidence}
        values["suppress_until"] = self.suppress_until(case, verdict.cause)
        self._diary.note(at, case.alert_id, verdict.inspector, elimination.request, **values)
        approver = self.approver(case.unit)
        if not verdict.sham and self._diary.happens(_RETURNED):
            at = self._decided_at(at)
            self._diary.note(at, case.alert_id, approver, elimination.send_back, decision=notes.RETURNED)
            at = self._diary.later(at, int(self._diary.draw.integers(1, 4)))
            values["reason"] += notes.SUPPLEMENTED
            self._diary.note(at, case.alert_id, verdict.inspector, elimination.request, **values)
        at = self._decided_at(at)
        self._diary.note(at, case.alert_id, approver, elimination.approve, decision=notes.APPROVED)
        return at

    def _decided_at(self, at: datetime) -> datetime:
        days = int(self._diary.draw.integers(0, 4))
        # Who approves is away on the last days, so that something waits for whoever opens the office.
        busy = working_days_after(shanghai_day(at), _TO_DECIDE) >= self._end_on and self._diary.happens(0.85)
        return self._diary.later(at, days + (_BUSY_DAYS if busy else 0))
