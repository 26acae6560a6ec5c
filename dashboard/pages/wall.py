"""The wall: is anything wrong today, and are our alerts worth believing?"""

from typing import Any

import dash
import orjson
from dash import Dash, html
from flask import Response, request

from dashboard import shell
from dashboard.snapshots import Snapshots
from dashboard.visitor import visitor
from dashboard.words import say
from data.errors import NotFound, NotPermitted
from data.rights import Person

RIGHT = "wall"
REFRESH_SECONDS = 5
STALE_SECONDS = 60
PANELS = ("domains", "rate", "tiles", "weeks", "feed")
_SPOKEN = (
    *("age", "age_minutes", "stale", "never", "paused", "keys"),
    *("empty_title", "empty", "empty_demo", "empty_import", "red_alerts", "other_alerts"),
)


def layout(lang: str | None = None, **_query: str) -> html.Div:
    """The wall's panels with their titles and definitions, filled by the browser from `/wall/data`."""
    language = shell.language_of(lang)
    words = {key: say(f"wall.{key}", language) for key in _SPOKEN}
    words["weekdays"] = say("wall.weekdays", language)
    told: dict[str, Any] = {
        "data-words": orjson.dumps(words).decode(),
        "data-every": str(REFRESH_SECONDS),
        "data-stale": str(STALE_SECONDS),
    }
    body = html.Div(
        [html.Div(id="wall-kpis", className="kpis"), *(_panel(name, language) for name in PANELS)],
        id="wall",
        className="wall-grid",
        **told,
    )
    return shell.frame("wall", language, [_notice(), body], middle=_middle(language))


def _middle(language: str) -> list[Any]:
    """Title and scope at the left, data age and clock at the right."""
    spoken: dict[str, Any] = {"aria-label": say("wall.path", language)}
    return [
        html.H1(say("wall.title", language), className="wall-title"),
        html.Nav(id="wall-path", className="wall-path", **spoken),
        html.Div(id="wall-age", className="wall-age", role="status"),
        html.Div(id="wall-clock", className="wall-clock"),
    ]


def _notice() -> html.Div:
    return html.Div(id="wall-notice", className="wall-notice", hidden=True, role="alert")


def _panel(name: str, language: str) -> html.Section:
    means: dict[str, Any] = {"aria-describedby": f"wall-{name}-means"}
    head = [
        html.H2(say(f"wall.{name}", language)),
        html.Span(say(f"wall.{name}_span", language), className="panel-span"),
        html.Span(id=f"wall-{name}-legend", className="panel-legend"),
    ]
    return html.Section(
        [
            html.Div(head, className="panel-head", title=say(f"wall.{name}_means", language)),
            html.P(say(f"wall.{name}_means", language), id=f"wall-{name}-means", className="hidden-text"),
            html.Div(id=f"wall-{name}", className="panel-body"),
            html.Div(id=f"wall-{name}-table", className="panel-table hidden-text"),
        ],
        className=f"panel panel-{name}",
        **means,
    )


def scope_of(person: Person, asked: str) -> str:
    """The region a person gets for the one asked for. Raises NotPermitted for one that no post of theirs covers."""
    if not asked:
        return person.regions("wall")[0]
    if not person.covers(asked, "wall"):
        raise NotPermitted(
            f"The region {asked} lies outside your posts. Go back to your own region.",
            f"地区 {asked} 不在您的岗位范围内，请返回本地区。",
        )
    return asked


def serve_data(app: Dash) -> None:
    """Serve `/wall/data?scope=&lang=&theme=&have=`: a scope's panels as gzipped JSON, within what the visitor covers.

    Without a scope it is the visitor's widest region.
    """
    snapshots = Snapshots()

    def wall_data() -> Response:
        asked, person = request.args, visitor()
        language, theme = shell.language_of(asked.get("lang")), shell.theme_of(asked.get("theme"))
        wanted = asked.get("scope", "")[:12]
        try:
            scope = scope_of(person, wanted)
            content = snapshots.payload(
                scope, language, theme, asked.get("have", ""), asked=wanted, covers=person.covers
            )
        except (NotFound, NotPermitted) as error:
            status = 404 if isinstance(error, NotFound) else 403
            said = {"refused": error.words(language), "asked": wanted}
            return Response(orjson.dumps(said), status=status, mimetype="application/json")
        response = Response(content, mimetype="application/json")
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Cookie"
        return response

    app.server.add_url_rule("/wall/data", "wall_data", wall_data)


def register(app: Dash) -> None:
    """File the wall at the office's front door, with its data beside it."""
    dash.register_page(__name__, path="/", layout=layout, title="明镜 · 大屏")  # type: ignore[no-untyped-call]
    serve_data(app)
