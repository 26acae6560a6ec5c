"""How many of some alerts will be confirmed, going by their likelihoods: the mean and an interval.

Two things are not known. Which alerts come out confirmed at their rates: the exact distribution of that count (Poisson
binomial, by convolution; Y. Hong, Computational Statistics and Data Analysis 59, 2013). And the rates themselves, each
known to lie within p_low..p_high: alerts alike are judged by the same past outcomes, so their errors are taken to go
together, all high or all low, which is the cautious side. The interval holds both: the counts' distributions mixed over
one common error, standard normal in log-odds, with p_low and p_high 1.96 from p.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Z = 1.959963984540054
_ERRORS = np.linspace(-4.0, 4.0, 41)
"""Common errors the distribution is mixed over, in standard deviations."""
_WEIGHTS = np.exp(-0.5 * _ERRORS**2) / np.exp(-0.5 * _ERRORS**2).sum()
MOST_EXACT = 1_000
"""Of more alerts than this each count's distribution is taken as normal, of the same mean and variance."""
_NEVER = 1e-6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """How many of n alerts are expected to be confirmed; `low` to `high` hold the count 95 times in 100."""

    n: int
    mean: float
    low: int
    high: int


def confirmed(chances: Sequence[tuple[float, float, float]]) -> Expected:
    """What is expected of alerts with these (p, p_low, p_high)."""
    if not chances:
        return Expected(0, 0.0, 0, 0)
    # In order of their values, so that the same alerts give the same figures whatever the order they come in.
    p, low, high = np.clip(np.array(sorted(chances), dtype=np.float64).T, _NEVER, 1.0 - _NEVER)
    middle = _log_odds(p)
    below, above = (middle - _log_odds(low)) / _Z, (_log_odds(high) - middle) / _Z
    errors = _ERRORS[:, None]
    rates = 1.0 / (1.0 + np.exp(-(middle + np.where(errors < 0, errors * below, errors * above))))
    passed = np.cumsum(_WEIGHTS @ (_exact(rates) if len(p) <= MOST_EXACT else _normal(rates)))
    low_end, high_end = np.searchsorted(passed, [0.025, 0.975])
    return Expected(len(p), float(p.sum()), int(low_end), int(min(high_end, len(p))))


def _log_odds(p: Floats) -> Floats:
    out: Floats = np.log(p) - np.log1p(-p)
    return out


def _exact(rates: Floats) -> Floats:
    """Probabilities of each count 0..n, by row of rates (rows, n)."""
    rows, n = rates.shape
    chance = np.zeros((rows, n + 1))
    chance[:, 0] = 1.0
    for i in range(n):
        rate = rates[:, i : i + 1]
        chance[:, 1 : i + 2] = chance[:, 1 : i + 2] * (1.0 - rate) + chance[:, : i + 1] * rate
        chance[:, 0] *= 1.0 - rate[:, 0]
    return chance


def _normal(rates: Floats) -> Floats:
    from scipy.special import ndtr

    mean, spread = rates.sum(axis=1, keepdims=True), np.sqrt((rates * (1.0 - rates)).sum(axis=1, keepdims=True))
    passed = ndtr((np.arange(rates.shape[1] + 1) + 0.5 - mean) / spread)
    return np.diff(passed, axis=1, prepend=0.0)
