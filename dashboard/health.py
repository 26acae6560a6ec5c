"""`/health`: whether the wall can be seen, as JSON for a load balancer or a container's health check; no figures."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
from dash import Dash
from flask import Response
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from data.database import open_engine, reading
from data.errors import MingjingError
from data.settings import settings
from data.tables import Table
from data.wall import wall


def _health() -> Response:
    """200 when the database has every table and the wall can be computed, else 503 with the reason."""
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        if missing := _missing(settings().database_url):
            return _json({"status": "unavailable", "reason": missing, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 503)
        with reading() as session:
            wall(session, scope="", now=now)
    except (SQLAlchemyError, MingjingError) as error:
        reason = "the database does not answer or is not migrated" if isinstance(error, SQLAlchemyError) else str(error)
        return _json({"status": "unavailable", "reason": reason, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 503)
    return _json({"status": "ok", "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 200)


def _missing(url: str) -> str:
    """What of the database at `url` is not there, in words; empty where nothing is missing.

    Looked at over a new connection: one kept from before a file was deleted still reads the deleted file.
    """
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return "the database file is not there: it was not migrated yet, or it was moved or deleted"
    fresh = open_engine(url)
    try:
        missing = sorted(set(Table.metadata.tables) - set(inspect(fresh).get_table_names()))
    finally:
        fresh.dispose()
    return f"the database is not migrated: it has no table {', '.join(missing)}" if missing else ""


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status=status, mimetype="application/json")


def answer(app: Dash) -> None:
    """Serve `/health` on `app`."""
    app.server.add_url_rule("/health", "health", _health)
