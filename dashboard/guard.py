"""Who gets in: every address is closed to those who are not signed in, but for a short list.

What is closed is decided by the route's own rule, so that a route added tomorrow is closed until it is listed here.
"""

from urllib.parse import urlencode, urlsplit

import orjson
from dash import Dash
from flask import Response, abort, g, redirect, request
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from dashboard import shell
from data import access_tokens, sign_in
from data.database import reading
from data.errors import NotPermitted, SignInRefused
from data.office_time import utc_now
from data.rights import Person

COOKIE = "mingjing"
"""Name of the cookie that holds the token of a signed-in browser."""
KIOSK_COOKIE = "mingjing-kiosk"
"""Name of the cookie that holds the token of a screen nobody signs in at."""
OPEN = frozenset(
    (
        "/health",
        "/sign-in",
        "/sign-in/second-factor",
        "/sign-in/password",
        "/sign-in/enrol",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/sign-out",
        "/kiosk",
        "/assets/<path:filename>",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_favicon.ico",
    )
)
"""Rules of the routes anybody may ask."""
OWN_DOORS = ("/api/",)
"""Beginnings of rules whose routes ask for a token themselves."""
_PAGES = ("/", "/<path:path>")
_NO_PAGES = frozenset(("/favicon.ico", "/robots.txt", "/api", "/_dash-update-component"))
_KIOSK = frozenset(("/", "/wall/data", "/_dash-layout", "/_dash-dependencies", "/_dash-update-component"))
_BY_ITSELF = frozenset(("/wall/data",))
"""What a page asks again and again by itself: it keeps no sign-in alive."""
_UNSAFE = frozenset(("POST", "PUT", "PATCH", "DELETE"))
MOST_BYTES_OF_A_FORM = 8 * 1024


def guard_entrance(app: Dash) -> None:
    """Ask whoever comes to `app` who they are, before anything else looks at the request."""
    app.server.before_request(_admit)


def _admit() -> AnyResponse | None:
    rule = request.url_rule.rule if request.url_rule else ""
    if rule.startswith(OWN_DOORS):
        return None
    if request.method in _UNSAFE and not is_same_origin():
        return _refused(
            NotPermitted(
                "This was not sent from a page of this site; nothing was changed. Open the page and send it again.",
                "该请求不是从本系统页面发出的，未做任何更改。请在本系统页面上重新提交。",
            ),
            403,
        )
    if _is_nothing(rule):
        # Nobody is led to a sign-in by what there is not, nor back to it afterwards.
        abort(405 if request.path in (*OPEN, "/_dash-update-component") else 404)
    if rule in OPEN:
        if rule.startswith(("/sign", "/kiosk")):
            request.max_content_length = MOST_BYTES_OF_A_FORM
        return None
    try:
        g.person = _visitor(rule)
    except SignInRefused as error:
        return _turned_away(rule, error)
    return None


def _is_nothing(rule: str) -> bool:
    """Whether what is asked for is no page for sure: what browsers and searchers ask by themselves, a wrong method."""
    if isinstance(request.routing_exception, MethodNotAllowed):
        return request.path in OPEN
    return rule == _PAGES[1] and request.path in _NO_PAGES


def is_same_origin() -> bool:
    """Whether a browser says that the request comes from a page of this very site; who says nothing is not believed."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def _visitor(rule: str) -> Person:
    """Who asks. Raises SignInRefused where nobody is signed in all the way, or a screen asks for more than its wall."""
    if COOKIE in request.cookies or KIOSK_COOKIE not in request.cookies:
        signed = signed_in(active=rule not in _BY_ITSELF)
        if signed.step != "open":
            raise SignInRefused("The sign-in is not finished. Finish it first.", "登录尚未完成，请先完成登录。")
        return signed.person
    g.kiosk = True
    person = screen(request.cookies[KIOSK_COOKIE])
    if rule not in _KIOSK:
        raise SignInRefused(
            "This screen shows the wall only. Sign in to see more.", "本屏幕只能显示大屏，查看其他内容请登录。"
        )
    return person


def address_of_visitor() -> str:
    """Network address the request comes from; behind a trusted proxy, the one that proxy tells."""
    return request.remote_addr or ""


def signed_in(*, active: bool = True) -> sign_in.Signed:
    """The person of this browser's cookie, and how far the sign-in got. Raises SignInRefused."""
    token = request.cookies.get(COOKIE, "")
    with reading() as session:
        return sign_in.person_of(session, token, at=utc_now(), address=address_of_visitor(), active=active)


def screen(token: str) -> Person:
    """The screen that a kiosk token stands for. Raises SignInRefused for one that ended or never was."""
    with reading() as session:
        return access_tokens.person_of_token(session, token, kind="kiosk", at=utc_now(), address=address_of_visitor())


def _turned_away(rule: str, error: SignInRefused) -> AnyResponse:
    """A page leads to the sign-in and back again; whatever else is asked for gets a sentence."""
    wants_page = request.method in ("GET", "HEAD") and (
        rule in _PAGES or request.headers.get("Sec-Fetch-Mode") == "navigate"
    )
    if not wants_page:
        return _refused(error, 401)
    asked = request.full_path.rstrip("?")
    query = {"why": "screen"} if g.get("kiosk") else {"next": asked} if asked != "/" else {}
    if COOKIE in request.cookies:
        query["why"] = "ended"
    return redirect("/sign-in" + (f"?{urlencode(query)}" if query else ""), code=303)


def _refused(error: NotPermitted, status: int) -> Response:
    said: dict[str, object] = {"refused": error.words(shell.language_of())}
    if status == 401 and not g.get("kiosk"):
        said["sign_in"] = "/sign-in"
    return Response(orjson.dumps(said), status=status, mimetype="application/json")


def keep_token(response: AnyResponse, token: str, name: str = COOKIE, *, max_age: int | None = None) -> None:
    """Hand a browser its token: no script reads it, no other site sends it, no plain connection carries it once it came
    over a secure one."""
    response.set_cookie(name, token, max_age=max_age, httponly=True, samesite="Lax", secure=request.is_secure, path="/")


def forget_token(response: AnyResponse) -> None:
    """Take a browser's token back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=request.is_secure, path="/")
