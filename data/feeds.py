"""Alert feeds: a file of alerts from elsewhere, checked as a whole, with what is refused kept and said.

Source: design.md 6.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import FeedRefused
from data.feed_checks import CheckedRows, describe_all_refused
from data.feed_columns import CONTRACT, REQUIRED, Mapping, leave_out_columns, rename_columns, written_later
from data.feed_delimited import Rows
from data.feed_files import read_rows
from data.feed_values import read_attribute
from data.outcomes import OUTCOMES

DEFAULT_DELAY_DAYS = 30.0
"""Days from an alert to its outcome where neither the feed nor the mapping says. Source: feeds without closed_at."""
_LABELS = {"confirmed": 1.0, "dismissed": 0.0} | {code: o.label for code, o in OUTCOMES.items() if o.label is not None}


@dataclass(frozen=True)
class Feed:
    """A feed file as accepted: its alerts, its refused rows, and what had to be assumed."""

    name: str
    """File name."""
    content_hash: str
    """SHA-256 of the file."""
    alerts: pd.DataFrame
    """Ordered by raised_at and alert_id. Always: alert_id (str), raised_at (datetime64[us], UTC), region, domain and
    source (str or missing), amount (float64), outcome (confirmed, dismissed or an office code; missing: none yet),
    closed_at, known_at (datetime64[us]; when the outcome became known, NaT without one); then the attributes."""
    refused: pd.DataFrame
    """row_number (the header is row 1), column, reason (one sentence), content (the row as read, JSON); a row with two
    faults is here twice."""
    notes: list[str]
    """What was assumed, left out, renamed or guessed, each one sentence."""
    n_read: int
    """Rows in the file, blank ones not counted."""
    row_numbers: npt.NDArray[np.int64] = field(repr=False, default_factory=lambda: np.empty(0, dtype=np.int64))
    """(n_alerts,) Row number in the file of each alert."""
    rows: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)
    """The file's rows as read, by row number."""

    @property
    def n_refused(self) -> int:
        """Rows refused, however many faults each has."""
        return int(self.refused["row_number"].nunique())


def label_of(outcome: "pd.Series[Any]") -> "pd.Series[float]":
    """What outcomes teach a ranker: 1.0 confirmed, 0.0 dismissed, NaN where there is none or it teaches nothing."""
    return outcome.map(_LABELS).astype("float64")


def read_feed(
    path: Path,
    *,
    mapping: Mapping | None = None,
    allow: Collection[str] = (),
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> Feed:
    """A feed file (CSV, XLSX, Parquet or JSON lines) read and checked; every fault of every row is in `refused`.

    `mapping` renames columns and words; `allow` lifts a column that was left out for its name; `now` is UTC without
    zone: alerts and outcomes of later than a day after it are refused. `progress` is told (steps done, of how many).
    Raises: FeedRefused, one message with all that is wrong, where the file as a whole cannot be taken.
    """
    mapping = mapping or Mapping()
    read = read_rows(path)
    try:
        return _check(path, read, mapping, allow, now, progress or (lambda _done, _all: None))
    except FeedRefused as error:
        raise FeedRefused(f"{path.name}: {error}") from None


def _check(
    path: Path,
    read: Rows,
    mapping: Mapping,
    allow: Collection[str],
    now: datetime,
    progress: Callable[[int, int], None],
) -> Feed:
    renamed, name_notes = rename_columns(list(read.frame.columns), mapping)
    left_out, left_out_notes = leave_out_columns(renamed, mapping, allow)
    required = [name for name, own in renamed.items() if own in REQUIRED]
    rows, blank_notes = _without_blank(read, required)
    named = rows.rename(columns=renamed).drop(columns=[renamed[name] for name in mapping.leave_out])
    extra = [own for name, own in renamed.items() if own not in CONTRACT and name not in left_out]
    progress(1, len(extra) + 2)
    checked = CheckedRows(named, mapping, now, spreadsheet=read.spreadsheet)
    refused = _join_refused(read.refused, checked.refused(rows))
    kept = ~checked.faulty
    if not kept.any():
        raise FeedRefused(describe_all_refused(refused))
    attributes, attribute_notes = _read_attributes(
        named.loc[kept, extra], typed=read.typed, progress=lambda done: progress(1 + done, len(extra) + 2)
    )
    alerts, delay_notes = _date_outcomes(checked.alerts[kept], mapping, now)
    alerts = pd.concat([alerts, attributes], axis=1).sort_values(["raised_at", "alert_id"], kind="stable")
    progress(len(extra) + 2, len(extra) + 2)
    return Feed(
        name=path.name,
        content_hash=hash_file(path),
        alerts=alerts.reset_index(drop=True),
        refused=refused,
        notes=[
            *read.notes,
            *name_notes,
            *left_out_notes,
            *blank_notes,
            *checked.notes,
            *attribute_notes,
            *delay_notes,
        ],
        n_read=len(rows) + int(read.refused["row_number"].nunique()),
        row_numbers=alerts.index.to_numpy(dtype=np.int64),
        rows=rows,
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_blank(read: Rows, required: list[str]) -> tuple[pd.DataFrame, list[str]]:
    doubtful = read.frame[required].isna() | (read.frame[required] == "")
    candidates = read.frame[doubtful.all(axis=1)]
    blank = candidates.index[(candidates.isna() | (candidates == "")).all(axis=1)]
    rows = read.frame.drop(index=blank)
    if rows.empty and read.refused.empty:
        raise FeedRefused("The file has a header but no rows; one row an alert is expected.")
    return rows, [f"{len(blank):,} blank rows were skipped."] if len(blank) else []


def _join_refused(lines: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([lines, cells], ignore_index=True)
    return both.sort_values(["row_number", "column"], kind="stable", ignore_index=True)


def _read_attributes(
    columns: pd.DataFrame, *, typed: bool, progress: Callable[[int], None]
) -> tuple[pd.DataFrame, list[str]]:
    kept, notes, empty = {}, [], []
    for done, name in enumerate(columns.columns):
        values, remark = read_attribute(columns[name], typed=typed)
        if values is not None:
            kept[name] = values
        if remark == "has no values":
            empty.append(name)
        elif remark:
            notes.append(f"The column “{name}” {remark}{'' if values is not None else ', so it was left out'}.")
        if values is not None and written_later(name):
            notes.append(
                f"The column “{name}” looks as if it was written after the alert was raised; "
                "if it was, name it in the mapping's leave_out."
            )
        progress(done)
    if empty:
        shown = ", ".join(empty[:10]) + (f" and {len(empty) - 10} more" if len(empty) > 10 else "")
        notes.append(f"Columns without any value were left out: {shown}.")
    return pd.DataFrame(kept, index=columns.index), notes


def _date_outcomes(alerts: pd.DataFrame, mapping: Mapping, now: datetime) -> tuple[pd.DataFrame, list[str]]:
    """`alerts` with known_at, and how it was come by."""
    concluded = alerts["outcome"].notna()
    dated = concluded & alerts["closed_at"].notna()
    delays = (alerts["closed_at"] - alerts["raised_at"])[dated].dt.total_seconds() / 86400
    days, origin = DEFAULT_DELAY_DAYS, "the usual assumption"
    if mapping.delay_days is not None:
        days, origin = mapping.delay_days, "as the mapping says"
    elif len(delays):
        days, origin = float(delays.median()), "the median of the alerts that have both"
    # Whatever the delay, an outcome in the file is known by now; and never before its alert.
    assumed = alerts["raised_at"] + pd.Timedelta(days=days)
    assumed = assumed.where(assumed <= pd.Timestamp(now), pd.Timestamp(now))
    assumed = assumed.where(assumed >= alerts["raised_at"], alerts["raised_at"])
    known = alerts["closed_at"].where(dated, assumed).where(concluded).astype("datetime64[us]")
    notes = []
    n_assumed = int((concluded & ~dated).sum())
    if n_assumed:
        notes.append(
            f"{n_assumed:,} outcomes have no closed_at; they are taken as known {days:g} days after the alert "
            f"was raised ({origin})."
        )
    labels = set(label_of(alerts["outcome"]).dropna())
    if len(labels) == 1:
        word = "confirmed" if labels == {1.0} else "dismissed"
        notes.append(f"Every outcome is of one kind ({word}): there is nothing to tell apart yet.")
    return alerts.assign(known_at=known), notes
