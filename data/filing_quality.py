"""How good a filed version of a register is: failed check digits by column, and days from event to receipt."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from data.column_kinds import kind_of
from data.number_checks import CHECKED, number_faults
from data.register_catalogue import Register


def faults_of(register: Register, table: pa.Table) -> dict[str, "pd.Series[str]"]:
    """Column -> the fault of each row's number, for every column of the table whose numbers have check digits."""
    return {
        column.name: _faults(table[column.name].to_pandas(), kind_of(column))
        for column in register.columns.values()
        if column.name in table.column_names and kind_of(column) in CHECKED
    }


def _faults(numbers: "pd.Series[Any]", kind: str) -> "pd.Series[str]":
    if isinstance(numbers.dtype, pd.CategoricalDtype):
        # Each number that repeats is checked once.
        once = number_faults(pd.Series(numbers.cat.categories).astype("str"), kind)
        return once.reindex(numbers.cat.codes.to_numpy()).fillna("").reset_index(drop=True)
    return number_faults(numbers.astype("str"), kind)


def measure(register: Register, table: pa.Table) -> dict[str, Any]:
    """What `FilingQuality` keeps about the rows of a version, which carry `received_on`."""
    failed: dict[str, dict[str, int]] = {}
    n_checked = 0
    for name, faults in faults_of(register, table).items():
        n_checked += table.num_rows - table[name].null_count
        if counts := faults[faults != ""].value_counts().to_dict():
            failed[name] = {str(fault): int(n) for fault, n in counts.items()}
    return {
        "n_checked": n_checked,
        "n_failed": sum(sum(counts.values()) for counts in failed.values()),
        "failed": json.dumps(failed),
        **_events(register, table),
    }


def _events(register: Register, table: pa.Table) -> dict[str, Any]:
    found: dict[str, Any] = {"lag_days": None, "event_from": None, "event_to": None, "receipts": "{}"}
    if not table.num_rows:
        return found
    received = pd.Series(pd.to_datetime(table["received_on"].to_pandas()))
    named = bool(register.event) and register.event in table.column_names
    cells = table[register.event].to_pandas() if named else received
    events = pd.to_datetime(cells, errors="coerce", format="ISO8601")
    held = events.notna()
    if not held.any():
        return found
    events, received = events[held], received[held]
    days = received.to_numpy().astype("datetime64[D]").astype("int64")
    grouped = pd.Series(days).groupby(events.dt.strftime("%Y-%m").to_numpy())
    came = grouped.median() if named else grouped.min()
    found["receipts"] = json.dumps({month: str(np.datetime64(int(day), "D")) for month, day in came.items()})
    if not named:
        return found
    ends = events + pd.offsets.MonthEnd(1) if register.columns[register.event].type == "month" else events
    lag = float((received - ends).dt.days.median())
    return {**found, "lag_days": lag, "event_from": events.min().date(), "event_to": events.max().date()}
