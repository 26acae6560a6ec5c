"""The least office a loop can run in: one county, two towns, their commissions, a department, and people with posts.

Invented throughout: codes begin with 99.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.database import writing
from data.loop import advance, locked
from data.rights import ROLES, Held, Person
from data.tables import Alert, AlertEvent, Domain, Region, Unit

RAISED = datetime(2026, 3, 2, 1)
"""A Monday, 9 o'clock in Shanghai."""
NOW = datetime(2026, 3, 9, 1)
_BEGINNING = date(2020, 1, 1)


def somebody(
    role: str, code: str = "", *, unit: str = "U1", region: str = "", domain: str | None = None, key: str | None = None
) -> Person:
    """A person with one post."""
    post = Held(ROLES[role], unit, region, domain)
    return Person(code or role, ROLES[role].name, unit, (post,), key, "127.0.0.1")


VERIFIER = somebody("inspector", "li")
COLLEAGUE = somebody("inspector", "wang")
ELSEWHERE = somebody("inspector", "zhao", unit="U2")
APPROVER = somebody("approver", "chen", unit="C1")
SECOND_APPROVER = somebody("approver", "sun", unit="C1")
LEADER = somebody("leader", "zhou", unit="C1")
CONTACT = somebody("contact", "qian", unit="D1")


def furnish() -> None:
    """Put the places, domains and units into the migrated database of the settings."""
    with writing() as session:
        for code, level in (("99", 1), ("9901", 2), ("990101", 3), ("990101001", 4), ("990101002", 4)):
            parent = {6: code[:4], 4: code[:2], 9: code[:6]}.get(len(code))
            session.add(
                Region(code=code, name=code, name_en=code, level=level, parent_code=parent, valid_from=_BEGINNING)
            )
            session.flush()
        session.add(Domain(code="village_projects", name="村级工程", name_en="Village projects", sort=1))
        session.add(Domain(code="benefit_funds", name="惠民资金", name_en="Benefit funds", sort=2))
        for code, name, kind, region in (
            ("C1", "镜湖县纪委", "commission", "990101"),
            ("U1", "高桥镇纪委", "town_commission", "990101001"),
            ("U2", "柳溪镇纪委", "town_commission", "990101002"),
            ("D1", "镜湖县民政局", "department", "990101"),
        ):
            session.add(Unit(code=code, name=name, name_en=code, kind=kind, region_code=region))


def add_alert(session: Session, number: int = 1, **values: Any) -> int:
    """An alert of the first town's commission, signed for; other values as given. Returns its number."""
    chosen = {
        "alert_key": f"M01|r|{number}", "source": "M01", "rule": "r", "domain_code": "benefit_funds",
        "region_code": "990101001", "unit_code": "U1", "level": "red", "status": "accepted", "subject_kind": "person",
        "subject_key": f"{number:064d}", "subject_display": "韩某某", "title": "t", "title_en": "t",
        "raised_at": RAISED, "dispatched_at": RAISED, "signed_in_at": RAISED, "amount": 10_000.0,
        "recoverable": 8_000.0, "attributes": "{}",
    } | values  # fmt: skip
    alert = Alert(**chosen)
    session.add(alert)
    session.flush()
    session.add(
        AlertEvent(alert_id=alert.id, at=RAISED, actor="collision", kind="raised", to_status=alert.status, note="")
    )
    return alert.id


def an_alert(number: int = 1, **values: Any) -> int:
    """`add_alert` in a transaction of its own."""
    with writing() as session:
        return add_alert(session, number, **values)


def taken(number: int = 1, *, by: Person = VERIFIER, at: datetime = NOW, **values: Any) -> int:
    """An alert that somebody has taken to verify."""
    with writing() as session:
        alert_id = add_alert(session, number, **values)
        advance(session, locked(session, alert_id), "taken", by, at=at)
        return alert_id


def kinds(session: Session, alert_id: int) -> list[str]:
    """What was done to an alert, in order."""
    query = select(AlertEvent.kind).where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.id)
    return list(session.scalars(query))


def later(days: float = 0, minutes: float = 0) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(days=days, minutes=minutes)
