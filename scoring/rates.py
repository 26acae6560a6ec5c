"""Parts that are rates: the recent overall level, and the prior rate that stands in for too little history."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from features.history import log_odds
from features.past import Past
from features.walk import Floats, Rows
from scoring.blend import wilson
from scoring.explained import Explained

LEVEL = "overall"
PRIOR_WEIGHT = 20.0


@dataclass(frozen=True)
class LevelPart:
    """How far the share confirmed among all alerts has moved lately from the share that was learnt from."""

    share: float
    """Share confirmed among the rows learnt from."""

    def margins(self, behind: Past, rows: Rows) -> Floats:
        """Log-odds of the share confirmed lately above the share learnt from."""
        n, confirmed = behind.lately[2][rows], behind.lately[3][rows]
        weight = 50.0
        return log_odds((confirmed + weight * self.share) / (n + weight)) - float(np.log(self.share / (1 - self.share)))

    def explain(self, behind: Past, rows: Rows) -> Explained:
        """The margins of the given rows, as one fact."""
        margins = self.margins(behind, rows)
        return Explained(margins, 0.0, [LEVEL], margins[:, None])

    def to_json(self) -> dict[str, Any]:
        """The part as plain values."""
        return {"share": self.share}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The part that `to_json` wrote."""
        return cls(**content)


@dataclass(frozen=True, eq=False)
class PriorPart:
    """The past rate of source and domain, pulled towards the overall rate, and that towards one half."""

    n: Floats
    confirmed: Floats
    overall: Floats

    @classmethod
    def of(cls, behind: Past, rows: Rows) -> Self:
        """The rates behind some rows of a stream."""
        columns = [name for name in ("source", "domain") if name in behind.table and behind.table[name].notna().any()]
        every = behind.overall[:, rows]
        found = behind.outcomes_by(behind.keys(columns))[:, rows] if columns else every
        return cls(found[0], found[1], (every[1] + 1.0) / (every[0] + 2.0))

    def margins(self) -> Floats:
        """Log-odds of the shrunk rate."""
        return log_odds((self.confirmed + PRIOR_WEIGHT * self.overall) / (self.n + PRIOR_WEIGHT))

    def interval(self) -> tuple[Floats, Floats]:
        """Wilson's 95 % interval of the shrunk rate, as if the prior weight were outcomes."""
        n = self.n + PRIOR_WEIGHT
        return wilson((self.confirmed + PRIOR_WEIGHT * self.overall) / n, n)
