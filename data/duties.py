"""Duties of units as the system administrator keeps them: who verifies a domain or a level in a place.

Dispatch follows them at once (`data.dispatch.Duties`). Source: field/inventory.md, S-16.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.cards import LEVELS
from data.dispatch import VERIFYING
from data.errors import InputRefused, NotFound
from data.people_tables import UnitDuty
from data.rights import Person
from data.tables import Domain, Region, Unit


def put(
    session: Session,
    by: Person,
    *,
    unit_code: str,
    region_code: str,
    domain_code: str | None = None,
    level: str | None = None,
    at: datetime,
) -> UnitDuty:
    """Have a unit verify what happens in a region, of one domain or level or of all (None), from now on.

    Raises NotPermitted, InputRefused for a unit that does not verify, what does not exist, or what is somebody's duty.
    """
    by.must("accounts")
    # Held, so that of two who give out the same duty one is told of the other's.
    region = session.get(Region, region_code, with_for_update=True) if region_code.isprintable() else None
    _check(session, unit_code, region, region_code, domain_code, level)
    same = (
        UnitDuty.region_code == region_code,
        UnitDuty.domain_code.is_(None) if domain_code is None else UnitDuty.domain_code == domain_code,
        UnitDuty.level.is_(None) if level is None else UnitDuty.level == level,
    )
    there = session.scalars(select(UnitDuty).where(*same)).first()
    if there is not None:
        raise InputRefused(
            f"This is the duty of unit {there.unit_code} already; one unit has it. Withdraw that duty first.",
            f"该地区、领域和级别已由单位 {there.unit_code} 承办，同一事项只能有一个承办单位；请先撤销原有分工。",
        )
    duty = UnitDuty(unit_code=unit_code, region_code=region_code, domain_code=domain_code, level=level)
    session.add(duty)
    session.flush()
    _note(session, by, "duty.put", duty, at)
    return duty


def withdraw(session: Session, by: Person, duty_id: int, *, at: datetime) -> None:
    """Take a duty from a unit; what it has been given stays with it. Raises NotPermitted, NotFound."""
    by.must("accounts")
    duty = session.get(UnitDuty, duty_id, with_for_update=True)
    if duty is None:
        raise NotFound(f"There is no duty {duty_id}. Choose one from the list.", f"没有第 {duty_id} 号分工。")
    _note(session, by, "duty.withdrawn", duty, at)
    session.delete(duty)
    session.flush()


def listed(session: Session) -> Sequence[UnitDuty]:
    """Every duty, in order of place."""
    order = (UnitDuty.region_code, UnitDuty.domain_code, UnitDuty.level, UnitDuty.id)
    return session.scalars(select(UnitDuty).order_by(*order)).all()


def _check(
    session: Session,
    unit_code: str,
    region: Region | None,
    region_code: str,
    domain_code: str | None,
    level: str | None,
) -> None:
    unit = session.get(Unit, unit_code) if unit_code.isprintable() else None
    if unit is None or unit.kind not in VERIFYING:
        raise InputRefused(
            f"A duty cannot be given to unit {unit_code[:30]!r}; expected a commission or a stationed group, a "
            "department verifies nothing. Choose another.",
            f"单位“{unit_code[:30]}”不承担核查，不能分工；请选择纪委监委或派驻纪检监察组。",
        )
    if region is None:
        raise InputRefused(
            f"There is no region {region_code[:12]!r}. Choose one from the tree.",
            f"没有地区“{region_code[:12]}”，请重选。",
        )
    if domain_code is not None and not (domain_code.isprintable() and session.get(Domain, domain_code) is not None):
        raise InputRefused(
            f"There is no domain {domain_code[:30]!r}. Choose one from the list.",
            f"没有领域“{domain_code[:30]}”，请重选。",
        )
    if level is not None and level not in LEVELS:
        raise InputRefused(
            f"There is no level {level[:10]!r}; expected one of {', '.join(LEVELS)}.", f"没有级别“{level[:10]}”。"
        )


def _note(session: Session, by: Person, action: str, duty: UnitDuty, at: datetime) -> None:
    said = {"unit": duty.unit_code, "region": duty.region_code, "domain": duty.domain_code, "level": duty.level}
    audit.note(session, by.code, action, "duty", duty.id, at=at, address=by.address,
               detail={key: value for key, value in said.items() if value})  # fmt: skip
