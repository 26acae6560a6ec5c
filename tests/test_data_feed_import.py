"""Feeds into the office: once, again, newer, contradicting; on both databases."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from dashboard.doors import feeds as doors
from data.database import reading, writing
from data.errors import FeedRefused, NotFound
from data.feed_columns import Mapping
from data.feed_import import Imported, import_feed
from data.feeds import read_feed
from data.loop import advance, locked
from data.loop_tables import Elimination
from data.record_tables import AuditEntry
from data.refused_rows import refused_table
from data.tables import Alert, AlertEvent, DatasetFiling, Domain, RefusedRow, Region, Unit
from tests.office_in_miniature import SECOND, VERIFIER

MONDAY, TUESDAY = datetime(2024, 7, 1, 12), datetime(2024, 7, 2, 12)
HEADER = "alert_id,raised_at,region,domain,source,amount,outcome,closed_at,company"
ROWS = (
    "1,2024-05-01,990102,低保,举报,100,confirmed,2024-05-20,甲公司",
    "2,2024-05-02,西湖区,低保,,200,,,乙公司",
    "3,2024-05-03,Atlantis,Roads & Bridges,巡察,,H1,2024-05-09,",
    "4,2024-05-04,,,巡察,,dismissed,,",
    "5,soon,,,巡察,,,,",
)


def take(folder: Path, rows: Sequence[str], *, at: datetime = MONDAY, mapping: Mapping | None = None) -> Imported:
    path = folder / "clues.csv"
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    feed = read_feed(path, mapping=mapping, now=at)
    with writing() as session:
        return import_feed(session, feed, at=at, mapping=mapping)


def add_regions() -> None:
    with writing() as session:
        for code, name, parent in (("99", "明省", None), ("990102", "滨江区", "99"), ("990103", "西湖区", "99")):
            session.add(
                Region(code=code, name=name, name_en=name, level=3, parent_code=parent, valid_from=date(2000, 1, 1))
            )
            session.flush()


def stored() -> pd.DataFrame:
    with reading() as session:
        rows = session.execute(select(*Alert.__table__.columns).order_by(Alert.alert_key)).all()
    return pd.DataFrame(rows, columns=list(Alert.__table__.columns.keys()), dtype="object").set_index("alert_key")


def events_of(alert_key: str) -> list[tuple[str, datetime, str | None]]:
    with reading() as session:
        query = (
            select(AlertEvent.kind, AlertEvent.at, AlertEvent.outcome)
            .join(Alert, Alert.id == AlertEvent.alert_id)
            .where(Alert.alert_key == alert_key)
            .order_by(AlertEvent.id)
        )
        return [(row[0], row[1], row[2]) for row in session.execute(query)]


def count(table: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_feed_becomes_alerts_with_their_own_dates(office: Path, tmp_path: Path) -> None:
    add_regions()
    imported = take(tmp_path, ROWS)
    assert (imported.n_new, imported.n_changed, imported.n_same, imported.n_refused) == (4, 0, 0, 1)
    alerts = stored()
    assert alerts["status"].tolist() == ["closed", "waiting", "held", "closed"]
    assert alerts["outcome"].tolist() == ["CX", None, "H1", "EX"]
    assert alerts["region_code"].tolist() == ["990102", "990103", None, None]
    assert alerts["source"].tolist() == ["举报", "clues", "巡察", "巡察"]
    assert alerts["raised_at"].iloc[0] == datetime(2024, 5, 1)
    assert alerts["concluded_at"].iloc[0] == datetime(2024, 5, 20)
    assert alerts["attributes"]["clues|3"] == '{"feed_region":"Atlantis"}'
    assert alerts["attributes"]["clues|2"] == '{"company":"乙公司"}'
    assert alerts["title"]["clues|1"] == "滨江区：“举报”提示的情况是否属实？"
    assert alerts["title_en"]["clues|3"] == "Atlantis: is what “巡察” points to borne out?"
    assert alerts["title_en"]["clues|4"] == "is what “巡察” points to borne out?"
    assert events_of("clues|1") == [
        ("raised", datetime(2024, 5, 1), None),
        ("imported", datetime(2024, 5, 20), "CX"),
    ]
    assert [kind for kind, _, _ in events_of("clues|3")] == ["raised", "deferred"]
    with reading() as session:
        assert set(session.scalars(select(Domain.name))) == {"低保", "Roads & Bridges"}
    assert any("Atlantis" in note for note in imported.notes)


def test_the_same_file_again_changes_nothing(office: Path, tmp_path: Path) -> None:
    first = take(tmp_path, ROWS)
    before = stored()
    again = take(tmp_path, ROWS, at=TUESDAY)
    assert again.already
    assert again.filing == first.filing
    pd.testing.assert_frame_equal(stored(), before)
    assert [count(table) for table in (DatasetFiling, RefusedRow, AlertEvent, AuditEntry)] == [1, 1, 7, 1]


def test_a_newer_file_adds_alerts_and_outcomes_and_contradicts_nothing(office: Path, tmp_path: Path) -> None:
    take(tmp_path, ROWS)
    newer = (
        "1,2024-05-01,990102,低保,举报,100,dismissed,2024-06-20,甲公司",  # contradicts what is recorded
        "2,2024-05-02,西湖区,低保,,200,confirmed,,乙公司",  # known since, without a date
        "3,2024-05-03,Atlantis,Roads & Bridges,巡察,,C1,2024-06-01,",  # held before
        "4,2024-05-04,,,巡察,,,,",  # no outcome any more
        "6,2024-06-30,,低保,巡察,,,,",
    )
    imported = take(tmp_path, newer, at=TUESDAY)
    assert (imported.n_new, imported.n_changed, imported.n_same, imported.n_refused) == (1, 2, 1, 1)
    alerts = stored()
    assert alerts["outcome"].tolist() == ["CX", "CX", "C1", "EX", None]
    # The first file, taken in on Monday, did not know it: the assumed delay would have put it in June.
    assert alerts["concluded_at"]["clues|2"] == MONDAY
    assert events_of("clues|3")[-1] == ("imported", datetime(2024, 6, 1), "C1")
    assert any("no outcome in this file" in note for note in imported.notes)
    with reading() as session:
        table = refused_table(session, imported.filing)
    assert table["row_number"].tolist() == [2]
    assert table["company"].tolist() == ["甲公司"]
    assert "recorded as CX" in table["reason"][0]
    with reading() as session:
        assert list(session.scalars(select(DatasetFiling.version).order_by(DatasetFiling.id))) == [1, 2]


def test_an_outcome_given_by_a_person_agrees_with_a_feed_that_only_says_yes(office: Path, tmp_path: Path) -> None:
    take(tmp_path, ["1,2024-05-01,,,,,C2,2024-05-03,"])
    imported = take(tmp_path, ["1,2024-05-01,,,,,confirmed,2024-05-04,"], at=TUESDAY)
    assert (imported.n_same, imported.n_refused) == (1, 0)
    assert stored()["outcome"].tolist() == ["C2"]


def add_units() -> None:
    with writing() as session:
        session.add(Unit(code="U9", name="滨江纪委", name_en="x", kind="commission", region_code="990102"))


def test_new_alerts_are_dispatched_to_the_unit_of_their_place_or_wait(office: Path, tmp_path: Path) -> None:
    add_regions()
    add_units()
    rows = ["1,2024-05-01,990102,,,,,,", "2,2024-05-02,990103,,,,,,", "3,2024-05-03,990102,,,,H1,2024-05-04,"]
    take(tmp_path, [*rows, "4,2024-05-04,990102,,,,confirmed,2024-05-20,"])
    alerts = stored()
    assert alerts["status"].tolist() == ["dispatched", "waiting", "held", "closed"]
    assert alerts["unit_code"].tolist() == ["U9", None, "U9", "U9"]
    assert alerts["version"].tolist() == [2, 1, 2, 2]
    assert alerts["dispatched_at"].tolist() == [MONDAY, None, MONDAY, None]
    two_days_on = date(2024, 7, 3)
    assert alerts["due_on"].tolist() == [two_days_on, two_days_on, None, None]
    with reading() as session:
        events = session.execute(
            select(Alert.alert_key, AlertEvent.kind, AlertEvent.actor, AlertEvent.version, AlertEvent.from_status,
                   AlertEvent.to_status, AlertEvent.at)
            .join(Alert, Alert.id == AlertEvent.alert_id).order_by(AlertEvent.id)
        ).all()  # fmt: skip
        assert [tuple(row)[1:] for row in events if row.alert_key == "clues|1"] == [
            ("raised", "feed", 1, None, "waiting", datetime(2024, 5, 1)),
            ("dispatched", "dispatch", 2, "waiting", "dispatched", MONDAY),
        ]
        noted = session.scalars(select(AuditEntry)).all()
    assert [(entry.actor, entry.action, json.loads(entry.detail)["new"]) for entry in noted] == [
        ("feed", "feed.imported", 4)
    ]


@pytest.mark.parametrize("state", ["waiting", "dispatched", "accepted", "verifying", "approving", "held"])
def test_a_later_outcome_concludes_whatever_state_the_alert_is_in(
    small_office: Path, tmp_path: Path, state: str
) -> None:
    add_regions()
    if state != "waiting":
        add_units()
    take(tmp_path, ["1,2024-05-01,990102,,,,,,"])
    bring_to(state)
    before = stored().loc["clues|1"]
    imported = take(tmp_path, ["1,2024-05-01,990102,,,,confirmed,2024-07-02,"], at=TUESDAY)
    after = stored().loc["clues|1"]
    assert (before["status"], imported.n_changed) == (state, 1)
    assert (after["status"], after["outcome"], after["version"]) == ("closed", "CX", before["version"] + 1)
    assert (after["concluded_at"], after["due_on"]) == (datetime(2024, 7, 2), None)
    with reading() as session:
        last = session.scalars(select(AlertEvent).order_by(AlertEvent.id.desc()).limit(1)).one()
        assert (last.kind, last.from_status, last.to_status, last.version) == (
            "imported",
            state,
            "closed",
            after["version"],
        )
        assert "asked" not in set(session.scalars(select(Elimination.state))), "nobody is to approve it any more"


def bring_to(state: str) -> None:
    way = {"accepted": 1, "verifying": 2, "approving": 3, "held": 3}.get(state, 0)
    with writing() as session:
        alert = locked(session, session.scalars(select(Alert.id)).one())
        for action in ("signed_in", "taken", "held" if state == "held" else "requested")[:way]:
            advance(session, alert, action, VERIFIER, at=TUESDAY, outcome="H1" if action == "held" else None)
        if state == "approving":
            session.add(
                Elimination(
                    alert_id=alert.id, cause="F01", reason="r", evidence="", prefilled=False, requested_by="verifier",
                    requested_at=TUESDAY, state="asked", decision="",
                )
            )  # fmt: skip


def test_a_file_does_not_hold_what_somebody_verifies(small_office: Path, tmp_path: Path) -> None:
    add_regions()
    add_units()
    take(tmp_path, ["1,2024-05-01,990102,,,,,,"])
    bring_to("verifying")
    take(tmp_path, ["1,2024-05-01,990102,,,,H1,2024-07-02,"], at=TUESDAY)
    assert stored()["status"].tolist() == ["verifying"]


def test_a_reversed_outcome_is_not_brought_back_by_the_file_that_had_it(office: Path, tmp_path: Path) -> None:
    add_regions()
    add_units()
    take(tmp_path, ["1,2024-05-01,990102,,,,confirmed,2024-05-20,"])
    with writing() as session:
        alert = locked(session, session.scalars(select(Alert.id)).one())
        advance(session, alert, "reversed", SECOND, at=TUESDAY)
    same = take(tmp_path, ["1,2024-05-01,990102,,,,confirmed,2024-05-20,x"], at=TUESDAY)
    assert (same.n_changed, same.n_same, stored()["status"].tolist()) == (0, 1, ["accepted"])
    other = take(tmp_path, ["1,2024-05-01,990102,,,,dismissed,2024-06-20,x"], at=TUESDAY)
    assert (other.n_changed, stored()["outcome"].tolist()) == (1, ["EX"])
    assert stored()["concluded_at"].tolist() == [TUESDAY], "a second verdict counts from when it was recorded"


def test_a_failing_import_leaves_nothing(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, of: int) -> None:
        raise Stopped

    path = tmp_path / "clues.csv"
    path.write_text("\n".join([HEADER, *ROWS, ""]), encoding="utf-8")
    with pytest.raises(Stopped), writing() as session:
        import_feed(session, read_feed(path, now=MONDAY), at=MONDAY, progress=stop)
    tables = (Alert, AlertEvent, DatasetFiling, Domain, RefusedRow, AuditEntry)
    assert [count(table) for table in tables] == [0] * 6


def test_mapped_subjects_are_hashed_levels_kept_and_identity_numbers_masked(small_office: Path, tmp_path: Path) -> None:
    number = "110105194912310021"
    path = tmp_path / "people.csv"
    path.write_text(
        f"alert_id,raised_at,who,等级,also\n1,2024-05-01,{number},红,{number}\n2,2024-05-01,{number},黄,x\n"
    )
    mapping = Mapping(name="people", columns={"subject": "who", "level": "等级"})
    feed = read_feed(path, mapping=mapping, now=MONDAY)
    with writing() as session:
        imported = import_feed(session, feed, at=MONDAY, mapping=mapping)
    alerts = stored()
    assert alerts["level"].tolist() == ["red", "yellow"]
    assert alerts["subject_key"].nunique() == 1
    assert alerts["subject_display"].tolist() == ["110***********0021"] * 2
    assert number not in alerts.astype(str).to_json()
    assert any("identity numbers" in note for note in imported.notes)


def test_zero_padded_and_ambiguous_regions(small_office: Path, tmp_path: Path) -> None:
    add_regions()
    with writing() as session:
        session.add(Region(code="990199", name="滨江区", name_en="x", level=3, valid_from=date(2000, 1, 1)))
    take(tmp_path, ["1,2024-05-01,990102000000,,,,,,", "2,2024-05-01,滨江区,,,,,,", "3,2024-05-01,990000,,,,,,"])
    assert stored()["region_code"].tolist() == ["990102", None, "99"]


def test_refused_rows_of_no_filing(small_office: Path) -> None:
    with reading() as session, pytest.raises(NotFound, match="no filing 7"):
        refused_table(session, 7)


def test_attributes_of_any_name_are_kept(small_office: Path, tmp_path: Path) -> None:
    names = "id,code,status,from_status,alert_key,subject,level,filing_id"
    path = tmp_path / "names.csv"
    path.write_text(f"alert_id,raised_at,{names}\n1,2024-05-01,a,b,c,d,e,f,g,h\n", encoding="utf-8")
    with writing() as session:
        import_feed(session, read_feed(path, now=MONDAY), at=MONDAY)
    assert json.loads(stored()["attributes"]["names|1"]) == dict(zip(names.split(","), "abcdefgh", strict=True))


def test_the_door_says_what_it_did_and_gives_refused_rows_back(small_office: Path, tmp_path: Path) -> None:
    path = tmp_path / "clues.csv"
    path.write_text("\n".join([HEADER, *ROWS, "=1+1,soon,,,,,,,"]), encoding="utf-8")
    run = CliRunner()
    first = run.invoke(doors.import_feed, [str(path)], catch_exceptions=False)
    assert "6 rows read, 4 new alerts, 0 concluded since, 0 unchanged, 2 refused (filing 1)" in first.output
    assert "row 6: raised_at is “soon”" in first.output
    again = run.invoke(doors.import_feed, [str(path)], catch_exceptions=False)
    assert "was imported before (filing 1); nothing was changed" in again.output
    assert again.exit_code == 0
    out = tmp_path / "back.csv"
    assert run.invoke(doors.refused, ["1", "--out", str(out)], catch_exceptions=False).exit_code == 0
    back = out.read_text(encoding="utf-8-sig").splitlines()
    assert back[0] == f"row_number,{HEADER},reason"
    assert back[2].startswith("7,'=1+1,soon,,,,,,,,raised_at is")


def test_the_door_refuses_an_unusable_file_in_one_sentence(small_office: Path, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    with pytest.raises(FeedRefused, match="empty"):
        CliRunner().invoke(doors.import_feed, [str(path)], catch_exceptions=False)
    assert count(DatasetFiling) == 0


def test_odd_cells_of_typed_files_reach_the_database(office: Path, tmp_path: Path) -> None:
    table = pa.table(
        {
            "alert_id": pa.array([1.0, 2.0, 3.0]),
            "raised_at": pa.array([date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)]),
            "source": pa.array(["x\x00y", "s" * 100, None]),
            "domain": pa.array(["d" * 100, "中" * 90, None]),
            "amount": pa.array([Decimal("1.5"), None, Decimal("-2")]),
            "outcome": pa.array([True, None, None]),
            "closed_at": pa.array(["soo\x00n", None, None]),
            "tags": pa.array([["a"], None, []]),
            "place": pa.array([{"x": 1}, None, {"x": 2}]),
            "bytes": pa.array([b"\xff", None, b""]),
            "day": pa.array([datetime(2024, 5, 1)] * 3, pa.timestamp("ns", "Asia/Shanghai")),
            "clock": pa.array([time(1, 2)] * 3),
            "span": pa.array([timedelta(hours=12)] * 3),
            "huge": pa.array([2**63 + 5, 1, 2], pa.uint64()),
            "flag": pa.array([True, None, False]),
            "kind": pa.array(["a", "b", None]).dictionary_encode(),
            "text": pa.array(["a\x00b", "😀", "\u200b"]),
        }
    )
    pq.write_table(table, tmp_path / "odd.parquet")
    with writing() as session:
        feed = read_feed(tmp_path / "odd.parquet", now=MONDAY)
        imported = import_feed(session, feed, at=MONDAY)
    assert (imported.n_new, imported.n_refused) == (2, 1)
    attributes = json.loads(stored()["attributes"]["odd|2"])
    assert attributes == {
        "day": "2024-05-01",
        "clock": "01:02:00",
        "span": 0.5,
        "huge": 1.0,
        "kind": "b",
        "text": "😀",
    }
    with reading() as session:
        assert refused_table(session, imported.filing)["reason"].tolist()[0].startswith("closed_at is “soon”")


def test_an_identity_number_stands_in_no_key_title_or_text(office: Path, tmp_path: Path) -> None:
    number, other = "990101198001011234", "990101198001021234"
    path = tmp_path / "clues.csv"
    path.write_text(
        f"alert_id,raised_at,region,domain,source,amount,outcome,known_at,remark\n"
        f"{number},2024-05-01,,,巡察,,,,户主{other}已去世\n{other},2024-05-01,,,巡察,,,,无\n",
        encoding="utf-8",
    )
    for n_new in (2, 0):
        with writing() as session:
            feed = read_feed(path, now=datetime(2024, 6, 1))
            assert import_feed(session, feed, at=datetime(2024, 6, 1), name="clues").n_new == n_new
    with reading() as session:
        alerts = session.scalars(select(Alert)).all()
    assert len({one.alert_key for one in alerts}) == 2, "two people stay two"
    kept = "".join(f"{one.alert_key}{one.subject_display}{one.title}{one.title_en}{one.attributes}" for one in alerts)
    assert number not in kept
    assert other not in kept
    assert "户主990***********1234已去世" in kept
