"""The door to the office's database: one engine a process, SQLite (WAL) or PostgreSQL, schema by Alembic."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from data.errors import InputRefused
from data.identity import KEYS, make_secrets
from data.settings import settings

_NEW_KEYS: Mapping[str | None, tuple[str, ...]] = {None: KEYS, "0001": ("seal.key", "audit.key")}
"""Keys that the migrations after a revision need for the first time."""


def open_engine(url: str) -> Engine:
    """An engine for `url`; the folder of an embedded database is made, and SQLite is set to WAL with foreign keys."""
    if url.startswith("sqlite:///"):
        _make_folder(Path(url.removeprefix("sqlite:///")).parent)
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


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputRefused(
            f"MINGJING_HOME: got {str(folder)[:200]}, a folder that cannot be made ({error.strerror}); expected one "
            "that can be written to, existing or not; name another."
        ) from None


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


def is_founded() -> bool:
    """Whether the settings' database is there and has a schema; it is not made for the question."""
    url = settings().database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return False
    return inspect(engine()).has_table("alembic_version")


def _revision() -> str | None:
    """The newest migration that the settings' database has; None where it has none."""
    fresh = open_engine(settings().database_url)
    try:
        with fresh.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        fresh.dispose()


def migrate(url: str | None = None) -> None:
    """Bring the schema up to the newest migration; does nothing where it already is.

    An office of the settings gets its keys with the tables that need them, and never later.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url or settings().database_url
    if url is None:
        # Before the tables: an office that has them is never given another key.
        make_secrets(_NEW_KEYS.get(_revision(), ()))
    command.upgrade(config, "head")
