"""A sheet made into a table: titles above it, header of one or two lines, totals, notes and repeated headers set aside.

Nothing is set aside without being named: each row that is no record is listed with its number and why.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.errors import RegisterRefused
from data.feed_values import narrow
from data.upload_sheets import TOP, Sheet

UNITS = {"元": 1.0, "百元": 1e2, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "千万元": 1e7, "亿元": 1e8}
"""CNY in one unit of money."""
TOTAL, NOTE, HEADER, UNIT, COLUMN_NUMBERS = "total", "note", "header", "unit", "numbers"
SET_ASIDE = {
    TOTAL: ("合计行", "total"),
    NOTE: ("填表说明", "note below the table"),
    HEADER: ("重复的表头", "header repeated"),
    UNIT: ("单位说明", "line that names the unit"),
    COLUMN_NUMBERS: ("栏次行", "line that numbers the columns"),
}
"""Why a row is no record, in Chinese and English."""
_TOTAL = r"\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|本页小计|(?:sub|grand )?total)\s*[:：]?\s*(?:[（(].*)?"
_NOTE = r"\s*(?:填表|制表|填报|审核人|复核人|负责人|单位负责人|联系人|联系电话|备注|说明|注)[^,，]{0,12}[:：].*"
_UNIT = re.compile(r"(?:金额)?单位\s*[:：]?\s*(?:人民币)?\s*[（(]?(亿元|千万元|百万元|万元|千元|百元|元)[）)]?")
_VALUE = re.compile(r"[-+¥(]?[\d０-９][\d０-９,.]*\s*(?:元|万|%)?\)?|\d{4}\D\d{1,2}(\D\d{1,2}\D?)?.*|\d{17}[\dXx]")
MOST_COLUMNS = 1_000
"""Columns that a table may have: what reads them looks at each several times, and at some against the others."""
_FEW = 3
"""Filled cells that a note below a table has at most."""


@dataclass(frozen=True)
class SheetTable:
    """The records of one sheet.

    frame: columns by unique titles; its index is the row's number in the file. Cells as in the file.
    """

    sheet: str
    frame: pd.DataFrame
    titles: tuple[str, ...] = ()
    """What stands above the header."""
    header_rows: tuple[int, ...] = ()
    set_aside: tuple[tuple[int, str], ...] = ()
    """Row number and why, a key of `SET_ASIDE`."""
    units: tuple[tuple[int, float], ...] = ()
    """(row number, CNY in one unit) of every line that names a unit: it holds from that row on."""
    merged: tuple[str, ...] = ()
    """Titles of columns in which rows share one merged cell."""
    lines: tuple[tuple[int, str], ...] = ()
    """Lines that are not rows."""


def read_table(sheet: Sheet, known: Collection[str] = ()) -> SheetTable:
    """The records of a sheet; `known` are titles a register would have, which tell a header from what is above it.

    Raises: RegisterRefused where no row can be a header.
    """
    top = [[_text(cell) for cell in row] for row in sheet.cells.head(TOP).itertuples(index=False)]
    header, second = _find_header(sheet, top, {plain(title) for title in known})
    numbers = sheet.cells.index
    used = [header] if second is None else [header, second]
    names = _names(top[header], top[second] if second is not None else None)
    kept = [place for place, name in enumerate(names) if name or _has_values(sheet.cells.iloc[used[-1] + 1 :, place])]
    if len(kept) > MOST_COLUMNS:
        where = f"“{sheet.name}” " if sheet.name else ""
        raise RegisterRefused(
            f"Sheet {where}has {len(kept):,} columns, expected {MOST_COLUMNS:,} at most: delete those that are not "
            "needed, or send the table with its records below one another.",
            f"工作表{where}有 {len(kept):,} 列，最多 {MOST_COLUMNS:,} 列。请删除不需要的列，"
            "或改为每行一条记录后重新上传。",
        )
    titles = _unique([names[place] or f"第{place + 1}列" for place in kept])
    frame = sheet.cells.iloc[used[-1] + 1 :, kept]
    frame.columns = pd.Index(titles, dtype="object")
    units = [(0, _unit_of_line(row)) for row in top[:header]]
    frame, aside, more = _set_aside(frame, [top[used[-1]][place] for place in kept], titles)
    lines = tuple(line for line in sheet.lines if not _is_no_record(line[1]))
    aside += [(number, TOTAL) for number, text in sheet.lines if _is_no_record(text)]
    merged = {column for row, column in sheet.repeated if row > numbers[used[-1]]}
    return SheetTable(
        sheet=sheet.name,
        frame=frame,
        titles=tuple(" ".join(filter(None, row)) for row in top[:header] if any(row)),
        header_rows=tuple(int(numbers[row]) for row in used),
        set_aside=tuple(sorted(aside)),
        units=tuple((number, unit) for number, unit in [*units, *more] if unit),
        merged=tuple(title for title, place in zip(titles, kept, strict=True) if place in merged),
        lines=lines,
    )


def plain(title: str) -> str:
    """A title without blanks, punctuation, unit and letter case, so that 身份证号（18位） is 身份证号."""
    text = re.sub(r"[（(\[【].*?[）)\]】]", "", narrow(title))
    return re.sub(r"[\s\W]", "", text).casefold() or re.sub(r"[\s\W]", "", narrow(title)).casefold()


_UNIT_OF_TITLE = re.compile(r"(?<=[（(/／\s])(亿元|千万元|百万元|万元|千元|百元|元)(?=\s*[）)]?\s*$)")


def unit_of_title(title: str) -> float | None:
    """CNY in one unit where a title names one: 金额（万元）is 10,000."""
    found = _UNIT_OF_TITLE.search(narrow(title))
    return UNITS[found[1]] if found else None


def title_in_cny(title: str) -> str:
    """What a column of amounts is called once they are in CNY: 金额（万元）is 金额（元）."""
    return _UNIT_OF_TITLE.sub("元", title)


def _text(cell: Any) -> str:
    if cell is None or (isinstance(cell, float) and pd.isna(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


def _find_header(sheet: Sheet, top: list[list[str]], known: set[str]) -> tuple[int, int | None]:
    widest = max((sum(map(bool, row)) for row in top), default=0)
    found = [
        place
        for place, row in enumerate(top)
        if sum(map(bool, row)) >= min(max(2, widest * 0.5), widest or 1) and _is_wordy(row)
    ]
    best = [place for place in found if sum(plain(cell) in known for cell in top[place] if cell) >= 2]
    if not found:
        where = f"“{sheet.name}” " if sheet.name else ""
        raise RegisterRefused(
            f"Sheet {where}has no header: among its first {TOP} rows none holds only names of columns. Put one row of "
            "names above the records.",
            f"工作表{where}没有表头：前 {TOP} 行中没有只含栏目名称的行。请在数据上方加一行栏目名称后重新上传。",
        )
    header = (best or found)[0]
    # Of a header of two lines the second may be the one that is known.
    if header not in found[:1] and header - 1 in found and _is_second(top[header - 1], top[header]):
        header -= 1
    below = header + 1
    goes_on = below < len(top) and _is_wordy(top[below]) and _is_second(top[header], top[below])
    return header, below if goes_on and _is_no_row(sheet, top, header) else None


def _is_no_row(sheet: Sheet, top: list[list[str]], header: int) -> bool:
    """Whether the line below a header is no record: merged cells lie over it, or the records have figures, it none."""
    merged = any(row == sheet.cells.index[header] + 1 or row == sheet.cells.index[header] for row, _ in sheet.repeated)
    records = [row for row in top[header + 2 : header + 5] if any(row)]
    return merged or any(not _is_wordy(row) for row in records)


def _is_wordy(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return bool(filled) and not any(_VALUE.fullmatch(cell) or re.search(r"[:：]", cell) for cell in filled)


def _is_second(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether a row goes on with the header above it: it fills what is blank there, or parts what is repeated there."""
    fills = any(not above and below for above, below in zip(first, second, strict=True))
    parts = any(
        one and one == other and below != after and below and after
        for one, other, below, after in zip(first, first[1:], second, second[1:], strict=False)
    )
    opened = any(above and (not below or above == below) for above, below in zip(first, second, strict=True))
    return (fills or parts) and (opened or parts)


def _names(first: Sequence[str], second: Sequence[str] | None) -> list[str]:
    if second is None:
        return list(first)
    names, group = [], ""
    for above, below in zip(first, second, strict=True):
        group = above or group
        names.append(above if not below or above == below else f"{group} {below}".strip())
    return names


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    titles = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        titles.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return titles


def _has_values(column: "pd.Series[Any]") -> bool:
    return bool((column.notna() & (column != "")).any())


def _unit_of_line(row: Sequence[str]) -> float:
    found = next((match for cell in row if (match := _UNIT.search(cell))), None)
    return UNITS[found[1]] if found else 0.0


def _set_aside(
    frame: pd.DataFrame, header: Sequence[str], titles: Sequence[str]
) -> tuple[pd.DataFrame, list[tuple[int, str]], list[tuple[int, float]]]:
    blank = (frame.isna() | (frame == "")).to_numpy()
    filled = (~blank).sum(axis=1)
    aside: dict[int, str] = {}
    units: list[tuple[int, float]] = []
    first = [frame.iloc[:, place].astype("str").fillna("") for place in range(min(3, len(titles)))]
    for column in first:
        for place in _places(column.str.fullmatch(_TOTAL, case=False)):
            aside[place] = TOTAL
    few = filled <= _FEW
    for column in first:
        for place in _places(column.str.fullmatch(_NOTE) & few):
            aside.setdefault(place, NOTE)
    named = few & (filled < len(titles))
    for place in _places(pd.Series(named & _any_contains(frame, "单位"))):
        if unit := _unit_of_line([_text(cell) for cell in frame.iloc[place]]):
            aside[place] = UNIT
            units.append((int(frame.index[place]), unit))
    for place in _places((first[0] == header[0]) & (first[-1] == header[len(first) - 1]) if header[0] else pd.Series()):
        aside[place] = HEADER
    if len(frame) and _numbers_columns([_text(cell) for cell in frame.iloc[0]]):
        aside[0] = COLUMN_NUMBERS
    kept = filled > 0
    kept[list(aside)] = False
    return frame[kept], [(int(frame.index[place]), why) for place, why in aside.items()], units


def _any_contains(frame: pd.DataFrame, word: str) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    found = np.zeros(len(frame), dtype=bool)
    for place in range(frame.shape[1]):
        found |= frame.iloc[:, place].astype("str").str.contains(word, regex=False).fillna(value=False).to_numpy(bool)
    return found


def _places(marks: "pd.Series[bool]") -> list[int]:
    return [int(place) for place in marks.to_numpy(dtype=bool).nonzero()[0]]


def _numbers_columns(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    counted = [cell for cell in filled if cell.isdecimal()]
    words = [cell for cell in filled if cell not in "甲乙丙丁"]
    return len(counted) >= 3 and words == counted == [str(n) for n in range(1, len(counted) + 1)]


def _is_no_record(line: str) -> bool:
    text = re.sub(r'^\{"line":\s*"|"\}$', "", line).lstrip(' ,;\\t"')
    cell = re.split(r"[,;\t]", text)[0]
    return bool(re.fullmatch(_TOTAL, cell, re.IGNORECASE) or re.fullmatch(_NOTE, cell))
