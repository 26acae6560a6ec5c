"""Searching the audit: pages of entries by who, what, about what and when. Every search is itself put on record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused
from data.office_time import SHANGHAI
from data.record_tables import AuditEntry
from data.rights import Person
from data.written import written

PAGE = 100
"""Entries a page shows."""
MOST_EXPORTED = 20_000
FIRST_YEAR, LAST_YEAR = 1970, 9998


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty: everything."""

    actor: str = ""
    """Beginning of an account code."""
    action: str = ""
    """Beginning of an action: `alert.`, `identity.unmasked`, `watch.`..."""
    about: str = ""
    """Kind and number of what it is about, `alert 12`, or the kind alone."""
    first: str = ""
    last: str = ""
    """Local days, YYYY-MM-DD, both counted."""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Wanted":
        """What an address asks for; keys it does not know are left to others. Raises InputRefused."""
        return cls(**{one.name: written(query.get(one.name, ""), name=one.name, most=60) for one in fields(cls)})

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on AuditEntry. Raises InputRefused for a day that is none."""
        found: list[ColumnElement[bool]] = []
        if self.actor:
            found.append(AuditEntry.actor.startswith(self.actor, autoescape=True))
        if self.action:
            found.append(AuditEntry.action.startswith(self.action, autoescape=True))
        if self.about:
            kind, _, number = self.about.partition(" ")
            found.append(AuditEntry.object_kind == kind)
            if number.strip():
                found.append(AuditEntry.object_id == number.strip())
        if self.first:
            found.append(AuditEntry.at >= datetime.combine(_day(self.first), time()) - SHANGHAI)
        if self.last:
            found.append(AuditEntry.at < datetime.combine(_day(self.last), time()) - SHANGHAI + timedelta(days=1))
        return found


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputRefused(
            f"The day {text[:20]!r} cannot be read; expected one such as 2026-11-22.",
            f"日期“{text[:20]}”无法识别，应为 2026-11-22 这样的日期。",
        ) from None
    return within_record(day)


def within_record(day: date) -> date:
    """The day itself, where its beginning and end can be told in any zone. Raises InputRefused for another."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InputRefused(
            f"The day {day} is outside what can be searched; expected one from {FIRST_YEAR} to {LAST_YEAR}.",
            f"日期 {day} 超出可查范围，应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间。",
        )
    return day


def search(
    session: Session, person: Person, wanted: Wanted, *, at: datetime, before: int | None = None
) -> tuple[list[AuditEntry], int]:
    """The newest entries that match (those before number `before`, for the next page), and how many match in all.

    In a write session: the search is put on record. Raises NotPermitted without the right.
    """
    person.must("audit")
    n = session.scalar(select(func.count(AuditEntry.number)).where(*wanted.conditions())) or 0
    _note(session, person, "audit.searched", wanted, n, at)
    return _entries(session, wanted, before, PAGE), n


def taken_out(session: Session, person: Person, wanted: Wanted, *, at: datetime) -> list[AuditEntry]:
    """Every entry that matches, the newest first, for an export, which is put on record.

    Raises InputRefused for more than MOST_EXPORTED.
    """
    person.must("audit")
    n = session.scalar(select(func.count(AuditEntry.number)).where(*wanted.conditions())) or 0
    if n > MOST_EXPORTED:
        raise InputRefused(
            f"{n:,} entries match, and at most {MOST_EXPORTED:,} are exported at once. Narrow the search, or use "
            "`mingjing audit-export` on the server.",
            f"符合条件的有 {n:,} 条，一次最多导出 {MOST_EXPORTED:,} 条，请缩小范围。",
        )
    _note(session, person, "audit.exported", wanted, n, at)
    return _entries(session, wanted, None, MOST_EXPORTED)


def _entries(session: Session, wanted: Wanted, before: int | None, most: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(*wanted.conditions()).order_by(AuditEntry.number.desc()).limit(most)
    return list(session.scalars(query if before is None else query.where(AuditEntry.number < before)))


def _note(session: Session, person: Person, action: str, wanted: Wanted, n: int, at: datetime) -> None:
    said = {one.name: value for one in fields(Wanted) if (value := getattr(wanted, one.name))}
    audit.note(session, person.code, action, "audit", at=at, address=person.address, detail=said | {"n": n})


def said_of(entry: AuditEntry) -> dict[str, Any]:
    """The details of an entry."""
    read = json.loads(entry.detail)
    return read if isinstance(read, dict) else {}
