"""How many alerts are expected to be confirmed: exact against another library, wider where the rates are not known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson_binom

from data.expected import MOST_EXACT, Expected, confirmed

RATES = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(RATES)
def test_with_known_rates_the_interval_is_that_of_the_poisson_binomial(rates: list[float]) -> None:
    found = confirmed([(p, p, p) for p in rates])
    exact = poisson_binom(rates)
    assert found.mean == pytest.approx(exact.mean())
    passed = exact.cdf(np.arange(len(rates) + 1))
    assert passed[found.low] >= 0.025 - 1e-9
    assert passed[found.high] >= 0.975 - 1e-9
    assert found.low == 0 or passed[found.low - 1] < 0.025 + 1e-9
    assert found.high == 0 or passed[found.high - 1] < 0.975 + 1e-9


@settings(max_examples=40, deadline=None)
@given(RATES, st.floats(0.0, 0.3), st.randoms(use_true_random=False))
def test_the_interval_lies_within_what_can_be_and_the_order_does_not_matter(
    rates: list[float], by: float, chance: object
) -> None:
    chances = [(p, max(0.0, p - by), min(1.0, p + by)) for p in rates]
    found = confirmed(chances)
    assert 0 <= found.low <= found.high <= len(rates)
    chance.shuffle(chances)  # type: ignore[attr-defined]
    assert confirmed(chances) == found


@pytest.mark.parametrize("p", [0.3, 0.5, 0.7])
def test_the_less_is_known_of_the_rates_the_wider_it_is(p: float) -> None:
    found = [confirmed([(p, p - by, p + by)] * 200) for by in (0.0, 0.05, 0.1, 0.2)]
    widths = [one.high - one.low for one in found]
    assert widths == sorted(set(widths))
    assert all(one.mean == pytest.approx(200 * p) for one in found)


def test_rates_that_err_together_do_not_cancel_out() -> None:
    n, p, half = 400, 0.5, 0.1
    found = confirmed([(p, p - half, p + half)] * n)
    assert found.high - found.low > 0.9 * 2 * half * n, "not the narrow interval of errors that cancel out"


def test_many_alerts_take_the_normal_way_and_agree_with_the_exact_one() -> None:
    chances = [(p, p - 0.02, p + 0.02) for p in np.linspace(0.1, 0.9, MOST_EXACT)]
    exact, many = confirmed(chances), confirmed([*chances, (0.5, 0.48, 0.52)])
    assert abs(many.low - exact.low) <= 2
    assert abs(many.high - exact.high) <= 2


def test_certain_and_no_alerts() -> None:
    assert confirmed([]) == Expected(0, 0.0, 0, 0)
    sure = confirmed([(1.0, 1.0, 1.0), (0.0, 0.0, 0.0)])
    assert (sure.low, sure.high) == (1, 1)
    assert sure.mean == pytest.approx(1.0, abs=1e-4)
