"""The office that verifies: who checks what and when, and how far its outcomes are from the truth.

Labels are produced, not given: capacity is short, before go-live the order is level and age, afterwards a likelihood
with a random slice; verifiers err, close for form's sake and hold. Source: field/simulator.md, 6.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from data.simulator import notes
from data.simulator.calendar import draw_from
from data.simulator.mechanisms import RECIPES

CAPACITY = 0.93
"""Share of the alerts raised until a week ago that a unit has taken up."""
RANDOM_SLICE = 0.07
DUTY_HEAD, VERIFIER = "值班负责人", "核查员"
"""Who sets aside; and what a verifier is called, between the name of the unit and a number."""
GO_LIVE = 0.6
"""Share of the world's months after which the queue follows a likelihood."""
_MEDIAN_DAYS = {"red": 7.0, "orange": 10.0, "yellow": 16.0}
_SPREAD = 0.5
_URGENCY = 0.03
"""How much a day of waiting counts against likelihood (log-odds) in the order."""
_LONGEST_WAIT = 110
"""Days after which an alert that nobody could take up is held for later."""
_HELD, _SHAM, _RETURNED = 0.035, 0.015, 0.04
_LEVEL_ORDER = {"red": 0, "orange": 1, "yellow": 2}
_INNOCENT = {
    recipe.model: [mechanism for other in RECIPES if other.model == recipe.model for mechanism in other.innocent]
    for recipe in RECIPES
}


@dataclass(frozen=True)
class Case:
    """An alert as the office takes it in, with the truth behind it that its verifiers only partly see."""

    alert_id: int
    number: int
    """Order of intake: the same in every build, which the alert's id need not be."""
    source: str
    unit: str
    level: str
    raised_on: date
    recoverable: float
    genuine: bool
    mechanism: str
    outcome: str
    cause: str | None
    duplicate: bool
    likelihood: float
    """What a fair ranker might make of it: used for the order after go-live only."""


@dataclass(frozen=True)
class Verdict:
    """What will be recorded about an alert, and when."""

    alert_id: int
    outcome: str
    cause: str | None
    note: str
    actor: str
    at: datetime
    recovered: float | None


@dataclass(frozen=True)
class _Verifier:
    name: str
    sensitivity: float
    specificity: float


class VerifyingOffice:
    """The units with their queues, verifiers and work in hand, moved on day by day."""

    def __init__(self, *, seed: int, units: dict[str, str], go_live_on: date) -> None:
        """`units`: code to name of every unit that verifies."""
        self._draw = draw_from(seed, "verification")
        self._go_live_on = go_live_on
        self._queues: dict[str, list[Case]] = {unit: [] for unit in units}
        self._raised: dict[str, list[date]] = {unit: [] for unit in units}
        self._taken: dict[str, int] = dict.fromkeys(units, 0)
        self._planned: list[Verdict] = []
        self._sliced: set[int] = set()
        self._verifiers = {unit: self._hire(name) for unit, name in units.items()}

    def _hire(self, name: str) -> list[_Verifier]:
        n = int(self._draw.integers(2, 5))
        return [
            _Verifier(f"{name}{VERIFIER}{number + 1}", self._draw.uniform(0.955, 0.99), self._draw.uniform(0.96, 0.995))
            for number in range(n)
        ]

    def take_in(self, case: Case) -> None:
        """Put an alert into its unit's queue; it may fall into the random slice."""
        self._queues[case.unit].append(case)
        self._raised[case.unit].append(case.raised_on)
        if self._draw.random() < RANDOM_SLICE:
            self._sliced.add(case.alert_id)

    def work(self, today: date) -> None:
        """Each unit takes up what its capacity allows on a working day; verdicts follow some days later."""
        if today.weekday() >= 5:
            return
        for unit, queue in self._queues.items():
            known = sum(1 for day in self._raised[unit] if day <= today - timedelta(days=7))
            self._set_aside(queue, today)
            room = int(CAPACITY * known) - self._taken[unit]
            if room <= 0 or not queue:
                continue
            queue.sort(key=lambda case: self._order(case, today))
            for case in queue[:room]:
                self._verify(case, today)
            self._taken[unit] += min(room, len(queue))
            del queue[:room]

    def _set_aside(self, queue: list[Case], today: date) -> None:
        """Hold what has waited too long: capacity is short, and what is least likely waits longest."""
        for case in [case for case in queue if (today - case.raised_on).days > _LONGEST_WAIT]:
            queue.remove(case)
            at = self._moment(today)
            self._planned.append(Verdict(case.alert_id, "H1", None, notes.SET_ASIDE, DUTY_HEAD, at, None))

    def _order(self, case: Case, today: date) -> tuple[float, float, int]:
        if today < self._go_live_on:
            return (_LEVEL_ORDER[case.level], case.raised_on.toordinal(), case.number)
        waited = (today - case.raised_on).days * _URGENCY
        return (0.0 if case.alert_id in self._sliced else 1.0, -case.likelihood - waited, case.number)

    def _verify(self, case: Case, today: date) -> None:
        draw = self._draw
        verifiers = self._verifiers[case.unit]
        verifier = verifiers[int(draw.integers(0, len(verifiers)))]
        sham = draw.random() < _SHAM
        taken = 1.0 if sham else _MEDIAN_DAYS[case.level] * float(np.exp(draw.normal(0, _SPREAD)))
        taken *= 2.0 if draw.random() < _RETURNED else 1.0
        at = self._moment(today + timedelta(days=max(1, round(taken))))
        if draw.random() < _HELD:
            self._planned.append(Verdict(case.alert_id, "H1", None, notes.HELD, verifier.name, at, None))
            if draw.random() < 0.5:
                return
            at = self._moment(at.date() + timedelta(days=int(draw.integers(20, 70))))
        self._planned.append(self._judge(case, verifier, sham=sham, at=at))

    def _moment(self, day: date) -> datetime:
        """A moment in office hours (9:00 to 17:30 in Shanghai, as UTC) of the day or the next working day."""
        day += timedelta(days=(7 - day.weekday()) if day.weekday() >= 5 else 0)
        return datetime.combine(day, time(1)) + timedelta(minutes=int(self._draw.integers(0, 510)))

    def _judge(self, case: Case, verifier: _Verifier, *, sham: bool, at: datetime) -> Verdict:
        draw = self._draw
        if case.duplicate and draw.random() < 0.7:
            return Verdict(case.alert_id, "U1", None, notes.DUPLICATE, verifier.name, at, None)
        right = draw.random() < (verifier.sensitivity if case.genuine else verifier.specificity)
        outcome, cause, mechanism = case.outcome, case.cause, case.mechanism
        if case.genuine and (sham or not right):
            others = _INNOCENT[case.source]
            other = others[int(draw.integers(0, len(others)))]
            outcome, cause, mechanism = other.outcome, other.cause, other.name
        elif not case.genuine and not right and not sham:
            outcome, cause, mechanism = "C2", None, "late_stop" if case.source == "M02" else "lax_audit"
        texts = notes.NOTES[mechanism]
        note = notes.SHAM if sham else texts[int(draw.integers(0, len(texts)))]
        return Verdict(case.alert_id, outcome, cause, note, verifier.name, at, self._recover(case, outcome))

    def _recover(self, case: Case, outcome: str) -> float | None:
        """Money back: all of it in 85 % of cases, else a part or nothing; None where none was due."""
        if outcome[0] != "C" or case.recoverable <= 0:
            return None
        share = 1.0 if self._draw.random() < 0.85 else float(self._draw.beta(1, 2))
        return round(case.recoverable * share, 2)

    def verdicts_until(self, moment: datetime) -> list[Verdict]:
        """The verdicts whose time has come, in order of time; each is given once."""
        due = sorted((v for v in self._planned if v.at <= moment), key=lambda verdict: verdict.at)
        self._planned = [verdict for verdict in self._planned if verdict.at > moment]
        return due
