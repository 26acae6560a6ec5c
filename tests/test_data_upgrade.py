"""An office of the first schema comes up to the closed loop with its alerts, its money and nothing out of step."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from data import database, recovery
from data.database import reading
from data.loop_tables import Measure
from data.settings import settings
from data.states import TRANSITIONS
from data.tables import Alert, AlertEvent, Table
from tests.conftest import _execute as execute

ROWS = """
INSERT INTO region (code, name, name_en, level, valid_from) VALUES ('99', '明州省', 'Mingzhou', 1, '2020-01-01');
INSERT INTO unit (code, name, name_en, kind, region_code) VALUES ('U1', '省纪委', 'C', 'commission', '99');
"""
ALERT = text(
    "INSERT INTO alert (alert_key, source, rule, level, status, unit_code, outcome, recovered, concluded_at, "
    "subject_kind, subject_key, subject_display, title, title_en, raised_at, attributes) VALUES (:key, 's', 'r', "
    "'red', :status, :unit, :outcome, :recovered, :concluded, 'other', 'k', 'd', 't', 't', '2026-01-05 01:00:00', '{}')"
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An office as the first schema left it: two open alerts and one that money came back for."""
    home.mkdir(parents=True, exist_ok=True)
    if request.param == "postgres":
        uri = request.getfixturevalue("postgres")
        execute(uri, "CREATE DATABASE first_schema")
        monkeypatch.setenv("MINGJING_DATABASE_URL", uri.replace("/postgres?", "/first_schema?"))
    _upgrade("0001")
    with database.engine().begin() as connection:
        for statement in filter(str.strip, ROWS.split(";")):
            connection.execute(text(statement))
        for key, status, unit, outcome, recovered in (
            ("given", "open", "U1", None, None),
            ("unplaced", "open", None, None, None),
            ("done", "closed", "U1", "C2", 700.5),
        ):
            said = {"key": key, "status": status, "unit": unit, "outcome": outcome, "recovered": recovered}
            connection.execute(ALERT, said | {"concluded": "2026-02-28 20:00:00" if outcome else None})
    yield home
    database.engine().dispose()


def _upgrade(to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.attributes["url"] = settings().database_url
    command.upgrade(config, to)


def test_the_first_schema_comes_up_with_its_rows(old: Path) -> None:
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    database.migrate()
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    with reading() as session:
        given, unplaced, done = session.scalars(select(Alert).order_by(Alert.id)).all()
        assert (given.status, given.version, given.signed_in_at) == ("dispatched", 2, None)
        assert given.dispatched_at is not None
        assert given.dispatched_at >= before
        assert given.due_on == (given.dispatched_at + timedelta(days=4)).date()
        event = session.scalars(select(AlertEvent)).one()
        assert (event.alert_id, event.kind, event.actor, event.at) == (
            given.id, "dispatched", "dispatch", given.dispatched_at,
        )  # fmt: skip
        assert (event.kind, event.from_status, event.to_status) in {
            (one.action, source, one.target) for one in TRANSITIONS for source in one.sources
        }
        assert (unplaced.status, done.status) == ("waiting", "closed")
        assert recovery.received(session, done.id) == done.recovered == 700.5
        entry = session.scalars(select(Measure)).one()
        assert (entry.alert_id, entry.kind, f"{entry.done_on}") == (done.id, "recovery", "2026-03-01")
