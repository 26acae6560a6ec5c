"""What a browser may post: callbacks the pages have, with the inputs they have, and no more than it needs."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from dash import Dash
from flask import abort, request

MOST_BYTES = 1024 * 1024
_LOG = logging.getLogger("mingjing.dashboard")
_CALLBACKS = "/_dash-update-component"


def guard_posts(app: Dash) -> None:
    """Refuse with 400 and one line in the log what no page posts, with 413 what is too large."""
    app.server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    def refuse_rubbish() -> None:
        if request.path != _CALLBACKS or request.method != "POST":
            return
        if request.mimetype != "application/json":
            # A form of another site can post text, but not JSON without asking first.
            _LOG.warning("refused a post to %s: it says it is %.40r", _CALLBACKS, request.mimetype)
            abort(415)
        try:
            body = request.get_json(silent=True)
        except RecursionError:
            body = None
        if reason := rubbish(body, app.callback_map):
            _LOG.warning("refused a post to %s: %s", _CALLBACKS, reason)
            abort(400)

    app.server.before_request(refuse_rubbish)


def rubbish(body: Any, callbacks: Mapping[str, Any]) -> str | None:
    """Why a posted body is not the call of one of the `callbacks`; None where it is."""
    if not isinstance(body, dict):
        return f"a JSON object was expected, got {type(body).__name__}"
    output = body.get("output")
    callback = callbacks.get(output) if isinstance(output, str) else None
    if callback is None:
        return "no callback has this output"
    if "callback" not in callback:
        return "the callback runs in the browser"
    for key in ("inputs", "state"):
        if not _are(body.get(key, []), callback[key]):
            return f"the callback has other {key}"
    if _output(body.get("outputs")) not in (None, output):
        return "the outputs are not those of the callback"
    changed = body.get("changedPropIds", [])
    if not (isinstance(changed, list) and all(isinstance(name, str) for name in changed)):
        return "changedPropIds is not a list of names"
    return None


def _are(given: Any, wanted: list[dict[str, Any]]) -> bool:
    """Whether what was posted is what the callback takes; for an id with a wildcard that is a list of such fields."""
    if not isinstance(given, list) or len(given) != len(wanted):
        return False
    return all(_is(one, of["id"], of["property"]) for one, of in zip(given, wanted, strict=True))


def _is(one: Any, name: str, prop: str) -> bool:
    if not name.startswith("{"):
        return isinstance(one, dict) and (one.get("id"), one.get("property")) == (name, prop)
    pattern = json.loads(name)
    return isinstance(one, list) and all(
        isinstance(field, dict) and field.get("property") == prop and _fits(field.get("id"), pattern) for field in one
    )


def _fits(found: Any, pattern: dict[str, Any]) -> bool:
    if not isinstance(found, dict) or found.keys() != pattern.keys():
        return False
    return all(isinstance(found[k], str | int) and (v == ["ALL"] or found[k] == v) for k, v in pattern.items())


def _targets(given: Any) -> list[tuple[Any, Any]] | None:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    return [(one.get("id"), one.get("property")) for one in given]


def _output(given: Any) -> str | None:
    """The outputs as Dash writes them in one name; None where none are told."""
    if not given:
        return None
    if isinstance(given, dict):
        return f"{given.get('id')}.{given.get('property')}"
    targets = _targets(given)
    return "..{}..".format("...".join(f"{one}.{prop}" for one, prop in targets)) if targets else ""
