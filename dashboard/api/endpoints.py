"""Endpoints: each names the scope a token needs; there is no other way to make one, so none is open by mistake."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import marshmallow as ma
from flask import g, request
from flask_smorest import Blueprint as SmorestBlueprint
from sqlalchemy.orm import Session
from webargs.flaskparser import FlaskParser
from werkzeug.routing import IntegerConverter

from dashboard import guard
from dashboard.api import problems
from dashboard.api.problems import MEDIA_TYPE, Problem, ProblemSchema
from data import access_tokens, audit
from data.database import reading, writing
from data.errors import SignInRefused
from data.office_time import utc_now
from data.rights import Person, seen_by

PREFIX = "/api/v1"
SCOPES: Mapping[str, str] = {
    "alerts.read": "read alerts of its region and what became of them",
    "alerts.write": "send alerts in",
    "outcomes.write": "conclude its own alerts",
}
"""What a token may be given."""
READABLE = "readable"
"""Scope of what any token and any signed-in person may read: the documentation."""
ANY = "any"
"""Scope of what any token may read."""
_SMALL = 64 * 1024
_REFUSALS = (400, 401, 403, 404, 405, 409, 413, 415, 422, 500, 503)
View = TypeVar("View", bound=Callable[..., Any])


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)


class _Parser(FlaskParser):
    """Reads what is sent; fields that are not known are refused everywhere, and so is what only looks like JSON."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": ma.RAISE}  # noqa: RUF012  (webargs' own way to say it)

    def _raw_load_json(self, req: Any) -> Any:
        try:
            return json.loads(req.get_data(cache=True).decode(), parse_constant=_not_json)
        except (ValueError, RecursionError):
            raise Problem(
                400,
                "The body cannot be read; nothing of it was taken.",
                "发送的内容无法读取，全部未接收。",
                got="something else",
                expected="JSON in UTF-8, at most some levels deep",
            ) from None


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A resource of the interface."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix=PREFIX, description=description)
        self.register_error_handler(Exception, problems.answer)


class Number(IntegerConverter):
    """The number of an alert in an address. What is out of bounds is no such address, not a failure."""

    NAME = "number"
    LARGEST = 999_999_999
    regex = r"[1-9][0-9]{0,8}"


def endpoint(
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    scope: str,
    zh: str,
    answer: type[ma.Schema] | None = None,
    query: type[ma.Schema] | None = None,
    body: type[ma.Schema] | None = None,
    most_bytes: int = _SMALL,
    media_type: str = "application/json",
    refusals: Sequence[int] = (),
) -> Callable[[View], View]:
    """Serve a function: `query` and `body` are checked before it, its value is written as `answer` says.

    `zh`: what it does, in Chinese; the docstring's first line says it in English. `refusals`: statuses beside those
    that every endpoint may answer with. `media_type`: of a view that makes its response itself.
    """

    def register(view: View) -> View:
        served: Any = blueprint.response(200, answer or {"type": "object"}, content_type=media_type)(view)
        if body is not None:
            served = blueprint.arguments(body)(served)
        if query is not None:
            served = blueprint.arguments(query, location="query", unknown=ma.RAISE)(served)
        for status in sorted({401, 403, 500, 503, *refusals, *((422,) if query else ()), *_of_body(body)}):
            served = blueprint.alt_response(status, schema=ProblemSchema, content_type=MEDIA_TYPE)(served)
        served = blueprint.doc(**{"x-scope": scope, "x-summary-zh": zh})(served)
        blueprint.route(rule, methods=[method])(_guarded(served, scope, most_bytes, has_body=body is not None))
        return view

    return register


def _of_body(body: object) -> tuple[int, ...]:
    return (400, 413, 415, 422) if body else ()


def _guarded(view: Callable[..., Any], scope: str, most_bytes: int, *, has_body: bool) -> Callable[..., Any]:
    """The view behind its door: who calls is known and may, before anything that was sent is looked at."""

    @functools.wraps(view)
    def guarded(*arguments: Any, **named: Any) -> Any:
        g.person = caller(scope)
        request.max_content_length = most_bytes
        if has_body and request.mimetype != "application/json":
            raise Problem(
                415,
                "The body is of another type; nothing of it was taken.",
                "发送的内容类型不对，全部未接收。",
                got=(request.mimetype or "no type")[:80],
                expected="application/json",
            )
        return view(*arguments, **named)

    # Flask would answer OPTIONS by itself, also to those without a token.
    guarded.provide_automatic_options = False  # type: ignore[attr-defined]
    return guarded


def caller(scope: str) -> Person:
    """Whoever calls, with the scope. Raises Problem: 401 without a valid token, 403 where it has not the scope."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if scope == READABLE and not token:
        return _signed_in()
    if kind.lower() != "bearer" or not token.strip() or len(token) > 200 or not token.isascii():
        raise Problem(
            401,
            "There is no token with the call; expected Authorization: Bearer and a token.",
            "调用未附令牌，应在 Authorization: Bearer 中附上令牌。",
        )
    with reading() as session:
        person = access_tokens.person_of_token(
            session, token.strip(), kind="api", at=utc_now(), address=request.remote_addr or ""
        )
    if scope not in (ANY, READABLE) and not person.may(scope):
        _note(person, f"{request.method} {request.path}", result="refused", scope=scope)
        raise Problem(
            403,
            f"The token of {person.name} may not {SCOPES[scope]}.",
            f"{person.name}的令牌没有 {scope} 权限。",
            got=", ".join(one for one in SCOPES if person.may(one)) or "no scope",
            expected=scope,
        )
    return person


def _signed_in() -> Person:
    signed = guard.signed_in()
    if signed.step != "open":
        raise SignInRefused("The sign-in is not finished. Finish it first.", "登录尚未完成，请先完成登录。")
    return signed.person


def _note(person: Person, what: str, *, result: str = "done", **detail: object) -> None:
    with writing() as session:
        audit.note(
            session, person.code, "api.read" if result == "done" else "api.refused", "interface", what,
            at=utc_now(), result=result, address=person.address,
            detail={key: value for key, value in detail.items() if value not in (None, "")},
        )  # fmt: skip


@contextmanager
def looking(what: str, **detail: Any) -> Iterator[Session]:
    """A reading session that sees what the caller may see; that it looked is put on record first."""
    person: Person = g.person
    _note(person, what, **detail)
    with seen_by(person) as session:
        yield session
