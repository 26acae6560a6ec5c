"""Reasons: what moved a score, fact by fact, in log-odds that add up, in percentage points, and in words.

The strongest reasons are kept as numbers, 25 bytes an alert (fact and share); words are made when they are read.

Points are contributions times the slope of the straight line from base to margin, in percentage points of probability:
100 * contribution * (expit(margin) - expit(base)) / (margin - base). They keep the contributions' signs and proportions
whatever order they are told in, and add up: 100 * expit(base) + all points + rest_points == 100 * p.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import orjson
from numba import njit
from numpy.typing import NDArray

from features.past import Past
from features.plan import Made, Plan
from features.walk import Floats, Rows
from scoring.blend import Blend
from scoring.explained import Explained
from scoring.rates import LevelPart
from scoring.wording import Wording, Words

if TYPE_CHECKING:
    from scoring.teaching import Part

ALIKE = 1e-6
"""Base and margin nearer to each other than this, in log-odds: the slope is the curve's own."""
KEPT = 5
"""How many reasons of an alert are kept, stored and written; whoever asks for more has them worked out anew."""
CHUNK = 65_536
"""Alerts explained at a time, so that memory does not grow with all their facts."""


def points_per_log_odds(base: float, margin: float) -> float:
    """Percentage points for one unit of log-odds on the straight line from base to margin."""
    low, high = _probability(base), _probability(margin)
    slope = low * (1.0 - low) if abs(margin - base) < ALIKE else (high - low) / (margin - base)
    return 100.0 * slope


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds)) if log_odds >= 0 else exp(log_odds) / (1.0 + exp(log_odds))


class Told(NamedTuple):
    """What the parts said of some alerts, and the shares of every fact in the blended margins."""

    parts: Floats
    """(n, parts) margins before blending."""
    base: float
    facts: list[str]
    shares: Floats
    """(n, len(facts)): base + their sum is the blended margin."""


def tell(parts: "Mapping[str, Part]", blend: Blend, behind: Past, made: Made, rows: Rows) -> Told:
    """Let every part score and explain some rows in one pass, and blend what they say."""
    said = [_explain(part, behind, made, rows) for part in parts.values()]
    facts = list(dict.fromkeys(fact for one in said for fact in one.facts))
    place = {fact: i for i, fact in enumerate(facts)}
    shares = np.zeros((len(rows), len(facts)))
    base = blend.intercept
    for weight, one in zip(blend.weights.tolist(), said, strict=True):
        if weight > 0:
            base += weight * one.base
            for j, fact in enumerate(one.facts):
                shares[:, place[fact]] += weight * one.shares[:, j]
    return Told(np.column_stack([one.margins for one in said]), base, facts, shares)


def _explain(part: "Part", behind: Past, made: Made, rows: Rows) -> Explained:
    if isinstance(part, LevelPart):
        return part.explain(behind, rows)
    return part.explain(made, rows)


@njit(cache=True, nogil=True)
def _strongest(shares: Floats, fact: NDArray[Any], share: NDArray[np.float32]) -> None:
    """Put the facts with the largest shares of each row, and these shares, strongest first; equals in their order."""
    kept = fact.shape[1]
    for i in range(len(shares)):
        found = 0
        for j in range(shares.shape[1]):
            size = abs(shares[i, j])
            if np.float32(size) == 0.0 or (found == kept and size <= abs(shares[i, fact[i, kept - 1]])):
                continue
            k = min(found, kept - 1)
            while k > 0 and size > abs(shares[i, fact[i, k - 1]]):
                fact[i, k] = fact[i, k - 1]
                k -= 1
            fact[i, k] = j
            found = min(found + 1, kept)
        for k in range(found):
            share[i, k] = shares[i, fact[i, k]]


@dataclass(frozen=True, eq=False)
class Kept:
    """The strongest reasons of n alerts as numbers."""

    base: Floats
    """(n,) what each margin starts from; one number read n times where it is the same for all."""
    facts: list[str]
    fact: NDArray[Any]
    """(n, KEPT) places in `facts`, strongest first."""
    share: NDArray[np.float32]
    """(n, KEPT) their shares in log-odds; 0 where there are no more reasons."""

    @classmethod
    def empty(cls, n: int, base: Floats, facts: list[str]) -> Self:
        """Room for the reasons of n alerts."""
        kind = np.uint8 if len(facts) <= 256 else np.uint16
        return cls(base, facts, np.zeros((n, KEPT), kind), np.zeros((n, KEPT), np.float32))

    def keep(self, begin: int, shares: Floats) -> None:
        """Keep the strongest of the shares (rows, facts) of the alerts from a place on."""
        end = begin + len(shares)
        _strongest(shares, self.fact[begin:end], self.share[begin:end])

    def of(self, i: int) -> list[tuple[str, float]]:
        """Facts and shares of the i-th alert, strongest first."""
        pairs = zip(self.fact[i].tolist(), self.share[i].tolist(), strict=True)
        return [(self.facts[fact], share) for fact, share in pairs if share != 0.0]


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
    kept: Kept

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self.plan, self.behind, self.made)

    def of(self, i: int, n: int, words: Words) -> dict[str, Any]:
        """The n strongest reasons of the i-th row; what remains is `rest` (log-odds) and `rest_points`."""
        base, margin = float(self.kept.base[i]), float(self.margins[i])
        slope = points_per_log_odds(base, margin)
        items = []
        for fact, contribution in self._strongest(i, n):
            value, zh, en = self._wording.of(fact, int(self.rows[i]), contribution, words)
            items.append(
                {
                    "feature": fact,
                    "value": value,
                    "contribution": contribution,
                    "points": contribution * slope,
                    "zh": zh,
                    "en": en,
                }
            )
        rest = margin - base - sum(item["contribution"] for item in items)
        return {"base": base, "margin": margin, "items": items, "rest": rest, "rest_points": rest * slope}

    def text(self, i: int, n: int, words: Words) -> str:
        """The same as JSON, as it is stored with a score and written into a file."""
        return orjson.dumps(self.of(i, n, words), option=orjson.OPT_SERIALIZE_NUMPY).decode()

    def _strongest(self, i: int, n: int) -> list[tuple[str, float]]:
        if n <= KEPT or self.blend is None:
            return self.kept.of(i)[:n]
        told = tell(self.parts, self.blend, self.behind, self.made, self.rows[i : i + 1])
        shares = told.shares[0]
        order = np.argsort(-np.abs(shares), kind="stable")[:n]
        return [(told.facts[j], float(shares[j])) for j in order if shares[j] != 0.0]
