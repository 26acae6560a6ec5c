"""Cells to values: dates, numbers and outcomes as people write them. What cannot be read is marked, never guessed."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from data.outcomes import OUTCOMES

Values = pd.Series
MISSING_WORDS = {"", "na", "n/a", "#n/a", "nan", "nat", "none", "null", "-", "--", "—", "——", "/", "\\n", "无", "不详"}
"""Where a date, a number or an outcome is expected, these words mean that there is none."""
OUTCOME_WORDS = {
    "confirmed": "confirmed",
    "查实": "confirmed",
    "属实": "confirmed",
    "1": "confirmed",
    "1.0": "confirmed",
    "true": "confirmed",
    "dismissed": "dismissed",
    "排除": "dismissed",
    "不属实": "dismissed",
    "0": "dismissed",
    "0.0": "dismissed",
    "false": "dismissed",
} | {code.lower(): code for code in OUTCOMES}
_UNITS = {"": 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[-+])?(?:¥|\$|€|£|rmb|cny|usd|人民币)?\s*(?P<minus>-)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?P<power>e[-+]?\d+)?\s*"
    r"(?P<unit>千万|百万|亿|万|千)?\s*(?:元|圆|¥|\$|€|£|rmb|cny|usd)?(?(open)\))"
)
_PLAIN_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?(?:[eE][-+]?\d+)?|[-+]?0?\.\d+")
_MOMENT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,9}))?)?:?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(.*)")
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}")
LARGEST_AMOUNT = 1e15
"""CNY: more than all the money there is; beyond it a cell is a slip, or a number of another kind."""
LARGEST_NUMBER = 1e100
"""Of attributes: squares and sums of what is smaller stay finite."""
EARLIEST = pd.Timestamp("1900-01-01")
LATEST = pd.Timestamp("2200-01-01")


@dataclass(frozen=True)
class Reading:
    """A column read as values: what was missing stays missing, what could not be read is marked bad."""

    values: "Values[Any]"
    bad: "np.ndarray[Any, np.dtype[np.bool_]]"
    """(n_rows,) True where a cell holds something that is not such a value."""
    note: str = ""
    """How the cells were understood, where there was a choice; else empty."""


def narrow(text: str) -> str:
    """Text without full-width digits and signs, no-break spaces, control characters and outer blanks."""
    if text.isascii() and text.isprintable():
        return text.strip()
    folded = unicodedata.normalize("NFKC", text)
    return "".join(character for character in folded if character.isprintable()).strip()


def read_text(column: "Values[Any]") -> "Values[Any]":
    """A column as text (dtype str): whole numbers without a decimal point, blanks missing, control characters gone."""
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.dropna()
        if len(whole) and bool(np.isfinite(whole).all()) and bool((whole == np.floor(whole)).all()):
            column = column.astype("Int64")
    cells = column.astype("object").where(column.notna(), None)
    texts = by_unique(cells, _as_text)
    return texts.where(texts.notna() & (texts != ""), None).astype("str")


def shortened_numbers(column: "Values[Any]") -> "Values[bool]":
    """Where a number has lost digits: 1.10105E+17 as text, or more digits than a spreadsheet's number can hold."""
    if pd.api.types.is_float_dtype(column.dtype):
        return column.abs() >= 1e15
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.Series(False, index=column.index)
    return by_unique(column, _is_shortened).fillna(False).astype(bool)


def _is_shortened(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(_SHORTENED.fullmatch(cell.strip()))
    return isinstance(cell, float) and abs(cell) >= 1e15


def _as_text(cell: Any) -> str:
    if isinstance(cell, str):
        if cell.isprintable():
            return cell.strip()
        return " ".join("".join(c if c.isprintable() else " " for c in cell).split())
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def by_unique(column: "Values[Any]", function: Callable[[Any], Any]) -> "Values[Any]":
    """`function` of each cell, called once for each different cell; missing stays missing."""
    codes, uniques = pd.factorize(column.astype("object"), use_na_sentinel=True)
    found = np.empty(len(uniques) + 1, dtype="object")
    found[:-1] = [function(cell) for cell in uniques]
    found[-1] = None
    return pd.Series(found[codes], index=column.index, dtype="object")


def read_moments(column: "Values[Any]", *, spreadsheet: bool = False, time_zone: str = "") -> Reading:
    """A column as moments (datetime64[us], UTC without zone).

    Read are ISO dates and timestamps, 2023.5.1, 2023/5/1, 2023年5月1日, 20230501, full-width digits, times with a zone
    (turned to UTC), and in a spreadsheet the day number it stores. 03/04/2023 is read only where another row of the
    column shows which is the month. A moment without zone is taken as it stands, or as in `time_zone`.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _settled(_without_zone(column, time_zone), np.zeros(len(column), dtype=bool))
    texts = by_unique(column, lambda cell: _moment_text(cell, spreadsheet))
    present = texts.notna() & (texts != "")
    codes, uniques = pd.factorize(texts.where(present, None).astype("object"), use_na_sentinel=True)
    order, note = _slashed_order(uniques)
    iso = pd.Series([_as_iso(text, order) for text in uniques], dtype="object")
    moments = _parse_iso(iso, time_zone)
    found = np.append(moments.to_numpy(dtype="datetime64[us]"), np.datetime64("NaT"))[codes]
    values = pd.Series(found, index=column.index, dtype="datetime64[us]")
    return _settled(values, (present & values.isna()).to_numpy(), note)


def _settled(values: "Values[Any]", bad: Any, note: str = "") -> Reading:
    outside = (values < EARLIEST) | (values > LATEST)
    return Reading(values.where(~outside, pd.NaT), bad | outside.to_numpy(), note)


def _without_zone(column: "Values[Any]", time_zone: str) -> "Values[Any]":
    if column.dt.tz is None and time_zone:
        column = column.dt.tz_localize(time_zone, ambiguous="NaT", nonexistent="shift_forward")
    if column.dt.tz is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    clipped = column.where((column > EARLIEST - pd.Timedelta(days=1)) | column.isna(), EARLIEST - pd.Timedelta(days=1))
    return clipped.astype("datetime64[us]")


def _moment_text(cell: Any, spreadsheet: bool) -> str:
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float | np.number):
        if not np.isfinite(cell):
            return "" if np.isnan(cell) else str(cell)
        if spreadsheet and 1 <= cell < 110_000:
            return (pd.Timestamp("1899-12-30") + pd.Timedelta(days=float(cell))).round("s").isoformat()
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    text = narrow(str(cell))
    return "" if text.lower() in MISSING_WORDS else text


def _slashed_order(texts: Any) -> tuple[str, str]:
    """Which of day and month comes first in dates such as 31/12/2023, as the column itself shows: dm, md or unknown."""
    found = [match for match in (_SLASHED.fullmatch(text) for text in texts) if match]
    day_first = any(int(match[1]) > 12 for match in found)
    month_first = any(int(match[2]) > 12 for match in found)
    if day_first == month_first:
        return "", ""
    return ("dm", "as day/month/year") if day_first else ("md", "as month/day/year")


def _as_iso(text: str, order: str) -> str | None:
    """ISO form of a moment's text, or None where it is not one."""
    if _ISO.fullmatch(text):
        return text
    slashed = _SLASHED.fullmatch(text)
    if slashed and order:
        day, month = (slashed[1], slashed[2]) if order == "dm" else (slashed[2], slashed[1])
        text = f"{slashed[3]}-{month}-{day}{slashed[4]}"
    match = _MOMENT.fullmatch(_western(text))
    if not match:
        return None
    parts = match.groupdict(default="0")
    fraction = f"{parts['fraction']:0<6}"[:6]
    clock = f"{int(parts['hour']):02}:{int(parts['minute']):02}:{int(parts['second']):02}.{fraction}"
    return f"{parts['year']}-{int(parts['month']):02}-{int(parts['day']):02}T{clock}{_zone(match['zone'])}"


def _western(text: str) -> str:
    if re.fullmatch(r"\d{8}|\d{12}|\d{14}", text):
        clock = ":".join(text[place : place + 2] for place in range(8, len(text), 2))
        return f"{text[:4]}-{text[4:6]}-{text[6:8]} {clock}".strip()
    text = re.sub(r"\s*年\s*|\s*月\s*(?=\d)", "-", text)
    text = re.sub(r"\s*[日号]\s*", " ", text).strip()
    text = re.sub(r"时\s*|点\s*|分\s*(?=\d)", ":", text).replace("分", "").replace("秒", "")
    return re.sub(r"^(\d{4})[./-](\d{1,2})[./-](\d{1,2})", r"\1-\2-\3", text)


def _zone(zone: str | None) -> str:
    if not zone:
        return ""
    if zone in {"Z", "UTC"}:
        return "Z"
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"


def _parse_iso(texts: "Values[Any]", time_zone: str) -> "Values[Any]":
    zoned = texts.str.contains(r"(?:Z|[+-]\d\d:\d\d)$", na=False)
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    if zoned.any():
        parsed = pd.to_datetime(texts[zoned], format="ISO8601", errors="coerce", utc=True)
        moments[zoned] = parsed.dt.tz_localize(None).astype("datetime64[us]")
    if not zoned.all():
        parsed = pd.to_datetime(texts[~zoned], format="ISO8601", errors="coerce").astype("datetime64[us]")
        moments[~zoned] = _without_zone(parsed, time_zone) if time_zone else parsed
    return moments


def read_amounts(column: "Values[Any]", *, factor: float = 1.0) -> Reading:
    """A column of money as float64: 1,234.50元, ¥1234, 0.3万, (12.5) for minus, full-width digits.

    Infinity and what is beyond LARGEST_AMOUNT is bad.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        numbers = column.astype("float64") * factor
        bad = (numbers.abs() > LARGEST_AMOUNT).to_numpy()
        return Reading(numbers.where(~bad), bad)
    texts = by_unique(column, lambda cell: narrow(str(cell)).lower())
    present = texts.notna() & ~texts.isin(MISSING_WORDS)
    values = by_unique(texts.where(present, None), _as_amount).astype("float64") * factor
    values = values.where(values.abs() <= LARGEST_AMOUNT)
    return Reading(values, (present & values.isna()).to_numpy())


def _as_amount(text: str) -> float:
    match = _NUMBER.fullmatch(text)
    if not match or (match["sign"] and match["minus"]):
        return float("nan")
    number = float(match["digits"].replace(",", "") + (match["power"] or "")) * _UNITS[match["unit"] or ""]
    negative = bool(match["open"]) or match["sign"] == "-" or bool(match["minus"])
    return -number if negative else number


def read_outcomes(column: "Values[Any]", words: dict[str, str]) -> Reading:
    """A column of outcomes as confirmed, dismissed or an office code (dtype str), missing where there is none yet.

    `words` are the feed's own words for them; beside these, those in OUTCOME_WORDS are known in any case of letters.
    """
    own = {narrow(word).lower(): outcome for word, outcome in words.items()}
    known = OUTCOME_WORDS | {word: OUTCOME_WORDS.get(outcome.lower(), "") for word, outcome in own.items()}
    texts = by_unique(column, lambda cell: narrow(_as_text(cell)).lower())
    missing = MISSING_WORDS - set(own)
    present = texts.notna() & ~texts.isin(missing) & ~texts.isin([word for word, outcome in own.items() if not outcome])
    outcomes = texts.where(present, None).map(known)
    taken = sorted(
        set(texts[present])
        & (set(OUTCOME_WORDS) - {"confirmed", "dismissed"} - {c.lower() for c in OUTCOMES} - set(own))
    )
    note = "; ".join(f"“{word}” as {OUTCOME_WORDS[word]}" for word in taken)
    return Reading(outcomes.astype("str"), (present & outcomes.isna()).to_numpy(), note)


def read_attribute(column: "Values[Any]", *, typed: bool) -> tuple["Values[Any] | None", str]:
    """A column as an attribute: str, float64, int64, bool or datetime64[us]; and what had to be said about it.

    Cells with types of their own keep them; text of delimited files becomes numbers, dates or flags only where every
    cell agrees. Codes with leading zeros and numbers too long to be exact stay text. None: the column is left out.
    """
    if column.isna().all():
        return None, "has no values"
    if not typed:
        return _read_untyped(column)
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return (column.astype("bool") if column.notna().all() else column.astype("float64")), ""
    if pd.api.types.is_numeric_dtype(kind):
        whole = pd.api.types.is_integer_dtype(kind) and column.notna().all() and column.max() < 2**63
        return _finite(column.astype("int64" if whole else "float64"))
    if pd.api.types.is_datetime64_any_dtype(kind):
        return read_moments(column).values, ""
    if pd.api.types.is_timedelta64_dtype(kind):
        return column.dt.total_seconds() / 86400, "is a length of time, counted in days"
    return _read_objects(column)


def _read_objects(column: "Values[Any]") -> tuple["Values[Any] | None", str]:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in {"datetime", "date", "datetime64"}:
        return read_moments(column).values, ""
    if kind in {"floating", "integer", "mixed-integer-float", "decimal"}:
        return _finite(pd.to_numeric(column.astype("float64")))
    if kind == "boolean":
        return (column.astype("bool") if column.notna().all() else column.astype("float64")), ""
    if kind == "bytes":
        return None, "holds bytes, not values"
    text = read_text(column)
    mixed = kind not in {"string", "empty", "categorical"}
    return (
        (None, "has no values")
        if text.isna().all()
        else (text, "mixes kinds of values and is kept as text" if mixed else "")
    )


def _read_untyped(column: "Values[Any]") -> tuple["Values[Any] | None", str]:
    text = read_text(column)
    present = [narrow(word) for word in text.dropna().unique()]
    if not present:
        return None, "has no values"
    words = [word for word in present if word.lower() not in MISSING_WORDS]
    if not words:
        return text, ""
    if all(word.lower() in {"true", "false"} for word in words) and text.notna().all() and len(words) == len(present):
        return text.str.lower() == "true", ""
    n_numbers = sum(bool(_PLAIN_NUMBER.fullmatch(word)) or word.lower() in {"inf", "-inf"} for word in words)
    if n_numbers == len(words):
        return _numbers(text, whole=not any(mark in word for word in words for mark in ".eEf"))
    if len(words[0]) >= 8 and not words[0].isalpha():
        moments = read_moments(text)
        plain = any(word.isdigit() for word in words)
        if not plain and not moments.bad.any():
            return moments.values, ""
    return text, "mixes numbers and words and is kept as text" if n_numbers > len(words) / 2 else ""


def _numbers(text: "Values[Any]", *, whole: bool) -> tuple["Values[Any]", str]:
    values = by_unique(text, lambda word: _as_number(narrow(word))).astype("float64")
    whole = whole and bool((values.abs() < 2**53).all())
    return (values.astype("int64"), "") if whole else _finite(values)


def _as_number(word: str) -> float:
    return float("nan") if word.lower() in MISSING_WORDS else float(word.replace(",", ""))


def _finite(values: "Values[Any]") -> tuple["Values[Any]", str]:
    if values.dtype == "int64":
        return values, ""
    beyond = (values.abs() > LARGEST_NUMBER).to_numpy()
    if not beyond.any():
        return values, ""
    return values.where(~beyond), f"has {int(beyond.sum())} infinite or impossibly large numbers, taken as missing"
