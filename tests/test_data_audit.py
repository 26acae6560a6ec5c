"""The audit chain: whatever is changed, taken out, put in, cut off or swapped is found, and the place is named."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from data import audit
from data.audit import START, Verified, note, verify
from data.database import engine, reading, writing
from data.errors import AuditBroken
from data.identity import secret
from data.record_tables import AuditEntry, AuditHead

AT = datetime(2026, 11, 20, 2, 0, 0, 123456)
# ruff: noqa: S608
COLUMNS = "at, actor, action, object_kind, object_id, result, address, detail, previous, seal"


def _deeds(n: int = 6, actor: str = "li") -> None:
    for i in range(n):
        with writing() as session:
            note(session, actor, "alert.noted", "alert", i, at=AT + timedelta(minutes=i), detail={"说明": f"第 {i} 次"})


def _forge(deed: Callable[[Connection], object]) -> None:
    """What somebody could do who owns the database: the trigger that refuses is taken off first."""
    with engine().begin() as connection:
        if engine().dialect.name == "sqlite":
            for action in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_entry_no_{action}"))
        else:
            connection.execute(text("DROP TRIGGER audit_entry_append_only ON audit_entry"))
        deed(connection)


def _run(*statements: str) -> Callable[[Connection], object]:
    return lambda connection: [connection.execute(text(one)) for one in statements]


def _insert(number: int) -> str:
    return f"INSERT INTO audit_entry (number, {COLUMNS}) SELECT {number}, {COLUMNS} FROM audit_entry WHERE number = 3"


def _renumber(number: int, to: int) -> str:
    return f"UPDATE audit_entry SET number = {to} WHERE number = {number}"


def _seal_with_another_key(connection: Connection) -> None:
    row = connection.execute(text("SELECT * FROM audit_entry WHERE number = 6")).mappings().one()
    entry = dict(row) | {"actor": "wang", "at": AT.replace(microsecond=0) + timedelta(minutes=5)}
    seal = audit._seal(b"guess" * 7, entry)
    connection.execute(text("UPDATE audit_entry SET actor = 'wang', seal = :seal WHERE number = 6"), {"seal": seal})
    connection.execute(text("UPDATE audit_head SET seal = :seal WHERE id = 1"), {"seal": seal})


FORGERIES = {
    "an actor changed": (_run("UPDATE audit_entry SET actor = 'wang' WHERE number = 4"), "entry 4 .*was changed"),
    "a detail changed": (_run("UPDATE audit_entry SET detail = '{}' WHERE number = 2"), "entry 2 .*was changed"),
    "a result changed": (_run("UPDATE audit_entry SET result = 'refused' WHERE number = 1"), "entry 1 .*was changed"),
    "one taken out": (_run("DELETE FROM audit_entry WHERE number = 3"), "entry 3 is missing; the next one there is 4"),
    "the first taken out": (_run("DELETE FROM audit_entry WHERE number = 1"), "entry 1 is missing"),
    "taken out, the rest renumbered": (
        _run(
            "DELETE FROM audit_entry WHERE number = 3",
            *(_renumber(n, n - 1) for n in (4, 5, 6)),
            "UPDATE audit_head SET number = 5 WHERE id = 1",
        ),
        "entry 3 does not follow",
    ),
    "one put in": (
        _run(
            *(_renumber(n, n + 1) for n in (6, 5, 4)), _insert(4), "UPDATE audit_head SET number = 7 WHERE id = 1"
        ),
        "entry 4 does not follow",
    ),
    "one put in before the first": (_run(_insert(0)), "entry 1 is missing; the next one there is 0"),
    "one put in behind the last": (_run(_insert(7)), "entry 7 lies beyond"),
    "two swapped": (_run(_renumber(2, 100), _renumber(3, 2), _renumber(100, 3)), "entry 2 does not follow"),
    "the last cut off": (_run("DELETE FROM audit_entry WHERE number > 4"), "ends at entry 4, but 6 were written"),
    "everything cut off": (_run("DELETE FROM audit_entry"), "ends at entry 0, but 6 were written"),
    "sealed with a guessed key": (_seal_with_another_key, "entry 6 .*was changed"),
}  # fmt: skip


def test_every_forgery_is_found_and_its_place_named(office: Path) -> None:
    _deeds()
    with reading() as session:
        assert verify(session).n == 6
    _forge(lambda _: None)
    for name, (deed, words) in FORGERIES.items():
        with engine().connect() as connection:
            with connection.begin() as transaction:
                deed(connection)
                with Session(connection) as session, pytest.raises(AuditBroken, match=words) as broken:
                    verify(session)
                transaction.rollback()
            assert broken.value.zh, name
    with reading() as session:
        assert verify(session).n == 6


def test_a_whole_chain_cut_and_headed_anew_is_found_by_an_end_noted_elsewhere(office: Path) -> None:
    _deeds()
    with reading() as session:
        noted = verify(session)
        fourth = session.get_one(AuditEntry, 4).seal
    # As somebody would have it who copied the row when entry 4 was the last.
    mark = audit._mark(secret("audit.key"), 4, fourth)
    _deeds(2)
    with reading() as session:
        assert verify(session, expected=noted).n == 8
        with pytest.raises(AuditBroken, match="written anew"):
            verify(session, expected=Verified(6, "f" * 64))
    _forge(_run("DELETE FROM audit_entry WHERE number > 4"))
    with writing() as session:
        head = session.get_one(AuditHead, 1)
        head.number, head.seal, head.mark = 4, fourth, mark
    with reading() as session:
        assert verify(session).n == 4
        with pytest.raises(AuditBroken, match="ends at entry 4, but 6 were written"):
            verify(session, expected=noted)


def _cut_to(number: int, *, mark: str | None = None) -> None:
    """What somebody could do who owns the database and knows the chain, but has not the key."""
    _forge(_run(f"DELETE FROM audit_entry WHERE number > {number}"))
    with writing() as session:
        head = session.get_one(AuditHead, 1)
        head.number, head.seal = number, session.get_one(AuditEntry, number).seal
        head.mark = head.mark if mark is None else mark


def test_a_tail_cut_off_with_the_end_set_by_hand_is_found_and_stays_found(office: Path) -> None:
    _deeds()
    _cut_to(3)
    with reading() as session, pytest.raises(AuditBroken, match="entry 3, was set by hand"):
        verify(session)
    _deeds(2)
    with reading() as session, pytest.raises(AuditBroken, match="entry 5, was set by hand"):
        verify(session)


def test_an_end_noted_beside_the_database_must_still_be_a_link(office: Path) -> None:
    _deeds(3)
    with reading() as session:
        third = session.get_one(AuditHead, 1).mark
    _deeds(3)
    with reading() as session:
        assert audit.note_end(session, at=AT)
        assert not audit.note_end(session, at=AT + timedelta(hours=3))
        assert audit.note_end(session, at=AT + timedelta(days=1))
        assert verify(session).n == 6
    lines = (office / audit.ENDS).read_text(encoding="utf-8").splitlines()
    assert [line.split(":")[0] for line in lines] == ["2026-11-20 6", "2026-11-21 6"]
    # A mark copied while it was true does not help.
    _cut_to(3, mark=third)
    words = r"ends at entry 3, but 6 were written \(audit-ends\.txt, 2026-11-21\)"
    with reading() as session, pytest.raises(AuditBroken, match=words):
        verify(session)
    _deeds(4, actor="wang")
    with reading() as session, pytest.raises(AuditBroken, match=r"entry 6 is not the one .*written anew"):
        verify(session)


def test_an_end_set_by_hand_is_not_noted_and_a_changed_file_is_named(small_office: Path) -> None:
    with reading() as session:
        assert not audit.note_end(session, at=AT)
    _deeds()
    _cut_to(3)
    with reading() as session:
        assert not audit.note_end(session, at=AT)
    (small_office / audit.ENDS).write_text("2026-11-20 3:abc\n", encoding="utf-8")
    with reading() as session, pytest.raises(AuditBroken, match=r"Line 1 of audit-ends\.txt"):
        verify(session)


@pytest.mark.postgres
@pytest.mark.parametrize("office", ["postgres"], indirect=True)
def test_the_tables_of_the_record_cannot_be_emptied_at_once(office: Path) -> None:
    _deeds(2)
    for table in ("audit_entry", "alert_event"):
        with pytest.raises(DatabaseError, match="append-only"), engine().begin() as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
    with reading() as session:
        assert verify(session).n == 2


def _actions() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


def test_a_look_stays_on_record_although_a_savepoint_was_released_before_the_whole_was_taken_back(office: Path) -> None:
    with pytest.raises(RuntimeError), writing() as session:
        note(session, "li", "identity.unmasked", at=AT, lasting=True)
        note(session, "li", "alert.noted", at=AT)
        with session.begin_nested():
            note(session, "li", "attachment.read", at=AT, lasting=True)
        raise RuntimeError
    assert _actions() == ["identity.unmasked", "attachment.read"]


def test_a_savepoint_taken_back_takes_its_own_deeds_and_no_others(office: Path) -> None:
    with writing() as session:
        note(session, "li", "alert.noted", at=AT)
        with pytest.raises(RuntimeError), session.begin_nested():
            note(session, "li", "alert.taken", at=AT)
            note(session, "li", "identity.unmasked", at=AT, result="refused")
            raise RuntimeError
        note(session, "li", "alert.released", at=AT)
    assert _actions() == ["alert.noted", "identity.unmasked", "alert.released"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'wang'", "DELETE FROM audit_entry WHERE number = 1"]
)
def test_the_database_itself_refuses_to_change_an_entry(office: Path, statement: str) -> None:
    _deeds(2)
    with pytest.raises(DatabaseError), engine().begin() as connection:
        connection.execute(text(statement))
    with reading() as session:
        assert verify(session).n == 2


def test_a_deed_and_its_entry_are_written_together_or_not_at_all(office: Path) -> None:
    with pytest.raises(RuntimeError), writing() as session:
        note(session, "li", "alert.noted", at=AT)
        raise RuntimeError
    with reading() as session:
        assert verify(session) == Verified(0, START)
    with writing() as session:
        note(session, "li", "alert.noted", at=AT)
        note(session, "li", "alert.noted", at=AT)
    with reading() as session:
        assert verify(session).n == 2


def test_a_refusal_and_a_look_stay_on_record_although_the_transaction_is_taken_back(office: Path) -> None:
    with pytest.raises(RuntimeError), writing() as session:
        note(session, "li", "identity.unmasked", at=AT, result="refused")
        note(session, "li", "attachment.read", at=AT, lasting=True)
        note(session, "li", "alert.noted", at=AT)
        raise RuntimeError
    with reading() as session:
        assert list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number))) == [
            "identity.unmasked", "attachment.read",
        ]  # fmt: skip
        assert verify(session).n == 2


def test_links_added_at_once_make_one_chain(office: Path) -> None:
    threads = [threading.Thread(target=_deeds, args=(8, f"p{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        assert verify(session).n == 32
        assert session.get_one(AuditHead, 1).number == 32
        assert {entry.actor for entry in session.scalars(select(AuditEntry))} == {"p0", "p1", "p2", "p3"}


def test_what_others_add_meanwhile_is_no_break(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_CHUNK", 2)
    _deeds()
    with reading() as session:
        assert verify(session, progress=lambda _, __: _deeds(1)).n == 6
    with reading() as session:
        assert verify(session).n == 9


def test_an_entry_says_who_what_when_and_where_from(small_office: Path) -> None:
    with writing() as session:
        note(
            session, "li" * 50, "alert.noted", "alert", 7, at=AT, address="10.0.0.8", detail={"由": "核查"},
            result="done",
        )  # fmt: skip
    with reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.number, entry.at, entry.action, entry.object_id, entry.address, entry.detail, entry.previous) == (
            1, AT.replace(microsecond=0), "alert.noted", "7", "10.0.0.8", '{"由": "核查"}', START,
        )  # fmt: skip
        assert len(entry.actor) == 60
