"""Invented places under prefix 99: province, city, county, towns, villages, and a town merged into its neighbour."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Integers, Texts, draw_from
from data.simulator.presets import Preset

PROVINCE, CITY, COUNTY = "99", "9901", "990101"
ELSEWHERE = ("990201", "990203", "990305")
"""Counties outside, to which people move."""
RENUMBERED = ("990408", "990409")
"""A county outside that got a new code in the month before the office opened."""

_TOWNS = (
    ("砚田镇", "Inkstone Field"),
    ("墨渊镇", "Deep Ink"),
    ("竹简镇", "Bamboo Slip"),
    ("笔洗镇", "Brush Washer"),
    ("书匣镇", "Book Casket"),
    ("琴谱镇", "Zither Score"),
    ("砚屏镇", "Inkstone Screen"),
    ("画轴镇", "Long Scroll"),
    ("印匣镇", "Seal Box"),
    ("素笺镇", "Plain Letter"),
)
_MERGED_TOWN = ("旧砚乡", "Old Inkstone")
_TILES = ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 0), (2, 3))
"""Row and column of each town: neighbours on the map are neighbours in the grid."""
_VILLAGE_FRONT = (("东", "East"), ("西", "West"), ("南", "South"), ("北", "North"), ("上", "Upper"), ("下", "Lower"))
_VILLAGE_BACK = (("笺", "Letter"), ("匣", "Casket"), ("牍", "Tablet"), ("轴", "Scroll"), ("砚", "Inkstone"))
MERGER_MONTH = 14


@dataclass(frozen=True)
class Places:
    """The county's places, and for each village what the other registers ask about it."""

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


def build_places(preset: Preset, calendar: Calendar, seed: int) -> Places:
    """The county of this preset; a former town with a few villages was merged into the first town on the way."""
    draw = draw_from(seed, "places")
    towns = np.array([f"{COUNTY}{number + 1:03d}" for number in range(preset.n_towns)])
    town_of = np.sort(
        np.concatenate(
            [np.arange(preset.n_towns), draw.integers(0, preset.n_towns, preset.n_villages - preset.n_towns)]
        )
    )
    within = pd.Series(town_of).groupby(town_of).cumcount().to_numpy()
    villages = np.array([f"{towns[town]}{number + 201:03d}" for town, number in zip(town_of, within, strict=True)])
    n_merged = min(4, max(1, int((town_of == 0).sum()) - 1))
    former = villages.copy()
    merged_town = f"{COUNTY}{preset.n_towns + 1:03d}"
    former[:n_merged] = [f"{merged_town}{number + 201:03d}" for number in range(n_merged)]
    merged_on = calendar.month(np.array([min(MERGER_MONTH - 1, preset.n_months // 2)]))[0].astype("datetime64[D]")
    regions = _region_rows(towns, villages, town_of, within, former, merged_on)
    history = pd.DataFrame(
        {
            "old_code": [*former[:n_merged], RENUMBERED[0]],
            "new_code": [*villages[:n_merged], RENUMBERED[1]],
            "effective_on": [*[merged_on] * n_merged, calendar.first_day - np.timedelta64(30, "D")],
            "kind": [*["merged"] * n_merged, "renumbered"],
        }
    )
    return Places(regions, history, towns, villages, town_of, former, merged_on)


def _region_rows(
    towns: Texts, villages: Texts, town_of: Integers, within: Integers, former: Texts, merged_on: np.datetime64
) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (PROVINCE, "示范省", "Model Province", 1, None, None, None, None, None),
        (CITY, "示范市", "Model City", 2, PROVINCE, None, None, 0, 0),
        (COUNTY, "示范县", "Model County", 3, CITY, None, None, 0, 0),
    ]
    for number, code in enumerate(towns):
        name, name_en = _TOWNS[number]
        rows.append((code, name, f"{name_en} Town", 4, COUNTY, None, None, *_TILES[number]))
    merged_town = former[0][:9]
    ended = merged_on.astype(object)
    rows.append((merged_town, _MERGED_TOWN[0], f"{_MERGED_TOWN[1]} Township", 4, COUNTY, ended, towns[0], None, None))
    for code, town, number in zip(villages, town_of, within, strict=True):
        rows.append((code, *_village_name(int(number)), 5, towns[town], None, None, None, None))
    for number, (old, new) in enumerate(zip(former, villages, strict=True)):
        if old != new:
            name, name_en = _village_name(number)
            rows.append((old, f"旧{name}", f"Old {name_en}", 5, merged_town, ended, new, None, None))
    columns = ["code", "name", "name_en", "level", "parent_code", "valid_to", "merged_into", "tile_row", "tile_column"]
    regions = pd.DataFrame(rows, columns=columns)
    regions["valid_from"] = date(1999, 1, 1)
    return regions


def _village_name(number: int) -> tuple[str, str]:
    back, back_en = _VILLAGE_BACK[number // len(_VILLAGE_FRONT) % len(_VILLAGE_BACK)]
    front, front_en = _VILLAGE_FRONT[number % len(_VILLAGE_FRONT)]
    return f"{front}{back}村", f"{front_en} {back_en} Village"
