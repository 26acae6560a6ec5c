"""Planted episodes in awards: one supplier wins again and again at one buyer (M13).

Source: field/models.md, M13; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, hint, plan_episodes
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.tenders import (
    TRADES,
    bid_rows,
    buyers,
    ceilings,
    climbing_prices,
    kept_firms,
    power_rows,
    rivals,
    tender_rows,
)

_EARLY = 4
"""Awards before the last ones: too few to be compared, so that an episode comes to light with its last awards."""
_FEWEST_WINS, _MOST_WINS = 7, 10
_FEWEST_BIDS, _MOST_BIDS = 3, 6
_DEAREST = np.array([0.92, 0.88, 0.85, 0.82])
"""Price to ceiling of the winner by number of bids, from three on, at which the dearest bid is still allowed."""


def plant_award_concentration(ground: Ground, recipe: Recipe) -> Planted:
    """M13: one supplier wins at one buyer more often than its market share explains, for good reasons or bad ones.

    Each supplier also loses at another buyer, before the first award and with the last ones: otherwise M15 would take
    it for one that bids at one buyer only.
    """
    draw = draw_from(ground.seed, "plant M13")
    episodes = plan_episodes(ground, recipe)
    genuine = episodes["genuine"].to_numpy()
    n, n_buyers = len(episodes), len(buyers(ground)[0])
    supplier = kept_firms(ground, "M13", n)
    # Each buyer and trade once while there are any, so that no episode stands in another's way.
    buyer, trade = np.divmod(np.resize(draw.permutation(n_buyers * len(TRADES)), n), len(TRADES))
    n_wins = (_FEWEST_WINS + np.exp(0.5 * hint(draw, genuine, 1.0))).astype(np.int64).clip(max=_MOST_WINS)
    place = np.repeat(np.arange(n), n_wins + 2)
    which = np.arange(len(place)) - np.repeat(np.cumsum(n_wins + 2) - n_wins - 2, n_wins + 2)
    last = which == n_wins[place] + 1
    lost = (which == 0) | last
    at_once = which > _EARLY

    received = day_within(draw, ground.calendar, episodes["month"].to_numpy())
    closing = received - days(draw.integers(1, 6, n))
    known = (closing - ground.calendar.register_start.astype("datetime64[D]")).astype(np.int64)
    span = np.minimum(draw.integers(300, 600, n), known - 30)
    back = np.where(at_once, 0.0, 1 - (which - 1) / (_EARLY + 1)).clip(max=1.0) * span[place] + 25 * (which == 0)
    awarded = closing[place] - days(back.astype(np.int64))
    known_on = np.where(at_once, received[place], awarded + days(draw.integers(1, 6, len(place))))

    ceiling, firms = ceilings(draw, len(place)), rivals(draw, ground, len(place))
    firms[np.arange(len(place)), np.where(lost, 1, 0)] = supplier[place]
    n_bids = _bids(draw, genuine)[place]
    prices = _dear_prices(draw, genuine, place, ceiling, n_bids)
    tenders = tender_rows(
        draw,
        ground,
        recipe.model,
        town=episodes["town"].to_numpy()[place],
        buyer=np.where(lost, (buyer[place] + 1 + draw.integers(0, n_buyers - 1, len(place))) % n_buyers, buyer[place]),
        trade=trade[place],
        winner=firms[:, 0],
        price=prices[:, 0],
        ceiling=ceiling,
        awarded=awarded,
    ).assign(is_framework=False, emergency=False)
    # What was lost opens with the last awards or after them, and so is seen as long as they are.
    tenders["open_date"] = tenders["open_date"].where(~last, awarded - np.timedelta64(2, "D"))
    lots = pd.Series(np.char.add(np.char.add("（", (which - _EARLY).astype(str)), "标段）"))
    tenders["name"] = tenders["name"] + lots.where(at_once & ~lost, "")
    handler = episodes["handler"].to_numpy()[place]
    return Planted(
        with_subject(episodes, "enterprise", ground.enterprises.uscc[supplier]),
        rows={
            "tender": tenders.assign(received_on=known_on),
            "bid": bid_rows(ground, tenders, firms, prices, n_bids, known_on),
            "tender_power": power_rows(draw, ground, tenders, episodes["town"].to_numpy()[place], handler, known_on),
        },
    )


def _bids(draw: np.random.Generator, genuine: np.ndarray) -> Integers:
    """Bids in each tender of an episode: fewer where the terms were cut to one supplier, and where there are few."""
    n_bids: Integers = (4.7 - 0.8 * hint(draw, genuine, 0.9)).round().astype(np.int64).clip(_FEWEST_BIDS, _MOST_BIDS)
    return n_bids


def _dear_prices(
    draw: np.random.Generator, genuine: np.ndarray, place: Integers, ceiling: Floats, n_bids: Integers
) -> Floats:
    """(n_tenders, 8) prices from the lowest up; who need not fear others stays nearer to the ceiling."""
    usual = 0.78 + 0.05 * hint(draw, genuine, 1.1)
    wanted = usual[place] + draw.normal(0, 0.01, len(place))
    ratio = np.minimum(wanted.clip(min=0.68), _DEAREST[n_bids - _FEWEST_BIDS])
    prices = climbing_prices(draw, ceiling)
    dear: Floats = (prices - prices[:, :1] + (ratio * ceiling)[:, None]).round(2)
    return dear
