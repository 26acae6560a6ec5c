"""What stands at an address where nothing is kept. Dash finds this page by its module name."""

import dash
from dash import Dash, html

from dashboard import shell
from dashboard.visitor import Right

RIGHT: Right = ()


def layout(lang: str | None = None, **_query: str) -> html.Div:
    """One sentence and the way back."""
    language = shell.language_of(lang)
    return shell.message("shell.not_found_title", "shell.not_found", language)


def register(_app: Dash) -> None:
    """File the page for unknown addresses."""
    dash.register_page(__name__, path="/not-found", layout=layout, title="明镜")  # type: ignore[no-untyped-call]
