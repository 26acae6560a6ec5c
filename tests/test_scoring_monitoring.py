"""What is watched of a live risk model: drift beyond chance, calibration, what the order should be worth, groups."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from features.attributes import look
from scoring import drift
from scoring.expected import expected_auc, expected_figures
from scoring.groups import area, by_group, weak_spots
from scoring.monitoring import alarms
from scoring.monitoring import look as look_at
from scoring.ranker import past_rate_alone
from scoring.wording import FEED_WORDS
from tests.test_scoring_ranker import make_stream


def draws(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_the_expected_auc_is_that_of_every_pair_weighted_by_its_likelihood() -> None:
    p = np.round(draws().random(40), 1)
    weight = np.outer(p, 1 - p)
    np.fill_diagonal(weight, 0.0)
    above = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    assert expected_auc(p) == pytest.approx(float((weight * above).sum() / weight.sum()))


def test_what_is_expected_comes_true_where_likelihoods_are_true() -> None:
    rng = draws()
    p = rng.beta(2, 3, 20_000)
    label = (rng.random(len(p)) < p).astype(float)
    told = expected_figures(p)
    assert told["auc"] == pytest.approx(area(label, p)[0], abs=0.01)
    first = np.argsort(-p)
    assert told["first_half"] == pytest.approx(label[first[:10_000]].sum() / label.sum(), abs=0.02)
    assert told["precision_10"] == pytest.approx(label[first[:2_000]].mean(), abs=0.03)


def test_drift_is_told_where_it_is_and_not_where_chance_alone_moves_a_small_sample() -> None:
    rng = draws()
    before = pd.DataFrame({"amount": rng.lognormal(8, 1, 3000), "kind": rng.choice(list("abcdefgh"), 3000)})
    attributes, _ = look(before.assign(raised_at=pd.Timestamp("2026-01-01")))
    strange = []
    for seed in range(20):
        again = draws(seed + 1)
        now = pd.DataFrame({"amount": again.lognormal(8, 1, 60), "kind": again.choice(list("abcdefgh"), 60)})
        strange += [one["level"] for one in drift.by_fact(attributes, before, now)]
    assert len(strange) == 40
    assert strange.count("stable") >= 38, "one in a hundred by chance"
    moved = pd.DataFrame({"amount": rng.lognormal(9.5, 1, 300), "kind": rng.choice(list("abcdefgh"), 300)})
    found = {one["fact"]: one["level"] for one in drift.by_fact(attributes, before, moved)}
    assert found == {"amount": "strong", "kind": "stable"}


def test_likelihoods_that_outcomes_do_not_bear_out_raise_the_alarm() -> None:
    stream = make_stream(900)
    as_of = stream["raised_at"].iloc[600].to_pydatetime()
    now = stream["known_at"].max().to_pydatetime() + timedelta(days=1)
    ranker = past_rate_alone(as_of)
    metrics = {"figures": {"auc": {"value": 0.6}}, "scores": None}
    told = look_at(ranker, stream, metrics, FEED_WORDS, as_of=as_of, now=now)
    assert told["n_alerts"] == told["n_concluded"] > 200
    assert told["calibration"]["level"] == "stable"
    turned = stream.assign(label=np.where(stream["raised_at"] >= as_of, 1.0, stream["label"]))
    # Outcomes that are known at once would teach the past rate; here they come only at the end.
    late = turned.assign(
        known_at=turned["known_at"].mask(turned["raised_at"] >= as_of, pd.Timestamp(now) - pd.Timedelta(1, "h"))
    )
    told = look_at(ranker, late, metrics, FEED_WORDS, as_of=as_of, now=now)
    assert told["calibration"]["share"] == 1.0
    assert "calibration" in alarms(told)


def test_too_few_alerts_are_not_judged() -> None:
    stream = make_stream(300)
    as_of = stream["raised_at"].iloc[-20].to_pydatetime()
    told = look_at(past_rate_alone(as_of), stream, {}, FEED_WORDS, as_of=as_of, now=as_of + timedelta(days=900))
    assert set(told) == {"since", "n_alerts", "fewest"}


def test_small_groups_are_named_without_figures_and_the_worst_are_weak_spots() -> None:
    rng = draws()
    n = 600
    county = pd.Series(np.where(np.arange(n) < 300, "990101", "990102"))
    county.iloc[:5] = "990103"
    p = rng.uniform(0.2, 0.8, n)
    label = (rng.random(n) < p).astype(float)
    label[county == "990102"] = (rng.random(int((county == "990102").sum())) < 0.8).astype(float)
    label[-50:] = np.nan
    subject = pd.Series([f"s{i}" for i in range(n)])
    rows = {row["group"]: row for row in by_group({"county": county}, label, p, subject)}
    assert rows["990103"] == {"by": "county", "group": "990103", "small": True}
    assert rows["990102"]["n"] == 300
    assert rows["990102"]["n_concluded"] == 250
    one_person = by_group({"county": county}, label, p, pd.Series(["same"] * n))
    assert all(row.get("small") for row in one_person), "fewer than three subjects"
    worst = weak_spots(list(rows.values()), 0.75)
    assert [(one["sign"], one["group"]) for one in worst] == [("order", "990102"), ("level", "990102")]
