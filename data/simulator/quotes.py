"""Quotations for purchases below the limit of a tender, with what is planted in them (M16): the registers `quote` and
`price_surge`.

Source: field/models.md, M16; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Floats, Integers, Texts, days, draw_from
from data.simulator.enterprises import CANCELLED
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.tenders import buyers

_ITEMS: tuple[tuple[str, str, str, float], ...] = (
    ("复印纸", "A4 70克 5包", "箱", 113.0),
    ("硒鼓", "黑色 2600页", "支", 165.0),
    ("文件柜", "双门 钢制", "个", 478.0),
    ("办公桌", "1.4米 板式", "张", 606.0),
    ("打印机", "A4 黑白激光", "台", 1_590.0),
    ("空调", "1.5匹 变频", "台", 2_655.0),
    ("台式电脑", "16G 512G固态", "台", 4_425.0),
    ("投影仪", "4000流明", "台", 5_310.0),
)
"""Item, specification, unit and usual price without tax."""
_DEAR_ITEMS = 4
"""The items from this place on cost so much that a round price is near the usual one."""
_TRADE, _GENERAL_TRADES = "批发业", ("批发业", "零售业")
_TAX = 0.13
_A_YEAR, _FEWEST = 300, 240
"""Purchases a year and 100,000 residents, and the fewest a world has."""
_MOST_QUOTES = 5
_EXTRAS = ("含安装调试", "加长质保三年", "含上门配送和旧件回收", "配置高一档")
_STEADY = 0.03
"""How far a price strays from the usual one where nothing is wrong."""


def _sellers(ground: Ground, *, in_trade: bool = True) -> Integers:
    """Firms of the places that traded before the registers begin: dealers in goods, or firms of all other trades."""
    trading = ground.enterprises.trading(since=ground.calendar.register_start.astype("datetime64[D]"))
    dealing = np.isin(ground.enterprises.industry[trading], _GENERAL_TRADES)
    return trading[dealing if in_trade else ~dealing]


def _offering(draw: np.random.Generator, ground: Ground, n: int) -> Integers:
    """(n, 5) dealers, no two of a row alike."""
    dealers = _sellers(ground)
    step = 1 + draw.integers(0, max(1, len(dealers) // _MOST_QUOTES - 1), n)
    first = draw.integers(0, len(dealers), n)
    chosen: Integers = dealers[(first[:, None] + step[:, None] * np.arange(_MOST_QUOTES)) % len(dealers)]
    return chosen


def _prices(draw: np.random.Generator, item: Integers, taxed: Flags, ratio: Floats) -> Floats:
    """(n, 5) unit prices as independent firms ask them, the lowest first: `ratio` times the usual price.

    What the others ask above it is never a whole percentage.
    """
    n = len(item)
    usual = np.array([price for *_, price in _ITEMS])[item]
    lowest = (usual * ratio * (1 + draw.uniform(-_STEADY, _STEADY, n)) * np.where(taxed, 1 + _TAX, 1.0)).round(2)
    above = draw.integers(1, 13, (n, _MOST_QUOTES)) / 100 + draw.uniform(0.002, 0.008, (n, _MOST_QUOTES))
    above[:, 0] = 0.0
    prices: Floats = (lowest[:, None] * (1 + above)).round(2)
    return prices


def _quote_rows(
    draw: np.random.Generator,
    ground: Ground,
    mark: str,
    *,
    item: Integers,
    firms: Integers,
    prices: Floats,
    taxed: Flags,
    n_quotes: Integers,
    town: Integers,
    handler: Integers,
    quoted: Dates,
    received: Dates,
) -> tuple[Texts, pd.DataFrame]:
    """The numbers of these purchases and the register `quote` for them: the first of each row of firms is taken."""
    n = len(item)
    orders = np.char.add(f"CG99{mark}", np.char.zfill(np.arange(1, n + 1).astype(str), 6))
    place, rank = np.nonzero(np.arange(_MOST_QUOTES)[None, :] < n_quotes[:, None])
    names = buyers(ground)[1]
    buyer = draw.integers(0, len(names), n)
    quantity = np.floor(np.exp(draw.normal(2.2, 0.8, n))).clip(2, 80)
    firm, thing = firms[place, rank], item[place]
    words = list(zip(*_ITEMS, strict=True))
    return orders, pd.DataFrame(
        {
            "quote_id": pd.Series(orders[place]).astype("str") + "-" + pd.Series(rank + 1).astype("str"),
            "order_no": pd.Series(orders[place]).astype("str"),
            "region": texts_of(ground.places.towns, town[place]),
            "dept": texts_of(names, buyer[place]),
            "uscc": texts_of(ground.enterprises.uscc, firm),
            "supplier": texts_of(ground.enterprises.name, firm),
            "item": texts_of(words[0], thing),
            "spec": texts_of(words[1], thing),
            "unit": texts_of(words[2], thing),
            "quantity": quantity[place],
            "unit_price": prices[place, rank],
            "tax_included": taxed[place],
            "trade": _TRADE,
            "extras": pd.array([None], dtype="str").take(np.zeros(len(place), dtype=np.int64)),
            "won": rank == 0,
            "quoted_on": quoted[place],
            "handler_id": texts_of(ground.people.id_no, handler[place]),
            "received_on": received[place],
        }
    )


def _surge_rows(draw: np.random.Generator, item: Integers, day: Dates) -> pd.DataFrame:
    """The register `price_surge`: a notice around each day for its item."""
    begins = day - days(draw.integers(3, 15, len(day)))
    return pd.DataFrame(
        {
            "item": texts_of([name for name, *_ in _ITEMS], item),
            "from_date": begins,
            "to_date": day + days(draw.integers(5, 20, len(day))),
            "received_on": begins + np.timedelta64(2, "D"),
        }
    )


def ordinary_quotes(ground: Ground) -> dict[str, pd.DataFrame]:
    """Purchases as they should be: dealers ask near the usual price independently, and the lowest is taken."""
    draw = draw_from(ground.seed, "quotes")
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = max(_FEWEST, int(_A_YEAR * n_months / 12 * ground.preset.n_persons / 100_000))
    item = draw.integers(0, len(_ITEMS), n)
    town = draw.integers(0, len(ground.places.towns), n)
    quoted = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(0, n_months * 30, n))
    taxed = draw.random(n) < 0.85
    rows = _quote_rows(
        draw,
        ground,
        "Q",
        item=item,
        firms=_offering(draw, ground, n),
        prices=_prices(draw, item, taxed, np.ones(n)),
        taxed=taxed,
        n_quotes=draw.integers(3, _MOST_QUOTES + 1, n),
        town=town,
        handler=ground.officials.handlers[town, draw.integers(0, ground.officials.handlers.shape[1], n)],
        quoted=quoted,
        received=quoted + days(draw.integers(1, 8, n)),
    )[1]
    return {"quote": rows, "price_surge": _surge_rows(draw, item[:3], quoted[:3])}


_PRICED = ("overpriced", "spec_differs", "price_surge", "tax_basis")
_COPIED = ("one_hand", "price_list")
"""Mechanisms by the rule that finds them; the others are about who quoted."""


def plant_doubtful_quotes(ground: Ground, recipe: Recipe) -> Planted:
    """M16: too dear, all quotes made by one hand, or quotes borrowed from firms that cannot supply; or seeming so."""
    draw = draw_from(ground.seed, "plant M16")
    episodes = plan_episodes(ground, recipe)
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(episodes)
    priced, copied = np.isin(mechanism, _PRICED), np.isin(mechanism, _COPIED)
    item = np.where(copied, draw.integers(_DEAR_ITEMS, len(_ITEMS), n), draw.integers(0, len(_ITEMS), n))
    received = day_within(draw, ground.calendar, episodes["month"].to_numpy(), first=10)
    quoted = received - days(draw.integers(1, 8, n))
    taxed = draw.random(n) < 0.85
    dear = (1.02 + 0.28 * np.exp(0.5 * hint(draw, genuine, 1.0))).clip(1.17, 2.5)
    dear = np.where(mechanism == "tax_basis", 1.15, dear)
    prices = _prices(draw, item, taxed, np.where(priced, dear, 1.0))
    rounded = copied & flag(draw, genuine, 0.15, 0.7)
    _add_percentages(draw, prices, copied, rounded, genuine)
    n_quotes = (4.2 - 0.7 * hint(draw, genuine, 0.8)).round().astype(np.int64).clip(3, _MOST_QUOTES)
    firms = _offering(draw, ground, n)
    _borrow(draw, ground, firms, ~priced & ~copied, genuine, quoted)
    orders, rows = _quote_rows(
        draw,
        ground,
        recipe.model,
        item=item,
        firms=firms,
        prices=prices,
        taxed=taxed,
        n_quotes=n_quotes,
        town=episodes["town"].to_numpy(),
        handler=episodes["handler"].to_numpy(),
        quoted=quoted,
        received=received,
    )
    noted = priced & flag(draw, mechanism == "spec_differs", 0.6, 0.06)
    said = pd.Series(draw.choice(_EXTRAS, n), index=orders, dtype="str").where(noted)
    rows["extras"] = rows["order_no"].map(said).where(rows["won"])
    surging = priced & flag(draw, mechanism == "price_surge", 0.7, 0.06)
    return Planted(
        with_subject(episodes, "other", orders),
        rows={"quote": rows, "price_surge": _surge_rows(draw, item[surging], quoted[surging])},
    )


def _add_percentages(draw: np.random.Generator, prices: Floats, copied: Flags, rounded: Flags, genuine: Flags) -> None:
    """Losing quotes become the winning one and a whole percentage: small ones where one hand made them all up."""
    n = len(prices)
    steps = draw.permuted(np.tile(np.arange(1, _MOST_QUOTES), (n, 1)), axis=1)
    spread = (2.0 * np.exp(-0.4 * hint(draw, genuine, 1.0))).round().clip(1, 6)
    added = np.where(rounded[:, None], steps * 0.1, steps * spread[:, None] / 100)
    lowest = np.where(rounded, prices[:, 0].round(-2), prices[:, 0].round(0))
    prices[copied, 0] = lowest[copied]
    prices[copied, 1:] = (lowest[:, None] * (1 + added)).round(2)[copied]


def _borrow(
    draw: np.random.Generator, ground: Ground, firms: Integers, borrowed: Flags, genuine: Flags, quoted: Dates
) -> None:
    """Losing quotes come from firms of another trade, one or two of them, or from one that is long cancelled."""
    n = len(firms)
    others = _sellers(ground, in_trade=False)
    enterprises = ground.enterprises
    dealing = np.isin(enterprises.industry, _GENERAL_TRADES)
    gone = np.flatnonzero((enterprises.status == CANCELLED) & dealing & ~enterprises.individual)
    gone = gone[np.argsort(enterprises.cancelled_on[gone], kind="stable")]
    before = np.searchsorted(enterprises.cancelled_on[gone], quoted - np.timedelta64(60, "D"))
    cancelled = borrowed & (before > 0) & flag(draw, genuine, 0.55, 0.2)
    foreign = borrowed & (~cancelled | (draw.random(n) < 0.3))
    second = foreign & flag(draw, genuine, 0.6, 0.25)
    pair = np.stack([draw.choice(others, 2, replace=False) for _ in range(n)])
    firms[foreign, 1] = pair[foreign, 0]
    firms[second, 2] = pair[second, 1]
    which = (draw.random(n) * before).astype(np.int64)
    firms[cancelled, 2] = gone[which[cancelled]]
