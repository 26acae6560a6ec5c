"""Watching the watchers (灯下黑): looks at personal data at odd hours or in bulk stand out in the audit.

Source: field/rules.md, 3.5.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data import audit, policy
from data.database import reading, writing
from data.office_time import SHANGHAI, shanghai_day
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import Person
from data.working_days import is_working_day

LOOKS: Mapping[str, tuple[str, ...]] = {
    "bulk_reads": (
        *("identity.unmasked", "person_query.asked", "person_query.read", "person_query.unmasked"),
        *("clearance.made", "clearance.read", "clearance.verified"),
    ),
    "bulk_looks": ("alert.seen", "attachment.read"),
}
"""Actions that show somebody's data, or ask to be shown it, by the policy above whose number a day they are bulk: those
that show who somebody is, and those that show an alert, masked, or a file of it."""
_OPENS, _CLOSES = 8, 18


def saw(person: Person, alert_id: int, *, at: datetime) -> None:
    """Put on record that a person was shown an alert: once an alert and day of the office, in its own transaction."""
    day = shanghai_day(at)
    already = select(AuditEntry.number).where(
        AuditEntry.object_kind == "alert",
        AuditEntry.object_id == str(alert_id),
        AuditEntry.action == "alert.seen",
        AuditEntry.actor == person.code[:60],
        *_within(day),
    )
    with reading() as session:
        if session.scalar(already.limit(1)) is not None:
            return
    with writing() as session:
        audit.note(session, person.code, "alert.seen", "alert", alert_id, at=at, address=person.address)
        watch(session, person, at=at, rule="bulk_looks")


def watch(
    session: Session, person: Person, *, at: datetime, about: Sequence[str] = (), rule: str = "bulk_reads"
) -> None:
    """Leave watch.off_hours, watch.bulk and watch.staff entries for a look that was just noted in this session.

    Off hours: before 8, from 18 on, or on no working day, Asia/Shanghai; of looks that show nobody's identity
    (`bulk_looks`) the first of the day. Bulk: the first look of the day above the number of the policy `rule`, and
    again each time as many more were made. Staff: `about` has the subject keys of those looked for; others among them
    have an account here.
    """
    day = shanghai_day(at)
    n = _number(session, person, day, LOOKS[rule])
    is_odd = not is_working_day(day) or not _OPENS <= (at + SHANGHAI).hour < _CLOSES
    if is_odd and (rule == "bulk_reads" or not _number(session, person, day, ("watch.off_hours",))):
        watched(session, person, "watch.off_hours", at, {})
    others = [key for key in about if key != person.subject_key]
    colleagues = select(Account.code).where(Account.subject_key.in_(others)).order_by(Account.code)
    for colleague in session.scalars(colleagues) if others else ():
        watched(session, person, "watch.staff", at, {"account": colleague})
    most = policy.value(session, rule)
    if n > most and (n - 1) % most == 0:
        watched(session, person, "watch.bulk", at, {"looks": n})


def _within(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begins = datetime.combine(day, time()) - SHANGHAI
    return AuditEntry.at >= begins, AuditEntry.at < begins + timedelta(days=1)


def _number(session: Session, person: Person, day: date, actions: Sequence[str]) -> int:
    """How often the person did one of these on a day, with what was noted in this session."""
    kept = session.scalar(
        select(func.count())
        .select_from(AuditEntry)
        .where(AuditEntry.actor == person.code[:60], AuditEntry.action.in_(actions), *_within(day))
    )
    noted = session.info.get("audit", ())
    return (kept or 0) + len([one for one in noted if one["actor"] == person.code[:60] and one["action"] in actions])


def watched(session: Session, person: Person, action: str, at: datetime, detail: Mapping[str, object]) -> None:
    """Leave a lasting entry that the audit administrator is to look at; `action` begins with `watch.`."""
    audit.note(session, person.code, action, "account", person.code, at=at, address=person.address,
               detail=detail, lasting=True)  # fmt: skip
