"""Public units, associations and the invoices they pay, with what is planted in them (M26).

Source: field/models.md, M26; field/simulator.md, 3 and 5.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Floats, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.numbers import credit_codes
from data.simulator.planting import Planted, day_within, with_subject

_A_YEAR = 25_000
"""Invoices for 100,000 residents."""
_ITEMS = ("办公用品", "印刷服务", "会议服务", "餐饮服务", "住宿服务", "维修服务", "培训服务", "物业服务", "燃油费")
_TRAVEL = "*旅游服务*旅游费"
_SUBJECTS = [
    "文化",
    "书画",
    "教育",
    "水利",
    "农技",
    "卫生",
    "体育",
    "老年",
    "摄影",
    "园艺",
    "茶业",
    "渔业",
    "林业",
    "养蜂",
    "武术",
    "戏曲",
    "钓鱼",
    "登山",
    "棋类",
    "信鸽",
]
_FORMS = ("协会", "学会", "联合会")
_BUREAUS = [
    "教育局",
    "卫健局",
    "水利局",
    "民政局",
    "自然资源局",
    "交通局",
    "农业农村局",
    "文旅局",
    "住建局",
    "财政局",
    "统计局",
    "审计局",
]


@dataclass(frozen=True)
class Organs:
    """Public units and associations of the county, associations last."""

    uscc: Texts
    name: Texts
    kind: Texts
    region: Texts


def build_organs(ground: Ground) -> Organs:
    """Bureaus, town governments and associations; the same whenever they are asked for."""
    towns = ground.places.regions.set_index("code")["name"].loc[list(ground.places.towns)].to_list()
    county = ground.places.county
    associations = [f"{county.name}{subject}{form}" for form in _FORMS for subject in _SUBJECTS]
    names = [*(f"{county.name}{name}" for name in _BUREAUS), *(f"{town}人民政府" for town in towns), *associations]
    n_units = len(_BUREAUS) + len(towns)
    kind = np.where(np.arange(len(names)) < n_units, "organ", "association")
    regions = [county.code] * len(_BUREAUS) + list(ground.places.towns) + [county.code] * len(associations)
    codes = credit_codes(
        np.where(kind == "organ", "11", "51"), np.repeat(county.code, len(names)), np.arange(len(names)) + 500
    )
    return Organs(codes, np.array(names), kind, np.array(regions))


def ordinary_invoices(ground: Ground) -> dict[str, pd.DataFrame]:
    """What public units buy; travel only where a recuperation was approved.

    Returns: the registers `organ`, `invoice` and `activity_approval`.
    """
    draw, organs = draw_from(ground.seed, "invoices"), build_organs(ground)
    months = ground.calendar.n_months + LEAD_MONTHS
    start = ground.calendar.register_start.astype("datetime64[D]")
    n = int(_A_YEAR * months / 12 * ground.people.n / 100_000)
    buyer = (draw.random(n) ** 2 * len(organs.uscc)).astype(np.int64)
    rows = _invoice_rows(
        draw,
        ground,
        organs,
        buyer,
        start + days(draw.integers(0, months * 30, n)),
        np.exp(draw.normal(7.0, 1.1, n)).clip(30, 200_000).round(2),
    )
    rows["item"] = texts_of(_ITEMS, draw.integers(0, len(_ITEMS), n))
    # Each association goes on one approved recuperation a year.
    years = max(1, months // 12)
    going = np.repeat(np.flatnonzero(organs.kind == "association"), years)
    begins = start + days(np.tile(np.arange(years), len(going) // years) * 365 + draw.integers(0, 330, len(going)))
    trips = _invoice_rows(
        draw, ground, organs, going, begins + days(draw.integers(2, 12, len(going))), draw.uniform(3e3, 3e4, len(going))
    )
    return {
        "organ": pd.DataFrame(
            {
                "uscc": organs.uscc,
                "name": organs.name,
                "kind": organs.kind,
                "region": organs.region,
                "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
            }
        ),
        "invoice": pd.concat([rows, trips.assign(item=_TRAVEL, remark="工会疗休养")], ignore_index=True),
        "activity_approval": _approval_rows(organs, going, "union_recuperation", begins, begins - days(going * 0 + 20)),
    }


def _invoice_rows(
    draw: np.random.Generator, ground: Ground, organs: Organs, buyer: Integers, day: Dates, amount: Floats
) -> pd.DataFrame:
    """The register `invoice` for these purchases from firms that trade, without an item."""
    n = len(buyer)
    firms = ground.enterprises.trading()
    seller = draw.choice(firms, n)
    return pd.DataFrame(
        {
            "buyer_uscc": texts_of(organs.uscc, buyer),
            "seller_uscc": texts_of(ground.enterprises.uscc, seller),
            "seller": texts_of(ground.enterprises.name, seller),
            "amount": amount.round(2),
            "invoice_date": day,
            "remark": pd.array([None], dtype="str").take(np.zeros(n, dtype=np.int64)),
            "traveller_id": pd.array([None], dtype="str").take(np.zeros(n, dtype=np.int64)),
            "received_on": day + days(draw.integers(1, 10, n)),
        }
    )


def _approval_rows(organs: Organs, buyer: Integers, kind: str, begins: Dates, known: Dates) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "uscc": texts_of(organs.uscc, buyer),
            "kind": kind,
            "from_date": begins,
            "to_date": begins + np.timedelta64(5, "D"),
            "received_on": known,
        }
    )


def plant_travel_invoice(ground: Ground, recipe: Recipe) -> Planted:
    """M26: travel is paid for under an association's name, or seems to be."""
    draw, organs = draw_from(ground.seed, "plant M26"), build_organs(ground)
    episodes = plan_episodes(ground, recipe)
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(genuine)
    # Units pay with an association in the remark; the others of the list are associations themselves.
    buyer = draw_from(ground.seed, "travellers").permutation(len(organs.uscc))[np.arange(n) % len(organs.uscc)]
    unit = organs.kind[buyer] == "organ"
    received = day_within(draw, ground.calendar, episodes["month"].to_numpy(), first=14)
    day = received - days(draw.integers(1, 8, n))
    amount = (9_000 * np.exp(0.6 * hint(draw, genuine, 0.9))).clip(800, 90_000)
    copies = np.where(flag(draw, genuine, 0.55, 0.25), 2, 1)
    place = np.repeat(np.arange(n), copies)
    rows = _invoice_rows(draw, ground, organs, buyer[place], day[place], (amount / copies)[place])
    agencies = ground.enterprises.trading(industry="旅行社")
    if len(agencies):
        seller = draw.choice(agencies, n)[place]
        rows["seller_uscc"] = texts_of(ground.enterprises.uscc, seller)
        rows["seller"] = texts_of(ground.enterprises.name, seller)
    said = np.where(flag(draw, mechanism == "recuperation", 0.75, 0.03), "工会疗休养", "")
    said = np.where(flag(draw, mechanism == "official_tickets", 0.8, 0.06), "代订机票", said)
    named = np.where(unit, np.char.add(said, "老年协会活动"), said)
    remark = pd.Series(named[place], dtype="str")
    staff = ground.officials.employees
    serving = staff["person"].to_numpy()[staff["end_date"].isna().to_numpy()]
    known = flag(draw, genuine, 0.45, 0.15)
    traveller = texts_of(ground.people.id_no, draw.choice(serving, n)[place])
    rows = rows.assign(
        item=_TRAVEL,
        remark=remark.where(remark != ""),
        traveller_id=traveller.where(known[place]),
        received_on=received[place],
    )
    studied = flag(draw, mechanism == "study_group", 0.75, 0.05)
    begins = day - days(draw.integers(0, 5, n))
    approvals = _approval_rows(organs, buyer[studied], "study", begins[studied], begins[studied])
    return Planted(
        with_subject(episodes, "other", organs.uscc[buyer]), rows={"invoice": rows, "activity_approval": approvals}
    )
