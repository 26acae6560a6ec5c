"""What replays are made of: registers, collisions, and what their verification came to, with invented people.

Source: field/simulator.md, 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import pandas as pd

from data.simulator.calendar import Texts, draw_from
from data.simulator.names import invent_names, invent_surnames
from data.simulator.numbers import credit_codes, identity_numbers

VILLAGE = "990101001201"
"""A village of the replays' office, and the code under which it stood until it was merged in July 2020."""
FORMER_VILLAGE = "990101003201"


@dataclass(frozen=True)
class Question:
    """What a department was asked about an alert, and its answer."""

    unit: str
    question: str
    answer: str


@dataclass(frozen=True)
class Verdict:
    """What a verification came to, as far as the report tells."""

    outcome: str
    note: str
    """Why, in the verifier's words; of an exclusion, its reason."""
    cause: str | None = None
    """Innocent cause, of an exclusion only."""
    measures: tuple[tuple[str, int], ...] = ()
    """Kind and quantity of what was done once the outcome stood."""
    at_once: tuple[tuple[str, int], ...] = ()
    """Kind and quantity of what was done while it was verified."""
    asked: Question | None = None
    recovered: bool = False
    """Whether the report tells that the money came back: all that is recoverable."""


@dataclass(frozen=True)
class Run:
    """One collision of a replay, and what became of its alerts."""

    model: str
    as_of: datetime
    concluded_at: datetime
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By number of the subject. An alert without one waits for its verification: the report does not tell."""


@dataclass(frozen=True)
class HandedOver:
    """Alerts that another system hands over as a feed, each of which is put under supervision (督办) at once."""

    name: str
    supplier: str
    alerts: pd.DataFrame
    """Columns of the feed's contract (design.md, 6)."""
    at: datetime
    demand: str
    due_on: date


@dataclass(frozen=True)
class Replay:
    """Registers of one reported affair, its collisions, and what came to it from elsewhere."""

    registers: Mapping[str, pd.DataFrame]
    runs: tuple[Run, ...]
    handed_over: HandedOver | None = None
    wider_check: pd.DataFrame | None = None
    """What a check beyond the alerts found: id_no, returned (CNY)."""

    @property
    def opening(self) -> datetime:
        """When the first alerts come up."""
        return min([*(run.as_of for run in self.runs), *([self.handed_over.at] if self.handed_over else [])])


@dataclass(frozen=True)
class Invented:
    """People who cannot be anybody: prefix 99."""

    id_no: Texts
    name: Texts


def invent_people(n: int, born: str, seed: int) -> Invented:
    """`n` people, each born a day after the one before, the first on `born`."""
    draw = draw_from(seed, "replay")
    male = draw.random(n) < 0.5
    births = np.full(n, np.datetime64(born, "D")) + np.arange(n).astype("timedelta64[D]")
    names = invent_names(draw, invent_surnames(draw, n), male)
    return Invented(identity_numbers(np.full(n, 990101), births, male), names)


def invent_codes(n: int, kind: str) -> Texts:
    """Credit codes of `n` enterprises (kind 91) or associations (51) of the county that cannot exist."""
    return credit_codes(np.full(n, kind), np.full(n, "990101"), np.arange(n))


def in_order(subjects: Sequence[str] | Texts, *groups: tuple[int, Verdict]) -> dict[str, Verdict]:
    """Give the first so many subjects the first verdict, the next ones the second, and so on."""
    verdicts = [verdict for times, verdict in groups for _ in range(times)]
    return dict(zip(map(str, subjects), verdicts, strict=False))
