"""Farmland: what households contract, lease in and claim a subsidy for, with what is planted in it (M32).

Source: field/models.md, M32; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import cadre_rows

_CLAIMING, _LEASING = 0.6, 0.1
"""Shares of households that claim, and of those that lease land in."""
_YUAN_A_MU = 110.0


def _heads(ground: Ground) -> Integers:
    """One grown person of each household that has one: who claims for it."""
    grown = np.flatnonzero(ground.people.age_on(ground.calendar.first_day) >= 25)
    _, first = np.unique(ground.people.household[grown], return_index=True)
    return grown[first]


def _number(ground: Ground, person: Integers) -> "pd.Series[str]":
    return "H" + pd.Series(ground.people.household[person]).astype("str").str.zfill(7)


def ordinary_farmland(ground: Ground) -> dict[str, pd.DataFrame]:
    """Contracts, leases and claims that agree, each year of the world."""
    draw = draw_from(ground.seed, "farmland")
    heads = _heads(ground)
    concerned = np.unique(ground.people.household[ground.taken])
    heads = heads[~np.isin(ground.people.household[heads], concerned)]
    heads = heads[draw.random(len(heads)) < _CLAIMING]
    first, last = (int(str(day)[:4]) for day in (ground.calendar.register_start, ground.calendar.end_on))
    years = np.tile(np.arange(first, last + 1), len(heads))
    person = np.repeat(heads, last - first + 1)
    mu = np.round(np.exp(draw.normal(1.4, 0.5, len(heads))).clip(0.5, 30), 1)
    lease = np.where(draw.random(len(heads)) < _LEASING, np.round(np.exp(draw.normal(2.5, 0.8, len(heads))), 1), 0.0)
    each = np.repeat(np.arange(len(heads)), last - first + 1)
    paid = pd.to_datetime(pd.Series(years).astype("str") + "-06-01").to_numpy().astype("datetime64[D]")
    paid = paid + days(draw.integers(0, 28, len(years)))
    leasing = heads[lease > 0]
    opened = np.datetime64(f"{first}-01-01", "D")
    leases = _lease_rows(ground, leasing, lease[lease > 0], opened, np.datetime64(f"{last + 1}-12-31", "D"))
    return {
        "household_land": _land_rows(ground, person, years, mu[each], np.zeros(len(years), dtype=bool), opened),
        "land_lease_in": leases,
        "land_subsidy": _claim_rows(ground, person, years, mu[each] + lease[each], paid).assign(
            received_on=paid + days(draw.integers(2, 9, len(years)))
        ),
    }


def _land_rows(
    ground: Ground, person: Integers, years: Integers, mu: Floats, resurveyed: np.ndarray, known: np.datetime64 | Dates
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "household_no": _number(ground, person),
            "village": texts_of(ground.places.villages, ground.people.village[person]),
            "year": pd.Series(years).astype("str"),
            "contracted_mu": mu,
            "resurveyed": resurveyed,
            "received_on": known,
        }
    )


def _lease_rows(
    ground: Ground, person: Integers, mu: Floats, since: np.datetime64 | Dates, until: np.datetime64 | Dates
) -> pd.DataFrame:
    rows = pd.DataFrame({"household_no": _number(ground, person), "mu": mu})
    return rows.assign(valid_from=since, valid_to=until, received_on=since)


def _claim_rows(ground: Ground, person: Integers, years: Integers, mu: Floats, paid: Dates) -> pd.DataFrame:
    village = ground.people.village[person]
    town = ground.places.town_of[village]
    return pd.DataFrame(
        {
            "household_no": _number(ground, person),
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "village": texts_of(ground.places.villages, village),
            "year": pd.Series(years).astype("str"),
            "claimed_mu": np.round(mu, 1),
            "amount": np.round(mu * _YUAN_A_MU, 2),
            "paid_date": paid,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def plant_inflated_area(ground: Ground, recipe: Recipe) -> Planted:
    """M32: a household claims the subsidy for more land than it contracts and leases, or seems to."""
    draw = draw_from(ground.seed, "plant M32")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    heads = np.zeros(ground.people.n, dtype=bool)
    heads[_heads(ground)] = True
    person = claim(draw, ground, heads, episodes["town"].to_numpy())
    paid = day_within(draw, ground.calendar, month, first=1, last=22)
    years = paid.astype("datetime64[Y]").astype(np.int64) + 1970
    mu = np.round(np.exp(draw.normal(1.6, 0.4, n)).clip(1, 20), 1)
    times = 1.3 + np.exp(-0.6 + 0.5 * hint(draw, genuine, 0.8))
    times = np.where(flag(draw, mechanism == "unit_error", 0.7, 0.02), 15.0, times)
    rows = _claim_rows(ground, person, years, mu * times, paid)
    rows["handler_id"] = texts_of(ground.people.id_no, episodes["handler"].to_numpy())
    resurveyed = flag(draw, mechanism == "resurvey", 0.7, 0.1)
    known = paid - days(draw.integers(40, 120, n))
    ended = flag(draw, mechanism == "unfiled_lease", 0.65, 0.15)
    new_year = years[ended].astype(str)
    new_year_day: Dates = np.array([f"{year}-01-01" for year in new_year], dtype="datetime64[D]")
    closed: Dates = new_year_day - days(draw.integers(5, 200, int(ended.sum())))
    opened: Dates = closed - days(np.full(len(closed), 700))
    leased = np.round(mu[ended] * (times[ended] - 1), 1)
    in_office = flag(draw, genuine, 0.14, 0.06)
    terms = pd.DataFrame({"person": person, "village": ground.people.village[person], "post": "村委委员"})[in_office]
    started = paid[in_office] - days(draw.integers(200, 900, int(in_office.sum())))
    terms = terms.assign(start_date=started, end_date=np.datetime64("NaT", "D"))
    truth = with_subject(episodes, "household", _number(ground, person).to_numpy(dtype=np.str_))
    return Planted(
        truth,
        rows={
            "land_subsidy": rows.assign(received_on=paid + days(draw.integers(1, 6, n))),
            "household_land": _land_rows(ground, person, years, mu, resurveyed, known),
            "land_lease_in": _lease_rows(ground, person[ended], leased, opened, closed),
            "village_cadre": cadre_rows(ground, terms, started),
        },
    )
