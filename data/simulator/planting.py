"""What planting one recipe leaves behind: rows in registers, enrolments, deaths, and the truth about them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Dates, Integers, Texts, days
from data.simulator.episodes import Ground


@dataclass(frozen=True)
class Planted:
    """The traces of some episodes."""

    truth: pd.DataFrame
    """The episodes with two more columns: subject_kind and number, the subject's own number."""
    enrolments: pd.DataFrame | None = None
    deaths: pd.DataFrame | None = None
    """Columns: person, died_on; what really happened."""
    returns: pd.DataFrame | None = None
    """Columns: person, scheme (index), after (office month), returned_on: payments after that month were given back."""
    left_out: Integers | None = None
    """Persons who must go without what others get unasked."""
    rows: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Rows by register, in the register's columns and received_on."""


def with_subject(episodes: pd.DataFrame, kind: str, numbers: Texts) -> pd.DataFrame:
    """The episodes and whom each is about."""
    return episodes.assign(subject_kind=kind, number=pd.array(list(numbers), dtype="str"))


def day_within(draw: np.random.Generator, calendar: Calendar, month: Integers, first: int = 8, last: int = 28) -> Dates:
    """A day in each office month, from its `first` to its `last`, and never after the world's end."""
    opening: Dates = calendar.month(month).astype("datetime64[D]")
    room = np.where(month == calendar.n_months - 1, (calendar.end_on - opening).astype(np.int64) + 1, last)
    begin = np.minimum(first, room) - 1
    return opening + days(begin + (draw.random(len(month)) * (np.minimum(room, last) - begin)).astype(np.int64))


def past_or_now(ground: Ground, moments: Dates) -> Dates:
    """The days, those after the world's end brought back to it."""
    earlier: Dates = np.minimum(moments, ground.calendar.end_on)
    return earlier
