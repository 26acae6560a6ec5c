"""Columns are typed by looking at the past, and made the same way for one new alert."""

from hashlib import sha256
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from features.attributes import Attribute, ages_of, codes_of, coordinates, look, look_at, tokens_of
from features.past import Past, put_in_order
from features.plan import MOST_KEYS, Plan

N = 600
HASHES = [sha256(str(i).encode()).hexdigest()[:16] for i in range(66)]


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
        "hash": rng.choice(HASHES, N),
        "long hash": rng.choice([text * 4 for text in HASHES], N),
        "identity number": rng.choice([f"99010119800101{i:03}X" for i in range(40)], N),
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
        ("hash", "subject"),
        ("long hash", "subject"),
        ("identity number", "subject"),
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


@pytest.mark.parametrize("name", ["subject", "responsible"])
def test_people_are_followed_even_where_nearly_every_alert_is_about_another(name: str) -> None:
    for values in ([f"u{i}" for i in range(N)], np.arange(N) % 3, [f"{i % 3}" for i in range(N)]):
        seen = look_at(name, pd.Series(values))
        assert isinstance(seen, Attribute)
        assert (seen.kind, seen.is_key, seen.levels) == ("subject", True, [])


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


def office_stream(n: int = 1500) -> pd.DataFrame:
    """Alerts as an office has them: nearly every one about someone else, and more codes than a model can follow."""
    rng = np.random.Generator(np.random.PCG64(2))
    raised = pd.Series(pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 700, n)), unit="D"))
    people = [sha256(str(i).encode()).hexdigest() for i in range(n)]
    people[-20:] = people[:20]
    codes = {f"attribute_{i}": rng.choice(list("abcdef"), n) for i in range(MOST_KEYS + 5)}
    return pd.DataFrame(
        {
            "alert_id": [f"{i:04}" for i in range(n)],
            "raised_at": raised.astype("datetime64[us]"),
            "known_at": (raised + pd.Timedelta(days=20)).astype("datetime64[us]"),
            "label": (rng.random(n) < 0.4).astype(float),
            "source": rng.choice(["M01", "M02"], n),
            "region": rng.choice(["990101", "990102"], n),
            "domain": rng.choice(["补贴", "工程"], n),
            "subject": people,
            "responsible": rng.choice(HASHES, n),
            **codes,
        }
    )


def test_repeats_and_hits_of_other_sources_are_in_the_plan_of_an_office() -> None:
    stream = office_stream()
    plan = Plan.fit(stream, flowing=True)
    assert any("is not followed" in note for note in plan.notes)
    made = plan.make(Past.of(stream))
    families = {f.family for f in made.features if f.fact == "subject"}
    assert families == {"subject_confirmed", "subject_alerts", "other_sources"}
    assert made.matrix[-20:, made.place["subject.subject_confirmed.confirmed"]].sum() > 0


def test_an_excluded_alert_of_a_person_lets_none_of_their_features_speak_louder() -> None:
    stream = office_stream()
    plan = Plan.fit(stream, flowing=True)
    made = plan.make(Past.of(stream))
    of_people = [f for f in made.features if f.fact in {"subject", "responsible"}]
    assert {f.family for f in of_people} == {"subject_confirmed", "subject_alerts", "other_sources"}
    assert all(f.trend for f in of_people)
    last = stream.iloc[[-1]]
    excluded = last.assign(
        alert_id="zz",
        label=0.0,
        source="M01" if last["source"].item() == "M02" else "M02",
        raised_at=last["raised_at"] - pd.Timedelta(days=60),
        known_at=last["raised_at"] - pd.Timedelta(days=5),
    )
    both = put_in_order(pd.concat([stream, excluded], ignore_index=True))
    at = int(np.flatnonzero(both["alert_id"] == last["alert_id"].item())[0])
    again = plan.make(Past.of(both)).matrix[at]
    for feature in of_people:
        place = made.place[feature.name]
        before, after = np.nan_to_num(made.matrix[len(stream) - 1, place]), np.nan_to_num(again[place])
        assert feature.trend * after <= feature.trend * before + 1e-9


def test_month_and_weekday_are_those_of_the_office_s_place() -> None:
    stream = office_stream(300)
    # 06:00 on Saturday, 1 June 2024 in Shanghai; a date alone stays the same day.
    stream.loc[298, "raised_at"] = pd.Timestamp("2024-05-31 22:00")
    stream.loc[299, "raised_at"] = pd.Timestamp("2024-05-31")
    stream.loc[0, "raised_at"] = pd.Timestamp("2021-05-31")
    stream = put_in_order(stream)
    made = Plan.fit(stream, flowing=True).make(Past.of(stream))
    told = made.matrix[stream.index[stream["alert_id"].isin(["0298", "0299"])]][
        :, [made.place["raised_at.month"], made.place["raised_at.day_of_week"]]
    ]
    assert told.tolist() == [[5.0, 4.0], [6.0, 5.0]]


@pytest.mark.parametrize(
    ("first", "apart", "told"),
    [
        ("2024-01-01", "1D", ["day_of_week"]),
        ("2024-01-01", "7h", ["day_of_week", "hour"]),
        ("2021-01-01", "3D", ["day_of_week", "month"]),
    ],
)
def test_a_month_is_told_once_two_years_are_past_and_an_hour_where_alerts_come_at_all_hours(
    first: str, apart: str, told: list[str]
) -> None:
    stream = office_stream(300).assign(raised_at=pd.date_range(first, periods=300, freq=apart))
    assert Plan.fit(stream, flowing=True).moments == told
