"""Files of registers as they are supplied, in the formats of feeds, made into a table that can be filed."""

from pathlib import Path

import pandas as pd

from data.errors import FeedRefused, RegisterRefused
from data.feed_files import read_rows
from data.feed_values import read_text, shortened_numbers
from data.register_catalogue import REGISTERS


def read_register_file(path: Path, name: str) -> pd.DataFrame:
    """The rows of a file for the register `name`, columns by their names or by their Chinese labels.

    Raises: RegisterRefused, with every fault at once, for lines that are not rows and for numbers that a spreadsheet
    has shortened: an identity number with its last digits lost must not be guessed.
    """
    if name not in REGISTERS:
        raise RegisterRefused(f"There is no register {name!r}; the registers are {', '.join(sorted(REGISTERS))}.")
    try:
        rows = read_rows(path)
    except FeedRefused as error:
        raise RegisterRefused(str(error)) from None
    columns = REGISTERS[name].columns
    names = {column.label: column.name for column in columns.values()} | {column: column for column in columns}
    blank = (rows.frame.isna() | (rows.frame == "")).all(axis=1)
    frame = rows.frame[~blank[::-1].cummin()[::-1]].rename(columns=names)
    faults = [
        f"row {number}: {reason}" for number, reason in zip(rows.refused.row_number, rows.refused.reason, strict=True)
    ]
    if not faults and not frame.index.equals(pd.RangeIndex(2, 2 + len(frame))):
        faults.append(
            "there are rows above the header, or a header only; a header in row 1 and rows below it are expected"
        )
    for column in frame.columns.intersection([c for c in columns if columns[c].type == "text"]):
        shortened = frame.index[shortened_numbers(frame[column])]
        faults += [
            f"row {number}, {column}: a spreadsheet has shortened this number; store it as text"
            for number in shortened[:3]
        ]
        frame[column] = read_text(frame[column])
    if faults:
        shown = "; ".join(faults[:10]) + (f"; and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise RegisterRefused(f"{path.name}: {shown}. Mend the file and file it again.")
    return frame
