"""Invented people in households: who they are, where they live, who is related to whom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Dates, Flags, Integers, Texts, draw_from
from data.simulator.names import invent_names, invent_surnames
from data.simulator.numbers import identity_numbers
from data.simulator.places import CITY, County
from data.simulator.presets import Preset

_AGE_BANDS = ((0, 15, 0.15), (15, 40, 0.32), (40, 60, 0.32), (60, 70, 0.115), (70, 80, 0.068), (80, 100, 0.027))
"""From age, below age, share. Source: field/simulator.md, 3."""
_HOUSEHOLD_SIZES = (0.18, 0.27, 0.23, 0.17, 0.10, 0.05)
_RELATED_ELSEWHERE = 0.35
"""Share of adults with a parent or child in another household that the register knows."""

_BIRTH_COUNTIES, _NUMBERS_A_COUNTY = 10, 45
"""Counties of the city in which people were registered first; numbers of one day and sex for those of each who left."""


@dataclass(frozen=True)
class People:
    """Everyone, in order of number; a person is an index into these arrays."""

    id_no: Texts
    name: Texts
    male: Flags
    born: Dates
    village: Integers
    household: Integers
    account: Integers
    """Serial of the person's bank account."""

    def age_on(self, day: np.datetime64) -> Integers:
        """Completed years of each person on `day`, to within a day."""
        return ((day - self.born).astype(np.int64) / 365.2425).astype(np.int64)

    @property
    def n(self) -> int:
        """How many people there are."""
        return len(self.id_no)


def build_people(preset: Preset, calendar: Calendar, seed: int, county: County) -> People:
    """The people of this preset, grouped in households by village; identity numbers are all different.

    Those of the county's sisters are different from them too.
    """
    draw = draw_from(seed, "people")
    n = preset.n_persons
    sizes = draw.choice(np.arange(1, 7), n, p=_HOUSEHOLD_SIZES)
    household = np.repeat(np.arange(n), sizes)[:n]
    village = draw.integers(0, preset.n_villages, n)[household]
    male = draw.random(n) < 0.51
    born = _births(draw, calendar, n)
    surnames = np.where(draw.random(n) < 0.6, invent_surnames(draw, n)[household], invent_surnames(draw, n))
    at_home = draw.random(n) < 0.85
    sister = (county.number + draw.integers(0, _BIRTH_COUNTIES - 1, n)) % _BIRTH_COUNTIES + 1
    address = int(CITY) * 100 + np.where(at_home, county.number, sister)
    # Who was registered in another county first has a number beyond all those of people who stayed there.
    passed = np.where(at_home | county.is_alone, 0, _NUMBERS_A_COUNTY * county.number)
    return People(
        id_no=identity_numbers(address, born, male, passed),
        name=invent_names(draw, surnames, male),
        male=male,
        born=born,
        village=village,
        household=household,
        account=draw.permutation(n) + 1,
    )


def _births(draw: np.random.Generator, calendar: Calendar, n: int) -> Dates:
    bands = draw.choice(len(_AGE_BANDS), n, p=[share for _, _, share in _AGE_BANDS])
    low, high = (np.array([band[place] for band in _AGE_BANDS]) for place in (0, 1))
    # The oldest are few: within the last band age falls off quadratically.
    within = np.where(bands == len(_AGE_BANDS) - 1, draw.random(n) ** 2.5, draw.random(n))
    age_days = ((low[bands] + within * (high - low)[bands]) * 365.2425).astype(np.int64)
    born: Dates = calendar.first_day - age_days.astype("timedelta64[D]")
    return born


def relate(people: People, seed: int) -> pd.DataFrame:
    """Kinship as the register knows it: both directions of each pair, 8 % missing, 3 % wrong.

    Columns: a, b (person numbers), relation, degree, confidence.
    """
    draw = draw_from(seed, "kinship")
    persons = pd.DataFrame({"household": people.household, "person": np.arange(people.n)})
    pairs = persons.merge(persons, on="household")
    pairs = pairs[pairs["person_x"] < pairs["person_y"]]
    first, second = pairs["person_x"].to_numpy(), pairs["person_y"].to_numpy()
    away = np.flatnonzero(draw.random(people.n) < _RELATED_ELSEWHERE * 0.3)
    first, second = np.concatenate([first, away]), np.concatenate([second, draw.integers(0, people.n, len(away))])
    kept = (draw.random(len(first)) >= 0.08) & (first != second)
    first, second = first[kept], second[kept]
    wrong = draw.random(len(first)) < 0.03
    years = np.abs((people.born[first] - people.born[second]).astype(np.int64)) / 365.2425
    relation = np.where(years > 16, "parent", np.where(people.male[first] != people.male[second], "spouse", "sibling"))
    relation = np.where(years > 42, "grandparent", relation)
    degree = np.where(np.isin(relation, ("parent", "spouse")), 1, 2)
    confidence = np.where(wrong, draw.uniform(0.4, 0.8, len(first)), draw.uniform(0.7, 1.0, len(first))).round(2)
    edges = pd.DataFrame({"a": first, "b": second, "relation": relation, "degree": degree, "confidence": confidence})
    back = edges.rename(columns={"a": "b", "b": "a"})
    return (
        pd.concat([edges, back], ignore_index=True)
        .drop_duplicates(["a", "b"])
        .sort_values(["a", "b"], ignore_index=True)
    )
