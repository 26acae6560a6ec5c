"""The wall: is anything wrong today, and are our alerts worth believing?"""

import dash
from dash import Dash, html

from dashboard import shell
from dashboard.words import say


def layout(lang: str | None = None, **_query: str) -> html.Div:
    """The wall's panels, filled by the browser from `/wall/data`."""
    language = shell.language_of(lang)
    return shell.frame("wall", language, html.Div(html.H1(say("wall.title", language)), id="wall"))


def register(_app: Dash) -> None:
    """File the wall at the office's front door."""
    dash.register_page(__name__, path="/", layout=layout, title="明镜 · 大屏")  # type: ignore[no-untyped-call]
