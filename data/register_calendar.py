"""The upload calendar: month by month, which register came on time, which late, and which is missing.

A register with an event column is judged by when half of the rows of a month were there; one without, a snapshot, by
the first version that came after the month. Months before a register was first filed are not judged.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.register_catalogue import Register
from data.tables import DatasetFiling, FilingQuality

MONTHS = 12
ON_TIME, LATE, MISSING, DUE, NOT_YET, NONE = "on_time", "late", "missing", "due", "before", "none"
"""States of a month: due: its day is still to come; before: the register was not filed yet; none: nothing expected."""
_STEPS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Cell:
    """One month of one register."""

    month: str
    """YYYY-MM: the last month of the period that is due."""
    state: str
    due_on: date | None = None
    came_on: date | None = None
    days_late: int = 0
    """Days after the due date: until it came, or until today where it has not."""


@dataclass(frozen=True)
class Strip:
    """The months of one register, the oldest first."""

    register: Register
    cells: tuple[Cell, ...]

    def n(self, state: str) -> int:
        """How many months are in a state."""
        return sum(cell.state == state for cell in self.cells)

    @property
    def days_late(self) -> int:
        """Days by which the latest month that is missing is overdue; 0 where none is."""
        return max((cell.days_late for cell in self.cells if cell.state == MISSING), default=0)


def month_of(day: date, back: int = 0) -> date:
    """The first day of the month `back` months before that of a day."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def months_before(today: date, n: int = MONTHS) -> list[date]:
    """First days of the last n months that have ended, the oldest first."""
    return [month_of(today, back) for back in range(n, 0, -1)]


def calendar(session: Session, registers: Sequence[Register], *, today: date) -> list[Strip]:
    """A strip for every register that is expected at times, those longest overdue first."""
    expected = [one for one in registers if one.expected_every in _STEPS]
    came, first = _receipts(session)
    strips = [Strip(one, _cells(one, came.get(one.code, {}), first.get(one.code), today)) for one in expected]
    return sorted(strips, key=lambda strip: (-strip.days_late, -strip.n(MISSING), -strip.n(LATE)))


def _receipts(session: Session) -> tuple[dict[str, dict[str, date]], dict[str, date]]:
    """Register -> month -> day its rows were there, and register -> the first day of anything."""
    came: dict[str, dict[str, date]] = {}
    first: dict[str, date] = {}
    query = select(DatasetFiling.name, FilingQuality.receipts)
    query = query.join(FilingQuality, FilingQuality.filing_id == DatasetFiling.id)
    for name, text in session.execute(query.where(DatasetFiling.kind == "register")):
        months = came.setdefault(name, {})
        for month, written in json.loads(text).items():
            day = date.fromisoformat(written)
            months[month] = min(months.get(month, day), day)
            first[name] = min(first.get(name, day), day)
    return came, first


def _cells(register: Register, came: Mapping[str, date], first: date | None, today: date) -> tuple[Cell, ...]:
    step = _STEPS[register.expected_every]
    return tuple(_cell(register, month, step, came, first, today) for month in months_before(today))


def _cell(
    register: Register, month: date, step: int, came: Mapping[str, date], first: date | None, today: date
) -> Cell:
    name = f"{month:%Y-%m}"
    if month.month % step:
        return Cell(name, NONE)
    after = month_of(month, -1)
    if first is None or month_of(first) > month:
        return Cell(name, NOT_YET)
    due = after + timedelta(days=register.expected_by - 1)
    day = _came(register, month, step, came)
    if day is None:
        late = (today - due).days
        return Cell(name, MISSING if late > 0 else DUE, due, None, max(late, 0))
    late = (day - due).days
    return Cell(name, LATE if late > 0 else ON_TIME, due, day, max(late, 0))


def _came(register: Register, month: date, step: int, came: Mapping[str, date]) -> date | None:
    if register.event:
        days = [came[name] for back in range(step) if (name := f"{month_of(month, back):%Y-%m}") in came]
        return max(days) if days else None
    days = [came[name] for on in range(1, step + 1) if (name := f"{month_of(month, -on):%Y-%m}") in came]
    return min(days) if days else None
