"""The schema: migrations and tables say the same, and events cannot be changed, on both databases."""

from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from data import database
from data.errors import InputRefused
from data.tables import Alert, AlertEvent, Table


def test_migrations_give_exactly_the_tables(office: Path) -> None:
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_names_fit_the_smallest_database() -> None:
    names = [t.name for t in Table.metadata.sorted_tables]
    names += [c.name for t in Table.metadata.sorted_tables for c in t.columns]
    names += [str(i.name) for t in Table.metadata.sorted_tables for i in t.indexes]
    assert [n for n in names if len(n) > 30] == []


@pytest.mark.parametrize("statement", ["UPDATE alert_event SET note = 'x'", "DELETE FROM alert_event"])
def test_events_are_append_only(office: Path, statement: str) -> None:
    with database.writing() as session:
        alert = Alert(
            alert_key="feed|1", source="s", rule="r", level="red", status="open", subject_kind="other", subject_key="k",
            subject_display="", title="t", title_en="t", raised_at=datetime(2026, 1, 1), attributes="{}",
        )  # fmt: skip
        session.add(alert)
        session.flush()
        session.add(
            AlertEvent(
                alert_id=alert.id, at=datetime(2026, 1, 1), actor="system", kind="raised", to_status="open", note=""
            )
        )
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as session:
        session.execute(text(statement))


def test_nothing_is_written_into_a_deleted_file(small_office: Path) -> None:
    with database.reading() as session:
        session.execute(text("SELECT 1 FROM alert"))
    (small_office / "office.db").unlink()
    for leftover in small_office.glob("office.db-*"):
        leftover.unlink()
    with pytest.raises(DatabaseError, match="no such table"), database.writing() as session:
        session.execute(text("INSERT INTO lease VALUES ('x', '', '2026-01-01')"))


def test_a_home_that_cannot_be_made_is_refused_in_words() -> None:
    with pytest.raises(InputRefused, match="MINGJING_HOME: got /proc/nowhere, a folder that cannot be made"):
        database.open_engine("sqlite:////proc/nowhere/office.db")
