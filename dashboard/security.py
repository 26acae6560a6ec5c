"""What every response carries: a strict content policy, no sniffing, no framing, and how long it may be kept."""

from dash import Dash
from flask import Response, request

_FOREVER = "public, max-age=31536000, immutable"


def content_policy(app: Dash) -> str:
    """Content-Security-Policy under which every page works: own files, and the inline scripts Dash itself writes."""
    scripts = " ".join(["'self'", *app.csp_hashes()])
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _fingerprinted() -> bool:
    if request.path.startswith("/assets/"):
        return "m" in request.args
    return request.path.startswith("/_dash-component-suites/") and (".v" in request.path or "v" in request.args)


def guard(app: Dash) -> None:
    """Add the headers to every response of `app`."""

    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = content_policy(app)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if response.status_code == 200 and _fingerprinted():
            headers["Cache-Control"] = _FOREVER
        elif response.mimetype in ("text/html", "application/json"):
            headers["Cache-Control"] = "no-store"
        return response

    app.server.after_request(add_headers)
