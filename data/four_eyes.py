"""Four eyes: whoever worked on a verdict does not decide about it, whoever has the alert now and by whatever account.

What counts is who had the alert and what was done, as its events keep it; two accounts of one person are one person.
Source: field/rules.md, 4 (separation of duties).
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from data.people_tables import Account
from data.rights import Person
from data.tables import Alert, AlertEvent

UNDONE = ("reversed", "reopened")
"""Kinds of event that take a verdict back: what is done after belongs to the next."""
_WORK = ("taken", "held", "concluded", "requested", "rectified")
_DECISIONS = ("eliminated", "downgraded")
_VERDICTS = ("concluded", "requested")


def accounts_of(session: Session, person: Person) -> frozenset[str]:
    """The accounts of a person: those with the same identity are one."""
    if person.subject_key is None:
        return frozenset({person.code})
    return frozenset(session.scalars(select(Account.code).where(Account.subject_key == person.subject_key))) | {
        person.code
    }


def worked(codes: Collection[str]) -> ColumnElement[bool]:
    """Events by which one of these accounts had an alert, or worked on its verdict."""
    return or_(
        AlertEvent.assignee.in_(codes), and_(AlertEvent.actor.in_(codes), AlertEvent.kind.in_(_WORK))
    )  # fmt: skip


def ruled(codes: Collection[str]) -> ColumnElement[bool]:
    """Events by which one of these accounts worked on a verdict or decided about it."""
    return or_(worked(codes), and_(AlertEvent.actor.in_(codes), AlertEvent.kind.in_(_DECISIONS)))


def has_worked(session: Session, alert: Alert, person: Person) -> bool:
    """Whether this person had the alert, or worked on its verdict, since one was last taken back."""
    codes = accounts_of(session, person)
    if alert.assignee in codes:
        return True
    undone = _undone(session, alert)
    since = AlertEvent.id > (undone[0].id if undone else 0)
    query = select(AlertEvent.id).where(AlertEvent.alert_id == alert.id, since, worked(codes))
    return session.scalar(query.limit(1)) is not None


def has_ruled(session: Session, alert: Alert, person: Person) -> bool:
    """Whether this person ever worked on a verdict of the alert, or decided about one."""
    query = select(AlertEvent.id).where(AlertEvent.alert_id == alert.id, ruled(accounts_of(session, person)))
    return session.scalar(query.limit(1)) is not None


def gave_what_was_reversed(session: Session, alert: Alert, person: Person) -> bool:
    """Whether the verdict that a look-back took back last, with none given since, was this person's."""
    undone = _undone(session, alert)
    if not undone or undone[0].kind != "reversed":
        return False
    first = undone[1].id if len(undone) > 1 else 0
    verdict = (
        select(AlertEvent.actor)
        .where(AlertEvent.alert_id == alert.id, AlertEvent.kind.in_(_VERDICTS))
        .where(AlertEvent.id > first, AlertEvent.id < undone[0].id)
    )
    actor = session.scalar(verdict.order_by(AlertEvent.id.desc()).limit(1))
    return actor is not None and actor in accounts_of(session, person)


def _undone(session: Session, alert: Alert) -> list[AlertEvent]:
    """The last two events that took a verdict of the alert back, the newest first."""
    query = select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.kind.in_(UNDONE))
    return list(session.scalars(query.order_by(AlertEvent.id.desc()).limit(2)))
