"""Monitoring: how the live risk model does since it learnt, before outcomes arrive and as they do.

Four things are looked at, each with a threshold that is stated where it is shown: whether what comes in still looks
like what was learnt from (drift), whether the likelihoods moved, whether outcomes bear them out (calibration), and what
the order should be worth by its own likelihoods (expected performance). The live ranker scores every alert raised since
its data as of its raising, concluded or not, so that nothing here depends on which were verified first.
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.past import put_in_order
from features.walk import Floats
from scoring import drift
from scoring.blend import wilson
from scoring.evaluation import calibration_error
from scoring.expected import expected_figures
from scoring.groups import area
from scoring.later import FEWEST_OF_A_KIND, FEWEST_TO_MEASURE, by_month, calibration
from scoring.model_card import fact_words
from scoring.ranker import Ranker
from scoring.unbiased import rescored
from scoring.wording import Words

FEWEST = drift.FEWEST
LEARNT_DAYS = 365
"""Alerts of this many days before its data ended stand for what the model learnt from."""
CALIBRATION_GAP = 0.04
"""Mean likelihood and share confirmed may differ by this much, or by chance."""
EXPECTED_FALL = 0.05
"""The expected AUC may lie this far below the one measured on the later slice."""
MOST_FACTS = 12


def look(
    ranker: Ranker,
    stream: pd.DataFrame,
    metrics: dict[str, Any],
    words: Words,
    *,
    as_of: datetime,
    now: datetime,
    checks: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """How a ranker that learnt what was known at `as_of` does on the alerts raised since, as plain values.

    metrics: what was filed with it (`scoring.model_card`); checks: share, drawn and open of the alerts that had part in
    the random checks, by alert_id.
    """
    ordered = put_in_order(stream[stream["raised_at"] < pd.Timestamp(now)])
    late = ordered["known_at"] >= pd.Timestamp(now)
    ordered = ordered.assign(label=ordered["label"].mask(late), known_at=ordered["known_at"].mask(late))
    raised = ordered["raised_at"]
    rows = np.flatnonzero((raised >= pd.Timestamp(as_of)).to_numpy())
    told: dict[str, Any] = {"since": as_of.isoformat(), "n_alerts": len(rows), "fewest": FEWEST}
    if len(rows) < FEWEST:
        return told
    learnt = ordered[(raised < pd.Timestamp(as_of)) & (raised >= pd.Timestamp(as_of - timedelta(days=LEARNT_DAYS)))]
    facts = drift.by_fact(ranker.plan.attributes, learnt, ordered.iloc[rows])
    p = ranker.score(ordered, rows).table["p_confirmed"].to_numpy(dtype=np.float64)
    label = ordered["label"].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
    known = ~np.isnan(label)
    told |= {
        "n_concluded": int(known.sum()),
        "data": [one | fact_words(one["fact"], words) for one in facts[:MOST_FACTS]],
        "n_facts": len(facts),
        "n_moved": sum(one["level"] != "stable" for one in facts),
        "data_level": _worst([one["level"] for one in facts]),
        "scores": drift.of_scores(metrics["scores"], p) if metrics.get("scores") else None,
        "calibration": _calibration(label[known], p[known]),
        "expected": _expected(p, metrics),
        "measured": _measured(label[known], p[known]),
        "months": by_month(raised.iloc[rows[known]], label[known], p[known]),
        "unbiased": None if checks is None else rescored(checks, ordered["alert_id"].iloc[rows], p).as_dict(),
    }
    return told


def alarms(told: dict[str, Any]) -> list[str]:
    """Which of the four are past their threshold."""
    levels = {name: (told.get(name) or {}).get("level") for name in ("scores", "calibration", "expected")}
    levels["data"] = told.get("data_level")
    return [name for name, level in levels.items() if level == "strong"]


def _worst(levels: list[str]) -> str:
    return next((level for level in ("strong", "moved") if level in levels), "stable")


def _calibration(label: Floats, p: Floats) -> dict[str, Any] | None:
    n = len(label)
    if n < FEWEST_TO_MEASURE:
        return None
    share, said = float(label.mean()), float(p.mean())
    low, high = (float(x[0]) for x in wilson(np.array([share]), float(n)))
    apart = abs(share - said) > CALIBRATION_GAP and not low <= said <= high
    return {
        "n": n, "mean_p": round(said, 4), "share": round(share, 4), "low": round(low, 4), "high": round(high, 4),
        "ece": round(calibration_error(label, p), 4), "bins": calibration(label, p),
        "level": "strong" if apart else "stable",
    }  # fmt: skip


def _expected(p: Floats, metrics: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {name: round(value, 4) for name, value in expected_figures(p).items() if np.isfinite(value)}
    before = ((metrics.get("figures") or {}).get("auc") or {}).get("value")
    fell = before is not None and "auc" in told and told["auc"] < before - EXPECTED_FALL
    return told | {"before": before, "n": len(p), "level": "strong" if fell else "stable"}


def _measured(label: Floats, p: Floats) -> dict[str, Any] | None:
    if len(label) < FEWEST_TO_MEASURE or min(label.sum(), len(label) - label.sum()) < FEWEST_OF_A_KIND:
        return None
    auc, error = area(label, p)
    return {"auc": round(auc, 4), "low": round(auc - 1.96 * error, 4), "high": round(min(1.0, auc + 1.96 * error), 4),
            "n": len(label)}  # fmt: skip
