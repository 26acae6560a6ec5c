"""The sheets of an uploaded file as grids of cells, nothing judged yet: whatever stands above the header included."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import python_calamine

from data.errors import FeedRefused, RegisterRefused
from data.feed_delimited import EMPTY, decode_text, read_delimited
from data.feed_files import open_workbook, read_content, unpacked
from data.said import Said

TOP = 30
"""Rows among which a header is looked for."""
_SCAN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF8", b"BM")
_WIDE = 0.5
"""A merged cell over more than this share of the columns is a title, which is not repeated."""
_REFUSALS = (
    ("empty", "文件为空：应有一行表头，其下每行一条记录。"),
    ("password", "工作簿已损坏、格式不明或设有密码，请去掉密码另存为 XLSX 后重新上传。"),
    ("encoding", "无法判断文件编码，请另存为“CSV UTF-8”后重新上传。"),
    ("merged cells", "工作簿中的合并单元格相互重叠，请取消合并后另存为 XLSX 重新上传。"),
    ("XLSB", "这是二进制工作簿（XLSB），请另存为 XLSX 后重新上传。"),
    ("NUL", "文件中含有空字符（NUL），请由提供单位重新导出后上传。"),
    ("JSON", "JSON 内容无法读取：应为每行一个对象，请由提供单位重新导出后上传。"),
    ("web page", "这是网页或 XML 文件，请用电子表格打开并另存为 XLSX 后重新上传。"),
    ("quotation mark", "文件中有未闭合的引号，请补齐后重新上传。"),
    ("split it", "文件过大，请拆分后分别上传。"),
    ("zip", "压缩包须只含一个数据文件且没有密码。"),
)
"""Words of a refusal to what it is in Chinese."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file.

    cells: columns 0..n-1 of whatever the file holds; its index is the row's number in the file, from 1.
    """

    name: str
    cells: pd.DataFrame
    hidden: bool = False
    repeated: frozenset[tuple[int, int]] = frozenset()
    """(row number, column) of cells that lay under a merged cell and got its value."""
    lines: tuple[tuple[int, str], ...] = ()
    """Lines of delimited text that have not as many cells as the header: row number and text."""


@dataclass(frozen=True)
class Sheets:
    """What a file holds."""

    sheets: tuple[Sheet, ...]
    format: str
    notes: list[Said] = field(default_factory=list)


def read_sheets(path: Path) -> Sheets:
    """The sheets of a CSV, XLSX, XLS, Parquet or JSON lines file, also inside .gz or .zip.

    Raises: RegisterRefused, in both languages, for what is no table or cannot be opened.
    """
    try:
        _, data = unpacked(path)
        if data.startswith(_SCAN):
            raise RegisterRefused(
                f"{path.name}: this is a PDF or a picture. Figures read from a scan cannot be relied on; ask the "
                "supplier for the table it was printed from, as XLSX or CSV.",
                f"{path.name}：这是 PDF 或图片（扫描件）。扫描件中的数字不可靠，不能入库；"
                "请向提供单位索取原始表格（XLSX 或 CSV）。",
            )
        if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return _read_workbook(data)
        if data.startswith((b"PAR1", b"Rar!", b"7z\xbc\xaf")) or re.match(rb"\s*[{\[<]", data[:200]):
            return _from_rows(data)
        return _read_text(data)
    except FeedRefused as error:
        raise refused(path.name, error) from None
    except MemoryError:
        raise refused(path.name, FeedRefused("It does not fit this machine's memory; split it.")) from None


def refused(name: str, error: FeedRefused) -> RegisterRefused:
    """What a reader of feeds says about a file, as a refusal in both languages."""
    text = str(error)
    zh = next((zh for word, zh in _REFUSALS if word in text), "文件无法读取，请另存为 XLSX 或“CSV UTF-8”后重新上传。")
    return RegisterRefused(f"{name}: {text}", f"{name}：{zh}")


def _from_rows(data: bytes) -> Sheets:
    rows = read_content(data)
    header = pd.DataFrame([[str(name) for name in rows.frame.columns]], index=[1])
    body = rows.frame.copy()
    body.columns = header.columns
    cells = pd.concat([header, body.astype("object").where(body.notna(), None)])
    lines = tuple(zip(rows.refused["row_number"].tolist(), rows.refused["content"].tolist(), strict=True))
    return Sheets((Sheet("", cells, lines=lines),), rows.format)


def _read_text(data: bytes) -> Sheets:
    text, encoding = decode_text(data)
    body = text.lstrip("\ufeff")
    if not body.strip():
        raise FeedRefused(EMPTY)
    above = _lines_above(body)
    # The titles go, their lines stay: rows keep the numbers they have in the file.
    lines = body.split("\n", above)
    rows = read_delimited(("\n" * above + lines[-1]).encode())
    first = int(min([*rows.frame.index[:1], *rows.refused["row_number"][:1], 2 + above])) - 1
    titles = [next(csv.reader([line]), []) for line in lines[:above]]
    width = len(rows.frame.columns)
    top = pd.DataFrame(
        [[*(cells + [""] * width)[:width]] for cells in titles] + [list(rows.frame.columns)],
        index=[*range(1, above + 1), max(first, above + 1)],
    ).astype("str")
    top.columns = rows.frame.columns = pd.RangeIndex(width)
    broken = tuple(
        (int(number), str(content))
        for number, content in zip(rows.refused["row_number"], rows.refused["content"], strict=True)
    )
    notes = [Said(f"The file was read as {encoding}.", f"文件编码识别为 {encoding}。")]
    return Sheets((Sheet("", pd.concat([top, rows.frame]), lines=broken),), "CSV", notes)


def _lines_above(text: str) -> int:
    """How many lines stand above the first one that may be a header: titles have one filled cell, or say a thing."""
    head = text[:65_536].splitlines()[:TOP]
    separator = max(",;\t", key=lambda mark: (sum(line.count(mark) for line in head), mark == ","))
    cells = [next(csv.reader(io.StringIO(line), delimiter=separator), []) for line in head]
    widest = max((sum(bool(cell.strip()) for cell in row) for row in cells), default=0)
    for number, row in enumerate(cells):
        filled = [cell for cell in row if cell.strip()]
        told = any(re.search(r"[:：]", cell) for cell in filled)
        if filled and len(filled) >= max(2, widest * _WIDE) and not told:
            return number
    return next((number for number, row in enumerate(cells) if any(cell.strip() for cell in row)), 0)


def _read_workbook(data: bytes) -> Sheets:
    workbook = open_workbook(data)
    found = []
    try:
        for about in workbook.sheets_metadata:
            if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            hidden = about.visible != python_calamine.SheetVisibleEnum.Visible
            rows = [] if hidden else sheet.to_python(skip_empty_area=False)
            merged = [] if hidden else sheet.merged_cell_ranges or []
            found.append(_from_grid(about.name, rows, merged, hidden=hidden))
    except (python_calamine.CalamineError, OSError, ValueError):
        raise FeedRefused("The workbook is damaged, or has a password; save it again as XLSX.") from None
    if not any(len(sheet.cells) for sheet in found):
        raise FeedRefused(EMPTY)
    return Sheets(tuple(found), "XLSX")


def _from_grid(name: str, rows: list[list[Any]], merged: list[Any], *, hidden: bool) -> Sheet:
    width = max(map(len, rows), default=0)
    cells = np.empty((len(rows), width), dtype=object)
    for number, given in enumerate(rows):
        cells[number, : len(given)] = [None if cell == "" else _plain(cell) for cell in given]
    repeated, left_over = set(), cells.size
    for (top, left), (bottom, right) in merged:
        if right - left + 1 > max(1, width * _WIDE) or top >= len(rows):
            continue
        # Lawful ones never lie over one another, so all together are no more than the sheet.
        left_over -= (min(bottom + 1, len(rows)) - top) * max(0, min(right + 1, width) - left)
        if left_over < 0:
            raise FeedRefused("The workbook is damaged: merged cells lie over one another; save it again as XLSX.")
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, width)):
                if (row, column) != (top, left):
                    cells[row, column] = cells[top, left]
                    repeated.add((row + 1, column))
    frame = pd.DataFrame(cells, index=pd.RangeIndex(1, 1 + len(rows)))
    return Sheet(name, frame, hidden, frozenset(repeated))


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, time) else cell
