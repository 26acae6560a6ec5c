"""Columns are typed by looking at the past, and made the same way for one new alert."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from features.attributes import Attribute, ages_of, codes_of, coordinates, look, look_at, tokens_of
from features.past import Past, put_in_order
from features.plan import Plan

N = 600


def column(kind: str) -> "pd.Series[object]":
    rng = np.random.Generator(np.random.PCG64(1))
    made: dict[str, object] = {
        "number": rng.normal(size=N),
        "number as text": [f"{x:.3f}" for x in rng.normal(size=N)],
        "flag": rng.random(N) < 0.5,
        "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N), unit="D"),
        "category": rng.choice(["甲", "乙", "丙"], N),
        "list": [";".join(sorted(set(rng.choice(list("abcdefgh"), 3)))) for _ in range(N)],
        "text": [" ".join(rng.choice([f"word{i}" for i in range(80)], 9)) for _ in range(N)],
        "subject": [f"s{i}" for i in rng.integers(0, 300, N)],
    }
    return pd.Series(made[kind])


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("number", "number"),
        ("number as text", "number"),
        ("flag", "flag"),
        ("date", "date"),
        ("category", "category"),
        ("list", "list"),
        ("text", "text"),
        ("subject", "subject"),
    ],
)
def test_a_column_is_typed_by_its_values(given: str, kind: str) -> None:
    seen = look_at("x", column(given))
    assert isinstance(seen, Attribute)
    assert seen.kind == kind


def test_columns_that_cannot_become_features_are_said() -> None:
    past = pd.DataFrame(
        {"empty": [None] * N, "constant": "x", "unique": [f"u{i}" for i in range(N)], "ok": column("number")}
    )
    found, notes = look(past)
    assert [a.name for a in found] == ["ok"]
    assert notes == [
        "column empty is empty",
        "column constant has one value only",
        "column unique is different in nearly every row",
    ]


def test_coordinates_are_found_by_name() -> None:
    numbers = [Attribute(name, "number") for name in ("latitude", "flat_rate", "longitude")]
    assert coordinates(numbers) == ("latitude", "longitude")
    assert coordinates(numbers[:2]) is None


def test_a_new_level_and_a_missing_one_are_told_apart() -> None:
    category = Attribute("c", "category", ["a", "b"])
    codes = codes_of(category, pd.Series(["b", "new", None], dtype="string"))
    np.testing.assert_array_equal(codes, [1.0, 2.0, np.nan])


def test_chinese_text_is_cut_into_pairs_of_characters() -> None:
    text = Attribute("t", "text", ["超发", "补贴"])
    starts, tokens = tokens_of(text, pd.Series(["超发补贴", "补贴", None], dtype="string"))
    assert starts.tolist() == [0, 2, 3, 3]
    assert [sorted(tokens[a:b].tolist()) for a, b in pairwise(starts)] == [[0, 1], [1], []]


def test_dates_become_ages_and_the_far_future_is_missing() -> None:
    raised = pd.Series(pd.to_datetime(["2024-01-11", "2024-01-11"]))
    ages = ages_of(pd.Series(pd.to_datetime(["2024-01-01", "2099-01-01"])), raised)
    np.testing.assert_array_equal(ages, [10.0, np.nan])


def test_a_region_weighs_as_a_rate_and_never_as_a_code() -> None:
    stream = pd.DataFrame(
        {
            "alert_id": [f"{i:04}" for i in range(N)],
            "raised_at": pd.date_range("2023-01-01", periods=N, freq="D").astype("datetime64[us]"),
            "known_at": pd.date_range("2023-01-05", periods=N, freq="D").astype("datetime64[us]"),
            "label": (np.arange(N) % 3 == 0).astype(float),
            "region": [f"9901{i % 7:02}{i % 3:03}" for i in range(N)],
        }
    )
    made = Plan.fit(stream, flowing=True).make(Past.of(put_in_order(stream)))
    families = {f.family for f in made.features if f.fact == "region"}
    assert "confirmed_share" in families
    assert not families & {"category", "value"}
    assert any(f.name.endswith("rate.6") for f in made.features)
