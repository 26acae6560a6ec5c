"""`/health`: whether the wall can be seen, as JSON for a load balancer or a container's health check; no figures.

Anybody may ask, as often as they like: an answer costs one small select, the first of a process a look at the schema.
"""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import orjson
from dash import Dash
from flask import Response
from sqlalchemy import inspect, select
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from data.database import engine, reading
from data.errors import DatabaseTrouble, MingjingError
from data.leases import WORK
from data.office_time import utc_now
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
    reason, leases = _missing()
    if reason:
        return _json({"status": "unavailable", "reason": reason, "time": time}, 503)
    if reasons := _ailing(leases, now):
        return _json({"status": "degraded", "reason": "; ".join(reasons), "time": time}, 200)
    return _json({"status": "ok", "time": time}, 200)


def _ailing(leases: dict[str, Lease], now: datetime) -> list[str]:
    """What is wrong with the worker, in words.

    It renews its leases all the time, so that old ones tell of writes that fail; an office that never had one has none.
    """
    held_until = max((one.until_at for one in leases.values() if one.holder), default=None)
    found = []
    if held_until is not None and held_until < now - _QUIET:
        found.append(
            f"the worker wrote nothing since {held_until:%Y-%m-%dT%H:%M:%SZ}: it does not run, or the database cannot "
            "be written"
        )
    if missing := [name for name in WORK if name not in leases]:
        found.append(f"the worker cannot do {', '.join(missing)}: the database has no lease of that name")
    for name in WORK:
        if name in leases and leases[name].failure:
            lease = leases[name]
            found.append(
                f"the worker's {name} failed at {lease.failed_at:%Y-%m-%dT%H:%M:%SZ} with {lease.failure} and is tried "
                "again; its log says more"
            )
    return found


def _missing() -> tuple[str, dict[str, Lease]]:
    """What keeps the wall from being seen, in words, empty where nothing does; the leases of the worker's work."""
    try:
        url = settings().database_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
            return "the database file is not there: it was not migrated yet, or it was moved or deleted", {}
        with reading() as session:
            leases = {one.name: one for one in session.scalars(select(Lease))}
            session.expunge_all()
        if not leases:
            return _NOT_MIGRATED, {}
        _check_schema(url)
    except (OperationalError, ProgrammingError):
        return _NOT_MIGRATED, {}
    except SQLAlchemyError:
        return "the database does not answer", {}
    except MingjingError as error:
        return str(error), {}
    return "", leases


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
