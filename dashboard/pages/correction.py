"""A correction ticket: which rows of what my department supplied are to be put right, and what do I answer?"""

from io import BytesIO
from typing import Any
from urllib.parse import quote

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Response

from dashboard import shell, visitor
from dashboard.formats import count, minute
from dashboard.posted import Posted
from dashboard.words import say
from data import corrections
from data.errors import MingjingError, NotFound
from data.office_time import utc_now
from data.register_catalogue import find_register
from data.tables import CorrectionTicket
from data.tabular_export import as_xlsx

RIGHT = "answer"
LONGEST = 2000


def layout(ticket_id: str | None = None, lang: str | None = None, **_query: Any) -> html.Div:
    """One ticket to a department of whoever is signed in."""
    language = shell.language_of(lang)
    return shell.frame("my_work", language, html.Div(body(_number(ticket_id), language), id="correction-body"))


def _number(text: object) -> int:
    written = str(text or "")
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise NotFound(
            f"There is no correction ticket {written[:20]!r} to your department. Open your work and choose one.",
            f"贵部门没有第 {written[:20]} 号数据纠错单，请从“我的工作”进入。",
        )
    return int(written)


def body(number: int, language: str) -> list[Any]:
    """What is to be put right, the rows, and the form or the answer. Raises NotFound for another department's."""
    with visitor.seen() as session:
        ticket = corrections.find(session, number, visitor.visitor())
        register = find_register(session, ticket.register)
        name = register.name if language == "zh" else register.name_en
    kind = corrections.KINDS[ticket.kind][0 if language == "zh" else 1]
    asked = html.Section(
        [
            html.H1(say("registers.correction_title", language, id=ticket.id, name=name)),
            html.P(say("registers.correction_lead", language, kind=kind, n=count(ticket.n_rows)), className="muted"),
            html.P(ticket.request, className="asked"),
            html.P(say("registers.correction_due", language, due=ticket.due_on), className="muted small"),
            html.A(say("registers.correction_rows", language), href=f"/correction/{ticket.id}/rows", className="button")
            if ticket.filing_id
            else None,
            html.P(say("registers.correction_yours", language), className="muted small") if ticket.filing_id else None,
        ],
        className="card sheet",
    )
    done = ticket.answered_at is not None or ticket.closed_at is not None
    return [html.Div([asked, _said(ticket, language) if done else _form(ticket, language)], className="sheet")]


def _said(ticket: CorrectionTicket, language: str) -> html.Section:
    closing = say("registers.closed_with", language, reason=ticket.closing) if ticket.closed_at else None
    return html.Section(
        [
            html.H2(say("registers.correction_sent" if ticket.answer else "registers.ticket_closed", language)),
            html.P(ticket.answer, className="asked"),
            html.P(minute(ticket.answered_at), className="muted small"),
            html.P(closing, className="muted"),
            dcc.Link(say("work.back", language), href="/my-work", className="button"),
        ],
        className="card sheet",
        role="status",
    )


def _form(ticket: CorrectionTicket, language: str) -> html.Section:
    return html.Section(
        [
            html.Label(html.H2(say("registers.correction_answer", language)), htmlFor="correction-answer"),
            dcc.Textarea(
                id="correction-answer",
                className="field",
                maxLength=LONGEST,
                persistence=ticket.id,
                persistence_type="local",
            ),
            html.P(say("registers.correction_hint", language), className="muted small"),
            html.P(id="correction-refused", className="error", role="alert"),
            html.Div(
                [
                    html.Button(
                        say("registers.correction_send", language),
                        id="correction-send",
                        type="button",
                        className="button-main big",
                    ),
                    dcc.Link(say("work.back", language), href="/my-work", className="button"),
                ],
                className="buttons",
            ),
            dcc.Store(id="correction-number", data=ticket.id),
        ],
        className="card sheet",
    )


def send(number: object, answer: object, language: str) -> list[Any]:
    """Write the answer; the page as it then is. Raises what refuses it."""
    wanted, text = _number(number), Posted({"answer": answer}).text("answer")
    with visitor.acting() as session:
        corrections.answer(session, wanted, visitor.visitor(), at=utc_now(), answer=text)
    return body(wanted, language)


def _rows(number: str) -> Response:
    """The rows as a workbook, every number as text."""
    try:
        wanted = _number(number)
        with visitor.acting() as session:
            table = corrections.rows(session, wanted, visitor.visitor(), at=utc_now())
    except MingjingError as error:
        return Response(error.words(shell.language_of()), status=404, mimetype="text/plain")
    cells = table.astype("object").where(table.notna(), "").to_numpy().tolist()
    content = as_xlsx([str(column) for column in table.columns], [[str(cell) for cell in row] for row in cells])
    response = Response(
        BytesIO(content).getvalue(), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'纠错单{wanted}.xlsx')}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def register(app: Dash) -> None:
    """File the page, answer its form and hand out its rows."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/correction/<ticket_id>", layout=layout, title="明镜 · 数据纠错"
    )
    app.server.add_url_rule("/correction/<number>/rows", "correction_rows", _rows, methods=["GET"])

    @app.callback(
        Output("correction-answer", "value"),
        Output("correction-body", "children"),
        Output("correction-refused", "children"),
        Input("correction-send", "n_clicks"),
        State("correction-answer", "value"),
        State("correction-number", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(n_clicks: int | None, answer: object, number: object, lang: str) -> Any:
        if not n_clicks:
            return no_update, no_update, no_update
        language = shell.language_of(lang)
        try:
            return "", send(number, answer, language), ""
        except MingjingError as error:
            return no_update, no_update, error.words(language)
