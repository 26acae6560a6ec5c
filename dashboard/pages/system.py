"""System: who works here and in which unit, who verifies what where, and which other systems are told?"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash
from dash import Dash, dcc, html
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dashboard import account_making, duty_forms, shell, visitor, webhook_forms
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
from dashboard.formats import count
from dashboard.words import say, words
from data import accounts, units, webhooks
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post
from data.regions import around, find_regions
from data.tables import Lease, Unit

RIGHT = "accounts"
PATH = "/system"
_PARTS = ("accounts", "duties", "interfaces")
_VIEW = ("part", "unit", "place", "q", "account", "new", "duty", "webhook")
_FEW_PLACES = 25
"""Regions that are all opened in the tree."""
FORMS: Mapping[str, Sequence[str]] = {**account_making.FORMS, **duty_forms.FORMS, **webhook_forms.FORMS}
"""Forms of the page and their fields."""


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """Units and accounts, duties (`part=duties`) or interfaces (`part=interfaces`), as the address says."""
    language = shell.language_of(lang)
    content = html.Div(body(language, read_view(_VIEW, query)), id="system-body", className="work")
    return shell.frame("system", language, content)


def body(language: str, view: View, *, done: Done | None = None) -> list[Any]:
    """The page below the header; `done`: what was just done."""
    part = view.get("part", "") if view.get("part") in _PARTS else _PARTS[0]
    with visitor.seen() as session:
        drawn = _DRAWN[part](session, view, language)
        working = _working(session, language)
    title, lead, columns = drawn
    return [
        dcc.Store(id="system-view", data=view),
        html.Div(
            [
                html.Div([html.H1(title), html.P(lead, className="lead"), html.P(working)]),
                parts(PATH, _PARTS, part, "system", language),
            ],
            className="work-head",
        ),
        *said(done, language),
        columns,
    ]


def _working(session: Session, language: str) -> html.Span:
    """Whether a worker is at work: it renews its leases as long as it lives."""
    until = session.scalar(select(func.max(Lease.until_at)).where(Lease.holder != ""))
    if until is not None and until > utc_now():
        return html.Span(say("system.worker_runs", language), className="muted")
    return html.Span(say("system.worker_rests", language), className="late-note")


# Units and accounts


def _staff(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    everybody = accounts.listed(session)
    here = [one for one in everybody if one.state != "left"]
    today = shanghai_day(utc_now())
    held = select(Post.account).where(Post.from_on <= today, or_(Post.until_on.is_(None), Post.until_on >= today))
    posts = Counter(session.scalars(held))
    units = session.scalars(select(Unit).order_by(Unit.region_code, Unit.code)).all()
    unit = next((one for one in units if one.code == view.get("unit")), None)
    inside = [one for one in everybody if unit is None or one.unit_code == unit.code]
    title = say("system.title", language, n=count(len(here)), units=count(len(units)))
    columns = html.Div(
        [
            _tree(session, units, Counter(one.unit_code for one in here), view, language),
            _list(session, matching(inside, view.get("q", "")), posts, unit, view, language),
            html.Div(_beside(session, view, unit, language), className="admin-beside"),
        ],
        className="admin-columns",
    )
    return title, say("system.lead", language), columns


def _tree(session: Session, units: Sequence[Unit], n_accounts: Counter[str], view: View, language: str) -> html.Section:
    every = dcc.Link(
        [
            html.Span(say("system.every_unit", language), className="choice-name"),
            html.Span(count(sum(n_accounts.values())), className="muted"),
        ],
        href=PATH,
        className="choice" + ("" if view.get("unit") else " chosen"),
    )
    new = dcc.Link(say("system.new_unit", language), href=address(PATH, {"new": "unit"}), className="button")
    return html.Section(
        [
            html.H2(say("system.units", language)),
            every,
            *_places(session, units, n_accounts, view, language),
            new,
        ],
        className="card admin-tree",
    )


def _places(session: Session, units: Sequence[Unit], n_accounts: Counter[str], view: View, language: str) -> list[Any]:
    """The units below their regions; a region is folded into the nearest around it that has units too.

    Where there are many regions only the one asked for is opened; the others are a line each that opens it.
    """
    own: dict[str, list[Unit]] = {}
    for unit in units:
        own.setdefault(unit.region_code, []).append(unit)
    children: dict[str, list[str]] = {}
    for code in own:
        children.setdefault(next((place for place in around(code)[1:] if place in own), ""), []).append(code)
    name, here = name_in(language), view.get("unit", "")
    names = {region.code: getattr(region, name) for region in find_regions(session, own).values()}
    asked_for = next((unit.region_code for unit in units if unit.code == here), view.get("place", ""))
    open_at = set(own) if len(own) <= _FEW_PLACES else {*around(asked_for), *children.get("", [])[:1]}

    def drawn(code: str) -> Any:
        if code not in open_at:
            return dcc.Link(
                f"▸ {names.get(code, code)}", href=address(PATH, {"place": code}), className="choice admin-closed"
            )
        lines = [_unit_line(unit, n_accounts[unit.code], here, language) for unit in own[code]]
        inside = [drawn(child) for child in children.get(code, [])]
        return html.Details([html.Summary(names.get(code, code)), *lines, *inside], open=True, className="admin-place")

    return [drawn(code) for code in children.get("", [])]


def _unit_line(unit: Unit, n: int, chosen_unit: str, language: str) -> dcc.Link:
    kind = f"system.kind_{unit.kind}"
    return dcc.Link(
        [
            html.Span(getattr(unit, name_in(language)), className="choice-name"),
            html.Span(say(kind, language) if kind in words() else unit.kind, className="muted small"),
            html.Span(count(n), className="muted"),
        ],
        href=address(PATH, {"unit": unit.code}),
        className="choice" + (" chosen" if unit.code == chosen_unit else ""),
    )


def _list(
    session: Session, found: list[Account], posts: Counter[str], unit: Unit | None, view: View, language: str
) -> html.Section:
    name = name_in(language)
    units = {one.code: getattr(one, name) for one in session.scalars(select(Unit))}
    kept = {key: value for key, value in view.items() if key in ("unit", "q")}
    rows = [
        html.Li(
            dcc.Link(
                [
                    html.Span(
                        [
                            html.Span([one.name, html.Span(f" {one.code}", className="muted")]),
                            html.Span(units.get(one.unit_code, one.unit_code), className="muted small"),
                        ],
                        className="pile-words",
                    ),
                    _standing(one, posts[one.code], language),
                ],
                href=address(PATH, kept | {"account": one.code}),
                className="pile-row" + (" pile-here" if one.code == view.get("account") else ""),
            )
        )
        for one in found[:SHOWN]
    ]
    more = len(found) - len(rows)
    heading = getattr(unit, name) if unit else say("system.every_account", language)
    return html.Section(
        [
            html.Div(
                [
                    html.H2(heading),
                    html.Span(count(len(found)), className="muted"),
                    dcc.Link(
                        say("system.new", language), href=address(PATH, kept | {"new": "account"}), className="button"
                    ),
                ],
                className="admin-head",
            ),
            search(PATH, view, say("system.search_label", language), say("system.search", language)),
            html.Ol(rows, className="pile-rows")
            if rows
            else html.P(say("system.none_found", language), className="muted"),
            html.P(say("system.more", language, n=count(more)), className="muted small") if more > 0 else None,
        ],
        className="card pile",
    )


def _standing(one: Account, n_posts: int, language: str) -> html.Span:
    """What is the matter with an account, in a word or two; how many posts it holds where nothing is."""
    if one.state != "active":
        return html.Span(say(f"system.state_{one.state}", language), className="muted small")
    if not n_posts:
        return html.Span(say("system.no_post", language), className="small admin-amber")
    if one.must_change:
        return html.Span(say("system.not_yet_in", language), className="muted small")
    return html.Span(say("system.n_posts", language, n=count(n_posts)), className="muted small")


def _beside(session: Session, view: View, unit: Unit | None, language: str) -> list[Any]:
    if view.get("new") == "unit":
        return [account_making.new_unit(session, language)]
    one = session.get(Account, view["account"]) if view.get("account") and view.get("new") != "account" else None
    if one is not None:
        return [account_making.kept(session, one, language)]
    return [account_making.new_account(session, unit, language)]


# What is done


def answered(form: str, given: Given, view: View, language: str) -> list[Any]:
    """Do what a form asks for; the page as it then is. Raises MingjingError in words for the form."""
    visitor.permit(RIGHT)
    with visitor.acting() as session:
        done = _DEEDS[form](session, Asked(given, view, language))
    return body(language, done.view, done=done)


def _create(session: Session, asked: Asked) -> Done:
    code = asked.told("code").lower()
    secret = accounts.create(
        session, visitor.visitor(), code=code, name=asked.told("name"), unit_code=asked.told("unit"),
        at=utc_now(), number=asked.told("number") or None,
    )  # fmt: skip
    title = say("system.password_of", asked.language, name=asked.told("name"), code=code)
    steps = [say(f"system.password_{n}", asked.language) for n in ("hand", "change", "post")]
    kept = {key: value for key, value in asked.view.items() if key in ("unit", "q")}
    return Done("", Once(title, secret, steps), kept | {"account": code})


def _change(session: Session, asked: Asked) -> Done:
    accounts.change(
        session, visitor.visitor(), asked.view.get("account", ""), at=utc_now(), name=asked.told("name"),
        unit_code=asked.told("unit"), number=asked.told("number") or None,
    )  # fmt: skip
    return Done(say("system.changed", asked.language), view=asked.view)


def _leave(session: Session, asked: Asked) -> Done:
    code = asked.view.get("account", "")
    n = accounts.leave(session, visitor.visitor(), code, at=utc_now())
    key = "system.left_open" if n else "system.left"
    return Done(say(key, asked.language, code=code, **({"n": count(n)} if n else {})), view=asked.view)


def _add_unit(session: Session, asked: Asked) -> Done:
    unit = units.create(
        session, visitor.visitor(), code=asked.told("code"), name=asked.told("name"),
        name_en=asked.told("name-en"), kind=asked.told("kind"), region_code=asked.told("region"), at=utc_now(),
    )  # fmt: skip
    return Done(say("system.unit_created", asked.language, name=unit.name), view={"unit": unit.code})


def _add_webhook(session: Session, asked: Asked) -> Done:
    secret = webhooks.register(
        session, visitor.visitor(), name=asked.told("name"), url=asked.told("url"), kinds=asked.chosen("kinds"),
        region_code=asked.region(), at=utc_now(),
    )  # fmt: skip
    title = say("system.secret_of", asked.language, name=asked.told("name"))
    return Done(
        "",
        Once(title, secret, [say("system.secret_use", asked.language)]),
        asked.view,
    )


def _stop(session: Session, asked: Asked) -> Done:
    webhooks.stop(session, visitor.visitor(), _webhook_of(asked.view), at=utc_now())
    return Done(say("system.stopped_said", asked.language), view=asked.view)


def _resume(session: Session, asked: Asked) -> Done:
    webhooks.resume(session, visitor.visitor(), _webhook_of(asked.view), at=utc_now())
    return Done(say("system.resumed_said", asked.language), view=asked.view)


def _send_again(session: Session, asked: Asked) -> Done:
    given_up = webhooks.listed(session, _webhook_of(asked.view), state="given_up", most=1000)
    for line in given_up:
        webhooks.send_again(session, visitor.visitor(), line.id, at=utc_now())
    return Done(say("system.again_said", asked.language, n=count(len(given_up))), view=asked.view)


def _webhook_of(view: View) -> int:
    return whole_number(view.get("webhook", ""), ("The webhook", "所选推送"))


_DRAWN: Mapping[str, Callable[[Session, View, str], tuple[str, str, html.Div]]] = {
    "accounts": _staff,
    "duties": duty_forms.drawn,
    "interfaces": webhook_forms.drawn,
}
_DEEDS: Mapping[str, Deed] = {
    "create": _create,
    "change": _change,
    "leave": _leave,
    "unit": _add_unit,
    **duty_forms.DEEDS,
    "webhook": _add_webhook,
    "stop": _stop,
    "resume": _resume,
    "again": _send_again,
}


def register(app: Dash) -> None:
    """File the page and answer its forms."""
    dash.register_page(__name__, path=PATH, layout=layout, title="明镜 · 系统管理")  # type: ignore[no-untyped-call]
    add_forms(app, "system", FORMS, answered)
