"""Tables leaving the office as files: a cell never becomes a formula in the spreadsheet that opens it.

Source: field/rules.md, 4.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from data.errors import InputRefused

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_NUMBER = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][-+]?\d+)?%?")
_XLSX_ROWS = 1_048_575
_XLSX_CELL = 32_767


def neutralise(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula, led by an apostrophe; numbers, negative too, as they are."""
    if not isinstance(cell, str) or not cell.lstrip(" ").startswith(_FORMULA_STARTS) or _NUMBER.fullmatch(cell.strip()):
        return cell
    return f"'{cell}"


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as .csv (UTF-8 with its mark, as spreadsheets expect) or .xlsx, cells and headers neutralised.

    Raises: InputRefused for another suffix, or for more rows than a sheet can hold.
    """
    safe = frame.map(neutralise).rename(columns=neutralise)
    if path.suffix.lower() == ".csv":
        safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    elif path.suffix.lower() == ".xlsx":
        _check_sheet(safe)
        safe.map(_sheet_cell).to_excel(path, index=False)
    else:
        raise InputRefused(f"{path.name}: a file ending in .csv or .xlsx is expected.")


def as_xlsx(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A table as the content of an XLSX file, cells and headers neutralised. Raises InputRefused for too many rows."""
    frame = pd.DataFrame([list(row) for row in rows], columns=list(heads), dtype=object)
    safe = frame.map(neutralise).rename(columns=neutralise)
    _check_sheet(safe)
    written = BytesIO()
    safe.map(_sheet_cell).to_excel(written, index=False)
    return written.getvalue()


def _check_sheet(frame: pd.DataFrame) -> None:
    if len(frame) > _XLSX_ROWS:
        raise InputRefused(f"{len(frame):,} rows do not fit a sheet of {_XLSX_ROWS:,}; write a .csv file.")


def _sheet_cell(cell: Any) -> Any:
    # A sheet holds neither control characters nor texts of any length.
    if not isinstance(cell, str):
        return cell
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", cell)[:_XLSX_CELL]
