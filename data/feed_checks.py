"""The rows of a feed against the contract: the contract's columns as values, and every fault of every row."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from data.feed_columns import CONTRACT, LEVELS, Mapping
from data.feed_delimited import refused_rows
from data.feed_values import (
    LARGEST_AMOUNT,
    Reading,
    narrow,
    read_amounts,
    read_moments,
    read_outcomes,
    read_text,
    shortened_numbers,
)

LONGEST_ID = 120
"""Characters of an alert_id: with the feed's name it is the key of the alert in the office."""
Mask = npt.NDArray[np.bool_]


class CheckedRows:
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
        return narrow(str(self._named[column].iloc[place])[:60])

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
            lambda place: (
                f"amount is “{self._shown('amount', place)}”; a number up to {LARGEST_AMOUNT:,.0f} CNY is expected."
            ),
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


def describe_all_refused(refused: pd.DataFrame) -> str:
    """Why nothing of a file could be taken: its commonest reasons, with an example of each."""
    shapes = refused["reason"].str.replace(r"“[^”]*”|\d[\d:. -]*", "…", regex=True)
    counts = shapes.value_counts().head(3)
    first = refused.assign(shape=shapes).drop_duplicates("shape").set_index("shape")[["row_number", "reason"]]
    examples = first.to_dict("index")
    worst = "; ".join(
        f"{n:,} rows like row {examples[shape]['row_number']}: {str(examples[shape]['reason']).rstrip('.')}"
        for shape, n in counts.items()
    )
    return f"Every row was refused. {worst}."
