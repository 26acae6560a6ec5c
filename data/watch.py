"""Watching the watchers (灯下黑): looks at personal data at odd hours or in bulk stand out in the audit.

Source: field/rules.md, 3.5.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit, policy
from data.office_time import SHANGHAI, shanghai_day
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import Person
from data.working_days import is_working_day

LOOKS = ("identity.unmasked", "person_query.asked", "person_query.read", "person_query.unmasked")
"""Actions that show personal data, or ask to be shown it."""
_OPENS, _CLOSES = 8, 18


def watch(session: Session, person: Person, *, at: datetime, about: str | None = None) -> None:
    """Leave watch.off_hours, watch.bulk and watch.staff entries for a look that was just noted in this session.

    Off hours: before 8, from 18 on, or on no working day, Asia/Shanghai. Bulk: the first look of the day above the
    number of the policy `bulk_reads`, and again each time as many more were made. Staff: `about` is the subject key of
    somebody else who has an account here.
    """
    day = shanghai_day(at)
    if not is_working_day(day) or not _OPENS <= (at + SHANGHAI).hour < _CLOSES:
        watched(session, person, "watch.off_hours", at, {})
    if about is not None and about != person.subject_key:
        colleague = session.scalar(select(Account.code).where(Account.subject_key == about).limit(1))
        if colleague is not None:
            watched(session, person, "watch.staff", at, {"account": colleague})
    begins = datetime.combine(day, time()) - SHANGHAI
    looks = session.scalar(
        select(func.count())
        .select_from(AuditEntry)
        .where(
            AuditEntry.actor == person.code,
            AuditEntry.at >= begins,
            AuditEntry.at < begins + timedelta(days=1),
            AuditEntry.action.in_(LOOKS),
        )
    )
    noted = session.info.get("audit", ())
    n = (looks or 0) + sum(one["actor"] == person.code and one["action"] in LOOKS for one in noted)
    most = policy.value(session, "bulk_reads")
    if n > most and (n - 1) % most == 0:
        watched(session, person, "watch.bulk", at, {"looks": n})


def watched(session: Session, person: Person, action: str, at: datetime, detail: Mapping[str, object]) -> None:
    """Leave a lasting entry that the audit administrator is to look at; `action` begins with `watch.`."""
    audit.note(session, person.code, action, "account", person.code, at=at, address=person.address,
               detail=detail, lasting=True)  # fmt: skip
