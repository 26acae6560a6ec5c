"""Reasons: what moved a score, fact by fact, in log-odds that add up, in percentage points, and in words.

Points are contributions times the slope of the straight line from base to margin, in percentage points of probability:
100 * contribution * (expit(margin) - expit(base)) / (margin - base). They keep the contributions' signs and proportions
whatever order they are told in, and add up: 100 * expit(base) + all points + rest_points == 100 * p.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from features.past import Past
from features.plan import Made, Plan
from features.walk import Floats, Rows
from scoring.blend import Blend
from scoring.linear import LinearPart
from scoring.rates import LEVEL, LevelPart, PriorPart
from scoring.trees import TreePart
from scoring.wording import Wording, Words

if TYPE_CHECKING:
    from scoring.teaching import Part

ALIKE = 1e-6
"""Base and margin nearer to each other than this, in log-odds: the slope is the curve's own."""


def points_per_log_odds(base: float, margin: float) -> float:
    """Percentage points for one unit of log-odds on the straight line from base to margin."""
    low, high = float(expit(base)), float(expit(margin))
    slope = low * (1.0 - low) if abs(margin - base) < ALIKE else (high - low) / (margin - base)
    return 100.0 * slope


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons behind the scores of some rows of a stream."""

    plan: Plan
    parts: "Mapping[str, Part]"
    blend: Blend | None
    behind: Past
    made: Made
    rows: Rows
    margins: Floats

    @cached_property
    def _shares(self) -> tuple[Floats, list[str], Floats]:
        """Base (n,), facts, and contributions (n, facts): exact, so base + their sum is the margin."""
        base = np.zeros(len(self.rows))
        facts: dict[str, Floats] = {}
        if self.blend is None:
            overall = PriorPart.of(self.behind, self.rows).overall
            base = np.log(overall / (1 - overall))
            facts["source"] = self.margins - base
        else:
            base += self.blend.intercept
            for weight, part in zip(self.blend.weights, self.parts.values(), strict=True):
                if weight > 0:
                    part_base, shares = self._of_part(part)
                    base += weight * part_base
                    for fact, share in shares.items():
                        facts[fact] = facts.get(fact, 0.0) + weight * share
        table = np.column_stack(list(facts.values())) if facts else np.zeros((len(self.rows), 0))
        return base, list(facts), table

    def _of_part(self, part: "Part") -> tuple[Floats | float, dict[str, Floats]]:
        if isinstance(part, LevelPart):
            return 0.0, {LEVEL: part.margins(self.behind, self.rows)}
        if isinstance(part, LinearPart):
            return part.contributions(self.made, self.rows)
        if isinstance(part, TreePart):
            return part.contributions(self.made, self.rows)
        raise TypeError(type(part).__name__)

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self.plan, self.behind, self.made)

    def of(self, i: int, n: int, words: Words) -> dict[str, Any]:
        """The n strongest reasons of the i-th row; what remains is `rest` (log-odds) and `rest_points`."""
        base, facts, table = self._shares
        margin = float(self.margins[i])
        slope = points_per_log_odds(float(base[i]), margin)
        strongest = [int(j) for j in np.argsort(-np.abs(table[i]), kind="stable")[:n] if table[i, j] != 0.0]
        items = []
        for j in strongest:
            contribution = float(table[i, j])
            value, zh, en = self._wording.of(facts[j], int(self.rows[i]), contribution, words)
            items.append(
                {
                    "feature": facts[j],
                    "value": value,
                    "contribution": contribution,
                    "points": contribution * slope,
                    "zh": zh,
                    "en": en,
                }
            )
        shown = sum(item["contribution"] for item in items)
        rest = margin - float(base[i]) - shown
        return {"base": float(base[i]), "margin": margin, "items": items, "rest": rest, "rest_points": rest * slope}
