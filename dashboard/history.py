"""The history of an alert as a line of time along the six steps of the closed loop."""

from itertools import groupby
from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.formats import minute
from dashboard.loop_bar import action_words, step_of
from dashboard.precedents import cause_words, outcome_words
from dashboard.words import say
from data.dossier import Event


def history(case: Case) -> html.Section:
    """What was done to the alert, from the first day on, under the step it belongs to."""
    groups = [(step, list(events)) for step, events in groupby(case.found.history, key=lambda one: step_of(one))]
    return html.Section(
        [
            html.H2(say("alert.history", case.language)),
            html.Ol([_group(case, step, events) for step, events in groups], className="history", id="history"),
        ],
        className="card",
    )


def _group(case: Case, step: int, events: list[Event]) -> html.Li:
    return html.Li(
        [
            html.Div(say(f"alert.loop_{step + 1}", case.language), className="history-step"),
            html.Ol([_event(case, event) for event in events], className="history-events"),
        ]
    )


def _event(case: Case, event: Event) -> html.Li:
    language = case.language
    what: list[Any] = [html.Strong(action_words(event.kind, language))]
    if event.outcome and event.kind != "raised":
        what.append(html.Span(outcome_words(event.outcome, language)))
    if event.cause:
        what.append(html.Span(cause_words(event.cause, language), className="muted"))
    return html.Li(
        [
            html.Div(
                [*what, html.Span(f"{case.name(event.actor)} · {minute(event.at)}", className="muted small event-who")],
                className="event-what",
            ),
            html.P(event.note, className="event-note") if event.note else None,
        ]
    )
