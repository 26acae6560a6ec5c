"""Files over HTTP: of an alert, for those who see it, and of a department's answer, for those who give it."""

from collections.abc import Callable
from urllib.parse import quote, unquote

from dash import Dash
from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard import shell
from dashboard.attachment_list import size_words
from dashboard.visitor import acting, visitor
from dashboard.words import say
from data import attachments
from data.errors import MingjingError, NotFound, NotPermitted
from data.loop_tables import Attachment
from data.office_time import utc_now
from data.queue import alert_number

HEADER = "X-Mingjing-Upload"
"""Carries the file's name, percent-encoded. A page of another origin cannot send it without being refused first."""
_ENVELOPE = 64 * 1024


def answer(app: Dash) -> None:
    """Serve and take the files of alerts."""
    app.server.add_url_rule("/alert/<number>/attachment/<attachment>", "attachment", _download, methods=["GET"])
    app.server.add_url_rule("/alert/<number>/attachment", "attach", _upload, methods=["POST"])


def answer_inquiries(app: Dash) -> None:
    """Take the files that a department adds to its answer: `POST` to /inquiry/<number>/attachment."""
    app.server.add_url_rule("/inquiry/<number>/attachment", "attach_to_inquiry", _upload_answer, methods=["POST"])


def _download(number: str, attachment: str) -> Response:
    person = visitor()
    try:
        wanted, of = alert_number(attachment), alert_number(number)
        with acting() as session:
            found, content = attachments.read(session, wanted, person)
            name, media_type, belongs = found.name, found.media_type, found.alert_id == of
        if not belongs:
            raise NotFound("There is no such file with this alert.", "这条预警没有这个附件。")
    except (ValueError, MingjingError) as error:
        return _refused(error)
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _upload(number: str) -> Response:
    return _taken(number, lambda session, of, **file: attachments.add(session, of, visitor(), **file))


def _upload_answer(number: str) -> Response:
    return _taken(number, lambda session, of, **file: attachments.add(session, None, visitor(), inquiry_id=of, **file))


def _taken(number: str, add: Callable[..., Attachment]) -> Response:
    """Read the one file that a page posted and have it kept by `add`."""
    name = unquote(request.headers.get(HEADER, ""))
    if not name:
        return _refused(NotPermitted("The file was not sent by a page of Mingjing.", "文件不是由页面发送的。"))
    request.max_content_length = attachments.MOST_BYTES + _ENVELOPE
    try:
        content = request.get_data(cache=False)
        of = alert_number(number)
        with acting() as session:
            added = add(session, of, at=utc_now(), name=name, content=content)
            session.flush()
            found = {"id": added.id, "name": added.name}
    except RequestEntityTooLarge:
        return _said(say("papers.too_large", shell.language_of(), most=size_words(attachments.MOST_BYTES)), 413)
    except (ValueError, MingjingError) as error:
        return _refused(error)
    return jsonify(found)


def _refused(error: Exception) -> Response:
    language = shell.language_of()
    status = 403 if isinstance(error, NotPermitted) else 404 if isinstance(error, NotFound | ValueError) else 400
    return _said(
        error.words(language) if isinstance(error, MingjingError) else say("shell.not_found", language), status
    )


def _said(words: str, status: int) -> Response:
    response = jsonify({"refused": words})
    response.status_code = status
    return response
