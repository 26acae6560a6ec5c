"""Delimited text as spreadsheets write it: which encoding, which separator, and which lines are not rows."""

import csv
import io
import re
from dataclasses import dataclass, field

import orjson
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from data.errors import FeedRefused

REFUSED_COLUMNS = ["row_number", "column", "reason", "content"]
EMPTY = "The file is empty; a header row is expected, then one row a record."
_SAMPLE = 1 << 20
_WESTERN_SIGNS = "€£¥§°±²³·–—‘’“”…«»\xa0"
_BLOCK = 64 << 20
"""Bytes parsed at a time; a row cannot be longer than this."""


@dataclass(frozen=True)
class Rows:
    """A file's rows before anything is judged.

    frame: every column as read, its index the row number (the header is row 1).
    refused: lines that are not rows, as Feed.refused.
    typed: whether cells carry types of their own (not so in delimited text).
    """

    frame: pd.DataFrame
    refused: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    typed: bool = True
    format: str = "CSV"
    spreadsheet: bool = False
    """Whether a number may be a spreadsheet's way of storing a date."""


def refused_rows(rows: list[tuple[int, str, str, str]]) -> pd.DataFrame:
    """Rows (row_number, column, reason, content as JSON) in the shape of Feed.refused."""
    return pd.DataFrame(rows, columns=REFUSED_COLUMNS).astype(
        {"row_number": "int64", "column": "str", "reason": "str", "content": "str"}
    )


def decode_text(data: bytes) -> tuple[str, str]:
    """The text of `data` and the name of its encoding: UTF-8, UTF-16, GB18030 or Windows-1252, tried in that order.

    Raises: FeedRefused where none of them fits.
    """
    for mark, codec, name in (
        (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
        (b"\xff\xfe", "utf-16", "UTF-16"),
        (b"\xfe\xff", "utf-16", "UTF-16"),
    ):
        if data.startswith(mark):
            return _decode(data, codec, name), name
    unmarked = _unmarked_utf16(data)
    if unmarked:
        return _decode(data, unmarked, "UTF-16"), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        if not _damaged_utf8(data):
            for codec, name in (("gb18030", "GB18030"), ("cp1252", "Windows-1252")):
                text = _plausible(data, codec)
                if text is not None:
                    return text, name
        raise FeedRefused(_encoding_fault(data, error.start)) from None


def _decode(data: bytes, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        message = f"The file says it is {name}, but the bytes at {error.start} are not; save it again as CSV UTF-8."
        raise FeedRefused(message) from None


def _unmarked_utf16(data: bytes) -> str:
    sample = data[:4096]
    if len(sample) < 4 or sample.count(0) < len(sample) // 4:
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _damaged_utf8(data: bytes) -> bool:
    """Whether the text is UTF-8 but for a few bytes; another encoding would read it all, wrongly."""
    sample = data[:_SAMPLE].decode("utf-8", "replace")
    n_bad = sample.count("\ufffd")
    return sum(character > "\x7f" for character in sample) > 5 * n_bad > 0


def _plausible(data: bytes, codec: str) -> str | None:
    # GB18030 and Windows-1252 decode almost anything: what comes out must be what people write. Chinese text is nearly
    # all within GB 2312; Western text has a few accented letters and no control characters.
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text[:_SAMPLE] if character > "\x7f"] or [" "]
    if codec == "gb18030":
        common = sum(bool(character.encode("gb2312", "ignore")) for character in foreign)
        return text if common >= len(foreign) / 2 else None
    letters = sum(character.isalpha() or character in _WESTERN_SIGNS for character in foreign)
    return text if letters >= len(foreign) * 0.9 and len(foreign) <= len(text[:_SAMPLE]) / 5 else None


def _encoding_fault(data: bytes, place: int) -> str:
    row = data.count(b"\n", 0, place) + 1
    return (
        f"The encoding cannot be told: row {row} has the bytes {data[place : place + 4].hex(' ')}, not UTF-8, "
        "and the whole is not GB18030 either; save the file again as CSV UTF-8."
    )


def _separator(header: str) -> str:
    outside = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=lambda mark: (outside.count(mark), mark == ","))


def read_delimited(data: bytes) -> Rows:
    """Rows of delimited text, every cell a string; a line with too many or too few cells is refused with its number.

    Raises: FeedRefused for an unknown encoding, an empty file or a quotation mark that is never closed.
    """
    text, encoding = decode_text(data)
    if "\x00" in text:
        raise FeedRefused(
            "The file is not text (it has NUL bytes); a CSV, XLSX, Parquet or JSON lines file is expected."
        )
    body = text.lstrip("\ufeff\r\n \t")
    if not body:
        raise FeedRefused(EMPTY)
    n_above = text[: len(text) - len(body)].count("\n")
    separator = _separator(body.splitlines()[0])
    header = next(csv.reader(io.StringIO(body, newline=""), delimiter=separator))
    table, broken = _parse(body.encode(), separator, len(header))
    frame = table.to_pandas()
    numbers = pd.RangeIndex(1 + n_above, 1 + n_above + len(frame) + len(broken))
    frame.index = numbers.drop([n_above + number for number, _, _ in broken]) if broken else numbers
    frame.columns = pd.Index([name.strip() for name in header])
    _check_quotes(body, frame)
    refused = [
        (n_above + number, "", reason, orjson.dumps({"line": line}).decode())
        for number, reason, line in broken
        if line.strip(" ,;\t\r\n")
    ]
    return Rows(frame.iloc[1:], refused_rows(refused), _encoding_notes(encoding), typed=False)


def _encoding_notes(encoding: str) -> list[str]:
    if encoding == "UTF-8":
        return []
    guessed = " (guessed: it says nothing itself)" if encoding == "Windows-1252" else ""
    return [f"The file was read as {encoding}{guessed}."]


def _check_quotes(body: str, frame: pd.DataFrame) -> None:
    # With an even number of quotation marks every quoted cell was closed; with an odd one, a last row that runs over
    # several lines has swallowed the rows after the mark.
    if body.count('"') % 2 and len(frame) and frame.iloc[-1].str.contains("\n", regex=False).any():
        message = (
            f"Row {frame.index[-1]} opens a quotation mark that is never closed; close it and send the file again."
        )
        raise FeedRefused(message)


def _parse(content: bytes, separator: str, n_columns: int) -> tuple[pa.Table, list[tuple[int, str, str]]]:
    """The table with its header as first row, and the lines that are not rows: (number from 1, reason, line)."""
    broken: list[tuple[int, str, str]] = []
    names = [f"c{index}" for index in range(n_columns)]

    def refuse(row: arrow_csv.InvalidRow) -> str:
        reason = f"The row has {row.actual_columns} cells, the header has {row.expected_columns}."
        broken.append((row.number, reason, row.text))
        return "skip"

    # One thread: only then does the parser know the number of a row that it refuses.
    reading = arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names)
    parsing = arrow_csv.ParseOptions(
        delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse
    )
    converting = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    try:
        table = arrow_csv.read_csv(pa.BufferReader(content), reading, parsing, converting)
    except pa.ArrowInvalid as error:
        message = f"The rows cannot be told apart ({str(error).splitlines()[0]}); save the file again as CSV UTF-8."
        raise FeedRefused(message) from None
    return table, broken
