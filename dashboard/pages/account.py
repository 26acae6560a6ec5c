"""My account: my posts, my password, my second factor, and where I am signed in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import dash
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Response, after_this_request, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import shell, visitor
from dashboard.entrance import password_rules, qr_code, spaced
from dashboard.formats import minute
from dashboard.guard import COOKIE, keep_token
from dashboard.words import say
from data import accounts, audit, sign_in, sign_in_ends
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotPermitted
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post, SignIn
from data.rights import ROLES, Person
from data.tables import Domain, Region, Unit

RIGHT: visitor.Right = ()
_SHOWN = 20
"""Sign-ins listed."""


def layout(lang: str | None = None, **_query: Any) -> html.Div:
    """The account of whoever is signed in."""
    language, person = shell.language_of(lang), visitor.visitor()
    with reading() as session:
        account = _own(session, person)
        content = [
            html.Div([_about(session, account, language), _password(session, language)]),
            html.Div(
                [
                    html.Section(_factor(account, language), id="account-factor", className="card account-part"),
                    html.Section(
                        _sign_ins(session, person, language), id="account-sign-ins", className="card account-part"
                    ),
                ]
            ),
        ]
    return shell.frame("account", language, html.Div(content, className="account"))


def _own(session: Session, person: Person) -> Account:
    account = session.get(Account, person.code)
    if account is None:
        raise NotPermitted("Only a person has an account here.", "只有个人账号可以打开本页。")
    return account


def _about(session: Session, account: Account, language: str) -> html.Section:
    """Name, account, unit, and every post with its reach and its end."""
    name = "name" if language == "zh" else "name_en"
    unit = session.get_one(Unit, account.unit_code)
    posts = accounts.posts_of(session, account.code, on=shanghai_day(utc_now()))
    lines = [html.Li(_post(session, post, name, language)) for post in posts]
    return html.Section(
        [
            html.H1(account.name),
            html.P(f"{account.code} · {getattr(unit, name)}", className="muted"),
            html.H2(say("account.posts", language)),
            html.Ul(lines) if lines else html.P(say("account.no_posts", language)),
        ],
        className="card account-part",
    )


def _post(session: Session, post: Post, name: str, language: str) -> str:
    """A post in one line: role, unit, region, domain, until when."""
    said = [getattr(ROLES[post.role], name), getattr(session.get_one(Unit, post.unit_code), name)]
    if not ROLES[post.role].administers:
        region = session.get(Region, post.region_code) if post.region_code else None
        said.append(getattr(region, name) if region else say("account.whole_office", language))
    if post.domain_code:
        said.append(getattr(session.get_one(Domain, post.domain_code), name))
    if post.until_on:
        said.append(say("account.until", language, day=post.until_on))
    return " · ".join(said)


def _password(session: Session, language: str) -> html.Section:
    rules = [html.Li(rule) for rule in password_rules(session, language)]
    return html.Section(
        [
            html.H2(say("account.password", language)),
            html.Ul(rules, className="muted"),
            *(
                _field(f"account-{name}", say(f"entrance.{name}", language), "password", complete)
                for name, complete in (("old", "current-password"), ("new", "new-password"), ("again", "new-password"))
            ),
            _button("account-change", say("account.change", language)),
            _said("account-password-said"),
        ],
        className="card account-part",
    )


def _field(name: str, label: str, kind: Literal["text", "password"], complete: str) -> html.Label:
    box = dcc.Input(id=name, type=kind, autoComplete=complete, maxLength=200, className="field")
    return html.Label([html.Span(label), box], className="account-field")


def _button(name: str, words: str, *, shown: bool = True) -> html.Button:
    return html.Button(words, id=name, type="button", className="button", hidden=not shown)


def _said(name: str) -> html.Div:
    return html.Div(id=name, className="account-said", role="status")


@dataclass(frozen=True)
class Fresh:
    """A secret just made, shown this once."""

    secret: str
    address: str


def _factor(account: Account, language: str, fresh: Fresh | None = None, said: str = "") -> list[Any]:
    """Whether a second factor is in use, and what can be done about it; every control is there, shown or not."""
    used = account.totp_since is not None
    words = say("account.factor_used", language, since=minute(account.totp_since)) if used else ""
    picture = html.Div(
        [
            html.Img(src=qr_code(fresh.address), alt=say("entrance.qr", language)),
            html.P([say("entrance.by_hand", language), html.Br(), html.Code(spaced(fresh.secret))]),
        ],
        className="account-qr",
    ) if fresh else None  # fmt: skip
    code = html.Div(
        _field("account-otp", say("entrance.otp", language), "text", "one-time-code"), hidden=not (used or fresh)
    )
    return [
        html.H2(say("account.factor", language)),
        html.P(words or say("account.factor_unused", language)),
        picture,
        code,
        _button("account-begin", say("account.begin", language), shown=not used and not fresh),
        _button("account-confirm", say("account.confirm", language), shown=fresh is not None),
        _button("account-stop", say("account.stop", language), shown=used),
        html.Div(said, className="account-said", role="status"),
    ]


def _sign_ins(session: Session, person: Person, language: str) -> list[Any]:
    """Where one was signed in of late, this browser marked, and a way to end the others."""
    found = _recent(session, person.code)
    here = sign_in.hash_of(request.cookies.get(COOKIE, ""))
    rows = [_row(one, one.token_hash == here, language) for one in found]
    others = any(one.ended_at is None and one.token_hash != here for one in found)
    head = [html.Th(say(f"account.{name}", language)) for name in ("began", "last_seen", "address", "ended")]
    return [
        html.H2(say("account.sign_ins", language)),
        html.P(say("account.sign_ins_why", language), className="muted"),
        html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="account-table"),
        _button("account-end-others", say("account.end_others", language), shown=others),
    ]


def _recent(session: Session, code: str) -> Sequence[SignIn]:
    wanted = select(SignIn).where(SignIn.account == code, SignIn.started_at >= utc_now() - sign_in_ends.KEPT)
    return session.scalars(wanted.order_by(SignIn.started_at.desc()).limit(_SHOWN)).all()


def _row(one: SignIn, here: bool, language: str) -> html.Tr:
    if one.ended_at is not None:
        ended = minute(one.ended_at)
    else:
        ended = say("account.here" if here else "account.open", language)
    cells = [minute(one.started_at), minute(one.seen_at), one.address, ended]
    return html.Tr([html.Td(cell) for cell in cells], className="account-here" if here else "")


def change_password(old: object, new: object, again: object, language: str) -> str:
    """Change the visitor's password; gives what to say of it."""
    given = [str(value or "")[:200] for value in (old, new, again)]
    if given[1] != given[2]:
        return say("entrance.not_the_same", language)
    return _done(
        lambda session, token: sign_in.change_password(session, token, old=given[0], new=given[1], at=utc_now()),
        say("account.changed", language),
        language,
    )


def _done(do: Callable[[Session, str], sign_in.Opened | None], said: str, language: str) -> str:
    """Do something about the visitor's own sign-in; gives what to say of it, done or refused.

    Where it makes a new token, the browser gets it with the answer.
    """
    try:
        with writing() as session:
            opened = do(session, request.cookies.get(COOKIE, ""))
    except MingjingError as error:
        return error.words(language)
    if opened is not None:
        after_this_request(partial(_handed, opened.token))
    return said


def _handed(token: str, response: Response) -> Response:
    keep_token(response, token)
    return response


def change_factor(what: str, otp: object, language: str) -> list[Any]:
    """Begin, confirm or stop the visitor's second factor; gives the part of the page as it then is."""
    code, fresh = str(otp or "")[:200], []

    def do(session: Session, token: str) -> sign_in.Opened | None:
        if what == "begin":
            fresh.append(Fresh(*sign_in.begin_totp(session, token, at=utc_now())))
        elif what == "confirm":
            return sign_in.confirm_totp(session, token, code, at=utc_now())
        elif what == "stop":
            sign_in.stop_totp(session, token, code, at=utc_now())
        else:
            raise InputRefused("There is no such thing to do.", "没有这项操作。")
        return None

    said = _done(do, say(f"account.done_{what}", language), language)
    with reading() as session:
        return _factor(_own(session, visitor.visitor()), language, fresh[0] if fresh else None, said)


def end_others(language: str) -> list[Any]:
    """End every sign-in of the visitor but this one; gives the list as it then is."""
    person, here = visitor.visitor(), sign_in.hash_of(request.cookies.get(COOKIE, ""))
    with writing() as session:
        sign_in_ends.end_all(session, person.code, utc_now(), but=here)
        audit.note(session, person.code, "account.signed_out_elsewhere", "account", person.code, address=person.address)
    with reading() as session:
        return _sign_ins(session, person, language)


def register(app: Dash) -> None:
    """File the page and answer its buttons."""
    dash.register_page(__name__, path="/account", layout=layout, title="明镜 · 我的账号")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("account-password-said", "children"),
        Output("account-old", "value"),
        Output("account-new", "value"),
        Output("account-again", "value"),
        Input("account-change", "n_clicks"),
        State("account-old", "value"),
        State("account-new", "value"),
        State("account-again", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _change(n_clicks: int | None, old: object, new: object, again: object, lang: str) -> Any:
        if not n_clicks:
            return no_update, no_update, no_update, no_update
        return change_password(old, new, again, shell.language_of(lang)), "", "", ""

    @app.callback(
        Output("account-factor", "children"),
        Input("account-begin", "n_clicks"),
        Input("account-confirm", "n_clicks"),
        Input("account-stop", "n_clicks"),
        State("account-otp", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _change_factor(begin: int | None, confirm: int | None, stop: int | None, otp: object, lang: str) -> Any:
        if not (begin or confirm or stop):
            return no_update
        return change_factor(str(ctx.triggered_id).removeprefix("account-"), otp, shell.language_of(lang))

    @app.callback(
        Output("account-sign-ins", "children"),
        Input("account-end-others", "n_clicks"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _end_others(n_clicks: int | None, lang: str) -> Any:
        return end_others(shell.language_of(lang)) if n_clicks else no_update
