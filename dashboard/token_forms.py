"""Access tokens as the security administrator keeps them: which are valid and used, and the forms to issue one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.administration import (
    Options,
    View,
    address,
    button,
    choice,
    place_name,
    refusal,
    region_options,
    text,
)
from dashboard.formats import day, minute
from dashboard.words import say
from data import access_tokens
from data.office_time import utc_now
from data.people_tables import AccessToken

PATH = "/security"
FORMS: Mapping[str, Sequence[str]] = {
    "kiosk": ("name", "region", "days"),
    "api": ("name", "scopes", "region", "days"),
    "revoke": (),
}
"""Forms about tokens and their fields."""
_COLUMNS = ("name", "kind", "region", "until", "used", "do")
_DAYS = {"kiosk": 180, "api": 90}


def is_valid(one: AccessToken, now: datetime) -> bool:
    """Whether a token still lets somebody in."""
    return one.revoked_at is None and one.expires_at > now


def drawn(session: Session, view: View, language: str) -> html.Div:
    """The list of tokens, the valid ones first, beside what is to be done."""
    now, found = utc_now(), access_tokens.listed(session)
    ordered = sorted(found, key=lambda one: not is_valid(one, now))
    chosen = next((one for one in ordered if str(one.id) == view.get("token") and is_valid(one, now)), None)
    heads = [html.Th(say(f"security.column_{name}", language), scope="col") for name in _COLUMNS]
    rows = [_row(session, one, one is chosen, now, language) for one in ordered]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")
    beside = [_revoke(chosen, language)] if chosen else [_issue(session, kind, language) for kind in ("kiosk", "api")]
    return html.Div(
        [
            html.Section(
                [
                    html.H2(say("security.tokens", language)),
                    html.Div(table, className="scrolls")
                    if rows
                    else html.P(say("security.tokens_none", language), className="muted"),
                ],
                className="card pile",
            ),
            html.Div(beside, className="admin-beside"),
        ],
        className="admin-two",
    )


def _row(session: Session, one: AccessToken, here: bool, now: datetime, language: str) -> html.Tr:
    scopes = ("、" if language == "zh" else ", ").join(scope_words(scope, language) for scope in one.scopes.split(","))
    if one.revoked_at:
        ends: Any = say("security.token_revoked", language, at=minute(one.revoked_at))
    else:
        ends = day(one.expires_at) if is_valid(one, now) else say("security.token_expired", language)
    href = address(PATH, {"part": "tokens", "token": str(one.id)})
    way = dcc.Link(say("security.revoke_choose", language), href=href, className="button")
    return html.Tr(
        [
            html.Td(html.Strong(one.name)),
            html.Td([say(f"security.kind_{one.kind}", language), html.Span(scopes, className="muted small")]),
            html.Td(place_name(session, one.region_code, language)),
            html.Td(ends),
            html.Td(minute(one.used_at) if one.used_at else say("security.never_used", language)),
            html.Td(way if is_valid(one, now) else None),
        ],
        className=("" if is_valid(one, now) else "muted") + (" pile-here" if here else ""),
    )


def scope_words(scope: str, language: str) -> str:
    """What a scope of a token allows, in words."""
    return say(f"security.scope_{scope.replace('.', '_')}", language)


def _revoke(one: AccessToken, language: str) -> html.Section:
    return html.Section(
        [
            html.H2(say("security.revoke_title", language, name=one.name)),
            html.P(say("security.revoke_why", language)),
            html.Div(
                [
                    button("revoke", say("security.revoke", language), style="button-main button-danger"),
                    dcc.Link(
                        say("security.keep_it", language), href=address(PATH, {"part": "tokens"}), className="button"
                    ),
                ],
                className="buttons",
            ),
            refusal("revoke"),
        ],
        className="card looked admin-sure",
    )


def _issue(session: Session, kind: str, language: str) -> html.Section:
    scopes: Options = [{"value": scope, "label": scope_words(scope, language)} for scope in access_tokens.SCOPES[kind]]
    choose = say("security.choose", language)
    return html.Section(
        [
            html.H2(say(f"security.{kind}_title", language)),
            html.P(say(f"security.{kind}_why", language), className="muted"),
            text(kind, "name", say("security.token_name", language), most=50,
                 hint=say("security.token_name_hint", language) if kind == "kiosk" else ""),
            choice(kind, "scopes", say("security.token_scopes", language), scopes, language, many=True, empty=choose)
            if kind == "api" else None,
            choice(kind, "region", say("security.token_region", language), region_options(session, language), language,
                   empty=choose),
            text(kind, "days", say("security.token_days", language), kind="number", value=_DAYS[kind]),
            button(kind, say("security.issue", language)),
            refusal(kind),
        ],
        className="card looked admin-form",
    )  # fmt: skip
