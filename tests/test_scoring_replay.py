"""A replay hears every outcome known before an alert was raised and none later; feeds are ranked without an office."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputRefused
from scoring.evaluation import (
    BASELINES,
    FIGURES,
    OURS,
    calibration_error,
    evaluate_replay,
    figures_of,
    found_in_top,
    measure,
)
from scoring.later import compare, foretell_later, gains, measured, verdict
from scoring.ranker import learn, past_rate_alone
from scoring.ranking import rank_new, replay_feed
from tests.test_scoring_ranker import make_stream

SINCE = pd.Timestamp("2023-03-01").to_pydatetime()
EVERY = timedelta(days=60)


def quiet(done: int, of: int, doing: str) -> None:
    """No progress is shown in tests."""


def test_changing_an_outcome_changes_only_alerts_raised_after_it_became_known() -> None:
    stream = make_stream(600)
    before = replay_feed(stream, since=SINCE, every=EVERY, progress=quiet).table.set_index("alert_id")
    row = stream.index[(stream["known_at"] > pd.Timestamp("2023-06-15")) & (stream["raised_at"] > pd.Timestamp(SINCE))][
        0
    ]
    changed = stream.copy()
    changed.loc[row, "label"] = 1.0 - stream.loc[row, "label"]
    after = replay_feed(changed, since=SINCE, every=EVERY, progress=quiet).table.set_index("alert_id")
    moved = before.index[before["p_confirmed"] != after["p_confirmed"].reindex(before.index)]
    raised = stream.set_index("alert_id")["raised_at"]
    assert len(moved)
    assert (raised[moved] > stream.loc[row, "known_at"]).all()


def test_every_alert_is_scored_once_and_ranked_within_its_step() -> None:
    stream = make_stream(500)
    table = replay_feed(stream, since=SINCE, every=EVERY, progress=quiet).table
    expected = stream.loc[stream["raised_at"] >= pd.Timestamp(SINCE), "alert_id"]
    assert sorted(table["alert_id"]) == sorted(expected)
    for _, step in table.groupby("step"):
        assert step["rank"].tolist() == list(range(1, len(step) + 1))
        assert step["p_confirmed"].is_monotonic_decreasing


def test_ranking_a_new_feed_puts_the_likeliest_first_and_looks_at_none_of_its_outcomes() -> None:
    stream = make_stream(900)
    past, new = stream.iloc[:600], stream.iloc[600:]
    ranked = rank_new(past, new.assign(label=np.nan, known_at=pd.NaT), progress=quiet)
    cheated = rank_new(past, new, progress=quiet)
    assert ranked.table.drop(columns="reasons").equals(cheated.table.drop(columns="reasons"))
    assert any("were not looked at" in note for note in cheated.notes)
    label = ranked.table["alert_id"].map(stream.set_index("alert_id")["label"])
    assert label.iloc[:100].mean() > label.iloc[-100:].mean() + 0.3
    assert ranked.table["rank"].tolist() == list(range(1, 301))


def test_ranking_without_any_past_or_with_an_id_in_both_feeds() -> None:
    stream = make_stream(400)
    nothing = rank_new(stream.iloc[:0], stream.iloc[:50], progress=quiet)
    assert (nothing.table["p_confirmed"] == 0.5).all()
    assert any("too little history" in note for note in nothing.notes)
    both = rank_new(stream, stream.iloc[350:], progress=quiet)
    assert len(both.table) == 50
    assert any("in both feeds" in note for note in both.notes)
    with pytest.raises(InputRefused, match="no alerts"):
        rank_new(stream, stream.iloc[:0], progress=quiet)


def test_columns_of_different_type_in_the_two_feeds_do_not_stop_a_ranking() -> None:
    stream = make_stream(400)
    past, new = stream.iloc[:300], stream.iloc[300:]
    new = new.assign(deviation=new["deviation"].astype("string"), note=pd.NA, more=1).drop(columns="domain")
    ranked = rank_new(past, new, progress=quiet)
    assert len(ranked.table) == 100
    assert any("domain" in note and "more" in note for note in ranked.notes)


def test_new_values_that_are_no_numbers_or_dates_count_as_missing() -> None:
    stream = make_stream(500)
    past, new = stream.iloc[:400], stream.iloc[400:]
    new = new.assign(
        deviation=new["deviation"].astype("string").where(np.arange(100) % 2 == 0, "about 3"),
        amount="n. a. yet",
        started=new["started"].astype("string").where(np.arange(100) % 2 == 0, "last May"),
    )
    ranked = rank_new(past, new, progress=quiet)
    assert any("deviation" in note and "50" in note for note in ranked.notes)
    odd = set(new["alert_id"][1::2])
    reasons = [
        (item["feature"], alert_id in odd, item["value"] is None)
        for alert_id, told in zip(ranked.table["alert_id"], ranked.table["reasons"], strict=True)
        for item in json.loads(told)["items"]
    ]
    assert {missing for name, is_odd, missing in reasons if name == "deviation" and is_odd} == {True}
    assert {missing for name, is_odd, missing in reasons if name == "deviation" and not is_odd} == {False}


def test_a_number_that_turns_into_text_for_a_trained_ranker_is_missing() -> None:
    stream = make_stream(400)
    ranker = learn(stream, as_of=SINCE)
    changed = stream.astype({"deviation": "object", "started": "object"})
    changed.loc[399, ["deviation", "started"]] = "soon"
    items = ranker.score(changed, np.array([399])).reasons(0, 1000)["items"]
    told = {item["feature"]: item["en"] for item in items}
    assert told["deviation"] == "deviation is missing"
    assert told.get("started", "started is missing") == "started is missing"


def test_a_subject_s_number_is_in_no_reason() -> None:
    stream = make_stream(1200)
    rng = np.random.Generator(np.random.PCG64(5))
    person = rng.integers(0, 60, len(stream))
    numbers = np.array([f"99010119800101{i:04}" for i in range(60)])[person]
    told = (person % 2 == 0).astype(float)
    stream = stream.assign(subject=numbers, holder=numbers, label=told)
    ranked = rank_new(stream.iloc[:900], stream.iloc[900:], progress=quiet)
    items = [item for reasons in ranked.table["reasons"] for item in json.loads(reasons)["items"]]
    assert {"subject", "holder"} & {item["feature"] for item in items}
    assert "9901011980" not in "".join(ranked.table["reasons"])


def test_a_feed_of_pure_noise_is_said_to_foretell_nothing() -> None:
    stream = make_stream(4000)
    rng = np.random.Generator(np.random.PCG64(100))
    noise = stream.assign(label=rng.permutation(stream["label"].to_numpy()))
    ranked = rank_new(noise.iloc[:3000], noise.iloc[3000:], progress=quiet)
    assert any("better than chance" in note for note in ranked.notes)
    assert ranked.table["p_confirmed"].max() - ranked.table["p_confirmed"].min() < 0.2


def test_a_replay_beyond_the_feed_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputRefused, match="the feed ends before it"):
        replay_feed(make_stream(80), since=pd.Timestamp("2030-01-01").to_pydatetime(), every=EVERY, progress=quiet)


def test_figures_of_a_known_list() -> None:
    label, p = np.array([1.0, 1, 0, 0]), np.array([0.9, 0.4, 0.4, 0.1])
    figures = measure(label, p)
    assert figures["auc"] == 0.875
    assert figures["first_half"] == 0.75
    assert found_in_top(label, p, 0.5) == (1.5, 1.0, 2.0)
    assert calibration_error(label, p) == pytest.approx((0.1 + 0.6 + 0.4 + 0.1) / 4)
    figure = figures_of(label, p, None)["first_half"]
    assert (figure.tie_low, figure.tie_high) == (0.5, 1.0)
    assert figure.low <= figure.value <= figure.high


def test_evaluation_measures_every_method_on_the_same_alerts() -> None:
    stream = make_stream(600)
    evaluation = evaluate_replay(stream, since=SINCE, every=timedelta(days=200), progress=quiet)
    assert set(evaluation.figures) == {*BASELINES, OURS}
    assert evaluation.n_alerts == (stream["raised_at"] >= pd.Timestamp(SINCE)).sum()
    for figures in evaluation.figures.values():
        assert set(figures) == set(FIGURES)
    assert evaluation.figures[OURS]["auc"].value > evaluation.figures["prior rate"]["auc"].value


def test_what_is_open_or_teaches_nothing_is_left_out_by_reason_and_never_a_negative() -> None:
    stream = make_stream(600)
    late = stream.index[stream["raised_at"] >= pd.Timestamp(SINCE)]
    opened, silent = late[::7], late[3::11].difference(late[::7])
    told = stream.copy()
    told.loc[opened, "label"], told.loc[opened, "known_at"] = np.nan, pd.NaT
    told.loc[silent, "label"] = np.nan
    evaluation = evaluate_replay(told, since=SINCE, every=timedelta(days=200), progress=quiet)
    assert evaluation.dropped == {"no outcome known yet": len(opened), "outcome teaches nothing": len(silent)}
    assert evaluation.n_alerts == len(late) - len(opened) - len(silent)
    assert evaluation.n_confirmed == int(told["label"][late].sum())
    assert any("were not measured" in note for note in evaluation.notes)
    until = pd.Timestamp("2023-06-01").to_pydatetime()
    told_then = measured(foretell_later(told, since=SINCE, until=until))["later"]
    inside = told[(told["raised_at"] >= pd.Timestamp(SINCE)) & (told["raised_at"] < pd.Timestamp(until))]
    known_later = ~(inside["known_at"] < pd.Timestamp(until))
    assert told_then["dropped"]["no outcome known yet"] == int(known_later.sum()), "known after the cut is open at it"
    assert told_then["n_concluded"] + sum(told_then["dropped"].values()) == told_then["n_alerts"] == len(inside)


def test_the_later_slice_is_measured_where_there_is_something_to_measure() -> None:
    stream = make_stream(400)
    until = pd.Timestamp("2023-09-01").to_pydatetime()
    twin = foretell_later(stream, since=SINCE, until=until)
    told = measured(twin)
    assert told["figures"]["auc"]["value"] > told["past_rate"]["auc"]["value"] > 0.5
    assert sum(group["n"] for group in told["calibration"]) == told["later"]["n_concluded"]
    assert compare(twin, twin.ranker)["verdict"] == "alike"
    assert compare(twin, past_rate_alone(SINCE))["gain"]["auc"]["value"] > 0
    nothing = measured(foretell_later(stream.iloc[:100], since=until, until=until + EVERY))
    assert nothing["later"]["n_concluded"] == 0
    assert "figures" not in nothing


@pytest.mark.parametrize(
    ("ours", "theirs", "found"), [("true", "dull", "better"), ("dull", "true", "worse"), ("true", "nearly", "alike")]
)
def test_two_are_told_apart_where_they_differ_beyond_chance(ours: str, theirs: str, found: str) -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    p = rng.beta(1, 1, 400)
    label = (rng.random(400) < p).astype(float)
    kinds = {"true": p, "dull": np.full(400, 0.5) + 0.01 * rng.random(400), "nearly": p + 0.01 * rng.normal(size=400)}
    assert verdict(gains(label, kinds[ours], kinds[theirs], level=0.975)) == found


FEEDS = Path(__file__).parents[2] / "shared" / "feeds"


@pytest.mark.parametrize("name", ["chicago_food", "texas_insurance", "tsa_claims"])
def test_a_real_feed_is_ranked(name: str) -> None:
    path = FEEDS / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"the real feed {name} is not on this machine")
    from data.feeds import label_of, read_feed

    alerts = read_feed(path, now=pd.Timestamp("2026-01-01").to_pydatetime()).alerts
    stream = alerts.assign(label=label_of(alerts["outcome"])).iloc[:: len(alerts) // 2500].reset_index(drop=True)
    ranked = rank_new(stream.iloc[:1800], stream.iloc[1800:], progress=quiet)
    assert len(ranked.table) == len(stream) - 1800
    assert ranked.table["p_confirmed"].between(0, 1).all()
