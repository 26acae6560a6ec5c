"""The upload calendar drawn: a strip of months a register, each with a shape and a word for how it came."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard.aria import HIDDEN
from dashboard.words import say
from data.register_calendar import Cell, Strip

LEGEND = ("on_time", "late", "missing", "due", "before")


def calendar_table(strips: Sequence[Strip], language: str) -> html.Table:
    """One row a register, one column a month; every cell says in words what its shape means."""
    months = [cell.month for cell in strips[0].cells] if strips else []
    head = html.Tr(
        [
            html.Th(say("registers.register", language), scope="col"),
            *(html.Th(_month(month, months, language), scope="col", className="calendar-month") for month in months),
        ]
    )
    return html.Table(
        [html.Thead(head), html.Tbody([_row(strip, language) for strip in strips])], className="calendar-table"
    )


def _month(month: str, months: Sequence[str], language: str) -> list[Any]:
    year, number = month.split("-")
    first = month == months[0] or number == "01"
    return [
        html.Span(year if first else "", className="muted small"),
        html.Span(say("registers.month", language, n=int(number))),
    ]


def _row(strip: Strip, language: str) -> html.Tr:
    one = strip.register
    name = one.name if language == "zh" else one.name_en
    late = say("registers.overdue_days", language, n=strip.days_late) if strip.days_late else None
    return html.Tr(
        [
            html.Th(
                [
                    dcc.Link(name, href=f"/registers/{one.code}"),
                    html.Span(one.supplier, className="muted small"),
                    html.Span(late, className="late-note small") if late else None,
                ],
                scope="row",
            ),
            *(html.Td(cell_shape(cell, language), className="calendar-cell") for cell in strip.cells),
        ]
    )


def cell_shape(cell: Cell, language: str) -> html.Span | None:
    """A month as a shape with its word: nothing where nothing was expected."""
    if cell.state == "none":
        return None
    words = say(f"registers.cell_{cell.state}", language, due=cell.due_on, came=cell.came_on, n=cell.days_late)
    shown = f"+{cell.days_late}" if cell.state == "late" else say("registers.lacks", language)
    written = shown if cell.state in ("late", "missing") else None
    return html.Span(
        written, className=f"calendar-mark calendar-{cell.state}", title=words, role="img", **_named(words)
    )


def _named(words: str) -> dict[str, Any]:
    return {"aria-label": words}


def legend(language: str) -> html.Ul:
    """What the shapes mean."""
    marks = {"late": "+3", "missing": say("registers.lacks", language)}
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(marks.get(state), className=f"calendar-mark calendar-{state}", **HIDDEN),
                    say(f"registers.legend_{state}", language),
                ]
            )
            for state in LEGEND
        ],
        className="calendar-legend",
    )
