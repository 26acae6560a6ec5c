"""The office's calendar: its months and days, and the randomness that depends on nothing but the seed.

Dates are numpy datetime64[D], months datetime64[M].
"""

import zlib
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from data.simulator.presets import Preset

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.str_]

LEAD_MONTHS = 6
"""Months of payments and journals before the office's first one, so that its first collisions have a past."""


def draw_from(seed: int, subject: str) -> np.random.Generator:
    """A generator of its own for `subject`, so that a change in one register leaves the others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(subject.encode())])))


class Calendar:
    """The months of one synthetic world, counted from the office's first month (0)."""

    def __init__(self, preset: Preset, end_on: date) -> None:
        self.end_on: np.datetime64 = np.datetime64(end_on, "D")
        self.last_month: np.datetime64 = self.end_on.astype("datetime64[M]")
        self.first_month: np.datetime64 = self.last_month - np.timedelta64(preset.n_months - 1, "M")
        self.n_months = preset.n_months

    @property
    def first_day(self) -> np.datetime64:
        """The day the office began to work."""
        day: np.datetime64 = self.first_month.astype("datetime64[D]")
        return day

    @property
    def register_start(self) -> np.datetime64:
        """The first month for which payments and journals exist."""
        return self.first_month - np.timedelta64(LEAD_MONTHS, "M")

    def month(self, number: Integers) -> Dates:
        """Month of office month `number`; negative numbers lie before the office's first one."""
        months: Dates = self.first_month + number.astype("timedelta64[M]")
        return months

    def number(self, days: Dates) -> Integers:
        """Office month number of each day."""
        numbers: Integers = (days.astype("datetime64[M]") - self.first_month).astype(np.int64)
        return numbers

    def shock(self, month: int) -> int | None:
        """Number (from 0) of the `month`-th office month, or None where this world ends before or in it."""
        return month - 1 if month < self.n_months else None


def month_text(months: Dates) -> Texts:
    """Months as `YYYY-MM`."""
    return np.datetime_as_string(months.astype("datetime64[M]"))


def day_in_month(months: Dates, day: Integers) -> Dates:
    """The `day`-th day (1..28) of each month."""
    result: Dates = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    return result


def days(counts: Integers) -> npt.NDArray[np.timedelta64]:
    """Whole days as a time difference."""
    return counts.astype("timedelta64[D]")
