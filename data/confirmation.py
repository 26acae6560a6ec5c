"""The confirmation rate 查实率 with what it rests on. Source: design.md, 5."""

from functools import lru_cache
from typing import Any

from scipy.stats import binomtest


@lru_cache(maxsize=50_000)
def wilson(n_confirmed: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of n_confirmed out of n, n at least 1."""
    # A wall asks for the same few rates every few seconds, and scipy also computes a test nobody reads.
    interval = binomtest(n_confirmed, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def rate(n_confirmed: int, n: int) -> dict[str, Any]:
    """A confirmation rate with what it rests on: `share`, `low`, `high` (Wilson, 95 %) are None where n is 0."""
    if not n:
        return {"n_confirmed": 0, "n": 0, "share": None, "low": None, "high": None}
    low, high = wilson(n_confirmed, n)
    return {"n_confirmed": n_confirmed, "n": n, "share": n_confirmed / n, "low": low, "high": high}
