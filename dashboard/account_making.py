"""Accounts and units as the system administrator makes them, puts them right and closes them: the forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from sqlalchemy.orm import Session

from dashboard.administration import (
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
from dashboard.formats import minute
from dashboard.words import say
from data import accounts, units
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post
from data.rights import ROLES
from data.tables import Unit

FORMS: Mapping[str, Sequence[str]] = {
    "create": ("code", "name", "unit", "number"),
    "change": ("name", "unit", "number"),
    "leave": (),
    "unit": ("code", "name", "name-en", "kind", "region"),
}
"""Forms about accounts and units and their fields."""


def new_account(session: Session, unit: Unit | None, language: str) -> html.Section:
    """The form for an account that is to be made, in the unit that is looked at."""
    return html.Section(
        [
            html.H2(say("system.create_title", language)),
            html.P(say("system.create_why", language), className="muted"),
            text("create", "name", say("system.name", language), most=60),
            text("create", "code", say("system.code", language), hint=say("system.code_hint", language), most=40),
            choice(
                "create", "unit", say("system.unit", language), unit_options(session, language), language,
                value=unit.code if unit else None, empty=say("system.choose", language),
            ),
            text(
                "create", "number", say("system.number", language), hint=say("system.number_hint", language), most=18
            ),
            button("create", say("system.create", language), style="button-main big"),
            refusal("create"),
        ],
        className="card looked admin-form",
    )  # fmt: skip


def kept(session: Session, one: Account, language: str) -> html.Section:
    """One account: how it stands, the posts it was granted, and what may be put right."""
    posts = accounts.posts_of(session, one.code, on=shanghai_day(utc_now()))
    left = one.state == "left"
    return html.Section(
        [
            html.H2([one.name, html.Span(f" {one.code}", className="muted")]),
            html.P(
                say("system.made", language, at=minute(one.created_at), state=_state(one, language)), className="muted"
            ),
            _held(session, posts, language),
            *([] if left else _account_forms(session, one, language)),
        ],
        className="card looked admin-form",
    )


def _state(one: Account, language: str) -> str:
    return say(
        "system.not_yet_in" if one.state == "active" and one.must_change else f"system.state_{one.state}", language
    )


def _held(session: Session, posts: Sequence[Post], language: str) -> html.Div:
    name = name_in(language)
    lines = [
        html.Li(
            " · ".join(
                [
                    getattr(ROLES[post.role], name),
                    getattr(session.get_one(Unit, post.unit_code), name),
                    place_name(session, post.region_code, language),
                ]
            )
        )
        for post in posts
        if post.role in ROLES
    ]
    return html.Div(
        [
            html.H3(say("system.posts", language)),
            html.Ul(lines) if lines else html.P(say("system.posts_none", language), className="admin-amber"),
        ]
    )


def _account_forms(session: Session, one: Account, language: str) -> list[Any]:
    return [
        html.H3(say("system.change_title", language)),
        text("change", "name", say("system.name", language), value=one.name, most=60),
        choice(
            "change", "unit", say("system.unit", language), unit_options(session, language), language,
            value=one.unit_code, empty=say("system.choose", language),
        ),
        text(
            "change", "number", say("system.number", language), most=18,
            hint=say("system.number_filed" if one.subject_key else "system.number_hint", language),
        ),
        button("change", say("system.change", language), style="button"),
        refusal("change"),
        guarded(
            "leave", say("system.leave", language), say("system.leave_why", language, name=one.name), [],
            say("system.leave_do", language),
        ),
    ]  # fmt: skip


def new_unit(session: Session, language: str) -> html.Section:
    """The form for a unit that is to be added."""
    kinds = [{"value": kind, "label": say(f"system.kind_{kind}", language)} for kind in units.KINDS]
    return html.Section(
        [
            html.H2(say("system.unit_title", language)),
            html.P(say("system.unit_why", language), className="muted"),
            text("unit", "name", say("system.unit_name", language), most=80),
            text("unit", "name-en", say("system.unit_name_en", language), most=120),
            text(
                "unit", "code", say("system.unit_code", language), hint=say("system.unit_code_hint", language), most=30
            ),
            choice(
                "unit", "kind", say("system.unit_kind", language), kinds, language,
                empty=say("system.choose", language),
            ),
            choice(
                "unit", "region", say("system.unit_region", language),
                region_options(session, language, everywhere=False), language, empty=say("system.choose", language),
            ),
            button("unit", say("system.unit_create", language), style="button-main big"),
            refusal("unit"),
        ],
        className="card looked admin-form",
    )  # fmt: skip
