"""A stored score in words: the reasons, their effect in percentage points, and the bar with its interval."""

import json
from dataclasses import dataclass
from math import exp

from dash import html

from dashboard.aria import labelled
from dashboard.formats import percent
from dashboard.words import say


@dataclass(frozen=True)
class Reason:
    """One contribution to a score."""

    feature: str
    contribution: float
    """Log-odds."""
    points: float
    """Percentage points, as stored; with the rest they add up from base to score."""
    zh: str
    en: str

    def sentence(self, language: str) -> str:
        """The words an inspector reads."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Reasons:
    """The way from where every alert starts to this alert's score."""

    base: float
    """Log-odds of an alert of which nothing is known."""
    margin: float
    """Log-odds of the score: base + contributions + rest."""
    items: tuple[Reason, ...]
    rest: float
    """Log-odds of all that is not listed."""
    rest_points: float
    p_base: float
    p_margin: float
    """Probability at the end of the way."""


def probability(log_odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + exp(-log_odds)) if log_odds >= 0 else exp(log_odds) / (1 + exp(log_odds))


def read_reasons(stored: str) -> Reasons | None:
    """The reasons as stored with a score; None where none are kept (scored by the past confirmation rate)."""
    read = json.loads(stored or "{}")
    if not read.get("items"):
        return None
    base, rest = float(read["base"]), float(read.get("rest", 0.0))
    margin = float(read.get("margin", base + rest + sum(item["contribution"] for item in read["items"])))
    items = tuple(
        Reason(item["feature"], item["contribution"], float(item["points"]), item["zh"], item["en"])
        for item in read["items"]
    )
    p_base, p_margin = probability(base), probability(margin)
    # A score stored without the points of the rest gets what is missing on the way to its end.
    missing = 100 * (p_margin - p_base) - sum(item.points for item in items)
    return Reasons(base, margin, items, rest, float(read.get("rest_points", missing)), p_base, p_margin)


def signed(points: float) -> str:
    """Percentage points with their sign: `+12.3`, `−4.0`."""
    rounded = round(points, 1)
    return f"{'+' if rounded >= 0 else '−'}{abs(rounded):.1f}"


def interval_words(low: float, high: float, language: str) -> str:
    """The interval of a likelihood: `区间 63%–80%`."""
    return say("queue.interval", language, low=percent(low, digits=0), high=percent(high, digits=0))


def score_bar(p: float, low: float, high: float, language: str) -> html.Div:
    """A likelihood as a bar with its interval."""
    words = f"{percent(p, digits=0)}, {interval_words(low, high, language)}"
    fill = html.Span(className="score-fill", style={"width": f"{p:.1%}"})
    interval = html.Span(className="score-interval", style={"left": f"{low:.1%}", "width": f"{high - low:.1%}"})
    return html.Div(
        html.Div([fill, interval], className="score-track"),
        className="score-bar",
        title=words,
        role="img",
        **labelled(words),
    )
