"""Wording: a fact about an alert as a sentence, with the value and what to compare it with.

Streams come in UTC without zone; dates, months and days of the week are told as they are in Asia/Shanghai. Who an alert
is about is never told: a subject's value may be an identity number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.attributes import dates_of, local_time
from features.past import Past
from features.plan import Made, Plan
from features.walk import Floats

Pair = tuple[str, str]
"""The same in Chinese and in English."""

_FLAGS = {"True": ("是", "yes"), "False": ("否", "no")}


@dataclass(frozen=True)
class Words:
    """What columns and their values are called, where they are called otherwise than in the feed."""

    names: Mapping[str, Pair] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Pair]] = field(default_factory=dict)
    """By column, then by value."""
    unspoken: frozenset[str] = frozenset()
    """Columns of keyed hashes: their values mean nothing to a reader and are never shown."""

    def name_of(self, column: str) -> Pair:
        """A column's name."""
        return self.names.get(column) or _NAMES.get(column) or (f"「{column}」", column.replace("_", " "))

    def value_of(self, column: str, value: Any) -> Pair:
        """A value's name, at most 60 characters long."""
        text = str(value)
        found = self.values.get(column, {}).get(text) or _FLAGS.get(text)
        shown = text if len(text) <= 60 else text[:57] + "..."
        return found or (shown, shown)


_NAMES = {
    "source": ("来源", "source"),
    "region": ("地区", "region"),
    "domain": ("领域", "domain"),
    "amount": ("金额", "amount"),
}
FEED_WORDS = Words()


@dataclass(frozen=True, eq=False)
class Wording:
    """Puts facts about the alerts of one stream into words."""

    plan: Plan
    behind: Past
    made: Made

    def of(self, fact: str, row: int, contribution: float, words: Words) -> tuple[Any, str, str]:
        """The value, and the sentence in Chinese and in English."""
        if fact == "overall":
            return self._overall(row)
        if fact == "raised_at":
            return self._raised(row)
        if "×" in fact:
            return self._pair(fact, row, words)
        return self._column(fact, row, contribution, words)

    def _column(self, fact: str, row: int, contribution: float, words: Words) -> tuple[Any, str, str]:
        zh, en = words.name_of(fact)
        attribute = self.plan.by_name.get(fact)
        kind = attribute.kind if attribute else "category"
        missing = None, f"{zh}缺失", f"{en} is missing"
        value = self._values(fact)[row] if fact in self._columns else None
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            return missing
        if kind == "subject" or fact in words.unspoken:
            counted = self._counts((fact,), row)
            return None, f"同一{zh}过往{counted[0]}", f"same {en}: {counted[1]}"
        if kind in {"number", "date"}:
            number = float(self.made.matrix[row, self.made.place[fact if kind == "number" else f"{fact}.age"]])
            if not np.isfinite(number):
                return missing
            if kind == "number":
                return number, f"{zh}为 {number:,.6g}", f"{en} is {number:,.6g}"
            on = self._local(fact)[row].item().date()
            return str(on), f"{zh}距预警 {number:,.0f} 天", f"{en} lies {number:,.0f} days before the alert"
        shown, shown_en = words.value_of(fact, value)
        if kind in {"list", "text"}:
            higher = contribution > 0
            return (
                shown,
                f"{zh}中的词“{shown}”过往查实率偏{'高' if higher else '低'}",
                f'earlier alerts with words of {en} "{shown}" were confirmed {"more" if higher else "less"} often',
            )
        counted = self._counts((fact,), row)
        return shown, f"{zh}“{shown}”过往{counted[0]}", f'{en} "{shown_en}": {counted[1]}'

    def _pair(self, fact: str, row: int, words: Words) -> tuple[Any, str, str]:
        first, second = fact.split("×")
        (zh1, en1), (zh2, en2) = words.name_of(first), words.name_of(second)
        one, two = self._values(first)[row], self._values(second)[row]
        (one_zh, one_en), (two_zh, two_en) = words.value_of(first, one), words.value_of(second, two)
        if self.plan.by_name[first].kind == "number":
            return f"{one}, {two}", "该地点附近的过往查实率", "past confirmation rate near this place"
        counted = self._counts((first, second), row)
        return (
            f"{one} × {two}",
            f"{zh1}“{one_zh}”与{zh2}“{two_zh}”同时出现时过往{counted[0]}",
            f'{en1} "{one_en}" together with {en2} "{two_en}": {counted[1]}',
        )

    def _raised(self, row: int) -> tuple[Any, str, str]:
        at = self._local("raised_at")[row].item()
        return (
            str(at.date()),
            f"预警产生于 {at.month} 月、星期{'一二三四五六日'[at.weekday()]}",
            f"raised on {at:%A} in {at:%B}",
        )

    def _overall(self, row: int) -> tuple[Any, str, str]:
        n, confirmed = self.behind.lately[2][row], self.behind.lately[3][row]
        share = confirmed / n if n > 0 else float("nan")
        return (
            round(share, 4),
            f"全部预警近两个月查实率约 {share:.0%}",
            f"about {share:.0%} of all alerts were confirmed lately",
        )

    def _counts(self, columns: tuple[str, ...], row: int) -> tuple[str, str]:
        asked, every_outcome = self._outcomes(columns), self.behind.overall
        n, confirmed = int(asked[0, row]), int(asked[1, row])
        every, hits = float(every_outcome[0, row]), float(every_outcome[1, row])
        overall = f"{hits / every:.0%}" if every else "—"
        if n == 0:
            return f"尚无结论；全部预警 {overall}", f"no outcomes yet; all alerts {overall}"
        return (
            f"查实 {confirmed}/{n}（{confirmed / n:.0%}）；全部预警 {overall}",
            f"{confirmed} of {n} confirmed ({confirmed / n:.0%}); all alerts {overall}",
        )

    @cached_property
    def _read(self) -> dict[str, NDArray[np.object_]]:
        return {}

    def _values(self, column: str) -> NDArray[np.object_]:
        if column not in self._read:
            self._read[column] = self.behind.table[column].astype(object).to_numpy()
        return self._read[column]

    @cached_property
    def _columns(self) -> frozenset[str]:
        return frozenset(self.behind.table.columns)

    @cached_property
    def _moments(self) -> dict[str, NDArray[np.datetime64]]:
        return {}

    def _local(self, column: str) -> NDArray[np.datetime64]:
        """A column of moments on the office's clock, in microseconds."""
        if column not in self._moments:
            self._moments[column] = local_time(dates_of(self.behind.table[column])).to_numpy("datetime64[us]")
        return self._moments[column]

    @cached_property
    def _asked(self) -> dict[tuple[str, ...], Floats]:
        return {}

    def _outcomes(self, columns: tuple[str, ...]) -> Floats:
        if columns not in self._asked:
            self._asked[columns] = self.behind.outcomes_by(self.behind.keys(columns))
        return self._asked[columns]
