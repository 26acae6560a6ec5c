"""What each named order is worth: had the office's own concluded alerts been verified in it, at its weekly capacity.

Each week the first part of that week's alerts is verified, as much of it as the office concludes of what is raised.
Told are the shares of the confirmed alerts and of the money that are found so, with intervals and with the bounds that
ties leave open. The likelihoods are those of a ranker that learnt what was known before the first of the weeks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from data.orders import GRADES, NAMED, worth_of
from features.walk import Floats, Rows
from scoring.evaluation import found_in_top

FEWEST = 40
"""Concluded alerts, and FEWEST_CONFIRMED confirmed ones, below which nothing is told."""
FEWEST_CONFIRMED = 10
AMPLE = 0.9
"""An office that concludes this share of what is raised finds nearly everything in any order: half is looked at."""
HALF = 0.5
N_RESAMPLES = 200
_WEEK = pd.Timedelta(days=7)


def measured(
    ordered: pd.DataFrame, rows: Rows, p: Floats, *, since: datetime, until: datetime
) -> dict[str, Any] | None:
    """The trade on the alerts at `rows` of a stream, raised in [since, until); None where too few are concluded.

    A confirmed alert counts in the mixed order as what such alerts could bring back before `since`
    (`data.orders.worth_of`).
    """
    before = ordered[
        (ordered["known_at"] < pd.Timestamp(since)) & (ordered["label"] == 1) & (ordered["recoverable"] > 0)
    ]
    worth = worth_of(before["recoverable"].tolist())
    return trade(ordered.iloc[rows].reset_index(drop=True), p, since=since, until=until, worth=worth)


def trade(
    alerts: pd.DataFrame, p: Floats, *, since: datetime, until: datetime, worth: float, seed: int = 0
) -> dict[str, Any] | None:
    """The trade between the orders on the alerts raised in [since, until), as plain values; None where too few.

    alerts: columns raised_at, known_at (NaT: not concluded by `until`), label (NaN: it teaches nothing), level and
    recoverable; `p` goes with its rows.
    worth: CNY that a confirmed alert counts in the mixed order.
    Returns: first, last, n, n_confirmed, money, own_share (concluded of raised), share (looked at), per_week
    (concluded), worth, and figures: order to {found, money} to {value, low, high, tie_low, tie_high}.
    """
    label = alerts["label"].to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(label)
    confirmed = label[known]
    if len(confirmed) < FEWEST or confirmed.sum() < FEWEST_CONFIRMED:
        return None
    told = alerts[known]
    recoverable = told["recoverable"].to_numpy(dtype=np.float64, na_value=np.nan)
    weeks = ((told["raised_at"] - pd.Timestamp(since)) // _WEEK).to_numpy(dtype=np.int64)
    n_weeks = (pd.Timestamp(until) - pd.Timestamp(since)) / _WEEK
    concluded = alerts["known_at"].notna()
    own = float(concluded.mean())
    share = own if own < AMPLE else HALF
    scores = scores_of(told, p[known], recoverable, worth)
    values = {"found": confirmed, "money": confirmed * np.nan_to_num(recoverable)}
    generator = np.random.Generator(np.random.PCG64(seed))
    draws = [generator.integers(0, len(confirmed), len(confirmed)) for _ in range(N_RESAMPLES)]
    return {
        "first": f"{told['raised_at'].min():%Y-%m-%d}",
        "last": f"{told['raised_at'].max():%Y-%m-%d}",
        "n": len(confirmed),
        "n_confirmed": int(confirmed.sum()),
        "money": round(float(values["money"].sum()), 2),
        "own_share": round(own, 4),
        "share": round(share, 4),
        "per_week": round(float(concluded.sum()) / n_weeks, 1),
        "worth": worth,
        "figures": {
            order: {name: _figure(value, scores[order], weeks, share, draws) for name, value in values.items()}
            for order in NAMED
        },
    }


def scores_of(alerts: pd.DataFrame, p: Floats, recoverable: Floats, worth: float) -> Mapping[str, Floats]:
    """For each named order what it puts alerts in order by, the highest first: the twin of `data.orders.key`.

    Alerts that an order tells apart only by their age or number are ties here.
    """
    grade = alerts["level"].map(GRADES).fillna(len(GRADES)).to_numpy(dtype=np.float64)
    raised = alerts["raised_at"].to_numpy().astype("datetime64[s]").astype(np.float64)
    money = np.nan_to_num(recoverable)
    return {
        "likelihood": p,
        # Alerts without an amount come after all that have one, the likeliest first.
        "recoverable": np.where(np.isnan(recoverable), p - 2.0, p * money),
        "urgency": -(grade * 1e12 + raised),
        "mixed": p * (worth + money),
    }


def _figure(
    value: Floats, score: Floats, weeks: "np.ndarray[Any, np.dtype[np.int64]]", share: float, draws: list[Any]
) -> dict[str, float | None]:
    found, least, most = _found(value, score, weeks, share)
    again = [_found(value[rows], score[rows], weeks[rows], share)[0] for rows in draws]
    low, high = np.percentile([one for one in again if np.isfinite(one)] or [np.nan], [2.5, 97.5])
    figure = {"value": found, "low": float(low), "high": float(high), "tie_low": least, "tie_high": most}
    return {name: round(one, 4) if np.isfinite(one) else None for name, one in figure.items()}


def _found(
    value: Floats, score: Floats, weeks: "np.ndarray[Any, np.dtype[np.int64]]", share: float
) -> tuple[float, float, float]:
    """Share of the whole value found in the first part of each week: under ties broken evenly, at worst, at best."""
    whole = float(value.sum())
    if whole <= 0:
        return float("nan"), float("nan"), float("nan")
    inside = [weeks == week for week in np.unique(weeks)]
    parts = np.array([found_in_top(value[one], score[one], share) for one in inside])
    found, least, most = (float(one) / whole for one in parts.sum(axis=0))
    return found, least, most
