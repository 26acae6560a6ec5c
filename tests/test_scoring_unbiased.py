"""The random check slice tells the truth about all alerts where an office's own outcomes do not, in known worlds."""

from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from data.confirmation import wilson
from scoring.unbiased import Checked, Estimate

START, WEEKS = pd.Timestamp("2026-01-05"), 26
END = START + pd.Timedelta(weeks=WEEKS)
N_WORLDS = 200


@dataclass(frozen=True)
class Known:
    """A world of which the office sees only what it verified."""

    alerts: pd.DataFrame
    truth: pd.Series  # type: ignore[type-arg]


def world(seed: int, *, n: int = 2000, share: float = 0.05, capacity: float = 0.3, days: float = 0.0) -> Known:
    """Each week the best-ranked share `capacity` is verified, and what was drawn; outcomes take `days` on average."""
    draw = np.random.default_rng(seed)
    seen = draw.normal(0, 1.3, n)
    truth = (draw.random(n) < 1 / (1 + np.exp(-(seen - 1)))).astype(float)
    week = np.sort(draw.integers(0, WEEKS, n))
    drawn = draw.random(n) < share
    verified = drawn.copy()
    for one in range(WEEKS):
        rows = np.flatnonzero(week == one)
        verified[rows[np.argsort(-seen[rows])][: int(capacity * len(rows))]] = True
    raised = START + pd.to_timedelta(week, unit="W")
    known = raised + pd.to_timedelta(draw.exponential(days, n) if days else np.zeros(n), unit="D")
    opened = ~(verified & (known < END))
    alerts = pd.DataFrame(
        {
            "raised_at": raised,
            "p": 1 / (1 + np.exp(-(seen - 1))),
            "share": share,
            "drawn": drawn,
            "label": np.where(opened, np.nan, truth),
            "open": opened,
        }
    )
    return Known(alerts, pd.Series(truth))


def truths(known: Known, n: int) -> tuple[float, float, float]:
    """Of n alerts: share confirmed of all, of the first fifth, and of the confirmed those in the first half."""
    p, y = known.alerts["p"].to_numpy()[:n], known.truth.to_numpy()[:n]
    order = np.argsort(-p, kind="stable")
    return y.mean(), y[order[: n // 5]].mean(), y[order[: n // 2]].sum() / y.sum()


@pytest.mark.parametrize("days", [0.0, 15.0])
def test_the_truth_lies_inside_the_interval_as_often_as_it_says_and_the_naive_rate_is_far_off(days: float) -> None:
    inside, naive_inside, apart = np.zeros(3), 0, []
    for seed in range(N_WORLDS):
        known = world(seed, days=days)
        checked = Checked(known.alerts)
        found = (checked.confirmed(), checked.precision(0.2), checked.found(0.5))
        truth = truths(known, checked.n_alerts)
        inside += [one.low - 1e-9 <= true <= one.high + 1e-9 for one, true in zip(found, truth, strict=True)]
        told = [np.nan if one.value is None else one.value for one in found]
        apart.append(np.array(told) - truth)
        concluded = known.alerts["label"].dropna()
        low, high = wilson(int(concluded.sum()), len(concluded))
        naive_inside += low <= truth[0] <= high
    # What 95 % would give by chance, to one in ten thousand; intervals of few outcomes are a little wider than need be.
    least = binom.ppf(0.0001, N_WORLDS, 0.95)
    assert (inside >= least).all(), inside
    assert inside[0] < N_WORLDS, "an interval that is always right says nothing"
    assert np.abs(np.nanmean(apart, axis=0)).max() < 0.012
    assert naive_inside < 0.05 * N_WORLDS


def test_late_outcomes_are_told_and_bounded_never_taken_as_dismissed() -> None:
    known = world(3, days=25.0)
    checked = Checked(known.alerts)
    rate = checked.confirmed()
    assert checked.n_fresh > 0, "periods of which too little is concluded are left out"
    assert checked.n_concluded < checked.n_drawn
    assert rate.value is not None
    assert rate.floor < rate.value < rate.ceiling
    certain = known.alerts.assign(label=known.alerts["label"].fillna(0.0), open=False)
    assert (Checked(certain).confirmed().value or 0) < rate.value, "open ones as negatives would pull the rate down"


def table(*rows: tuple[float, bool, float | None], share: float = 0.5) -> pd.DataFrame:
    """Alerts of one moment: score, drawn, label (None: still open)."""
    return pd.DataFrame(
        {
            "raised_at": START,
            "p": [row[0] for row in rows],
            "share": share,
            "drawn": [row[1] for row in rows],
            "label": [np.nan if row[2] is None else row[2] for row in rows],
            "open": [row[2] is None for row in rows],
        }
    )


def test_where_everything_was_verified_the_rate_is_known() -> None:
    whole = table(*[(0.9, i % 2 == 0, float(i < 6)) for i in range(10)])
    assert Checked(whole).confirmed() == Estimate(0.6, 0.6, 0.6, 0.6, 0.6)


def test_weights_are_one_by_propensity_and_what_was_verified_for_another_reason_is_passed_over() -> None:
    often = table(*[(0.5, i < 4, float(i < 2) if i < 4 else None) for i in range(8)], share=0.5)
    seldom = table(*[(0.4, i < 2, 1.0 if i < 2 else None) for i in range(20)], share=0.1)
    by_rank = table((0.45, False, 0.0), (0.45, False, 0.0), share=0.5)
    checked = Checked(pd.concat([often, seldom, by_rank], ignore_index=True))
    # Two of four at weight 2, two of two at weight 10.
    assert checked.confirmed().value == pytest.approx((2 * 2 + 2 * 10) / (4 * 2 + 2 * 10))
    assert (checked.n_alerts, checked.n_drawn, checked.n_concluded, checked.n_whole) == (30, 6, 6, 0)


def test_duplicates_count_neither_way() -> None:
    drawn = table(*[(0.5, True, 1.0)] * 3, *[(0.5, True, 0.0)] * 3, *[(0.5, False, None)] * 20, share=0.25)
    twice = table(*[(0.5, True, None)] * 6, share=0.25).assign(open=False)
    assert Checked(pd.concat([drawn, twice], ignore_index=True)).confirmed().value == pytest.approx(0.5)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_without_a_slice_nothing_is_claimed(share: float) -> None:
    checked = Checked(world(1, share=share).alerts.assign(drawn=False))
    assert checked.n_drawn == 0
    assert checked.confirmed().value is None
    assert "confirmed" not in checked.as_dict()


def test_a_handful_of_checks_gives_an_interval_and_no_value() -> None:
    few = table(*[(0.5, i < 4, float(i < 2) if i < 4 else None) for i in range(40)], share=0.1)
    rate = Checked(few).confirmed()
    assert rate.value is None
    assert 0.1 < rate.low < 0.5 < rate.high < 0.9


def test_a_share_of_nothing_confirmed_is_not_told() -> None:
    none = table(*[(0.5 + i / 100, i % 2 == 0, 0.0 if i % 2 == 0 else None) for i in range(20)])
    checked = Checked(none)
    rate, found = checked.confirmed(), checked.found(0.5)
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high > 0.1, "ten dismissed do not prove that none of twenty would be confirmed"
    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


def test_the_interval_of_what_is_found_in_front_holds_its_value_and_narrows_with_the_slice() -> None:
    widths = []
    for share in (0.02, 0.1, 0.4):
        found = Checked(world(5, share=share).alerts).found(0.5)
        assert found.value is not None
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
        widths.append(log(found.high - found.low))
    assert widths == sorted(widths, reverse=True)
