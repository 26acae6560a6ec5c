"""Several alerts at once: each is signed for, given to a unit or assigned by itself, and what is refused says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data import dispatch
from data.errors import InputRefused, MingjingError
from data.loop import locked
from data.office_time import shanghai_day
from data.people_tables import Account, Post
from data.rights import ROLES, Person, acting, find_person

DEEDS: Mapping[str, str] = {"sign_in": "verify", "transfer": "dispatch", "assign": "dispatch"}
"""What can be done to several alerts, and the right it takes."""
MOST = 200


@dataclass(frozen=True)
class Chosen:
    """An alert as the person saw it when choosing it."""

    id: int
    version: int


@dataclass(frozen=True)
class Result:
    """What became of each alert."""

    done: tuple[int, ...]
    refused: tuple[tuple[int, MingjingError], ...]


def verifiers(session: Session, units: set[str], *, on: date) -> list[tuple[str, str]]:
    """Code and name of those who may verify for one of the units on a day, in order of code."""
    roles = [code for code, role in ROLES.items() if "verify" in role.rights]
    query = (
        select(Account.code, Account.name)
        .join(Post, Post.account == Account.code)
        .where(Account.state == "active", Post.unit_code.in_(units), Post.role.in_(roles))
        .where(Post.from_on <= on, or_(Post.until_on.is_(None), Post.until_on >= on))
        .distinct()
        .order_by(Account.code)
    )
    return [(code, name) for code, name in session.execute(query)]


def do(person: Person, chosen: Sequence[Chosen], deed: str, *, at: datetime, to: str = "", note: str = "") -> Result:
    """Do one deed to each alert, each in a transaction of its own: what is refused leaves the others done.

    `to`: the unit for transfer, the account for assign. Raises InputRefused for a deed that does not exist or too many
    alerts, NotPermitted without the right, NotFound for an account that cannot be assigned to.
    """
    if deed not in DEEDS or not 0 < len(chosen) <= MOST:
        raise InputRefused(
            f"Got {deed!r} for {len(chosen)} alerts; expected one of {', '.join(DEEDS)} for 1 to {MOST}. Choose again.",
            f"一次最多处理 {MOST} 条，请重新选择。",
        )
    person.must(DEEDS[deed])
    if deed != "sign_in" and not to:
        raise InputRefused(
            "Nobody was chosen to give the alerts to. Choose one and try again.", "尚未选择单位或人员，请选择后再办。"
        )
    if deed == "transfer" and not note.strip():
        raise InputRefused("To transfer takes a reason; got none. Say why.", "转办须说明理由，请填写。")
    done: list[int] = []
    refused: list[tuple[int, MingjingError]] = []
    for one in chosen:
        try:
            with acting(person) as session:
                _do(session, person, one, deed, at=at, to=to, note=note)
            done.append(one.id)
        except MingjingError as error:
            refused.append((one.id, error))
    return Result(tuple(done), tuple(refused))


def _do(session: Session, person: Person, one: Chosen, deed: str, *, at: datetime, to: str, note: str) -> None:
    if deed == "sign_in":
        dispatch.sign_in(session, one.id, person, at=at, version=one.version)
    elif deed == "assign":
        verifier = find_person(session, to, today=shanghai_day(at))
        dispatch.assign(session, one.id, person, verifier, at=at, version=one.version, note=note)
    elif locked(session, one.id).status == "waiting":
        dispatch.dispatch(session, one.id, person, to, at=at, version=one.version, note=note)
    else:
        dispatch.transfer(session, one.id, person, to, at=at, version=one.version, note=note)
