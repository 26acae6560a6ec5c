"""Security: what may each person see and do, which tokens let others in, and how strict is the house?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash
from dash import Dash, dcc, html
from flask import has_request_context, request
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dashboard import account_keeping, policy_table, shell, token_forms, visitor
from dashboard.administration import (
    SHOWN,
    Asked,
    Deed,
    Done,
    Given,
    Once,
    View,
    add_forms,
    address,
    matching,
    name_in,
    parts,
    read_view,
    said,
    search,
    whole_number,
)
from dashboard.aria import labelled
from dashboard.formats import count
from dashboard.words import say
from data import access_tokens, accounts, policy, ties
from data.errors import InputRefused
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post
from data.rights import ROLES

RIGHT = "grants"
PATH = "/security"
_PARTS = ("accounts", "tokens", "policy")
_VIEW = ("part", "show", "q", "account", "post", "tie", "token", "rule")
_SHOWS = ("waiting", "blocked", "all")
FORMS: Mapping[str, Sequence[str]] = {**account_keeping.FORMS, **token_forms.FORMS, **policy_table.FORMS}
"""Forms of the page and their fields."""


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """Accounts and posts, tokens (`part=tokens`) or the policy (`part=policy`), as the address says."""
    language = shell.language_of(lang)
    content = html.Div(body(language, read_view(_VIEW, query)), id="security-body", className="work")
    return shell.frame("security", language, content)


def body(language: str, view: View, *, done: Done | None = None) -> list[Any]:
    """The page below the header; `done`: what was just done."""
    part = view.get("part", "") if view.get("part") in _PARTS else _PARTS[0]
    with visitor.seen() as session:
        title, lead, columns = _DRAWN[part](session, view, language)
    return [
        dcc.Store(id="security-view", data=view),
        html.Div(
            [
                html.Div([html.H1(title), html.P(lead, className="lead")]),
                parts(PATH, _PARTS, part, "security", language),
            ],
            className="work-head",
        ),
        *said(done, language),
        columns,
    ]


def _accounts(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    everybody = accounts.listed(session)
    today = shanghai_day(utc_now())
    posted = set(session.scalars(select(Post.account).where(or_(Post.until_on.is_(None), Post.until_on >= today))))
    waiting = [one for one in everybody if one.state == "active" and one.code not in posted]
    blocked = [one for one in everybody if one.state == "blocked" or _is_locked(one)]
    lists = {"waiting": waiting, "blocked": blocked, "all": list(everybody)}
    show = view.get("show", "")
    if show not in _SHOWS:
        begins = waiting and not view.get("q") and view.get("account", waiting[0].code) in {one.code for one in waiting}
        show = "waiting" if begins else "all"
    # Whoever works through a list stays in it when one of it is done.
    view["show"] = show
    found = matching(lists[show], view.get("q", ""))
    one = (
        session.get(Account, view["account"])
        if view.get("account")
        else (found[0] if show == "waiting" and found else None)
    )
    if one is not None:
        view["account"] = one.code
    n = len(waiting)
    title = say("security.title_waiting", language, n=count(n)) if n else say("security.title", language)
    nothing = html.Section(html.P(say("security.none_chosen", language), className="muted"), className="card")
    columns = html.Div(
        [
            _roster(found, lists, show, one, posted, view, language),
            html.Div(account_keeping.kept(session, one, view, language) if one else nothing, className="admin-beside"),
        ],
        className="admin-kept",
    )
    return title, say("security.lead", language), columns


def _is_locked(one: Account) -> bool:
    return one.state == "active" and one.locked_until is not None and one.locked_until > utc_now()


def _roster(
    found: list[Account], lists: Mapping[str, Sequence[Account]], show: str, here: Account | None, posted: set[str],
    view: View, language: str,
) -> html.Section:  # fmt: skip
    segments = [
        dcc.Link(
            [say(f"security.show_{name}", language), f" {count(len(lists[name]))}"],
            href=address(PATH, {"show": name}),
            className="segment" + (" segment-here" if name == show else ""),
        )
        for name in _SHOWS
    ]
    kept = {name: value for name, value in {"show": show, "q": view.get("q", "")}.items() if value}
    rows = [
        html.Li(
            dcc.Link(
                html.Span(
                    [
                        html.Span([one.name, html.Span(f" {one.code}", className="muted")]),
                        html.Span(
                            account_keeping.standing(one, language)
                            if one.code in posted or one.state != "active"
                            else say("security.no_post", language),
                            className="muted small",
                        ),
                    ],
                    className="pile-words",
                ),
                href=address(PATH, kept | {"account": one.code}),
                className="pile-row" + (" pile-here" if here is not None and one.code == here.code else ""),
            )
        )
        for one in found[:SHOWN]
    ]
    more = len(found) - len(rows)
    return html.Section(
        [
            html.Div(segments, className="segments", role="group", **labelled(say("security.show", language))),
            search(
                PATH, {"q": view.get("q", "")}, say("security.search_label", language), say("security.search", language)
            ),
            html.Ol(rows, className="pile-rows")
            if rows
            else html.P(say(_why_none(show, view), language), className="muted"),
            html.P(say("security.more", language, n=count(more)), className="muted small") if more > 0 else None,
        ],
        className="card pile",
    )


def _why_none(show: str, view: View) -> str:
    """Key of the words for an empty list: nobody is in it, or nobody matches the search."""
    return "security.none_found" if view.get("q") or show == "all" else f"security.none_{show}"


def _tokens(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    now = utc_now()
    n = sum(1 for one in access_tokens.listed(session) if token_forms.is_valid(one, now))
    title = say("security.tokens_title", language, n=count(n))
    return title, say("security.tokens_lead", language), token_forms.drawn(session, view, language)


def _policy(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    changed = sum(1 for name, value in policy.values(session).items() if value != policy.DEFAULTS[name])
    title = say("security.policy_title", language, n=count(len(policy.RULES)), changed=count(changed))
    return title, say("security.policy_lead", language), policy_table.drawn(session, view, language)


_DRAWN: Mapping[str, Callable[[Session, View, str], tuple[str, str, html.Div]]] = {
    "accounts": _accounts,
    "tokens": _tokens,
    "policy": _policy,
}


# What is done


def answered(form: str, given: Given, view: View, language: str) -> list[Any]:
    """Do what a form asks for; the page as it then is. Raises MingjingError in words for the form."""
    visitor.permit(RIGHT)
    with visitor.acting() as session:
        done = _DEEDS[form](session, Asked(given, view, language))
    return body(language, done.view, done=done)


def _account_of(session: Session, view: View) -> Account:
    return accounts.held(session, view.get("account", ""))


def _still(view: View) -> View:
    """The same account, or part, with nothing chosen in it to be ended."""
    return {name: value for name, value in view.items() if name not in ("post", "tie", "token")}


def _chosen_number(view: View, name: str) -> int:
    return whole_number(view.get(name, ""), ("What was chosen", "所选项"))


def _grant(session: Session, asked: Asked) -> Done:
    account, role = _account_of(session, asked.view), ROLES.get(asked.told("role"))
    if role is None:
        raise InputRefused("No role was chosen. Choose one of the list.", "尚未选择角色，请选择一个。")
    from_on = asked.day("from", ("From", "起始日"))
    accounts.grant(
        session, visitor.visitor(), account=account.code, role=role.code, unit_code=asked.told("unit"),
        region_code=None if role.sees == "nothing" else asked.region(), domain_code=asked.told("domain") or None,
        from_on=from_on or shanghai_day(utc_now()), until_on=asked.day("until", ("Until", "截止日")), at=utc_now(),
    )  # fmt: skip
    said = say("security.granted", asked.language, name=account.name, role=getattr(role, name_in(asked.language)))
    return Done(said, view=_still(asked.view))


def _withdraw(session: Session, asked: Asked) -> Done:
    account, post_id = _account_of(session, asked.view), _chosen_number(asked.view, "post")
    accounts.withdraw(session, visitor.visitor(), post_id, at=utc_now(), account=account.code)
    return Done(say("security.withdrawn", asked.language), view=_still(asked.view))


def _block(session: Session, asked: Asked) -> Done:
    account, reason = _account_of(session, asked.view), asked.told("reason")
    if not reason:
        raise InputRefused("No reason was given. Say why the account is blocked.", "请填写锁定账号的理由。")
    accounts.block(session, visitor.visitor(), account.code, at=utc_now(), reason=reason)
    return Done(say("security.blocked", asked.language, code=account.code), view=_still(asked.view))


def _unblock(session: Session, asked: Asked) -> Done:
    account = _account_of(session, asked.view)
    accounts.unblock(session, visitor.visitor(), account.code, at=utc_now())
    return Done(say("security.unblocked", asked.language, code=account.code), view=_still(asked.view))


def _reset_password(session: Session, asked: Asked) -> Done:
    account = _account_of(session, asked.view)
    secret = accounts.reset_password(session, visitor.visitor(), account.code, at=utc_now())
    title = say("security.password_of", asked.language, name=account.name, code=account.code)
    steps = [say(f"system.password_{step}", asked.language) for step in ("hand", "change")]
    said = say("security.password_reset", asked.language, code=account.code)
    return Done(said, Once(title, secret, steps), _still(asked.view))


def _reset_factor(session: Session, asked: Asked) -> Done:
    account = _account_of(session, asked.view)
    accounts.reset_second_factor(session, visitor.visitor(), account.code, at=utc_now())
    return Done(say("security.factor_reset", asked.language, code=account.code), view=_still(asked.view))


def _link(session: Session, asked: Asked) -> Done:
    account, subject = _account_of(session, asked.view), asked.told("subject")
    accounts.link(session, visitor.visitor(), account.code, subject or None, at=utc_now())
    return Done(
        say("security.link_done" if subject else "security.link_ended", asked.language), view=_still(asked.view)
    )


def _tie(session: Session, asked: Asked) -> Done:
    account = _account_of(session, asked.view)
    ties.declare(
        session, visitor.visitor(), account=account.code, kind=asked.told("kind"),
        number=asked.told("number") or None, unit_name=asked.told("unit") or None, at=utc_now(),
    )  # fmt: skip
    return Done(say("security.tie_done", asked.language), view=_still(asked.view))


def _untie(session: Session, asked: Asked) -> Done:
    ties.withdraw(session, visitor.visitor(), _chosen_number(asked.view, "tie"), at=utc_now())
    return Done(say("security.untied", asked.language), view=_still(asked.view))


def _kiosk(session: Session, asked: Asked) -> Done:
    token = _issued(session, asked, "kiosk", list(access_tokens.SCOPES["kiosk"]))
    root = request.host_url.rstrip("/") if has_request_context() else ""
    title = say("security.kiosk_once", asked.language, name=asked.told("name"))
    once = Once(title, f"{root}/kiosk#token={token}", [say("security.kiosk_use", asked.language)])
    return Done(say("security.issued", asked.language), once, _still(asked.view))


def _api(session: Session, asked: Asked) -> Done:
    token = _issued(session, asked, "api", asked.chosen("scopes"))
    once = Once(
        say("security.api_once", asked.language, name=asked.told("name")),
        token,
        [say("security.api_use", asked.language)],
    )
    return Done(say("security.issued", asked.language), once, _still(asked.view))


def _issued(session: Session, asked: Asked, kind: str, scopes: list[str]) -> str:
    _must_be_whole(asked, kind)
    return access_tokens.issue(
        session, visitor.visitor(), kind=kind, name=asked.told("name"), scopes=scopes, region_code=asked.region(),
        days=asked.number("days", ("Days", "有效天数")), at=utc_now(),
    )  # fmt: skip


def _must_be_whole(asked: Asked, kind: str) -> None:
    """Raises InputRefused that names every field of a token's form that was left empty."""
    empty = [name for name in FORMS[kind] if not (asked.chosen(name) if name == "scopes" else asked.told(name))]
    if empty:
        en, zh = ([say(f"security.missing_{name}", language) for name in empty] for language in ("en", "zh"))
        raise InputRefused(
            f"Nothing was given for: {', '.join(en)}. Fill in what is missing.", f"还缺：{'、'.join(zh)}，请补全。"
        )


def _revoke(session: Session, asked: Asked) -> Done:
    access_tokens.revoke(session, visitor.visitor(), _chosen_number(asked.view, "token"), at=utc_now())
    return Done(say("security.revoked", asked.language), view=_still(asked.view))


def _put_rule(session: Session, asked: Asked) -> Done:
    name, value = asked.view.get("rule", ""), asked.number("value", ("New value", "新值"))
    policy.put(session, visitor.visitor(), name, value, at=utc_now())
    words = policy_table.rule_words(policy.RULES[name], asked.language)
    return Done(say("security.rule_done", asked.language, rule=words, value=count(value)), view=asked.view)


_DEEDS: Mapping[str, Deed] = {
    "grant": _grant,
    "withdraw": _withdraw,
    "block": _block,
    "unblock": _unblock,
    "password": _reset_password,
    "factor": _reset_factor,
    "link": _link,
    "tie": _tie,
    "untie": _untie,
    "kiosk": _kiosk,
    "api": _api,
    "revoke": _revoke,
    "rule": _put_rule,
}


def register(app: Dash) -> None:
    """File the page and answer its forms."""
    dash.register_page(__name__, path=PATH, layout=layout, title="明镜 · 安全管理")  # type: ignore[no-untyped-call]
    add_forms(app, "security", FORMS, answered)
