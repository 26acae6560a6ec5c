"""Registers: what is late, whose data can be relied on, and what do we hold on what ground?"""

from collections.abc import Sequence
from typing import Any

import dash
from dash import Dash, dcc, html

from dashboard import shell, visitor
from dashboard.formats import NOTHING, count, day, local, percent
from dashboard.register_calendar import calendar_table, legend
from dashboard.words import column_words, say
from data.office_time import utc_now
from data.register_calendar import MISSING, Strip, calendar
from data.register_catalogue import registers_of
from data.register_ledger import Listed, ledger
from data.register_usage import usage
from data.suppliers import Scorecard, scorecards

RIGHT = ("registers", "approve_models", "assess")
_SCORES = ("supplier", "registers", "late", "wrong", "lag", "tickets")
_LISTED = ("register", "supplier", "version", "rows", "received", "ground", "level", "models", "unused")


def layout(lang: str | None = None, **_query: Any) -> html.Div:
    """Calendar, suppliers, catalogue."""
    language, today = shell.language_of(lang), local(utc_now()).date()
    with visitor.seen() as session:
        strips = calendar(session, list(registers_of(session).values()), today=today)
        suppliers = scorecards(session, strips)
        listed = ledger(session, usage(session))
    return shell.frame("registers", language, body(strips, suppliers, listed, language))


def body(strips: Sequence[Strip], suppliers: Sequence[Scorecard], listed: Sequence[Listed], language: str) -> html.Div:
    """The page below the header."""
    shown = [strip for strip in strips if any(cell.state not in ("before", "none") for cell in strip.cells)]
    return html.Div(
        [
            _head(shown, listed, language),
            html.Section(
                [
                    html.Div(
                        [html.H2(say("registers.calendar", language)), legend(language)], className="calendar-head"
                    ),
                    html.Div(calendar_table(shown, language), className="scrolls")
                    if shown
                    else html.P(say("registers.calendar_none", language), className="muted"),
                ],
                className="card",
            ),
            html.Section(
                [html.H2(say("registers.suppliers", language)), _suppliers(suppliers, language)], className="card"
            ),
            html.Section(
                [
                    html.H2(say("registers.catalogue", language, n=count(len(listed)))),
                    html.Div(_catalogue(listed, language), className="scrolls"),
                ],
                className="card",
                id="catalogue",
            ),
        ],
        className="work",
    )


def _head(strips: Sequence[Strip], listed: Sequence[Listed], language: str) -> html.Div:
    late = [strip for strip in strips if strip.n(MISSING)]
    if late:
        one = late[0].register
        name = one.name if language == "zh" else one.name_en
        title = say("registers.late", language, n=len(late), name=name, days=late[0].days_late)
    else:
        title = say("registers.nothing_late", language)
    filed = sum(one.last is not None for one in listed)
    lead = say("registers.lead", language, n=count(filed), all=count(len(listed)))
    button = dcc.Link(say("registers.import", language), href="/register-import", className="button-main big")
    return html.Div(
        [
            html.Div([html.H1(title), html.P(lead, className="lead")]),
            html.Div(button if visitor.permitted("registers") else None, className="work-take"),
        ],
        className="work-head",
    )


def heads(names: Sequence[str], language: str) -> html.Thead:
    """The header row of a table, with a sentence behind each word that needs one."""
    return html.Thead(html.Tr([html.Th(say(f"registers.column_{name}", language), scope="col") for name in names]))


def _suppliers(cards: Sequence[Scorecard], language: str) -> Any:
    if not cards:
        return html.P(say("registers.suppliers_none", language), className="muted")
    rows = [html.Tr([html.Th(card.supplier, scope="row"), *score_cells(card, language)]) for card in cards]
    return html.Div(
        html.Table([heads(_SCORES, language), html.Tbody(rows)], className="assessed registers-table"),
        className="scrolls",
    )


def score_cells(card: Scorecard, language: str) -> list[html.Td]:
    """Registers, late, wrong, lag and open tickets of a supplier, each share with its counts."""
    late = say("registers.late_of", language, late=card.n_late, missing=card.n_missing, n=card.n_periods)
    wrong = say(
        "registers.wrong_of",
        language,
        refused=count(card.n_refused),
        rows=count(card.n_rows + card.n_refused),
        failed=count(card.n_failed),
        checked=count(card.n_checked),
    )
    per = NOTHING if card.wrong_share is None else f"{card.wrong_share * 10_000:,.1f}"
    lag = NOTHING if card.lag_days is None else say("registers.days", language, n=f"{card.lag_days:,.0f}")
    return [
        html.Td(count(card.n_registers), className="number"),
        html.Td([html.Span(percent(card.late_share), className="share"), html.Span(late, className="muted small")]),
        html.Td([html.Span(per, className="share"), html.Span(wrong, className="muted small")]),
        html.Td(lag, className="number"),
        html.Td(count(card.n_open), className="number" + (" late-note" if card.n_open else "")),
    ]


def _catalogue(listed: Sequence[Listed], language: str) -> html.Table:
    return html.Table(
        [heads(_LISTED, language), html.Tbody([_listed(one, language) for one in listed])],
        className="assessed registers-table",
    )


def _listed(one: Listed, language: str) -> html.Tr:
    register, last = one.register, one.last
    name = register.name if language == "zh" else register.name_en
    ground = (
        [html.Span(last.legal_basis or NOTHING), html.Span(last.purpose, className="muted small")] if last else NOTHING
    )
    received = (
        [html.Span(day(last.received_at)), html.Span(day(one.first_at), className="muted small")] if last else NOTHING
    )
    models = "、".join(one.models[:6]) + (f" +{len(one.models) - 6}" if len(one.models) > 6 else "")
    return html.Tr(
        [
            html.Th(
                [dcc.Link(name, href=f"/registers/{register.code}"), html.Span(register.code, className="muted small")],
                scope="row",
                className="register-name",
            ),
            html.Td(last.supplier if last else register.supplier),
            html.Td(last.version if last else NOTHING, className="number"),
            html.Td(count(one.n_rows) if last else NOTHING, className="number"),
            html.Td(received, className="two-lines"),
            html.Td(ground, className="two-lines"),
            html.Td(level_mark(one.level, language)),
            html.Td(models or html.Span(say("registers.no_model", language), className="muted")),
            html.Td(_unused(one, language)),
        ]
    )


def _unused(one: Listed, language: str) -> Any:
    if not one.unused:
        return NOTHING
    words = "、".join(column_words(name, one.register.columns[name].label, language) for name in one.unused)
    return html.Span(say("registers.drop_n", language, n=len(one.unused)), className="admin-amber", title=words)


def level_mark(level: str, language: str) -> html.Span:
    """A level of sensitivity with its word."""
    return html.Span(
        [html.Span(level, className=f"sensitivity sensitivity-{level}"), say(f"registers.{level}", language)],
        className="sensitivity-box",
    )


def register(_app: Dash) -> None:
    """File the page."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/registers", layout=layout, title="明镜 · 登记数据"
    )
