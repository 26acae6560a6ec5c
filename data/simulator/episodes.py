"""Episodes: what is planted. Each is one subject, one month, one mechanism, behind which nothing is drawn again.

A hint is a standard normal shifted by half its strength up for true episodes and down for innocent ones; every
register value that a ranker may learn from is a monotone function of one, so that what can be learnt is set here.
Source: field/simulator.md, 4, 5 and 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Flags, Floats, Integers, Texts, draw_from
from data.simulator.drift import shift_of_truth, times_of_month
from data.simulator.enterprises import Enterprises
from data.simulator.incidence import true_share
from data.simulator.mechanisms import Mechanism, Recipe
from data.simulator.officials import N_HANDLERS, Officials
from data.simulator.people import People
from data.simulator.places import Places
from data.simulator.presets import Preset

_OFFICIAL_EFFECT, _TOWN_EFFECT, _PERIOD_EFFECT = 0.55, 0.45, 0.25


@dataclass(frozen=True)
class Ground:
    """What the mechanisms stand on: people, places, officials, enterprises of one world, and who is already taken."""

    preset: Preset
    calendar: Calendar
    places: Places
    people: People
    officials: Officials
    enterprises: Enterprises
    kin: pd.DataFrame
    """Columns: a, b (persons), relation, degree, confidence; each pair both ways, as the register knows it."""
    taken: Flags
    """(n_persons,) whether an episode already has this person or its household; changed as episodes claim people."""
    seed: int
    incidence: float = 1.0
    """How many innocent episodes there are for each that the recipes alone would have."""


def plan_episodes(ground: Ground, recipe: Recipe) -> pd.DataFrame:
    """Draw the episodes of one recipe.

    Columns: model, rule, month (office month in which it comes to light), town, desk (0..3), handler (person),
    genuine, mechanism, outcome (a faultless verifier's), cause. One row an episode, in order of month.
    """
    draw = draw_from(ground.seed, f"episodes {recipe.model} {recipe.rule}")
    share = true_share(recipe)
    whole = share + (1 - share) * ground.incidence
    n = max(2, round(recipe.volume * whole * ground.preset.n_alerts * VOLUME_FACTORS.get(recipe.model, 1.0)))
    weights = _month_weights(ground, recipe)
    month = np.sort(draw.choice(len(weights), n, p=weights)) - 1
    town_weights = np.bincount(ground.places.town_of) ** 0.7
    town = draw.choice(len(town_weights), n, p=town_weights / town_weights.sum())
    desk = draw.integers(0, N_HANDLERS, n)
    handler = ground.officials.handlers[town, desk]
    genuine = _draw_truth(draw, ground, recipe.model, share / whole, month, town, handler)
    named = [_choose(draw, recipe.true, n), _choose(draw, recipe.innocent, n)]
    chosen = [truth if is_true else other for truth, other, is_true in zip(*named, genuine, strict=True)]
    return pd.DataFrame(
        {
            "model": recipe.model,
            "rule": recipe.rule,
            "month": month,
            "town": town,
            "desk": desk,
            "handler": handler,
            "genuine": genuine,
            "mechanism": [mechanism.name for mechanism in chosen],
            "outcome": [mechanism.outcome for mechanism in chosen],
            "cause": pd.array([mechanism.cause for mechanism in chosen], dtype="str"),
        }
    )


VOLUME_FACTORS: dict[str, float] = {}
"""Episodes for each alert aimed at: below 1 where an episode may raise several alerts."""


def _month_weights(ground: Ground, recipe: Recipe) -> Floats:
    months = np.arange(-1, ground.calendar.n_months)
    weights = 1.0 + 0.25 * np.sin(months * 2 * np.pi / 12 + len(recipe.rule)) + 0.15 * ((months * 7) % 5 - 2) / 2
    weights *= times_of_month(ground.calendar, ground.places.county.number, recipe.model, months)
    weights[-1] *= int(str(ground.calendar.end_on)[-2:]) / 30
    total: Floats = weights / weights.sum()
    return total


def _draw_truth(
    draw: np.random.Generator,
    ground: Ground,
    model: str,
    share: float,
    month: Integers,
    town: Integers,
    handler: Integers,
) -> Flags:
    """Which episodes are true, `share` of them: wrongdoing follows the handler, false alerts follow the town's data."""
    officials = ground.officials
    noise = draw_from(ground.seed, "policy noise").normal(0, 1, ground.calendar.n_months + 1)
    log_odds = (
        _OFFICIAL_EFFECT * officials.badness[handler]
        - _TOWN_EFFECT * officials.data_error[town]
        + _PERIOD_EFFECT * noise[month]
    )
    log_odds += shift_of_truth(ground.calendar, ground.places.county.number, model, month)
    return _draw_evenly(draw, _shift_to_mean(log_odds, share))


def _draw_evenly(draw: np.random.Generator, chances: Floats) -> Flags:
    """A yes or no with each of the chances, as many yes as they add up to: a model of few alerts has its share too."""
    order = draw.permutation(len(chances))
    reached = np.floor(np.concatenate([[0.0], np.cumsum(chances[order])]) + draw.random())
    drawn = np.zeros(len(chances), dtype=bool)
    drawn[order] = np.diff(reached) > 0
    return drawn


def _shift_to_mean(log_odds: Floats, mean: float) -> Floats:
    """Probabilities whose mean is `mean`, the log-odds being shifted by a number found by bisection."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if _logistic(log_odds + middle).mean() < mean:
            low = middle
        else:
            high = middle
    return _logistic(log_odds + (low + high) / 2)


def _logistic(log_odds: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return result


def _choose(draw: np.random.Generator, mechanisms: Sequence[Mechanism], n: int) -> list[Mechanism]:
    shares = np.array([mechanism.share for mechanism in mechanisms])
    return [mechanisms[place] for place in draw.choice(len(mechanisms), n, p=shares / shares.sum())]


def hint(draw: np.random.Generator, genuine: Flags, strength: float) -> Floats:
    """A hint of the given strength (difference of means in standard deviations) for each episode."""
    return draw.normal(0, 1, len(genuine)) + strength * (genuine - 0.5)


def flag(draw: np.random.Generator, genuine: Flags, when_true: float, when_innocent: float) -> Flags:
    """A yes or no for each episode, with the given chances."""
    return draw.random(len(genuine)) < np.where(genuine, when_true, when_innocent)


def claim(draw: np.random.Generator, ground: Ground, eligible: Flags, town: Integers) -> Integers:
    """A person for each episode: eligible, taken by nobody yet, of the wanted town while there is one, else of any.

    Eligible people that run out are an error of the presets and raise ValueError.
    """
    free = draw.permutation(np.flatnonzero(eligible & ~ground.taken))
    home = ground.places.town_of[ground.people.village[free]]
    chosen = np.full(len(town), -1)
    for number in np.unique(town):
        wanted = np.flatnonzero(town == number)
        found = free[home == number][: len(wanted)]
        chosen[wanted[: len(found)]] = found
    left = np.flatnonzero(chosen < 0)
    chosen[left] = np.setdiff1d(free, chosen, assume_unique=False)[: len(left)]
    ground.taken[chosen] = True
    return chosen


def claim_nearest(ground: Ground, town: Integers, value: Integers, wanted: Floats) -> Integers:
    """A person of the town for each episode, not yet taken, whose `value` is nearest to the one `wanted`."""
    home = ground.places.town_of[ground.people.village]
    chosen = np.empty(len(town), dtype=np.int64)
    for place in range(len(town)):
        free = np.flatnonzero((home == town[place]) & ~ground.taken)
        chosen[place] = free[np.argmin(np.abs(value[free] - wanted[place]))]
        ground.taken[chosen[place]] = True
    return chosen


def texts_of(words: Texts | Sequence[str], places: Integers) -> "pd.Series[str]":
    """`words[places]` as a pandas text column, without a copy of every character."""
    return pd.Series(np.asarray(words, dtype=object), dtype="str").take(places).reset_index(drop=True)
