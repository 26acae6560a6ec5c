"""A county with two towns, a commission in each, a department, and people who are given accounts and posts."""

from datetime import date, datetime, timedelta
from typing import Any

from data import accounts, sign_in
from data.database import reading, writing
from data.rights import ROLES, Held, Person, find_person
from data.tables import Alert, Domain, Region, Unit

NOW = datetime(2026, 11, 20, 2)
"""A Friday, ten in the morning in Asia/Shanghai."""
TODAY = date(2026, 11, 20)
PASSWORD = "Mirror-2026-bright"
_BEGINNING = date(2020, 1, 1)
_REGIONS = (
    ("99", 1, None),
    ("9901", 2, "99"),
    ("990101", 3, "9901"),
    ("990101001", 4, "990101"),
    ("990101002", 4, "990101"),
)
_UNITS = (
    ("C", "县纪委", "commission", "990101"),
    ("T1", "高桥镇纪委", "town_commission", "990101001"),
    ("T2", "柳溪镇纪委", "town_commission", "990101002"),
    ("D", "县民政局", "department", "990101"),
)


def furnish() -> None:
    """Put the places and units into the database of the settings."""
    with writing() as session:
        for code, level, parent in _REGIONS:
            session.add(
                Region(code=code, name=code, name_en=code, level=level, parent_code=parent, valid_from=_BEGINNING)
            )
            session.flush()
        session.add(Domain(code="aid", name="救助", name_en="Aid", sort=1))
        for code, name, kind, region in _UNITS:
            session.add(Unit(code=code, name=name, name_en=code, kind=kind, region_code=region))


def hire(code: str, *roles: str, unit: str = "C", region: str | None = None, number: str | None = None) -> Person:
    """Make an account with posts; gives the person. Its password is still the one-time one."""
    with writing() as session:
        accounts.create(session, accounts.AT_THE_MACHINE, code=code, name=f"{code}某", unit_code=unit, at=NOW,
                        number=number)  # fmt: skip
    for role in roles:
        appoint(code, role, unit=unit, region=region)
    return look(code)


def appoint(code: str, role: str, *, unit: str = "C", region: str | None = None, **dates: Any) -> int:
    """Give an account a post from today on; gives its number."""
    with writing() as session:
        return accounts.grant(session, accounts.AT_THE_MACHINE, account=code, role=role, unit_code=unit,
                              region_code=region, at=NOW, **({"from_on": TODAY} | dates)).id  # fmt: skip


def look(code: str, on: date = TODAY) -> Person:
    """The person as found in the database."""
    with reading() as session:
        return find_person(session, code, today=on)


def settle(code: str, *, at: datetime = NOW) -> sign_in.Opened:
    """Sign in for the first time and change the password to `PASSWORD`; gives the sign-in."""
    with writing() as session:
        one_time = accounts.reset_password(session, accounts.AT_THE_MACHINE, code, at=at)
    opened = enter(code, one_time, at=at)
    with writing() as session:
        return sign_in.change_password(session, opened.token, old=one_time, new=PASSWORD, at=at)


def enter(code: str, password: str = PASSWORD, *, at: datetime = NOW) -> sign_in.Opened:
    """Sign in."""
    with writing() as session:
        return sign_in.sign_in(session, code=code, password=password, address="10.0.0.7", at=at)


def somebody(role: str, *, unit: str = "C", region: str = "", code: str = "") -> Person:
    """A person of no account, with one post."""
    return Person(code or role, role, unit, (Held(ROLES[role], unit, region, None),), address="10.0.0.9")


def raise_alert(number: int, subject_key: str, region: str, *, days_ago: int = 3) -> int:
    """An alert about somebody in a place; gives its number."""
    unit = {"990101001": "T1", "990101002": "T2"}.get(region, "C")
    with writing() as session:
        alert = Alert(
            alert_key=f"M04|R1|{number}", source="M04", rule="R1", domain_code="aid", region_code=region,
            unit_code=unit, level="red", status="accepted", subject_kind="person", subject_key=subject_key,
            subject_display="韩某某", title="疑似？", title_en="Suspected?", attributes="{}",
            raised_at=NOW - timedelta(days=days_ago), amount=100.0,
        )  # fmt: skip
        session.add(alert)
        session.flush()
        return alert.id


def deeds(action: str = "", actor: str = "") -> list[tuple[str, str, str]]:
    """What the audit holds: (action, actor, result), in order."""
    from sqlalchemy import select

    from data.record_tables import AuditEntry

    with reading() as session:
        rows = session.execute(
            select(AuditEntry.action, AuditEntry.actor, AuditEntry.result).order_by(AuditEntry.number)
        )
        return [tuple(row) for row in rows if action in row.action and actor in row.actor]
