"""What a feed brings, as rows of the office's tables: the events of its alerts, in statements of some thousand rows."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd
from sqlalchemy import Table as SqlTable

from data import dispatch
from data.tables import DatasetFiling, Table

ACTOR = "feed"
"""Who raises and concludes what no person did."""
HELD = "H1"
_CHUNK = 5_000


def chunks(frame: pd.DataFrame) -> Iterator[list[dict[str, Any]]]:
    """The frame's rows as parameters of a statement, some thousands at a time."""
    for start in range(0, len(frame), _CHUNK):
        part = frame.iloc[start : start + _CHUNK]
        columns = [_parameters(part[name]) for name in part.columns]
        names = list(part.columns)
        yield [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def table(rows_of: type[Table]) -> SqlTable:
    """The table itself, for statements over many rows."""
    # Straight into the table: the object layer would send a statement for each combination of missing values.
    return cast("SqlTable", rows_of.__table__)


def _parameters(values: "pd.Series[Any]") -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        # NumPy's own conversion gives plain datetimes, and None for NaT.
        moments: list[Any] = values.to_numpy(dtype="datetime64[us]").tolist()
        return moments
    return values.astype("object").where(values.notna(), None).tolist()


def status_after(codes: "pd.Series[str]") -> "pd.Series[str]":
    """The state an outcome code leads to; waiting where there is none."""
    return codes.map(lambda code: "held" if code == HELD else "closed").where(codes.notna(), "waiting")


def events(alerts: pd.DataFrame, filing: DatasetFiling) -> pd.DataFrame:
    """A raised event for each alert at its own date; then that it was dispatched, or its outcome when it was known."""
    raised = pd.DataFrame(
        {
            "alert_id": alerts["id"],
            "at": alerts["raised_at"],
            "actor": ACTOR,
            "kind": "raised",
            "version": 1,
            "from_status": None,
            "to_status": "waiting",
            "outcome": None,
            "level": alerts["level"],
            "unit_code": None,
            "signed_in_at": None,
            "due_on": None,
        }
    )
    given = alerts[alerts["status"] == "dispatched"]
    dispatched = raised.loc[given.index].assign(
        at=pd.Timestamp(filing.received_at),
        actor=dispatch.ACTOR,
        kind="dispatched",
        version=2,
        from_status="waiting",
        to_status="dispatched",
    )
    concluded = outcome_events(alerts[alerts["code"].notna()].assign(from_status="waiting", version=2))
    every = pd.concat([part.astype("object") for part in (raised, dispatched, concluded)], ignore_index=True)
    every["at"] = every["at"].astype("datetime64[us]")
    return every.sort_values(["alert_id", "version"], kind="stable").assign(cause=None, note="")


def outcome_events(alerts: pd.DataFrame) -> pd.DataFrame:
    """The event of each outcome, of alerts with id, code, known_at, from_status, version, level and unit_code."""
    return pd.DataFrame(
        {
            "alert_id": alerts["id"],
            "at": alerts["known_at"],
            "actor": ACTOR,
            "kind": np.where(alerts["code"] == HELD, "deferred", "imported"),
            "version": alerts["version"],
            "from_status": alerts["from_status"],
            "to_status": status_after(alerts["code"]),
            "outcome": alerts["code"],
            "level": alerts["level"],
            "unit_code": alerts["unit_code"],
            "signed_in_at": None,
            "due_on": None,
        }
    )
