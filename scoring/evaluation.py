"""Evaluation: what an order of alerts is worth, on outcomes that came later, each figure with its interval."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

from data.errors import InputRefused
from features.past import Past, put_in_order
from features.walk import NEVER, Floats, Rows
from scoring.baselines import BASELINES, foretell
from scoring.replay import walk

OURS = "Mingjing"
FIGURES = (
    "auc",
    "auc_within_source",
    "average_precision",
    "precision_5",
    "precision_10",
    "precision_20",
    "first_half",
    "brier",
    "ece",
)
N_BINS = 20
N_RESAMPLES = 100

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Figure:
    """One figure with its bootstrap interval; for figures of an order also its bounds under ties."""

    value: float
    low: float
    high: float
    tie_low: float | None = None
    tie_high: float | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures by method, on the same alerts."""

    figures: dict[str, dict[str, Figure]]
    n_alerts: int
    n_confirmed: int
    n_steps: int
    notes: list[str]
    dropped: dict[str, int]
    """Alerts raised in the time measured that no figure counts, by reason; never taken as dismissed."""


def measure(label: Floats, p: Floats, source: "pd.Series[Any] | None" = None) -> dict[str, float]:
    """Every figure of FIGURES for probabilities p of labels; NaN where it cannot be told (one kind of outcome only).

    Ties are broken evenly: a tied group counts with its mean.
    """
    if not len(label) or not 0 < label.mean() < 1:
        return dict.fromkeys(FIGURES, float("nan")) | {
            "brier": float(np.mean((p - label) ** 2)) if len(label) else np.nan
        }
    return {
        "auc": float(roc_auc_score(label, p)),
        "auc_within_source": within_source(label, p, source),
        "average_precision": float(average_precision_score(label, p)),
        "precision_5": found_in_top(label, p, 0.05)[0] / top_size(len(label), 0.05),
        "precision_10": found_in_top(label, p, 0.10)[0] / top_size(len(label), 0.10),
        "precision_20": found_in_top(label, p, 0.20)[0] / top_size(len(label), 0.20),
        "first_half": found_in_top(label, p, 0.5)[0] / float(label.sum()),
        "brier": float(np.mean((p - label) ** 2)),
        "ece": calibration_error(label, p),
    }


def top_size(n: int, share: float) -> int:
    """How many alerts the first share of a list holds, at least one."""
    return max(1, int(n * share))


def found_in_top(label: Floats, p: Floats, share: float) -> tuple[float, float, float]:
    """Confirmed among the first share of the list: expected under ties, and the least and most ties allow.

    Whatever else is found may stand in for the labels, such as money.
    """
    size = top_size(len(p), share)
    border = np.partition(-p, size - 1)[size - 1]
    above, tied = -p < border, -p == border
    sure, places = float(label[above].sum()), size - int(above.sum())
    between = np.sort(label[tied])
    least, most = float(between[:places].sum()), float(between[len(between) - places :].sum())
    return sure + float(between.sum()) * places / len(between), sure + least, sure + most


def within_source(label: Floats, p: Floats, source: "pd.Series[Any] | None") -> float:
    """AUC inside each source, averaged by the number of (confirmed, dismissed) pairs; without sources, the AUC."""
    if source is None or source.isna().all():
        return float(roc_auc_score(label, p))
    codes = pd.factorize(source, use_na_sentinel=False)[0]
    total, weight = 0.0, 0.0
    for code in np.unique(codes):
        inside = codes == code
        hits = float(label[inside].sum())
        pairs = hits * (inside.sum() - hits)
        if pairs:
            total += pairs * float(roc_auc_score(label[inside], p[inside]))
            weight += pairs
    return total / weight if weight else float("nan")


def calibration_error(label: Floats, p: Floats) -> float:
    """Expected calibration error over 20 groups of equal size in order of p."""
    order = np.argsort(p, kind="stable")
    groups = np.array_split(order, min(N_BINS, len(order)))
    return float(sum(abs(label[g].mean() - p[g].mean()) * len(g) for g in groups) / len(order))


def figures_of(label: Floats, p: Floats, source: "pd.Series[Any] | None", *, seed: int = 0) -> dict[str, Figure]:
    """Every figure with its 95 % bootstrap interval (resampling alerts) and its tie bounds."""
    point = measure(label, p, source)
    draws: dict[str, list[float]] = {name: [] for name in FIGURES}
    generator = np.random.Generator(np.random.PCG64(seed))
    for _ in range(N_RESAMPLES):
        rows = generator.integers(0, len(label), len(label))
        again = measure(label[rows], p[rows], None if source is None else source.iloc[rows])
        for name, value in again.items():
            draws[name].append(value)
    out = {}
    for name, value in point.items():
        kept = [draw for draw in draws[name] if np.isfinite(draw)]
        low, high = np.percentile(kept, [2.5, 97.5]) if kept else (np.nan, np.nan)
        out[name] = Figure(value, float(low), float(high), *_tie_bounds(name, label, p))
    return out


def _tie_bounds(name: str, label: Floats, p: Floats) -> tuple[float | None, float | None]:
    share = {"precision_5": 0.05, "precision_10": 0.1, "precision_20": 0.2, "first_half": 0.5}.get(name)
    if share is None or not label.sum():
        return None, None
    _, low, high = found_in_top(label, p, share)
    whole = float(label.sum()) if name == "first_half" else float(top_size(len(p), share))
    return low / whole, high / whole


def unmeasured(behind: Past, rows: Rows) -> dict[str, int]:
    """Of some alerts those that cannot be measured, by reason; they are left out, never taken as dismissed."""
    opened = behind.known[rows] == NEVER
    silent = ~opened & np.isnan(behind.label[rows])
    found = {"no outcome known yet": int(opened.sum()), "outcome teaches nothing": int(silent.sum())}
    return {reason: n for reason, n in found.items() if n}


def evaluate_replay(
    stream: pd.DataFrame,
    *,
    since: datetime,
    every: timedelta,
    seed: int = 0,
    allowed: Collection[str] = (),
    progress: Tell,
) -> Evaluation:
    """Walk through a feed and measure ours and the baselines, refitted at each step, on the same alerts.

    Raises InputRefused where no alert with an outcome was raised at or after `since`.
    """
    ordered = put_in_order(stream)
    behind = Past.of(ordered)
    label = behind.label
    rows: list[Rows] = []
    found: dict[str, list[Floats]] = {name: [] for name in (*BASELINES, OURS)}
    notes: list[str] = []

    def tell(n: int, of: int) -> None:
        progress(n, of, "walking through time")

    for step in walk(ordered, since=since, every=every, seed=seed, allowed=allowed, progress=tell):
        moment = pd.Timestamp(step.begin).value // 1000
        asked = step.rows[~np.isnan(label[step.rows])]
        if not len(asked):
            continue
        taught = np.flatnonzero((behind.raised < moment) & (behind.known < moment) & ~np.isnan(label))
        rows.append(asked)
        concluded = ~np.isnan(label[step.rows])
        found[OURS].append(step.scores.table["p_confirmed"].to_numpy()[concluded])
        # The baselines are spared what was written after verification, too.
        fair = ordered.drop(columns=[leak.column for leak in step.ranker.held_back])
        for name, p in foretell(fair, taught, asked).items():
            found[name].append(p)
        notes = step.ranker.notes
    if not rows:
        raise InputRefused(f"No alert raised from {since:%Y-%m-%d} on has an outcome; give an earlier --from.")
    asked = np.concatenate(rows)
    progress(0, len(found), "measuring")
    figures = {
        name: figures_of(label[asked], np.concatenate(parts), ordered["source"].iloc[asked], seed=seed)
        for name, parts in found.items()
    }
    dropped = unmeasured(behind, np.flatnonzero(behind.raised >= pd.Timestamp(since).value // 1000))
    if dropped:
        told = ", ".join(f"{n:,} {reason}" for reason, n in dropped.items())
        notes = [*notes, f"{sum(dropped.values()):,} alerts were not measured: {told}"]
    return Evaluation(figures, len(asked), int(label[asked].sum()), len(rows), notes, dropped)
