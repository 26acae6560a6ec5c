"""`mingjing account`: the first administrators of an office, and what is done where nobody can sign in.

Everyday work with accounts is done on the pages, by the administrators. On the server it is done in somebody's name
(`--by`, who gives a password as everywhere), or with `--force`, which goes on record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data import accounts, audit, sign_in, units
from data.accounts import ADMINISTRATORS, AT_THE_MACHINE
from data.database import migrate, reading, writing
from data.errors import InputRefused, NotPermitted, SignInRefused
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, Post
from data.rights import ROLES, Person
from data.tables import Region, Unit

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def account() -> None:
    """Accounts on the server itself: the first administrators, and recovery on record."""


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    """The two options that say in whose name a command works."""

    @click.option("--by", metavar="LOGIN", help="In whose name; asks for the password.")
    @click.option("--force", is_flag=True, help="In nobody's name, where nobody can sign in; this goes on record.")
    @wraps(command)
    def asked(*values: Any, **named: Any) -> None:
        migrate()
        command(*values, **named)

    return asked


@account.command()
@click.argument("login")
@click.option("--name", default="", help="Name of the person; default: the login.")
@click.option("--unit", required=True, metavar="CODE", help="Unit of the person.")
@click.option("--unit-name", default="", help="Name of the unit where it does not exist yet.")
@click.option("--region", default="", metavar="CODE", help="Region of a unit that does not exist yet.")
@click.option("--region-name", default="", help="Name of the region where it does not exist yet either.")
@click.option("--role", type=click.Choice(ADMINISTRATORS), help="For the three administrators only.")
@_acting
def add(
    login: str,
    name: str,
    unit: str,
    unit_name: str,
    region: str,
    region_name: str,
    role: str | None,
    by: str | None,
    force: bool,
) -> None:
    """Make an account and print its one-time password, once. The first administrator of each kind needs no --by."""
    now = utc_now()
    if by and role:
        raise InputRefused("--role with --by: posts are granted by a security administrator; use `account grant`.")
    with _person(by, force, now, "account add", first=_is_first(role, now)) as person, writing() as session:
        if unit_name:
            _make_unit(session, person, unit, unit_name, region, region_name, now)
        password = accounts.create(session, person, code=login, name=name or login, unit_code=unit, at=now)
        code = login.strip().lower()
        if role:
            today = shanghai_day(now)
            accounts.grant(session, person, account=code, role=role, unit_code=unit, from_on=today, at=now)
    _show_password(code, password)


@account.command()
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="Take off the second factor too.")
@_acting
def reset(login: str, second_factor: bool, by: str | None, force: bool) -> None:
    """Give an account a one-time password in place of its own, unlock it, and end its sign-ins."""
    now = utc_now()
    with _person(by, force, now, "account reset") as person, writing() as session:
        password = accounts.reset_password(session, person, login, at=now)
        if second_factor:
            accounts.reset_second_factor(session, person, login, at=now)
    _show_password(login, password)


@account.command()
@click.argument("login")
@click.argument("role", type=click.Choice(list(ROLES)))
@click.option("--unit", required=True, metavar="CODE", help="Unit of the post.")
@click.option("--region", metavar="CODE", help="Region of the post; default: that of the unit.")
@click.option("--whole-office", is_flag=True, help="For every region.")
@click.option("--domain", metavar="CODE", help="For one domain only.")
@click.option("--from", "from_on", type=DAY, help="First day, YYYY-MM-DD; default: today.")
@click.option("--until", "until_on", type=DAY, help="Last day, YYYY-MM-DD; default: without end.")
@_acting
def grant(
    login: str,
    role: str,
    unit: str,
    region: str | None,
    whole_office: bool,
    domain: str | None,
    from_on: datetime | None,
    until_on: datetime | None,
    by: str | None,
    force: bool,
) -> None:
    """Give an account a post."""
    now = utc_now()
    if region and whole_office:
        raise InputRefused("--region and --whole-office: got both, expected one; leave one out.")
    with _person(by, force, now, "account grant") as person, writing() as session:
        found = session.get(Unit, unit)
        post = accounts.grant(
            session,
            person,
            account=login,
            role=role,
            unit_code=unit,
            region_code=None if whole_office else region or (found.region_code if found else None),
            domain_code=domain,
            from_on=from_on.date() if from_on else shanghai_day(now),
            until_on=until_on.date() if until_on else None,
            at=now,
        )
        click.echo(f"{login}: post {post.id}, {_words(post)}.")


@account.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="Let it in again; unlocks it too.")
@click.option("--reason", default="", help="Why, for the record.")
@_acting
def block(login: str, undo: bool, reason: str, by: str | None, force: bool) -> None:
    """Let an account in no more; its sign-ins end at once."""
    now = utc_now()
    with _person(by, force, now, "account block") as person, writing() as session:
        if undo:
            accounts.unblock(session, person, login, at=now)
        else:
            accounts.block(session, person, login, at=now, reason=reason)
    click.echo(f"{login} is {'let in again' if undo else 'blocked'}.")


@account.command(name="list")
def list_accounts() -> None:
    """Show every account with its unit, state and posts of today."""
    migrate()
    now = utc_now()
    with reading() as session:
        posts: dict[str, list[str]] = {}
        for post in accounts.posts_of(session, on=shanghai_day(now)):
            posts.setdefault(post.account, []).append(_words(post))
        found = accounts.listed(session)
        for one in found:
            words = "; ".join(posts.get(one.code, ["no post"]))
            click.echo("\t".join((one.code, one.name, one.unit_code, _state(one, now), words)))
    click.echo(f"{len(found)} account{'' if len(found) == 1 else 's'}.", err=True)


def _state(one: Account, now: datetime) -> str:
    locked = one.state == "active" and one.locked_until is not None and now < one.locked_until
    waits = one.state == "active" and one.must_change
    return one.state + (", locked" if locked else "") + (", one-time password" if waits else "")


def _words(post: Post) -> str:
    where = post.region_code or "the whole office"
    domain = f", {post.domain_code}" if post.domain_code else ""
    until = f" until {post.until_on}" if post.until_on else ""
    return f"{post.role} in {post.unit_code} for {where}{domain} from {post.from_on}{until}"


def _show_password(login: str, password: str) -> None:
    click.echo(f"{login}: one-time password {password}")
    click.echo(
        "It is shown this once, must be changed at the first sign-in, and lapses where it is not used.", err=True
    )


def _is_first(role: str | None, now: datetime) -> bool:
    """Whether an administrator is asked for of whom there is none that could sign in."""
    if role is None:
        return False
    with reading() as session:
        there = session.scalar(
            select(Post.id)
            .join(Account, Account.code == Post.account)
            .where(
                Post.role == role,
                Account.state != "left",
                or_(Post.until_on.is_(None), Post.until_on >= shanghai_day(now)),
            )
            .limit(1)
        )
    return there is None


@contextmanager
def _person(by: str | None, force: bool, now: datetime, command: str, *, first: bool = False) -> Iterator[Person]:
    """In whose name a command works. Raises NotPermitted where it is nobody's."""
    if by:
        token = _enter(by, now)
        try:
            with reading() as session:
                yield sign_in.person_of(session, token, at=now, address="").person
        finally:
            with writing() as session:
                sign_in.sign_out(session, token, at=now)
        return
    if not force and not first:
        raise NotPermitted(
            f"`mingjing {command}` works in somebody's name: add --by LOGIN of an administrator; or --force, where "
            "nobody can sign in, which goes on record."
        )
    if not first:
        with writing() as session:
            audit.note(session, AT_THE_MACHINE.code, "account.forced", at=now, detail={"command": command})
    yield AT_THE_MACHINE


def _enter(by: str, now: datetime) -> str:
    password = click.prompt(f"Password of {by}", hide_input=True, err=True)
    with writing() as session:
        opened = sign_in.sign_in(session, code=by, password=password, address="", at=now)
    if opened.step == "second_factor":
        otp = click.prompt("Code of the second factor", err=True)
        with writing() as session:
            opened = sign_in.second_factor(session, opened.token, otp, at=now)
    if opened.step != "open":
        raise SignInRefused(
            f"The sign-in of {by} is not complete (“{opened.step}” comes first); finish it on the page."
        )
    return opened.token


def _make_unit(
    session: Session, person: Person, code: str, name: str, region: str, region_name: str, now: datetime
) -> None:
    if session.get(Unit, code) is not None:
        return
    if region_name and session.get(Region, region) is None:
        if not (region.isdecimal() and len(region) in _LEVELS):
            raise InputRefused(f"--region {region[:20]!r}: expected a region code of 2, 4, 6, 9 or 12 digits; mend it.")
        around = session.get(Region, region[: _AROUND[len(region)]])
        session.add(
            Region(
                code=region,
                name=region_name,
                name_en=region_name,
                level=_LEVELS[len(region)],
                parent_code=around.code if around else None,
                valid_from=shanghai_day(now),
            )
        )
        session.flush()
    units.create(session, person, code=code, name=name, kind="commission", region_code=region, at=now)


_LEVELS = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
_AROUND = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
