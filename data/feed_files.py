"""Readers of feed files: what a file is by its content, unpacked only as far as the machine can bear, rows as read."""

import gzip
import io
import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from data.errors import FeedRefused
from data.feed_delimited import EMPTY, Rows, decode_text, read_delimited, refused_rows

MAX_BYTES = 1 << 30
"""Unpacked size of a file. One gigabyte of text takes about eight of memory: half of what the smallest server has."""
MAX_ROWS = 20_000_000
MAX_CELLS = 500_000_000
"""Rows x columns. An XLSX file of a few bytes can claim seventeen thousand million of them."""
MAX_SHEET_CELLS = 64_000_000
"""Of one sheet of a workbook, which is held as a full grid: two gigabytes before a value is read."""
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d{1,20})""")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,9})\d""")
_CELL_ROW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{1,9}(\d{1,20})""")
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+")
"""What pandas calls the row numbers that it writes beside the columns."""
_DAMAGED = "The workbook is damaged, of an unknown kind or has a password; save it again as XLSX."
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SUFFIXES = {".csv": "CSV", ".txt": "CSV", ".tsv": "CSV", ".xlsx": "XLSX", ".xls": "XLSX", ".parquet": "Parquet"}
_SUFFIXES |= {".jsonl": "JSON lines", ".ndjson": "JSON lines", ".json": "JSON lines"}


def read_rows(path: Path) -> Rows:
    """Rows of a CSV, XLSX, Parquet or JSON lines file, also inside .gz or .zip; told by content, not by suffix.

    Raises: FeedRefused for what is missing, empty, too large when unpacked, or none of these formats.
    """
    try:
        name, data = unpacked(path)
        rows = read_content(data)
        _check_size(len(rows.frame), len(rows.frame.columns))
    except FeedRefused as error:
        raise FeedRefused(f"{path.name}: {error}") from None
    except MemoryError:
        raise FeedRefused(f"{path.name}: It does not fit this machine's memory; split it into several files.") from None
    expected = _SUFFIXES.get(Path(name).suffix.lower())
    if expected and expected != rows.format:
        rows.notes.append(f"The file is called {name} but is {rows.format}; it was read as {rows.format}.")
    return _without_nameless(rows)


def unpacked(path: Path) -> tuple[str, bytes]:
    """Name and bytes of a file, taken out of a .gz or .zip around it. Raises: FeedRefused as `read_rows`."""
    if path.is_dir():
        raise FeedRefused("this is a folder; give the path of one file in it.")
    if not path.is_file():
        raise FeedRefused("there is no such file; give the path of a CSV, XLSX, Parquet or JSON lines file.")
    return _unpack(path.name, _read_bounded(path))


def _without_nameless(rows: Rows) -> Rows:
    """`rows` without columns that have no name, such as trailing separators or a data frame's own row numbers."""
    names = [str(name).strip() for name in rows.frame.columns]
    nameless = [not name or _INDEX.fullmatch(name) is not None for name in names]
    for place in (place for place, without in enumerate(nameless) if without):
        cells = rows.frame.iloc[:, place]
        if (cells.notna() & (cells != "")).any():
            rows.notes.append(f"Column {place + 1} of the file has no name and was left out; name it to keep it.")
    frame = rows.frame.loc[:, [not without for without in nameless]]
    frame.columns = pd.Index(
        [name for name, without in zip(names, nameless, strict=True) if not without], dtype="object"
    )
    return replace(rows, frame=frame)


def _read_bounded(path: Path) -> bytes:
    size = path.stat().st_size
    if not size:
        raise FeedRefused(EMPTY)
    _check_bytes(size)
    try:
        return path.read_bytes()
    except OSError as error:
        raise FeedRefused(f"It cannot be read ({error.strerror}); check who may open it.") from None


def _check_bytes(size: int) -> None:
    if size > MAX_BYTES:
        raise FeedRefused(
            f"It unpacks to {size / 1e9:,.1f} GB, more than {MAX_BYTES / 1e9:.1f} GB; split it into several files."
        )


def _check_size(n_rows: int, n_columns: int, most_cells: int = MAX_CELLS) -> None:
    if n_rows > MAX_ROWS or n_rows * n_columns > most_cells:
        raise FeedRefused(
            f"It has {n_rows:,} rows of {n_columns:,} columns, more than {MAX_ROWS:,} rows or {most_cells:,} cells; "
            "split it into several files."
        )


def _unpack(name: str, data: bytes) -> tuple[str, bytes]:
    if data.startswith(b"\x1f\x8b"):
        return _unpack_gzip(name, data)
    if data.startswith(_ZIP):
        name, content = _unpack_zip(name, data)
        if content is not data and content.startswith(_ZIP):
            inner, content = _unpack_zip(name, content)
            if inner != name:
                raise FeedRefused(f"The zip holds another zip, {name}; exactly one file is expected.")
        return name, content
    return name, data


def _unpack_gzip(name: str, data: bytes) -> tuple[str, bytes]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            content = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise FeedRefused("The packed file is damaged; send it again.") from None
    _check_bytes(len(content))
    return name.removesuffix(".gz"), content


def _unpack_zip(name: str, data: bytes) -> tuple[str, bytes]:
    """The one data file inside; an XLSX workbook, which is a zip too, comes back as it is once its size is known."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
            _check_bytes(sum(entry.file_size for entry in entries))
            workbook = any(entry.filename == "xl/workbook.xml" for entry in entries)
            if not workbook and len(entries) == 1:
                return Path(entries[0].filename).name, packed.read(entries[0])
            # An entry may be larger than it declares; reading each to its end finds that out within the bound.
            damaged = packed.testzip() if workbook else None
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError):
        raise FeedRefused("The zip is damaged or has a password; send it again without.") from None
    if not workbook or damaged:
        raise FeedRefused(
            f"The zip has {len(entries)} files; exactly one CSV, XLSX, Parquet or JSON lines file is expected."
        )
    return name, data


def _is_litter(filename: str) -> bool:
    return filename.startswith("__MACOSX/") or Path(filename).name in {".DS_Store", "Thumbs.db"}


def read_content(data: bytes) -> Rows:
    """Rows of a file's bytes, of whatever format they are. Raises: FeedRefused where they are of none."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not start and not data.strip():
        raise FeedRefused(EMPTY)
    if data.startswith(b"PAR1"):
        return _read_parquet(data)
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return _read_workbook(data)
    if start.startswith((b"{", b"[")):
        return _read_json(data)
    if start[:9].lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table")):
        raise FeedRefused("It is a web page or XML, whatever its name; open it in a spreadsheet and save it as XLSX.")
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")):
        raise FeedRefused("It is a PDF, a picture or an archive; a CSV, XLSX, Parquet or JSON lines file is expected.")
    return read_delimited(data)


def _read_parquet(data: bytes) -> Rows:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        declared = file.metadata
        _check_size(declared.num_rows, declared.num_columns)
        _check_bytes(sum(declared.row_group(index).total_byte_size for index in range(declared.num_row_groups)))
        table = file.read()
    except (pa.ArrowException, OSError, ValueError):
        raise FeedRefused("The Parquet file is damaged or of an unknown kind; write it again.") from None
    for place, column in enumerate(table.schema):
        if pa.types.is_nested(column.type):
            table = table.set_column(place, column.name, _as_json(table.column(place).to_pylist()))
    frame = table.to_pandas(ignore_metadata=True)
    frame.index = pd.RangeIndex(2, 2 + len(frame))
    return Rows(frame, refused_rows([]), format="Parquet")


def _as_json(cells: list[Any]) -> pa.Array:
    return pa.array([None if cell is None else orjson.dumps(cell, default=str).decode() for cell in cells], pa.string())


def _read_json(data: bytes) -> Rows:
    text, _ = decode_text(data)
    if text.lstrip("\ufeff \r\n\t").startswith("["):
        return _read_json_array(text)
    lines = text.lstrip("\ufeff").splitlines() if "\r" in text else text.lstrip("\ufeff").split("\n")
    _check_size(len(lines), 1)
    try:
        records: list[Any] = [orjson.loads(line) if line.strip() else None for line in lines]
    except orjson.JSONDecodeError:
        records = [_parse_line(line) for line in lines]
    return _from_records(records, lines)


def _read_json_array(text: str) -> Rows:
    try:
        records = orjson.loads(text.lstrip("\ufeff"))
    except orjson.JSONDecodeError as error:
        raise FeedRefused(f"It is not JSON ({error}); one object a line is expected.") from None
    return _from_records(records, ["" for _ in records])


def _parse_line(line: str) -> Any:
    try:
        return orjson.loads(line) if line.strip() else None
    except orjson.JSONDecodeError as error:
        return str(error)


def _from_records(records: list[Any], lines: list[str]) -> Rows:
    # A JSON lines file has no header; its first line is counted as row 2 so that every format counts alike.
    kept = {number: record for number, record in enumerate(records, 2) if isinstance(record, dict)}
    refused = [
        (
            number,
            "",
            f"The line is not a JSON object ({str(record)[:80]}).",
            orjson.dumps({"line": line[:2000]}).decode(),
        )
        for number, (record, line) in enumerate(zip(records, lines, strict=True), 2)
        if record is not None and not isinstance(record, dict)
    ]
    if not kept:
        raise FeedRefused("No line is a JSON object; one object a line is expected.")
    frame = pd.DataFrame(list(kept.values()), index=pd.Index(list(kept), dtype="int64"))
    for name in frame.columns[frame.dtypes == "object"]:
        if any(isinstance(cell, list | dict) for cell in frame[name]):
            frame[name] = [orjson.dumps(c).decode() if isinstance(c, list | dict) else c for c in frame[name]]
    return Rows(frame, refused_rows(refused), format="JSON lines")


def open_workbook(data: bytes) -> python_calamine.CalamineWorkbook:
    """A workbook whose sheets this machine can hold. Raises: FeedRefused where it cannot be opened."""
    if data.startswith(b"PK"):
        _check_sheets(data)
    try:
        return python_calamine.CalamineWorkbook.from_object(io.BytesIO(data))
    except (python_calamine.CalamineError, OSError, ValueError):
        raise FeedRefused(_DAMAGED) from None


def _read_workbook(data: bytes) -> Rows:
    workbook = open_workbook(data)
    try:
        names = [
            sheet.name for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        cells = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names[:1]}
        for name in names[1:]:
            if any(cells.values()):
                break
            cells = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)}
    except (python_calamine.CalamineError, OSError, ValueError):
        raise FeedRefused(_DAMAGED) from None
    (sheet, rows) = next(iter(cells.items()), ("", []))
    if not rows:
        raise FeedRefused(EMPTY)
    notes = [f"The workbook has {len(names)} sheets; only “{sheet}” was read."] if len(names) > 1 else []
    return _from_cells(rows, notes)


def _check_sheets(data: bytes) -> None:
    # A sheet is held as a full grid: two cells in opposite corners are enough to ask for seventeen thousand million,
    # and the reader ends the process where it gets no memory. Any part may be a sheet, whatever it is called.
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for entry in packed.infolist():
            if entry.filename.lower().endswith("workbook.bin"):
                raise FeedRefused("It is a binary workbook (XLSB); save it again as XLSX.")
            content = packed.read(entry)
            if b"sheetData" not in content:
                continue
            n_columns = max(map(_column_number, set(_CELL_COLUMN.findall(content))), default=1)
            numbers = _ROW_NUMBER.findall(content)
            # Rows without a number come after the one before them.
            n_rows = max(map(int, numbers), default=0) + len(_ROW.findall(content)) - len(numbers)
            # A cell may name another row than the one it stands in; one by one only where that could matter.
            if n_columns * 1_048_576 > MAX_SHEET_CELLS:
                n_rows = max(n_rows, max((int(found[1]) for found in _CELL_ROW.finditer(content)), default=0))
            _check_size(n_rows, n_columns, MAX_SHEET_CELLS)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _from_cells(rows: list[list[Any]], notes: list[str]) -> Rows:
    top = next((index for index, row in enumerate(rows) if any(cell != "" for cell in row)), 0)
    if top + 1 < len(rows) and _n_filled(rows[top]) == 1 and _n_filled(rows[top + 1]) > 1:
        notes.append(f"Row {top + 1} was taken for a title and row {top + 2} for the header.")
        top += 1
    header = [_as_name(cell) for cell in rows[top]]
    columns = list(zip(*rows[top + 1 :], strict=True)) or [() for _ in header]
    index = pd.RangeIndex(top + 2, 1 + len(rows))
    kept = [place for place, name in enumerate(header) if name or any(cell != "" for cell in columns[place])]
    frame = pd.concat([_cells(columns[place], index) for place in kept], axis=1) if kept else pd.DataFrame(index=index)
    frame.columns = pd.Index([header[place] for place in kept])
    return Rows(frame, refused_rows([]), notes, spreadsheet=True, format="XLSX")


def _n_filled(row: list[Any]) -> int:
    return sum(cell != "" for cell in row)


def _as_name(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _cells(values: tuple[Any, ...], index: pd.RangeIndex) -> "pd.Series[Any]":
    return pd.Series([None if value == "" else value for value in values], index=index, dtype="object").infer_objects()
