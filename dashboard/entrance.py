"""The entrance: sign-in step by step on plain pages that need no script, the way out, and screens let in by token."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import segno
from dash import Dash
from flask import g, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from dashboard import guard, oidc, shell
from dashboard.words import say
from data import access_tokens, passwords, policy, sign_in
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, SignInRefused, TransitionRefused
from data.office_time import utc_now
from data.rights import Person

_WHY = ("out", "ended", "screen", "oidc", "stranger")
"""What the page says on top when asked to by `?why=`."""
_LONGEST = 200
"""Characters of a field that are looked at."""


def open_entrance(app: Dash) -> None:
    """Serve the sign-in pages, the way out and the entrance for screens on `app`."""
    add = app.server.add_url_rule
    add("/sign-in", "sign_in", _page)
    add("/sign-in", "sign_in_password", _take_name_and_password, methods=["POST"])
    add("/sign-in/second-factor", "sign_in_second_factor", _take_code, methods=["POST"])
    add("/sign-in/password", "sign_in_new_password", _take_new_password, methods=["POST"])
    add("/sign-in/enrol", "sign_in_enrol", _take_first_code, methods=["POST"])
    add("/sign-out", "sign_out", _sign_out, methods=["POST"])
    add("/kiosk", "kiosk", _screens_page)
    add("/kiosk", "kiosk_in", _let_screen_in, methods=["POST"])
    oidc.open_entrance(app, let_in)
    app.server.jinja_env.globals["asset"] = lambda name: shell.asset_address(app, name)


def own_path(asked: str | None) -> str:
    """The address of this site that a sign-in leads back to; empty for what is none, or another site's."""
    asked = (asked or "")[:2000]
    try:
        parts = urlsplit(asked.replace("\\", "/"))
    except ValueError:
        return ""
    if not asked.startswith("/") or asked.startswith(("//", "/\\")) or parts.netloc or parts.scheme:
        return ""
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in asked):
        return ""
    return "" if parts.path.startswith(("/sign-", "/kiosk", "/_", "/assets/")) else asked


def _page() -> Response | str:
    why = request.args.get("why", "")
    try:
        signed = guard.signed_in(active=False)
    except SignInRefused:
        return _shown("name", said=say(f"entrance.why_{why}", shell.language_of()) if why in _WHY else "")
    return _onward(signed) if signed.step == "open" else _shown(signed.step)


def _onward(signed: sign_in.Signed) -> Response:
    """To where a sign-in leads: back to what was asked for, or to the first page the person may open."""
    g.person = signed.person
    return redirect(own_path(request.values.get("next")) or _home(signed.person), code=303)


def _home(person: Person) -> str:
    """Where the day of a person begins: the desk of whoever has work on it, or the first page they may open.

    A leader watches the wall even with work waiting.
    """
    pages = shell.navigation()
    leads = any(post.role.code == "leader" for post in person.posts)
    first = next(iter(pages.values()), "/account")
    return first if leads else pages.get("my_work", first)


def _take_name_and_password() -> Response | str:
    given = {name: request.form.get(name, "")[:_LONGEST] for name in ("code", "password")}
    try:
        with writing() as session:
            opened = sign_in.sign_in(session, **given, address=guard.address_of_visitor(), at=utc_now())
    except SignInRefused as error:
        return _shown("name", refused=error, code=given["code"])
    return let_in(opened, request.form.get("next"))


def let_in(opened: sign_in.Opened, asked: str | None) -> Response:
    """Hand the browser its new token in place of whatever it had, and go on with the next step."""
    before = request.cookies.get(guard.COOKIE, "")
    if before:
        with writing() as session:
            sign_in.sign_out(session, before, at=utc_now())
    return _next(opened, asked)


def _next(opened: sign_in.Opened, asked: str | None) -> Response:
    """To the next step of a sign-in, with its new token."""
    back = own_path(asked)
    response = redirect("/sign-in" + (f"?{urlencode({'next': back})}" if back else ""), code=303)
    guard.keep_token(response, opened.token)
    return response


def _take_code() -> Response | str:
    otp = request.form.get("otp", "")[:_LONGEST]
    return _taken(lambda session, token: sign_in.second_factor(session, token, otp, at=utc_now()))


def _take_first_code() -> Response | str:
    otp = request.form.get("otp", "")[:_LONGEST]
    return _taken(lambda session, token: sign_in.confirm_totp(session, token, otp, at=utc_now()))


def _take_new_password() -> Response | str:
    old, new, again = (request.form.get(name, "")[:_LONGEST] for name in ("old", "new", "again"))
    if new != again:
        return _again(InputRefused(say("entrance.not_the_same", "en"), say("entrance.not_the_same", "zh")))
    return _taken(lambda session, token: sign_in.change_password(session, token, old=old, new=new, at=utc_now()))


def _taken(take: Callable[[Session, str], sign_in.Opened]) -> Response | str:
    """Take what a step asks for and go on; show the step again with the reason where it is refused."""
    try:
        with writing() as session:
            opened = take(session, request.cookies.get(guard.COOKIE, ""))
    except (SignInRefused, InputRefused, TransitionRefused) as error:
        return _again(error)
    return _next(opened, request.form.get("next"))


def _again(error: MingjingError) -> Response | str:
    """The step the sign-in stands at, with what was wrong; from the beginning where the sign-in is over."""
    try:
        step = guard.signed_in().step
    except SignInRefused:
        step = "name"
    return _shown("name" if step == "open" else step, refused=error)


def _sign_out() -> Response:
    with writing() as session:
        sign_in.sign_out(session, request.cookies.get(guard.COOKIE, ""), at=utc_now())
    response = redirect("/sign-in?why=out", code=303)
    guard.forget_token(response)
    # Drafts of what was being written stay in no browser that others may use next.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _screens_page() -> str:
    """The page a screen is let in by: it sends the token that is typed, or that stands behind the # of the address.

    What stands there never leaves the browser, so no log on the way holds it.
    """
    return _shown("kiosk")


def _let_screen_in() -> Response | str:
    """Exchange a screen's token for a cookie and show the wall. Whoever was signed in at this browser is signed out."""
    token = request.form.get("token", "").strip()[:_LONGEST]
    try:
        guard.screen(token)
    except SignInRefused as error:
        return _shown("kiosk", refused=error)
    before = request.cookies.get(guard.COOKIE, "")
    if before:
        with writing() as session:
            sign_in.sign_out(session, before, at=utc_now())
    response = redirect("/" + _kept_query(), code=303)
    guard.keep_token(response, token, guard.KIOSK_COOKIE, max_age=access_tokens.MOST_DAYS * 24 * 3600)
    guard.forget_token(response)
    return response


def _kept_query() -> str:
    """How the wall is to be shown, as the address says it; a token that somebody put there is left out."""
    kept = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "token"])
    return f"?{kept}" if kept else ""


def _shown(step: str, *, said: str = "", refused: MingjingError | None = None, code: str = "") -> str:
    """The page of a step; `refused` says why what was given was not taken."""
    language = shell.language_of()
    asked = own_path(request.values.get("next"))
    return render_template(
        "entrance.html",
        step=step,
        language=language,
        theme=shell.theme_of(),
        say=lambda key, **values: say(f"entrance.{key}", language, **values),
        name=say("shell.name", language),
        said=said,
        refused=refused.words(language) if refused else "",
        next=asked,
        code=code,
        turned=lambda name, value: (
            f"{'/kiosk' if step == 'kiosk' else '/sign-in'}?"
            + urlencode(({"next": asked} if asked else {}) | {name: value})
        ),
        kept=_kept_query() if step == "kiosk" else "",
        at_once=guard.COOKIE not in request.cookies,
        oidc=step == "name" and oidc.is_offered(),
        **_told(step, language, fresh=refused is None),
    )


def _told(step: str, language: str, *, fresh: bool) -> dict[str, Any]:
    """What a step shows besides its fields: the rules for a password, a new secret for a second factor."""
    if step == "password":
        with reading() as session:
            return {"rules": password_rules(session, language)}
    if step == "enrol" and fresh:
        with writing() as session:
            secret, address = sign_in.begin_totp(session, request.cookies.get(guard.COOKIE, ""), at=utc_now())
        return {"secret": spaced(secret), "picture": qr_code(address)}
    return {}


def spaced(secret: str) -> str:
    """A secret in groups of four, to be typed."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def qr_code(text: str) -> str:
    """A QR code as an address of a picture, black on white whatever the theme."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=3, light="#FFFFFF", dark="#17212E")


def password_rules(session: Session, language: str) -> list[str]:
    """What the office demands of a password, a sentence each."""
    wanted = {name: policy.value(session, f"password_{name}") for name in ("length", "classes", "history", "days")}
    return [
        say("entrance.rule_length", language, n=wanted["length"], most=passwords.LONGEST),
        say("entrance.rule_classes", language, n=wanted["classes"]),
        say("entrance.rule_name", language),
        say("entrance.rule_history", language, n=wanted["history"]),
        say("entrance.rule_days", language, n=wanted["days"]),
    ]
