"""Feeds: what is accepted, what is refused and why, what is assumed and said."""

from datetime import datetime
from pathlib import Path

from data.feeds import Feed, label_of, read_feed

NOW = datetime(2024, 7, 1, 12, 0)


def feed_of(tmp_path: Path, text: str, **options: object) -> Feed:
    path = tmp_path / "feed.csv"
    path.write_bytes(text.encode())
    return read_feed(path, now=NOW, **options)  # type: ignore[arg-type]


def reasons(feed: Feed) -> list[tuple[int, str]]:
    return list(feed.refused[["row_number", "column"]].itertuples(index=False, name=None))


def test_alerts_are_ordered_and_typed_and_outcomes_dated(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path,
        "alert_id,raised_at,region,amount,outcome,closed_at,n_items,flag,seen_on\n"
        "b,2024-05-02,99,5,confirmed,2024-05-12,1,true,2024-05-01\n"
        "c,2024-05-02,99,,dismissed,,2,false,2024-05-01\n"
        "a,2024-05-02,98,1.5,,,3,true,2024-05-01\n",
    )
    assert feed.alerts["alert_id"].tolist() == ["a", "b", "c"]
    assert feed.row_numbers.tolist() == [4, 2, 3]
    assert feed.alerts["known_at"].astype(str).tolist()[1:] == ["2024-05-12", "2024-05-12"]
    assert feed.alerts["known_at"].isna()[0]
    assert feed.alerts.dtypes.astype(str).to_dict() == {
        "alert_id": "str", "raised_at": "datetime64[us]", "region": "str", "domain": "str", "source": "str",
        "amount": "float64", "outcome": "str", "closed_at": "datetime64[us]", "known_at": "datetime64[us]",
        "n_items": "int64", "flag": "bool", "seen_on": "datetime64[us]",
    }  # fmt: skip
    assert any("10 days" in note and "median" in note for note in feed.notes)
    assert label_of(feed.alerts["outcome"]).tolist()[1:] == [1.0, 0.0]


def test_every_fault_of_a_file_is_told_at_once_by_row_and_column(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path,
        "alert_id,raised_at,amount,outcome,closed_at\n"
        "a,2024-05-01,1,confirmed,2024-05-03\n"
        "a,2024-05-01,1,,\n"
        ",2024-05-01,1,,\n"
        "d,soon,much,perhaps,2024-05-03\n"
        "e,2024-05-03,1,confirmed,2024-05-01\n"
        "f,2031-01-01,1,,\n"
        "g,2024-05-01,1e400,,\n"
        "h,2024-05-01,1\n"
        "i,,1,,\n"
        "j,2024-05-01,-,,2024-05-04\n"
        "1.10105E+17,2024-05-01,1,,\n",
    )
    assert reasons(feed) == [
        (3, "alert_id"), (4, "alert_id"), (5, "amount"), (5, "outcome"), (5, "raised_at"), (6, "closed_at"),
        (7, "raised_at"), (8, "amount"), (9, ""), (10, "raised_at"), (12, "alert_id"),
    ]  # fmt: skip
    assert feed.alerts["alert_id"].tolist() == ["a", "j"]
    assert feed.n_read == 11
    assert feed.n_refused == 9
    assert (
        feed.refused["content"][2]
        == '{"alert_id":"d","raised_at":"soon","amount":"much","outcome":"perhaps","closed_at":"2024-05-03"}'
    )
    assert "row 2" in feed.refused["reason"][0]
