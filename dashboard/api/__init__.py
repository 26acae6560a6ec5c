"""The interface for other systems under /api/v1: alerts in, states and outcomes out. Closed but to tokens.

One file a resource. `answer` mounts it on the application; what is served is described at /api/v1/openapi.json.
"""

from dash import Dash
from flask import Blueprint as PlainBlueprint
from flask import Response, current_app, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from dashboard.api import problems
from dashboard.api.alerts import ALERTS
from dashboard.api.codes import CODES
from dashboard.api.documentation import DOCUMENTATION
from dashboard.api.endpoints import ANY, PREFIX, Number, caller
from dashboard.api.fields import Row
from dashboard.api.outcomes import OUTCOME
from dashboard.api.problems import Problem

VERSION = "1.0"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_REST = "elsewhere"


class _Api(Api):  # type: ignore[misc]
    """The description of the interface; refusals are worded by `problems`, on this interface's addresses only."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


def answer(app: Dash) -> None:
    """Serve the interface on `app`."""
    server = app.server
    server.config |= {
        "API_TITLE": "Mingjing 明镜",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
    }
    scheme = {"type": "http", "scheme": "bearer", "description": "A token issued by the security administrator"}
    server.url_map.converters[Number.NAME] = Number
    api = _Api(server, spec_kwargs={"security": [{"token": []}]})
    api.register_converter(Number, lambda _: {"type": "integer", "minimum": 1, "maximum": Number.LARGEST})
    api.spec.components.security_scheme("token", scheme)
    api.ma_plugin.converter.add_attribute_function(_names_of_a_row)
    for blueprint in (ALERTS, OUTCOME, CODES, DOCUMENTATION):
        api.register_blueprint(blueprint)
    server.register_blueprint(_elsewhere())


def _names_of_a_row(_converter: object, field: object, **_more: object) -> dict[str, object]:
    """What OpenAPI says of the names in a row; the library has no word for it."""
    return dict(Row.NAMES) if isinstance(field, Row) else {}


def _elsewhere() -> PlainBlueprint:
    """Every other address under the prefix: also there nobody without a token is told anything."""
    rest = PlainBlueprint(_REST, __name__, url_prefix=PREFIX)
    rest.register_error_handler(Exception, problems.answer)
    rest.add_url_rule(
        "/<path:_rest>", view_func=_refuse, endpoint="refuse", methods=list(_METHODS), provide_automatic_options=False
    )
    return rest


def _refuse(_rest: str) -> Response:
    caller(ANY)
    adapter = current_app.url_map.bind("")
    allowed = [method for method in _METHODS if _is_served(adapter, method)]
    if allowed:
        raise Problem(
            405,
            "This address does not offer the method.",
            "该地址不支持此方法。",
            got=request.method[:20],
            expected=", ".join(allowed),
            headers={"Allow": ", ".join(allowed)},
        )
    raise Problem(404, "There is nothing at this address.", "该地址下没有内容。")


def _is_served(adapter: object, method: str) -> bool:
    try:
        endpoint, _ = adapter.match(request.path, method=method)  # type: ignore[attr-defined]
    except HTTPException:
        return False
    return not str(endpoint).startswith(f"{_REST}.")
