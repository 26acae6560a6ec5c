"""The as-of walks against slow oracles; a planted future moves nothing."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.history import amount_among_peers
from features.past import DECAY_DAYS, Past, put_in_order
from features.plan import Plan
from features.walk import DAY, NEVER, Floats, Keys

DAYS = st.integers(0, 60)
ROWS = st.lists(
    st.tuples(DAYS, st.integers(0, 40), st.sampled_from([0.0, 1.0, None]), st.sampled_from(["a", "b", None])),
    min_size=1,
    max_size=40,
)
START = pd.Timestamp("2024-01-01")


def stream_of(rows: list[tuple[int, int, float | None, str | None]]) -> pd.DataFrame:
    raised = [START + pd.Timedelta(days=day) for day, *_ in rows]
    delays = [pd.Timedelta(days=delay) for _, delay, *_ in rows]
    labels = [label for _, _, label, _ in rows]
    known = [r + d if label is not None else pd.NaT for r, d, label in zip(raised, delays, labels, strict=True)]
    table = pd.DataFrame(
        {
            "alert_id": [f"{i:03}" for i in range(len(rows))],
            "raised_at": pd.Series(raised, dtype="datetime64[us]"),
            "known_at": pd.Series(known, dtype="datetime64[us]"),
            "label": pd.Series(labels, dtype="float64"),
            "key": pd.Series([key for *_, key in rows], dtype="string"),
            "amount": [float(day * 7 % 5) for day, *_ in rows],
        }
    )
    return put_in_order(table)


def slow_outcomes(past: Past, keys: Keys) -> Floats:
    out = np.zeros((5, len(keys)))
    for i, key in enumerate(keys):
        out[4, i] = np.nan
        rows = [
            j
            for j in range(len(keys))
            if keys[j] == key >= 0 and past.known[j] < past.sees[i] and past.known[j] != NEVER
        ]
        rows = [j for j in rows if not np.isnan(past.label[j])]
        ages = np.array([(past.sees[i] - past.known[j]) / DAY for j in rows])
        labels = past.label[rows]
        out[:4, i] = [
            len(rows),
            labels.sum(),
            np.exp(-ages / DECAY_DAYS).sum(),
            (labels * np.exp(-ages / DECAY_DAYS)).sum(),
        ]
        if labels.sum():
            out[4, i] = ages[labels == 1].min()
    return out


def slow_alerts(past: Past, keys: Keys, *, standing: bool) -> Floats:
    out = np.zeros((5, len(keys)))
    for i, key in enumerate(keys):
        out[3, i] = np.nan
        if key < 0:
            continue
        earlier = [j for j in range(len(keys)) if keys[j] == key and past.raised[j] < past.raised[i]]
        if earlier:
            out[3, i] = min((past.raised[i] - past.raised[j]) / DAY for j in earlier)
        if standing:
            earlier = [j for j in earlier if not (past.label[j] == 0 and past.known[j] < past.raised[i])]
        ages = np.array([(past.raised[i] - past.raised[j]) / DAY for j in earlier])
        out[:3, i] = [(ages <= days).sum() for days in (30, 90, 365)]
        out[4, i] = len(earlier)
    return out


@settings(max_examples=60, deadline=None)
@given(ROWS, st.booleans())
def test_walks_equal_a_slow_count_of_what_was_known(
    rows: list[tuple[int, int, float | None, str | None]], silent: bool
) -> None:
    stream = stream_of(rows)
    gaps = np.arange(len(stream)) % 7 * 3.0 if silent else None
    past = Past.of(stream, gap_days=gaps)
    keys = past.keys(["key"])
    np.testing.assert_allclose(past.outcomes_by(keys), slow_outcomes(past, keys), atol=1e-9)
    for standing in (False, True):
        np.testing.assert_allclose(past.alerts_by(keys, standing=standing), slow_alerts(past, keys, standing=standing))


FAMILIES = {
    "value",
    "category",
    "token_shares",
    "confirmed_share",
    "known_outcomes",
    "alert_load",
    "pair_share",
    "subject_confirmed",
    "subject_alerts",
    "other_sources",
    "amount_among_peers",
}
N_WIDE = 420


def wide_stream(n: int, seed: int) -> pd.DataFrame:
    """A stream that has a column for every family of features."""
    rng = np.random.Generator(np.random.PCG64(seed))
    raised = START + pd.to_timedelta(np.sort(rng.integers(0, 400, n)), unit="D")
    label = rng.choice([0.0, 1.0, np.nan], n, p=[0.5, 0.3, 0.2])
    known = pd.Series(raised + pd.to_timedelta(rng.integers(0, 60, n), unit="D")).where(~np.isnan(label))
    words = [f"word{i}" for i in range(30)]
    table = pd.DataFrame(
        {
            "alert_id": [f"{i:04}" for i in range(n)],
            "raised_at": raised.astype("datetime64[us]"),
            "known_at": known.astype("datetime64[us]"),
            "label": label,
            "source": rng.choice(["M01", "M02", "M03"], n),
            "domain": rng.choice(["补贴", "工程"], n),
            "region": [f"9901{a:02}{b:03}" for a, b in zip(rng.integers(1, 4, n), rng.integers(1, 9, n), strict=True)],
            "subject": [f"s{i}" for i in rng.integers(0, n // 6, n)],
            "signs": [";".join(sorted(set(rng.choice(list("abcdefgh"), 3)))) for _ in range(n)],
            "paid_on": (raised - pd.to_timedelta(rng.integers(0, 200, n), unit="D")).astype("datetime64[us]"),
            "latitude": 41 + rng.normal(size=n) / 10,
            "longitude": -87 + rng.normal(size=n) / 10,
            "note": [" ".join(rng.choice(words, 7)) for _ in range(n)],
            "village": rng.choice([f"village {i}" for i in range(60)], n),
            "amount": np.exp(rng.normal(8, 1, n)),
        }
    )
    return put_in_order(table)


@settings(max_examples=8, deadline=None)
@given(st.integers(60, 400), st.integers(0, 1000))
def test_a_planted_future_moves_no_feature_of_an_earlier_alert(day: int, seed: int) -> None:
    stream = wide_stream(N_WIDE, 0)
    as_of = START + pd.Timedelta(days=day)
    future = wide_stream(80, seed)
    future["alert_id"] = "!" + future["alert_id"]
    # The first planted alerts are raised at as_of itself, and come before the others of that moment.
    shift = as_of - future["raised_at"].min()
    future = future.assign(raised_at=future["raised_at"] + shift, known_at=future["known_at"] + shift)
    heard_later = stream["known_at"].isna() | (stream["known_at"] >= as_of)
    turned = (1.0 - stream["label"]).fillna(1.0)
    changed = stream.assign(
        label=stream["label"].where(~heard_later, turned),
        known_at=stream["known_at"].where(~heard_later, np.maximum(stream["raised_at"], as_of)),
    )
    both = put_in_order(pd.concat([changed, future], ignore_index=True))
    plan = Plan.fit(stream, flowing=True)
    made, again = plan.make(Past.of(stream)), plan.make(Past.of(both))
    assert {feature.family for feature in made.features} == FAMILIES
    earlier = (stream["raised_at"] <= as_of).to_numpy()
    same = ((both["raised_at"] <= as_of) & ~both["alert_id"].str.startswith("!")).to_numpy()
    np.testing.assert_array_equal(made.matrix[earlier], again.matrix[same])
    assert not np.array_equal(made.matrix, again.matrix[~both["alert_id"].str.startswith("!").to_numpy()]) or day > 390


def test_amounts_are_placed_among_earlier_alerts_of_the_same_source_only() -> None:
    rows = [(day, 0, None, "a" if day % 2 else "b") for day in range(60)]
    past = Past.of(stream_of(rows))
    keys = past.keys(["key"])
    amount = past.table["amount"].to_numpy(dtype=np.float64)
    got = amount_among_peers(past, keys, amount)["peers"]
    for i in range(len(keys)):
        peers = amount[[j for j in range(i) if keys[j] == keys[i]]]
        if len(peers) < 10:
            assert np.isnan(got[i])
        else:
            assert got[i] == ((peers < amount[i]).sum() + (peers <= amount[i]).sum()) / 2 / len(peers)


def test_an_outcome_recorded_before_its_alert_is_not_part_of_its_own_history() -> None:
    stream = stream_of([(5, 0, 1.0, "a"), (9, 0, None, "a")])
    stream.loc[0, "known_at"] = START
    assert Past.of(stream).outcomes_by(np.zeros(2, dtype=np.int64))[0].tolist() == [0.0, 1.0]


def test_a_dismissed_alert_of_a_subject_never_counts_for_it() -> None:
    rows: list[tuple[int, int, float | None, str | None]] = [(0, 1, 0.0, "a"), (10, 0, None, "a"), (20, 0, None, "a")]
    past = Past.of(stream_of(rows))
    counts = past.alerts_by(past.keys(["key"]), standing=True)
    assert counts[2].tolist() == [0.0, 0.0, 1.0]
