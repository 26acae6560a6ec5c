"""The frame around every page: name, navigation, who is signed in, language and theme, and the shapes of the levels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dash
from dash import dcc, html, set_props
from flask import g, has_request_context, request
from sqlalchemy import exc

from dashboard.badge import Badge, badge, watermark
from dashboard.visitor import permitted, present
from dashboard.words import LANGUAGES, say, words
from data.database import reading
from data.risk_models import withdrawn
from data.settings import settings

_ASSETS = Path(__file__).parent / "assets"
THEMES = ("night", "day")
LEVELS = ("red", "orange", "yellow")
PAGES = ("wall", "my_work", "queue", "plan", "look_back", "assessment", "person_queries", "suppressions")
"""The first of the navigation, in order: modules of `dashboard.pages`. What has a word in shell.toml follows them."""
_WITH_SCORES = ("queue",)
"""Desk pages that show likelihoods of alerts, the page of one alert among them; the wall says it by itself."""
_BESIDE = ("account", "not_found_404")
"""Pages that have their place elsewhere."""


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


def navigation() -> dict[str, str]:
    """What the visitor may open, in order: page -> address."""
    pages = {key.rpartition(".")[2]: page for key, page in dash.page_registry.items() if not page["path_template"]}
    rest = sorted(name for name in pages if name not in (*PAGES, *_BESIDE) and f"shell.{name}" in words())
    listed = [name for name in (*PAGES, *rest) if name in pages]
    return {name: pages[name]["path"] for name in listed if permitted(pages[name]["right"])}


def _link(name: str, address: str, page: str, language: str) -> html.A:
    here: dict[str, Any] = {"aria-current": "page"} if name == page else {}
    style = "nav-link nav-here" if here else "nav-link"
    return html.A(say(f"shell.{name}", language), href=address, className=style, **here)


def asset_address(app: dash.Dash, name: str) -> str:
    """The address of a file of `assets`, which changes when the file does."""
    changed = int((_ASSETS / name).stat().st_mtime)
    return f"{app.get_asset_url(name)}?m={changed}"


def header(page: str, language: str, middle: Any = None, worn: Badge | None = None) -> html.Header:
    """Name, navigation with `page` marked, whatever the page puts in the `middle`, who is signed in, the switches.

    On the wall, whose figures need the room, navigation and sign-out open below the name of who is signed in.
    """
    links = [_link(name, address, page, language) for name, address in navigation().items()]
    spoken: dict[str, Any] = {"aria-label": say("shell.navigation", language)}
    ways, who = html.Nav(links, className="nav", **spoken), _signed_in(worn, language) if worn else None
    folded = page == "wall"
    return html.Header(
        [
            html.Div([html.Span(say("shell.name", language), className="brand")], className="brand-box"),
            None if folded else ways,
            html.Div(middle, className="header-middle"),
            _menu(worn, [who, ways]) if folded and worn else who,
            _switches(language),
        ],
        className="header",
    )


def _menu(worn: Badge, content: list[Any]) -> html.Details:
    return html.Details(
        [html.Summary(worn.name, className="switch"), html.Div(content, className="menu-content")], className="menu"
    )


def _signed_in(worn: Badge, language: str) -> html.Div:
    """The name that leads to one's own account, unit and posts below it, and the way out."""
    return html.Div(
        [
            html.A(
                [html.Span(worn.name, className="badge-name"), html.Span(worn.posts, className="badge-posts")],
                href="/account",
                className="badge",
                title=f"{worn.name} · {worn.all_posts}",
            ),
            html.Form(
                html.Button(say("shell.sign_out", language), className="switch", id="sign-out", type="submit"),
                action="/sign-out",
                method="POST",
            ),
        ],
        className="signed-in",
    )


def _switches(language: str) -> html.Div:
    return html.Div(
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
    )


def frame(page: str, language: str, children: Any, *, middle: Any = None) -> html.Div:
    """A page in its frame, marked with who looks at it. Callbacks read the language from the store `language`."""
    person = present()
    screen = has_request_context() and g.get("kiosk")
    worn = badge(person, language) if person and not screen else None
    return html.Div(
        [
            dcc.Store(id="language", data=language),
            header(page, language, middle, worn),
            html.Div(id="failure", className="failure", role="alert", hidden=True),
            _scores_off(language) if page in _WITH_SCORES and person and not screen else None,
            html.Main(children, className="main", id="main"),
            watermark(worn) if worn else None,
        ],
        className=f"page page-{page}",
        lang="zh-CN" if language == "zh" else "en",
    )


def _scores_off(language: str) -> html.P | None:
    """That the likelihoods on this page are past rates, while a person has withdrawn the risk model's scores."""
    with reading() as session:
        off = withdrawn(session)
    if off is None:
        return None
    words_ = say("shell.scores_off", language, why=off.note)
    return html.P([words_, " ", html.A(say("shell.model_health", language), href="/model-health")],
                  className="notice scores-off", role="status")  # fmt: skip


def message(title_key: str, sentence_key: str, language: str, **values: object) -> html.Div:
    """A page that only says something: what happened and what to do next."""
    return _said(say(title_key, language, **values), say(sentence_key, language, **values), language)


def refusal(sentence: str, language: str) -> html.Div:
    """A page that says why what was asked for cannot be shown."""
    return _said(say("shell.refused_title", language), sentence, language)


def _said(title: str, sentence: str, language: str) -> html.Div:
    content = html.Div([html.H1(title), html.P(sentence), _way_back(language)], className="card message")
    return frame("", language, content)


def _way_back(language: str) -> html.A | None:
    """To the first page that the visitor may open."""
    for page, address in navigation().items():
        words = say("shell.back_to", language, page=say(f"shell.{page}", language))
        return html.A(words, href=address, className="button")
    return None


def failure_key(error: Exception) -> str:
    """The filed sentence for a failure that was not the user's doing."""
    return "shell.no_database" if isinstance(error, exc.DBAPIError | exc.TimeoutError) else "shell.failed"


def say_failure(sentence: str) -> None:
    """From inside a callback: show a sentence above the page, which otherwise stays as it is."""
    set_props("failure", {"children": sentence, "hidden": False})
