"""Cells of an uploaded register made into values: mended where one reading is certain, refused where it is a guess.

What was mended is counted by what it was, so that the person who uploads reads it before anything is kept.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from data.column_kinds import kind_of
from data.feed_values import MISSING_WORDS, by_unique, narrow, read_amounts, read_moments, read_text, shortened_numbers
from data.identity_numbers import check_character
from data.register_catalogue import RegisterColumn

Values = pd.Series
MENDED: Mapping[str, tuple[str, str]] = {
    "fifteen": (
        "15 位旧证号补为 18 位（补“19”，重算校验位）",
        "old 15-digit numbers made 18 (19 inserted, check recomputed)",
    ),
    "lower": ("小写 x 改为 X", "small x made X"),
    "wide": ("全角字符改为半角", "full-width characters made plain"),
    "marks": ("去掉撇号、空格等多余字符", "apostrophes and blanks taken off"),
    "serial": ("电子表格日期序号换算为日期", "day numbers of a spreadsheet made dates"),
    "dates": ("日期统一为年-月-日", "dates written in other forms made year-month-day"),
    "months": ("月份统一为年-月", "months written in other forms made year-month"),
    "month_day": ("只有年月，按当月 1 日入库（您已确认）", "only a month: the first day of it, as you settled"),
    "units": ("按单位换算为元", "made CNY by their unit"),
    "numbers": ("去掉千分位、货币符号等", "separators and signs of money taken off"),
    "flags": ("是/否类文字统一", "words for yes and no made one"),
    "joined": ("合并单元格金额只计一次（您已确认）", "an amount in a merged cell counted once, as you settled"),
}
"""What was done to cells, in Chinese and English."""
REASONS: Mapping[str, tuple[str, str]] = {
    "shortened": (
        "末位数字已被电子表格丢失（科学计数法），不能猜补，请按文本格式重新导出",
        "digits were lost in a spreadsheet",
    ),
    "month_only": ("只有年月、没有日", "only a month where a date is expected"),
    "date": ("应为日期", "expected a date"),
    "month": ("应为年月", "expected a month"),
    "number": ("应为数字", "expected a number"),
    "flag": ("应为“是”或“否”", "expected yes or no"),
    "strict": ("校验位不符", "does not agree with its check digit"),
}
"""Why a cell is refused, in Chinese and English."""
_YES = {"true", "1", "1.0", "是", "y", "yes", "有", "√", "✓", "✔", "对", "t"}
_NO = {"false", "0", "0.0", "否", "n", "no", "无", "×", "✗", "✘", "x", "错", "f", "没有"}
_DIGITS = {**{c: str(n) for n, c in enumerate("〇一二三四五六七八九")}, "零": "0", "○": "0", "Ｏ": "0"}
_WIDE = str.maketrans({chr(code): chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF5B))})
_MONTH = re.compile(r"(\d{4})(?:年|[-./])?(0?[1-9]|1[0-2])(?:月份?)?")
_CHINESE_DATE = re.compile(
    r"[〇零○Ｏ一二三四五六七八九]{4}年[〇零○一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}[日号])?"
)
_SERIALS = (20_000, 60_000)
"""Day numbers of a spreadsheet that are taken for dates: October 1954 to April 2064."""
_MOST_UNITS = 100.0


@dataclass(frozen=True)
class Read:
    """A column as values of the register.

    values: as `registers.take_rows` reads them; what is refused or blank is missing.
    refused: (n_rows,) a reason of `REASONS`, or "".
    mended: what of `MENDED` was done to how many cells.
    """

    values: "Values[Any]"
    refused: "np.ndarray[Any, Any]"
    mended: Mapping[str, int]


def read_values(
    cells: "Values[Any]",
    column: RegisterColumn,
    *,
    factors: "np.ndarray[Any, np.dtype[np.float64]] | float" = 1.0,
    months_as_days: bool = False,
) -> Read:
    """The cells of a file as values of a register's column.

    factors: CNY in one unit, one for all rows or one a row. months_as_days: May 2023 is its first day in a column of
    dates, where the person who uploads said so; else it is refused.
    """
    if column.type == "date":
        return _read_dates(cells, months_as_days=months_as_days)
    if column.type == "month":
        return _read_months(cells)
    if column.type == "number":
        return _read_numbers(cells, factors)
    if column.type == "flag":
        return _read_flags(cells)
    return _read_texts(cells, column)


def _read(values: "Values[Any]", bad: Any, reason: str, mended: Mapping[str, int]) -> Read:
    refused = np.where(np.asarray(bad, dtype=bool), reason, "").astype(object)
    return Read(values, refused, {key: n for key, n in mended.items() if n})


def _blank(texts: "Values[Any]") -> "Values[bool]":
    return texts.isna() | texts.isin(MISSING_WORDS)


def _read_texts(cells: "Values[Any]", column: RegisterColumn) -> Read:
    shortened = shortened_numbers(cells).to_numpy(dtype=bool)
    texts = read_text(cells)
    kind = kind_of(column)
    form = {"identity": _identity, "credit": _code, "account": _code, "phone": _code, "person": _person}.get(
        kind, _plain
    )
    made = by_unique(texts, form)
    values = made.map(lambda pair: pair[0], na_action="ignore").astype("str")
    why = made.map(lambda pair: pair[1], na_action="ignore")
    counts = why[why.notna() & (why != "")].value_counts()
    values = values.where(~shortened & (values != ""), None)
    return _read(values, shortened, "shortened", {str(key): int(n) for key, n in counts.items()})


def _plain(text: str) -> tuple[str, str]:
    plain = unicodedata.normalize("NFC", text).translate(_WIDE).strip()
    if plain.startswith("'"):
        return plain[1:].strip(), "marks"
    return plain, "wide" if plain != text.strip() else ""


def _person(text: str) -> tuple[str, str]:
    """A name: dots of minority names as one (U+00B7), blanks between two characters of Chinese taken out."""
    plain, why = _plain(text)
    named = re.sub(r"[•‧∙・．]", "·", plain)
    named = re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", named)
    return named, why or ("marks" if named != plain else "")


def _code(text: str) -> tuple[str, str]:
    narrowed = narrow(text)
    plain = re.sub(r"[\s'‘’`]", "", narrowed)
    why = "wide" if narrowed != text.strip() else "marks" if plain != text else ""
    return (plain.upper(), why or ("lower" if plain != plain.upper() else ""))


def _identity(text: str) -> tuple[str, str]:
    plain, why = _code(text)
    plain = plain.replace("-", "") if re.fullmatch(r"[\d-]+X?", plain) else plain
    if re.fullmatch(r"[1-9]\d{5}\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}", plain):
        first = f"{plain[:6]}19{plain[6:]}"
        return first + check_character(first), "fifteen"
    return plain, why


def chinese_date(text: str) -> str:
    """二〇二三年五月 as 2023年5月; any other text as it is."""
    plain = text.replace(" ", "")
    if not _CHINESE_DATE.fullmatch(plain):
        return text
    return re.sub(r"[〇零○Ｏ一二三四五六七八九十]+", lambda found: _chinese_number(found[0]), plain)


def _chinese_number(digits: str) -> str:
    if "十" not in digits:
        return "".join(_DIGITS[digit] for digit in digits)
    tens, _, ones = digits.partition("十")
    return f"{int(_DIGITS[tens]) if tens else 1}{_DIGITS[ones] if ones else 0}"


def _day_text(cell: Any) -> tuple[str, str]:
    """A cell of a date as text that `read_moments` knows, and how it was written."""
    if isinstance(cell, datetime | date):
        return cell.isoformat(), ""
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        number = float(cell)
    else:
        text = narrow(str(cell)).lstrip("'").strip()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return text, ""
        number = float(text) if re.fullmatch(r"\d{5}(?:\.\d+)?", text) else 0.0
        if not number:
            written = chinese_date(text)
            month = _MONTH.fullmatch(written.replace(" ", ""))
            if month and not re.fullmatch(r"\d{8}", written):
                return f"{month[1]}-{int(month[2]):02}", "month_only"
            return written, "dates"
    if _SERIALS[0] <= number <= _SERIALS[1]:
        return (pd.Timestamp("1899-12-30") + pd.Timedelta(days=int(number))).date().isoformat(), "serial"
    whole = str(int(number)) if number.is_integer() else str(cell)
    if re.fullmatch(r"\d{4}\.1", whole) and not isinstance(cell, str):
        # As a number 2023.10 reads 2023.1 too: which month was meant is lost.
        return f"{whole}?", "dates"
    month = _MONTH.fullmatch(whole)
    if month and len(whole) == 6:
        return f"{month[1]}-{int(month[2]):02}", "month_only"
    return whole, "dates"


def _days(cells: "Values[Any]") -> tuple["Values[Any]", "Values[Any]"]:
    """Texts of dates and how each was written; both missing where the cell is."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells, pd.Series("", index=cells.index)
    made = by_unique(cells, _day_text)
    texts = made.map(lambda pair: pair[0], na_action="ignore")
    how = made.map(lambda pair: pair[1], na_action="ignore")
    present = ~_blank(texts.astype("str").str.lower())
    return texts.where(present, None), how.where(present, None)


def _read_dates(cells: "Values[Any]", *, months_as_days: bool) -> Read:
    texts, how = _days(cells)
    if pd.api.types.is_datetime64_any_dtype(texts.dtype):
        return _read(texts, np.zeros(len(cells), dtype=bool), "date", {})
    month_only = (how == "month_only").to_numpy(dtype=bool)
    if months_as_days:
        texts = texts.where(~month_only, texts + "-01")
    reading = read_moments(texts.where(~month_only | months_as_days, None))
    days = reading.values.dt.normalize()
    refused = np.where(reading.bad, "date", "").astype(object)
    if not months_as_days:
        refused[month_only] = "month_only"
    read = days.notna().to_numpy()
    mended = {key: int(((how == key).to_numpy(dtype=bool) & read).sum()) for key in ("serial", "dates")}
    mended["month_day"] = int((month_only & read).sum()) if months_as_days else 0
    return Read(days, refused, {key: n for key, n in mended.items() if n})


def _read_months(cells: "Values[Any]") -> Read:
    texts, how = _days(cells)
    if pd.api.types.is_datetime64_any_dtype(texts.dtype):
        return _read(texts.dt.strftime("%Y-%m"), np.zeros(len(cells), dtype=bool), "month", {})
    only = (how == "month_only").to_numpy(dtype=bool)
    whole = read_moments(texts.where(~only, None))
    values = whole.values.dt.strftime("%Y-%m").astype("object")
    values[only] = texts[only]
    as_kept = values == by_unique(cells, lambda cell: narrow(str(cell)))
    changed = int((values.notna() & ~as_kept).sum())
    return _read(values.astype("str"), whole.bad, "month", {"months": changed})


def _read_numbers(cells: "Values[Any]", factors: Any) -> Read:
    factor = np.broadcast_to(np.asarray(factors, dtype=float), len(cells))
    plain = pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)
    texts = pd.Series("", index=cells.index) if plain else by_unique(cells, lambda cell: narrow(str(cell)).lstrip("'"))
    reading = read_amounts(cells if plain else texts)
    # A cell that names its own unit is in that unit, whatever stands above the column.
    own = texts.fillna("").str.contains("[元万千亿]").to_numpy(dtype=bool)
    # Four decimals of CNY: 0.28 times ten thousand is 2800, whatever binary fractions make of it.
    numbers = np.round(reading.values.to_numpy(dtype=float) * np.where(own, 1.0, factor), 4)
    simple = plain or texts.fillna("").str.fullmatch(r"-?\d*\.?\d*(?:e[-+]?\d+)?", case=False).to_numpy(dtype=bool)
    present = ~np.isnan(numbers)
    by_unit = present & (
        (own & texts.fillna("").str.contains("[万千亿]").to_numpy(dtype=bool)) | (~own & (factor != 1))
    )
    mended = {"units": int(by_unit.sum()), "numbers": int((present & ~np.asarray(simple) & ~by_unit).sum())}
    return _read(pd.Series(numbers, index=cells.index), reading.bad, "number", mended)


def _read_flags(cells: "Values[Any]") -> Read:
    if pd.api.types.is_bool_dtype(cells.dtype):
        return _read(cells, np.zeros(len(cells), dtype=bool), "flag", {})
    texts = by_unique(cells, lambda cell: narrow(str(cell)).lower())
    known = {**dict.fromkeys(_YES, "true"), **dict.fromkeys(_NO, "false")}
    values = texts.map(known)
    blank = texts.isna() | texts.isin(MISSING_WORDS - _NO)
    changed = int((values.notna() & (values != texts)).sum())
    return _read(values.astype("str"), (values.isna() & ~blank).to_numpy(), "flag", {"flags": changed})


def unit_jump(numbers: "Values[float]", index: Sequence[int]) -> tuple[int, float] | None:
    """Where a column goes over to another unit without saying so: (row number, times as large), else None.

    Told only where everything before one row is at least a hundred times smaller, or larger, than what follows, with
    three rows on either side; what it means is for a person to say.
    """
    present = numbers.notna() & (numbers.abs() > 0)
    values = numbers[present].abs().to_numpy()
    places = np.flatnonzero(present.to_numpy())
    if len(values) < 6:
        return None
    least, most = np.minimum.accumulate(values), np.maximum.accumulate(values)
    least_after = np.minimum.accumulate(values[::-1])[::-1]
    most_after = np.maximum.accumulate(values[::-1])[::-1]
    cuts = np.arange(3, len(values) - 2)
    up = cuts[least_after[cuts] >= _MOST_UNITS * most[cuts - 1]]
    down = cuts[most_after[cuts] * _MOST_UNITS <= least[cuts - 1]]
    if not len(up) and not len(down):
        return None
    cut = int(up[0] if len(up) else down[0])
    ratio = float(np.median(values[cut:]) / np.median(values[:cut]))
    return int(index[places[cut]]), ratio
