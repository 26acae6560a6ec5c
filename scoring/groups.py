"""Groups: how often each is alerted, confirmed, said to be likely and put on top; with intervals, small cells hidden.

Groups are reported, never learnt from. A group of fewer than FEWEST_ALERTS alerts or FEWEST_PERSONS subjects is named
without figures: they would tell of single people.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from features.walk import Floats
from scoring.blend import wilson

FEWEST_ALERTS = 10
FEWEST_PERSONS = 3
FEWEST_TO_JUDGE = 30
FEWEST_OF_A_KIND = 10
TOP = 0.2
"""Share of the list that counts as its top."""
MOST_GROUPS = 40
"""Groups of one kind that are told; the rest are the smallest."""


def by_group(
    groups: Mapping[str, "pd.Series[Any]"], label: Floats, p: Floats, subject: "pd.Series[Any] | None" = None
) -> list[dict[str, Any]]:
    """Of each group of each kind its figures, as plain values.

    groups: kind -> group of each alert, missing where unknown; label: 1, 0 or NaN; p: likelihoods; subject: whom each
    alert is about, to count persons.
    """
    top = rankdata(-p, method="ordinal") <= max(1, int(len(p) * TOP)) if len(p) else np.zeros(0, dtype=bool)
    out = []
    for kind, column in groups.items():
        sizes = column.value_counts()
        for value in sizes.index[:MOST_GROUPS]:
            inside = (column == value).fillna(value=False).to_numpy(dtype=bool)
            persons = int(inside.sum()) if subject is None else int(subject[inside].nunique())
            out.append({"by": kind, "group": str(value), **_figures(inside, label, p, top, persons)})
    return out


def _figures(inside: Any, label: Floats, p: Floats, top: Any, persons: int) -> dict[str, Any]:
    n = int(inside.sum())
    if n < FEWEST_ALERTS or persons < FEWEST_PERSONS:
        return {"small": True}
    told: dict[str, Any] = {"n": n, "share": round(n / len(p), 4), "top": _share(float(top[inside].sum()), n)}
    known = inside & ~np.isnan(label)
    outcomes, said = label[known], p[known]
    n_known = len(outcomes)
    told["n_concluded"] = n_known
    if n_known >= FEWEST_ALERTS:
        error = float(np.sqrt((said * (1.0 - said)).sum())) / n_known
        told |= {
            "confirmed": _share(float(outcomes.sum()), n_known),
            "mean_p": round(float(said.mean()), 4),
            "gap": round(float(outcomes.mean() - said.mean()), 4),
            "gap_error": round(error, 4),
        }
    if n_known >= FEWEST_TO_JUDGE and min(outcomes.sum(), n_known - outcomes.sum()) >= FEWEST_OF_A_KIND:
        auc, error = area(outcomes, said)
        told |= {"auc": round(auc, 4), "auc_error": round(error, 4)}
    return told


def _share(hits: float, n: int) -> dict[str, float]:
    low, high = (float(x[0]) for x in wilson(np.array([hits / n]), float(n)))
    return {"value": round(hits / n, 4), "low": round(low, 4), "high": round(high, 4)}


def area(label: Floats, p: Floats) -> tuple[float, float]:
    """AUC and its standard error (J. A. Hanley, B. J. McNeil, Radiology 143, 1982)."""
    hits = float(label.sum())
    misses = len(label) - hits
    auc = (float(rankdata(p)[label > 0].sum()) - hits * (hits + 1) / 2) / (hits * misses)
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (hits - 1) * (one - auc**2) + (misses - 1) * (two - auc**2)
    return auc, float(np.sqrt(max(variance, 0.0) / (hits * misses)))


def weak_spots(
    rows: Sequence[Mapping[str, Any]], overall_auc: float, overall_gap: float = 0.0, *, most: int = 5
) -> list[dict[str, Any]]:
    """Groups where the order or the level is worse than overall, beyond two standard errors; the worst of each first.

    Looking at many groups finds some by chance: they are places to look at, not findings about people.
    """
    order = [
        {"sign": "order", "by": row["by"], "group": row["group"], "n": row["n_concluded"], "auc": row["auc"]}
        for row in sorted((row for row in rows if "auc" in row), key=lambda row: float(row["auc"]))
        if row["auc"] + 2 * row["auc_error"] < overall_auc
    ]
    level = [
        {
            "sign": "level", "by": row["by"], "group": row["group"], "n": row["n_concluded"],
            "mean_p": row["mean_p"], "share": row["confirmed"]["value"],
        }
        for row in sorted((row for row in rows if "gap" in row), key=lambda row: -abs(row["gap"] - overall_gap))
        if row["n_concluded"] >= FEWEST_TO_JUDGE and abs(row["gap"] - overall_gap) > 2 * row["gap_error"]
    ]  # fmt: skip
    return order[:most] + level[:most]
