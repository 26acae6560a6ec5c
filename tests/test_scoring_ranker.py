"""The ranker: learns only what was known, says why in parts that add up, and falls back where it cannot learn."""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from data.errors import FeatureMismatch
from features.past import put_in_order
from scoring.ranker import Ranker, learn
from scoring.reasons import points_per_log_odds
from scoring.wording import Words

START = pd.Timestamp("2022-01-01")
AS_OF = pd.Timestamp("2023-06-01").to_pydatetime()


def make_stream(n: int = 900, *, seed: int = 0, confirmed: float | None = None) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(seed))
    source = rng.choice(["M01", "M02", "M03"], n, p=[0.5, 0.3, 0.2])
    region = rng.choice([f"99010{i}" for i in range(8)], n)
    score = rng.normal(size=n)
    odds = {"M01": -1.2, "M02": 0.0, "M03": 1.0}
    eta = score + np.array([odds[s] for s in source]) + 0.5 * (region == "990101")
    label = (rng.random(n) < (1 / (1 + np.exp(-eta)) if confirmed is None else confirmed)).astype(float)
    raised = START + pd.to_timedelta(np.sort(rng.integers(0, 700, n)), unit="D")
    known = raised + pd.to_timedelta(rng.integers(5, 60, n), unit="D")
    return put_in_order(
        pd.DataFrame(
            {
                "alert_id": [f"{i:05}" for i in range(n)],
                "raised_at": raised.astype("datetime64[us]"),
                "known_at": known.astype("datetime64[us]"),
                "label": label,
                "source": source,
                "region": region,
                "domain": rng.choice(["补贴", "工程"], n),
                "amount": np.exp(rng.normal(8, 1, n)),
                "deviation": score,
                "started": raised - pd.to_timedelta(rng.integers(0, 400, n), unit="D"),
                "subject": [f"s{i}" for i in rng.integers(0, n // 2, n)],
                "note": [" ".join(rng.choice([f"word{i}" for i in range(60)], 7)) for _ in range(n)],
            }
        )
    )


@pytest.fixture(scope="module")
def stream() -> pd.DataFrame:
    return make_stream()


@pytest.fixture(scope="module")
def ranker(stream: pd.DataFrame) -> Ranker:
    return learn(stream, as_of=AS_OF)


def later(stream: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.flatnonzero(stream["raised_at"] >= pd.Timestamp(AS_OF)).astype(np.int64)


def test_it_orders_later_alerts_better_than_chance_and_its_bounds_hold_p(ranker: Ranker, stream: pd.DataFrame) -> None:
    rows = later(stream)
    table = ranker.score(stream, rows).table
    order = table["p_confirmed"].rank()
    hits = stream["label"].to_numpy()[rows] == 1
    assert order[hits].mean() > order[~hits].mean() + 0.15 * len(rows)
    assert (table["p_low"] <= table["p_confirmed"]).all()
    assert (table["p_confirmed"] <= table["p_high"]).all()
    assert table["p_high"].max() <= 1
    assert table["p_low"].min() >= 0


def test_reasons_add_up_to_the_margin(ranker: Ranker, stream: pd.DataFrame) -> None:
    scores = ranker.score(stream, later(stream))
    for i in range(len(scores.table)):
        for n in (3, 1000):
            reasons = scores.reasons(i, n)
            total = reasons["base"] + sum(item["contribution"] for item in reasons["items"]) + reasons["rest"]
            assert total == pytest.approx(scores.table["margin"][i], abs=1e-6)
            points = sum(item["points"] for item in reasons["items"]) + reasons["rest_points"]
            p_base = 1 / (1 + np.exp(-reasons["base"]))
            assert 100 * p_base + points == pytest.approx(100 * scores.table["p_confirmed"][i], abs=1e-6)
            assert all(item["points"] * item["contribution"] > 0 for item in reasons["items"])
        # Every fact is listed: nothing may be left over.
        assert abs(reasons["rest"]) < 1e-6
    facts = [item["feature"] for item in reasons["items"]]
    assert len(facts) == len(set(facts))
    assert all(item["zh"] and item["en"] for item in reasons["items"])


def test_points_of_a_score_at_its_base_are_those_of_the_curve_s_slope() -> None:
    assert points_per_log_odds(0.0, 0.0) == 25.0
    assert points_per_log_odds(-1.0, -1.0 + 1e-5) == pytest.approx(points_per_log_odds(-1.0, -1.0), rel=1e-4)


def test_written_and_read_back_it_scores_the_same(ranker: Ranker, stream: pd.DataFrame) -> None:
    again = Ranker.from_json(ranker.to_json())
    rows = later(stream)
    pd.testing.assert_frame_equal(again.score(stream, rows).table, ranker.score(stream, rows).table)
    assert again.score(stream, rows).reasons(0) == ranker.score(stream, rows).reasons(0)


def test_one_seed_one_ranker(ranker: Ranker, stream: pd.DataFrame) -> None:
    again = learn(stream, as_of=AS_OF)
    assert again.fingerprint == ranker.fingerprint
    pd.testing.assert_frame_equal(again.score(stream, later(stream)).table, ranker.score(stream, later(stream)).table)


def test_one_alert_alone_scores_as_it_does_among_others(ranker: Ranker, stream: pd.DataFrame) -> None:
    rows = later(stream)
    together = ranker.score(stream, rows).table["margin"].to_numpy()
    alone = ranker.score(stream.iloc[: rows[4] + 1], rows[4:5]).table["margin"].to_numpy()
    assert alone[0] == pytest.approx(together[4], abs=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["prints"].update(code="0" * 64),
        lambda content: (content["prints"].update(code="0" * 64), content.pop("plan")),
        lambda content: content["plan"]["attributes"].pop(),
        lambda content: content["prints"].update(data="0" * 64),
        lambda content: content["prints"].update(parameters="0" * 64),
    ],
)
def test_an_altered_or_older_ranker_is_refused(ranker: Ranker, change: Callable[[object], object]) -> None:
    content = json.loads(ranker.to_json())
    change(content)
    with pytest.raises(FeatureMismatch, match="Train a new risk model"):
        Ranker.from_json(json.dumps(content))


def test_alerts_without_a_trained_column_are_refused(ranker: Ranker, stream: pd.DataFrame) -> None:
    with pytest.raises(FeatureMismatch, match="deviation"):
        ranker.score(stream.drop(columns="deviation"), later(stream))


def test_nothing_raised_or_known_at_or_after_as_of_is_learnt(ranker: Ranker, stream: pd.DataFrame) -> None:
    moment = pd.Timestamp(AS_OF)
    changed = stream.copy()
    unknown = (changed["known_at"] >= moment) | (changed["raised_at"] >= moment)
    changed.loc[unknown, "label"] = 1.0 - changed.loc[unknown, "label"]
    assert learn(changed, as_of=AS_OF).to_json() == ranker.to_json()


def test_alerts_without_an_outcome_are_never_negatives(stream: pd.DataFrame) -> None:
    open_alerts = stream.sample(250, random_state=1).index
    unlabelled = stream.copy()
    unlabelled.loc[open_alerts, "label"] = np.nan
    unlabelled.loc[open_alerts, "known_at"] = pd.NaT
    ranker = learn(unlabelled, as_of=AS_OF)
    told = unlabelled["label"].notna() & (unlabelled["known_at"] < pd.Timestamp(AS_OF))
    assert ranker.n_rows == told.sum()
    p = ranker.score(unlabelled, later(unlabelled)).table["p_confirmed"].mean()
    assert p == pytest.approx(unlabelled.loc[told, "label"].mean(), abs=0.08)
    assert (
        ranker.dropped["no outcome known by then"] == (unlabelled["raised_at"] < pd.Timestamp(AS_OF)).sum() - told.sum()
    )


def test_a_dismissed_alert_about_the_same_subject_never_raises_a_score(ranker: Ranker, stream: pd.DataFrame) -> None:
    rows = later(stream)[:40]
    before = ranker.score(stream, rows).table["margin"].to_numpy()
    for row, margin in zip(rows[::8], before[::8], strict=True):
        planted = stream.iloc[[0]].assign(
            alert_id="zz", label=0.0, subject=stream["subject"][row], source="M09", region="9999"
        )
        planted["raised_at"] = stream["raised_at"][row] - pd.Timedelta(days=50)
        planted["known_at"] = stream["raised_at"][row] - pd.Timedelta(days=20)
        both = put_in_order(pd.concat([stream, planted], ignore_index=True))
        at = np.flatnonzero(both["alert_id"] == stream["alert_id"][row])
        subject = {item["feature"]: item["contribution"] for item in ranker.score(both, at).reasons(0, 1000)["items"]}
        alone = {
            item["feature"]: item["contribution"]
            for item in ranker.score(stream, rows[rows == row]).reasons(0, 1000)["items"]
        }
        assert subject.get("subject", 0.0) <= alone.get("subject", 0.0) + 0.02
        assert ranker.score(both, at).table["margin"][0] <= margin + 0.05


FALLBACKS: dict[str, Callable[[], pd.DataFrame]] = {
    "30 rows": lambda: make_stream(30),
    "one class": lambda: make_stream(300, confirmed=0.0),
    "no outcome": lambda: make_stream(300).assign(label=np.nan, known_at=pd.Series(pd.NaT, dtype="datetime64[us]")),
    "all missing": lambda: make_stream(300).assign(
        **dict.fromkeys(["source", "region", "domain", "amount", "deviation", "started", "subject", "note"], None)
    ),
    "constant": lambda: make_stream(300)[["alert_id", "raised_at", "known_at", "label"]].assign(
        source="x", domain="y", region="z", amount=1.0
    ),
    "500 columns": lambda: pd.concat(
        [make_stream(400), pd.DataFrame(np.random.default_rng(0).normal(size=(400, 500))).rename(columns="c{}".format)],
        axis=1,
    ),
    "outcomes on the first day only": lambda: make_stream(300).assign(known_at=START + pd.Timedelta(days=800)),
}


@pytest.mark.parametrize("case", FALLBACKS)
@pytest.mark.parametrize("silent_days", [0.0, 200.0])
def test_poor_history_has_a_stated_fallback(case: str, silent_days: float) -> None:
    stream = FALLBACKS[case]()
    ranker = Ranker.from_json(learn(stream, as_of=AS_OF, silent_days=silent_days).to_json())
    scores = ranker.score(stream, np.arange(len(stream)))
    assert scores.table["p_confirmed"].between(0, 1).all()
    reasons = scores.reasons(len(stream) - 1)
    total = reasons["base"] + sum(item["contribution"] for item in reasons["items"]) + reasons["rest"]
    assert total == pytest.approx(reasons["margin"], abs=1e-6)
    if case in {"30 rows", "one class", "no outcome", "outcomes on the first day only"}:
        assert any("too little history" in note for note in ranker.notes)


def test_where_nothing_foretells_outcomes_it_says_so_and_the_past_rate_stands_in() -> None:
    stream = make_stream(700, confirmed=0.3)
    rng = np.random.Generator(np.random.PCG64(3))
    stream["label"] = (rng.random(len(stream)) < 0.3).astype(float)
    stream["source"] = "x"
    ranker = learn(stream, as_of=AS_OF)
    p = ranker.score(stream, later(stream)).table["p_confirmed"]
    assert any("better than chance" in note for note in ranker.notes)
    assert p.max() - p.min() < 0.2


def test_dates_in_reasons_are_those_of_the_office_s_place(ranker: Ranker, stream: pd.DataFrame) -> None:
    row = later(stream)[-1]
    late = stream.copy()
    late.loc[row, "raised_at"] += pd.Timedelta(hours=22)
    late["started"] = late["started"] + pd.Timedelta(hours=22)
    items = {item["feature"]: item for item in ranker.score(late, np.array([row])).reasons(0, 1000)["items"]}
    on = stream["raised_at"][row] + pd.Timedelta(days=1)
    assert items["raised_at"]["value"] == str(on.date())
    assert f"星期{'一二三四五六日'[on.weekday()]}" in items["raised_at"]["zh"]
    assert items["started"]["value"] == str((stream["started"][row] + pd.Timedelta(days=1)).date())


def test_what_is_not_to_be_spoken_of_is_in_no_reason(ranker: Ranker, stream: pd.DataFrame) -> None:
    rows = later(stream)[:20]
    columns = ["source", "note", "deviation", "started"]
    scores = ranker.score(stream, rows)
    for i, row in enumerate(rows):
        for item in scores.reasons(i, 1000, Words(unspoken=frozenset(columns)))["items"]:
            if item["feature"] in columns:
                assert item["value"] is None
                assert str(stream[item["feature"]][row]) not in item["zh"] + item["en"]


def test_with_too_little_history_the_rate_of_source_and_domain_stands_in() -> None:
    stream = make_stream(40)
    stream["label"] = (stream["source"] == "M03").astype(float)
    ranker = learn(stream, as_of=AS_OF)
    table = ranker.score(stream, np.arange(len(stream))).table
    last = table.iloc[25:]
    source = stream["source"].iloc[25:].to_numpy()
    assert last["p_confirmed"][source == "M03"].min() > last["p_confirmed"][source == "M01"].max()
    assert table["p_confirmed"].iloc[0] == pytest.approx(0.5)
