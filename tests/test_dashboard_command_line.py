"""No traceback reaches a user: mistakes are one sentence and an exit code, failures a sentence and a file."""

import importlib
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from dashboard import command_line
from dashboard.database_trouble import trouble_of
from data.database import engine, reading
from data.errors import MingjingError, TransitionRefused


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["mingjing", *arguments])
    with pytest.raises(SystemExit) as left:
        command_line.main()
    return int(left.value.code or 0)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[Exception]:
    @click.command()
    @click.argument("kind")
    def fail(kind: str) -> None:
        failures = {
            "refused": TransitionRefused("Alert 7 is closed."),
            "interrupted": RuntimeError("Query interrupted"),
        }
        raise failures.get(kind) or ZeroDivisionError("secret 110101")

    monkeypatch.setattr(command_line, "DOORS", {"fail": "dashboard.command_line:fail"})
    monkeypatch.setattr(command_line, "fail", fail, raising=False)
    return MingjingError


def test_a_mistake_is_its_sentence_and_code(
    failing: object, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fail", "refused") == 4
    assert capsys.readouterr().err == "mingjing: Alert 7 is closed.\n"


def test_a_failure_is_a_sentence_and_its_details_are_kept(
    failing: object, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fail", "otherwise") == 70
    said = capsys.readouterr().err
    kept = home / "log" / "failure.txt"
    assert said.count("\n") == 1
    assert str(kept) in said
    assert "secret" not in said
    assert "ZeroDivisionError: secret 110101" in kept.read_text(encoding="utf-8")


def test_a_door_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "nonsense") == 2
    assert "nonsense" in capsys.readouterr().err


def test_every_door_opens() -> None:
    for door in command_line.DOORS.values():
        module, _, name = door.partition(":")
        assert isinstance(getattr(importlib.import_module(module), name), click.Command)


def test_where_the_log_cannot_be_written_nothing_of_the_failure_is_shown(
    failing: object, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "log").write_text("a file in the way")
    assert run(monkeypatch, "fail", "otherwise") == 70
    assert "could not be kept" in capsys.readouterr().err
    monkeypatch.setenv("MINGJING_PORT", "abc")
    assert run(monkeypatch, "fail", "otherwise") == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "secret" not in said


def test_an_interrupted_query_is_a_stop(
    failing: object, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fail", "interrupted") == 130
    assert capsys.readouterr().err == "mingjing: stopped; nothing half-done was kept.\n"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://u:secret@127.0.0.1:1/x", "Cannot reach the database"),
        ("sqlite:///{home}/garbage.db", "is not a database or is damaged; restore a backup"),
        ("sqlite:///{home}", "Cannot open the file of the database"),
    ],
)
def test_a_database_in_trouble_is_one_sentence(
    home: Path, url: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "garbage.db").write_bytes(bytes(range(256)) * 64)
    monkeypatch.setenv("MINGJING_DATABASE_URL", url.format(home=home))
    assert run(monkeypatch, "refused", "1") == 7
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert "secret" not in said
    assert not (home / "log").exists()


def test_a_database_that_another_process_holds_is_busy(small_office: Path) -> None:
    with closing(sqlite3.connect(small_office / "office.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as failure, engine().connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=1")
            other.exec_driver_sql("DELETE FROM lease")
    assert "another process has been writing" in str(trouble_of(failure.value))


def test_a_statement_that_is_wrong_is_a_failure_not_trouble(small_office: Path) -> None:
    with reading() as session, pytest.raises(OperationalError) as failure:
        session.execute(text("SELECT secret FROM nowhere"))
    assert trouble_of(failure.value) is None
    assert trouble_of(ZeroDivisionError()) is None
