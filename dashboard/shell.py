"""The frame around every page: name, navigation, language and theme, and the shapes of the three levels."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html, set_props
from flask import has_request_context, request
from sqlalchemy import exc

from dashboard.words import LANGUAGES, say
from data.settings import settings

THEMES = ("night", "day")
LEVELS = ("red", "orange", "yellow")
PAGES = {"wall": "/", "queue": "/queue"}
"""Navigation, in order: word of shell.toml -> address."""


def _chosen(name: str, wanted: str | None, allowed: Sequence[str], otherwise: str) -> str:
    """The first allowed of: what the address asks for, what the cookie remembers, `otherwise`."""
    asked: list[str | None] = [wanted]
    if has_request_context():
        asked += [request.args.get(name), request.cookies.get(name)]
    return next((value for value in asked if value in allowed), otherwise)  # type: ignore[return-value]


def language_of(wanted: str | None = None) -> str:
    """Language of this request: `?lang=`, else the cookie, else the setting."""
    return _chosen("lang", wanted, LANGUAGES, settings().language)


def theme_of(wanted: str | None = None) -> str:
    """Theme of this request: `?theme=`, else the cookie, else day at the desk and night on the wall."""
    otherwise = "night" if has_request_context() and request.path in ("/", "/wall/data") else "day"
    return _chosen("theme", wanted, THEMES, otherwise)


def level_shape(level: str, language: str, *, word: bool = True) -> html.Span:
    """A level as shape, colour and word: red triangle, orange diamond, yellow circle."""
    name = say(f"shell.{level}", language)
    spoken: dict[str, Any] = {"aria-label": name}
    silent: dict[str, Any] = {"aria-hidden": "true"}
    shape = html.Span(className=f"level-shape level-{level}", **silent)
    return html.Span([shape, name if word else None], className="level", title=name, role="img", **spoken)


def _link(name: str, address: str, page: str, language: str) -> html.A:
    here: dict[str, Any] = {"aria-current": "page"} if name == page else {}
    style = "nav-link nav-here" if here else "nav-link"
    return html.A(say(f"shell.{name}", language), href=address, className=style, **here)


def header(page: str, language: str, middle: Any = None) -> html.Header:
    """Name, navigation with `page` marked, whatever the page puts in the `middle`, language and theme."""
    links = [_link(name, address, page, language) for name, address in PAGES.items()]
    spoken: dict[str, Any] = {"aria-label": say("shell.navigation", language)}
    return html.Header(
        [
            html.Div([html.Span(say("shell.name", language), className="brand")], className="brand-box"),
            html.Nav(links, className="nav", **spoken),
            html.Div(middle, className="header-middle"),
            html.Div(
                [
                    html.Button(
                        [
                            html.Span(say("shell.to_day", language), className="only-night"),
                            html.Span(say("shell.to_night", language), className="only-day"),
                        ],
                        id="switch-theme",
                        className="switch",
                        type="button",
                    ),
                    html.Button(
                        say("shell.other_language", language),
                        id="switch-language",
                        className="switch",
                        type="button",
                        lang="en" if language == "zh" else "zh-CN",
                    ),
                ],
                className="switches",
            ),
        ],
        className="header",
    )


def frame(page: str, language: str, children: Any, *, middle: Any = None) -> html.Div:
    """A page in its frame. Callbacks read the language from the store `language`."""
    return html.Div(
        [
            dcc.Store(id="language", data=language),
            header(page, language, middle),
            html.Div(id="failure", className="failure", role="alert", hidden=True),
            html.Main(children, className="main", id="main"),
        ],
        className=f"page page-{page}",
        lang="zh-CN" if language == "zh" else "en",
    )


def message(title_key: str, sentence_key: str, language: str, **values: object) -> html.Div:
    """A page that only says something: what happened and what to do next."""
    return _said(say(title_key, language, **values), say(sentence_key, language, **values), language)


def refusal(sentence: str, language: str) -> html.Div:
    """A page that says why what was asked for cannot be shown."""
    return _said(say("shell.refused_title", language), sentence, language)


def _said(title: str, sentence: str, language: str) -> html.Div:
    back = html.A(say("shell.back_to_wall", language), href="/", className="button")
    return frame("", language, html.Div([html.H1(title), html.P(sentence), back], className="card message"))


def failure_key(error: Exception) -> str:
    """The filed sentence for a failure that was not the user's doing."""
    return "shell.no_database" if isinstance(error, exc.DBAPIError | exc.TimeoutError) else "shell.failed"


def say_failure(sentence: str) -> None:
    """From inside a callback: show a sentence above the page, which otherwise stays as it is."""
    set_props("failure", {"children": sentence, "hidden": False})
