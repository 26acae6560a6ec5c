"""A small OpenID Connect provider by Authlib, served from a thread: code flow, PKCE demanded, signed ID tokens.

Whoever comes is `subject`, without being asked; what the provider remembers lives in this process.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from tests.browser import Quiet

CLIENT, SECRET = "mingjing", "a-secret-between-the-two"


@dataclass
class Client:
    """The office as the provider knows it."""

    redirect: str = ""

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == self.redirect

    def check_client_secret(self, given: str) -> bool:
        return secrets.compare_digest(given, SECRET)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code:
    """A code that was given out."""

    code: str
    subject: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    at: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.at)

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Provider:
    """The provider: `issuer` is its address."""

    def __init__(self, subject: str) -> None:
        self.subject, self.client = subject, Client()
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.signs_with = self.key
        self.codes: dict[str, Code] = {}
        app = Flask("provider")
        self._http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self.issuer = f"http://127.0.0.1:{self._http.server_port}"
        self._answer(app)
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)

    def _answer(self, app: Flask) -> None:
        server = AuthorizationServer(
            app, query_client=lambda name: self.client if name == CLIENT else None, save_token=lambda *_: None
        )
        server.register_grant(_code_grant(self), [CodeChallenge(required=True), _id_token(self)])
        app.add_url_rule("/.well-known/openid-configuration", "about", lambda: jsonify(self._about()))
        app.add_url_rule("/keys", "keys", lambda: jsonify({"keys": [self.key.as_dict(private=False)]}))

        @app.get("/authorize")
        def authorize() -> Response:
            grant = server.get_consent_grant(end_user=self.subject)
            return server.create_authorization_response(request=None, grant_user=self.subject, grant=grant)

        @app.post("/token")
        def token() -> Response:
            return server.create_token_response()

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }


def _code_grant(provider: Provider) -> type:
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: Any) -> None:
            asked = request.payload.data
            provider.codes[code] = Code(
                code, str(request.user), asked["redirect_uri"], asked["scope"], asked.get("nonce", ""),
                asked["code_challenge"], asked["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.subject

    return CodeGrant


def _id_token(provider: Provider) -> OpenIDCode:
    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo(sub=user)

        def resolve_client_private_key(self, client: Any) -> Any:
            return provider.signs_with

        def get_client_algorithm(self, client: Any) -> str:
            return "RS256"

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.issuer, "exp": int(time.time()) + 600}

    return IdToken(require_nonce=True)
