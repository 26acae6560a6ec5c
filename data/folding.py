"""Hits fold to findings: the rows of one (model, rule, subject, period), as they would make one alert."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from data.cards import LEVELS, Card, Rule
from data.identity import subject_keys
from data.identity_numbers import without_numbers
from data.registers import mask_personal
from data.rule_rows import Row, must_fit

_LONGEST_PERIOD = 64


@dataclass(frozen=True)
class Finding:
    """The rows of one alert that a run found."""

    alert_key: str
    rule: Rule
    subject_key: str
    period: str | None
    rows: Mapping[str, Row]
    """Row key to row; a row supplied twice is here once."""
    person_keys: Mapping[str, str]
    """Number of whoever answers first in a row of the run, to the keyed hash."""

    @property
    def level(self) -> str:
        """The highest level of its rows."""
        return _level(self.rule, self.rows.values())

    def without(self, row_keys: set[str]) -> "Finding | None":
        """This finding with only the rows that are not among `row_keys`; None where nothing is left."""
        fresh = {key: row for key, row in self.rows.items() if key not in row_keys}
        return replace(self, rows=fresh) if fresh else None

    def total(self, column: str | None) -> float | None:
        """Sum of a money column over the rows; None where the rule names no column."""
        if column is None:
            return None
        return round(sum(float(row[column] or 0) for row in self.rows.values()), 2)

    def days(self, column: str | None) -> list[date]:
        """The dates of a column, in order."""
        return sorted(row[column] for row in self.rows.values() if row[column] is not None) if column else []

    def commonest(self, column: str | None) -> str | None:
        """The value most rows have in a column; the first in order among equals."""
        values = Counter(str(row[column]) for row in self.rows.values() if column and row[column] is not None)
        return min(values, key=lambda value: (-values[value], value)) if values else None

    def attributes(self) -> dict[str, Any]:
        """What was known when the rows were found: the rule's attributes, and who answers for it as a keyed hash."""
        rows, folded = list(self.rows.values()), dict[str, Any]()
        for name, (fold, column) in self.rule.attributes.items():
            values = [row[column] for row in rows if row[column] is not None]
            if column in self.rule.personal and fold not in _COUNTING:
                values = [mask_personal(plain(value)) for value in values]
            folded[name] = _FOLDS[fold](values)
        responsible = self.commonest(self.rule.answers_first)
        if responsible:
            folded["responsible"] = self.person_keys[responsible][:16]
        return folded

    def identity(self) -> tuple[str, str]:
        """Name (empty where the rule shows something else) and number of its subject, unmasked: for sealing only."""
        row = next(iter(self.rows.values()))
        number, shown = str(row[self.rule.subject]), str(row[self.rule.shown] or "")
        return (shown if self.rule.shown != self.rule.subject else ""), number

    def answering(self) -> dict[tuple[str, str], date | None]:
        """Role and number of everybody its rows name as responsible, with the last day they did so; unmasked."""
        day, found = self.rule.happened_on, dict[tuple[str, str], date | None]()
        for role, column in self.rule.responsible.items():
            for row in self.rows.values():
                if row[column] is not None:
                    key, on = (role, str(row[column])), row[day] if day else None
                    found[key] = max(filter(None, (found.get(key), on)), default=None)
        return found

    def evidence(self, row: Row) -> str:
        """A row as kept behind the alert: JSON of register.column to value, personal values masked."""
        content = {}
        for e in self.rule.evidence:
            value = plain(row[e.output])
            place = f"{e.register}.{e.column}" if e.output == e.column else f"{e.register}.{e.column} ({e.output})"
            content[place] = mask_personal(value) if e.personal and value is not None else value
        return json.dumps(content, ensure_ascii=False)

    def place(self) -> str:
        """The code of the place it is about, as it may be shown; empty where no row has one."""
        code = self.commonest(self.rule.region) or ""
        return mask_personal(code) if code and self.rule.region in self.rule.personal else code

    def shown(self) -> str:
        """Whom or what it is about, as it may be shown: what is personal is masked, whatever kind the rule says."""
        first = next(iter(self.rows.values()))[self.rule.shown]
        personal = any(e.personal and e.output == self.rule.shown for e in self.rule.evidence)
        if personal or self.rule.shown in self.rule.personal or self.rule.subject_kind in ("person", "household"):
            return mask_personal(first)
        return without_numbers(str(first))


def plain(value: Any) -> Any:
    """A value as JSON holds it: dates in ISO form, whole numbers without a fraction."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


_FOLDS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "first": lambda values: plain(values[0]) if values else None,
    "last": lambda values: plain(values[-1]) if values else None,
    "max": lambda values: plain(max(values)) if values else None,
    "min": lambda values: plain(min(values)) if values else None,
    "sum": lambda values: plain(round(sum(values), 2)) if values else None,
    "count": lambda values: len(set(values)),
    "any": lambda values: any(values),
    "all": lambda values: bool(values) and all(values),
    "list": lambda values: ",".join(sorted({str(plain(value)) for value in values})),
}


_COUNTING = ("count", "any", "all")
"""Folds whose result tells no value."""


def _level(rule: Rule, rows: Iterable[Row]) -> str:
    if rule.level_column is None:
        return rule.level
    return min((str(row[rule.level_column]) for row in rows), key=LEVELS.index)


def fold_hits(card: Card, rule: Rule, rows: Iterable[Row]) -> list[Finding]:
    """The findings of a rule's rows, in order of alert key; rows without a subject's number find nobody."""
    found = [row for row in rows if row[rule.subject] is not None]
    must_fit(card, rule, found)
    numbers = list(dict.fromkeys(str(row[rule.subject]) for row in found))
    keys = dict(zip(numbers, subject_keys(rule.subject_kind, numbers), strict=True))
    first = rule.answers_first
    people = list(dict.fromkeys(str(row[first]) for row in found if first and row[first] is not None))
    person_keys = dict(zip(people, subject_keys("person", people), strict=True))
    folded: dict[tuple[str, str | None], dict[str, Row]] = {}
    for row in found:
        period = _period(rule, row)
        rows_of = folded.setdefault((keys[str(row[rule.subject])], period), {})
        row_key = _row_key(rule, row)
        # Of two versions of one row the same one is taken in every run.
        rows_of[row_key] = min(row, rows_of.get(row_key, row), key=repr)
    return sorted(
        (
            Finding(
                f"{card.code}|{rule.code}|{key}|{_short(period or '')}",
                rule,
                key,
                period,
                _in_order(rule, rows_of),
                person_keys,
            )
            for (key, period), rows_of in folded.items()
        ),
        key=lambda finding: finding.alert_key,
    )


def _period(rule: Rule, row: Row) -> str | None:
    if rule.period is None:
        return None
    period = str(row[rule.period])
    return mask_personal(period) if rule.period in rule.personal else period


def _short(period: str) -> str:
    """A period as part of a key: a long one, such as a number of a contract, stands there as its hash."""
    return period if len(period) <= _LONGEST_PERIOD else hashlib.sha256(period.encode()).hexdigest()


def _row_key(rule: Rule, row: Row) -> str:
    content = json.dumps([rule.code, *(plain(row[column]) for column in rule.row)], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _in_order(rule: Rule, rows: Mapping[str, Row]) -> dict[str, Row]:
    """Rows in the order in which they happened, so that first and last mean that."""
    day = rule.happened_on
    return dict(sorted(rows.items(), key=lambda item: (str(item[1][day]) if day else "", item[0])))
