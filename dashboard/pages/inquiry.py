"""An inquiry: what is my department asked to explain, and what do I answer? The alert behind it stays out of sight."""

from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.attachment_files import answer_inquiries
from dashboard.attachment_list import uploader
from dashboard.formats import minute
from dashboard.posted import Posted
from dashboard.words import say
from data import inquiries
from data.errors import MingjingError, NotFound
from data.inquiries import Asked
from data.office_time import utc_now

RIGHT = "answer"
LONGEST = 4000


def layout(inquiry_id: str | None = None, lang: str | None = None, **_query: Any) -> html.Div:
    """One inquiry to a department of whoever is signed in."""
    language = shell.language_of(lang)
    try:
        return shell.frame("my_work", language, html.Div(body(_number(inquiry_id), language), id="inquiry-body"))
    except NotFound:
        return shell.message("work.inquiry_title", "work.inquiry_gone", language)


def _number(text: object) -> int:
    written = str(text or "")
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise NotFound(
            f"There is no inquiry {written[:20]!r}. Open your work and choose one.", say("work.inquiry_gone", "zh")
        )
    return int(written)


def body(number: int, language: str) -> list[Any]:
    """The question, and the form or the answer. Raises NotFound where no department of the visitor was sent it."""
    found = _find(number)
    day = say("work.inquiry_due", language, day=found.due_on)
    unit = found.unit if language == "zh" else found.unit_en
    by = say("work.inquiry_by", language, unit=unit, time=minute(found.asked_at))
    asked = html.Section(
        [
            html.H1(say("work.inquiry_number", language, id=found.id)),
            html.P(by, className="muted small"),
            html.P(found.question, className="asked"),
            html.P(day, className="muted small"),
        ],
        className="card sheet",
    )
    part = _answered(found, language) if found.answered_at is not None else _form(found, language)
    return [html.Div([asked, part], className="sheet")]


def _find(number: int) -> Asked:
    with visitor.seen() as session:
        asked = inquiries.of_department(session, visitor.visitor())
    found = next((one for one in asked if one.id == number), None)
    if found is None:
        raise NotFound(
            f"There is no inquiry {number} to your department. Open your work and choose one.",
            say("work.inquiry_gone", "zh"),
        )
    return found


def _answered(found: Asked, language: str) -> html.Section:
    return html.Section(
        [
            html.H2(say("work.inquiry_sent", language)),
            html.P(found.answer, className="asked"),
            html.P(minute(found.answered_at), className="muted small"),
            _files(found),
            dcc.Link(say("work.back", language), href="/my-work", className="button"),
        ],
        className="card sheet",
        role="status",
    )


def _form(found: Asked, language: str) -> html.Section:
    return html.Section(
        [
            html.Label(html.H2(say("work.inquiry_answer", language)), htmlFor="inquiry-answer"),
            dcc.Textarea(
                id="inquiry-answer",
                className="field",
                maxLength=LONGEST,
                persistence=found.id,
                persistence_type="local",
            ),
            html.P(say("work.inquiry_hint", language), className="muted small"),
            html.H3(say("work.inquiry_files", language)),
            html.Div(_files(found), id="inquiry-files"),
            uploader(language, f"/inquiry/{found.id}/attachment", told="inquiry-arrived"),
            html.P(id="inquiry-refused", className="error", role="alert"),
            html.Div(
                [
                    html.Button(
                        say("work.inquiry_send", language),
                        id="inquiry-send",
                        type="button",
                        className="button-main big",
                    ),
                    dcc.Link(say("work.back", language), href="/my-work", className="button"),
                ],
                className="buttons",
            ),
            dcc.Store(id="inquiry-number", data=found.id),
            dcc.Store(id="inquiry-arrived"),
        ],
        className="card sheet",
    )


def _files(found: Asked) -> html.Ul | None:
    if not found.attachments:
        return None
    return html.Ul([html.Li(name) for _, name in found.attachments], className="files")


def send(number: object, answer: object, language: str) -> list[Any]:
    """Write the answer; the page as it then is. Raises what refuses it."""
    wanted, text = _number(number), Posted({"answer": answer}).text("answer")
    with visitor.acting() as session:
        inquiries.answer(session, wanted, visitor.visitor(), at=utc_now(), answer=text)
    return body(wanted, language)


def files(number: object) -> html.Ul | None:
    """The files kept with the inquiry by now."""
    return _files(_find(_number(number)))


def register(app: Dash) -> None:
    """File the page, answer its form and take its files."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/inquiry/<inquiry_id>", layout=layout, title="明镜 · 情况说明"
    )
    answer_inquiries(app)

    @app.callback(
        Output("inquiry-answer", "value"),
        Output("inquiry-body", "children"),
        Output("inquiry-refused", "children"),
        Input("inquiry-send", "n_clicks"),
        State("inquiry-answer", "value"),
        State("inquiry-number", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(n_clicks: int | None, answer: object, number: object, lang: str) -> Any:
        if not n_clicks:
            return no_update, no_update, no_update
        language = shell.language_of(lang)
        try:
            # What was typed is kept on this machine until it is sent, and not longer.
            return "", send(number, answer, language), ""
        except MingjingError as error:
            return no_update, no_update, error.words(language)

    @app.callback(
        Output("inquiry-files", "children"),
        Input("inquiry-arrived", "data"),
        State("inquiry-number", "data"),
        prevent_initial_call=True,
    )
    def _arrived(at: object, number: object) -> Any:
        return files(number) if at else no_update
