"""Furnishing the demonstration office: places, units, cards and filed registers, before its first day."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time

import numpy as np
import pandas as pd

from data.database import writing
from data.people_tables import UnitDuty
from data.registers import file_register
from data.simulator.commissions import COUNTY_UNIT, Commissions, commissions_of
from data.simulator.world import World
from data.supervision_models import offer_built_in
from data.tables import Region, Unit

Progress = Callable[[str, int, int], None]
"""Called with the stage (simulate, file, verify), what is done and what there is to do."""
LEGAL_BASIS = "《监察法》第十八条"
STATIONED_DOMAIN = "village_projects"
"""What the stationed group verifies in its whole county."""
_RED_OF_COUNTY = "hardship_aid"
"""Domain whose red alerts the county's commission verifies itself."""
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
    commissions = commissions_of(world)
    units = list(_verifying(regions, commissions))
    with writing() as session:
        for level in (1, 2, 3, 4, 5):
            # Places that were merged away point to today's, which must be there first.
            rows = regions[regions["level"] == level].to_dict("records")
            rows.sort(key=lambda row: row["merged_into"] is not None)
            for standing in (True, False):
                session.add_all(
                    Region(**{str(key): value for key, value in row.items()})
                    for row in rows
                    if (row["merged_into"] is None) is standing
                )
                session.flush()
        session.add_all(units)
        for code, name, name_en in DEPARTMENTS:
            # A city's departments supply the registers of all its counties.
            if len(commissions.of_county) > 1:
                name, name_en = name.replace("县", "市", 1), name_en.replace("County", "City", 1)
            session.add(Unit(code=code, name=name, name_en=name_en, kind="department", region_code=commissions.region))
        session.flush()
        offer_built_in(session, at=datetime.combine(world.calendar.first_day.astype(object), time(0)))
        for county, unit in commissions.of_county.items():
            group = commissions.stationed[county]
            session.add(UnitDuty(unit_code=group, region_code=county, domain_code=STATIONED_DOMAIN, level=None))
            session.add(UnitDuty(unit_code=unit, region_code=county, domain_code=_RED_OF_COUNTY, level="red"))
        return {unit.code: unit.name for unit in units}


def _verifying(regions: pd.DataFrame, commissions: Commissions) -> Iterator[Unit]:
    """The units that verify: of a city its commission first; of each county its own, its stationed group, its towns."""
    names = regions.set_index("code")[["name", "name_en"]]
    if len(commissions.of_county) > 1:
        name, name_en = names.loc[commissions.region]
        yield Unit(
            code=commissions.top,
            name=f"{name}纪委监委",
            name_en=f"{name_en} Commission",
            kind="commission",
            region_code=commissions.region,
        )
    towns = regions[(regions["level"] == 4) & regions["valid_to"].isna()]
    for county, unit in commissions.of_county.items():
        name, name_en = ("县", "County") if unit == COUNTY_UNIT else names.loc[county]
        yield Unit(
            code=unit,
            name=f"{name}纪委监委",
            name_en=f"{name_en} Commission",
            kind="commission",
            region_code=county,
        )
        yield Unit(
            code=commissions.stationed[county],
            name=f"{name}纪委监委驻{name}农业农村局纪检监察组",
            name_en=f"Group Stationed at the {name_en} Agriculture and Rural Affairs Bureau",
            kind="stationed_group",
            region_code=county,
        )
        for town in towns[towns["parent_code"] == county].to_dict("records"):
            yield Unit(
                code=f"T-{town['code']}",
                name=f"{town['name']}纪委",
                name_en=f"{town['name_en']} Commission",
                kind="town_commission",
                region_code=town["code"],
            )


def file_registers(world: World, say: Progress) -> None:
    """File every register as one load of history, then the two months before the last, then the last."""
    end = world.calendar.end_on
    last = world.calendar.last_month
    bounds = np.append(np.array([last - np.timedelta64(2, "M"), last]).astype("datetime64[D]"), end + 1)
    total = len(world.registers)
    for done, name in enumerate(world.registers):
        say("file", done, total)
        frame = world.registers[name]
        known = frame["received_on"].to_numpy().astype("datetime64[D]")
        ends = np.searchsorted(known, bounds)
        with writing() as session:
            for start, stop, bound in zip([0, *ends[:-1]], ends, bounds, strict=True):
                if start == stop:
                    continue
                until: date = (bound - 1).astype(object)
                file_register(
                    session,
                    name,
                    frame.iloc[start:stop],
                    at=datetime.combine(until, time(9)),
                    legal_basis=LEGAL_BASIS,
                    purpose="大数据监督",
                )
    say("file", total, total)
