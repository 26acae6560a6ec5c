"""The model card: what a risk model learnt from, how it did on the later slice, where it is weak, what moves it.

Source: M. Mitchell et al., Model Cards for Model Reporting, FAT* 2019. Sums only; pages read it from the database.
"""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from scoring import drift, later
from scoring.groups import by_group, weak_spots
from scoring.later import Later
from scoring.ranker import Ranker, Scores
from scoring.wording import Words

MOST_EXPLAINED = 300
"""Alerts of the slice whose contributions make the importance of the facts."""
ALSO_GROUPED_BY = ("source", "domain")


def card(
    ranker: Ranker, twin: Later, stream: pd.DataFrame, groups: pd.DataFrame, words: Words, *, now: datetime
) -> dict[str, Any]:
    """Everything that is filed with a ranker, as plain values.

    twin: the later slice; stream: the office's whole stream; groups: of the slice's alerts, as in
    `data.subject_groups`.
    """
    told = later.measured(twin)
    rows = twin.ordered.iloc[twin.rows]
    kinds = {str(name): column.reset_index(drop=True) for name, column in groups.items()}
    kinds |= {name: rows[name].reset_index(drop=True) for name in ALSO_GROUPED_BY if name in rows}
    subject = rows["subject"].reset_index(drop=True) if "subject" in rows else None
    grouped = by_group(kinds, twin.label, twin.p, subject)
    known = twin.concluded
    gap = float((twin.label - twin.p)[known].mean()) if known.any() else 0.0
    auc = (told.get("figures") or {}).get("auc", {}).get("value")
    return told | {
        "notes": ranker.notes,
        "dropped": ranker.dropped,
        "held_back": [leak.to_json() for leak in ranker.held_back],
        "window": window(stream, now),
        "chance": ranker.blend is None and ranker.choices is not None,
        "scores": drift.score_bins(twin.p) if len(twin.p) else None,
        "groups": grouped,
        "weak": weak_spots(grouped, 0.5 if auc is None else auc, gap),
        "importance": importance(twin.scores, words),
    }


def window(stream: pd.DataFrame, now: datetime) -> dict[str, Any]:
    """The outcomes learnt from: how many, how many confirmed, and the first and last day their alerts were raised."""
    learnt = stream[(stream["raised_at"] < now) & (stream["known_at"] < now) & stream["label"].notna()]
    if learnt.empty:
        return {"n": 0, "n_confirmed": 0, "first": None, "last": None}
    first, last = learnt["raised_at"].min(), learnt["raised_at"].max()
    n_confirmed = int(learnt["label"].sum())
    return {"n": len(learnt), "n_confirmed": n_confirmed, "first": first.isoformat(), "last": last.isoformat()}


def importance(scores: Scores, words: Words) -> list[dict[str, Any]]:
    """By fact, the mean size of its contributions in points over a sample of alerts, largest first."""
    n = len(scores.table)
    if not n:
        return []
    sample = np.unique(np.linspace(0, n - 1, min(n, MOST_EXPLAINED)).astype(np.int64))
    total: dict[str, float] = {}
    for i in sample:
        for item in scores.reasons(int(i), words=words)["items"]:
            total[item["feature"]] = total.get(item["feature"], 0.0) + abs(item["points"])
    ordered = sorted(total.items(), key=lambda one: -one[1])
    return [
        {"fact": fact, "points": round(points / len(sample), 4), **fact_words(fact, words)} for fact, points in ordered
    ]


def fact_words(fact: str, words: Words) -> dict[str, str]:
    """What a fact is called, in Chinese and in English."""
    if fact == "overall":
        return {"zh": "近期总体查实率", "en": "overall rate lately"}
    if fact == "raised_at":
        return {"zh": "预警产生的时间", "en": "when it was raised"}
    named = [words.name_of(part) for part in fact.split("×")]
    return {"zh": " × ".join(zh for zh, _ in named), "en": " × ".join(en for _, en in named)}
