"""Supervised handling (督办): the banner of a standing order, its answer, and how it is ordered and lifted."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.due import due_lamp
from dashboard.fields import choice, dialog, opener, send, text, writing
from dashboard.words import say
from data.supervision import REASONS
from data.working_days import working_days_after

_DAYS = 5
"""Working days that an order allows unless it says otherwise."""


def banner(case: Case) -> html.Section | None:
    """The order that stands: number, demand, due date, answer."""
    one, language = case.found.order, case.language
    if one is None:
        return None
    head = html.Div(
        [
            html.Strong(say("papers.supervised", language)),
            html.Span(one.number, className="order-number"),
            html.Span(_reason(one.reason, language)),
            due_lamp(one.due_on, case.today, language),
            html.Span(say("papers.ordered_by", language, name=case.name(one.ordered_by)), className="muted small"),
        ],
        className="order-head",
    )
    answer = (
        html.P([html.Span(say("papers.answered", language), className="muted"), " ", one.answer])
        if one.answer
        else None
    )
    buttons = [
        opener("order_answered", say("papers.answer_order", language))
        if case.may("verify") and not one.answer
        else None,
        opener("lifted", say("papers.lift_order", language)) if case.may("supervise") else None,
    ]
    return html.Section(
        [html.Div([head, html.P(one.demand), answer]), html.Div(buttons, className="order-buttons")],
        className="order-banner",
        id="order",
    )


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """Order supervised handling, answer an order, lift it."""
    language, one = case.language, case.found.order
    made: list[Any] = []

    def add(name: str, fields: list[Any], button: Any) -> None:
        words = say(f"papers.{name}_title", language)
        made.append(dialog(name, words, fields, button, language, notice=notice if opened == name else ""))

    if one is None and case.may("supervise"):
        reasons = [(code, _reason(code, language)) for code in REASONS]
        add(
            "ordered",
            [
                choice("ordered", "reason", say("papers.order_reason", language), reasons),
                writing("ordered", "demand", say("papers.demand", language)),
                text(
                    "ordered",
                    "due_on",
                    say("papers.due_on", language),
                    kind="date",
                    value=str(working_days_after(case.today, _DAYS)),
                ),
            ],
            send("ordered", say("papers.order_do", language)),
        )
    if one is not None and case.may("verify"):
        button = send("order_answered", say("papers.answer_do", language), id_=str(one.id))
        add("order_answered", [writing("order_answered", "answer", say("papers.answer", language))], button)
    if one is not None and case.may("supervise"):
        button = send("lifted", say("papers.lift_do", language), id_=str(one.id))
        add("lifted", [writing("lifted", "note", say("steps.reason", language))], button)
    return made


def _reason(code: str, language: str) -> str:
    return REASONS[code][language != "zh"] if code in REASONS else code
