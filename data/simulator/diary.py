"""What the invented staff will do and when: steps of the closed loop, planned ahead and taken in order of time."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

import numpy as np

from data.office_time import shanghai_day
from data.simulator.calendar import draw_from
from data.working_days import is_working_day, working_days_after

Thing = TypeVar("Thing")
Door = Callable[..., object]
"""A function of the closed loop: (session, alert id, person, *, at, further values)."""
_OPENS, _MINUTES = time(1), 510
"""Office hours, 9:00 to 17:30 in Shanghai, as UTC and as their length."""


@dataclass(frozen=True)
class Step:
    """One thing that one colleague does to one alert through one of the doors."""

    at: datetime
    alert_id: int
    """0 where it is not about one alert."""
    actor: str
    door: Door
    values: dict[str, Any]


class Diary:
    """The steps to come. Those of an alert that opens again before their time are never taken."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.draw = draw_from(seed, "verification")
        self._steps: list[tuple[datetime, int, int, Step]] = []
        self._numbers = count()
        self._turns: dict[int, int] = {}

    @contextmanager
    def about(self, number: int, what: str) -> Iterator[np.random.Generator]:
        """While inside, what is drawn depends on the case and on nothing that was drawn before.

        So a case that comes back, or comes in another order, leaves all others as they were.
        """
        before, self.draw = self.draw, draw_from(self._seed, f"case {number}: {what}")
        try:
            yield self.draw
        finally:
            self.draw = before

    def note(self, at: datetime, alert_id: int, actor: str, door: Door, **values: Any) -> None:
        """Plan a step; of one moment, those noted first are taken first."""
        step = Step(at, alert_id, actor, door, values)
        heapq.heappush(self._steps, (at, next(self._numbers), self._turns.get(alert_id, 0), step))

    def open_again(self, alert_id: int) -> None:
        """Forget what was planned for an alert."""
        self._turns[alert_id] = self._turns.get(alert_id, 0) + 1

    def next_step(self, moment: datetime) -> Step | None:
        """The next step whose time has come by `moment`; each is given once."""
        while self._steps and self._steps[0][0] <= moment:
            _, _, turn, step = heapq.heappop(self._steps)
            if turn == self._turns.get(step.alert_id, 0):
                return step
        return None

    def moment(self, day: date) -> datetime:
        """A moment in office hours of the day, or of the next working day."""
        if not is_working_day(day):
            day = working_days_after(day, 1)
        return datetime.combine(day, _OPENS) + timedelta(minutes=int(self.draw.integers(0, _MINUTES)))

    def later(self, at: datetime, days: int) -> datetime:
        """A moment some working days after `at`; with 0, within the hour."""
        if days <= 0:
            return at + timedelta(minutes=int(self.draw.integers(3, 60)))
        return self.moment(working_days_after(shanghai_day(at), days))

    def happens(self, chance: float) -> bool:
        """Whether something of this chance happens."""
        return bool(self.draw.random() < chance)

    def choose(self, things: Sequence[Thing]) -> Thing:
        """One of some things, each as likely."""
        return things[int(self.draw.integers(0, len(things)))]
