"""What is said above an alert: that a deed was done, or that others came first, with what was typed kept."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.deeds import Done
from dashboard.formats import minute
from dashboard.loop_bar import action_words
from dashboard.precedents import outcome_words
from dashboard.words import say


def done_banner(case: Case, deed: str, done: Done) -> html.Div | None:
    """That it was done, clearly; after a verdict also how it can be taken back."""
    language = case.language
    if deed in ("unmasked", "marked"):
        return None
    if deed == "verified":
        kind = done.outcome if done.outcome in ("requested", "H1") else "concluded"
        words = say(f"steps.done_{kind}", language, outcome=outcome_words(done.outcome, language))
    else:
        words = say(f"steps.done_{deed}", language)
    return html.Div(
        [html.Span("✓", className="done-mark"), words], className="banner banner-done", id="done", role="status"
    )


def refused_banner(words: str) -> html.Div:
    """Why a deed was refused whose form is not on the page any more."""
    return html.Div(words, className="banner banner-changed", id="refused", role="alert")


def changed_banner(case: Case, version: int, fields: Mapping[str, object], deed: str) -> html.Div:
    """Who did what since the page was read; what was typed stands in its form again, or here where that is gone."""
    language = case.language
    since = [one for one in case.found.history if one.version > version]
    lines = [
        html.Li(
            [
                html.Strong(case.name(one.actor)),
                f" {action_words(one.kind, language)}",
                f" · {outcome_words(one.outcome, language)}" if one.outcome else "",
                html.Span(f" · {minute(one.at)}", className="muted"),
            ]
        )
        for one in since
    ]
    parts: list[Any] = [
        html.Strong(say("steps.changed", language)),
        html.Ul(lines or [html.Li(say("steps.new_rows", language))], className="plain-list"),
    ]
    return html.Div(
        [*parts, *_typed(case, fields, deed)], className="banner banner-changed", id="changed", role="alert"
    )


def _typed(case: Case, fields: Mapping[str, object], deed: str) -> list[Any]:
    """What was typed, in full, where the form it was typed into no longer stands on the page."""
    language = case.language
    if _still_possible(case, deed):
        return [html.P(say("steps.typed_kept", language), className="small")]
    texts = [value.strip() for value in fields.values() if isinstance(value, str) and len(value.strip()) > 3]
    if not texts:
        return []
    shown = [html.Blockquote(text[:4000], className="typed") for text in texts]
    return [html.P(say("steps.typed_here", language), className="small"), *shown]


def _still_possible(case: Case, deed: str) -> bool:
    action = "concluded" if deed == "verified" else deed
    return action not in _STATE_DEEDS or case.refusals.get(action, "") is None


_STATE_DEEDS = frozenset(
    ("dispatched", "transferred", "sent_back", "signed_in", "taken", "released", "assigned", "concluded", "withdrawn",
     "returned", "eliminated", "downgraded", "rectified", "reversed", "handed_on")
)  # fmt: skip
