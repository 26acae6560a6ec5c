"""Reasons: what moved a score, fact by fact, in log-odds that add up, in percentage points, and in words."""

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
        """The n strongest reasons of the i-th row; what remains is `rest`."""
        base, facts, table = self._shares
        margin = float(self.margins[i])
        strongest = [int(j) for j in np.argsort(-np.abs(table[i]), kind="stable")[:n] if table[i, j] != 0.0]
        items = []
        for j in strongest:
            contribution = float(table[i, j])
            value, zh, en = self._wording.of(facts[j], int(self.rows[i]), contribution, words)
            points = 100.0 * float(expit(margin) - expit(margin - contribution))
            items.append(
                {
                    "feature": facts[j],
                    "value": value,
                    "contribution": contribution,
                    "points": round(points, 2),
                    "zh": zh,
                    "en": en,
                }
            )
        shown = sum(item["contribution"] for item in items)
        return {"base": float(base[i]), "margin": margin, "items": items, "rest": margin - float(base[i]) - shown}
