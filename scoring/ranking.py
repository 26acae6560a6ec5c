"""Ranking feeds without an office: one feed learnt from and another put in order, or one walked through in time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.errors import InputRefused
from features.attributes import dates_of, numbers_of
from scoring.ranker import Scores, learn
from scoring.replay import silence_days, walk

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Alerts with their scores, and what should be said about how they were made."""

    table: pd.DataFrame
    """alert_id, rank, p_confirmed, p_low, p_high, reasons (JSON); a replay's also step."""
    notes: list[str]


def rank_new(
    past: pd.DataFrame, new: pd.DataFrame, *, seed: int = 0, allowed: Collection[str] = (), progress: Tell
) -> Ranked:
    """Learn from the past feed and put the new one in order, likeliest first; ties by earlier alert, then by id.

    Every outcome in the past feed is in hand and counts as known; outcomes in the new feed are not looked at.
    Raises InputRefused where there is nothing to put in order.
    """
    if new.empty:
        raise InputRefused("The new feed has no alerts; nothing to put in order.")
    begin, end = pd.Timestamp(new["raised_at"].min()), pd.Timestamp(new["raised_at"].max())
    stream, n_past, notes = _join(_in_hand(past, begin), new)
    last = max(stream["known_at"].max(), stream["raised_at"].iloc[:n_past].max()) if n_past else begin
    as_of = (begin if pd.isna(last) else last) + pd.Timedelta(microseconds=1)
    silent = silence_days(min(begin, as_of), end)
    progress(0, 3, "learning from the past")
    ranker = learn(stream.iloc[:n_past], as_of=as_of.to_pydatetime(), seed=seed, silent_days=silent, allowed=allowed)
    progress(1, 3, "scoring and explaining")
    scores = ranker.score(stream, np.arange(n_past, len(stream)))
    table = scores.table.assign(raised_at=new["raised_at"].to_numpy(), reasons=_reasons(scores))
    table = _in_order(table)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    progress(3, 3, "ranked")
    columns = ["alert_id", "rank", "p_confirmed", "p_low", "p_high", "reasons"]
    return Ranked(table[columns], notes + ranker.notes + _tell_dropped(ranker.dropped))


def _join(past: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.DataFrame, int, list[str]]:
    """One stream of both feeds: an alert in both is scored as new, and its outcome in the past feed is not used."""
    notes = []
    both = past["alert_id"].isin(new["alert_id"])
    if both.any():
        notes.append(
            f"{int(both.sum()):,} alerts are in both feeds: ranked as new, their outcomes in the past not used"
        )
        past = past[~both]
    if new["label"].notna().any():
        notes.append(f"the outcomes of {int(new['label'].notna().sum()):,} alerts in the new feed were not looked at")
    never = pd.Series(pd.NaT, index=new.index, dtype="datetime64[us]")
    silent = new.assign(label=np.nan, known_at=never)
    only_past = [name for name in past.columns if name not in new.columns]
    only_new = [name for name in new.columns if name not in past.columns]
    silent, past = silent.drop(columns=only_new), past.drop(columns=[n for n in only_past if n not in _LATER])
    missing = [name for name in only_past if name not in _LATER]
    if missing or only_new:
        notes.append(f"columns in one feed only are not used: {', '.join(missing + only_new)}")
    for name in past.columns.intersection(silent.columns):
        if past[name].dtype != silent[name].dtype and name not in {"known_at", "label"}:
            past, silent, lost = _same_type(past, silent, name)
            if lost:
                notes.append(f"column {name}: {lost:,} values of the new feed could not be read as the past's; missing")
    return pd.concat([past, silent], ignore_index=True), len(past), notes


_LATER = frozenset({"outcome", "closed_at", "known_at", "label"})


def _same_type(past: pd.DataFrame, new: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """A column read as two types brought to one, and how many new values were lost by it.

    Where the past holds numbers or dates, they were learnt from as such, and a new value that is none is missing;
    else both are text.
    """
    one, two = past[name], new[name]
    if one.isna().all():
        return past.assign(**{name: pd.Series(pd.NA, index=past.index).astype(two.dtype, errors="ignore")}), new, 0
    if two.isna().all():
        return past, new.assign(**{name: two.astype(one.dtype, errors="ignore")}), 0
    if pd.api.types.is_datetime64_any_dtype(one):
        read = two if pd.api.types.is_datetime64_any_dtype(two) else dates_of(two)
    elif pd.api.types.is_numeric_dtype(one) and not pd.api.types.is_bool_dtype(one):
        past = past.assign(**{name: one.astype("float64")})
        read = pd.Series(numbers_of(two), index=two.index)
    else:
        return past.assign(**{name: one.astype("string")}), new.assign(**{name: two.astype("string")}), 0
    return past, new.assign(**{name: read}), int((read.isna() & two.notna()).sum())


def _in_hand(past: pd.DataFrame, begin: pd.Timestamp) -> pd.DataFrame:
    """The past feed with every outcome known before the new feed begins: whoever ranks has them in hand."""
    just_before = begin - pd.Timedelta(microseconds=1)
    latest = past["raised_at"].where(past["raised_at"] > just_before, just_before)
    known = past["known_at"].where(past["known_at"] < latest, latest).where(past["known_at"].notna())
    return past.assign(known_at=known.astype("datetime64[us]"))


def replay_feed(
    stream: pd.DataFrame,
    *,
    since: datetime,
    every: timedelta,
    seed: int = 0,
    allowed: Collection[str] = (),
    progress: Tell,
) -> Ranked:
    """Walk through a feed in steps and score each step's alerts, likeliest first within a step.

    Raises InputRefused where no alert was raised at or after `since`.
    """
    if stream.empty or stream["raised_at"].max() < pd.Timestamp(since):
        last = "nothing" if stream.empty else f"{stream['raised_at'].max():%Y-%m-%d}"
        raise InputRefused(f"--from {since:%Y-%m-%d}: the feed ends before it ({last}); give an earlier date.")
    tables: list[pd.DataFrame] = []
    notes: list[str] = []

    def tell(n: int, of: int) -> None:
        progress(n, of, "replaying")

    for step in walk(stream, since=since, every=every, seed=seed, allowed=allowed, progress=tell):
        reasons = _reasons(step.scores)
        table = _in_order(step.scores.table.assign(step=step.number, raised_at=step.rows, reasons=reasons))
        table["rank"] = np.arange(1, len(table) + 1)
        tables.append(table)
        notes += [f"from {step.begin:%Y-%m-%d}: {note}" for note in step.ranker.notes if note not in _seen(notes)]
    columns = ["alert_id", "step", "p_confirmed", "p_low", "p_high", "rank", "reasons"]
    return Ranked(pd.concat(tables, ignore_index=True)[columns], notes)


def _reasons(scores: Scores) -> "pd.Series[Any]":
    return pd.Series([scores.reasons_text(i) for i in range(len(scores.table))], dtype=object)


def _seen(notes: list[str]) -> set[str]:
    return {note.partition(": ")[2] for note in notes}


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(
        ["p_confirmed", "raised_at", "alert_id"], ascending=[False, True, True], kind="stable", ignore_index=True
    )


def _tell_dropped(dropped: dict[str, int]) -> list[str]:
    return [f"{n:,} past alerts were not learnt from: {reason}" for reason, n in dropped.items()]
