"""The door to the office's database: one engine a process, SQLite (WAL) or PostgreSQL, schema by Alembic."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from data.settings import settings


def open_engine(url: str) -> Engine:
    """An engine for `url`; the folder of an embedded database is made, and SQLite is set to WAL with foreign keys."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    elif url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    # Parameters hold personal data and would end up in logs.
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        if engine.url.database:
            _watch_file(engine, Path(engine.url.database))
    return engine


def _watch_file(engine: Engine, path: Path) -> None:
    """Drop a connection whose file was deleted or replaced: what it wrote would be lost."""

    def remember(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["file"] = path.stat().st_ino

    def compare(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        if not path.exists() or path.stat().st_ino != record.info["file"]:
            raise DisconnectionError(f"{path.name} was deleted or replaced")

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _set_pragmas(connection: Any, _record: object) -> None:
    # SQLAlchemy's BEGIN is used instead of the driver's late one, so that a transaction sees one state throughout.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer that first read under a deferred BEGIN is refused at once when another wrote meanwhile; one that takes
    # the write lock at the start waits its turn.
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    return open_engine(url)


def engine() -> Engine:
    """The engine of this process, for the database in the settings."""
    return _engine(settings().database_url)


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reading only; closes without commit."""
    with Session(engine()) as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """A session in one write transaction: commits on leaving, rolls back on any error."""
    with Session(engine().execution_options(writes=True)) as session, session.begin():
        yield session


def migrate(url: str | None = None) -> None:
    """Bring the schema up to the newest migration; does nothing where it already is."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url or settings().database_url
    command.upgrade(config, "head")
