"""The interval of a probability holds the share confirmed of groups of later alerts as often as it says."""

import numpy as np
import pytest
from scipy.special import expit, logit

from features.walk import Floats
from scoring.interval import GROUP, bounds, spread_of


def groups_inside(p: Floats, label: Floats, spread: float) -> float:
    low, high = bounds(p, spread)
    groups = np.array_split(np.argsort(p, kind="stable"), len(p) // GROUP)
    return float(np.mean([low[g].mean() <= label[g].mean() <= high[g].mean() for g in groups]))


@pytest.mark.parametrize("strays", [0.0, 0.3])
def test_nine_of_ten_later_groups_lie_inside_however_far_the_probabilities_stray(strays: float) -> None:
    generator = np.random.Generator(np.random.PCG64(5))

    def drawn(n: int) -> tuple[Floats, Floats]:
        p = np.sort(expit(generator.normal(-1.0, 1.0, n)))
        off = np.repeat(generator.normal(0.0, strays, n // GROUP), GROUP)
        return p, (generator.random(n) < expit(logit(p) + off)).astype(float)

    spread = spread_of(*drawn(300 * GROUP))
    assert 0.87 <= groups_inside(*drawn(1000 * GROUP), spread) <= 0.93


def test_few_outcomes_give_a_wide_interval_and_it_stays_within_0_and_1() -> None:
    p = np.array([0.0, 0.01, 0.5, 0.99, 1.0])
    low, high = bounds(p, spread_of(p, p.round()))
    assert (low >= 0).all() and (high <= 1).all() and (low <= p).all() and (p <= high).all()
    assert high[2] - low[2] > 0.2
