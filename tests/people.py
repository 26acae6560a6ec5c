"""People for tests: who may do everything, who has one post, and a signed-in browser for either.

`person` and `everybody` are plain values; `sign_in_as` makes their account in the office of the settings, signed in.
"""

import secrets
from dataclasses import replace
from datetime import date, datetime

from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.guard import COOKIE
from data.database import writing
from data.office_time import utc_now
from data.people_tables import Account, Post, SignIn
from data.rights import ROLES, Held, Person, Role
from data.sign_in import hash_of
from data.tables import Region, Unit

UNITS = tuple(f"U{i}" for i in range(1, 9))
"""The units of the miniature office."""
_BEGINNING = date(2020, 1, 1)


def person(
    role: str,
    *,
    unit_code: str = "U1",
    region_code: str = "",
    domain_code: str | None = None,
    code: str = "",
    name: str = "",
    subject_key: str | None = None,
) -> Person:
    """Somebody with one post; the code is the role's where none is given."""
    post = Held(ROLES[role], unit_code, region_code, domain_code)
    return Person(code or role, name or ROLES[role].name, unit_code, (post,), subject_key, "127.0.0.1")


def everybody(code: str = "everybody") -> Person:
    """Somebody with every role that is no administrator's, in every unit, over the whole office."""
    roles = [replace(role, sees="region") if role.sees == "unit" else role for role in _workers()]
    posts = [Held(role, unit, "", None) for role in roles for unit in (UNITS if _of_units(role.code) else UNITS[:1])]
    return Person(code, "众人", UNITS[0], tuple(posts), None, "127.0.0.1")


def _workers() -> list[Role]:
    return [role for role in ROLES.values() if not role.administers]


def _of_units(role: str) -> bool:
    return role in ("inspector", "contact")


def store(session: Session, who: Person) -> None:
    """Make the person's account with its posts, and a unit for it in an office that has none."""
    if session.get(Account, who.code) is not None:
        return
    units = set(session.scalars(select(Unit.code)))
    if not units:
        units = {_first_unit(session)}
    session.add(
        Account(
            code=who.code, name=who.name, unit_code=who.unit_code if who.unit_code in units else min(units),
            state="active", must_change=False, n_failed=0, subject_key=who.subject_key, created_at=datetime(2026, 1, 1),
            created_by="test", password_set_at=utc_now(),
        )
    )  # fmt: skip
    session.flush()
    for post in who.posts:
        if post.unit_code in units or post.unit_code == who.unit_code:
            session.add(
                Post(
                    account=who.code, role=post.role.code,
                    unit_code=post.unit_code if post.unit_code in units else min(units),
                    region_code=post.region_code or None, domain_code=post.domain_code, from_on=_BEGINNING,
                    granted_by="test",
                )
            )  # fmt: skip
    session.flush()


def _first_unit(session: Session) -> str:
    if session.get(Region, "99") is None:
        session.add(Region(code="99", name="明州省", name_en="Mingzhou Province", level=1, valid_from=_BEGINNING))
        session.flush()
    session.add(Unit(code="U1", name="省纪委", name_en="Commission", kind="commission", region_code="99"))
    session.flush()
    return "U1"


def sign_in_as(who: Person) -> str:
    """The token of a browser in which the person has just signed in; the account is made where there is none."""
    token, now = secrets.token_urlsafe(32), utc_now()
    with writing() as session:
        store(session, who)
        session.add(
            SignIn(
                token_hash=hash_of(token), account=who.code, started_at=now, seen_at=now,
                step="open", address="127.0.0.1",
            )
        )  # fmt: skip
    return token


def client_of(app: Dash, who: Person | None = None) -> FlaskClient:
    """A client of the application in which somebody is signed in; everybody where nobody is named."""
    client = same_site(app)
    client.set_cookie(COOKIE, sign_in_as(who or everybody()))
    return client


def same_site(app: Dash) -> FlaskClient:
    """A client that says, as a browser does, that its requests come from the site's own pages; nobody is signed in."""
    client = app.server.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client
