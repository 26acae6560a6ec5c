"""The later slice: alerts raised after a moment, foretold from what was known at it, and what came of them.

A risk model is trained on everything that is known today, so it cannot be measured on it. What is measured is its twin:
the same learning, stopped at the beginning of the slice. A model that is live already is measured on the same alerts.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from features.past import Past, put_in_order
from features.walk import Floats, Rows
from scoring.blend import wilson
from scoring.evaluation import figures_of, found_in_top, top_size, unmeasured
from scoring.ranker import Ranker, Scores, learn
from scoring.rates import PriorPart

FEWEST_TO_MEASURE = 30
"""Concluded alerts of the slice, below which nothing is measured."""
FEWEST_TO_COMPARE = 60
FEWEST_OF_A_KIND = 10
FEWEST_OF_A_MONTH = 20
MOST_BINS = 10
LEAST_OF_A_BIN = 30
_DRAWS = 400
_WORK = 2_000_000
"""Draws of a bootstrap times alerts: large slices need fewer draws for the same width."""


@dataclass(frozen=True, eq=False)
class Later:
    """The alerts of a slice with what was foretold of them."""

    ordered: pd.DataFrame
    behind: Past
    rows: Rows
    """Positions in `ordered` of every alert raised in the slice, concluded or not."""
    label: Floats
    """Of these: 1, 0, or NaN where not known by the slice's end."""
    ranker: Ranker
    """The twin, which learnt what was known when the slice began."""
    scores: Scores
    since: datetime
    until: datetime

    @property
    def p(self) -> Floats:
        """Likelihood of each alert of the slice."""
        return self.scores.table["p_confirmed"].to_numpy(dtype=np.float64)

    @property
    def concluded(self) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which of them have an outcome that teaches something."""
        return np.asarray(~np.isnan(self.label))


def foretell_later(
    stream: pd.DataFrame, *, since: datetime, until: datetime, seed: int = 0, allowed: Collection[str] = ()
) -> Later:
    """Learn what was known at `since`, and score what was raised in [since, until)."""
    ordered = put_in_order(stream[stream["raised_at"] < pd.Timestamp(until)])
    late = ordered["known_at"] >= pd.Timestamp(until)
    ordered = ordered.assign(label=ordered["label"].mask(late), known_at=ordered["known_at"].mask(late))
    rows = np.flatnonzero((ordered["raised_at"] >= pd.Timestamp(since)).to_numpy())
    twin = learn(ordered, as_of=since, seed=seed, allowed=allowed)
    scores = twin.score(ordered, rows)
    label = ordered["label"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
    return Later(ordered, Past.of(ordered), rows, label, twin, scores, since, until)


def measured(later: Later) -> dict[str, Any]:
    """Figures of the slice as plain values: the risk model's, the past rate's, the gain, months, calibration."""
    known = later.concluded
    label, p = later.label[known], later.p[known]
    told: dict[str, Any] = {
        "later": {
            "since": later.since.isoformat(),
            "until": later.until.isoformat(),
            "n_alerts": len(later.rows),
            "n_concluded": len(label),
            "n_confirmed": int(label.sum()),
            "dropped": unmeasured(later.behind, later.rows),
        }
    }
    if not enough(label, FEWEST_TO_MEASURE):
        return told
    told["later"]["best"] = best_half(len(label), float(label.sum()))
    source = later.ordered["source"].iloc[later.rows[known]].reset_index(drop=True)
    past = past_rate(later)[known]
    told["figures"] = {name: _plain(vars(one)) for name, one in figures_of(label, p, source).items()}
    told["past_rate"] = {name: _plain(vars(one)) for name, one in figures_of(label, past, source).items()}
    told["gain"] = gains(label, p, past)
    told["better_than_chance"] = bool(told["figures"]["auc"]["low"] is not None and told["figures"]["auc"]["low"] > 0.5)
    told["months"] = by_month(later.ordered["raised_at"].iloc[later.rows[known]], label, p)
    told["calibration"] = calibration(label, p)
    return told


def enough(label: Floats, fewest: int) -> bool:
    """Whether outcomes are enough to measure by, and of both kinds."""
    return len(label) >= fewest and min(label.sum(), len(label) - label.sum()) >= FEWEST_OF_A_KIND


def past_rate(later: Later) -> Floats:
    """What the table of past rates, by source and domain, says of the slice: the baseline."""
    margins = PriorPart.of(later.behind, later.rows).margins()
    return np.asarray(1.0 / (1.0 + np.exp(-margins)), dtype=np.float64)


def _plain(values: dict[str, float | None]) -> dict[str, float | None]:
    return {
        name: None if value is None or not np.isfinite(value) else round(value, 5) for name, value in values.items()
    }


Measure = Callable[[Floats, Floats], float]


def _first_half(label: Floats, p: Floats) -> float:
    return found_in_top(label, p, 0.5)[0] / float(label.sum())


MEASURES: dict[str, Measure] = {
    "auc": lambda label, p: float(roc_auc_score(label, p)),
    "average_precision": lambda label, p: float(average_precision_score(label, p)),
    "first_half": _first_half,
    "brier": lambda label, p: -float(np.mean((p - label) ** 2)),
}
"""Figures that are compared; more is better (the Brier score is turned round)."""


def gains(label: Floats, ours: Floats, theirs: Floats, *, seed: int = 0, level: float = 0.95) -> dict[str, Any]:
    """By how much one set of likelihoods does better than another on the same alerts, with a paired bootstrap interval.

    Alerts are drawn anew with replacement, and both are measured on the same draw (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, ch. 13).
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    draws: dict[str, list[float]] = {name: [] for name in MEASURES}
    for _ in range(int(np.clip(_WORK / len(label), 50, _DRAWS))):
        rows = generator.integers(0, len(label), len(label))
        if 0 < label[rows].mean() < 1:
            for name, measure in MEASURES.items():
                draws[name].append(measure(label[rows], ours[rows]) - measure(label[rows], theirs[rows]))
    tail = 50.0 * (1.0 - level)
    out = {}
    for name, measure in MEASURES.items():
        low, high = np.percentile(draws[name], [tail, 100.0 - tail])
        value = measure(label, ours) - measure(label, theirs)
        out[name] = {"value": round(value, 5), "low": round(float(low), 5), "high": round(float(high), 5)}
    return out


def compare(later: Later, other: Ranker) -> dict[str, Any] | None:
    """The slice's twin against another ranker, which must have learnt nothing later than the slice's beginning.

    Returns: gains, how many alerts, and `verdict`: better or worse where the order (AUC) or the probabilities (Brier)
    differ beyond chance and the other of the two does not speak against it, else alike. Two figures are looked at, so
    each interval is one of 97.5 %. None where too few outcomes are known to tell.
    """
    known = later.concluded
    label = later.label[known]
    if not enough(label, FEWEST_TO_COMPARE):
        return None
    theirs = other.score(later.ordered, later.rows).table["p_confirmed"].to_numpy(dtype=np.float64)[known]
    gained = gains(label, later.p[known], theirs, level=0.975)
    return {"n": len(label), "gain": gained, "verdict": verdict(gained)}


def verdict(gained: dict[str, Any]) -> str:
    """better, alike or worse, by the intervals of AUC and Brier score."""
    better = [gained[name]["low"] > 0 for name in ("auc", "brier")]
    worse = [gained[name]["high"] < 0 for name in ("auc", "brier")]
    if any(better) and not any(worse):
        return "better"
    return "worse" if any(worse) and not any(better) else "alike"


def by_month(raised_at: "pd.Series[Any]", label: Floats, p: Floats) -> list[dict[str, Any]]:
    """Of each month (Asia/Shanghai) with enough outcomes: share of the confirmed in its first half, and levels."""
    months = (pd.to_datetime(raised_at) + pd.Timedelta(hours=8)).dt.strftime("%Y-%m").to_numpy()
    out = []
    for month in np.unique(months):
        inside = months == month
        n, hits = int(inside.sum()), float(label[inside].sum())
        if n < FEWEST_OF_A_MONTH or hits < 1:
            continue
        found = found_in_top(label[inside], p[inside], 0.5)[0]
        low, high = (float(x[0]) for x in wilson(np.array([found / hits]), hits))
        out.append(
            {
                "month": str(month),
                "n": n,
                "n_confirmed": int(hits),
                "first_half": round(found / hits, 4),
                "best": best_half(n, hits),
                "low": round(low, 4),
                "high": round(high, 4),
                "mean_p": round(float(p[inside].mean()), 4),
                "share": round(hits / n, 4),
            }
        )
    return out


def best_half(n: int, hits: float) -> float:
    """The largest share of the confirmed that half of n alerts can hold: not all where more than half are confirmed."""
    return round(min(1.0, top_size(n, 0.5) / hits), 4)


def calibration(label: Floats, p: Floats) -> list[dict[str, Any]]:
    """Groups of equal size in order of likelihood: what was said, what came of it, and its Wilson interval."""
    order = np.argsort(p, kind="stable")
    groups = np.array_split(order, int(np.clip(len(order) // LEAST_OF_A_BIN, 1, MOST_BINS)))
    out = []
    for group in groups:
        n, share = len(group), float(label[group].mean())
        low, high = (float(x[0]) for x in wilson(np.array([share]), float(n)))
        said = [round(float(x), 4) for x in (p[group].mean(), p[group].min(), p[group].max())]
        out.append(
            {"p": said[0], "from": said[1], "to": said[2], "share": round(share, 4), "low": round(low, 4),
             "high": round(high, 4), "n": n}
        )  # fmt: skip
    return out
