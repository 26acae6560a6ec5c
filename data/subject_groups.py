"""Groups that alerts are looked at by for fairness: county, urban or rural, age band and sex of whom they are about.

None of it is ever learnt from. Sex and age come from the newest household register, joined by keyed hash inside this
process; what leaves it are groups without keys, and only sums of them are kept.
"""

from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.identity import subject_keys
from data.registers import latest_filings, open_registers
from data.tables import Region

COLUMNS = ("county", "place", "age", "sex")
AGES = (("under_35", 35), ("35_59", 60), ("60_79", 80), ("80_on", 200))
_COUNTY, _TOWN = 6, 9
_URBAN = ("街道", "社区", "居委会")
_RURAL = ("镇", "乡", "村", "苏木")
_PEOPLE = "person"


def subject_groups(session: Session, alerts: pd.DataFrame, *, on: datetime) -> pd.DataFrame:
    """(n, 4): the group of each alert in each of COLUMNS, missing where it is not known; the index is that of `alerts`.

    alerts: region, subject and subject_kind as in `data.alert_stream`.
    """
    region = alerts["region"].astype("string") if "region" in alerts else pd.Series(pd.NA, alerts.index, dtype="string")
    found = pd.DataFrame({"county": region.str[:_COUNTY].where(region.str.len() >= _COUNTY)}, index=alerts.index)
    found["place"] = region.str[:_TOWN].map(_places(session))
    people = alerts["subject"].where(alerts["subject_kind"] == "person") if "subject" in alerts else None
    facts = _facts(session, set() if people is None else set(people.dropna()), on)
    for name in ("age", "sex"):
        found[name] = None if people is None else people.map(facts[name])
    return found


def _places(session: Session) -> dict[str, str]:
    """Town code -> urban or rural, by what its name ends with: 街道 and 社区 are urban, 镇, 乡 and 村 rural."""
    names = session.execute(select(Region.code, Region.name).where(Region.level == 4)).all()
    kinds = {}
    for code, name in names:
        if name.endswith(_URBAN):
            kinds[code] = "urban"
        elif name.endswith(_RURAL):
            kinds[code] = "rural"
    return kinds


def _facts(session: Session, keys: set[str], on: datetime) -> dict[str, dict[str, str]]:
    """Age band and sex by subject key, for the keys asked for that the household register knows."""
    empty: dict[str, dict[str, str]] = {"age": {}, "sex": {}}
    if not keys or not latest_filings(session, [_PEOPLE]).get(_PEOPLE):
        return empty
    with open_registers(session, [_PEOPLE], as_of=on) as base:
        rows = base.execute(f"SELECT id_no, sex, birth_date FROM {_PEOPLE}").df()  # noqa: S608  (a constant)
    kept = [key in keys for key in subject_keys("person", rows["id_no"].astype(str))]
    known = subject_keys("person", rows["id_no"][kept].astype(str))
    rows = rows[kept]
    years = (pd.Timestamp(on) - pd.to_datetime(rows["birth_date"])).dt.days / 365.2425
    bands = [_band(year) for year in years]
    return {
        "age": {key: band for key, band in zip(known, bands, strict=True) if band},
        "sex": {key: str(sex) for key, sex in zip(known, rows["sex"], strict=True) if isinstance(sex, str) and sex},
    }


def _band(years: float) -> str:
    return "" if np.isnan(years) else next((name for name, end in AGES if years < end), "")
