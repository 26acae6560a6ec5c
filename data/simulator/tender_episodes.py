"""Planted episodes in tenders: related parties (M14) and bid collusion (M15).

Source: field/models.md, M14 and M15; field/simulator.md, 5.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Floats, Integers, days, draw_from
from data.simulator.company_registry import role_rows
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.tenders import (
    TRADES,
    bid_rows,
    buyers,
    ceilings,
    climbing_prices,
    colleague_rows,
    kept_firms,
    power_rows,
    recusal_rows,
    rivals,
    tender_rows,
)


@dataclass(frozen=True)
class _Awards:
    """Tenders of some episodes, one each, before anything but their winners is out of the ordinary."""

    tenders: pd.DataFrame
    firms: Integers
    """(n, 8) bidders, the winner first."""
    prices: Floats
    received: Dates
    opened: Dates

    def rows(
        self, draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, n_bids: Integers
    ) -> dict[str, pd.DataFrame]:
        """The registers `tender`, `bid` and `tender_power`; the episode's handler represents the buyer."""
        town, handler = episodes["town"].to_numpy(), episodes["handler"].to_numpy()
        return {
            "tender": self.tenders.assign(received_on=self.received),
            "bid": bid_rows(ground, self.tenders, self.firms, self.prices, n_bids, self.received),
            "tender_power": power_rows(draw, ground, self.tenders, town, handler, self.received),
        }


def _award(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, winner: Integers, dear: Floats
) -> _Awards:
    n = len(episodes)
    received = day_within(draw, ground.calendar, episodes["month"].to_numpy())
    ceiling, firms = (ceilings(draw, n) * dear).round(-2), rivals(draw, ground, n)
    firms[:, 0] = winner
    prices = climbing_prices(draw, ceiling)
    tenders = tender_rows(
        draw,
        ground,
        episodes["model"].iloc[0],
        town=episodes["town"].to_numpy(),
        buyer=draw.integers(0, len(buyers(ground)[0]), n),
        trade=draw.integers(0, len(TRADES), n),
        winner=winner,
        price=prices[:, 0],
        ceiling=ceiling,
        awarded=received - days(draw.integers(1, 6, n)),
    )
    return _Awards(tenders, firms, prices, received, tenders["open_date"].to_numpy().astype("datetime64[D]"))


def plant_related_party(ground: Ground, recipe: Recipe) -> Planted:
    """M14: whoever represents the buyer, or kin, has a post or share in the winner; or seems to."""
    draw = draw_from(ground.seed, "plant M14")
    episodes = plan_episodes(ground, recipe)
    genuine, handler = episodes["genuine"].to_numpy(), episodes["handler"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(episodes)
    winner = kept_firms(ground, "M14", n)
    awards = _award(draw, ground, episodes, winner, np.exp(0.4 * hint(draw, genuine, 0.5)))
    age = ground.people.age_on(ground.calendar.first_day)
    busy = np.union1d(ground.enterprises.roles["person"].to_numpy(), np.flatnonzero(ground.officials.badness))
    eligible = (age >= 25) & (age < 68) & ~np.isin(np.arange(ground.people.n), busy)
    kin = claim(draw, ground, eligible, episodes["town"].to_numpy())
    named = np.where(genuine, flag(draw, genuine, 0.08, 0.0), flag(draw, mechanism == "namesake", 0.85, 0.0))
    own = (mechanism == "own_share") & ~named
    colleague = ~named & ~own & flag(draw, mechanism == "undeclared_tie", 0.8, 0.06)
    related = ~named & ~own & ~colleague
    served = np.floor(np.exp(6.3 + 0.6 * hint(draw, genuine, 0.7))).astype(np.int64).clip(30, 2_500)
    start = awards.opened - days(served)
    held = pd.DataFrame(
        {
            "enterprise": winner,
            "person": np.where(own | named, handler, kin),
            "role": np.where(own, "shareholder", draw.choice(("director", "manager", "legal_rep", "shareholder"), n)),
            "share_pct": (6 + 14 * np.exp(0.6 * hint(draw, genuine, 0.7))).clip(5, 90).round(1),
            "start_date": start,
            "end_date": np.full(n, np.datetime64("NaT", "D")),
        }
    )
    roles = role_rows(ground, held, start + days(draw.integers(3, 15, n)))
    resigned = related & flag(draw, mechanism == "role_ended", 0.6, 0.06)
    roles["resigned_on"] = np.where(resigned, awards.opened - days(draw.integers(1, 25, n)), np.datetime64("NaT", "D"))
    roles["id_no"] = roles["id_no"].where(~named)
    recused = related & flag(draw, genuine, 0.05, 0.25)
    ids = awards.tenders["tender_id"].to_numpy()
    truth = with_subject(episodes, "other", ids)
    colleagues = colleague_rows(
        ground,
        handler[colleague],
        kin[colleague],
        awards.opened[colleague] - days(draw.integers(100, 1_400, int(colleague.sum()))),
        awards.opened[colleague],
    )
    recusals = recusal_rows(ground, "R", ids[recused], handler[recused], kin[recused], awards.opened[recused])
    rows = {
        **awards.rows(draw, ground, episodes, draw.integers(3, 9, n)),
        "enterprise_role": roles,
        "former_colleague": colleagues,
        "disclosure_file": recusals,
        "kinship": _kin_rows(draw, ground, genuine[related], handler[related], kin[related]),
    }
    return Planted(truth, rows=rows)


def _kin_rows(
    draw: np.random.Generator, ground: Ground, genuine: np.ndarray, handler: Integers, kin: Integers
) -> pd.DataFrame:
    """The register `kinship` between officials and those who hold the posts; what is wrong is seldom sure."""
    n = len(kin)
    relation = np.where(draw.random(n) < np.where(genuine, 0.6, 0.4), "spouse", "sibling")
    return pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, handler),
            "pid_b": texts_of(ground.people.id_no, kin),
            "relation": relation,
            "degree": np.where(relation == "spouse", 1.0, 2.0),
            "confidence": (0.82 + 0.1 * hint(draw, genuine, 0.9)).clip(0.55, 0.99).round(2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )


_SHARED = ("mac", "lock_no", "file_author", "deposit_acct", "contact_phone", "document_hash", "ip")
"""What bidders may share, from what rings share most to what a hall or an agent explains most."""


def plant_collusion(ground: Ground, recipe: Recipe) -> Planted:
    """M15: bidders share devices, accounts or slips, or price to cover one of them; or seem to."""
    draw = draw_from(ground.seed, "plant M15")
    episodes = plan_episodes(ground, recipe)
    genuine = episodes["genuine"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(episodes)
    members = kept_firms(ground, "M15", 5 * n).reshape(n, 5)
    awards = _award(draw, ground, episodes, members[:, 0], np.exp(0.4 * hint(draw, genuine, 0.6)))
    awards.firms[:, 1:5] = members[:, 1:]
    n_bids = np.where(mechanism == "small_pool", draw.integers(4, 6, n), draw.integers(4, 9, n))
    cover = flag(draw, mechanism == "cover_bids", 0.75, 0.1)
    flat = ~cover & flag(draw, mechanism == "small_pool", 0.7, 0.12)
    _price_alike(draw, awards, cover, flat)
    awards.tenders["standard_price"] &= ~(cover | flat)
    awards.tenders["shared_network"] = False
    awards.tenders["award_price"] = awards.prices[:, 0]
    rows = awards.rows(draw, ground, episodes, n_bids)
    wanted = (1.0 + 1.3 * np.exp(0.45 * hint(draw, genuine, 1.3))).astype(np.int64).clip(1, 5)
    n_shared = np.maximum(wanted - (cover | flat), 1 - (cover | flat).astype(np.int64))
    lean = np.where(genuine, 0.8, -0.8)[:, None] * np.linspace(1, -1, len(_SHARED))
    order = np.argsort(-(lean + draw.gumbel(0, 1, lean.shape)), axis=1).argsort(axis=1)
    bids = rows["bid"]
    place = pd.Series(np.arange(n), index=awards.tenders["tender_id"]).loc[list(bids["tender_id"])].to_numpy()
    rank = bids["bid_id"].str.rpartition("-")[2].astype("int64").to_numpy() - 1
    in_ring = rank < np.where(genuine, draw.integers(2, 5, n), 2)[place]
    leader = np.flatnonzero(rank == 0)[np.cumsum(rank == 0) - 1]
    for number, column in enumerate(_SHARED):
        alike = in_ring & (order[:, number] < n_shared)[place]
        values = bids[column].to_numpy(dtype=object)
        bids[column] = pd.Series(np.where(alike, values[leader], values), dtype="str")
    truth = with_subject(episodes, "other", awards.tenders["tender_id"].to_numpy())
    return Planted(truth, rows=rows)


def _price_alike(draw: np.random.Generator, awards: _Awards, cover: Flags, flat: Flags) -> None:
    """Prices of cover bidders stand close together far above the winner's; flat ones stand close to all others."""
    prices = awards.prices
    n, width = prices.shape
    losers = np.cumsum(np.concatenate([np.zeros((n, 1)), draw.uniform(0.0005, 0.002, (n, width - 1))], axis=1), axis=1)
    covering = prices[:, :1] * np.where(np.arange(width) == 0, 1.0, draw.uniform(1.12, 1.2, (n, 1)) + losers)
    prices[cover] = covering[cover].round(2)
    prices[flat] = (prices[:, :1] * (1.0 + 1.5 * losers * draw.uniform(0.6, 1.4, (n, width))))[flat].round(2)
