"""An inquiry: what is my department asked to explain, and what do I answer? The alert behind it stays out of sight."""

import base64
import binascii
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.formats import minute
from dashboard.words import say
from data import attachments, inquiries
from data.errors import InputRefused, MingjingError, NotFound
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
        raise NotFound(f"There is no inquiry {written[:20]!r}. Open your work and choose one.")
    return int(written)


def body(number: int, language: str, notice: str = "") -> list[Any]:
    """The question, and the form or the answer. Raises NotFound where no department of the visitor was sent it."""
    person = visitor.visitor()
    with visitor.seen() as session:
        found = next((one for one in inquiries.of_department(session, person) if one.id == number), None)
        if found is None:
            raise NotFound(
                f"There is no inquiry {number} to your department. Open your work and choose one.",
                say("work.inquiry_gone", "zh"),
            )
    asked = html.Section(
        [
            html.H1(say("work.inquiry_asked", language)),
            html.P(found.question, className="asked"),
            html.P(say("work.inquiry_due", language, day=found.due_on), className="muted small"),
        ],
        className="card sheet",
    )
    answered = found.answered_at is not None
    part = _answered(found, language) if answered else _form(found, language, notice)
    return [html.Div([asked, part], className="sheet")]


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


def _form(found: Asked, language: str, notice: str) -> html.Section:
    return html.Section(
        [
            html.H2(say("work.inquiry_answer", language)),
            dcc.Textarea(
                id="inquiry-answer",
                className="field",
                maxLength=LONGEST,
                persistence=found.id,
                persistence_type="local",
            ),
            html.P(say("work.inquiry_hint", language), className="muted small"),
            html.H3(say("work.inquiry_files", language)),
            _files(found),
            dcc.Upload(
                html.Div(say("work.inquiry_add", language), className="drop"),
                id="inquiry-file",
                max_size=attachments.MOST_BYTES,
            ),
            html.P(notice, className="error", id="inquiry-refused", role="alert"),
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
        ],
        className="card sheet",
    )


def _files(found: Asked) -> html.Ul:
    return html.Ul([html.Li(name) for _, name in found.attachments], className="files")


def send(number: object, answer: object, language: str) -> list[Any]:
    """Write the answer; the page as it then is, with the refusal where there is one."""
    wanted = _number(number)
    try:
        with visitor.acting() as session:
            inquiries.answer(session, wanted, visitor.visitor(), at=utc_now(), answer=str(answer or ""))
    except MingjingError as error:
        return body(wanted, language, error.words(language))
    return body(wanted, language)


def attach(number: object, content: object, name: object, language: str) -> list[Any]:
    """Keep a file with the inquiry; the page as it then is."""
    wanted = _number(number)
    try:
        with visitor.acting() as session:
            attachments.add(
                session, None, visitor.visitor(), at=utc_now(), name=str(name or ""), content=read_upload(content),
                inquiry_id=wanted,
            )  # fmt: skip
    except MingjingError as error:
        return body(wanted, language, error.words(language))
    return body(wanted, language)


def read_upload(content: object) -> bytes:
    """The bytes of what a browser uploaded as a data address. Raises InputRefused."""
    _, comma, coded = str(content or "").partition(",")
    try:
        if not comma:
            raise ValueError("no data address")
        return base64.b64decode(coded, validate=True)
    except (ValueError, binascii.Error):
        raise InputRefused(
            "The file did not arrive whole. Choose it again.", "文件没有完整上传，请重新选择。"
        ) from None


def register(app: Dash) -> None:
    """File the page and answer its form."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/inquiry/<inquiry_id>", layout=layout, title="明镜 · 情况说明"
    )

    @app.callback(
        Output("inquiry-body", "children"),
        Input("inquiry-send", "n_clicks"),
        Input("inquiry-file", "contents"),
        State("inquiry-file", "filename"),
        State("inquiry-answer", "value"),
        State("inquiry-number", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(n_clicks: int | None, content: object, name: object, answer: object, number: object, lang: str) -> Any:
        language = shell.language_of(lang)
        if content and dash.ctx.triggered_id == "inquiry-file":
            return attach(number, content, name, language)
        return send(number, answer, language) if n_clicks else no_update
