"""A clearance report: what was compared on that day, what was not found, and what could not be compared?"""

from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.clearance_sheet import sheet, subjects
from dashboard.posted import Posted
from dashboard.words import say
from data import person_queries
from data.actors import names
from data.clearance import read
from data.errors import MingjingError, NotFound
from data.office_time import utc_now
from data.scopes import place_names

RIGHT = ("query_person", "approve")


def layout(number: str | None = None, lang: str | None = None, **_query: Any) -> html.Div:
    """One report of an open query, masked."""
    language = shell.language_of(lang)
    return shell.frame("clearance", language, html.Div(body(_number(number), language), className="report"))


def _number(text: object) -> int:
    written = str(text or "")
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise NotFound(
            f"There is no report {written[:20]!r}. Open your person queries and choose one.",
            f"没有第 {written[:20]} 号比对报告，请从“人员查询”进入。",
        )
    return int(written)


def body(number: int, language: str) -> list[Any]:
    """The sheet, and what stands above it on the screen alone."""
    person = visitor.visitor()
    with visitor.acting() as session:
        made, query, report = read(session, number, person, at=utc_now())
        called = names(session, {query.asked_by, query.decided_by or ""}, language=language)
        place = place_names(session, {report.region}).get(report.region)
        session.expunge_all()
    place_name = place[0 if language == "zh" else 1] if place else report.region
    return [
        html.Div(
            [
                dcc.Link(say("clearance.back", language), href="/person-queries", className="button"),
                html.Button(say("clearance.print", language), id="clearance-print", type="button",
                            className="button-main"),
            ],
            className="buttons no-print",
        ),
        *sheet(made, query, report, called, place_name, language),
        _unmask(made.query_id, language) if person.code == query.asked_by and person.may("unmask") else None,
    ]  # fmt: skip


def _unmask(query_id: int, language: str) -> html.Section:
    return html.Section(
        [
            html.H2(say("clearance.unmask", language)),
            html.Label([say("clearance.unmask_why", language),
                        dcc.Input(id="clearance-why", className="field", autoComplete="off")]),
            html.P(say("clearance.unmask_note", language), className="muted small"),
            html.P(id="clearance-refused", className="error", role="alert"),
            html.Button(say("clearance.unmask_do", language), id="clearance-unmask", type="button", className="button"),
            dcc.Store(id="clearance-query", data=query_id),
        ],
        className="card looked no-print",
    )  # fmt: skip


def unmasked(query_id: object, why: object, language: str) -> html.Table:
    """Whom the report is about with names and numbers, for this view; on record. Raises what refuses it."""
    person, reason = visitor.visitor(), Posted({"why": why}).text("why")
    person.must("unmask")
    with visitor.acting() as session:
        found = person_queries.unmask(session, _number(query_id), person, at=utc_now(), reason=reason)
    return subjects([(one.side, one.kind, f"{one.name} {one.number}".strip()) for one in found], language)


def register(app: Dash) -> None:
    """File the page, its print button and its form."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/clearance/<number>", layout=layout, title="明镜 · 比对报告"
    )
    app.clientside_callback(
        "function(n) { if (n) { window.print(); } return window.dash_clientside.no_update; }",
        Output("clearance-print", "title"),
        Input("clearance-print", "n_clicks"),
        prevent_initial_call=True,
    )  # type: ignore[no-untyped-call]

    @app.callback(
        Output("clearance-subjects", "children"),
        Output("clearance-refused", "children"),
        Input("clearance-unmask", "n_clicks"),
        State("clearance-query", "data"),
        State("clearance-why", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _show(n_clicks: int | None, query_id: object, why: object, lang: str) -> Any:
        language = shell.language_of(lang)
        try:
            return (unmasked(query_id, why, language), "") if n_clicks else (no_update, no_update)
        except MingjingError as error:
            return no_update, error.words(language)
