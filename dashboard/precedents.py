"""Alerts like this one: innocent causes with the evidence to ask for, and how others ended."""

from typing import Any

from dash import dcc, html

from dashboard import shell
from dashboard.formats import day, yuan
from dashboard.preview import rate_sentence
from dashboard.words import say
from data.causes import causes
from data.dossier import Dossier, KnownCause, Past
from data.outcomes import OUTCOMES


def outcome_words(code: str, language: str) -> str:
    """Code and name of an outcome."""
    outcome = OUTCOMES.get(code)
    if outcome is None:
        return code
    return f"{code} {outcome.name if language == 'zh' else outcome.name_en}"


def cause_words(code: str, language: str) -> str:
    """Code and name of an innocent cause."""
    cause = causes().get(code)
    if cause is None:
        return code
    return f"{code} {cause.name if language == 'zh' else cause.name_en}"


def cause_list(known: tuple[KnownCause, ...], language: str) -> html.Section:
    """Innocent causes and what to ask to see for each."""
    lines = [
        html.Li(
            [
                html.Div(
                    [
                        html.Span(cause.code, className="code"),
                        html.Span(cause.name if language == "zh" else cause.name_en),
                        html.Span(say("alert.met", language, n=cause.n_met), className="muted small met")
                        if cause.n_met
                        else None,
                    ],
                    className="cause-name",
                ),
                html.Div(
                    say("alert.ask_for", language, what=cause.ask_for if language == "zh" else cause.ask_for_en),
                    className="muted cause-ask",
                ),
            ]
        )
        for cause in known
    ]
    body: Any = html.Ul(lines, className="causes") if lines else html.P(say("alert.causes_none", language))
    return html.Section([html.H2(say("alert.causes", language)), body], className="card")


def precedents(found: Dossier, language: str, keep: str) -> html.Section:
    """How alerts of the same rule ended: the rate with its interval, the mix, and the nearest."""
    past = found.precedents
    parts: list[Any] = [
        html.H2(say("alert.past", language)),
        html.P(rate_sentence(past, language)),
    ]
    if past.by_outcome:
        parts.append(_mix(past.by_outcome, language))
    if past.nearest:
        parts += [
            html.H3(say("alert.past_near", language), className="muted small"),
            _nearest(past.nearest, language, keep),
        ]
    return html.Section(parts, className="card")


def _kind(code: str) -> str:
    outcome = OUTCOMES.get(code)
    if outcome is None or not outcome.concluded:
        return "outside"
    return "confirmed" if outcome.confirmed else "not"


def _mix(by_outcome: dict[str, int], language: str) -> html.Div:
    """Every outcome as a part of one bar, with its name and count below."""
    known = [code for code in OUTCOMES if by_outcome.get(code)]
    bar = [html.Span(className=f"mix-part mix-{_kind(code)}", style={"flexGrow": by_outcome[code]}) for code in known]
    legend = [
        html.Li(
            [
                html.Span(className=f"mix-key mix-{_kind(code)}"),
                html.Span(outcome_words(code, language)),
                html.Span(f"{by_outcome[code]:,}", className="mix-n"),
            ]
        )
        for code in known
    ]
    return html.Div([html.Div(bar, className="mix-bar"), html.Ul(legend, className="mix-legend")], className="mix")


def _nearest(nearest: tuple[Past, ...], language: str, keep: str) -> html.Div:
    head = [html.Th(say(f"alert.past_{name}", language)) for name in ("what", "amount", "outcome", "when")]
    lines = [
        html.Tr(
            [
                html.Td(
                    [
                        dcc.Link(past.title if language == "zh" else past.title_en, href=f"/alert/{past.id}{keep}"),
                        html.Div(
                            [
                                shell.level_shape(past.level, language),
                                html.Span(past.place if language == "zh" else past.place_en, className="muted"),
                            ],
                            className="past-where small",
                        ),
                    ]
                ),
                html.Td(yuan(past.amount), className="number"),
                html.Td(
                    [
                        html.Div(outcome_words(past.outcome, language)),
                        html.Div(cause_words(past.cause, language), className="muted small") if past.cause else None,
                    ]
                ),
                html.Td(day(past.concluded_at), className="no-wrap"),
            ]
        )
        for past in nearest
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(head)), html.Tbody(lines)], className="rows past"), className="scrolls"
    )
