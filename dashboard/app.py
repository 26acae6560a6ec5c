"""The web application: Dash with its pages, everything served from this machine.

`create_app()` makes it; `server()` is what gunicorn serves. plotly.js is the basic bundle in assets: it draws scatter,
bar and pie traces only.
"""

import logging
from html import escape
from pathlib import Path

import dash
import orjson
from dash import Dash, html
from dash.exceptions import DependencyException
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from dashboard import api, entrance, guard, health, pages, posts, proxy, security, shell
from dashboard.attachment_list import size_words
from dashboard.visitor import present
from dashboard.words import say
from data import errors
from data.errors import MingjingError

_ROOM = Path(__file__).parent
_LOG = logging.getLogger("mingjing.dashboard")
_REMEMBERED = {"lang": ("zh", "en"), "theme": shell.THEMES}
_ONE_YEAR = 365 * 24 * 3600


class MingjingApp(Dash):
    """Dash whose first HTML already has the language, the theme and a skeleton of the page."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        """The HTML every page starts from."""
        language, theme = shell.language_of(), shell.theme_of()
        screen = "wall" if request.path == "/" else "desk"
        lang = "zh-CN" if language == "zh" else "en"
        icon = f'<link rel="icon" type="image/svg+xml" href="{shell.asset_address(self, "favicon.svg")}">'
        waiting = f'class="skeleton" aria-busy="true" aria-label="{say("shell.loading", language)}"'
        skeleton = f'<div id="react-entry-point"><div {waiting}>{_bones(screen)}</div></div>'
        return (
            f'<!DOCTYPE html>\n<html lang="{lang}" data-theme="{theme}" class="{screen}"><head>{parts["metas"]}'
            f"<title>{parts['title']}</title>{icon}{parts['css']}</head><body>{skeleton}"
            f"<footer>{parts['config']}{parts['scripts']}{parts['renderer']}</footer></body></html>"
        )


def _bones(screen: str) -> str:
    n_panels = 10 if screen == "wall" else 3
    return '<div class="bone bone-header"></div>' + "".join(
        f'<div class="bone bone-{i}"></div>' for i in range(n_panels)
    )


def _say_failure(error: Exception) -> None:
    """Say above the page what a callback could not do; what was not the user's doing is logged."""
    if isinstance(error, MingjingError):
        shell.say_failure(error.words(shell.language_of()))
        return
    _LOG.error("callback failed", exc_info=error)
    shell.say_failure(say(shell.failure_key(error), shell.language_of()))


_WORDED = (400, 413, 414)


def _failure_page(error: Exception) -> Response | HTTPException:
    """A page that says in the reader's language why there is no other."""
    language = shell.language_of()
    if isinstance(error, DependencyException):
        error = NotFound()
    if isinstance(error, HTTPException):
        return _refusal_page(error, language)
    if isinstance(error, MingjingError):
        return _refused_in_words(error, language)
    _LOG.error("request failed: %s", request.path, exc_info=error)
    key = shell.failure_key(error)
    return _bare_page("shell.failed_title", say(key, language), 503 if key == "shell.no_database" else 500, language)


def _refusal_page(error: HTTPException, language: str) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if code == 404:
        return _bare_page("shell.not_found_title", say("shell.not_found", language), code, language)
    key = f"shell.http_{code}" if code in _WORDED else "shell.http_other"
    most = size_words(request.max_content_length or 0)
    return _bare_page("shell.refused_title", say(key, language, code=code, most=most), code, language)


_STATUS = {errors.SignInRefused: 401, errors.NotPermitted: 403, errors.NotFound: 404, errors.TransitionRefused: 409}


def _refused_in_words(error: MingjingError, language: str) -> Response:
    """The sentence of a refusal: as a page where a browser goes to one, as JSON where a script asks."""
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    words = error.words(language)
    if request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        return _bare_page("shell.refused_title", str(escape(words)), status, language)
    return Response(orjson.dumps({"refused": words}), status=status, mimetype="application/json")


def _bare_page(title: str, sentence: str, status: int, language: str) -> Response:
    """A page without scripts: it stands where the application itself may not."""
    lang = "zh-CN" if language == "zh" else "en"
    body = (
        f'<!DOCTYPE html><html lang="{lang}"><meta charset="utf-8"><title>{say("shell.name", language)}</title>'
        f"<h1>{say(title, language)}</h1><p>{sentence}</p>"
        f"<p>{_ways_on(language)}</p>"
    )
    return Response(body, status=status, mimetype="text/html")


def _ways_on(language: str) -> str:
    ways = shell.navigation() if present() else {"sign_in": "/sign-in"}
    return " ".join(f'<a href="{address}">{say(f"shell.{name}", language)}</a>' for name, address in ways.items())


def _remember(response: Response) -> Response:
    """Keep the language and theme an address asked for."""
    if response.mimetype == "text/html":
        for name, allowed in _REMEMBERED.items():
            value = request.args.get(name)
            if value in allowed:
                response.set_cookie(name, value, max_age=_ONE_YEAR, samesite="Lax", httponly=False)
    return response


def _read_whole(response: Response) -> Response:
    """Take a file into memory before it is compressed: compressing it as a stream would leave it open."""
    if response.direct_passthrough:
        response.direct_passthrough = False
        response.set_data(response.get_data())
    return response


def create_app() -> Dash:
    """A new application with every page registered; `.server` is its Flask application."""
    app = MingjingApp(
        "dashboard",
        use_pages=True,
        pages_folder="",
        assets_folder=str(_ROOM / "assets"),
        serve_locally=True,
        compress=True,
        include_pages_meta=False,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        title="明镜 Mingjing",
        update_title="",
        on_error=_say_failure,
        routing_callback_inputs=pages.ROUTED,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "robots", "content": "noindex"},
        ],
    )
    app.layout = html.Div(dash.page_container, id="app")
    # First of all, so that nothing else looks at what a stranger sends.
    guard.guard_entrance(app)
    posts.guard_posts(app)
    pages.register_pages(app)
    entrance.open_entrance(app)
    health.answer(app)
    api.answer(app)
    security.guard(app)
    proxy.believe_proxy(app)
    app.server.after_request(_remember)
    app.server.after_request(_read_whole)
    app.server.register_error_handler(Exception, _failure_page)
    return app


def server() -> Flask:
    """The Flask application, for a web server of several processes."""
    app = create_app()
    flask: Flask = app.server
    # Dash learns which scripts it may serve when it first renders a page; a browser that got its page from one process
    # asks another for the scripts.
    with flask.test_request_context("/"):
        app.index()  # type: ignore[no-untyped-call]
    # Its first request makes it file its own callbacks; of several that come at once one would fail, as another changes
    # the list that it walks.
    with flask.test_request_context("/health"):
        flask.preprocess_request()
    return flask
