"""Feeds: what is accepted, what is refused and why, what is assumed and said."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import FeedRefused
from data.feed_columns import Mapping
from data.feed_values import read_amounts, read_attribute, read_moments, read_outcomes
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


def raised(text: object, **options: object) -> str:
    return str(read_moments(pd.Series([text], dtype="object"), **options).values[0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2023-05-01", "2023-05-01 00:00:00"),
        ("2023-5-1", "2023-05-01 00:00:00"),
        ("2023.5.1", "2023-05-01 00:00:00"),
        ("2023/5/1 9:05", "2023-05-01 09:05:00"),
        ("20230501", "2023-05-01 00:00:00"),
        (20230501, "2023-05-01 00:00:00"),
        ("20230501093015", "2023-05-01 09:30:15"),
        ("2023年5月1日", "2023-05-01 00:00:00"),
        ("2023年05月01日 9时30分", "2023-05-01 09:30:00"),
        ("2023年5月1日9时30分15秒", "2023-05-01 09:30:15"),
        ("２０２３－０５－０１", "2023-05-01 00:00:00"),
        ("2023-05-01T08:00:00+08:00", "2023-05-01 00:00:00"),
        ("2023-05-01T08:00:00.123456Z", "2023-05-01 08:00:00.123456"),
        (" 2023-05-01 ", "2023-05-01 00:00:00"),
        ("31/12/2023", "2023-12-31 00:00:00"),
        ("12/31/2023 10:00", "2023-12-31 10:00:00"),
        ("-", "NaT"),
        ("2023-02-30", "NaT"),
        ("2023-13-01", "NaT"),
        ("03/04/2023", "NaT"),
        ("1612-01-01", "NaT"),
        ("9999-12-31", "NaT"),
        ("99999999", "NaT"),
        ("2023", "NaT"),
        ("-inf", "NaT"),
        (1e400, "NaT"),
        (True, "NaT"),
    ],
)
def test_moments_as_people_write_them(written: object, moment: str) -> None:
    assert raised(written) == moment


def test_a_spreadsheets_day_number_is_a_date_only_in_a_spreadsheet() -> None:
    assert raised(45047.5, spreadsheet=True) == "2023-05-01 12:00:00"
    assert raised(45047.5) == "NaT"


def test_a_zone_in_the_mapping_moves_only_moments_without_one() -> None:
    assert raised("2023-05-01 08:00", time_zone="Asia/Shanghai") == "2023-05-01 00:00:00"
    assert raised("2023-05-01T08:00:00Z", time_zone="Asia/Shanghai") == "2023-05-01 08:00:00"


def test_day_and_month_are_told_apart_by_the_rest_of_the_column() -> None:
    reading = read_moments(pd.Series(["03/04/2023", "25/04/2023"]))
    assert reading.values.astype(str).tolist() == ["2023-04-03", "2023-04-25"]
    assert "day/month/year" in reading.note
    assert read_moments(pd.Series(["13/04/2023", "04/13/2023"])).bad.all()


@settings(deadline=None)
@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)))
def test_any_iso_moment_comes_back(moment: datetime) -> None:
    assert read_moments(pd.Series([moment.isoformat(), moment.isoformat(" ")])).values.tolist() == [moment, moment]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.5", 1234.5),
        ("1,234.50元", 1234.5),
        ("￥１，２３４", 1234.0),
        ("¥1,234", 1234.0),
        ("0.3万", 3000.0),
        ("0.3 万元", 3000.0),
        ("1.2亿元", 120000000.0),
        ("-12", -12.0),
        ("(12.5)", -12.5),
        ("-￥12", -12.0),
        ("1e3", 1000.0),
        ("RMB 5", 5.0),
        (7, 7.0),
    ],
)
def test_amounts_as_people_write_them(written: object, amount: float) -> None:
    assert read_amounts(pd.Series([written], dtype="object")).values.tolist() == [amount]


@pytest.mark.parametrize(
    "written",
    [
        "inf",
        "1e400",
        "1e16",
        "-2e15",
        1e300,
        "100000000亿",
        "1.234,50",
        "12,34",
        "=1+1",
        "约3万",
        "1 2",
        "--5",
        "(5",
        float("inf"),
    ],
)
def test_what_is_no_amount_is_bad_not_guessed(written: object) -> None:
    reading = read_amounts(pd.Series([written], dtype="object"))
    assert reading.bad.tolist() == [True]
    assert reading.values.isna().all()


def test_numbers_beyond_measure_never_reach_a_ranker(tmp_path: Path) -> None:
    huge = "1" + ",000" * 40
    rows = ["alert_id,raised_at,amount,size,count", "1,2024-05-01,1e16,1,3", f'2,2024-05-02,7,1e301,"{huge}"']
    feed = feed_of(tmp_path, "\n".join([*rows, "3,2024-05-03,,2,4", ""]))
    assert reasons(feed) == [(2, "amount")]
    assert "1,000,000,000,000,000 CNY is expected" in feed.refused["reason"][0]
    assert feed.alerts["size"].tolist()[1:] == [2.0]
    assert feed.alerts[["size", "count"]].isna().sum().tolist() == [1, 1]
    assert sum("impossibly large numbers, taken as missing" in note for note in feed.notes) == 2
    typed, remark = read_attribute(pd.Series([1.0, -1e200]), typed=True)
    assert typed is not None
    assert typed.isna().tolist() == [False, True]
    assert "1 infinite or impossibly large" in remark


@pytest.mark.parametrize("written", ["", "-", "N/A", "无", None])
def test_a_missing_amount_is_missing(written: object) -> None:
    reading = read_amounts(pd.Series([written], dtype="object"))
    assert not reading.bad.any()
    assert reading.values.isna().all()


def test_outcomes_in_the_words_of_feeds_and_offices() -> None:
    words = pd.Series(
        ["Confirmed", "DISMISSED", "查实", "排除", "不属实", "1", "0", "true", "c3", "U1", "", None, "maybe"]
    )
    reading = read_outcomes(words, {})
    assert reading.values.tolist()[:10] == [
        "confirmed", "dismissed", "confirmed", "dismissed", "dismissed",
        "confirmed", "dismissed", "confirmed", "C3", "U1",
    ]  # fmt: skip
    assert reading.values[10:].isna().all()
    assert reading.bad.tolist() == [False] * 12 + [True]
    assert "“1” as confirmed" in reading.note


@pytest.mark.parametrize("flags", [[True, False], [1, 0], [1.0, 0.0]])
def test_outcomes_as_flags_and_numbers(flags: list[object]) -> None:
    assert read_outcomes(pd.Series(flags), {}).values.tolist() == ["confirmed", "dismissed"]


def test_the_mapping_says_what_other_words_mean() -> None:
    reading = read_outcomes(
        pd.Series(["Pass", "Fail", "In progress", "1"]),
        {"Pass": "dismissed", "fail": "C1", "in progress": "", "1": "dismissed"},
    )
    assert reading.values.tolist()[:2] == ["dismissed", "C1"]
    assert reading.values.isna().tolist() == [False, False, True, False]
    assert reading.values[3] == "dismissed"
    assert not reading.bad.any()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "int64"),
        (["1", ""], "float64"),
        (["1", "NA"], "float64"),
        (["1.5", "-2e3"], "float64"),
        (["1,234", "5"], "int64"),
        (["１２", "3"], "int64"),
        (["007", "012"], "str"),
        (["110105194912310021", "1"], "str"),
        (["true", "False"], "bool"),
        (["true", ""], "str"),
        (["2024-05-01", "2024-05-02 10:00"], "datetime64[us]"),
        (["2024年5月1日", ""], "datetime64[us]"),
        (["20240501", "20240502"], "int64"),
        (["1", "two"], "str"),
        (["=1+1", "=2"], "str"),
    ],
)
def test_text_becomes_values_only_where_every_cell_agrees(cells: list[str], kind: str) -> None:
    values, _ = read_attribute(pd.Series(cells), typed=False)
    assert values is not None
    assert str(values.dtype) == kind


def test_infinite_attributes_are_missing_and_said() -> None:
    for values, remark in (
        read_attribute(pd.Series(["1", "1e400", "inf"]), typed=False),
        read_attribute(pd.Series([1.0, np.inf, -np.inf]), typed=True),
    ):
        assert values is not None
        assert values.isna().tolist() == [False, True, True]
        assert "2 infinite or" in remark


def test_empty_columns_and_one_class_are_said(tmp_path: Path) -> None:
    feed = feed_of(
        tmp_path, "alert_id,raised_at,outcome,a,b,c\n1,2024-05-01,dismissed,,1,\n2,2024-05-02,dismissed,,2, \n"
    )
    assert [column for column in ("a", "b", "c") if column in feed.alerts] == ["b"]
    assert "Columns without any value were left out: a, c." in feed.notes
    assert any("one kind (dismissed)" in note for note in feed.notes)


def test_five_hundred_columns(tmp_path: Path) -> None:
    names = ",".join(f"x{place}" for place in range(500))
    values = ",".join(str(place) for place in range(500))
    feed = feed_of(tmp_path, f"alert_id,raised_at,{names}\n1,2024-05-01,{values}\n")
    assert feed.alerts["x499"].tolist() == [499]
    assert feed.alerts.shape == (1, 509)


def test_formulas_stay_text(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,region\n=1+1,2024-05-01,@SUM(A1)\n")
    assert feed.alerts[["alert_id", "region"]].iloc[0].tolist() == ["=1+1", "@SUM(A1)"]


def test_outcomes_without_a_date_are_known_after_a_delay_but_never_later_than_now(tmp_path: Path) -> None:
    text = "alert_id,raised_at,outcome\n1,2024-05-01,confirmed\n2,2024-06-28,dismissed\n3,2024-07-02,confirmed\n"
    feed = feed_of(tmp_path, text)
    assert feed.alerts["known_at"].tolist() == [datetime(2024, 5, 31), NOW, datetime(2024, 7, 2)]
    mapped = feed_of(tmp_path, text, mapping=Mapping(delay_days=3))
    assert mapped.alerts["known_at"].tolist() == [datetime(2024, 5, 4), datetime(2024, 7, 1), datetime(2024, 7, 2)]
    assert any("3 days" in note and "mapping" in note for note in mapped.notes)


def test_a_closing_day_stands_beside_a_raising_minute(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,outcome,closed_at\n1,2024-05-01 14:00,confirmed,2024-05-01\n")
    assert feed.refused.empty
    assert feed.alerts["known_at"].tolist() == [datetime(2024, 5, 1, 14)]


def test_a_closing_without_an_outcome_is_kept_and_teaches_nothing(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,outcome,closed_at\n1,2024-05-01,,2024-05-03\n")
    assert feed.alerts["closed_at"].tolist() == [datetime(2024, 5, 3)]
    assert feed.alerts[["outcome", "known_at"]].isna().all(axis=None)


def test_when_every_row_is_refused_the_commonest_reasons_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{number},never,perhaps\n" for number in range(30))
    with pytest.raises(
        FeedRefused,
        match=r"Every row was refused\. 30 rows like row 2: outcome .*; 30 rows like row 2: raised",
    ):
        feed_of(tmp_path, "alert_id,raised_at,outcome\n" + rows)


def test_labels_follow_the_outcome_codes() -> None:
    labels = label_of(pd.Series(["confirmed", "dismissed", "C3", "E1", "G1", "H1", None, "CX", "EX"]))
    assert labels[[0, 1, 2, 3, 7, 8]].tolist() == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    assert labels[[4, 5, 6]].isna().all()


def test_progress_ends_at_its_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    feed_of(tmp_path, "alert_id,raised_at,a,b\n1,2024-05-01,1,2\n", progress=lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({of for _, of in told}) == 1
