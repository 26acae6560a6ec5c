"""What the interface says when it cannot do what is asked: one shape, problem JSON (RFC 9457), never a traceback."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request
from sqlalchemy.exc import OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException

from dashboard.database_trouble import trouble_of
from data.errors import (
    DatabaseTrouble,
    InputRefused,
    MingjingError,
    NotFound,
    NotPermitted,
    SignInRefused,
    TransitionRefused,
)

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger("mingjing.api")
_STATUS: tuple[tuple[type[MingjingError], int], ...] = (
    (SignInRefused, 401),
    (NotPermitted, 403),
    (NotFound, 404),
    (TransitionRefused, 409),
    (InputRefused, 422),
    (DatabaseTrouble, 503),
)
_TITLES: Mapping[int, tuple[str, str, str, str]] = {
    400: ("not readable", "内容无法读取", "Send the body as JSON in UTF-8.", "请以 UTF-8 编码的 JSON 发送。"),
    401: (
        "no valid token",
        "没有有效令牌",
        "Send Authorization: Bearer and the token; ask the security administrator for one.",
        "请在 Authorization: Bearer 中附上令牌；令牌向安全管理员申领。",
    ),
    403: (
        "not permitted",
        "没有权限",
        "Ask the security administrator for a token with the scope and region that this takes.",
        "请向安全管理员申领具有相应权限和地区范围的令牌。",
    ),
    404: (
        "not found",
        "没有找到",
        "Look the number or address up in the listing or at /api/v1/docs.",
        "请在列表或 /api/v1/docs 中核对编号或地址。",
    ),
    405: ("method not offered", "不支持该方法", "Use a method named in Allow.", "请使用 Allow 中列出的方法。"),
    409: (
        "in conflict with what is on record",
        "与已登记的内容冲突",
        "Read the alert again and decide anew.",
        "请重新读取该预警后再决定。",
    ),
    413: ("too large", "内容过大", "Send it in several calls.", "请分多次发送。"),
    415: (
        "not JSON",
        "不是 JSON",
        "Send it with Content-Type: application/json.",
        "请以 Content-Type: application/json 发送。",
    ),
    422: (
        "not usable",
        "内容不可用",
        "Mend what the errors name and send it again.",
        "请按 errors 所列改正后重新发送。",
    ),
    500: (
        "failed",
        "处理失败",
        "Try again later; tell the system administrator if it stays.",
        "请稍后再试；仍有问题请告知系统管理员。",
    ),
    503: ("unavailable", "暂不可用", "Try again in some minutes.", "请几分钟后再试。"),
}
SHOWN = 50
"""Errors of one call that are listed; the rest is counted."""


class FaultSchema(ma.Schema):
    """One thing that is wrong with what was sent."""

    where = ma.fields.String(required=True, metadata={"description": "JSON pointer into what was sent"})
    got = ma.fields.String(required=True, metadata={"description": "what was got, in words; never a personal value"})
    expected = ma.fields.String(required=True)


class ProblemSchema(ma.Schema):
    """Why a call was refused, what was got and expected, and what to do (RFC 9457)."""

    type = ma.fields.String(required=True, metadata={"description": "names the kind of problem; an address of /docs"})
    title = ma.fields.String(required=True)
    title_zh = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True, metadata={"description": "one sentence: what, got, expected"})
    detail_zh = ma.fields.String(required=True)
    got = ma.fields.String(required=True, metadata={"description": "empty where the sentence says it"})
    expected = ma.fields.String(required=True, metadata={"description": "empty where the sentence says it"})
    todo = ma.fields.String(required=True, metadata={"description": "what to do"})
    todo_zh = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(FaultSchema), required=True)


class Problem(Exception):
    """A call that is refused, with everything its answer says."""

    def __init__(
        self,
        status: int,
        detail: str,
        detail_zh: str,
        *,
        got: str = "",
        expected: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.detail_zh = status, detail, detail_zh
        self.got, self.expected, self.errors, self.headers = got, expected, errors, dict(headers or {})


def answer(error: Exception) -> Response:
    """The answer that an error is; what nobody foresaw is logged and told as no more than that it happened."""
    problem = _problem(error)
    title, title_zh, todo, todo_zh = _TITLES.get(problem.status, _TITLES[500 if problem.status >= 500 else 400])
    said = {
        "type": f"/api/v1/docs#problem-{problem.status}",
        "title": title,
        "title_zh": title_zh,
        "status": problem.status,
        "detail": problem.detail,
        "detail_zh": problem.detail_zh,
        "got": problem.got,
        "expected": problem.expected,
        "todo": todo,
        "todo_zh": todo_zh,
        "errors": list(problem.errors),
    }
    response = Response(orjson.dumps(_sayable(said)), status=problem.status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="mingjing"'
    response.headers.update(problem.headers)
    return response


def _sayable(value: Any) -> Any:
    """Without halves of characters, which an address may hold and no JSON can."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _sayable(one) for key, one in value.items()}
    return [_sayable(one) for one in value] if isinstance(value, list) else value


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if trouble := trouble_of(error):
        error = trouble
    if isinstance(error, OperationalError | ProgrammingError):
        # A table is not there: not migrated yet, or replaced by an empty file while serving.
        _LOG.error("no database: %s %s", request.method, request.path, exc_info=error)
        return Problem(
            503, "The database is not ready; nothing of the call was kept.", "数据库尚未就绪，本次内容未保存。"
        )
    if isinstance(error, MingjingError):
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return Problem(status, str(error), error.words("zh"))
    if isinstance(error, HTTPException):
        return _of_http(error)
    _LOG.error("call failed: %s %s", request.method, request.path, exc_info=error)
    return Problem(500, "The call failed; nothing of it was kept.", "处理失败，本次内容未保存。")


def _of_http(error: HTTPException) -> Problem:
    messages = getattr(error, "data", {}).get("messages")
    if messages is not None:
        faults = list(_faults(messages))
        more = f" The first {SHOWN} are listed." if len(faults) > SHOWN else ""
        return Problem(
            422,
            f"What was sent is wrong in {len(faults):,} places; nothing of it was taken.{more}",
            f"发送的内容有 {len(faults):,} 处错误，全部未接收。",
            errors=faults[:SHOWN],
        )
    code = error.code or 500
    if code == 413:
        most = request.max_content_length or 0
        return Problem(
            413,
            "The body is too large; nothing of it was taken.",
            "发送的内容过大，全部未接收。",
            got="more",
            expected=f"at most {most:,} bytes",
        )
    title, title_zh, *_ = _TITLES.get(code, _TITLES[400])
    return Problem(code, f"The call is refused: {title}.", f"调用被拒绝：{title_zh}。")


def _faults(messages: Any, where: str = "") -> Any:
    """The messages of validation as a flat list; `json` and `query` are the parts of a call, not of its content."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, where if key in ("json", "query", "_schema") else f"{where}/{key}"[:300])
    else:
        for said in messages if isinstance(messages, list) else [messages]:
            got, _, expected = str(said).partition("; expected ")
            yield {
                "where": where or "/",
                "got": got.removeprefix("got ")[:300],
                "expected": expected[:300] or "another value",
            }
