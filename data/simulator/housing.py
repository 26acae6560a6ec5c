"""Homes, cars and state-owned housing, with what is planted in them: rent subsidies and tenancies of owners (M31).

Source: field/models.md, M31; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.benefits import SCHEMES, open_enrolments
from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.overpayments import months_from
from data.simulator.planting import Planted, day_within, with_subject

_RENT = list(SCHEMES).index("rent_subsidy")
_HOMES, _CARS, _TENANCIES = 0.33, 0.24, 0.001
"""Titles, cars and tenancies of state-owned housing a resident."""
_OFFICIAL_KINDS = ("公务员", "事业编制")
_NEVER = np.datetime64("NaT", "D")


def ordinary_holdings(ground: Ground, enrolments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Homes and cars of people who draw no rent subsidy, and tenancies of people who own no home."""
    draw = draw_from(ground.seed, "homes and cars")
    people, opened = ground.people, ground.calendar.first_day - np.timedelta64(200, "D")
    subsidised = enrolments.loc[enrolments["scheme"] == _RENT, "person"].to_numpy()
    free = (people.age_on(ground.calendar.first_day) >= 24) & ~ground.taken
    free[subsidised] = False
    grown = draw.permutation(np.flatnonzero(free))
    owner = np.sort(grown[: int(people.n * _HOMES)])
    tenant = grown[int(people.n * _HOMES) :][: max(4, int(people.n * _TENANCIES))]
    driver = np.sort(draw.permutation(grown)[: int(people.n * _CARS)])
    bought = opened - days(draw.integers(30, 7_000, len(owner)))
    homes = _home_rows(ground, "B", owner, bought).assign(
        area=np.round(100 * np.exp(draw.normal(0, 0.3, len(owner))), 1),
        share_pct=np.where(draw.random(len(owner)) < 0.3, 50.0, 100.0),
        received_on=opened,
    )
    cars = _car_rows(
        ground, "B", driver, np.exp(draw.normal(11.3, 0.5, len(driver))), opened - days(driver % 3_000 + 30)
    )
    started = opened - days(draw.integers(30, 2_000, len(tenant)))
    return {
        "property": homes,
        "vehicle": cars.assign(received_on=opened),
        "state_house_lease": _lease_rows(draw, ground, "B", tenant, started).assign(received_on=opened),
    }


def _home_rows(ground: Ground, mark: str, owner: Integers, registered: Dates) -> pd.DataFrame:
    """The register `property`: a home of each owner in the owner's village, without received_on."""
    return pd.DataFrame(
        {
            "title_no": f"不动产99{mark}" + pd.Series(np.arange(1, len(owner) + 1)).astype("str").str.zfill(7),
            "owner_id": texts_of(ground.people.id_no, owner),
            "owner_name": texts_of(ground.people.name, owner),
            "region": texts_of(ground.places.villages, ground.people.village[owner]),
            "area": 100.0,
            "share_pct": 100.0,
            "usable": True,
            "acquired_how": "购买",
            "registered_on": registered,
            "sold_on": _NEVER,
        }
    )


def _car_rows(ground: Ground, mark: str, owner: Integers, price: Floats, registered: Dates) -> pd.DataFrame:
    """The register `vehicle`: a car of each owner, without received_on."""
    return pd.DataFrame(
        {
            "plate": f"示{mark}" + pd.Series(np.arange(1, len(owner) + 1)).astype("str").str.zfill(6),
            "owner_id": texts_of(ground.people.id_no, owner),
            "price": np.round(price, -2),
            "for_disabled": False,
            "registered_on": registered,
            "disposed_on": _NEVER,
        }
    )


def _lease_rows(draw: np.random.Generator, ground: Ground, mark: str, tenant: Integers, started: Dates) -> pd.DataFrame:
    """The register `state_house_lease`: tenancies that still run, without received_on."""
    village = ground.people.village[tenant]
    town = ground.places.town_of[village]
    market = np.round(draw.uniform(500, 1_500, len(tenant)), -1)
    return pd.DataFrame(
        {
            "contract_id": f"GF{mark}" + pd.Series(np.arange(1, len(tenant) + 1)).astype("str").str.zfill(6),
            "tenant_id": texts_of(ground.people.id_no, tenant),
            "tenant": texts_of(ground.people.name, tenant),
            "region": texts_of(ground.places.villages, village),
            "monthly_rent": np.round(market * draw.uniform(0.4, 0.9, len(tenant)), -1),
            "market_rent": market,
            "start_date": started,
            "end_date": _NEVER,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def plant_housed_owner(ground: Ground, recipe: Recipe) -> Planted:
    """M31: somebody who owns a home or a dear car draws the rent subsidy (a) or rents state-owned housing (b)."""
    draw = draw_from(ground.seed, f"plant M31 {recipe.rule}")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    town = episodes["town"].to_numpy()
    n = len(month)
    if recipe.rule == "a":
        age = ground.people.age_on(ground.calendar.first_day)
        person = claim(draw, ground, (age >= 24) & (age < 60), town)
    else:
        person = claim(draw, ground, _officials(ground), town)
    received = day_within(draw, ground.calendar, month)
    by_car = (mechanism == "car_for_disabled") | ((recipe.rule == "a") & genuine & (draw.random(n) < 0.2))
    span = months_from(hint(draw, genuine, 0.6), 0.9, 0.6).clip(1, LEAD_MONTHS)
    began: Dates = ground.calendar.month(month - span - 2).astype("datetime64[D]")
    homes = _planted_homes(draw, ground, recipe.rule, genuine, mechanism, person, began, received)
    homes = homes.assign(received_on=received)[~by_car]
    rows = {"property": homes}
    enrolments = None
    if recipe.rule == "a":
        price = 110_000 * np.exp(0.3 * hint(draw, genuine, 0.8).clip(-0.2, 4))
        cars = _car_rows(ground, "P", person, price, began - days(draw.integers(30, 900, n)))
        cars["for_disabled"] = flag(draw, mechanism == "car_for_disabled", 0.75, 0.05)
        rows["vehicle"] = cars.assign(received_on=received)[by_car]
        enrolments = open_enrolments(ground, draw, person, np.full(n, _RENT))
        enrolments = enrolments.assign(
            start=np.maximum(month - span, -LEAD_MONTHS), stop=month + 1, desk=episodes["desk"].to_numpy()
        )
    else:
        lease = _lease_rows(draw, ground, "P", person, began + days(draw.integers(31, 60, n)))
        cheap = (0.6 - 0.12 * hint(draw, genuine, 0.8)).clip(0.2, 1.0)
        lease["monthly_rent"] = np.round(lease["market_rent"] * cheap, -1)
        rows["state_house_lease"] = lease.assign(received_on=received)
    return Planted(with_subject(episodes, "person", ground.people.id_no[person]), enrolments=enrolments, rows=rows)


def _planted_homes(
    draw: np.random.Generator,
    ground: Ground,
    rule: str,
    genuine: Flags,
    mechanism: np.ndarray,
    person: Integers,
    began: Dates,
    received: Dates,
) -> pd.DataFrame:
    """A home of each person, older than what is drawn, with what excuses it where that is so."""
    n = len(person)
    in_month: Dates = received.astype("datetime64[M]").astype("datetime64[D]")
    homes = _home_rows(ground, f"P{rule.upper()}", person, began - days(draw.integers(200, 3_000, n)))
    small = flag(draw, mechanism == "small_share", 0.8, 0.06)
    sold = flag(draw, mechanism == "sold_untransferred", 0.8, 0.04)
    return homes.assign(
        area=np.round(80 * np.exp(0.3 * hint(draw, genuine, 0.8)), 1),
        share_pct=np.where(small, draw.choice((10.0, 20.0, 25.0, 33.3), n), draw.choice((50.0, 100.0), n)),
        usable=~flag(draw, mechanism == "unusable_home", 0.8, 0.05),
        acquired_how=np.where(flag(draw, mechanism == "inherited_home", 0.8, 0.08), "继承", "购买"),
        sold_on=np.where(sold, np.maximum(received - days(draw.integers(0, 8, n)), in_month), _NEVER),
    )


def _officials(ground: Ground) -> Flags:
    """Who is on the regular payroll and has not left it."""
    employees = ground.officials.employees
    regular = employees["fiscal_type"].isin(_OFFICIAL_KINDS) & employees["end_date"].isna()
    return np.isin(np.arange(ground.people.n), employees.loc[regular, "person"].to_numpy())
