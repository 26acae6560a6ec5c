"""The proxy in front that speaks TLS: what it says of the visitor's address and connection is believed, nobody else."""

from collections.abc import Iterable
from typing import Any

from dash import Dash
from werkzeug.middleware.proxy_fix import ProxyFix

from data.settings import settings


def believe_proxy(app: Dash) -> None:
    """Take X-Forwarded-For and X-Forwarded-Proto from the proxy of the settings."""
    if address := settings().trusted_proxy:
        app.server.wsgi_app = _Behind(app.server.wsgi_app, address)


class _Behind:
    def __init__(self, plain: Any, address: str) -> None:
        self._plain, self._forwarded, self._address = plain, ProxyFix(plain, x_for=1, x_proto=1), address

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        chosen = self._forwarded if environ.get("REMOTE_ADDR") == self._address else self._plain
        answer: Iterable[bytes] = chosen(environ, start)
        return answer
