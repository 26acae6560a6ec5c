"""Furnishing the demonstration office: places, units, cards and filed registers, before its first day."""

from collections.abc import Callable
from datetime import date, datetime, time

import numpy as np

from data.database import writing
from data.people_tables import UnitDuty
from data.registers import file_register
from data.simulator.places import COUNTY
from data.simulator.truth import COUNTY_UNIT
from data.simulator.world import World
from data.supervision_models import offer_built_in
from data.tables import Region, Unit

Progress = Callable[[str, int, int], None]
"""Called with the stage (simulate, file, verify), what is done and what there is to do."""
LEGAL_BASIS = "《监察法》第十八条"
STATIONED_UNIT, STATIONED_DOMAIN = "S-AGRI", "village_projects"
"""The group stationed at the department of agriculture, and what it verifies in the whole county."""
_DUTIES = ((STATIONED_UNIT, STATIONED_DOMAIN, None), (COUNTY_UNIT, "hardship_aid", "red"))
"""Unit, domain and level of what does not go to the towns."""
_KINDS = {"C": "commission", "S": "stationed_group", "T": "town_commission"}
DEPARTMENTS = (
    ("D-PSB", "县公安局", "County Public Security Bureau"),
    ("D-HEALTH", "县卫健局", "County Health Bureau"),
    ("D-CIVIL", "县民政局", "County Civil Affairs Bureau"),
    ("D-FINANCE", "县财政局", "County Finance Bureau"),
    ("D-HRSS", "县人社局", "County Human Resources and Social Security Bureau"),
    ("D-ORG", "县委组织部", "County Organisation Department"),
    ("D-AGRI", "县农业农村局", "County Agriculture and Rural Affairs Bureau"),
    ("D-ENFORCE", "县综合执法局", "County Law Enforcement Bureau"),
    ("D-HOUSING", "县住建局", "County Housing and Construction Bureau"),
)


def furnish(world: World) -> dict[str, str]:
    """Regions, units and cards. Returns code and name of every unit that verifies."""
    regions = world.regions.astype(object)
    regions = regions.where(regions.notna(), None)
    towns = regions[(regions["level"] == 4) & regions["valid_to"].isna()]
    verifying = {
        COUNTY_UNIT: "县纪委监委",
        STATIONED_UNIT: "县纪委监委驻县农业农村局纪检监察组",
        **{f"T-{row.code}": f"{row.name_zh}纪委" for row in towns.rename(columns={"name": "name_zh"}).itertuples()},
    }
    names_en = {
        COUNTY_UNIT: "County Commission",
        STATIONED_UNIT: "Group Stationed at the County Agriculture and Rural Affairs Bureau",
        **{f"T-{row.code}": f"{row.name_en} Commission" for row in towns.itertuples()},
    }
    with writing() as session:
        for level in (1, 2, 3, 4, 5):
            # Places that were merged away point to today's, which must be there first.
            rows = regions[regions["level"] == level].to_dict("records")
            rows.sort(key=lambda row: row["merged_into"] is not None)
            for row in rows:
                session.add(Region(**{str(key): value for key, value in row.items()}))
                session.flush()
        for code, name in verifying.items():
            kind = _KINDS[code[0]]
            region = code[2:] if kind == "town_commission" else COUNTY
            session.add(Unit(code=code, name=name, name_en=names_en[code], kind=kind, region_code=region))
        for code, name, name_en in DEPARTMENTS:
            session.add(Unit(code=code, name=name, name_en=name_en, kind="department", region_code=COUNTY))
        session.flush()
        offer_built_in(session, at=datetime.combine(world.calendar.first_day.astype(object), time(0)))
        session.add_all(
            UnitDuty(unit_code=unit, region_code=COUNTY, domain_code=domain, level=of_level)
            for unit, domain, of_level in _DUTIES
        )
    return verifying


def file_registers(world: World, say: Progress) -> None:
    """File every register as one load of history, then the two months before the last, then the last."""
    end = world.calendar.end_on
    last = world.calendar.last_month
    bounds = np.append(np.array([last - np.timedelta64(2, "M"), last]).astype("datetime64[D]"), end + 1)
    total = len(world.registers)
    for done, (name, frame) in enumerate(world.registers.items()):
        say("file", done, total)
        chunk = np.searchsorted(bounds, frame["received_on"].to_numpy().astype("datetime64[D]"), side="right")
        with writing() as session:
            for number in np.unique(chunk):
                until: date = (bounds[min(number, len(bounds) - 1)] - 1).astype(object)
                file_register(
                    session,
                    name,
                    frame[chunk == number],
                    at=datetime.combine(until, time(9)),
                    legal_basis=LEGAL_BASIS,
                    purpose="大数据监督",
                )
    say("file", total, total)
