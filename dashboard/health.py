"""`/health`: whether the wall can be seen, as JSON for a load balancer or a container's health check; no figures.

Anybody may ask, as often as they like: an answer costs one small select.
"""

from pathlib import Path

import orjson
from dash import Dash
from flask import Response
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound, OperationalError, ProgrammingError, SQLAlchemyError

from data.database import reading
from data.errors import MingjingError
from data.office_time import utc_now
from data.record_tables import AuditHead
from data.settings import settings

_NOT_MIGRATED = "the database is not migrated, or does not answer"


def _health() -> Response:
    """200 when the database answers and has its tables, else 503 with the reason."""
    now = utc_now()
    reason = _missing()
    if reason:
        return _json({"status": "unavailable", "reason": reason, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 503)
    return _json({"status": "ok", "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 200)


def _missing() -> str:
    """What keeps the wall from being seen, in words; empty where nothing does."""
    try:
        url = settings().database_url
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
            return "the database file is not there: it was not migrated yet, or it was moved or deleted"
        with reading() as session:
            # A row and a column that are there once the newest tables are.
            session.execute(select(AuditHead.mark)).scalar_one()
    except (NoResultFound, OperationalError, ProgrammingError):
        return _NOT_MIGRATED
    except SQLAlchemyError:
        return "the database does not answer"
    except MingjingError as error:
        return str(error)
    return ""


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status=status, mimetype="application/json")


def answer(app: Dash) -> None:
    """Serve `/health` on `app`."""
    app.server.add_url_rule("/health", "health", _health)
