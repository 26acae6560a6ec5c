"""Alert feeds: a file of alerts from elsewhere, checked as a whole, with what is refused kept and said.

Source: design.md 6.
"""

import hashlib
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from data.errors import FeedRefused
from data.feed_columns import CONTRACT, LEVELS, Mapping, leave_out_columns, rename_columns, written_later
from data.feed_delimited import Rows, refused_rows
from data.feed_files import read_rows
from data.feed_values import (
    Reading,
    read_amounts,
    read_attribute,
    read_moments,
    read_outcomes,
    read_text,
    shortened_numbers,
)
from data.outcomes import OUTCOMES

DEFAULT_DELAY_DAYS = 30.0
"""Days from an alert to its outcome where neither the feed nor the mapping says. Source: feeds without closed_at."""
LONGEST_ID = 120
_LABELS = {"confirmed": 1.0, "dismissed": 0.0} | {code: o.label for code, o in OUTCOMES.items() if o.label is not None}
Mask = npt.NDArray[np.bool_]


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
    renamed, notes = rename_columns([str(name) for name in read.frame.columns], mapping)
    left_out, left_out_notes = leave_out_columns(renamed, mapping, allow)
    rows, n_blank = _without_blank(
        read.frame, [name for name, own in renamed.items() if own in {"alert_id", "raised_at"}]
    )
    notes = read.notes + notes + left_out_notes + ([f"{n_blank} blank rows were skipped."] if n_blank else [])
    if rows.empty and read.refused.empty:
        raise FeedRefused("The file has a header but no rows; one row an alert is expected.")
    named = rows.rename(columns=renamed)
    own_columns = {own for name, own in renamed.items() if name not in left_out and own != "known_at"}
    steps = len(own_columns - set(CONTRACT)) + 2
    progress(1, steps)
    checked = _Checked(named, mapping, now, spreadsheet=read.spreadsheet)
    refused = pd.concat([read.refused, checked.refused(rows)], ignore_index=True).sort_values(
        ["row_number", "column"], kind="stable", ignore_index=True
    )
    if checked.faulty.all():
        raise FeedRefused(_all_refused(refused))
    kept = ~checked.faulty
    alerts = checked.alerts[kept]
    attributes, attribute_notes = _read_attributes(
        named.loc[kept, [name for name in named.columns if name in own_columns - set(CONTRACT)]],
        typed=read.typed,
        progress=lambda done: progress(1 + done, steps),
    )
    alerts, delay_notes = _date_outcomes(alerts, mapping, now)
    alerts = pd.concat([alerts, attributes], axis=1).sort_values(["raised_at", "alert_id"], kind="stable")
    progress(steps, steps)
    return Feed(
        name=path.name,
        content_hash=hash_file(path),
        alerts=alerts.reset_index(drop=True),
        refused=refused,
        notes=notes + checked.notes + attribute_notes + delay_notes,
        n_read=len(rows) + int(read.refused["row_number"].nunique()),
        row_numbers=alerts.index.to_numpy(dtype=np.int64),
        rows=rows,
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_blank(frame: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, int]:
    doubtful = frame[keys].isna() | (frame[keys] == "")
    candidates = frame[doubtful.all(axis=1)]
    blank = (candidates.isna() | (candidates == "")).all(axis=1)
    return frame.drop(index=candidates.index[blank]), int(blank.sum())


class _Checked:
    """The contract's columns of a feed as values, and the faults of its rows."""

    def __init__(self, named: pd.DataFrame, mapping: Mapping, now: datetime, *, spreadsheet: bool) -> None:
        self._named = named
        self._faults: list[tuple[Mask, str, Callable[[int], str]]] = []
        self.faulty: Mask = np.zeros(len(named), dtype=bool)
        self.notes: list[str] = []
        self._spreadsheet = spreadsheet
        self._mapping = mapping
        self.alerts = pd.DataFrame(index=named.index)
        self._check_ids()
        self._check_moments(pd.Timestamp(now))
        for column in ("region", "domain", "source"):
            self.alerts[column] = read_text(self._column(column))
        self._check_values()
        self.alerts = self.alerts[[*CONTRACT]]

    def _column(self, name: str) -> "pd.Series[Any]":
        if name in self._named:
            return self._named[name]
        return pd.Series(None, index=self._named.index, dtype="object")

    def _refuse(self, mask: Any, column: str, reason: Callable[[int], str]) -> None:
        mask = np.asarray(mask, dtype=bool)
        if mask.any():
            self._faults.append((mask, column, reason))
            self.faulty = self.faulty | mask

    def _shown(self, column: str, place: int) -> str:
        return str(self._named[column].iloc[place])[:60]

    def _check_ids(self) -> None:
        ids = read_text(self._column("alert_id"))
        self.alerts["alert_id"] = ids
        self._refuse(ids.isna(), "alert_id", lambda _: "alert_id is empty; a number unique in the feed is expected.")
        self._refuse(
            ids.str.len() > LONGEST_ID, "alert_id", lambda _: f"alert_id has more than {LONGEST_ID} characters."
        )
        self._refuse(
            shortened_numbers(self._column("alert_id")),
            "alert_id",
            lambda place: (
                f"alert_id is {self._shown('alert_id', place)}, which a spreadsheet has shortened; store it as text."
            ),
        )
        first: dict[str, int] = {}
        if ids.duplicated().any():
            first = dict(zip(ids[::-1], ids.index[::-1], strict=True))
        self._refuse(
            ids.duplicated() & ids.notna(),
            "alert_id",
            lambda place: f"alert_id {ids.iloc[place]} is already in row {first[ids.iloc[place]]}; it must be unique.",
        )

    def _moments(self, column: str) -> "pd.Series[Any]":
        reading = read_moments(self._column(column), spreadsheet=self._spreadsheet, time_zone=self._mapping.time_zone)
        self._note(column, reading)
        self._refuse(
            reading.bad,
            column,
            lambda place: f"{column} is “{self._shown(column, place)}”; a date such as 2024-05-12 is expected.",
        )
        return reading.values

    def _note(self, column: str, reading: Reading) -> None:
        if reading.note:
            self.notes.append(f"The column {column} was read {reading.note}.")

    def _check_moments(self, now: pd.Timestamp) -> None:
        raised, closed = self._moments("raised_at"), self._moments("closed_at")
        missing = raised.isna() & ~self._faulty_in("raised_at")
        self._refuse(missing, "raised_at", lambda _: "raised_at is empty; the date of the alert is expected.")
        # A closing given as a day may stand beside a raising given to the minute.
        same_day = (closed < raised) & (closed == raised.dt.normalize())
        closed = closed.where(~same_day, raised)
        self._refuse(
            closed < raised,
            "closed_at",
            lambda place: (
                f"closed_at {closed.iloc[place]} is before raised_at {raised.iloc[place]}; an outcome comes later."
            ),
        )
        for column, moments in (("raised_at", raised), ("closed_at", closed)):
            self._refuse(
                moments > now + timedelta(days=1),
                column,
                lambda place, column=column, moments=moments: (  # type: ignore[misc]
                    f"{column} {moments.iloc[place]} is in the future; {now:%Y-%m-%d} or earlier is expected."
                ),
            )
        self.alerts["raised_at"], self.alerts["closed_at"] = raised, closed

    def _faulty_in(self, column: str) -> Mask:
        masks = [mask for mask, name, _ in self._faults if name == column]
        return np.logical_or.reduce(masks) if masks else np.zeros(len(self._named), dtype=bool)

    def _check_values(self) -> None:
        amounts = read_amounts(self._column("amount"), factor=self._mapping.amount_factor)
        self._refuse(
            amounts.bad,
            "amount",
            lambda place: f"amount is “{self._shown('amount', place)}”; a finite number is expected.",
        )
        outcomes = read_outcomes(self._column("outcome"), self._mapping.outcome)
        self._note("outcome", outcomes)
        self._refuse(
            outcomes.bad,
            "outcome",
            lambda place: (
                f"outcome is “{self._shown('outcome', place)}”; confirmed, dismissed, an office code or nothing is "
                "expected, or a line for it under [outcome] in the mapping."
            ),
        )
        self.alerts["amount"], self.alerts["outcome"] = amounts.values, outcomes.values
        if "level" in self._mapping.columns:
            levels = read_text(self._column("level"))
            self._refuse(
                levels.notna() & ~levels.str.lower().isin(LEVELS),
                "level",
                lambda place: (
                    f"level is “{self._shown('level', place)}”; red, orange or yellow (红, 橙, 黄) is expected."
                ),
            )

    def refused(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The faults in the shape of Feed.refused, with the content of `rows`."""
        places: list[int] = np.flatnonzero(self.faulty).tolist()
        numbers = rows.index.tolist()
        contents = dict(zip(places, row_contents(rows.iloc[places]), strict=True))
        found = [
            (numbers[place], column, reason(place), contents[place])
            for mask, column, reason in self._faults
            for place in np.flatnonzero(mask).tolist()
        ]
        return refused_rows(found)


def row_contents(rows: pd.DataFrame) -> list[str]:
    """Each row as a JSON object by column, cells as read, missing ones left out."""
    names = [str(name) for name in rows.columns]
    columns = [rows.iloc[:, place].astype("object").tolist() for place in range(len(names))]
    return [
        orjson.dumps(
            {name: _plain(cell) for name, cell in zip(names, cells, strict=True) if not _is_missing(cell)}, default=str
        ).decode()
        for cells in zip(*columns, strict=True)
    ]


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NaT or (isinstance(cell, float) and math.isnan(cell))


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and math.isinf(cell):
        return str(cell)
    return cell.item() if isinstance(cell, np.generic) else cell


def _all_refused(refused: pd.DataFrame) -> str:
    shapes = refused["reason"].str.replace(r"“[^”]*”|\d[\d:. -]*", "…", regex=True)
    counts = shapes.value_counts().head(3)
    first = refused.assign(shape=shapes).drop_duplicates("shape").set_index("shape")[["row_number", "reason"]]
    examples = first.to_dict("index")
    worst = "; ".join(
        f"{n:,} rows like row {examples[shape]['row_number']}: {str(examples[shape]['reason']).rstrip('.')}"
        for shape, n in counts.items()
    )
    return f"Every row was refused. {worst}."


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
