"""Two forms of the person queries: having everybody compared, and verifying a printed report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.formats import minute
from dashboard.words import say
from data import clearance
from data.clearance import number_of, reports_of
from data.clearance_ties import DEGREES
from data.errors import MingjingError
from data.office_time import utc_now
from data.people_tables import ClearanceReport


def verify_form(language: str) -> html.Section:
    """Where a printed report is checked against what was kept."""
    fields = [
        html.Label([say(f"clearance.{name}", language), dcc.Input(id=f"verify-{name}", className="field",
                                                                  autoComplete="off")])
        for name in ("number", "code")
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("clearance.verify", language)),
            html.P(say("clearance.verify_lead", language), className="muted small"),
            *fields,
            html.Button(say("clearance.verify_do", language), id="verify-send", type="button", className="button"),
            html.P(id="verify-said", role="status"),
        ],
        className="card looked",
    )


def compare_form(number: int, made: Sequence[ClearanceReport], language: str) -> html.Section:
    """Where the asker has everybody compared, and finds the reports made so far."""
    degrees = [{"label": say("clearance.degrees", language, n=n), "value": n} for n in DEGREES]
    return html.Section(
        [
            html.H2(say("clearance.make", language)),
            html.P(say("clearance.make_lead", language), className="muted"),
            html.Div(
                [
                    html.Label([say("clearance.degree", language), dcc.Dropdown(
                        id="compare-degree", options=degrees, value=2, clearable=False, searchable=False,
                        className="short-choice")]),
                    html.Button(say("clearance.make_do", language), id="compare-send", type="button",
                                className="button-main"),
                    html.Span(say("clearance.making", language), id="compare-running", hidden=True, role="status"),
                ],
                className="choices",
            ),
            html.P(id="compare-refused", className="error", role="alert"),
            html.Ol([html.Li(_report_link(one, language)) for one in made], id="compare-made", className="pile-rows"),
            dcc.Store(id="compare-query", data=number),
        ],
        className="card looked",
    )  # fmt: skip


def _report_link(made: ClearanceReport, language: str) -> dcc.Link:
    words = say("clearance.made", language, number=number_of(made), at=minute(made.made_at))
    return dcc.Link(words, href=f"/clearance/{made.id}", className="report-link")


def compared(number: object, degree: object, language: str) -> list[html.Li]:
    """Make a report for an open query of one's own; links to all of its reports, the new one first."""
    query_id = number if isinstance(number, int) else 0
    clearance.make(visitor.visitor(), query_id, degree=degree if isinstance(degree, int) else 0)
    with visitor.seen() as session:
        return [html.Li(_report_link(one, language)) for one in reports_of(session, [query_id])[query_id]]


def verified(number: object, code: object, language: str, *, at: datetime | None = None) -> str:
    """What is told of a printed report; raises NotFound where number and code belong to none."""
    now = at or utc_now()
    with visitor.acting() as session:
        found = clearance.verify(session, visitor.visitor(), str(number or ""), str(code or ""), at=now)
    over = found.expires_at is None or found.expires_at <= now
    words = say("clearance.genuine", language, at=minute(found.made_at), until=minute(found.expires_at))
    words += say("clearance.hold_against", language, day=found.as_of, none=found.counts["none"],
                 found=found.counts["found"], held=found.counts["held"],
                 nothing=found.counts["nothing"], uncompared=found.counts["not"])  # fmt: skip
    return words + (say("clearance.genuine_over", language) if over else "")


def answer(app: Dash) -> None:
    """Answer the two forms."""

    @app.callback(
        Output("compare-made", "children"),
        Output("compare-refused", "children"),
        Input("compare-send", "n_clicks"),
        State("compare-query", "data"),
        State("compare-degree", "value"),
        State("language", "data"),
        running=[(Output("compare-send", "disabled"), True, False), (Output("compare-running", "hidden"), False, True)],
        prevent_initial_call=True,
    )
    def _compare_now(n_clicks: int | None, number: object, degree: object, lang: str) -> Any:
        language = shell.language_of(lang)
        try:
            return (compared(number, degree, language), "") if n_clicks else (no_update, no_update)
        except MingjingError as error:
            return no_update, error.words(language)

    @app.callback(
        Output("verify-said", "children"),
        Output("verify-said", "className"),
        Input("verify-send", "n_clicks"),
        State("verify-number", "value"),
        State("verify-code", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _verify_now(n_clicks: int | None, number: object, code: object, lang: str) -> Any:
        language = shell.language_of(lang)
        try:
            return (verified(number, code, language), "said") if n_clicks else (no_update, no_update)
        except MingjingError as error:
            return error.words(language), "error"
