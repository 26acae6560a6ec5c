"""The alert: what exactly was compared, and what do I ask to see?"""

import logging
from datetime import datetime
from typing import Any

import dash
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy.orm import Session

from dashboard import shell
from dashboard.due import due_lamp
from dashboard.evidence import evidence, timeline
from dashboard.formats import local, yuan
from dashboard.precedents import cause_list, history, precedents
from dashboard.verdict import LOCAL_USER, Given, already_words, given, verdict
from dashboard.waterfall import score_card
from dashboard.words import say
from data.database import reading, writing
from data.dossier import Dossier, dossier
from data.errors import InputRefused, NotFound, TransitionRefused
from data.office_time import utc_now
from data.queue import ORDERS, Filter, address, alert_number, next_alert, order_of
from data.verification import conclude

_LOG = logging.getLogger("mingjing.dashboard")
Kept = tuple[Filter, str]
"""The view of the queue an alert was opened from: its filter and its order."""


def layout(alert_id: str | None = None, lang: str | None = None, **query: Any) -> html.Div:
    """One alert; the filter of the queue it was opened from stays in the address."""
    language, kept = shell.language_of(lang), _kept(query)
    try:
        number = alert_number(alert_id or "")
        with reading() as session:
            found = dossier(session, number)
            content = body(session, found, language, kept)
    except (ValueError, NotFound):
        return shell.message("alert.gone_title", "alert.gone", language, id=(alert_id or "")[:40])
    wanted, order = kept
    return shell.frame(
        "queue",
        language,
        [
            dcc.Store(id="alert-view", data={"alert": number, "query": wanted.query() | {"order": order}}),
            html.Div(content, id="alert-body", className="alert"),
        ],
    )


def _kept(query: object) -> Kept:
    """The view a query asks for; the plain queue where it is not understood."""
    try:
        return (Filter.of(query), order_of(query)) if isinstance(query, dict) else (Filter(), ORDERS[0])
    except InputRefused:
        return Filter(), ORDERS[0]


def body(session: Session, found: Dossier, language: str, kept: Kept, notice: str = "") -> list[Any]:
    """The whole page of an alert below the header."""
    wanted, order = kept
    keep, now = address(wanted, order), utc_now()
    after = next_alert(session, wanted, today=local(now).date(), after=found.alert.id)
    onward = f"/alert/{after}{keep}" if after else None
    left = [
        evidence(found, language),
        timeline(found.alert, language),
        _basis(found, language),
        precedents(found, language, keep),
    ]
    right = [
        score_card(found.score, language),
        cause_list(found.known_causes, language),
        history(found.history, language),
    ]
    return [
        _top(found, language, keep, now),
        html.Div([html.Div(left), html.Div(right)], className="alert-columns"),
        verdict(found, language, now=now, onward=onward, notice=notice),
    ]


def _top(found: Dossier, language: str, keep: str, now: datetime) -> html.Div:
    """The question, how urgent it is, and whom and where it concerns."""
    alert, chinese = found.alert, language == "zh"
    open_still = alert.status != "closed"
    lamps = [
        shell.level_shape(alert.level, language),
        html.Span(
            say(f"alert.status_{alert.status}", language), className=f"status status-{alert.status}", id="alert-status"
        ),
        due_lamp(alert.due_on, local(now).date(), language) if open_still else None,
    ]
    return html.Div(
        [
            html.Div(
                [
                    dcc.Link(["← ", say("alert.back", language)], href=f"/queue{keep}", id="alert-back"),
                    html.Span(say("alert.number", language, id=alert.id), className="muted"),
                ],
                className="alert-crumbs",
            ),
            html.Div(
                [
                    html.H1(alert.title if chinese else alert.title_en),
                    html.A(say("alert.go_verify", language), href="#verdict", className="button-main")
                    if open_still
                    else None,
                ],
                className="alert-question",
            ),
            html.Div([*lamps, *_facts(found, language)], className="alert-facts"),
        ],
        className="alert-top",
    )


def _facts(found: Dossier, language: str) -> list[Any]:
    alert, chinese = found.alert, language == "zh"
    facts = (
        ("queue.subject", alert.subject_display),
        ("queue.place", found.place if chinese else found.place_en),
        ("queue.unit", found.unit if chinese else found.unit_en),
        ("alert.domain", found.domain if chinese else found.domain_en),
        ("queue.model", found.model if chinese else found.model_en),
        ("queue.amount", "" if alert.amount is None else say("queue.yuan", language, amount=yuan(alert.amount))),
        (
            "queue.recoverable",
            "" if alert.recoverable is None else say("queue.yuan", language, amount=yuan(alert.recoverable)),
        ),
    )
    return [
        html.Span([html.Span(say(key, language), className="fact-name"), html.Span(value)], className="fact")
        for key, value in facts
        if value
    ]


def _basis(found: Dossier, language: str) -> html.Section | None:
    basis, chinese = found.basis, language == "zh"
    lines = [basis.points if chinese else basis.points_en or basis.points]
    lines += [f"{name}：{clause}" if clause else name for name, clause in basis.policies]
    lines = [line for line in lines if line]
    if not lines:
        return None
    return html.Section(
        [html.H2(say("alert.basis", language)), html.Ul([html.Li(line) for line in lines], className="basis")],
        className="card",
    )


def record(view: object, outcome: object, cause: object, note: object, recovered: object, language: str) -> list[Any]:
    """Write the verdict with its event; gives the page as it then is.

    All that was posted is checked before anything is written. Raises InputRefused, in the page's language, where it
    does not say which alert, and NotFound for one that does not exist.
    """
    number, kept = _opened(view, language)
    try:
        _conclude(number, given(outcome, cause, note, recovered, language))
    except InputRefused as error:
        return _shown(number, language, kept, str(error))
    except TransitionRefused as error:
        with reading() as session:
            notice = already_words(dossier(session, number), error, language)
        return _shown(number, language, kept, notice)
    try:
        return _shown(number, language, kept)
    except Exception as error:
        # The verdict stands: to say that something failed would have it sent again.
        _LOG.error("alert %d: its verdict is written, its page failed", number, exc_info=error)
        return [html.P(say("alert.written", language, id=number), className="card message", role="status")]


def _opened(view: object, language: str) -> tuple[int, Kept]:
    try:
        if not isinstance(view, dict):
            raise ValueError("a view is an object")
        return alert_number(str(view.get("alert"))), _kept(view.get("query"))
    except ValueError:
        raise InputRefused(say("alert.wrong_view", language)) from None


def _conclude(number: int, read: Given) -> None:
    with writing() as session:
        conclude(
            session,
            number,
            outcome=read.outcome,
            cause=read.cause,
            note=read.note,
            actor=LOCAL_USER,
            at=utc_now(),
            recovered=read.recovered,
        )


def _shown(number: int, language: str, kept: Kept, notice: str = "") -> list[Any]:
    with reading() as session:
        return body(session, dossier(session, number), language, kept, notice)


def register(app: Dash) -> None:
    """File the alert's page and answer its form."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/alert/<alert_id>", layout=layout, title="明镜 · 预警"
    )

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("verdict", "step"),
        Output("verify", "className"),
        Output("verify-outcome", "value"),
        Output("verify-cause", "value"),
        Output("verify-note", "value"),
        Output("verify-recovered", "value"),
        Output("verify-summary", "children"),
        Input("verify-outcome", "value"),
        Input("verify-cause", "value"),
        Input("verify-note", "value"),
        Input("verify-recovered", "value"),
        Input("verify-next", "n_clicks"),
        Input("verify-back", "n_clicks"),
        Input("verify-words", "data"),
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("verdict", "forget"),
        Output("alert-concluded", "id"),
        Input("alert-concluded", "data"),
    )

    @app.callback(
        Output("alert-body", "children"),
        Input("verify-submit", "n_clicks"),
        State("alert-view", "data"),
        State("verify-outcome", "value"),
        State("verify-cause", "value"),
        State("verify-note", "value"),
        State("verify-recovered", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _submit(
        n_clicks: int | None, view: object, outcome: object, cause: object, note: object, recovered: object, lang: str
    ) -> Any:
        language = shell.language_of(lang)
        return record(view, outcome, cause, note, recovered, language) if n_clicks else no_update
