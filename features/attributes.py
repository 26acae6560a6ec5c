"""What a column is, found by looking at the past: number, date, flag, category, list, text, identifier, coordinates."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd

from features.walk import Floats, Keys, Rows

NOT_ATTRIBUTES = frozenset({"alert_id", "raised_at", "known_at", "closed_at", "outcome", "label"})
MOST_LEVELS = 250
FEWEST_OF_A_LEVEL = 5
MOST_TOKENS = 400

_DELIMITER = re.compile(r"\s*[;|；、]\s*")
_WORD = re.compile(r"[0-9A-Za-z]+|[一-鿿]+")
_CODE_NAME = re.compile(r"(?:^|_)(?:id|code|no|zip|ward|district|key)$|(?:编号|编码|代码|证号|号码)$", re.IGNORECASE)
_SUBJECT_NAME = re.compile(r"subject|person|household|身份|姓名|对象|户主", re.IGNORECASE)
_PERSON_COLUMNS = frozenset({"subject", "responsible"})
_PERSON_VALUE = r"[0-9a-f]{16}|[0-9a-f]{64}|\d{17}[0-9Xx]"
"""Keyed hashes of people's numbers, short and whole, and identity numbers themselves."""
_LATITUDE = re.compile(r"(?:^|_)(?:lat|latitude)$|纬度", re.IGNORECASE)
_LONGITUDE = re.compile(r"(?:^|_)(?:lon|lng|long|longitude)$|经度", re.IGNORECASE)


@dataclass(frozen=True)
class Attribute:
    """A column of the stream and what it turned out to be."""

    name: str
    kind: str
    """number, date, flag, category, list, text or subject."""
    levels: list[str] = field(default_factory=list)
    """Categories and flags: values seen often enough, most frequent first. Lists and texts: their tokens."""
    n_distinct: int = 0
    is_key: bool = False
    """Whether the history of the alerts that share its value is worth asking for."""

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The attribute that `asdict` wrote."""
        return cls(**content)

    def to_json(self) -> dict[str, Any]:
        """The attribute as plain values."""
        return asdict(self)


def as_text(column: "pd.Series[Any]") -> "pd.Series[str]":
    """A column's values as stripped text, missing where they are missing or empty."""
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if (whole == whole.round()).all() and whole.abs().lt(2**53).all():
            column = column.astype("Int64")
    out = column.astype("string").str.strip()
    return out.mask(out == "")


def _token_lists(column: "pd.Series[Any]", kind: str) -> list[list[str]]:
    texts = as_text(column).fillna("").astype(object)
    if kind == "list":
        return [sorted({part for part in _DELIMITER.split(text) if part}) for text in texts]
    return [sorted(set(_words(text))) for text in texts]


def _words(text: str) -> list[str]:
    words: list[str] = []
    for run in _WORD.findall(text[:2000].lower()):
        if run[0] >= "一":
            words += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
        elif len(run) > 1:
            words.append(run)
    return words


def look_at(name: str, column: "pd.Series[Any]") -> Attribute | str:
    """What a column of the past is; a sentence why not, if it cannot become a feature.

    A column named subject or responsible, or one of keyed hashes or identity numbers, speaks of people: it is of kind
    subject, whose history may only be counted in ways that no excluded alert can turn against them (field/rules.md,
    3.8), and never a category.
    """
    present = column.dropna()
    if present.empty:
        return f"column {name} is empty"
    if name in _PERSON_COLUMNS and not as_text(present).dropna().empty:
        return Attribute(name, "subject", n_distinct=int(as_text(present).nunique()), is_key=True)
    if pd.api.types.is_datetime64_any_dtype(column):
        return Attribute(name, "date")
    if pd.api.types.is_bool_dtype(column):
        return _category(name, column, "flag")
    n_distinct = int(present.nunique())
    if n_distinct < 2 and len(present) == len(column):
        return f"column {name} has one value only"
    if pd.api.types.is_numeric_dtype(column):
        is_key = bool(_CODE_NAME.search(name)) and 2 < n_distinct <= len(present) / 2 and bool((present % 1 == 0).all())
        return Attribute(name, "number", n_distinct=n_distinct, is_key=is_key)
    return _look_at_text(name, column)


def _look_at_text(name: str, column: "pd.Series[Any]") -> Attribute | str:
    texts = as_text(column)
    present = texts.dropna()
    if present.empty:
        return f"column {name} is empty"
    n_distinct, n = int(present.nunique()), len(present)
    if n_distinct < 2 and n == len(column):
        return f"column {name} has one value only"
    different = f"column {name} is different in nearly every row" if n_distinct > 0.98 * n and n > 50 else ""
    if present.str.fullmatch(_PERSON_VALUE).mean() > 0.95:
        return different or Attribute(name, "subject", n_distinct=n_distinct, is_key=True)
    if _as_number(present, n_distinct):
        return Attribute(name, "number", n_distinct=n_distinct)
    sample = present.drop_duplicates().head(2000)
    words = sample.map(lambda text: len(_words(text)))
    delimited = sample.str.contains(_DELIMITER.pattern, regex=True)
    if delimited.mean() > 0.1 and n_distinct > 20:
        return _tokens(name, column, "list", n_distinct)
    if words.mean() >= 5 and n_distinct > 0.2 * n:
        return _tokens(name, column, "text", n_distinct)
    if different:
        return different
    per_level = n / n_distinct
    if (n_distinct > 200 and per_level < 8) or (_SUBJECT_NAME.search(name) and per_level < 50):
        return Attribute(name, "subject", n_distinct=n_distinct, is_key=True)
    return _category(name, column, "category")


def _as_number(present: "pd.Series[str]", n_distinct: int) -> bool:
    if n_distinct < 0.3 * len(present):
        return False
    numbers = pd.to_numeric(present, errors="coerce")
    return bool(numbers.notna().mean() > 0.98 and (numbers % 1 != 0).mean() > 0.2)


def _category(name: str, column: "pd.Series[Any]", kind: str) -> Attribute:
    counts = as_text(column).value_counts()
    levels = [str(level) for level in counts.index[counts >= FEWEST_OF_A_LEVEL]]
    return Attribute(name, kind, sorted(levels[:MOST_LEVELS], key=levels.index), len(counts), kind == "category")


def _tokens(name: str, column: "pd.Series[Any]", kind: str, n_distinct: int) -> Attribute:
    lists = _token_lists(column, kind)
    counts = pd.Series([token for tokens in lists for token in tokens], dtype=object).value_counts()
    fewest = max(FEWEST_OF_A_LEVEL, len(column) // 2000)
    common = counts[(counts >= fewest) & (counts < 0.9 * len(column))]
    levels = sorted(map(str, common.index[:MOST_TOKENS]))
    return Attribute(name, kind, levels, n_distinct, kind == "list" and n_distinct <= len(column) / 8)


def look(past: pd.DataFrame) -> tuple[list[Attribute], list[str]]:
    """What every column of the past is, and a sentence for each that cannot become a feature."""
    found, notes = [], []
    for name in past.columns:
        if name in NOT_ATTRIBUTES:
            continue
        seen = look_at(str(name), past[name])
        if isinstance(seen, str):
            notes.append(seen)
        else:
            found.append(seen)
    return found, notes


def coordinates(attributes: Sequence[Attribute]) -> tuple[str, str] | None:
    """The names of the latitude and longitude columns, if the stream has them."""
    numbers = [a.name for a in attributes if a.kind == "number"]
    latitude = next((name for name in numbers if _LATITUDE.search(name)), None)
    longitude = next((name for name in numbers if _LONGITUDE.search(name)), None)
    return (latitude, longitude) if latitude and longitude else None


def numbers_of(column: "pd.Series[Any]") -> Floats:
    """A column as floats; whatever is not a number, or not finite, is missing."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def dates_of(column: "pd.Series[Any]") -> "pd.Series[pd.Timestamp]":
    """A column as moments in UTC without zone; whatever is not an ISO date is missing."""
    moments = column
    if not pd.api.types.is_datetime64_any_dtype(column):
        moments = pd.to_datetime(column.astype("string"), format="ISO8601", errors="coerce", utc=True)
    return moments if moments.dt.tz is None else moments.dt.tz_convert(None)


def local_time(moments: "pd.Series[Any]") -> "pd.Series[Any]":
    """Moments (UTC, naive) on the clock of Asia/Shanghai (UTC+8, no summer time since 1991).

    A date alone, kept as its midnight, stays the same day.
    """
    return moments + pd.Timedelta(hours=8)


def ages_of(column: "pd.Series[Any]", raised_at: "pd.Series[pd.Timestamp]") -> Floats:
    """Days from a date to the moment the alert was raised; missing where the date is missing or lies after it.

    A date after raised_at would be knowledge of the future (or a mistake) unless it was planned: its distance is kept
    only up to a year ahead.
    """
    days = ((raised_at - dates_of(column)).dt.total_seconds() / 86400).to_numpy(dtype=np.float64)
    return np.where(days < -366, np.nan, days)


def codes_of(attribute: Attribute, column: "pd.Series[Any]") -> Floats:
    """Position of each value among the attribute's levels; NaN where missing, len(levels) where new or rare."""
    texts = as_text(column)
    codes = pd.Index(attribute.levels, dtype=object).get_indexer(pd.Index(texts.astype(object)))
    values = np.where(codes >= 0, codes, len(attribute.levels)).astype(np.float64)
    return np.where(texts.isna().to_numpy(dtype=bool), np.nan, values)


def tokens_of(attribute: Attribute, column: "pd.Series[Any]") -> tuple[Rows, Keys]:
    """Known tokens of each value: those of row i are tokens[starts[i]:starts[i + 1]]."""
    place = {token: i for i, token in enumerate(attribute.levels)}
    codes, texts = pd.factorize(as_text(column).fillna(""))
    lists = [
        [place[token] for token in tokens if token in place]
        for tokens in _token_lists(pd.Series(texts, dtype="string"), attribute.kind)
    ]
    sizes = np.array([len(lists[code]) for code in codes], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    tokens = np.fromiter((t for code in codes for t in lists[code]), dtype=np.int64, count=int(starts[-1]))
    return starts, tokens
