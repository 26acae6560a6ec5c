"""Refused rows as their supplier gets them back: the original columns, with the reasons beside them."""

import json
from collections.abc import Iterable

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import NotFound
from data.tables import DatasetFiling, RefusedRow

_NUMBERS = 2**31
"""Filings are numbered below this; a database refuses to compare a larger number."""
ROW, REASON = "row_number", "reason"


def refused_table(session: Session, filing_id: int) -> pd.DataFrame:
    """Refused rows of a filing, one line a row of the file: row_number, its columns as read, and every reason joined.

    Raises: NotFound for a filing that does not exist.
    """
    if not 0 < filing_id < _NUMBERS or session.get(DatasetFiling, filing_id) is None:
        raise NotFound(f"There is no filing {filing_id}; `mingjing import` prints the number of each.")
    query = select(RefusedRow.row_number, RefusedRow.reason, RefusedRow.content)
    query = query.where(RefusedRow.filing_id == filing_id).order_by(RefusedRow.row_number, RefusedRow.id)
    rows: dict[int, dict[str, object]] = {}
    reasons: dict[int, list[str]] = {}
    for refused in session.execute(query):
        if refused.row_number not in rows:
            rows[refused.row_number] = json.loads(refused.content)
        reasons.setdefault(refused.row_number, []).append(refused.reason)
    columns = list(_in_order(column for row in rows.values() for column in row))
    table = pd.DataFrame([[row.get(column) for column in columns] for row in rows.values()], columns=columns)
    table.insert(0, ROW, list(rows), allow_duplicates=True)
    table.insert(len(table.columns), REASON, [" ".join(reasons[number]) for number in rows], allow_duplicates=True)
    return table


def _in_order(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)
