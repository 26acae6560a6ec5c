"""The office in which a replay happens: a county's places and units, and the few who work there."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from data.rights import Person
from data.simulator.calendar import Calendar
from data.simulator.commissions import COUNTY_UNIT
from data.simulator.furnishing import DEPARTMENTS
from data.simulator.places import COUNTY, Places, build_places
from data.simulator.presets import find_preset
from data.simulator.replays.parts import invent_people
from data.simulator.staff import Colleague, enrol
from data.tables import Region, Unit

INSPECTOR, APPROVER = "xian1", "xian-sp1"
_FURTHER_DEPARTMENTS = (
    ("D-VETERANS", "县退役军人事务局", "County Veterans Affairs Bureau"),
    ("D-DISABLED", "县残联", "County Disabled Persons' Federation"),
)
_STAFF = (
    (INSPECTOR, "inspector"),
    (APPROVER, "approver"),
    ("leader", "leader"),
    ("analyst", "analyst"),
    ("model-author", "model_author"),
    ("model-approver", "model_approver"),
    ("sys", "system_admin"),
    ("sec", "security_admin"),
    ("aud", "audit_admin"),
)
"""Account and role of those of the county's commission; every department has its contact."""
_BORN, _SEED = "1980-01-01", 0


def places() -> Places:
    """The county of every replay: two towns and twelve villages, some merged into their neighbours in July 2020."""
    preset = find_preset("xs")
    return build_places(preset, Calendar(preset, date(2020, 12, 31)), _SEED)


def set_up(session: Session, *, opening: datetime) -> Mapping[str, Person]:
    """Places, units and staff of an empty office, a day before `opening`. Returns who acts, by account."""
    _found_places(session)
    units = (*DEPARTMENTS, *_FURTHER_DEPARTMENTS)
    session.add(
        Unit(code=COUNTY_UNIT, name="县纪委监委", name_en="County Commission", kind="commission", region_code=COUNTY)
    )
    for code, name, name_en in units:
        session.add(Unit(code=code, name=name, name_en=name_en, kind="department", region_code=COUNTY))
    session.flush()
    contacts = [(code.removeprefix("D-").lower(), "contact", code, None) for code, _, _ in units]
    posts = [*((code, role, COUNTY_UNIT, _reach(role)) for code, role in _STAFF), *contacts]
    people = invent_people(len(posts), _BORN, _SEED)
    colleagues = [
        Colleague(code, str(name), str(number), unit, role, region)
        for (code, role, unit, region), number, name in zip(posts, people.id_no, people.name, strict=True)
    ]
    enrol(session, colleagues, at=opening - timedelta(days=1))
    return {one.code: one.person() for one in colleagues}


def _reach(role: str) -> str | None:
    return None if role.endswith("_admin") else COUNTY


def _found_places(session: Session) -> None:
    regions = places().regions.astype(object)
    regions = regions.where(regions.notna(), None)
    # Parents before their places, and today's places before those that were merged into them.
    for row in sorted(regions.to_dict("records"), key=lambda row: (row["level"], row["merged_into"] is not None)):
        session.add(Region(**{str(key): value for key, value in row.items()}))
        session.flush()
