"""Money in a verdict: what is recoverable, the excess only, against what came in."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.formats import NOTHING, yuan
from dashboard.words import say


def money_lines(case: Case) -> list[Any]:
    """Recoverable against recovered, in words and as a bar; nothing where nothing was said of either."""
    alert, language = case.alert, case.language
    if alert.recovered is None and not (alert.outcome or "").startswith("C"):
        return []
    words = say(
        "verdict.money_was", language, recovered=yuan(alert.recovered or 0.0),
        recoverable=NOTHING if alert.recoverable is None else yuan(alert.recoverable),
    )  # fmt: skip
    bar = None
    if alert.recoverable:
        share = min(1.0, (alert.recovered or 0.0) / alert.recoverable)
        bar = html.Div(html.Div(className="bar-full", style={"width": f"{share:.1%}"}), className="bar-track")
    return [html.Div([html.P(words), bar], className="money-was", id="money-was")]
