"""Drift: how far what comes in now lies from what was learnt from, fact by fact.

The measure is the population stability index, sum (q - p) ln(q / p) over bins (N. Siddiqi, Credit Risk Scorecards,
2006): under 0.10 stable, from 0.25 strong. Between few alerts it is never zero: by chance alone it is about
(1/n + 1/m) chi-squared with bins - 1 degrees of freedom (B. Yurdakul, Statistical Properties of Population Stability
Index, 2018), so it must lie above the 99 % point of that as well. The Jensen-Shannon distance (J. Lin, IEEE Trans.
Information Theory 37, 1991), 0 to 1, stands beside it.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2

from features.attributes import Attribute, ages_of, as_text, numbers_of
from features.walk import Floats

MOVED, STRONG = 0.10, 0.25
FEWEST = 50
"""Alerts on either side, below which nothing is told."""
_BINS = 10
_LEVELS = 15
_CHANCE = 0.99


def index(before: NDArray[Any], now: NDArray[Any]) -> dict[str, Any]:
    """The index of two counts over the same bins, what chance alone reaches, the distance, and the finding."""
    kept = (before + now) > 0
    one, two = before[kept].astype(np.float64), now[kept].astype(np.float64)
    p, q = (one + 0.5) / (one + 0.5).sum(), (two + 0.5) / (two + 0.5).sum()
    value = float(((q - p) * np.log(q / p)).sum())
    chance = float(chi2.ppf(_CHANCE, max(len(p) - 1, 1)) * (1.0 / one.sum() + 1.0 / two.sum()))
    level = "stable"
    if value > max(MOVED, chance):
        level = "strong" if value >= STRONG else "moved"
    return {"psi": round(value, 4), "chance": round(chance, 4), "js": round(float(jensenshannon(p, q, base=2)), 4),
            "level": level}  # fmt: skip


def by_fact(attributes: list[Attribute], before: pd.DataFrame, now: pd.DataFrame) -> list[dict[str, Any]]:
    """Each fact's drift from the alerts learnt from to those now, the strongest first; people and texts left out."""
    if min(len(before), len(now)) < FEWEST:
        return []
    out = []
    for attribute in attributes:
        if attribute.kind in {"subject", "list", "text"} or attribute.name not in now:
            continue
        told = {"fact": attribute.name} | index(*_counts(attribute, before, now))
        told["empty"] = [round(float(side[attribute.name].isna().mean()), 4) for side in (before, now)]
        out.append(told)
    return sorted(out, key=lambda one: -float(one["psi"]))


def _counts(attribute: Attribute, before: pd.DataFrame, now: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    if attribute.kind in {"number", "date"}:
        sides = [_numbers(attribute, side) for side in (before, now)]
        known = sides[0][np.isfinite(sides[0])]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else np.zeros(0)
        codes = [
            np.where(np.isfinite(side), np.searchsorted(edges, np.nan_to_num(side), side="right") + 1, 0)
            for side in sides
        ]
        size = len(edges) + 2
    else:
        texts = [as_text(side[attribute.name]) for side in (before, now)]
        levels = pd.Index(texts[0].value_counts().index[:_LEVELS], dtype=object)
        codes = [
            np.where(text.isna().to_numpy(dtype=bool), 0, levels.get_indexer(pd.Index(text.astype(object))) + 2)
            for text in texts
        ]
        size = len(levels) + 2
    one, two = (np.bincount(code.astype(np.int64), minlength=size) for code in codes)
    return one, two


def _numbers(attribute: Attribute, side: pd.DataFrame) -> Floats:
    if attribute.kind == "number":
        return numbers_of(side[attribute.name])
    return ages_of(side[attribute.name], side["raised_at"])


def score_bins(p: Floats) -> dict[str, Any]:
    """Tenths of the likelihoods: edges and counts, to hold later ones against."""
    edges = np.unique(np.quantile(p, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return {"edges": edges.tolist(), "counts": np.bincount(np.searchsorted(edges, p, side="right"),
                                                           minlength=len(edges) + 1).tolist()}  # fmt: skip


def of_scores(bins: dict[str, Any], p: Floats) -> dict[str, Any]:
    """The drift of likelihoods from those of `score_bins`, with the mean now."""
    counts = np.array(bins["counts"])
    now = np.bincount(np.searchsorted(np.array(bins["edges"]), p, side="right"), minlength=len(counts))
    return index(counts, now) | {"mean_p": round(float(p.mean()), 4), "n": len(p)}
