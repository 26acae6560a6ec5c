"""`mingjing verify-audit` over audits that somebody emptied, cut or filled with rubbish: exit code 9, and where."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.command_line import main
from data import audit, audit_balance, dispatch, identity
from data.database import engine, reading, writing
from data.errors import AuditBroken
from data.rights import acting
from tests.staff_in_miniature import NOW, furnish, hire, raise_alert

EMPTIED = ("DELETE FROM audit_entry", f"UPDATE audit_head SET number = 0, seal = '{audit.START}', mark = ''")  # noqa: S608
SUBJECT = "a" * 64
Verify = Callable[[], tuple[int, str]]


def tamper(*statements: str) -> None:
    """What somebody could do who owns the database."""
    with engine().begin() as connection:
        if engine().dialect.name == "sqlite":
            for action in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_no_{action}"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_entry_append_only ON audit_entry"))
        for one in statements:
            connection.execute(text(one))


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Verify]:
    """The command as a process of its own runs it: its exit code, and what it said."""

    def run() -> tuple[int, str]:
        identity._secret.cache_clear()
        monkeypatch.setattr("sys.argv", ["mingjing", "verify-audit"])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        return code, capsys.readouterr().err

    yield run
    identity._secret.cache_clear()


def lived() -> None:
    """An account is made, its person takes an alert."""
    furnish()
    person = hire("li", "inspector", unit="T1")
    alert_id = raise_alert(1, SUBJECT, "990101001")
    with acting(person) as session:
        dispatch.take(session, alert_id, person, at=NOW + timedelta(hours=1))


def test_where_there_is_no_office_none_is_made(home: Path, verify: Verify) -> None:
    code, said = verify()
    assert code == 9
    assert f"There is no office in {home}" in said
    assert not home.exists()


def test_an_audit_emptied_with_its_head_lacks_what_the_office_shows(office: Path, verify: Verify) -> None:
    lived()
    code, said = verify()
    assert (code, "Warning" in said) == (0, False)
    (office / audit.ENDS).unlink()
    tamper(*EMPTIED)
    code, said = verify()
    assert code == 9
    assert "has 1 accounts, the audit has entries of 0" in said
    assert "Warning: the database does not refuse" in said


def test_deeds_of_people_are_counted_too(office: Path) -> None:
    lived()
    tamper("DELETE FROM audit_entry WHERE action = 'alert.taken'")
    with reading() as session, pytest.raises(AuditBroken, match="deeds of people on alerts"):
        audit_balance.weigh(session)


def test_a_tail_cut_off_is_found_by_the_mark_and_by_the_noted_end(office: Path, verify: Verify) -> None:
    lived()
    with reading() as session:
        n = audit.verify(session).n
        third = session.connection().execute(text("SELECT seal FROM audit_entry WHERE number = 1")).scalar_one()
    cut = ("DELETE FROM audit_entry WHERE number > 1", f"UPDATE audit_head SET number = 1, seal = '{third}'")  # noqa: S608
    tamper(*cut)
    code, said = verify()
    assert (code, "set by hand" in said) == (9, True)
    (office / audit.ENDS).write_text(f"2026-11-20 {n}:{'f' * 64}\n")
    code, said = verify()
    assert (code, f"{n} were written" in said) == (9, True)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit_entry SET at = 'rubbish' WHERE number = 2", "entry 2 (rubbish"),
        ("UPDATE audit_entry SET seal = '啊' WHERE number = 2", "entry 2 "),
        ("UPDATE audit_entry SET detail = x'ff00' WHERE number = 2", "entries after 0 cannot be read"),
        ("UPDATE audit_head SET mark = '啊'", "was set by hand"),
        ("UPDATE audit_head SET number = 'many'", "does not say where the chain ends"),
        ("DELETE FROM audit_head", "(audit_head) is gone"),
        ("INSERT INTO audit_head SELECT 2, number, seal, mark FROM audit_head", "has 2 rows"),
        ("DROP TABLE audit_entry", "entries after 0 cannot be read"),
        ("DROP TABLE audit_head", "head cannot be read"),
        ("ALTER TABLE audit_entry RENAME COLUMN actor TO nobody", "entries after 0 cannot be read"),
    ],
)
def test_rubbish_is_a_broken_audit_and_no_failure(
    small_office: Path, verify: Verify, statement: str, named: str
) -> None:
    lived()
    tamper(statement)
    code, said = verify()
    assert (code, named in said) == (9, True), said


@pytest.mark.postgres
@pytest.mark.parametrize("office", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit_entry SET at = 'infinity' WHERE number = 2", "entry 2 "),
        ("UPDATE audit_entry SET seal = '啊' WHERE number = 2", "entry 2 "),
        ("DELETE FROM audit_head", "(audit_head) is gone"),
        ("DROP TABLE audit_entry", "entries after 0 cannot be read"),
    ],
)
def test_rubbish_is_a_broken_audit_on_the_server_too(office: Path, verify: Verify, statement: str, named: str) -> None:
    lived()
    tamper(statement)
    code, said = verify()
    assert (code, named in said) == (9, True), said


@pytest.mark.parametrize("content", [None, "", "not a key", "é" * 64])
def test_without_its_key_the_audit_does_not_hold_and_no_key_is_made(
    small_office: Path, verify: Verify, content: str | None
) -> None:
    lived()
    path = small_office / "audit.key"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    code, said = verify()
    assert code == 9
    assert "audit.key" in said
    assert path.exists() is (content is not None)


def test_without_a_head_nothing_is_put_on_record(small_office: Path) -> None:
    tamper("DELETE FROM audit_head")
    with pytest.raises(AuditBroken, match="audit_head"), writing() as session:
        audit.note(session, "li", "account.signed_in", at=NOW)
