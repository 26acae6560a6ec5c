"""The confirmation rate 查实率 with what it rests on. Source: design.md, 5."""

from collections.abc import Iterable
from math import sqrt
from typing import Any

_Z = 1.959963984540054
"""97.5 % of a normal distribution lie below it."""


def wilson(n_confirmed: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of n_confirmed out of n, n at least 1."""
    return wilson_of(n_confirmed / n, n)


def wilson_of(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share that rests on n outcomes; n may be an effective number, above 0.

    Source: Wilson 1927; Brown, Cai and DasGupta 2001.
    """
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def rate(n_confirmed: int, n: int) -> dict[str, Any]:
    """A confirmation rate with what it rests on: `share`, `low`, `high` (Wilson, 95 %) are None where n is 0."""
    if not n:
        return {"n_confirmed": 0, "n": 0, "share": None, "low": None, "high": None}
    low, high = wilson(n_confirmed, n)
    return {"n_confirmed": n_confirmed, "n": n, "share": n_confirmed / n, "low": low, "high": high}


def weighted_rate(groups: Iterable[tuple[float, int, int]]) -> dict[str, Any]:
    """The rate of all alerts from those drawn at random, as `rate` gives one; `n` are the outcomes it rests on.

    groups: the share they were drawn with, how many of them count, how many of these are confirmed. Each alert stands
    for as many as its share says (Hájek's estimator); the interval is Wilson's with the effective number (Kish).
    """
    known = [(1 / share, n, n_confirmed) for share, n, n_confirmed in groups if n]
    if not known:
        return rate(0, 0)
    whole = sum(weight * n for weight, n, _ in known)
    share = sum(weight * n_confirmed for weight, _, n_confirmed in known) / whole
    low, high = wilson_of(share, whole**2 / sum(weight**2 * n for weight, n, _ in known))
    n_confirmed = sum(n_confirmed for _, _, n_confirmed in known)
    return {"n_confirmed": n_confirmed, "n": sum(n for _, n, _ in known), "share": share, "low": low, "high": high}
