"""Official vehicles as they should be: each day's kilometres, fuel that fits them, and an order for every odd trip.

Source: field/models.md, M27; field/simulator.md, 3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Floats, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, texts_of
from data.simulator.officials import N_HANDLERS
from data.simulator.places import ELSEWHERE
from data.working_days import is_working_day

REFUEL_DAYS = 11
"""Days from one refuelling of a vehicle to the next."""
_PRICE = 7.9
"""Yuan a litre."""
_A_RESIDENT = 0.0009
_GRADES = ("92号汽油", "95号汽油", "0号柴油")
_UNITS = ("县公安局", "县交通局", "县水利局", "县农业农村局", "县机关事务局")


@dataclass(frozen=True)
class Fleet:
    """Every official vehicle, in order of number."""

    plate: Texts
    town: Integers
    """Index of the town whose official keeps it."""
    region: Texts
    county: str
    """Code of the county, in which it is fuelled."""
    tank: Floats
    fuel: Texts
    litres_per_100km: Floats
    keeper: Integers
    phase: Integers
    """Day (0..10), counted from the start of the registers, of its first refuelling."""

    @property
    def n(self) -> int:
        """How many vehicles there are."""
        return len(self.plate)


def build_fleet(ground: Ground) -> Fleet:
    """The fleet of a world: 90 vehicles for 100,000 residents; the same whenever it is asked for."""
    draw = draw_from(ground.seed, "fleet")
    n = max(12, int(ground.people.n * _A_RESIDENT))
    town = np.arange(n) % len(ground.places.towns)
    of_town = draw.random(n) < 0.6
    return Fleet(
        plate=np.char.add("砚A公", np.char.zfill((np.arange(n) + 1).astype(str), 5)),
        town=town,
        region=np.where(of_town, ground.places.towns[town], ground.places.county.code),
        county=ground.places.county.code,
        tank=draw.choice((55.0, 60.0, 65.0, 70.0, 80.0), n),
        fuel=draw.choice(_GRADES[:2], n, p=(0.8, 0.2)),
        litres_per_100km=draw.uniform(7.5, 12.0, n).round(1),
        keeper=ground.officials.handlers[town, draw.integers(0, N_HANDLERS, n)],
        phase=draw.integers(0, REFUEL_DAYS, n),
    )


def span_of(ground: Ground) -> tuple[np.datetime64, Flags]:
    """The first day of the vehicles' registers, and for every day from it to the world's end whether people work."""
    first: np.datetime64 = ground.calendar.register_start.astype("datetime64[D]")
    calendar = first + np.arange(int((ground.calendar.end_on - first).astype(np.int64)) + 1)
    return first, np.array([is_working_day(day) for day in calendar.astype(object)])


def ordinary_vehicles(ground: Ground) -> dict[str, pd.DataFrame]:
    """The fleet, its kilometres and fuel, orders for Sundays and nights, and the public holidays.

    Returns: the registers `official_vehicle`, `vehicle_day` (days on which a vehicle moved), `fuel_txn`,
    `vehicle_order`, `machinery_fuel` and `holiday`.
    """
    draw, fleet = draw_from(ground.seed, "vehicles"), build_fleet(ground)
    first, works = span_of(ground)
    calendar = first + np.arange(len(works))
    km = draw.gamma(2.0, 27.0, (fleet.n, len(works))) * (draw.random((fleet.n, len(works))) < 0.8) * works
    sundays = np.flatnonzero(~works & ((calendar.astype(np.int64) + 3) % 7 == 6))
    odd = np.zeros_like(km, dtype=bool)
    odd[:, sundays] = draw.random((fleet.n, len(sundays))) < 0.04
    km[odd] = draw.uniform(10, 150, int(odd.sum()))
    late = (km > 0) & (draw.random(km.shape) < 0.01)
    opened = ground.calendar.first_day - np.timedelta64(200, "D")
    vehicle, day = np.nonzero(km)
    known = calendar[day] + days(draw.integers(1, 3, len(day)))
    ordered, ordered_on = np.nonzero(odd | late)
    return {
        "official_vehicle": _vehicle_rows(ground, fleet).assign(received_on=opened),
        "vehicle_day": day_rows(
            fleet,
            vehicle,
            calendar[day],
            km[vehicle, day],
            np.where(late[vehicle, day], km[vehicle, day] * 0.3, 0.0),
            draw.random(len(day)) < 0.004,
        ).assign(received_on=known),
        "fuel_txn": _ordinary_fuel(draw, fleet, km, first),
        "vehicle_order": order_rows(draw, fleet, ordered, calendar[ordered_on]),
        "machinery_fuel": _ordinary_machinery(draw, ground, first),
        "holiday": _holidays(calendar, works, opened),
    }


def _vehicle_rows(ground: Ground, fleet: Fleet) -> pd.DataFrame:
    names = ground.places.regions.set_index("code")["name"]
    unit = np.array(_UNITS)[np.arange(fleet.n) % len(_UNITS)]
    of_town = pd.Series(fleet.region).map(names).astype("str") + "政府"
    return pd.DataFrame(
        {
            "plate": fleet.plate,
            "unit_name": np.where(fleet.region == ground.places.county.code, unit, of_town),
            "region": fleet.region,
            "tank_l": fleet.tank,
            "fuel": fleet.fuel,
            "litres_per_100km": fleet.litres_per_100km,
            "keeper_id": texts_of(ground.people.id_no, fleet.keeper),
        }
    )


def day_rows(fleet: Fleet, vehicle: Integers, day: Dates, km: Floats, night_km: Floats, fault: Flags) -> pd.DataFrame:
    """The register `vehicle_day` without received_on."""
    return pd.DataFrame(
        {
            "plate": texts_of(fleet.plate, vehicle),
            "day": day,
            "km": km.round(1),
            "night_km": night_km.round(1),
            "gps_fault": fault,
        }
    )


def fuel_rows(
    draw: np.random.Generator, fleet: Fleet, vehicle: Integers, day: Dates, minute: Integers, litres: Floats
) -> pd.DataFrame:
    """The register `fuel_txn` of vehicles fuelled with their own card and grade where they stand, known days later."""
    n = len(vehicle)
    near = np.where(draw.random(n) < 0.1, np.nan, draw.exponential(0.4, n).round(1))
    return pd.DataFrame(
        {
            "card_no": "YK" + pd.Series(vehicle + 1).astype("str").str.zfill(6),
            "plate": texts_of(fleet.plate, vehicle),
            "fuelled_on": day,
            "fuelled_minute": minute.astype(np.float64),
            "litres": litres.round(1),
            "amount": (litres.round(1) * _PRICE).round(2),
            "fuel": texts_of(fleet.fuel, vehicle),
            "station_region": fleet.county,
            "km_from_vehicle": near,
            "received_on": day + days(draw.integers(1, 4, n)),
        }
    )


def _ordinary_fuel(draw: np.random.Generator, fleet: Fleet, km: Floats, first: np.datetime64) -> pd.DataFrame:
    """Every eleven days what was driven since then, and never more than the tank holds."""
    n_days = km.shape[1]
    driven = np.concatenate([np.zeros((fleet.n, 1)), np.cumsum(km, axis=1)], axis=1)
    stops = fleet.phase[:, None] + REFUEL_DAYS * np.arange(n_days // REFUEL_DAYS + 1)[None, :]
    vehicle, place = np.nonzero(stops < n_days)
    day = stops[vehicle, place]
    since = np.maximum(day - REFUEL_DAYS, 0)
    used = (driven[vehicle, day] - driven[vehicle, since]) * fleet.litres_per_100km[vehicle] / 100
    litres = np.minimum(used * draw.uniform(0.92, 1.08, len(day)), fleet.tank[vehicle] * 0.95)
    real = litres >= 6
    vehicle, day, litres = vehicle[real], day[real], litres[real]
    return fuel_rows(draw, fleet, vehicle, first + days(day), draw.integers(480, 1080, len(day)), litres)


def order_rows(draw: np.random.Generator, fleet: Fleet, vehicle: Integers, day: Dates) -> pd.DataFrame:
    """The register `vehicle_order`: a trip of one day each, known the day before."""
    return pd.DataFrame(
        {
            "plate": texts_of(fleet.plate, vehicle),
            "from_date": day,
            "to_date": day,
            "destination": texts_of(ELSEWHERE, draw.integers(0, len(ELSEWHERE), len(vehicle))),
            "received_on": day - np.timedelta64(1, "D"),
        }
    )


def machinery_rows(card: "pd.Series[str]", day: Dates, litres: Floats, approved: Flags) -> pd.DataFrame:
    """The register `machinery_fuel`, entered on the day."""
    return pd.DataFrame(
        {"card_no": card, "fuelled_on": day, "litres": litres.round(1), "approved": approved, "received_on": day}
    )


def _ordinary_machinery(draw: np.random.Generator, ground: Ground, first: np.datetime64) -> pd.DataFrame:
    """Fuel for pumps and generators on cards of their own."""
    n = max(6, int(ground.people.n * 0.0004 * ground.calendar.n_months / 12))
    span = int((ground.calendar.end_on - first).astype(np.int64))
    card = "JJ" + pd.Series(draw.integers(1, 20, n)).astype("str").str.zfill(6)
    return machinery_rows(
        card, first + days(draw.integers(0, span, n)), draw.uniform(10, 60, n), np.ones(n, dtype=bool)
    )


def _holidays(calendar: Dates, works: Flags, known: np.datetime64) -> pd.DataFrame:
    """The register `holiday`: free weekdays and worked weekends."""
    weekend = (calendar.astype(np.int64) + 3) % 7 >= 5
    unlike = works == weekend
    return pd.DataFrame(
        {
            "day": calendar[unlike],
            "name": np.where(works[unlike], "调休上班", "法定节假日"),
            "is_workday": works[unlike],
            "received_on": known,
        }
    )
