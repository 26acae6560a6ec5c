"""Invented places under prefix 99: province, city, county, towns, villages, and a town merged into its neighbour."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Integers, Texts, draw_from
from data.simulator.drift import MERGER
from data.simulator.place_names import COUNTY_NAMES, merged_town_name, town_name, village_name
from data.simulator.presets import Preset

PROVINCE, CITY, COUNTY = "99", "9901", "990101"
"""The county of a world that has one; of a city, its first."""
ELSEWHERE = ("990201", "990203", "990305")
"""Counties outside, to which people move."""
RENUMBERED = ("990408", "990409")
"""A county outside that got a new code in the month before the office opened."""

_TILES = ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 0), (2, 3))
"""Row and column of each town: neighbours on the map are neighbours in the grid."""
_ROOM = 10_000_000
"""Serial numbers that each county has for its accounts and firms."""
_COUNTY_COLUMNS = 4
"""Counties in a row on the map of a city."""
_STEP = 1_000_003
"""Between the seeds of two counties."""


@dataclass(frozen=True)
class County:
    """One county of a world, alone or beside its sisters."""

    number: int = 1
    n_counties: int = 1

    @property
    def code(self) -> str:
        """Its code, under that of the city."""
        return f"{CITY}{self.number:02d}"

    @property
    def name(self) -> str:
        """Its invented name."""
        return COUNTY_NAMES[self.number - 1][0]

    @property
    def name_en(self) -> str:
        """Its invented name in English."""
        return f"{COUNTY_NAMES[self.number - 1][1]} County"

    @property
    def is_alone(self) -> bool:
        """Whether it is the only county of its world."""
        return self.n_counties == 1

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Codes of the counties to which people move: those outside, and its sisters."""
        sisters = (f"{CITY}{number:02d}" for number in range(1, self.n_counties + 1) if number != self.number)
        return (*ELSEWHERE, *sisters)

    @property
    def first_serial(self) -> int:
        """What is added to serial numbers given in this county, so that no sister gives the same."""
        return (self.number - 1) * _ROOM

    @property
    def tile(self) -> tuple[int, int]:
        """Row and column on the map of the city."""
        return divmod(self.number - 1, _COUNTY_COLUMNS)

    def seed(self, seed: int) -> int:
        """The seed of its own in a world of this seed."""
        return seed + _STEP * (self.number - 1)


ALONE = County()


@dataclass(frozen=True)
class Places:
    """The county's places, and for each village what the other registers ask about it."""

    county: County
    regions: pd.DataFrame
    """Columns of the table `region`."""
    history: pd.DataFrame
    """Columns of the register `region_history`, without received_on."""
    towns: Texts
    villages: Texts
    """Codes of today's villages."""
    town_of: Integers
    """Index of each village's town."""
    former: Texts
    """Code each village had before the merger; its own code where it had no other."""
    merged_on: np.datetime64

    def code_at(self, village: Integers, days: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Texts:
        """The code in force for each village on each day."""
        return np.where(days < self.merged_on, self.former[village], self.villages[village])


def build_places(preset: Preset, calendar: Calendar, seed: int, county: County = ALONE) -> Places:
    """The places of a county of this preset; a former town with a few villages was merged into the first
    town on the way.
    """
    draw = draw_from(seed, "places")
    towns = np.array([f"{county.code}{number + 1:03d}" for number in range(preset.n_towns)])
    town_of = np.sort(
        np.concatenate(
            [np.arange(preset.n_towns), draw.integers(0, preset.n_towns, preset.n_villages - preset.n_towns)]
        )
    )
    within = pd.Series(town_of).groupby(town_of).cumcount().to_numpy()
    villages = np.array([f"{towns[town]}{number + 201:03d}" for town, number in zip(town_of, within, strict=True)])
    n_merged = min(4, max(1, int((town_of == 0).sum()) - 1))
    former = villages.copy()
    merged_town = f"{county.code}{preset.n_towns + 1:03d}"
    former[:n_merged] = [f"{merged_town}{number + 201:03d}" for number in range(n_merged)]
    merged_on = calendar.month(np.array([min(MERGER.month - 1, preset.n_months // 2)]))[0].astype("datetime64[D]")
    regions = _region_rows(county, towns, villages, town_of, within, former, merged_on)
    history = pd.DataFrame(
        {
            "old_code": [*former[:n_merged], RENUMBERED[0]],
            "new_code": [*villages[:n_merged], RENUMBERED[1]],
            "effective_on": [*[merged_on] * n_merged, calendar.first_day - np.timedelta64(30, "D")],
            "kind": [*["merged"] * n_merged, "renumbered"],
        }
    )
    return Places(county, regions, history, towns, villages, town_of, former, merged_on)


def _region_rows(
    county: County,
    towns: Texts,
    villages: Texts,
    town_of: Integers,
    within: Integers,
    former: Texts,
    merged_on: np.datetime64,
) -> pd.DataFrame:
    # Beside its sisters no two villages of a county have one name; alone, no two of a town.
    named = within if county.is_alone else np.arange(len(villages))
    rows: list[tuple[object, ...]] = [
        (PROVINCE, "示范省", "Model Province", 1, None, None, None, None, None),
        (CITY, "示范市", "Model City", 2, PROVINCE, None, None, 0, 0),
        (county.code, county.name, county.name_en, 3, CITY, None, None, *county.tile),
    ]
    for number, code in enumerate(towns):
        name, name_en = town_name(county.number, number)
        rows.append((code, f"{name}镇", f"{name_en} Town", 4, county.code, None, None, *_TILES[number]))
    merged_town = former[0][:9]
    ended = merged_on.astype(object)
    rows.append((merged_town, *merged_town_name(county.number), 4, county.code, ended, towns[0], None, None))
    for code, town, number in zip(villages, town_of, named, strict=True):
        rows.append((code, *village_name(int(number)), 5, towns[town], None, None, None, None))
    for number, (old, new) in enumerate(zip(former, villages, strict=True)):
        if old != new:
            name, name_en = village_name(number)
            rows.append((old, f"旧{name}", f"Old {name_en}", 5, merged_town, ended, new, None, None))
    columns = ["code", "name", "name_en", "level", "parent_code", "valid_to", "merged_into", "tile_row", "tile_column"]
    regions = pd.DataFrame(rows, columns=columns)
    regions["valid_from"] = date(1999, 1, 1)
    return regions
