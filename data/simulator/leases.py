"""Leases of the villages' own assets, with what is planted in them: in arrears, expired, let in private (M28).

Rent falls due once a year, in advance; what is due and what is paid are sums since the start, as the register has them.
Source: field/models.md, M28; field/simulator.md, 3 and 5.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import villages_of_towns

_A_VILLAGE, _YEAR, _FIRST_DUE = 22, 365, 15
"""Leases a village; days of a year; days from the start of a lease to its first rent."""
_BID_LIMIT = 50_000.0
_KINDS = ("鱼塘", "果园", "店面", "厂房", "仓库", "山林", "机动地")
_AREAS = np.array((30.0, 25.0, 80.0, 900.0, 300.0, 120.0, 15.0))
"""Median area of each kind: square metres for buildings, mu for land."""
_LET, _RETURNED = "在租", "已收回"
_NEVER = np.datetime64("NaT", "D")


def _lease_rows(
    draw: np.random.Generator, ground: Ground, mark: str, village: Integers, individual: Flags
) -> pd.DataFrame:
    """The register `asset_lease` as far as it does not depend on dates and money: one lease each, nothing unusual."""
    n, town = len(village), ground.places.town_of[village]
    kind = draw.integers(0, len(_KINDS), n)
    serial = pd.Series(np.arange(1, n + 1)).astype("str").str.zfill(7)
    age = ground.people.age_on(ground.calendar.first_day)
    person = draw.choice(np.flatnonzero((age >= 25) & (age < 70) & ~ground.taken), n)
    firm = draw.choice(ground.enterprises.trading(), n)
    names = ground.places.regions.set_index("code")["name"].loc[list(ground.places.villages)].to_numpy()
    return pd.DataFrame(
        {
            "contract_id": f"ZL99{mark}" + serial,
            "village": texts_of(ground.places.villages, village),
            "asset": texts_of(names, village) + texts_of(_KINDS, kind) + serial.str[-2:],
            "asset_kind": texts_of(_KINDS, kind),
            "tenant": texts_of(ground.people.name, person).where(individual, texts_of(ground.enterprises.name, firm)),
            "tenant_id": texts_of(ground.people.id_no, person).where(individual),
            "tenant_kind": np.where(individual, "个人", "企业"),
            "area": np.round(_AREAS[kind] * np.exp(draw.normal(0, 0.5, n)), 1),
            "booked_elsewhere": 0.0,
            "status": _LET,
            "public_bid": True,
            "rent_free_until": np.full(n, _NEVER),
            "reduction_minute": pd.array([None] * n, dtype="str"),
            "in_litigation": False,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def ordinary_leases(ground: Ground) -> dict[str, pd.DataFrame]:
    """Leases paid in time or a few weeks late, given back when they end, and let again to somebody else."""
    draw = draw_from(ground.seed, "leases")
    opened = ground.calendar.first_day - np.timedelta64(200, "D")
    village = np.repeat(np.arange(len(ground.places.villages)), _A_VILLAGE)
    individual, years = _terms(draw, len(village))
    start = opened - days((draw.random(len(village)) * (years * _YEAR - 120)).astype(np.int64))
    again = start + days(years * _YEAR + draw.integers(7, 40, len(village)))
    free = np.flatnonzero(again <= ground.calendar.end_on)
    individual_again, years_again = _terms(draw, len(free))
    village = np.concatenate([village, village[free]])
    start, years = np.concatenate([start, again[free]]), np.concatenate([years, years_again])
    individual = np.concatenate([individual, individual_again])
    rent = np.round(np.exp(draw.normal(8.6, 1.0, len(village))).clip(300, 400_000), -1)
    leases = _lease_rows(draw, ground, "Q", village, individual)
    leases["public_bid"] = (rent * years > _BID_LIMIT) | (draw.random(len(village)) < 0.5)
    leases = leases.assign(start_date=start, end_date=start + days(years * _YEAR - 1))
    return {"asset_lease": _year_by_year(draw, ground, leases, rent, years, opened)}


def _terms(draw: np.random.Generator, n: int) -> tuple[Flags, Integers]:
    """Whether each tenant is a person, and for how many years: five at most for a person."""
    individual = draw.random(n) < 0.55
    return individual, np.where(individual, draw.integers(3, 6, n), draw.integers(5, 16, n))


def _year_by_year(
    draw: np.random.Generator,
    ground: Ground,
    leases: pd.DataFrame,
    rent: Floats,
    years: Integers,
    opened: np.datetime64,
) -> pd.DataFrame:
    """Each lease as it stood when the office opened and after each rent since, and once more when it was given back."""
    start, end = leases["start_date"].to_numpy(), leases["end_date"].to_numpy()
    number = np.arange(int(years.max()))
    due = start[:, None] + days(number * _YEAR + _FIRST_DUE)[None, :]
    since = np.append(due[:, 1:], np.full((len(due), 1), np.datetime64("9999-01-01", "D")), axis=1) > opened
    lease, which = np.nonzero((due <= np.minimum(end, ground.calendar.end_on)[:, None]) & since)
    fell_due = due[lease, which]
    late = (which > 0) & (fell_due > opened) & (draw.random(len(lease)) < 0.06)
    lag = np.where(late, draw.integers(20, 55, len(lease)), draw.integers(2, 12, len(lease)))
    total = rent[lease] * (which + 1)
    rows = leases.iloc[lease].assign(due_date=fell_due, due_amount=total, paid_amount=total)
    rows["received_on"] = np.maximum(opened, fell_due + days(lag))
    soon = fell_due + days(np.full(len(lease), 3))
    unpaid = rows[late].assign(paid_amount=(total - rent[lease])[late], received_on=soon[late])
    last = np.append(lease[1:] != lease[:-1], [True])
    back = rows[last].assign(status=_RETURNED)
    back["received_on"] = back["end_date"] - pd.to_timedelta(draw.integers(0, 6, len(back)), unit="D")
    return pd.concat([unpaid, rows, back], ignore_index=True)


def plant_lease(ground: Ground, recipe: Recipe) -> Planted:
    """M28: rent is in arrears or never paid (a), a lease has expired (b), or was let in private or for too long (c)."""
    draw = draw_from(ground.seed, f"plant M28 {recipe.rule}")
    episodes = plan_episodes(ground, recipe)
    village = villages_of_towns(draw, ground, episodes["town"].to_numpy())
    received = day_within(draw, ground.calendar, episodes["month"].to_numpy())
    rows, others = _PLANT[recipe.rule](draw, ground, episodes, village, received)
    rows["asset_lease"]["handler_id"] = texts_of(ground.people.id_no, episodes["handler"].to_numpy())
    numbers = rows["asset_lease"]["contract_id"].to_numpy()
    rows["asset_lease"] = pd.concat([*others, rows["asset_lease"].assign(received_on=received)], ignore_index=True)
    return Planted(with_subject(episodes, "other", numbers), rows=rows)


_Rows = tuple[dict[str, pd.DataFrame], list[pd.DataFrame]]


def _years_past_the_end(ground: Ground, start: Dates) -> Integers:
    """Whole years, five at least, after which a lease that began on each day ends later than the world."""
    lived = (ground.calendar.end_on - start).astype(np.int64) + 60
    years: Integers = np.maximum(5, -(-lived // _YEAR))
    return years


def _in_arrears(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, received: Dates
) -> _Rows:
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(village)
    never = flag(draw, genuine, 0.3, 0.15)
    overdue = 61 + np.floor(np.exp(4.2 + 0.75 * hint(draw, genuine, 0.9))).astype(np.int64).clip(0, 900)
    due = received - days(overdue)
    paid_years = np.where(never, 0, draw.integers(1, 4, n))
    start = due - days(paid_years * _YEAR + _FIRST_DUE)
    years = _years_past_the_end(ground, start)
    individual: Flags = (years <= 5) & (draw.random(n) < 0.7)
    rent = np.round(np.exp(8.9 + 0.5 * hint(draw, genuine, 0.6)).clip(600, 300_000), -1)
    part = np.where(never, 0.0, np.round(rent * draw.choice((0.0, 0.0, 0.3, 0.5), n)))
    rows = _lease_rows(draw, ground, "A", village, individual).assign(
        start_date=start,
        end_date=start + days(years * _YEAR - 1),
        due_date=due,
        due_amount=rent * (paid_years + 1),
        paid_amount=rent * paid_years + part,
        in_litigation=flag(draw, mechanism == "rent_sued", 0.7, 0.08),
    )
    elsewhere = flag(draw, mechanism == "booked_elsewhere", 0.7, 0.05) & ~never
    rows["booked_elsewhere"] = np.where(elsewhere, np.round((rent - part) * 0.6), 0.0)
    free = flag(draw, mechanism == "rent_free", 0.65, 0.07)
    rows["rent_free_until"] = np.where(free, due + days(draw.integers(20, 200, n)), _NEVER)
    reduced = flag(draw, mechanism == "disaster_reduction", 0.7, 0.08)
    # The village's code tells its minutes from those of the other counties' villages.
    rows["reduction_minute"] = ("JM" + rows["village"] + rows["contract_id"].str[-7:]).where(reduced)
    minutes = pd.DataFrame(
        {
            "minute_id": rows["reduction_minute"],
            "village": rows["village"],
            "meeting_type": "村民代表大会",
            "topic": "租金减免",
            "project_id": pd.array([None] * n, dtype="str"),
            "meeting_date": due - days(draw.integers(5, 40, n)),
            "received_on": due - days(np.full(n, 2)),
        }
    )[reduced]
    before = rows.assign(
        due_date=due - days(np.full(n, _YEAR)),
        due_amount=rent * paid_years,
        paid_amount=rent * paid_years,
        booked_elsewhere=0.0,
        rent_free_until=_NEVER,
        reduction_minute=pd.array([None] * n, dtype="str"),
        in_litigation=False,
        received_on=due - days(np.full(n, _YEAR - 20)),
    )[~never]
    return {"asset_lease": rows, "meeting_minute": minutes}, [before]


def _expired(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, received: Dates
) -> _Rows:
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(village)
    individual, years = _terms(draw, n)
    end = received - days(1 + np.floor(np.exp(3.6 + 0.8 * hint(draw, genuine, 1.2))).astype(np.int64).clip(0, 500))
    start = end - days(years * _YEAR - 1)
    rent = np.round(np.exp(8.6 + 0.5 * hint(draw, genuine, 0.7)).clip(300, 300_000), -1)
    rows = _lease_rows(draw, ground, "E", village, individual).assign(
        start_date=start,
        end_date=end,
        due_date=start + days((years - 1) * _YEAR + _FIRST_DUE),
        due_amount=rent * years,
        paid_amount=rent * years,
        in_litigation=flag(draw, mechanism == "rent_sued", 0.7, 0.08),
    )
    return {"asset_lease": rows}, []


def _let_privately(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, received: Dates
) -> _Rows:
    genuine = episodes["genuine"].to_numpy()
    n = len(village)
    too_long = flag(draw, genuine, 0.2, 0.45)
    start = received - days(np.floor(np.exp(3.2 + 0.5 * hint(draw, genuine, 0.5))).astype(np.int64).clip(3, 200))
    years = np.where(too_long, draw.integers(8, 16, n), _years_past_the_end(ground, start))
    rent = np.where(
        too_long,
        np.exp(8.8 + 0.6 * hint(draw, genuine, 0.7)).clip(600, 0.9 * _BID_LIMIT),
        _BID_LIMIT * (1.02 + np.exp(-0.8 + 0.8 * hint(draw, genuine, 0.9))).clip(1.02, 12),
    ).round(-1)
    rows = _lease_rows(draw, ground, "L", village, too_long).assign(
        start_date=start,
        end_date=start + days(years * _YEAR - 1),
        due_date=start + days(np.full(n, _FIRST_DUE)),
        due_amount=rent,
        paid_amount=rent,
        public_bid=too_long,
    )
    return {"asset_lease": rows}, []


_PLANT: dict[str, Callable[[np.random.Generator, Ground, pd.DataFrame, Integers, Dates], _Rows]] = {
    "a": _in_arrears,
    "b": _expired,
    "c": _let_privately,
}
