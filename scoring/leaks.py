"""The leak test: a column that foretells outcomes too well by itself was probably written after verification.

Such a column is known in the past and missing, or not yet true, when an alert is raised: learning from it looks
splendid and fails at work. Three signs are looked for in the past alone:

- its value foretells the outcomes of later alerts with an AUC of VALUE or more, by itself;
- whether it is filled foretells them with an AUC of FILLED or more;
- it is filled where the outcome is known and empty where it is not, among alerts of the same time (AUC of KNOWN).

The first two are cross-validated by time: rates per value are taken from the earlier part of the past and tried on the
later. They must hold inside the sources as well, so that a field which only one source fills is not taken for a leak,
and must stand above the threshold's foot by two standard errors (Mann and Whitney, Annals of Mathematical Statistics
18, 1947). Source, region, domain, level and who an alert is about are what it is raised with: they are not tested.
Source: S. Kaufman, S. Rosset, C. Perlich, O. Stitelman, Leakage in Data Mining, ACM TKDD 6(4), 2012.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from data.feed_columns import forbidden_kind
from features.attributes import NOT_ATTRIBUTES, as_text, dates_of, look_at, numbers_of, tokens_of
from features.plan import Plan
from features.walk import Floats, Keys, Rows

VALUE, FILLED, KNOWN = 0.90, 0.80, 0.90
"""AUC from which a column's value, its being filled, and its following the verification are too good to be true.

Real feeds stay far below: the most telling column of the three in shared/feeds reaches 0.65 by itself.
"""
BELOW = 0.05
"""How far below the threshold two standard errors may reach."""
FEWEST = 100
"""Outcomes in the later part, below which nothing is concluded from it."""
FEWEST_OF_A_KIND = 10
MOST_ROWS = 10_000
RAISED_WITH = frozenset({"source", "region", "domain", "level", "subject", "subject_kind", "responsible", "rule"})
FORBIDDEN = "forbidden"
_NEVER = ("a forbidden input", "a person's name or number")
"""Kinds of names (data/feed_columns.toml) that are left out here too: what cards bring was in no feed."""
_WEIGHT = 5.0
_BINS = 32
_PARTS = (0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Leak:
    """A column that is held back, and why."""

    column: str
    sign: str
    """value, filled or known; forbidden: it is not tested, its name says enough."""
    auc: float
    n: int
    """Outcomes (or alerts, for `known`) it was judged by."""

    def to_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return asdict(self)

    def words(self) -> tuple[str, str]:
        """Why it is held back, in Chinese and in English."""
        zh, en = _WORDS[self.sign]
        return zh.format(auc=self.auc, n=self.n), en.format(auc=self.auc, n=self.n)

    def note(self) -> str:
        """The same as a note of a ranking."""
        quoted = f'"{self.column}"' if " " in self.column else self.column
        why = self.words()[1]
        if self.sign == FORBIDDEN:
            return f"column {self.column} is left out: {why}; --allow {quoted} lifts this"
        return f"column {self.column} is held back: written after verification? {why}; --allow {quoted} lifts this"


_WORDS = {
    FORBIDDEN: ("名称属于禁止用于评分的信息", "its name looks like a forbidden input"),
    "value": (
        "仅凭其取值就能以 AUC {auc:.2f} 预知后来的 {n:,} 条结论",
        "its value alone foretells the outcomes of {n:,} later alerts with an AUC of {auc:.2f}",
    ),
    "filled": (
        "仅凭是否填写就能以 AUC {auc:.2f} 预知后来的 {n:,} 条结论",
        "whether it is filled alone foretells the outcomes of {n:,} later alerts with an AUC of {auc:.2f}",
    ),
    "known": (
        "有结论的预警才填写，同期无结论的为空（{n:,} 条预警，AUC {auc:.2f}）",
        "it is filled where an outcome is known and empty where none is ({n:,} alerts of the same time, AUC {auc:.2f})",
    ),
}


def draw(past: pd.DataFrame, *, flowing: bool, allowed: Collection[str] = ()) -> tuple[Plan, list[Leak]]:
    """The plan of features without the columns that are held back, which its notes name, and these.

    past: alerts raised before as_of, with the labels known by then; allowed: columns that a person let back in.
    """
    forbidden = [
        Leak(str(name), FORBIDDEN, 0.0, 0)
        for name in past.columns
        if name not in NOT_ATTRIBUTES and name not in RAISED_WITH and forbidden_kind(str(name)) in _NEVER
    ]
    tested = find_leaks(past.drop(columns=[leak.column for leak in forbidden]))
    found = [leak for leak in (*forbidden, *tested) if leak.column not in allowed]
    plan = Plan.fit(past.drop(columns=[leak.column for leak in found]), flowing=flowing)
    return replace(plan, notes=[*plan.notes, *(leak.note() for leak in found)]), found


def find_leaks(past: pd.DataFrame) -> list[Leak]:
    """Every column that foretells too well, in the order of the columns."""
    told = past[past["label"].notna()].tail(MOST_ROWS)
    label = told["label"].to_numpy(dtype=np.float64)
    untold = past[past["label"].isna()].tail(MOST_ROWS)
    found = []
    for name in past.columns:
        if name in NOT_ATTRIBUTES or name in RAISED_WITH:
            continue
        leak = _of_values(str(name), told, label) or _of_waiting(str(name), told, untold)
        if leak is not None:
            found.append(leak)
    return found


def _of_values(name: str, told: pd.DataFrame, label: Floats) -> Leak | None:
    column = told[name]
    filled = _is_filled(column)
    signs: list[tuple[str, float, Floats]] = []
    later = np.arange(_bounds(len(label))[0], len(label))
    if not _enough(label[later]):
        return None
    if 0 < filled.mean() < 1:
        signs.append(("filled", FILLED, _foretold(filled.astype(np.int64), label)))
    if filled.sum() >= FEWEST_OF_A_KIND:
        words = _tokens(name, column)
        foretold = _foretold(_coded(column), label) if words is None else _foretold_by_words(*words, label)
        signs.append(("value", VALUE, foretold))
    for sign, threshold, foretold in signs:
        auc = _auc(label[later], foretold)
        if auc < threshold or auc - 2.0 * _error(label[later]) < threshold - BELOW:
            continue
        source = pd.factorize(told["source"].iloc[later], use_na_sentinel=False)[0] if "source" in told else None
        inside = auc if source is None else _auc_inside(label[later], foretold, source)
        if not np.isfinite(inside) or inside >= threshold:
            return Leak(name, sign, round(auc, 4), len(later))
    return None


def _bounds(n: int) -> list[int]:
    return [int(part * n) for part in _PARTS]


def _foretold(codes: NDArray[np.int64], label: Floats) -> Floats:
    """Rates per code of the alerts before each later part, beside the overall rate, for the alerts of that part."""
    bounds, size = _bounds(len(label)), int(codes.max(initial=0)) + 1
    foretold = [
        _lifts(codes[:begin], label[:begin], label[:begin], size)[codes[begin:end]] for begin, end in pairwise(bounds)
    ]
    return np.concatenate(foretold)


def _foretold_by_words(starts: Rows, tokens: Keys, label: Floats) -> Floats:
    """The same for lists and texts: the rates of an alert's words added up, as naive Bayes does."""
    bounds, size = _bounds(len(label)), int(tokens.max(initial=0)) + 1
    of_row = np.repeat(np.arange(len(label)), np.diff(starts))
    foretold = []
    for begin, end in pairwise(bounds):
        first, last = starts[begin], starts[end]
        lifts = _lifts(tokens[:first], label[of_row[:first]], label[:begin], size)
        inside = of_row[first:last] - begin
        foretold.append(np.bincount(inside, weights=lifts[tokens[first:last]], minlength=end - begin))
    return np.concatenate(foretold)


def _lifts(codes: NDArray[np.int64], label: Floats, every: Floats, size: int) -> Floats:
    base = (every.sum() + 1.0) / (len(every) + 2.0)
    count, hits = np.bincount(codes, minlength=size), np.bincount(codes, weights=label, minlength=size)
    rate = (hits + _WEIGHT * base) / (count + _WEIGHT)
    return np.asarray(np.log(rate / (1.0 - rate)) - np.log(base / (1.0 - base)), dtype=np.float64)


def _tokens(name: str, column: "pd.Series[Any]") -> tuple[Rows, Keys] | None:
    """The words of a list or a text; None for any other column."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return None
    seen = look_at(name, column)
    if isinstance(seen, str) or seen.kind not in {"list", "text"} or not seen.levels:
        return None
    return tokens_of(seen, column)


def _of_waiting(name: str, told: pd.DataFrame, untold: pd.DataFrame) -> Leak | None:
    """Whether the column is filled where an outcome is known and empty where not, among alerts of the same time."""
    if len(untold) < FEWEST_OF_A_KIND or untold["raised_at"].isna().all():
        return None
    span = told[told["raised_at"] >= untold["raised_at"].min()]
    if len(span) < FEWEST_OF_A_KIND or len(span) + len(untold) < FEWEST:
        return None
    both = pd.concat([span[[name, "raised_at"]], untold[[name, "raised_at"]]])
    known = np.concatenate([np.ones(len(span)), np.zeros(len(untold))])
    filled = _is_filled(both[name]).astype(np.float64)
    if not 0 < filled.mean() < 1:
        return None
    # Inside parts of the same time: a column that came into use lately is filled for the open ones more often.
    time = both["raised_at"].rank(method="first").to_numpy()
    part = (time * 8 // (len(time) + 1)).astype(np.int64)
    auc, inside = _auc(known, filled), _auc_inside(known, filled, part)
    if auc >= KNOWN and np.isfinite(inside) and inside >= KNOWN and auc - 2.0 * _error(known) >= KNOWN - BELOW:
        return Leak(name, "known", round(auc, 4), len(known))
    return None


def _is_filled(column: "pd.Series[Any]") -> NDArray[np.bool_]:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column.notna().to_numpy(dtype=bool)
    return as_text(column).notna().to_numpy(dtype=bool)


def _coded(column: "pd.Series[Any]") -> NDArray[np.int64]:
    """Values as small codes: numbers and dates by quantile, everything else by text; missing is a value of its own."""
    if pd.api.types.is_datetime64_any_dtype(column):
        moments = dates_of(column).to_numpy().astype("datetime64[us]").astype(np.int64).astype(np.float64)
        return _binned(np.where(column.isna().to_numpy(dtype=bool), np.nan, moments))
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and column.nunique() > _BINS:
        return _binned(numbers_of(column))
    return pd.factorize(as_text(column))[0].astype(np.int64) + 1


def _binned(values: Floats) -> NDArray[np.int64]:
    known = np.isfinite(values)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, np.where(known, values, 0.0), side="right") + 1, 0).astype(np.int64)


def _enough(label: Floats) -> bool:
    return len(label) >= FEWEST and min(label.sum(), len(label) - label.sum()) >= FEWEST_OF_A_KIND


def _auc(label: Floats, score: Floats) -> float:
    hits = float(label.sum())
    pairs = hits * (len(label) - hits)
    return (float(rankdata(score)[label > 0].sum()) - hits * (hits + 1) / 2) / pairs if pairs else 0.5


def _auc_inside(label: Floats, score: Floats, group: NDArray[np.int64]) -> float:
    """AUC inside each group, averaged by pairs; NaN where no group has outcomes of both kinds."""
    total = weight = 0.0
    for code in np.unique(group):
        inside = group == code
        hits = float(label[inside].sum())
        pairs = hits * (inside.sum() - hits)
        total, weight = total + pairs * _auc(label[inside], score[inside]), weight + pairs
    return total / weight if weight else float("nan")


def _error(label: Floats) -> float:
    """Standard error of the AUC of an order by chance."""
    hits = float(label.sum())
    pairs = hits * (len(label) - hits)
    return float(np.sqrt((len(label) + 1) / (12.0 * pairs))) if pairs else 1.0
