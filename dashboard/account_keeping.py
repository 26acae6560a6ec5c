"""One account as the security administrator keeps it: posts held and granted, ties, and what shuts or opens it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import visitor
from dashboard.administration import (
    Options,
    View,
    address,
    button,
    choice,
    guarded,
    name_in,
    place_name,
    refusal,
    region_options,
    text,
    unit_options,
)
from dashboard.formats import day, minute
from dashboard.words import say
from data import accounts, ties
from data.actors import names
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post, RecusalTie
from data.rights import RIGHTS, RIGHTS_EN, ROLES, Role
from data.tables import Domain, Unit

PATH = "/security"
FORMS: Mapping[str, Sequence[str]] = {
    "grant": ("role", "unit", "region", "domain", "from", "until"),
    "withdraw": (),
    "block": ("reason",),
    "unblock": (),
    "password": (),
    "factor": (),
    "link": ("subject",),
    "tie": ("kind", "number", "unit"),
    "untie": (),
}
"""Forms about one account and their fields."""


def standing(one: Account, language: str) -> str:
    """How an account stands: in use, blocked, locked for failures, left."""
    if one.state == "active" and one.locked_until is not None and one.locked_until > utc_now():
        return say("security.state_locked", language, at=minute(one.locked_until))
    if one.state == "active" and one.must_change:
        return say("security.not_yet_in", language)
    return say(f"security.state_{one.state}", language)


def kept(session: Session, one: Account, view: View, language: str) -> list[Any]:
    """Everything about one account: who it is, its posts, the form to grant one, ties, and its safety."""
    open_to_change = one.state != "left" and one.code != visitor.visitor().code
    return [
        html.Section(
            [
                _head(session, one, language),
                _posts(session, one, view, language, may=open_to_change),
                html.P(say("security.oneself", language), className="notice")
                if one.code == visitor.visitor().code
                else None,
            ],
            className="card looked",
        ),
        _grant(session, one, language) if open_to_change else None,
        html.Div([_safety(one, language), _ties(session, one, view, language)], className="admin-pair")
        if open_to_change
        else None,
    ]


def _head(session: Session, one: Account, language: str) -> html.Div:
    unit = session.get_one(Unit, one.unit_code)
    said = [one.code, getattr(unit, name_in(language)), standing(one, language)]
    said.append(say("security.factor_on" if one.totp_since else "security.factor_off", language))
    if one.oidc_subject:
        said.append(say("security.linked", language))
    return html.Div(
        [html.H2(one.name, className="admin-name"), html.Span(" · ".join(said), className="muted")],
        className="admin-head",
    )


def in_words(session: Session, post: Post, language: str) -> str:
    """A post in one line: role, unit, region, domain, from and until when."""
    name = name_in(language)
    role = ROLES.get(post.role)
    said = [getattr(role, name) if role else post.role, getattr(session.get_one(Unit, post.unit_code), name)]
    if role and role.sees != "nothing":
        said.append(place_name(session, post.region_code, language))
    if post.domain_code:
        said.append(getattr(session.get_one(Domain, post.domain_code), name))
    if post.from_on > shanghai_day(utc_now()):
        said.append(say("security.from", language, day=post.from_on))
    if post.until_on:
        said.append(say("security.until", language, day=post.until_on))
    return " · ".join(said)


def not_over(session: Session, account: str) -> list[Post]:
    """The posts held today or later."""
    today = shanghai_day(utc_now())
    return [one for one in accounts.posts_of(session, account) if one.until_on is None or one.until_on >= today]


def _posts(session: Session, one: Account, view: View, language: str, *, may: bool) -> html.Div:
    lines = []
    for post in not_over(session, one.code):
        words, here = in_words(session, post, language), str(post.id) == view.get("post")
        way = dcc.Link(
            say("security.withdraw_choose", language), className="button",
            href=address(PATH, _without(view) | {"post": str(post.id)}),
        )  # fmt: skip
        lines.append(
            html.Li(
                [
                    html.Div([html.Span(words, className="pile-words"), way if may and not here else None],
                             className="pile-row"),
                    _sure("withdraw", say("security.withdraw_why", language, post=words),
                          say("security.withdraw", language), view, language) if may and here else None,
                ]
            )
        )  # fmt: skip
    nothing = html.P(say("security.posts_none", language), className="admin-amber")
    return html.Div(
        [
            html.H3(say("security.posts", language)),
            html.Ol(lines, className="pile-rows") if lines else nothing,
        ]
    )


def _without(view: View) -> View:
    return {name: value for name, value in view.items() if name not in ("post", "tie", "token", "rule")}


def _sure(form: str, why: str, do: str, view: View, language: str) -> html.Div:
    """The second step of what was chosen by address: what it means, do it, or keep things as they are."""
    return html.Div(
        [
            html.P(why),
            html.Div(
                [
                    button(form, do, style="button-main button-danger"),
                    dcc.Link(say("security.keep_it", language), href=address(PATH, _without(view)), className="button"),
                ],
                className="buttons",
            ),
            refusal(form),
        ],
        className="admin-sure looked",
    )


def _grant(session: Session, one: Account, language: str) -> html.Section:
    name = name_in(language)
    domains: Options = [
        {"value": domain.code, "label": getattr(domain, name)}
        for domain in session.scalars(select(Domain).order_by(Domain.sort))
    ]
    choose = say("security.choose", language)
    return html.Section(
        [
            html.H2(say("security.grant_title", language)),
            html.Div(
                [
                    html.Div(say("security.role", language), className="label"),
                    dcc.RadioItems(
                        id="grant-role",
                        options=[{"label": _role(role, language), "value": role.code} for role in ROLES.values()],
                        className="admin-roles",
                    ),
                ]
            ),
            html.Div(
                [
                    choice("grant", "unit", say("security.unit", language), unit_options(session, language), language,
                           value=one.unit_code, empty=choose),
                    choice("grant", "region", say("security.region", language), region_options(session, language),
                           language, empty=choose),
                    choice("grant", "domain", say("security.domain", language), domains, language,
                           empty=say("security.every_domain", language)),
                    text("grant", "from", say("security.from_on", language), kind="date",
                         value=shanghai_day(utc_now()).isoformat()),
                    text("grant", "until", say("security.until_on", language), kind="date"),
                ],
                className="admin-reach",
            ),
            button("grant", say("security.grant", language), style="button-main big"),
            refusal("grant"),
        ],
        className="card looked",
    )  # fmt: skip


def _role(role: Role, language: str) -> html.Span:
    """A role with what it may do, in words."""
    known = RIGHTS if language == "zh" else RIGHTS_EN
    comma = "；" if language == "zh" else "; "
    rights = comma.join(known[right] for right in known if right in role.rights)
    return html.Span(
        [html.Strong(getattr(role, name_in(language))), html.Span(rights, className="muted small")],
        className="admin-role",
    )


def _safety(one: Account, language: str) -> html.Section:
    locked = one.locked_until is not None and one.locked_until > utc_now()
    deeds: list[Any] = []
    if one.state == "blocked" or locked:
        deeds += [
            html.P(say("security.unblock_why", language)),
            button("unblock", say("security.unblock", language)),
            refusal("unblock"),
        ]
    if one.state != "blocked":
        reason = text("block", "reason", say("security.block_reason", language), most=200)
        deeds.append(
            guarded("block", say("security.block", language), say("security.block_why", language, name=one.name),
                    [reason], say("security.block_do", language))
        )  # fmt: skip
    deeds.append(
        guarded("password", say("security.password", language), say("security.password_why", language, name=one.name),
                [], say("security.password_do", language))
    )  # fmt: skip
    if one.totp_since:
        deeds.append(
            guarded("factor", say("security.factor", language), say("security.factor_why", language), [],
                    say("security.factor_do", language))
        )  # fmt: skip
    subject = text("link", "subject", say("security.link_subject", language), value=one.oidc_subject or "", most=200)
    deeds.append(
        guarded("link", say("security.link", language), say("security.link_why", language), [subject],
                say("security.link_do", language), danger=False)
    )  # fmt: skip
    return html.Section([html.H2(say("security.account_title", language)), *deeds], className="card looked")


def ties_of(session: Session, account: str) -> Sequence[RecusalTie]:
    """What ties an account to people and units, in order of noting."""
    return session.scalars(select(RecusalTie).where(RecusalTie.account == account).order_by(RecusalTie.id)).all()


def _ties(session: Session, one: Account, view: View, language: str) -> html.Section:
    found = ties_of(session, one.code)
    called = names(session, {tie.noted_by for tie in found}, language=language)
    kinds = [{"value": kind, "label": say(f"security.tie_{kind}", language)} for kind in ties.KINDS]
    fields = [
        choice(
            "tie", "kind", say("security.tie_kind", language), kinds, language, empty=say("security.choose", language)
        ),
        text("tie", "number", say("security.tie_number", language), most=18),
        text("tie", "unit", say("security.tie_unit", language), most=80),
    ]
    lines = [_tie(tie, called, view, language) for tie in found]
    return html.Section(
        [
            html.H2(say("security.ties", language)),
            html.P(say("security.ties_why", language), className="muted"),
            html.Ol(lines, className="pile-rows")
            if lines
            else html.P(say("security.ties_none", language), className="muted"),
            guarded("tie", say("security.tie_add", language), say("security.tie_add_why", language), fields,
                    say("security.tie_do", language), danger=False),
        ],
        className="card looked",
    )  # fmt: skip


def _tie(tie: RecusalTie, called: Mapping[str, str], view: View, language: str) -> html.Li:
    words = f"{say(f'security.tie_{tie.kind}', language)} · {tie.unit_name or say('security.tie_person', language)}"
    noted = say("security.tie_noted", language, at=day(tie.noted_at), name=called.get(tie.noted_by, tie.noted_by))
    here = str(tie.id) == view.get("tie")
    way = dcc.Link(
        say("security.untie_choose", language), className="button",
        href=address(PATH, _without(view) | {"tie": str(tie.id)}),
    )  # fmt: skip
    sure = _sure(
        "untie", say("security.untie_why", language, tie=words), say("security.untie", language), view, language
    )
    return html.Li(
        [
            html.Div(
                [
                    html.Span([html.Span(words), html.Span(noted, className="muted small")], className="pile-words"),
                    None if here else way,
                ],
                className="pile-row",
            ),
            sure if here else None,
        ]
    )
