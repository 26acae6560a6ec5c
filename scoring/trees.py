"""The tree part: a LightGBM booster regularised for few and noisy outcomes, with its exact contributions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import lightgbm as lgb
import numpy as np

from data.errors import RiskModelRefused
from features.plan import Feature, Made
from features.walk import Floats, Rows
from scoring.explained import Explained
from scoring.forest import Forest
from scoring.quadrature import Quadrature

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "verbose": -1,
    "learning_rate": 0.05,
    "num_leaves": 15,
    "max_depth": 7,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "cat_smooth": 20.0,
    "cat_l2": 20.0,
    "min_data_per_group": 50,
    "max_cat_threshold": 32,
    "deterministic": True,
    "force_row_wise": True,
}
PLAIN: dict[str, Any] = {
    "learning_rate": 0.1,
    "num_leaves": 31,
    "max_depth": -1,
    "feature_fraction": 1.0,
    "lambda_l2": 1.0,
}
"""What differs where many numbers work together and outcomes are plenty: close to LightGBM as it comes."""
FEW_ROWS = 64
"""Up to this many rows one thread answers sooner than several."""
CHECKED = 32
"""Rows of a fitted part on which its reasons are compared with LightGBM's own."""
ALIKE = 1e-5
"""How far they may lie apart, in log-odds."""
FEW_TO_LEARN = 10_000
"""Below this many rows one thread learns sooner than several."""


@dataclass(frozen=True, eq=False)
class TreePart:
    """A fitted booster; margins are log-odds."""

    booster: lgb.Booster
    features: list[str]
    facts: list[str]
    rounds: int

    @classmethod
    def fit(
        cls,
        made: Made,
        rows: Rows,
        label: Floats,
        weight: Floats,
        *,
        chosen: Sequence[Feature],
        rounds: int,
        seed: int,
        plain: bool = False,
    ) -> Self:
        """Boost on the labelled rows of a stream with the chosen features."""
        parameters = PARAMETERS | {"seed": seed, "num_threads": 1}
        if plain:
            parameters |= PLAIN
        parameters["min_data_in_leaf"] = min(20 if plain else 40, max(5, len(rows) // 50))
        if any(feature.trend for feature in chosen):
            parameters["monotone_constraints"] = [feature.trend for feature in chosen]
        data = lgb.Dataset(
            _columns(made, rows, [feature.name for feature in chosen]),
            label,
            weight=weight,
            categorical_feature=[i for i, feature in enumerate(chosen) if feature.family == "category"],
            params=parameters,
        )
        booster = lgb.train(parameters, data, rounds)
        return cls(booster, [feature.name for feature in chosen], [feature.fact for feature in chosen], rounds)

    def margins(self, made: Made, rows: Rows, *, rounds: int | None = None) -> Floats:
        """Log-odds of confirmation of the given rows, after all rounds or fewer."""
        out = self.booster.predict(
            _columns(made, rows, self.features),
            raw_score=True,
            num_iteration=rounds or self.rounds,
            num_threads=1 if len(rows) <= FEW_ROWS else 2,
        )
        return np.asarray(out, dtype=np.float64)

    @cached_property
    def _quadrature(self) -> Quadrature:
        return Quadrature.of(Forest.of(self.booster, self.rounds))

    def explain(self, made: Made, rows: Rows) -> Explained:
        """The margins of the given rows and each fact's share of them: exact Shapley values, summed by fact."""
        facts = list(dict.fromkeys(self.facts))
        place = {fact: i for i, fact in enumerate(facts)}
        fact = np.array([place[fact] for fact in self.facts], dtype=np.int64)
        margins, shares = self._quadrature.explain(made.matrix, rows, self._places(made), fact, len(facts))
        return Explained(margins, self._quadrature.forest.base, facts, shares)

    def check(self, made: Made, rows: Rows) -> None:
        """Compare with LightGBM's own margins and contributions on a few of the rows, spread evenly.

        Raises RiskModelRefused where they differ by more than 1e-5.
        """
        few = rows[np.unique(np.linspace(0, len(rows) - 1, CHECKED).astype(np.int64))]
        table = _columns(made, few, self.features)
        raw = self.booster.predict(table, pred_contrib=True, num_iteration=self.rounds, num_threads=1)
        theirs = np.asarray(raw, dtype=np.float64)
        alone = np.arange(len(self.features))
        whole = np.arange(len(few))
        margins, shares = self._quadrature.explain(table, whole, alone, alone, len(alone))
        ours = np.column_stack([shares, np.full(len(few), self._quadrature.forest.base)])
        apart = max(np.abs(ours - theirs).max(), np.abs(ours.sum(axis=1) - margins).max())
        apart = max(apart, np.abs(margins - self.margins(made, few)).max())
        if not apart <= ALIKE:
            raise RiskModelRefused(
                f"Reasons differ from LightGBM's own contributions by {apart:.2g} log-odds on {len(few)} alerts; "
                f"expected at most {ALIKE:g}. The risk model is not used; report this with the version of LightGBM.",
                f"依据与 LightGBM 自身的贡献值在 {len(few)} 条预警上相差 {apart:.2g}（对数几率），"
                f"应不超过 {ALIKE:g}。该风险模型未启用，请连同 LightGBM 版本一并报告。",
            )

    def _places(self, made: Made) -> Rows:
        return np.array([made.place[name] for name in self.features], dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        """The part as plain values; the booster as LightGBM's own text."""
        return {
            "booster": self.booster.model_to_string(num_iteration=self.rounds),
            "features": self.features,
            "facts": self.facts,
            "rounds": self.rounds,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The part that `to_json` wrote."""
        booster = lgb.Booster(model_str=content["booster"])
        return cls(booster, content["features"], content["facts"], content["rounds"])


def _columns(made: Made, rows: Rows, names: list[str]) -> Floats:
    places = [made.place[name] for name in names]
    return made.matrix[rows[:, None], places]
