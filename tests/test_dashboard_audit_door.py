"""`mingjing verify-audit` and `mingjing audit-export`: chains that hold and that do not, and the record as a file."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from dashboard.command_line import main
from dashboard.doors import demo
from dashboard.doors.audit import END, export_audit, verify_audit
from data import audit
from data.database import engine, migrate, reading, writing
from data.errors import InputRefused
from data.office_time import shanghai_day, utc_now

AT = datetime(2026, 11, 20, 2)


def run(door: object, *arguments: str) -> Result:
    return CliRunner().invoke(door, arguments, catch_exceptions=False)


def deed(n: int = 1, *, at: datetime = AT, note: str = "") -> None:
    with writing() as session:
        for i in range(n):
            audit.note(session, "li", "alert.noted", "alert", i, at=at, detail={"note": note} if note else None)


def tamper(statement: str) -> None:
    with engine().connect() as connection:
        for trigger in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_no_{trigger}"))
        connection.execute(text(statement))
        connection.commit()


def test_a_chain_that_holds_shows_its_end_and_can_be_held_against_it_later(office: Path) -> None:
    deed(3)
    first = run(verify_audit).stdout.strip()
    assert first.startswith("3:")
    deed(2)
    later = run(verify_audit, "--expect", first)
    assert later.stdout.startswith("5:")


def test_every_walk_notes_the_end_beside_the_database_once(small_office: Path) -> None:
    deed(3)
    first = run(verify_audit).stdout.strip()
    run(verify_audit)
    assert [f"{end.n}:{end.seal}" for _, end in audit.noted_ends()] == [first]
    deed()
    run(verify_audit)
    assert [end.n for _, end in audit.noted_ends()] == [3, 4]


def test_an_office_built_anew_is_not_held_against_the_ends_of_the_one_before(small_office: Path) -> None:
    deed(3)
    run(verify_audit)
    demo._clear()
    migrate()
    assert run(verify_audit).stdout.startswith("0:")


@pytest.mark.parametrize(
    ("statement", "link"),
    [
        ("UPDATE audit_entry SET actor = 'wu' WHERE number = 2", "entry 2 "),
        ("DELETE FROM audit_entry WHERE number = 3", "entry 3 is missing"),
        ("DELETE FROM audit_entry WHERE number = 5", "ends at entry 4, but 5"),
        ("UPDATE audit_entry SET at = '2026-11-20 02:00:01.000000' WHERE number = 1", "entry 1 "),
    ],
)
def test_the_first_broken_link_is_named(
    small_office: Path,
    statement: str,
    link: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deed(5)
    tamper(statement)
    monkeypatch.setattr("sys.argv", ["mingjing", "verify-audit"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 9
    said = capsys.readouterr()
    assert link in said.err
    assert said.out == ""


def test_an_end_that_is_none_is_refused(small_office: Path) -> None:
    for said in ("5", "x:y", "3:abc", "²:" + "a" * 64):
        with pytest.raises(InputRefused, match="N:SEAL"):
            run(verify_audit, "--expect", said)


def test_an_export_holds_whole_rows_and_the_end_and_is_itself_on_record(small_office: Path, tmp_path: Path) -> None:
    deed(2, note="=cmd|' /C calc'!A0")
    deed(1, at=AT + timedelta(hours=14))
    out = tmp_path / "audit.jsonl"
    assert (
        "2 audit entries"
        in run(export_audit, "--from", "2026-11-20", "--until", "2026-11-20", "--out", str(out)).stdout
    )
    *rows, end = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["number"] for row in rows] == [1, 2]
    assert rows[0]["detail"] == '{"note": "=cmd|\' /C calc\'!A0"}'
    assert rows[1]["previous"] == rows[0]["seal"]
    with reading() as session:
        verified = audit.verify(session)
    assert (end["action"], end["number"], end["seal"]) == (END, verified.n, verified.seal)
    today = f"{shanghai_day(utc_now())}"
    run(export_audit, "--from", today, "--until", today, "--out", str(out))
    assert '"audit.exported"' in out.read_text(encoding="utf-8")


def test_no_cell_of_a_csv_becomes_a_formula(small_office: Path, tmp_path: Path) -> None:
    with writing() as session:
        audit.note(session, "=1+1", "alert.noted", "alert", "@x", at=AT)
    out = tmp_path / "audit.csv"
    run(export_audit, "--from", "2026-11-20", "--until", "2026-11-20", "--out", str(out))
    table = pd.read_csv(out, dtype=str)
    assert table["actor"][0] == "'=1+1"
    assert table["object_id"][0] == "'@x"
    assert list(table["action"]) == ["alert.noted", END]


def test_days_the_wrong_way_round_and_other_endings_are_refused(small_office: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="turn them round"):
        run(export_audit, "--from", "2026-11-20", "--until", "2026-11-19", "--out", str(tmp_path / "a.csv"))
    with pytest.raises(InputRefused, match="expected"):
        run(export_audit, "--from", "2026-11-20", "--until", "2026-11-20", "--out", str(tmp_path / "a.xlsx"))
