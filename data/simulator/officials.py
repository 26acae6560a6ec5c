"""Invented officials: the payroll, who handles and reviews in each town, village cadres, and what they are really like.

The hidden qualities never leave the folder of the truth. Source: field/simulator.md, 3 and 4.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Floats, Integers, day_in_month, days, draw_from
from data.simulator.drift import ELECTION
from data.simulator.people import People
from data.simulator.places import Places

N_HANDLERS, N_REVIEWERS, N_CADRES = 4, 2, 6
_UNITS = ("县教育局", "县卫健局", "县水利局", "县民政局", "县自然资源局", "县第一小学", "县人民医院", "镇政府")
_POSTS = ("科员", "教师", "医师", "工程师", "事业干部", "办事员")
_CADRE_POSTS = ("村党支部书记", "村委会主任", "村委委员", "村会计", "村监委主任", "妇联主席")


@dataclass(frozen=True)
class Officials:
    """Persons with a duty, by their numbers, and their hidden qualities."""

    employees: pd.DataFrame
    """Columns: person, unit_name, post, fiscal_type, start_date, end_date, monthly_pay."""
    handlers: Integers
    """(n_towns, 4): who enters benefit payments in each town."""
    reviewers: Integers
    """(n_towns, 2): who reviews them."""
    cadres: pd.DataFrame
    """Columns: person, village (index), post, start_date, end_date; one row a term."""
    badness: Floats
    """(n_persons,) standardised lack of integrity and diligence; 0 for people without a duty."""
    data_error: Floats
    """(n_towns,) standardised badness of the town's data."""
    elected_on: np.datetime64
    """The day of the newest village election."""


def appoint(people: People, places: Places, calendar: Calendar, seed: int) -> Officials:
    """Give people duties: 3.6 % on the payroll, six cadres a village, four handlers and two reviewers a town."""
    draw = draw_from(seed, "officials")
    age = people.age_on(calendar.first_day)
    grown = np.flatnonzero((age >= 24) & (age < 58))
    n_desks = len(places.towns) * (N_HANDLERS + N_REVIEWERS)
    staff = draw.choice(grown, max(int(people.n * 0.036), n_desks), replace=False)
    desks = staff[:n_desks].reshape(len(places.towns), -1)
    elected_on = _election(calendar)
    cadres = _elect(draw, people, np.setdiff1d(grown, staff), elected_on)
    badness = np.zeros(people.n)
    dutiful = np.union1d(staff, cadres["person"].to_numpy())
    integrity, diligence = draw.beta(9, 1, len(dutiful)), draw.beta(5, 2, len(dutiful))
    badness[dutiful] = (0.9 - integrity) / 0.09 * 0.6 + (5 / 7 - diligence) / 0.16 * 0.8
    return Officials(
        employees=_employ(draw, staff, calendar),
        handlers=desks[:, :N_HANDLERS],
        reviewers=desks[:, N_HANDLERS:],
        cadres=cadres,
        badness=badness,
        data_error=draw.normal(0, 1, len(places.towns)),
        elected_on=elected_on,
    )


def _election(calendar: Calendar) -> np.datetime64:
    shock = ELECTION.month_in(calendar)
    month = np.array([-4 if shock is None else shock])
    elected_on: np.datetime64 = day_in_month(calendar.month(month), np.array([18]))[0]
    return elected_on


def _employ(draw: np.random.Generator, staff: Integers, calendar: Calendar) -> pd.DataFrame:
    n = len(staff)
    ended = draw.random(n) < 0.06
    span = calendar.n_months * 30
    start = calendar.first_day - days(draw.integers(400, 9000, n))
    end = np.where(ended, calendar.first_day + days(draw.integers(0, span, n)), np.datetime64("NaT", "D"))
    return pd.DataFrame(
        {
            "person": staff,
            "unit_name": draw.choice(_UNITS, n),
            "post": draw.choice(_POSTS, n),
            "fiscal_type": draw.choice(("公务员", "事业编制", "编外合同"), n, p=(0.3, 0.5, 0.2)),
            "start_date": start,
            "end_date": end,
            "monthly_pay": np.round(draw.normal(5200, 900, n).clip(2600), -1),
        }
    )


def _elect(draw: np.random.Generator, people: People, grown: Integers, elected_on: np.datetime64) -> pd.DataFrame:
    # Each village's first six grown people in a shuffled order serve; at the election a third gives way to the next.
    order = pd.DataFrame({"person": draw.permutation(grown)})
    order["village"] = people.village[order["person"].to_numpy()]
    order["place"] = order.groupby("village").cumcount()
    order = order[order["place"] < N_CADRES + 2].sort_values(["village", "place"], ignore_index=True)
    place = order["place"].to_numpy()
    leaves, enters = place < 2, place >= N_CADRES
    order["post"] = np.array(_CADRE_POSTS)[place % N_CADRES]
    earlier = elected_on - np.timedelta64(3 * 365, "D")
    order["start_date"] = np.where(enters, elected_on, earlier)
    order["end_date"] = np.where(leaves, elected_on - np.timedelta64(1, "D"), np.datetime64("NaT", "D"))
    return order.drop(columns="place")
