"""`/health`: whether the wall can be seen, as JSON for a load balancer or a container's health check."""

from datetime import UTC, datetime

import orjson
from dash import Dash
from flask import Response
from sqlalchemy.exc import SQLAlchemyError

from data.database import reading
from data.errors import MingjingError
from data.wall import wall


def _health() -> Response:
    """200 when the database answers and the wall can be computed, else 503 with the reason."""
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        with reading() as session:
            shown = wall(session, scope="", now=now)
    except (SQLAlchemyError, MingjingError) as error:
        reason = "the database does not answer or is not migrated" if isinstance(error, SQLAlchemyError) else str(error)
        return _json({"status": "unavailable", "reason": reason, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 503)
    return _json({"status": "ok", "n_alerts": shown["n_alerts"], "time": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, 200)


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status=status, mimetype="application/json")


def answer(app: Dash) -> None:
    """Serve `/health` on `app`."""
    app.server.add_url_rule("/health", "health", _health)
