"""What the orders are worth on an office's own alerts: each best at what it seeks, ties bounded, the same each time."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import orders
from data.orders import NAMED
from scoring import office
from scoring.evaluation import found_in_top
from scoring.order_trade import FEWEST, scores_of, trade
from tests.office_in_miniature import fill

SINCE, UNTIL = datetime(2026, 8, 3), datetime(2026, 11, 2)
WORTH = 2_000.0


def made(n: int = 900, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Alerts whose likelihoods are true, with amounts that have nothing to do with them."""
    chance = np.random.Generator(np.random.PCG64(seed))
    p = chance.beta(1.2, 2.0, n)
    days = chance.uniform(0, 91, n)
    alerts = pd.DataFrame(
        {
            "raised_at": [SINCE + timedelta(days=float(day)) for day in days],
            "label": (chance.random(n) < p).astype(float),
            "level": chance.choice(["red", "orange", "yellow"], n),
            "recoverable": np.where(chance.random(n) < 0.2, np.nan, chance.lognormal(8, 1.2, n)),
        }
    )
    alerts.loc[chance.random(n) < 0.6, "label"] = np.nan
    alerts["known_at"] = pd.Series(pd.Timestamp(UNTIL), alerts.index).where(alerts.label.notna())
    return alerts.sort_values("raised_at", ignore_index=True), p[np.argsort(days)]


def test_each_order_is_best_at_what_it_seeks_and_the_mixed_one_trades() -> None:
    alerts, p = made()
    told = trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH)
    assert told is not None
    found = {order: told["figures"][order]["found"]["value"] for order in NAMED}
    money = {order: told["figures"][order]["money"]["value"] for order in NAMED}
    assert max(found, key=found.__getitem__) == "likelihood"
    assert max(money, key=money.__getitem__) == "recoverable"
    assert found["recoverable"] < found["mixed"] < found["likelihood"]
    assert money["likelihood"] < money["mixed"] <= money["recoverable"]
    assert found["urgency"] == pytest.approx(told["share"], abs=0.1), "it does not look at the score"
    assert told["n"] == int(alerts.label.notna().sum())
    assert told["share"] == told["own_share"] == pytest.approx(alerts.label.notna().mean(), abs=1e-4)
    for figures in told["figures"].values():
        for one in figures.values():
            assert 0 <= one["low"] <= one["high"] <= 1
            assert one["tie_low"] <= one["value"] <= one["tie_high"]


def test_the_same_alerts_give_the_same_trade_in_any_order_of_rows() -> None:
    alerts, p = made(400)
    turned = np.arange(len(p))[::-1]
    one = trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH)
    other = trade(alerts.iloc[turned].reset_index(drop=True), p[turned], since=SINCE, until=UNTIL, worth=WORTH)
    assert one is not None
    assert other is not None
    for order in NAMED:
        for name in ("found", "money"):
            for key in ("value", "tie_low", "tie_high"):
                assert other["figures"][order][name][key] == pytest.approx(one["figures"][order][name][key], abs=2e-4)


def test_an_office_that_concludes_nearly_everything_is_looked_at_by_half() -> None:
    alerts, p = made()
    alerts["label"], alerts["known_at"] = alerts["label"].fillna(0.0), pd.Timestamp(UNTIL)
    told = trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH)
    assert told is not None
    assert (told["own_share"], told["share"]) == (1.0, 0.5)


def test_where_every_likelihood_is_one_and_the_same_the_bounds_say_so() -> None:
    alerts, p = made()
    told = trade(alerts, np.full(len(p), 0.4), since=SINCE, until=UNTIL, worth=WORTH)
    assert told is not None
    figure = told["figures"]["likelihood"]["found"]
    assert figure["value"] == pytest.approx(told["share"], abs=0.05)
    assert figure["tie_high"] - figure["tie_low"] > 0.5


def test_too_few_outcomes_tell_nothing() -> None:
    alerts, p = made(40)
    assert trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH) is None
    alerts, p = made()
    alerts["label"] = alerts["label"] * 0.0
    assert trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH) is None


def test_no_money_at_all_leaves_its_share_open() -> None:
    alerts, p = made()
    alerts["recoverable"] = np.nan
    told = trade(alerts, p, since=SINCE, until=UNTIL, worth=WORTH)
    assert told is not None
    assert told["figures"]["mixed"]["money"]["value"] is None
    assert told["figures"]["mixed"]["found"] == told["figures"]["likelihood"]["found"]


def test_the_measured_scores_stand_as_the_keys_of_the_orders_say() -> None:
    alerts, p = made(200)
    scores = scores_of(alerts, p, alerts.recoverable.to_numpy(), WORTH)
    for order in NAMED:
        rows = [
            _Row(number, one.level, one.raised_at, p[number], None if pd.isna(one.recoverable) else one.recoverable)
            for number, one in enumerate(alerts.itertuples())
        ]
        placed = sorted(rows, key=lambda row: orders.key(order, row, WORTH))
        standing = scores[order][[row.alert_id for row in placed]]
        assert np.all(np.diff(standing) <= 0), order


def test_training_measures_the_orders_on_the_alerts_after_its_data(small_office: Path) -> None:
    now = datetime(2026, 11, 22, 6)
    fill(now=now, n_alerts=700)
    metrics = json.loads(office.train(now=now).metrics)
    assert metrics["orders"]["n"] >= FEWEST
    assert set(metrics["orders"]["figures"]) == set(NAMED)


class _Row:
    def __init__(self, alert_id, level, raised_at, p_confirmed, recoverable) -> None:  # type: ignore[no-untyped-def]
        self.alert_id, self.level, self.raised_at = alert_id, level, raised_at
        self.p_confirmed, self.recoverable = p_confirmed, recoverable


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1.0, 250.0]), st.sampled_from([0.2, 0.5])), min_size=1, max_size=9),
    st.floats(0.1, 1.0),
)
def test_what_ties_could_give_at_worst_and_best_is_exact(rows: list[tuple[float, float]], share: float) -> None:
    from itertools import permutations

    value, score = (np.array(column) for column in zip(*rows[:6], strict=True))
    size = max(1, int(len(value) * share))
    outcomes = {
        float(value[list(turn)][np.argsort(-score[list(turn)], kind="stable")][:size].sum())
        for turn in permutations(range(len(value)))
    }
    _, least, most = found_in_top(value, score, share)
    assert least == pytest.approx(min(outcomes))
    assert most == pytest.approx(max(outcomes))
