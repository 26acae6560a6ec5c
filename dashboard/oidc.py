"""Sign-in through an identity provider (OpenID Connect): code flow with PKCE, state and nonce, all by Authlib.

Optional. It lets in accounts that are linked to a subject of the provider; it never makes one and grants nothing.
"""

import logging
from collections.abc import Callable
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from dash import Dash
from flask import Flask, abort, current_app, redirect, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from dashboard import guard
from data import sign_in
from data.database import writing
from data.errors import SignInRefused
from data.identity import make_secrets, secret
from data.office_time import utc_now
from data.settings import Settings, settings

_LOG = logging.getLogger("mingjing.dashboard")
_WELL_KNOWN = "/.well-known/openid-configuration"
_PATIENCE_SECONDS = 10
LetIn = Callable[[sign_in.Opened, str | None], Response]


def open_entrance(app: Dash, let_in: LetIn) -> None:
    """Serve the way to the identity provider and the way back; where none is set, there is nothing at them."""
    if settings().oidc_issuer:
        app.server.extensions["mingjing-oidc"] = _client(app.server, settings())
    app.server.add_url_rule("/sign-in/oidc", "oidc", _leave)
    app.server.add_url_rule("/sign-in/oidc/back", "oidc_back", lambda: _come_back(let_in))


def is_offered() -> bool:
    """Whether there is an identity provider to sign in with."""
    return "mingjing-oidc" in current_app.extensions


def _client(server: Flask, found: Settings) -> Any:
    # What has to be remembered between leaving and coming back is in a signed cookie of its own, for that time only.
    make_secrets(("cookie.key",))
    server.secret_key = secret("cookie.key")
    server.config |= {"SESSION_COOKIE_NAME": "mingjing-oidc", "SESSION_COOKIE_SAMESITE": "Lax"}
    return OAuth(server).register(
        "provider",
        client_id=found.oidc_client_id,
        client_secret=found.oidc_client_secret,
        server_metadata_url=found.oidc_issuer.rstrip("/") + _WELL_KNOWN,
        client_kwargs={"scope": "openid", "code_challenge_method": "S256", "timeout": _PATIENCE_SECONDS},
    )


def _provider() -> Any:
    return current_app.extensions.get("mingjing-oidc") or abort(404)


def _leave() -> Response:
    """Send the browser to the provider."""
    client = _provider()
    session.clear()
    session["next"] = request.args.get("next", "")[:2000]
    try:
        found: Response = client.authorize_redirect(url_for("oidc_back", _external=True))
    except (AuthlibBaseError, requests.RequestException) as error:
        return _failed(error)
    return found


def _come_back(let_in: LetIn) -> Response:
    """Take what the provider says and let in the account that is linked to it."""
    client = _provider()
    try:
        said = client.authorize_access_token()
        subject = str(said["userinfo"]["sub"])
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError) as error:
        return _failed(error)
    asked = session.pop("next", "")
    session.clear()
    try:
        with writing() as own:
            opened = sign_in.by_oidc(own, subject, address=guard.address_of_visitor(), at=utc_now())
    except SignInRefused as error:
        _LOG.warning("the identity provider's subject was not let in: %s", error)
        return redirect("/sign-in?why=stranger", code=303)
    return let_in(opened, asked)


def _failed(error: Exception) -> Response:
    _LOG.warning("sign-in by the identity provider failed: %s", type(error).__name__)
    return redirect("/sign-in?why=oidc", code=303)
