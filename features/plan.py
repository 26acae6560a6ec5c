"""The plan of features: fitted on the past alone, it makes the same columns for training and for one new alert.

Streams come in UTC without zone; the month and the day of the week of an alert are those of Asia/Shanghai.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from features import history
from features.attributes import (
    Attribute,
    ages_of,
    as_text,
    codes_of,
    coordinates,
    local_time,
    look,
    numbers_of,
    tokens_of,
)
from features.history import Columns
from features.past import Past
from features.walk import Floats, Keys, Rows

MOST_KEYS = 30
MOST_SUBJECTS = 5
"""Columns of people whose history is followed however little it told: repeats are few, and each tells much."""
MOST_NUMBERS = 300
FEWEST_HOURS = 8
TWO_YEARS = pd.Timedelta(days=730)


@dataclass(frozen=True)
class Feature:
    """One column of the matrix."""

    name: str
    fact: str
    """The column or pair it speaks of: parts of one fact are one reason."""
    family: str
    """value, category or the name of the history family."""
    trend: int = 0
    """1 where more may never lower the score, -1 where more may never raise it, else 0."""
    for_linear: bool = False
    """Whether the linear part may use it."""


@dataclass(frozen=True, eq=False)
class Made:
    """The features of a stream."""

    features: list[Feature]
    matrix: Floats
    """(n, len(features)); NaN where missing; categories as codes of their attribute's levels."""
    tokens: dict[str, tuple[Rows, Keys]]
    """Lists and texts: token codes of each row (`tokens_of`)."""

    @cached_property
    def place(self) -> dict[str, int]:
        """Column of each feature by name."""
        return {feature.name: i for i, feature in enumerate(self.features)}


@dataclass(frozen=True, eq=False)
class Plan:
    """Which features a stream gets."""

    attributes: list[Attribute]
    pairs: list[tuple[str, str]]
    prefixes: list[int]
    """Lengths at which a nested region code is cut."""
    cells: list[float]
    """Sides of the grid cells laid over the coordinates, in their unit."""
    moments: list[str]
    """What is told of the moment an alert was raised: day_of_week; hour and month where the past can teach them."""
    flowing: bool
    """Whether outcomes keep coming in while alerts are scored."""
    notes: list[str] = field(default_factory=list)

    @classmethod
    def fit(cls, past: pd.DataFrame, *, flowing: bool) -> Self:
        """Look at the past (alerts raised before as_of only) and decide."""
        attributes, notes = look(past)
        attributes, more = _keep_most_telling(attributes, past)
        names = {a.name for a in attributes if a.is_key}
        pairs = [p for p in (("source", "region"), ("source", "domain"), ("domain", "region")) if names >= set(p)]
        return cls(
            attributes,
            pairs,
            _prefixes(past["region"]) if "region" in names else [],
            _cells(attributes, past),
            _moments(past["raised_at"]),
            flowing,
            notes + more,
        )

    def to_json(self) -> dict[str, Any]:
        """The plan as plain values."""
        return {
            "attributes": [a.to_json() for a in self.attributes],
            "pairs": [list(p) for p in self.pairs],
            "prefixes": self.prefixes,
            "cells": self.cells,
            "moments": self.moments,
            "flowing": self.flowing,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The plan that `to_json` wrote."""
        return cls(
            [Attribute.from_json(a) for a in content["attributes"]],
            [(a, b) for a, b in content["pairs"]],
            content["prefixes"],
            content["cells"],
            content["moments"],
            content["flowing"],
        )

    @cached_property
    def by_name(self) -> dict[str, Attribute]:
        """The attributes by name."""
        return {a.name: a for a in self.attributes}

    def make(self, past: Past) -> Made:
        """The features of every alert of a stream."""
        features: list[Feature] = []
        columns: list[Floats] = []
        tokens: dict[str, tuple[Rows, Keys]] = {}
        for feature, column in self._columns(past, tokens):
            features.append(feature)
            columns.append(column)
        n = len(past.raised)
        matrix = np.column_stack(columns) if columns else np.zeros((n, 0))
        return Made(features, matrix, tokens)

    def _columns(self, past: Past, tokens: dict[str, tuple[Rows, Keys]]) -> Iterator[tuple[Feature, Floats]]:
        for attribute in self.attributes:
            yield from self._attribute_columns(attribute, past, tokens)
        for first, second in self.pairs:
            keys = past.keys([first, second])
            made = history.pair_share(past, keys, [past.keys([first]), past.keys([second])])
            yield from _named(f"{first}×{second}", "pair_share", made, {"rate": 0})
        for length in self.prefixes:
            keys = _text_keys(as_text(past.table["region"]).str[:length])
            yield from _named("region", "confirmed_share", _tagged(history.confirmed_share(past, keys), str(length)))
        yield from self._place_columns(past)
        yield from self._amount_columns(past)
        local = local_time(past.table["raised_at"])
        for name in self.moments:
            told = getattr(local.dt, name).to_numpy(dtype=np.float64)
            yield Feature(f"raised_at.{name}", "raised_at", "value", for_linear=False), told

    def _attribute_columns(
        self, attribute: Attribute, past: Past, tokens: dict[str, tuple[Rows, Keys]]
    ) -> Iterator[tuple[Feature, Floats]]:
        name, kind = attribute.name, attribute.kind
        column = past.table[name]
        if kind == "number":
            yield Feature(name, name, "value", for_linear=True), numbers_of(column)
        elif kind == "date":
            yield Feature(f"{name}.age", name, "value", for_linear=True), ages_of(column, past.table["raised_at"])
        elif kind in {"category", "flag"} and name != "region":
            # A region weighs as a shrunk rate only, never as a raw code: field/rules.md, 11.
            yield Feature(name, name, "category", for_linear=True), codes_of(attribute, column)
        elif kind in {"list", "text"}:
            tokens[name] = tokens_of(attribute, column)
            yield from _named(name, "token_shares", history.token_shares(past, *tokens[name]))
        if attribute.is_key:
            yield from self._history_columns(attribute, past)

    def _history_columns(self, attribute: Attribute, past: Past) -> Iterator[tuple[Feature, Floats]]:
        name = attribute.name
        keys = past.keys([name])
        if attribute.kind == "subject":
            trends = {"rate": 1, "confirmed": 1, "since": -1}
            yield from _named(name, "subject_confirmed", history.subject_confirmed(past, keys), trends)
            if self.flowing:
                trends = {"last_90": 1, "last_365": 1}
                yield from _named(name, "subject_alerts", history.subject_alerts(past, keys), trends)
                if "source" in self.by_name:
                    both = past.keys([name, "source"])
                    yield from _named(name, "other_sources", history.other_sources(past, keys, both), {"others": 1})
            return
        yield from _named(name, "confirmed_share", history.confirmed_share(past, keys), linear=True)
        if attribute.n_distinct > 20:
            yield from _named(name, "known_outcomes", history.known_outcomes(past, keys))
        if name in {"source", "region"} or attribute.n_distinct > 50:
            yield from _named(name, "alert_load", history.alert_load(past, keys))

    def _place_columns(self, past: Past) -> Iterator[tuple[Feature, Floats]]:
        named = coordinates(self.attributes)
        if named is None:
            return
        latitude, longitude = numbers_of(past.table[named[0]]), numbers_of(past.table[named[1]])
        for i, side in enumerate(self.cells):
            keys = _cell_keys(latitude, longitude, side)
            made = _tagged(history.confirmed_share(past, keys), f"cell{i}")
            yield from _named(f"{named[0]}×{named[1]}", "confirmed_share", made, linear=True)

    def _amount_columns(self, past: Past) -> Iterator[tuple[Feature, Floats]]:
        if "amount" in self.by_name and "source" in self.by_name:
            made = history.amount_among_peers(past, past.keys(["source"]), numbers_of(past.table["amount"]))
            yield from _named("amount", "amount_among_peers", made)


def _named(
    fact: str, family: str, made: Columns, trends: dict[str, int] | None = None, *, linear: bool = False
) -> Iterator[tuple[Feature, Floats]]:
    for part, column in made.items():
        yield Feature(f"{fact}.{family}.{part}", fact, family, (trends or {}).get(part, 0), linear), column


def _tagged(made: Columns, tag: str) -> Columns:
    return {f"{part}.{tag}": column for part, column in made.items()}


def _text_keys(texts: "pd.Series[str]") -> Keys:
    return pd.factorize(texts)[0].astype(np.int64)


def _cell_keys(latitude: Floats, longitude: Floats, side: float) -> Keys:
    usable = np.isfinite(latitude) & np.isfinite(longitude)
    row = np.floor(np.where(usable, latitude, 0.0) / side).astype(np.int64)
    column = np.floor(np.where(usable, longitude, 0.0) / side).astype(np.int64)
    keys = pd.factorize(row * 1_000_003 + column)[0].astype(np.int64)
    return np.where(usable, keys, -1)


def _prefixes(region: "pd.Series[Any]") -> list[int]:
    texts = as_text(region).dropna()
    if texts.empty or not texts.str.fullmatch(r"\d{6,12}").mean() > 0.95:
        return []
    return [
        length
        for length in (2, 4, 6, 9)
        if length < texts.str.len().median() and 1 < texts.str[:length].nunique() < 0.7 * texts.nunique()
    ]


def _cells(attributes: list[Attribute], past: pd.DataFrame) -> list[float]:
    named = coordinates(attributes)
    if named is None:
        return []
    spread = np.nanstd(numbers_of(past[named[0]])) + np.nanstd(numbers_of(past[named[1]]))
    return [float(spread / 2), float(spread / 8), float(spread / 24)] if np.isfinite(spread) and spread > 0 else []


def _moments(raised_at: "pd.Series[pd.Timestamp]") -> list[str]:
    """A month seen in one year only says when, not what; an hour says something only where alerts come at all hours."""
    moments = ["day_of_week"]
    if raised_at.dt.hour.nunique() >= FEWEST_HOURS:
        moments.append("hour")
    if raised_at.max() - raised_at.min() >= TWO_YEARS:
        moments.append("month")
    return moments


def _keep_most_telling(attributes: list[Attribute], past: pd.DataFrame) -> tuple[list[Attribute], list[str]]:
    """Keep the columns that went together with outcomes in the past, where there are more than a model can carry."""
    label = past["label"].to_numpy(dtype=np.float64, na_value=np.nan)
    notes = []
    subjects = sorted(
        (a for a in attributes if a.kind == "subject"), key=lambda a: a.name not in {"subject", "responsible"}
    )
    always = {"source", "region", "domain", *(a.name for a in subjects[:MOST_SUBJECTS])}
    keys = [a for a in attributes if a.is_key and a.name not in always]
    if len(keys) > MOST_KEYS:
        telling = sorted(keys, key=lambda a: -_told_by_category(as_text(past[a.name]), label))
        silent = {a.name for a in telling[MOST_KEYS:]}
        attributes = [replace(a, is_key=a.is_key and a.name not in silent) for a in attributes]
        notes.append(f"the history of {len(silent)} columns that say little about outcomes is not followed")
    numbers = [a for a in attributes if a.kind in {"number", "date"}]
    if len(numbers) > MOST_NUMBERS:
        telling = sorted(numbers, key=lambda a: -_told_by_number(past, a, label))
        silent = {a.name for a in telling[MOST_NUMBERS:]} - {"amount"}
        attributes = [a for a in attributes if a.name not in silent]
        notes.append(f"{len(silent)} number columns that say least about outcomes are left out")
    return attributes, notes


def _told_by_category(texts: "pd.Series[str]", label: Floats) -> float:
    groups = pd.Series(label).groupby(pd.factorize(texts, use_na_sentinel=False)[0])
    n, mean = groups.count(), groups.mean()
    overall = float(np.nanmean(label)) if np.isfinite(label).any() else 0.0
    shrunk = (n / (n + 20.0)) * (mean - overall)
    return float((n * shrunk**2).sum())


def _told_by_number(past: pd.DataFrame, attribute: Attribute, label: Floats) -> float:
    values = (
        numbers_of(past[attribute.name])
        if attribute.kind == "number"
        else ages_of(past[attribute.name], past["raised_at"])
    )
    ranks = pd.Series(values).rank().to_numpy()
    both = np.isfinite(ranks) & np.isfinite(label)
    if both.sum() < 10 or np.std(ranks[both]) == 0 or np.std(label[both]) == 0:
        return 0.0
    return float(abs(np.corrcoef(ranks[both], label[both])[0, 1]) * both.mean() ** 0.5)
