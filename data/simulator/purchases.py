"""Purchases of villages, on the platform and beside it, with what is planted in them: evaded supervision (M18).

Source: field/models.md, M18; field/simulator.md, 5.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.drift import DAYS_DOWN, PLATFORM_DOWN
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import span_of
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import villages_apart

_A_YEAR = 30
"""Purchases a village and year."""
_LIMIT = 10_000.0
"""From this sum on a purchase belongs on the platform."""
_ITEMS = (
    "办公设备",
    "路灯",
    "体育器材",
    "苗木",
    "垃圾桶",
    "监控设备",
    "桌椅",
    "图书",
    "水管配件",
    "消防器材",
    "宣传栏",
    "农机具",
)
_BID, _ASKED, _SINGLE = "竞价", "询价", "单一来源"
_RULES = ("a", "b", "c", "d")


def outages(ground: Ground) -> pd.DataFrame:
    """The register `platform_outage`: one day a month on which the platform, which all counties share, is mended.

    In one month it is down for longer (`drift.PLATFORM_DOWN`).
    """
    mended = _mended_on(ground)
    lasting = np.ones(len(mended), dtype=np.int64)
    shock = PLATFORM_DOWN.month_in(ground.calendar)
    if shock is not None:
        lasting[shock + LEAD_MONTHS] = DAYS_DOWN
    return pd.DataFrame(
        {
            "from_date": mended,
            "to_date": mended + days(lasting - 1),
            "received_on": mended - days(np.full(len(mended), 2)),
        }
    )


def _mended_on(ground: Ground) -> Dates:
    """The day of each month on which the platform is mended, from the registers' first month on."""
    opening: Dates = ground.calendar.month(np.arange(-LEAD_MONTHS, ground.calendar.n_months)).astype("datetime64[D]")
    return opening + days(2 + opening.astype("datetime64[M]").astype(np.int64) * 7 % 23)


def _purchase_rows(
    draw: np.random.Generator, ground: Ground, village: Integers, ordered: Dates, amount: np.ndarray, firm: Integers
) -> pd.DataFrame:
    """The register `purchase` for these, each as it should be for its sum, without order_no and received_on."""
    n, town = len(village), ground.places.town_of[village]
    names = ground.places.regions.set_index("code")["name"].loc[list(ground.places.villages)].to_numpy()
    due = amount >= _LIMIT
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "buyer": texts_of(names, village) + "村民委员会",
            "item": texts_of(_ITEMS, draw.integers(0, len(_ITEMS), n)),
            "amount": amount,
            "mode": np.where(due, _BID, _ASKED),
            "supplier_uscc": texts_of(ground.enterprises.uscc, firm),
            "supplier": texts_of(ground.enterprises.name, firm),
            "order_date": ordered,
            "minutes_open": np.where(due, draw.integers(4, 73, n) * 60.0, np.nan),
            "on_platform": due,
            "emergency": False,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def ordinary_purchases(ground: Ground) -> dict[str, pd.DataFrame]:
    """Purchases as they should be: on the platform from the limit on, seldom from a single source, none split."""
    draw = draw_from(ground.seed, "purchases")
    n_villages = len(ground.places.villages)
    n = int(n_villages * _A_YEAR * (ground.calendar.n_months + LEAD_MONTHS) / 12)
    first, works = span_of(ground)
    ordered = first + days(draw.choice(np.flatnonzero(works), n))
    amount = np.exp(draw.normal(8.3, 1.0, n)).clip(150, 180_000).round(0)
    rows = _purchase_rows(
        draw, ground, draw.integers(0, n_villages, n), ordered, amount, draw.choice(ground.enterprises.trading(), n)
    )
    rows = rows.drop_duplicates(["village", "item", "order_date"], ignore_index=True)
    year = rows["order_date"].dt.year
    single = draw.random(len(rows)) < 0.06
    # Not more than two a village and year.
    nth = pd.Series(single.astype(np.int64)).groupby([rows["village"], year]).cumsum()
    rows["mode"] = rows["mode"].where(~(single & (nth <= 2).to_numpy()), _SINGLE)
    known = rows["order_date"] + pd.to_timedelta(draw.integers(1, 12, len(rows)), unit="D")
    return {"purchase": rows.assign(received_on=known), "platform_outage": outages(ground)}


def plant_evaded_platform(ground: Ground, recipe: Recipe) -> Planted:
    """M18: a village buys beside the platform (a), from one source (b), by a bid just opened (c) or in parts (d)."""
    draw = draw_from(ground.seed, f"plant M18 {recipe.rule}")
    episodes = plan_episodes(ground, recipe)
    month = episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    # A village is about one rule only: nothing else tells its episodes apart.
    own = np.arange(len(ground.places.villages)) % len(_RULES) == _RULES.index(recipe.rule)
    village = villages_apart(draw, ground, episodes["town"].to_numpy(), month, own)
    ordered = _on_outage(draw, ground, mechanism, day_within(draw, ground.calendar, month, first=1, last=20))
    place, rows = _PLANT[recipe.rule](draw, ground, episodes, village, ordered)
    urgent = flag(draw, mechanism == "urgent_purchase", 0.6, 0.06)
    rows = rows.assign(
        emergency=urgent[place],
        handler_id=texts_of(ground.people.id_no, episodes["handler"].to_numpy()[place]),
        received_on=np.minimum(ordered + days(draw.integers(1, 4, len(ordered))), ground.calendar.end_on)[place],
    )
    return Planted(with_subject(episodes, "village", ground.places.villages[village]), rows={"purchase": rows})


def _on_outage(draw: np.random.Generator, ground: Ground, mechanism: np.ndarray, ordered: Dates) -> Dates:
    """The days, those of most purchases made while the platform was down moved to their month's day of mending."""
    mended = _mended_on(ground)
    number = ground.calendar.number(ordered) + LEAD_MONTHS
    down = flag(draw, mechanism == "platform_down", 0.75, 0.0) & (mended[number] <= ground.calendar.end_on)
    moved: Dates = np.where(down, mended[number], ordered)
    return moved


_Parts = tuple[Integers, pd.DataFrame]
"""The episode of each purchase, and the purchases."""


def _copies(n_of: Integers) -> tuple[Integers, Integers]:
    place = np.repeat(np.arange(len(n_of)), n_of)
    return place, np.arange(len(place)) - np.repeat(np.cumsum(n_of) - n_of, n_of)


def _firms(draw: np.random.Generator, ground: Ground, place: Integers, same: Flags) -> Integers:
    """A supplier for each purchase: one for all of an episode where `same`, else one each."""
    firms = ground.enterprises.trading()
    return np.where(same[place], draw.choice(firms, len(same))[place], draw.choice(firms, len(place)))


def _beside(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, ordered: Dates
) -> _Parts:
    genuine = episodes["genuine"].to_numpy()
    place, _ = _copies(1 + np.floor(np.exp(0.1 + 0.6 * hint(draw, genuine, 0.8))).astype(np.int64).clip(0, 5))
    amount = _LIMIT * (1 + np.exp(-0.6 + 0.7 * hint(draw, genuine, 0.8))).clip(1.02, 15)
    amount = (amount[place] * draw.uniform(1.0, 1.3, len(place))).round(0)
    firm = _firms(draw, ground, place, flag(draw, genuine, 0.7, 0.4))
    rows = _purchase_rows(draw, ground, village[place], ordered[place], amount, firm)
    return place, rows.assign(mode=draw.choice((_ASKED, "直接采购"), len(rows)), on_platform=False, minutes_open=np.nan)


def _single_source(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, ordered: Dates
) -> _Parts:
    genuine = episodes["genuine"].to_numpy()
    place, which = _copies(4 + np.floor(np.exp(0.2 + 0.6 * hint(draw, genuine, 0.9))).astype(np.int64).clip(0, 6))
    new_year: Dates = ordered.astype("datetime64[Y]").astype("datetime64[D]")
    day = np.maximum(new_year[place], ordered[place] - days(which * draw.integers(1, 9, len(village))[place]))
    amount = np.exp(8.4 + 0.4 * hint(draw, genuine, 0.7)[place] + draw.normal(0, 0.4, len(place))).clip(800, 90_000)
    firm = _firms(draw, ground, place, flag(draw, genuine, 0.7, 0.4))
    rows = _purchase_rows(draw, ground, village[place], day, amount.round(0), firm).assign(mode=_SINGLE)
    rows["item"] = texts_of(_ITEMS, (place + which) % len(_ITEMS))
    return place, rows


def _just_opened(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, ordered: Dates
) -> _Parts:
    genuine = episodes["genuine"].to_numpy()
    place, _ = _copies(1 + np.floor(np.exp(0.1 + 0.6 * hint(draw, genuine, 0.9))).astype(np.int64).clip(0, 4))
    amount = _LIMIT * (1 + np.exp(-0.6 + 0.7 * hint(draw, genuine, 0.7))).clip(1.02, 15)
    amount = (amount[place] * draw.uniform(1.0, 1.3, len(place))).round(0)
    firm = _firms(draw, ground, place, flag(draw, genuine, 0.75, 0.35))
    rows = _purchase_rows(draw, ground, village[place], ordered[place], amount, firm)
    minutes = np.floor(5.5 - 2.2 * hint(draw, genuine, 0.8)).clip(1, 9)
    return place, rows.assign(minutes_open=minutes[place])


def _split(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, village: Integers, ordered: Dates
) -> _Parts:
    genuine = episodes["genuine"].to_numpy()
    parts = 2 + np.floor(np.exp(-0.2 + 0.6 * hint(draw, genuine, 0.8))).astype(np.int64).clip(0, 5)
    place, _ = _copies(parts)
    whole = np.minimum(_LIMIT * (1 + np.exp(-0.5 + 0.6 * hint(draw, genuine, 0.7))), 0.97 * _LIMIT * parts)
    amount = np.floor((whole / parts)[place] * draw.uniform(1.0, 1.02, len(place)))
    firm = _firms(draw, ground, place, flag(draw, genuine, 0.75, 0.35))
    rows = _purchase_rows(draw, ground, village[place], ordered[place], amount, firm)
    return place, rows.assign(item=texts_of(_ITEMS, draw.integers(0, len(_ITEMS), len(parts))[place]))


_PLANT: dict[str, Callable[[np.random.Generator, Ground, pd.DataFrame, Integers, Dates], _Parts]] = {
    "a": _beside,
    "b": _single_source,
    "c": _just_opened,
    "d": _split,
}
