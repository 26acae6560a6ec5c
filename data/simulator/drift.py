"""What changes in the synthetic world on the way, each change once: planters, places, officials and verifiers ask here.

A world that ends before a change, or in its month, does not have it. Source: field/simulator.md, 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from data.simulator.calendar import Calendar, Floats, Integers


@dataclass(frozen=True)
class Shock:
    """One change and what it does to the alerts of supervision models."""

    month: int
    """The office's month in which it comes, from 1."""
    says: str
    times: Mapping[str, float] = field(default_factory=dict)
    """By supervision model: how many times its usual episodes come to light in that month."""
    in_month: Mapping[str, float] = field(default_factory=dict)
    """By supervision model: what that month adds to the log-odds of an episode to be true."""
    before_and_since: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """By supervision model: what is added before that month, and from it on."""
    of_one_county: bool = False
    """In a city: only in its first county."""

    def month_in(self, calendar: Calendar, county: int = 1) -> int | None:
        """Number (from 0) of its month in this world, in the county of that number; None where it does not come."""
        if self.of_one_county and county > 1:
            return None
        return calendar.shock(self.month)


DAILY_HUKOU = Shock(
    9,
    "The police register comes daily: fewer people who moved are alerted for nothing.",
    before_and_since={"M01": (-0.5, 0.5)},
)
MERGER = Shock(
    14,
    "A township is merged into its neighbour: its villagers stand in two lists for a while.",
    times={"M05": 2.5},
    in_month={"M05": -1.2},
)
AGE_LOWERED = Shock(
    18,
    "One county lowers the age of the senior allowance by a year, which its supervisors learn late.",
    times={"M03": 3.0},
    in_month={"M03": -1.2},
    of_one_county=True,
)
DEATH_SOURCE_BEGINS = Shock(
    20,
    "A second office begins to report deaths, and is wrong more often than the first.",
    times={"M02": 1.5},
    in_month={"M02": -1.2},
)
ELECTION = Shock(24, "The villages elect: labour is paid for that cadres in office may not draw.", times={"M08": 4.0})
PLATFORM_DOWN = Shock(
    26,
    "The procurement platform is down for three days, and what is bought meanwhile is bought beside it.",
    times={"M18": 3.0},
    in_month={"M18": -1.5},
)
THRESHOLD_CHANGED = Shock(
    30,
    "Contracts count as near the tender limit from further below it: more are found, and more for nothing.",
    times={"M12": 2.0},
    before_and_since={"M12": (0.3, -0.5)},
)
STRICTER_VERIFIERS = Shock(31, "A new team verifies, which confirms only what is proved to the last.")
SHOCKS = (
    DAILY_HUKOU,
    MERGER,
    AGE_LOWERED,
    DEATH_SOURCE_BEGINS,
    ELECTION,
    PLATFORM_DOWN,
    THRESHOLD_CHANGED,
    STRICTER_VERIFIERS,
)
DAYS_DOWN = 3
"""How long the platform is down."""
SENSITIVITY_OF_THE_STRICT = 0.9
"""What the stricter team confirms of the true alerts that others would confirm."""


def times_of_month(calendar: Calendar, county: int, model: str, months: Integers) -> Floats:
    """How many times its usual episodes each office month has of a supervision model."""
    times = np.ones(len(months))
    for shock in SHOCKS:
        month = shock.month_in(calendar, county)
        if month is not None and model in shock.times:
            times[months == month] *= shock.times[model]
    return times


def shift_of_truth(calendar: Calendar, county: int, model: str, months: Integers) -> Floats:
    """What the changes add to the log-odds of episodes of a supervision model in these office months to be true."""
    shift = np.zeros(len(months))
    for shock in SHOCKS:
        month = shock.month_in(calendar, county)
        if month is None:
            continue
        shift += np.where(months == month, shock.in_month.get(model, 0.0), 0.0)
        before, since = shock.before_and_since.get(model, (0.0, 0.0))
        shift += np.where(months >= month, since, before)
    return shift


def strict_from(calendar: Calendar) -> date | None:
    """The first day of the stricter team; None where it does not come."""
    month = STRICTER_VERIFIERS.month_in(calendar)
    if month is None:
        return None
    first: date = calendar.month(np.array([month]))[0].astype("datetime64[D]").astype(object)
    return first


def sensitivity(usual: float, day: date, strict: date | None) -> float:
    """The chance that a verifier confirms a true alert on a day, of whom it is `usual` before the stricter team."""
    return usual if strict is None or day < strict else usual * SENSITIVITY_OF_THE_STRICT
