"""The blend: parts joined in log-odds with weights that are never negative, calibrated on later outcomes.

Blending and calibration are one linear step (Platt 1999 with several inputs), so exact contributions stay exact.
"""

import itertools
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from features.walk import Floats, Rows
from scoring.interval import bounds, spread_of

HALF_LIVES = (30.0, 90.0, 365.0, 1460.0)
"""Half-lives in days that outcomes may have for the calibrated level."""
MONTH = 30.0
MOST_PIECES = 24
FEWEST_BEFORE = 50
"""Outcomes that must be known before an intercept is worth trying out."""
PASSED_BY = 0.0005
"""A longer half-life stands unless a shorter one foretold better by more than this in log loss."""
Z = 1.96
_PULL = 30.0
"""How many outcomes the starting weights are worth."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Margins that were made before their outcomes were known: what blending and calibration learn from."""

    rows: Rows
    """(n,) positions in the stream."""
    margins: Floats
    """(n, parts)"""
    label: Floats
    slice_of: Rows
    """(n,) the later slice each belongs to; every slice has an intercept of its own while weights are chosen."""
    taught: Floats
    """(n,) log-odds of the share confirmed among the rows that each margin's parts had learnt from."""
    days: Floats
    """(n,) when each was raised, in days since 1970."""
    known_days: Floats
    """(n,) when its outcome became known."""
    start: Floats
    """(parts,) where the weights start from."""
    unchosen: Floats
    """(n,) margins blended so that none of these outcomes chose anything: starting weights, middling options."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Weights of the parts, the intercept, and how far groups of later alerts lay from what had been said."""

    weights: Floats
    intercept: float
    half_life_days: float
    """Age at which an outcome counts half as much for the intercept."""
    spread: float
    """Half the width of an interval, in standard deviations of one outcome (`scoring.interval`)."""

    @classmethod
    def fit(cls, heard: Heard) -> Self:
        """Choose the weights on later outcomes, pulled to their start; then the intercept on the most recent ones.

        How recent is chosen too: the half-life by which each slice was best foretold from the slices before it.
        """
        weights = _choose_weights(heard, heard.start)
        blended = heard.margins @ weights
        foretold = {days: _foretold(heard, blended, days) for days in HALF_LIVES}
        loss = {days: _loss(margins, heard.label) for days, margins in foretold.items()}
        days = max(days for days in HALF_LIVES if loss[days] <= min(loss.values()) + PASSED_BY)
        intercept = find_intercept(blended, heard.label, recent_weight(heard.days, half_life_days=days))
        told = ~np.isnan(foretold[days])
        return cls(weights, intercept, days, spread_of(expit(foretold[days][told]), heard.label[told]))

    def levelled(self, heard: Heard, shift: float) -> Self:
        """The same weights with the intercept that suits the long-run level rather than the level of the last slices.

        shift: how far the long-run level lies above that of the rows learnt from, in log-odds. Each later slice says
        how far its intercept lay from the one that its own drift of level explains; what remains is calibration and
        is kept.
        """
        blended = heard.margins @ self.weights
        rest = []
        for number in np.unique(heard.slice_of):
            inside = heard.slice_of == number
            label = heard.label[inside]
            intercept = find_intercept(blended[inside], label, np.ones(len(label)))
            rest.append(intercept - (log_odds_of_share(label) - float(heard.taught[inside][0])))
        kept = float(np.mean(rest))
        spread = spread_of(expit(blended + kept), heard.label)
        return type(self)(self.weights, kept + shift, self.half_life_days, spread)

    def margins(self, parts: Floats) -> Floats:
        """Calibrated log-odds from the parts' margins (n, parts)."""
        out: Floats = parts @ self.weights + self.intercept
        return out

    def interval(self, margins: Floats) -> tuple[Floats, Floats]:
        """Lower and upper bound of the probability, in 0..1 (`scoring.interval.bounds`)."""
        return bounds(expit(margins), self.spread)

    def to_json(self) -> dict[str, Any]:
        """The blend as plain values."""
        return vars(self) | {"weights": self.weights.tolist()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The blend that `to_json` wrote."""
        return cls(**(content | {"weights": np.array(content["weights"], dtype=np.float64)}))


def foretells(heard: Heard) -> bool:
    """Whether later outcomes were ordered better than chance would, by two standard errors of the AUC.

    Judged on margins in which nothing was chosen by the outcomes that judge: the best of several options looks better
    than chance on them even where there is nothing to foretell. The AUC is taken inside each slice; its standard error
    under chance is that of the rank sum test (Mann and Whitney, Annals of Mathematical Statistics 18, 1947).
    """
    areas, pairs, variance = 0.0, 0.0, 0.0
    for number in np.unique(heard.slice_of):
        inside = heard.slice_of == number
        label = heard.label[inside]
        hits = float(label.sum())
        both = hits * (len(label) - hits)
        if both:
            areas += float(rankdata(heard.unchosen[inside])[label > 0].sum()) - hits * (hits + 1) / 2
            pairs += both
            variance += both * (len(label) + 1) / 12
    return pairs > 0 and areas / pairs > 0.5 + 2.0 * float(np.sqrt(variance)) / pairs


def wilson(share: Floats, n: Floats | float) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval of shares seen in n outcomes (E. B. Wilson, JASA 22, 1927)."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)


def _choose_weights(heard: Heard, start: Floats) -> Floats:
    slices, which = np.unique(heard.slice_of, return_inverse=True)
    k = len(start)

    def loss(x: Floats) -> tuple[float, Floats]:
        eta = heard.margins @ x[:k] + x[k:][which]
        error = expit(eta) - heard.label
        value = float(np.sum(np.logaddexp(0.0, eta) - heard.label * eta))
        pull = x[:k] - start
        gradient = np.concatenate([heard.margins.T @ error + _PULL * pull, np.bincount(which, error, len(slices))])
        return value + 0.5 * _PULL * float(pull @ pull), gradient

    begin = np.concatenate([start, np.zeros(len(slices))])
    bounds = [(0.0, None)] * k + [(None, None)] * len(slices)
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: Floats = found.x[:k]
    return weights


def _foretold(heard: Heard, blended: Floats, half_life_days: float) -> Floats:
    """Margins with the intercept that could have been known at the time; NaN for the first half, which began it.

    The later half is cut into pieces of at least a month; outcomes known before a piece begins give its intercept.
    """
    out = np.full(len(blended), np.nan)
    begin, end = float(np.median(heard.days)), float(heard.days.max())
    n_pieces = min(MOST_PIECES, max(1, int((end - begin) / MONTH)))
    edges = np.linspace(begin, end, n_pieces + 1)
    edges[-1] += 1.0
    for piece, following in itertools.pairwise(edges):
        before = heard.known_days < piece
        inside = (heard.days >= piece) & (heard.days < following)
        if before.sum() >= FEWEST_BEFORE and inside.any():
            weight = recent_weight(heard.days[before], half_life_days=half_life_days)
            out[inside] = blended[inside] + find_intercept(blended[before], heard.label[before], weight)
    return out


def _loss(margins: Floats, label: Floats) -> float:
    told = ~np.isnan(margins)
    if not told.any():
        return 0.0
    return float(np.mean(np.logaddexp(0.0, margins[told]) - label[told] * margins[told]))


def recent_weight(days: Floats, *, half_life_days: float) -> Floats:
    """How much each outcome counts for a level: half as much for every half-life before the last one."""
    if not len(days):
        return np.zeros(0)
    out: Floats = 0.5 ** ((days.max() - days) / half_life_days)
    return out


def find_intercept(blended: Floats, label: Floats, weight: Floats) -> float:
    """The shift that makes the weighted mean probability equal the weighted share confirmed (Newton's method)."""
    target = (float(weight @ label) + 0.5) / (float(weight.sum()) + 1.0)
    shift = 0.0
    for _ in range(50):
        p = expit(blended + shift)
        slope = max(float(weight @ (p * (1 - p))) / float(weight.sum()), 1e-6)
        step = (float(weight @ p) / float(weight.sum()) - target) / slope
        shift -= float(np.clip(step, -2.0, 2.0))
        if abs(step) < 1e-10:
            break
    return shift


def log_odds_of_share(label: Floats) -> float:
    """Log-odds of the share confirmed, pulled slightly towards one half."""
    share = (float(label.sum()) + 0.5) / (len(label) + 1.0)
    return float(np.log(share / (1.0 - share)))
