"""What exactly was compared: registers side by side, clashes marked, four dates on one line of time."""

from datetime import date
from typing import Any

from dash import html

from dashboard.formats import NOTHING, day, local
from dashboard.words import column_words, say
from data.code_words import in_words
from data.dossier import Dossier, Register
from data.tables import Alert

SHOWN = 40
"""Rows of a register drawn; the rest is counted."""


def evidence(found: Dossier, language: str) -> html.Section:
    """The registers' rows behind the alert; where there are none, what its source said."""
    if not found.evidence:
        return _attributes(found, language)
    named = [register.title if language == "zh" else register.title_en for register in found.evidence]
    n = max(len(register.rows) for register in found.evidence)
    key = "alert.compared_note" if len(named) > 1 else "alert.one_register"
    clash = [html.P(say("alert.clash_note", language), className="clash-note")] if _clashes(found) else []
    return html.Section(
        [
            html.H2(say("alert.compared", language)),
            html.P(say(key, language, registers=" × ".join(named), n=n), className="muted"),
            *clash,
            html.Div([_register(register, found, language) for register in found.evidence], className="registers"),
        ],
        className="card evidence",
    )


def _clashes(found: Dossier) -> bool:
    return any(register.clashing for register in found.evidence)


def _register(register: Register, found: Dossier, language: str) -> html.Div:
    """One register: what all its rows share as a list, the rest as a table."""
    shared = [c for c in register.columns if len({str(row.get(c[0])) for row in register.rows}) == 1]
    varying = [column for column in register.columns if column not in shared]
    many = len(register.rows) > 1
    title = register.title if language == "zh" else register.title_en
    return html.Div(
        [
            html.Div(
                [html.H3(title), html.Span(_supplier(register, language), className="muted small")],
                className="register-head",
            ),
            html.P(say("alert.every_row", language), className="muted small") if many and shared and varying else None,
            html.Dl(
                [part for column in shared for part in _pair(register, column, found, language)], className="facts"
            ),
            _table(register, varying, found, language) if varying else None,
        ],
        className="register",
    )


def _supplier(register: Register, language: str) -> str:
    return say("alert.supplier", language, supplier=register.supplier) if register.supplier else ""


def _pair(register: Register, column: tuple[str, str], found: Dossier, language: str) -> list[Any]:
    code, name = column
    mark = _mark(register, code)
    return [
        html.Dt(column_words(code, name, language)),
        html.Dd(_cell_words(register.rows[0].get(code), found, language), className=mark),
    ]


def _mark(register: Register, code: str) -> str:
    return "clash" if code in register.clashing else ""


def value_words(value: object, language: str) -> str:
    """A value as it is read: a dash where there is none, thousands separated, a tick for yes, a word for a code."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(in_words(value, language))


def _cell_words(value: object, found: Dossier, language: str) -> Any:
    """A value as it is read; a place by its name, with its code beside it."""
    if isinstance(value, str) and value in found.places:
        return [found.places[value][language == "en"], " ", html.Span(value, className="muted small")]
    return value_words(value, language)


def _table(register: Register, columns: list[tuple[str, str]], found: Dossier, language: str) -> html.Div:
    head = html.Tr(
        [html.Th(column_words(code, name, language), className=_mark(register, code)) for code, name in columns]
    )
    body = [
        html.Tr(
            [
                html.Td(_cell_words(row.get(code), found, language), className=_cell(row.get(code), register, code))
                for code, _ in columns
            ]
        )
        for row in register.rows[:SHOWN]
    ]
    hidden = len(register.rows) - SHOWN
    more = [html.P(say("alert.rows_more", language, n=hidden), className="muted small")] if hidden > 0 else []
    return html.Div([html.Table([html.Thead(head), html.Tbody(body)], className="rows"), *more], className="scrolls")


def _cell(value: object, register: Register, code: str) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return " ".join(part for part in (_mark(register, code), "number" if number else "") if part)


def _attributes(found: Dossier, language: str) -> html.Section:
    given = {name: value for name, value in found.attributes.items() if value not in (None, "")}
    words = "alert.no_evidence" if given else "alert.nothing_given"
    pairs = [part for name, value in given.items() for part in (html.Dt(name), html.Dd(value_words(value, language)))]
    return html.Section(
        [
            html.H2(say("alert.compared", language)),
            html.P(say(words, language), className="muted"),
            html.Dl(pairs, className="facts"),
        ],
        className="card evidence",
    )


def _dates(alert: Alert) -> list[tuple[str, date, str]]:
    """Name, place on the line and words of the dates that are known, the earliest first."""
    found: list[tuple[str, date, str]] = []
    if begins := _beginning(alert.period):
        found.append(("period", begins, alert.period or ""))
    if alert.happened_on:
        found.append(("happened", alert.happened_on, f"{alert.happened_on}"))
    if alert.registered_on:
        found.append(("registered", alert.registered_on, f"{alert.registered_on}"))
    found.append(("raised", local(alert.raised_at).date(), day(alert.raised_at)))
    return sorted(found, key=lambda item: item[1])


def _beginning(period: str | None) -> date | None:
    """First day of a period written YYYY, YYYY-MM or YYYY-MM-DD; None for any other."""
    whole = f"{period}{'-01-01'[len(period) - 10 :]}" if period and len(period) in (4, 7) else period or ""
    try:
        return date.fromisoformat(whole)
    except ValueError:
        return None


def timeline(alert: Alert, language: str) -> html.Section:
    """Happened, entitled period, registered, known to us: in order, with the days between."""
    dates = _dates(alert)
    marks: list[Any] = []
    for before, (name, on, words) in zip([None, *dates], dates, strict=False):
        if before is not None:
            marks.append(_gap((on - before[1]).days, language))
        marks.append(
            html.Div(
                [
                    html.Span(className="time-dot"),
                    html.Span(say(f"alert.date_{name}", language), className="muted small"),
                    html.Span(words, className="time-date"),
                ],
                className=f"time-mark time-{name}",
            )
        )
    known = {name for name, _, _ in dates}
    missing = [say(f"alert.date_{n}", language) for n in ("period", "happened", "registered") if n not in known]
    return html.Section(
        [
            html.H2(say("alert.timeline", language)),
            html.Div(marks, className="timeline"),
            html.P(say("alert.missing_dates", language, names="、".join(missing)), className="muted small")
            if missing
            else None,
        ],
        className="card",
    )


def _gap(days: int, language: str) -> html.Div:
    words = say("alert.days_later", language, n=f"{days:,}") if days else say("alert.same_day", language)
    # The square root keeps a gap of years from crushing one of days.
    return html.Div(html.Span(words), className="time-gap", style={"flexGrow": max(1.0, days**0.5)})
