"""Columns of feeds: names understood, names refused, names that no feature may have; mapping files."""

from datetime import datetime
from pathlib import Path

import pytest

from data.errors import FeedRefused, InputRefused
from data.feed_columns import Mapping, forbidden_kind, read_mapping, rename_columns, written_later
from data.feeds import Feed, read_feed

NOW = datetime(2024, 7, 1, 12, 0)


def feed_of(tmp_path: Path, text: str, **options: object) -> Feed:
    path = tmp_path / "feed.csv"
    path.write_text(text, encoding="utf-8")
    return read_feed(path, now=NOW, **options)  # type: ignore[arg-type]


def mapping_of(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return read_mapping(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("inspector_group", "who verifies"),
        ("caseInspectorID", "who verifies"),
        ("Verified By", "who verifies"),
        ("assigned_to", "who verifies"),
        ("核查人员", "who verifies"),
        ("承办人", "who verifies"),
        ("sex", "a forbidden input"),
        ("Gender", "a forbidden input"),
        ("subject_race", "a forbidden input"),
        ("complainant_type", "a forbidden input"),
        ("申请人民族", "a forbidden input"),
        ("举报人", "a forbidden input"),
        ("health", "a forbidden input"),
        ("身份证号", "a person's name or number"),
        ("phone", "a person's name or number"),
        ("inspection_type", ""),
        ("complaint_type", ""),
        ("health_district", ""),
        ("mobile_food_license", ""),
        ("sextant", ""),
        ("airport_name", ""),
        ("racetrack", ""),
        ("company", ""),
        ("检查类型", ""),
    ],
)
def test_names_that_no_feature_may_have(name: str, kind: str) -> None:
    assert forbidden_kind(name) == kind


def test_a_left_out_column_is_named_and_allow_lifts_it(tmp_path: Path) -> None:
    text = "alert_id,raised_at,inspector,性别,size\n1,2024-05-01,Li,女,3\n"
    feed = feed_of(tmp_path, text)
    assert "inspector" not in feed.alerts
    assert "性别" not in feed.alerts
    assert sum("--allow" in note for note in feed.notes) == 2
    allowed = feed_of(tmp_path, text, allow=["inspector"])
    assert allowed.alerts["inspector"].tolist() == ["Li"]
    assert "性别" not in allowed.alerts
    with pytest.raises(InputRefused, match="no such column; left out are inspector, 性别"):
        feed_of(tmp_path, text, allow=["Inspector"])


def test_renaming_does_not_smuggle_a_forbidden_column_in(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,sex\n1,2024-05-01,F\n", mapping=Mapping(columns={"group": "sex"}))
    assert "group" not in feed.alerts


def test_columns_written_after_the_alert_are_pointed_out(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,final_disposition\n1,2024-05-01,x\n")
    assert "final_disposition" in feed.alerts
    assert any("final_disposition" in note and "leave_out" in note for note in feed.notes)
    assert not written_later("statuses_before")


def test_a_missing_column_is_told_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(FeedRefused) as refusal:
        rename_columns(["alertid2", "Report Date", "x"], Mapping())
    message = str(refusal.value)
    assert "no column alert_id (is it “alertid2”?)" in message
    assert "no column raised_at (is it “Report Date”?)" in message
    assert "The file has the columns alertid2, Report Date, x" in message


def test_case_blanks_and_chinese_names_are_understood_and_said() -> None:
    renamed, notes = rename_columns(["Alert ID", "预警时间", "金额", "Outcome"], Mapping())
    assert list(renamed.values()) == ["alert_id", "raised_at", "amount", "outcome"]
    assert len(notes) == 4


def test_duplicate_columns_are_refused_together_with_every_other_fault(tmp_path: Path) -> None:
    with pytest.raises(FeedRefused, match=r"“a” occurs 2 times.*no column raised_at"):
        feed_of(tmp_path, "alert_id,a,a\n1,2,3\n")


def test_a_mapping_renames_translates_and_leaves_out(tmp_path: Path) -> None:
    mapping = mapping_of(
        tmp_path,
        'name = "inspections"\nleave_out = ["weather"]\namount_factor = 10000\n'
        '[columns]\nalert_id = "编号"\nraised_at = "Date"\nshop = "Shop Nr"\namount = "万元"\n'
        '[outcome]\nFail = "C2"\nPass = "dismissed"\n',
    )
    text = "编号,Date,Shop Nr,weather,万元,outcome\n1,2024-05-01,7,rain,0.5,Fail\n"
    feed = feed_of(tmp_path, text, mapping=mapping)
    assert feed.alerts[["alert_id", "shop", "amount", "outcome"]].iloc[0].tolist() == ["1", 7, 5000.0, "C2"]
    assert "weather" not in feed.alerts


def test_every_fault_of_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        mapping_of(
            tmp_path,
            'nmae = "x"\ndelay_days = -1\namount_factor = "many"\ntime_zone = "Mars"\n'
            '[columns]\na = "x"\nb = "x"\nc = 3\n[outcome]\nPass = "fine"\n',
        )
    message = str(refusal.value)
    for words in (
        "“nmae”",
        "delay_days is -1",
        "“amount_factor”",
        "“Mars”",
        "a and b from one column",
        "c is 3",
        "“fine”",
    ):
        assert words in message


def test_columns_left_out_are_named_by_texts(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"names 1; .*names \{'a': 2\}; ") as refusal:
        mapping_of(tmp_path, "leave_out = [1, {a = 2}]")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["编号", "raised_at", "outcome"])
def test_what_every_feed_needs_cannot_be_left_out(tmp_path: Path, name: str) -> None:
    mapping = Mapping(columns={"alert_id": "编号"}, leave_out=(name, "amount"))
    with pytest.raises(InputRefused, match=f"leaves out “{name}”, but .* take them out of leave_out"):
        feed_of(tmp_path, "编号,raised_at,outcome,amount\n1,2024-05-01,confirmed,5\n", mapping=mapping)


def test_a_column_of_the_contract_that_is_left_out_is_not_taken(tmp_path: Path) -> None:
    mapping = Mapping(leave_out=("amount",))
    feed = feed_of(tmp_path, "alert_id,raised_at,amount\n1,2024-05-01,much\n", mapping=mapping)
    assert feed.n_refused == 0
    assert feed.alerts["amount"].isna().all()


def test_a_mapping_that_does_not_fit_the_file_is_told_at_once(tmp_path: Path) -> None:
    mapping = Mapping(columns={"raised_at": "Dat", "x": "size"}, leave_out=("gone",))
    with pytest.raises(FeedRefused) as refusal:
        feed_of(tmp_path, "alert_id,Date,size,x\n1,2024-05-01,3,4\n", mapping=mapping)
    for words in (
        "“Dat”",
        "is it “Date”",
        "“gone”",
        "calls “size” “x”, but the file has another",
        "no column raised_at",
    ):
        assert words in str(refusal.value)


def test_a_mapping_that_is_not_toml_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="not a mapping file"):
        mapping_of(tmp_path, "columns: {}")
    with pytest.raises(InputRefused, match=r"^gone\.toml: there is no such file; "):
        read_mapping(tmp_path / "gone.toml")
    with pytest.raises(InputRefused, match="this is a folder; "):
        read_mapping(tmp_path)


def test_two_columns_cannot_both_be_one_of_ours(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,金额,Amount\n1,2024-05-01,1,2\n")
    assert feed.alerts["amount"].tolist() == [1.0]
    assert feed.alerts["Amount"].tolist() == [2]


def test_a_column_that_is_computed_here_is_not_taken_from_the_file(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, "alert_id,raised_at,known_at\n1,2024-05-01,2024-05-02\n")
    assert feed.alerts["known_at"].isna().all()
    assert any("known_at" in note for note in feed.notes)


def test_a_level_outside_red_orange_yellow_is_refused(tmp_path: Path) -> None:
    mapping = Mapping(columns={"level": "等级"})
    feed = feed_of(tmp_path, "alert_id,raised_at,等级\n1,2024-05-01,红\n2,2024-05-01,紫\n", mapping=mapping)
    assert feed.refused[["row_number", "column"]].iloc[0].tolist() == [3, "level"]
