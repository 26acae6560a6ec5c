"""`/health`: whether the wall can be seen, as JSON for a load balancer or a container's health check; no figures.

Anybody may ask, as often as they like: an answer costs one small select, the first of a process a look at the schema.
"""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import orjson
from dash import Dash
from flask import Response
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import NoResultFound, OperationalError, ProgrammingError, SQLAlchemyError

from data.database import engine, reading
from data.errors import DatabaseTrouble, MingjingError
from data.office_time import utc_now
from data.record_tables import AuditHead
from data.settings import settings
from data.tables import Lease, Table

_QUIET = timedelta(minutes=5)
_NOT_MIGRATED = "the database is not migrated, or does not answer"


def _health() -> Response:
    """200 when the database answers and has its tables and columns, else 503 with the reason.

    The wall is seen also where nothing was written lately; then the status is `degraded`, with the reason.
    """
    now = utc_now()
    time = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    reason, held_until = _missing()
    if reason:
        return _json({"status": "unavailable", "reason": reason, "time": time}, 503)
    if held_until is not None and held_until < now - _QUIET:
        reason = (
            f"the worker wrote nothing since {held_until:%Y-%m-%dT%H:%M:%SZ}: it does not run, or the database cannot "
            "be written"
        )
        return _json({"status": "degraded", "reason": reason, "time": time}, 200)
    return _json({"status": "ok", "time": time}, 200)


def _missing() -> tuple[str, datetime | None]:
    """What keeps the wall from being seen, in words, empty where nothing does; until when the worker holds a lease.

    The worker renews its leases all the time, so that an old one tells of writes that fail; None: there never was one.
    """
    try:
        url = settings().database_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
            return "the database file is not there: it was not migrated yet, or it was moved or deleted", None
        with reading() as session:
            # A row and a column that are there once the newest tables are.
            held = select(func.max(Lease.until_at)).where(Lease.holder != "").scalar_subquery()
            _, held_until = session.execute(select(AuditHead.mark, held)).one()
        _check_schema(url)
    except (NoResultFound, OperationalError, ProgrammingError):
        return _NOT_MIGRATED, None
    except SQLAlchemyError:
        return "the database does not answer", None
    except MingjingError as error:
        return str(error), None
    return "", held_until


@cache
def _check_schema(_url: str) -> None:
    """Compare the database's columns with those the office uses, once a process; what is wrong is looked at again.

    Raises DatabaseTrouble, which names what is missing.
    """
    there = inspect(engine()).get_multi_columns()
    columns = {table: {column["name"] for column in found} for (_, table), found in there.items()}
    missing = [
        f"{table.name}.{column.name}"
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if column.name not in columns.get(table.name, ())
    ]
    if missing:
        raise DatabaseTrouble(f"the database is not migrated: it has no column {', '.join(missing[:5])}")


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status=status, mimetype="application/json")


def answer(app: Dash) -> None:
    """Serve `/health` on `app`."""
    app.server.add_url_rule("/health", "health", _health)
