"""Units of the office, as the system administrator adds them."""

from datetime import datetime

from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused
from data.rights import Person
from data.tables import Region, Unit
from data.written import written

KINDS = ("commission", "town_commission", "stationed_group", "department")


def create(
    session: Session, by: Person, *, code: str, name: str, name_en: str = "", kind: str, region_code: str, at: datetime
) -> Unit:
    """Add a unit to the office. Raises NotPermitted, InputRefused."""
    by.must("accounts")
    code, name = code.strip(), written(name, name="name", most=80)
    name_en = written(name_en, name="name", most=120)
    fits = 1 <= len(code) <= 30 and (code + region_code).isprintable() and name and kind in KINDS
    if not fits or session.get(Unit, code) is not None or session.get(Region, region_code) is None:
        raise InputRefused(
            f"The unit {code[:30]!r} cannot be added; expected a code nobody has, a name, a kind of "
            f"{', '.join(KINDS)}, and the code of a region that exists. Mend it.",
            f"无法新增单位“{code[:30]}”：编码应未被使用，名称必填，类型与所在地区须存在。",
        )
    unit = Unit(code=code, name=name, name_en=name_en or name, kind=kind, region_code=region_code)
    session.add(unit)
    session.flush()
    audit.note(session, by.code, "unit.created", "unit", code, at=at, address=by.address, detail={"kind": kind})
    return unit
