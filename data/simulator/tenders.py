"""Tenders with their bids, and who has power over them, as they should be: the registers `tender`, `bid`,
`tender_power`, `former_colleague` and recusals.

Open tenders are won by firms of the open market; those that episodes need are kept apart from it, so that nothing is
found behind which nothing was planted. Source: field/models.md, M13 to M15; field/simulator.md, 3.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Floats, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, texts_of
from data.simulator.numbers import account_numbers, credit_codes, phone_numbers

TRADES = ("土木工程建筑业", "建筑装饰业", "批发业", "商务服务业", "软件和信息技术服务业")
_SUBJECTS = ("道路维修工程", "办公楼装修工程", "办公设备采购", "物业管理服务", "信息系统建设")
_BUREAUS = (
    "县教育局", "县卫健局", "县水利局", "县民政局", "县自然资源局", "县住建局", "县交通运输局", "县农业农村局",
    "县文旅局", "县林业局", "县财政局", "县人社局",
)  # fmt: skip
_A_YEAR, _FEWEST = 90, 300
"""Tenders a year and 100,000 residents, and the fewest a world has."""
_MOST_BIDS = 8
_KEPT = {"M13": (0.0, 0.15), "M14": (0.15, 0.3), "M15": (0.3, 0.8), "M17": (0.8, 1.0)}
"""Which part of the firms kept apart each supervision model's episodes take."""
_OPEN_MARKET, _N_AGENTS, _N_EXPERTS = 0.6, 6, 40
RECUSAL = "recusal"


def _firms(ground: Ground) -> tuple[Integers, Integers]:
    """Firms of the open market and those kept for episodes: none tied to another or to who decides on tenders."""
    trading = ground.enterprises.trading(since=ground.calendar.register_start.astype("datetime64[D]"))
    deciders = np.concatenate([ground.officials.handlers.ravel(), ground.officials.reviewers.ravel(), experts(ground)])
    kin = ground.kin
    near = np.union1d(deciders, kin.loc[np.isin(kin["a"].to_numpy(), deciders), "b"].to_numpy())
    roles = ground.enterprises.roles
    tied = roles.loc[np.isin(roles["person"].to_numpy(), near), "enterprise"].to_numpy()
    held = roles.loc[np.isin(roles["enterprise"].to_numpy(), trading), ["enterprise", "person"]].drop_duplicates()
    twice = held.loc[held.duplicated("person"), "enterprise"].to_numpy()
    free = draw_from(ground.seed, "tendering firms").permutation(np.setdiff1d(trading, np.union1d(tied, twice)))
    parting = int(len(free) * _OPEN_MARKET)
    return free[:parting], free[parting:]


def kept_firms(ground: Ground, model: str, n: int) -> Integers:
    """`n` firms that bid nowhere but in the episodes of one supervision model, no two alike while there are enough."""
    kept = _firms(ground)[1]
    low, high = (int(share * len(kept)) for share in _KEPT[model])
    return np.resize(kept[low:high], n)


def rivals(draw: np.random.Generator, ground: Ground, n: int) -> Integers:
    """(n, 8) firms of the open market, no two of a row alike."""
    market = _firms(ground)[0][_N_AGENTS:]
    first = draw.integers(0, len(market), n)[:, None]
    # Steps coprime to nothing in particular, but growing: within a row no place comes twice.
    step = draw.integers(1, max(2, len(market) // _MOST_BIDS), n)[:, None]
    chosen: Integers = market[(first + step * np.arange(_MOST_BIDS)) % len(market)]
    return chosen


def experts(ground: Ground) -> Integers:
    """Employees who sit in the committees that judge bids."""
    employed = ground.officials.employees
    serving = employed.loc[employed["end_date"].isna(), "person"].to_numpy()
    return np.setdiff1d(serving, ground.officials.handlers)[:_N_EXPERTS]


def climbing_prices(draw: np.random.Generator, ceiling: Floats) -> Floats:
    """(n, 8) prices from the lowest up, as unlike each other as independent bidders' are: under the ceiling."""
    n = len(ceiling)
    uneven = np.where(
        np.arange(_MOST_BIDS - 1) % 2 == 0, draw.uniform(0.6, 0.9, (n, 7)), draw.uniform(1.2, 1.6, (n, 7))
    )
    climb = np.concatenate([np.zeros((n, 1)), np.cumsum(0.03 * uneven, axis=1)], axis=1)
    prices: Floats = (ceiling[:, None] * (draw.uniform(0.7, 0.74, n)[:, None] + climb)).round(2)
    return prices


def buyers(ground: Ground) -> tuple[Texts, Texts]:
    """Codes and names of those who buy: bureaus of the county and town governments."""
    regions = ground.places.regions.set_index("code")["name"]
    towns = [f"{name}人民政府" for name in regions.loc[list(ground.places.towns)]]
    names = np.array([*_BUREAUS, *towns])
    n = len(names)
    return credit_codes(np.full(n, "11"), np.full(n, ground.places.county.code), np.arange(n) + 1), names


def tender_rows(
    draw: np.random.Generator,
    ground: Ground,
    mark: str,
    *,
    town: Integers,
    buyer: Integers,
    trade: Integers,
    winner: Integers,
    price: Floats,
    ceiling: Floats,
    awarded: Dates,
) -> pd.DataFrame:
    """The register `tender` for these awards, without received_on; numbered with the mark of who made them."""
    n = len(town)
    codes, names = buyers(ground)
    agents = _firms(ground)[0][:_N_AGENTS]
    agent = pd.Series(texts_of(ground.enterprises.uscc, agents[draw.integers(0, len(agents), n)]))
    return pd.DataFrame(
        {
            "tender_id": f"ZB99{mark}" + pd.Series(np.arange(1, n + 1)).astype("str").str.zfill(6),
            "name": texts_of(names, buyer) + texts_of(_SUBJECTS, trade),
            "dept_code": texts_of(codes, buyer),
            "dept": texts_of(names, buyer),
            "region": texts_of(ground.places.towns, town),
            "industry": texts_of(TRADES, trade),
            "method": draw.choice(("公开招标", "竞争性磋商"), n, p=(0.8, 0.2)),
            "budget": (ceiling * 1.02).round(-2),
            "ceiling_price": ceiling,
            "open_date": awarded - days(draw.integers(3, 20, n)),
            "award_date": awarded,
            "winner_uscc": texts_of(ground.enterprises.uscc, winner),
            "award_price": price,
            "agent_uscc": agent.where(draw.random(n) < 0.7),
            "shared_network": draw.random(n) < 0.05,
            "standard_price": draw.random(n) < 0.03,
            "is_framework": draw.random(n) < 0.05,
            "emergency": draw.random(n) < 0.02,
        }
    )


def ceilings(draw: np.random.Generator, n: int) -> Floats:
    """A ceiling price for each tender, above the limit under which none is needed."""
    prices: Floats = (1_600_000 * np.exp(draw.normal(0, 0.7, n))).clip(400_000, 30_000_000).round(-2)
    return prices


def bid_rows(
    ground: Ground, tenders: pd.DataFrame, firms: Integers, prices: Floats, n_bids: Integers, received: Dates
) -> pd.DataFrame:
    """The register `bid`: the first `n_bids` of each row of `firms` and `prices`, the first of them the winner.

    Every firm has its own address, lock, author, account and telephone, and every document its own slips.
    """
    place, rank = np.nonzero(np.arange(firms.shape[1])[None, :] < n_bids[:, None])
    firm = firms[place, rank]
    tender = tenders["tender_id"].to_numpy()[place]
    number = pd.Series(firm + ground.places.county.first_serial)
    return pd.DataFrame(
        {
            "bid_id": pd.Series(tender).astype("str") + "-" + pd.Series(rank + 1).astype("str"),
            "tender_id": pd.Series(tender).astype("str"),
            "uscc": texts_of(ground.enterprises.uscc, firm),
            "bidder": texts_of(ground.enterprises.name, firm),
            "price": prices[place, rank],
            "ip": "10." + (number // 65_536).astype("str") + "." + (number // 256 % 256).astype("str") + "."
            + (number % 256).astype("str"),
            "mac": "02-99-" + number.astype("str").str.zfill(8),
            "lock_no": "CA99" + number.astype("str").str.zfill(8),
            "file_author": "编标员" + number.astype("str"),
            "deposit_acct": pd.Series(account_numbers(number.to_numpy() + 500_000_000)).astype("str"),
            "contact_phone": pd.Series(phone_numbers(number.to_numpy() + 1)).astype("str"),
            "document_hash": "t" + pd.Series(tender).astype("str") + number.astype("str"),
            "won": rank == 0,
            "received_on": received[place],
        }
    )  # fmt: skip


def power_rows(
    draw: np.random.Generator, ground: Ground, tenders: pd.DataFrame, town: Integers, handler: Integers, received: Dates
) -> pd.DataFrame:
    """The register `tender_power`: who represents the buyer, who supervises, and two experts who judge the bids."""
    n = len(town)
    panel = experts(ground)
    first = draw.integers(0, len(panel), n)
    persons = (
        handler,
        ground.officials.reviewers[town, draw.integers(0, ground.officials.reviewers.shape[1], n)],
        panel[first],
        panel[(first + draw.integers(1, len(panel), n)) % len(panel)],
    )
    who = np.concatenate(persons)
    return pd.DataFrame(
        {
            "tender_id": pd.Series(np.tile(tenders["tender_id"].to_numpy(), len(persons))).astype("str"),
            "id_no": texts_of(ground.people.id_no, who),
            "name": texts_of(ground.people.name, who),
            "power": np.repeat(("采购人代表", "监督", "评标", "评标"), n),
            "received_on": np.tile(received, len(persons)),
        }
    )


def recusal_rows(
    ground: Ground, mark: str, tender: Texts, person: Integers, relative: Integers | None, filed: Dates
) -> pd.DataFrame:
    """The register `disclosure_file`: who recused themselves from which tender, because of which relative."""
    n = len(person)
    return pd.DataFrame(
        {
            "file_no": f"HB99{mark}" + pd.Series(np.arange(1, n + 1)).astype("str").str.zfill(6),
            "subject_ref": pd.Series(tender).astype("str"),
            "kind": RECUSAL,
            "person_id": texts_of(ground.people.id_no, person),
            "relative_id": pd.array([None] * n, dtype="str")
            if relative is None
            else texts_of(ground.people.id_no, relative),
            "filed_on": filed,
            "received_on": filed,
        }
    )


def ordinary_tenders(ground: Ground) -> dict[str, pd.DataFrame]:
    """Tenders as they should be: independent bidders, the lowest wins, nobody who decides is tied to a bidder."""
    draw = draw_from(ground.seed, "tenders")
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = max(_FEWEST, int(_A_YEAR * n_months / 12 * ground.preset.n_persons / 100_000))
    town = draw.integers(0, len(ground.places.towns), n)
    awarded = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(20, n_months * 30, n))
    ceiling, firms = ceilings(draw, n), rivals(draw, ground, n)
    prices = climbing_prices(draw, ceiling)
    tenders = tender_rows(
        draw,
        ground,
        "Q",
        town=town,
        buyer=draw.integers(0, len(buyers(ground)[0]), n),
        trade=draw.integers(0, len(TRADES), n),
        winner=firms[:, 0],
        price=prices[:, 0],
        ceiling=ceiling,
        awarded=awarded,
    )
    received = awarded + days(draw.integers(1, 6, n))
    handler = ground.officials.handlers[town, draw.integers(0, ground.officials.handlers.shape[1], n)]
    recused = np.flatnonzero(draw.random(n) < 0.03)
    judged = awarded[recused] - days(draw.integers(4, 20, len(recused)))
    ids = tenders["tender_id"].to_numpy()[recused]
    return {
        "tender": tenders.assign(received_on=received),
        "bid": bid_rows(ground, tenders, firms, prices, draw.integers(3, _MOST_BIDS + 1, n), received),
        "tender_power": power_rows(draw, ground, tenders, town, handler, received),
        "disclosure_file": recusal_rows(ground, "Q", ids, handler[recused], None, judged),
        "former_colleague": _colleagues(draw, ground),
    }


def _colleagues(draw: np.random.Generator, ground: Ground) -> pd.DataFrame:
    """Employees who once worked in one unit: one pair for each ten of them."""
    employed = ground.officials.employees["person"].to_numpy()
    n = max(4, len(employed) // 10)
    first, second = draw.permutation(employed)[:n], draw.permutation(employed)[:n]
    opened = ground.calendar.first_day - np.timedelta64(200, "D")
    return colleague_rows(ground, first, second, opened - days(draw.integers(10, 4000, n)), np.full(n, opened))


def colleague_rows(ground: Ground, first: Integers, second: Integers, until: Dates, received: Dates) -> pd.DataFrame:
    """The register `former_colleague` for these pairs."""
    return pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, first),
            "pid_b": texts_of(ground.people.id_no, second),
            "unit_name": texts_of(_BUREAUS, first % len(_BUREAUS)),
            "until_on": until,
            "received_on": received,
        }
    )
