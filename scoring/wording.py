"""Wording: a fact about an alert as a sentence, with the value and what to compare it with."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.past import Past
from features.plan import Made, Plan
from features.walk import Floats

NAMES = {
    "source": ("来源", "source"),
    "region": ("地区", "region"),
    "domain": ("领域", "domain"),
    "amount": ("金额", "amount"),
    "rule": ("比对规则", "comparison rule"),
    "level": ("预警等级", "level"),
    "subject": ("对象", "subject"),
    "unit": ("单位", "unit"),
}


def name_of(column: str) -> tuple[str, str]:
    """A column's name in Chinese and English."""
    return NAMES.get(column, (f"「{column}」", column.replace("_", " ")))


@dataclass(frozen=True, eq=False)
class Wording:
    """Puts facts about the alerts of one stream into words."""

    plan: Plan
    behind: Past
    made: Made

    def of(self, fact: str, row: int, contribution: float) -> tuple[Any, str, str]:
        """The value, and the sentence in Chinese and in English."""
        if fact == "overall":
            return self._overall(row)
        if fact == "raised_at":
            return self._raised(row)
        if "×" in fact:
            return self._pair(fact, row)
        return self._column(fact, row, contribution)

    def _column(self, fact: str, row: int, contribution: float) -> tuple[Any, str, str]:
        zh, en = name_of(fact)
        attribute = self.plan.by_name.get(fact)
        kind = attribute.kind if attribute else "category"
        value = self._values(fact)[row] if fact in self.behind.table else None
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            return None, f"{zh}缺失", f"{en} is missing"
        if kind == "number":
            number = float(value)
            return number, f"{zh}为 {number:,.6g}", f"{en} is {number:,.6g}"
        if kind == "date":
            days = float(self.made.matrix[row, self.made.place[f"{fact}.age"]])
            return str(value)[:10], f"{zh}距预警 {days:,.0f} 天", f"{en} lies {days:,.0f} days before the alert"
        shown = str(value) if len(str(value)) <= 60 else str(value)[:57] + "..."
        if kind in {"list", "text"}:
            higher = contribution > 0
            return (
                shown,
                f"{zh}中的词“{shown}”过往查实率偏{'高' if higher else '低'}",
                f'earlier alerts with words of {en} "{shown}" were confirmed {"more" if higher else "less"} often',
            )
        counted = self._counts((fact,), row)
        if kind == "subject":
            return shown, f"同一{zh}过往{counted[0]}", f"same {en}: {counted[1]}"
        return shown, f"{zh}“{shown}”过往{counted[0]}", f'{en} "{shown}": {counted[1]}'

    def _pair(self, fact: str, row: int) -> tuple[Any, str, str]:
        first, second = fact.split("×")
        (zh1, en1), (zh2, en2) = name_of(first), name_of(second)
        one, two = self._values(first)[row], self._values(second)[row]
        if self.plan.by_name[first].kind == "number":
            return f"{one}, {two}", "该地点附近的过往查实率", "past confirmation rate near this place"
        counted = self._counts((first, second), row)
        return (
            f"{one} × {two}",
            f"{zh1}“{one}”与{zh2}“{two}”同时出现时过往{counted[0]}",
            f'{en1} "{one}" together with {en2} "{two}": {counted[1]}',
        )

    def _raised(self, row: int) -> tuple[Any, str, str]:
        at = self._values("raised_at")[row]
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
        n, confirmed = (int(x) for x in self._outcomes(columns)[:2, row])
        every, hits = self.behind.overall[:2, row]
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
    def _asked(self) -> dict[tuple[str, ...], Floats]:
        return {}

    def _outcomes(self, columns: tuple[str, ...]) -> Floats:
        if columns not in self._asked:
            self._asked[columns] = self.behind.outcomes_by(self.behind.keys(columns))
        return self._asked[columns]
