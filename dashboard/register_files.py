"""Files of registers over HTTP: taken by the import page, to be understood before anything is stored."""

from urllib.parse import unquote

from dash import Dash
from flask import Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from dashboard import shell
from dashboard.attachment_files import HEADER
from dashboard.attachment_list import size_words
from dashboard.visitor import visitor
from dashboard.words import say
from data import pending_uploads
from data.errors import MingjingError

_ENVELOPE = 64 * 1024


def answer_uploads(app: Dash) -> None:
    """Take a file: `POST` to /register-import/file."""
    app.server.add_url_rule("/register-import/file", "register_file", _upload, methods=["POST"])


def _upload() -> Response:
    language = shell.language_of()
    name = unquote(request.headers.get(HEADER, ""))
    if not name:
        return _said(say("registers.not_from_page", language), 403)
    request.max_content_length = pending_uploads.MOST_BYTES + _ENVELOPE
    try:
        pending_uploads.keep(visitor().code, name, request.get_data(cache=False))
    except RequestEntityTooLarge:
        return _said(say("papers.too_large", language, most=size_words(pending_uploads.MOST_BYTES)), 413)
    except MingjingError as error:
        return _said(error.words(language), 400)
    return jsonify({"name": name})


def _said(words: str, status: int) -> Response:
    answer = jsonify({"refused": words})
    answer.status_code = status
    return answer
