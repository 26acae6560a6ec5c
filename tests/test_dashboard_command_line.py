"""No traceback reaches a user: mistakes are one sentence and an exit code, failures a sentence and a file."""

import importlib
from pathlib import Path

import click
import pytest

from dashboard import command_line
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
        raise TransitionRefused("Alert 7 is closed.") if kind == "refused" else ZeroDivisionError("secret 110101")

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
