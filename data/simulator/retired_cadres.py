"""Retired leading cadres and their former duties, with what is planted about their posts in firms (M19).

Source: field/models.md, M19; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Integers, Texts, days, draw_from
from data.simulator.company_registry import role_rows
from data.simulator.enterprises import ACTIVE, DORMANT
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject

_SHARE_OF_PEOPLE = 0.0042
_UNITS = {
    "镇政府": ("农业", "土木工程建筑业", "公共设施管理业"),
    "县住建局": ("土木工程建筑业", "建筑装饰业", "房地产业"),
    "县交通局": ("道路运输业",),
    "县农业农村局": ("农业", "畜牧业", "农副食品加工业"),
    "县文旅局": ("旅行社", "住宿业", "餐饮业"),
    "县市场监管局": ("零售业", "批发业", "餐饮业"),
}
"""Unit to the industries under it; the first one's cadres were over a town, the others' over the county."""
_POSTS = ("科员", "副局长", "局长", "调研员")
"""Post by rank from 1."""


def ordinary_retired(ground: Ground) -> dict[str, pd.DataFrame]:
    """Retired cadres who keep to the rules: in no firm, but for a tiny holding in a listed one.

    Returns: `retired_cadre`, `unit_industry`, `part_time_approval`, and the holdings as `enterprise_role`.
    """
    draw = draw_from(ground.seed, "retired cadres")
    people, calendar = ground.people, ground.calendar
    age = people.age_on(calendar.end_on)
    holders = np.isin(np.arange(people.n), ground.enterprises.roles["person"].to_numpy())
    busy = np.isin(np.arange(people.n), ground.officials.employees["person"].to_numpy())
    pool = np.flatnonzero((age >= 61) & (age < 78) & ~ground.taken & ~holders & ~busy)
    # Nobody who could be mistaken for one of those whose role has a name but no number.
    pool = pool[~np.isin(people.name[pool], people.name[ground.taken & (age >= 58) & (age < 72)])]
    person = np.sort(draw.choice(pool, min(len(pool), int(people.n * _SHARE_OF_PEOPLE)), replace=False))
    n = len(person)
    retired = people.born[person] + days(draw.integers(60 * 365 + 15, 60 * 365 + 200, n))
    unit = draw.integers(0, len(_UNITS), n)
    town = ground.places.town_of[people.village[person]]
    opened = calendar.first_day - np.timedelta64(200, "D")
    rows = _cadre_rows(ground, person, unit, town, draw.choice((1, 2, 3, 4), n, p=(0.25, 0.35, 0.3, 0.1)), retired)
    listed = np.flatnonzero(ground.enterprises.listed)
    investing = person[(draw.random(n) < 0.06) & (retired < calendar.first_day)]
    holdings = pd.DataFrame(
        {
            "enterprise": draw.choice(listed, len(investing)),
            "person": investing,
            "role": "shareholder",
            "share_pct": draw.uniform(0.001, 0.2, len(investing)).round(3),
            "start_date": calendar.first_day - days(draw.integers(220, 900, len(investing))),
            "end_date": np.full(len(investing), np.datetime64("NaT", "D")),
        }
    )
    industries = [(unit_name, industry) for unit_name, names in _UNITS.items() for industry in names]
    return {
        "retired_cadre": rows.assign(received_on=np.maximum(opened, retired + days(draw.integers(10, 40, n)))),
        "enterprise_role": role_rows(ground, holdings, np.full(len(investing), opened)),
        "unit_industry": pd.DataFrame(industries, columns=["unit_name", "industry"]).assign(received_on=opened),
        "part_time_approval": _approvals(ground, person[:2], draw.choice(listed, 2), np.full(2, opened)),
    }


def _cadre_rows(
    ground: Ground, person: Integers, unit: Integers, town: Integers, rank: Integers, retired: Dates
) -> pd.DataFrame:
    """The register `retired_cadre` without received_on."""
    over_town = unit == 0
    name = np.where(over_town & (rank == 3), "镇长", np.where(over_town & (rank == 2), "副镇长", ""))
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "unit_name": texts_of(list(_UNITS), unit),
            "post": np.where(name != "", name, np.array(_POSTS)[rank - 1]),
            "post_rank": rank.astype(np.float64),
            "retire_date": retired,
            "jurisdiction": np.where(over_town, ground.places.towns[town], ground.places.county.code),
        }
    )


def _approvals(ground: Ground, person: Integers, enterprise: Integers, approved: Dates) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "uscc": texts_of(ground.enterprises.uscc, enterprise),
            "approved_on": approved,
            "until_on": np.full(len(person), np.datetime64("NaT", "D")),
            "received_on": approved,
        }
    )


def plant_retired_business(ground: Ground, recipe: Recipe) -> Planted:
    """M19: a retired leading cadre has a post or a share in a firm of the former place or industry, or seems to."""
    draw = draw_from(ground.seed, "plant M19")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism, town = episodes["mechanism"].to_numpy(dtype=object), episodes["town"].to_numpy()
    n = len(month)
    person = claim(draw, ground, _claimable(ground), town)
    received = day_within(draw, ground.calendar, month)
    started = received - days(draw.integers(5, 60, n))
    # Who really went into business did so soon, and with a large share.
    gap = np.exp(5.4 - 0.7 * hint(draw, genuine, 0.7)).clip(10, 1_000).astype(np.int64)
    kept = np.where(genuine, mechanism == "kept_role", draw.random(n) < 0.15)
    retired = np.where(kept, received - days(draw.integers(60, 1_200, n)), started - days(gap))
    started = np.where(kept, retired - days(gap + 200), started)
    nameless = ~kept & flag(draw, mechanism == "same_name", 0.8, 0.05)
    near = nameless | flag(draw, genuine, 0.8, 0.5)
    unit = np.where(near, draw.integers(0, len(_UNITS), n), 0)
    asleep = flag(draw, mechanism == "dormant_firm", 0.85, 0.06)
    enterprise = _choose_firms(draw, ground, unit, town, near, asleep)
    owns = flag(draw, genuine, 0.6, 0.35)
    share = np.where(owns, (20 * np.exp(0.7 * hint(draw, genuine, 0.8))).clip(5, 95).round(1), 0.0)
    posts = np.where(flag(draw, genuine, 0.6, 0.3), "legal_rep", draw.choice(("supervisor", "director", "manager"), n))
    roles = pd.DataFrame(
        {
            "enterprise": enterprise,
            "person": person,
            "role": posts,
            "share_pct": share,
            "start_date": started,
            "end_date": np.full(n, np.datetime64("NaT", "D")),
        }
    )
    rows = role_rows(ground, roles, received)
    rows["id_no"] = rows["id_no"].where(~nameless)
    gone = flag(draw, mechanism == "stale_registry", 0.8, 0.06)
    rows["resigned_on"] = np.where(gone, received - days(draw.integers(0, 4, n)), np.datetime64("NaT", "D"))
    rank = np.where(draw.random(n) < 0.55, 2, 3)
    known = np.minimum(received, retired + days(draw.integers(10, 40, n)))
    approved = flag(draw, mechanism == "approved_post", 0.85, 0.02)
    approvals = _approvals(ground, person[approved], enterprise[approved], np.minimum(started, received)[approved])
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        rows={
            "retired_cadre": _cadre_rows(ground, person, unit, town, rank, retired).assign(received_on=known),
            "enterprise_role": rows,
            "part_time_approval": approvals,
        },
    )


def _claimable(ground: Ground) -> Flags:
    """People of an age just retired, in no firm and on no payroll, whose name nobody else of that age has."""
    people = ground.people
    age = people.age_on(ground.calendar.first_day)
    free = (age >= 60) & (age < 67)
    busy = np.union1d(ground.enterprises.roles["person"].to_numpy(), ground.officials.employees["person"].to_numpy())
    alone = ~pd.Series(people.name[free]).duplicated(keep=False).to_numpy()
    free[np.flatnonzero(free)[~alone]] = False
    free[busy] = False
    return free


def _choose_firms(
    draw: np.random.Generator, ground: Ground, unit: Integers, town: Integers, near: Flags, asleep: Flags
) -> Integers:
    """A firm for each: of the former place where `near`, else of the former industry in another town."""
    firms = ground.enterprises
    home = np.where(firms.village >= 0, ground.places.town_of[firms.village], -1)
    status: Texts = firms.status
    names = list(_UNITS)
    chosen = np.empty(len(unit), dtype=np.int64)
    for place in range(len(unit)):
        wanted = ~firms.individual & (status == (DORMANT if asleep[place] else ACTIVE)) & (home >= 0)
        if unit[place] == 0 and near[place]:
            wanted = _narrowed(wanted, home == town[place])
        elif not near[place]:
            wanted &= np.isin(firms.industry, _UNITS[names[unit[place]]])
            wanted = _narrowed(wanted, home != town[place])
        chosen[place] = draw.choice(np.flatnonzero(wanted))
    return chosen


def _narrowed(wanted: Flags, further: Flags) -> Flags:
    """Those wanted that are also of the further kind, while there are any."""
    both = wanted & further
    return both if both.any() else wanted
