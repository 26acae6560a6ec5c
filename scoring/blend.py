"""The blend: parts joined in log-odds with weights that are never negative, calibrated on later outcomes.

Blending and calibration are one linear step (Platt 1999 with several inputs), so exact contributions stay exact.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import rankdata

from features.walk import Floats, Rows

NEIGHBOURS = 300
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
    weight: Floats
    """(n,) how much each counts for the final intercept: recent ones more."""
    start: Floats
    """(parts,) where the weights start from."""
    unchosen: Floats
    """(n,) margins blended so that none of these outcomes chose anything: starting weights, middling options."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Weights of the parts, the intercept, and the calibration rows that intervals are read from."""

    weights: Floats
    intercept: float
    heard_margins: Floats
    """Blended margins of calibration rows, ascending."""
    heard_label: Floats

    @classmethod
    def fit(cls, heard: Heard) -> Self:
        """Choose the weights on later outcomes, pulled to their start; then the intercept on the most recent ones."""
        weights = _choose_weights(heard, heard.start)
        blended = heard.margins @ weights
        intercept = find_intercept(blended, heard.label, heard.weight)
        order = np.argsort(blended, kind="stable")
        thin = order[:: max(1, len(order) // 4000)]
        return cls(weights, intercept, blended[thin] + intercept, heard.label[thin])

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
        intercept = float(np.mean(rest)) + shift
        return type(self)(self.weights, intercept, self.heard_margins - self.intercept + intercept, self.heard_label)

    def margins(self, parts: Floats) -> Floats:
        """Calibrated log-odds from the parts' margins (n, parts)."""
        out: Floats = parts @ self.weights + self.intercept
        return out

    def interval(self, margins: Floats) -> tuple[Floats, Floats]:
        """Lower and upper bound of the probability: Wilson's 95 % interval of the nearest calibration rows.

        Of the (at most) 300 later alerts with the nearest margins, the share confirmed and its score interval
        (E. B. Wilson, JASA 22, 1927), widened where needed to hold the probability itself.
        """
        p = expit(margins)
        n = len(self.heard_label)
        if n < 30:
            return wilson(p, 10.0)
        half = min(NEIGHBOURS, n // 3) // 2
        middle = np.clip(np.searchsorted(self.heard_margins, margins), half, n - half)
        total = np.concatenate([[0.0], np.cumsum(self.heard_label)])
        share = (total[middle + half] - total[middle - half]) / (2 * half)
        low, high = wilson(share, float(2 * half))
        return np.minimum(low, p), np.maximum(high, p)

    def to_json(self) -> dict[str, Any]:
        """The blend as plain values."""
        return {
            "weights": self.weights.tolist(),
            "intercept": self.intercept,
            "heard_margins": self.heard_margins.tolist(),
            "heard_label": self.heard_label.tolist(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The blend that `to_json` wrote."""
        return cls(
            np.array(content["weights"], dtype=np.float64),
            content["intercept"],
            np.array(content["heard_margins"], dtype=np.float64),
            np.array(content["heard_label"], dtype=np.float64),
        )


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
