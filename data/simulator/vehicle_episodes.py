"""Planted episodes of official vehicles: fuel that does not fit, cards used elsewhere, trips nobody ordered (M27).

Source: field/models.md, M27; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import (
    REFUEL_DAYS,
    Fleet,
    build_fleet,
    day_rows,
    fuel_rows,
    machinery_rows,
    order_rows,
    span_of,
)
from data.simulator.places import ELSEWHERE
from data.simulator.planting import Planted, with_subject

_FORMS: dict[str, dict[str, float]] = {
    "private_refuel": {"tank": 0.6, "month": 0.4},
    "fuel_card_lent": {"far": 0.7, "outside": 0.3},
    "double_refuel": {"pair": 1.0},
    "private_trip": {"trip": 1.0},
    "lax_keeper": {"grade": 0.7, "outside": 0.3},
    "machinery": {"tank": 0.4, "pair": 0.2, "grade": 0.2, "month": 0.2},
    "shared_card": {"tank": 0.5, "pair": 0.3, "outside": 0.2},
    "gps_fault": {"far": 0.5, "month": 0.1, "trip": 0.4},
    "clock_drift": {"far": 0.7, "trip": 0.3},
}
"""By mechanism, in what form it shows, with its chance."""
_MONTHS_FUEL = 5
"""Refuellings by which a month's fuel outgrows its kilometres."""


def plant_vehicle_misuse(ground: Ground, recipe: Recipe) -> Planted:
    """M27: fuel, card or trip of an official vehicle that does not fit it, or does not seem to."""
    draw, fleet = draw_from(ground.seed, "plant M27"), build_fleet(ground)
    episodes = plan_episodes(ground, recipe)
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    form = np.array([draw.choice(list(_FORMS[name]), p=list(_FORMS[name].values())) for name in mechanism])
    vehicle = _vehicles_in_turn(fleet, episodes["town"].to_numpy())
    fault = flag(draw, mechanism == "gps_fault", 0.75, 0.05)
    extent = hint(draw, genuine, 0.8)
    trip = form == "trip"
    fuelled = _plant_fuel(
        draw, ground, fleet, episodes[~trip], form[~trip], vehicle[~trip], extent[~trip], fault[~trip]
    )
    driven = _plant_trips(draw, ground, fleet, episodes[trip], vehicle[trip], extent[trip], fault[trip])
    rows = {**fuelled, "vehicle_order": driven["vehicle_order"]}
    rows["vehicle_day"] = pd.concat([fuelled["vehicle_day"], driven["vehicle_day"]], ignore_index=True)
    return Planted(with_subject(episodes, "other", fleet.plate[vehicle]), rows=rows)


def _vehicles_in_turn(fleet: Fleet, town: Integers) -> Integers:
    """A vehicle of the town for each episode, each of them in its turn, so that its episodes lie far apart."""
    turn = pd.Series(town).groupby(town).cumcount().to_numpy()
    homes = [np.flatnonzero(fleet.town == number) for number in range(int(fleet.town.max()) + 1)]
    return np.array([homes[number][place % len(homes[number])] for number, place in zip(town, turn, strict=True)])


def _plant_fuel(
    draw: np.random.Generator,
    ground: Ground,
    fleet: Fleet,
    episodes: pd.DataFrame,
    form: np.ndarray,
    vehicle: Integers,
    extent: Floats,
    fault: Flags,
) -> dict[str, pd.DataFrame]:
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    day = _between_refuellings(draw, ground, fleet, vehicle, _fuel_month(episodes, form))
    tank = fleet.tank[vehicle]
    litres = tank * np.select(
        [form == "tank", form == "pair", form == "month"],
        [(1.25 + 0.12 * extent).clip(1.08, 2.0), (0.78 + 0.06 * extent).clip(0.63, 1.0), 0.9],
        (0.6 + 0.1 * extent).clip(0.25, 0.95),
    )
    minute = np.where(
        flag(draw, genuine, 0.35, 0.1), draw.integers(1325, 1400, len(day)), draw.integers(480, 1080, len(day))
    )
    copies = np.select([form == "pair", form == "month"], [2, _MONTHS_FUEL], 1)
    place = np.repeat(np.arange(len(day)), copies)
    which = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    paired = form[place] == "pair"
    gap = np.exp(4.2 - 0.4 * extent).clip(12, 220).astype(np.int64)[place]
    rows = fuel_rows(
        draw,
        fleet,
        vehicle[place],
        day[place] - days(np.where(paired, 0, which)),
        minute[place] - np.where(paired, which * gap, 0),
        litres[place],
    )
    far = (form == "far")[place]
    distance = np.where(mechanism == "clock_drift", 28.0, 45.0) * np.exp(0.35 * extent)
    rows["km_from_vehicle"] = rows["km_from_vehicle"].mask(far, distance.clip(21, 300).round(1)[place])
    rows["fuel"] = rows["fuel"].mask((form == "grade")[place], "0号柴油")
    outside = draw.choice(ELSEWHERE, len(day))
    rows["station_region"] = rows["station_region"].mask((form == "outside")[place], pd.Series(outside[place]))
    rows["received_on"] = np.minimum(rows["received_on"].to_numpy(), ground.calendar.end_on)
    shared = flag(draw, mechanism == "shared_card", 0.8, 0.03)
    other = (vehicle + 1) % fleet.n
    partner = fuel_rows(draw, fleet, other, day - days(np.full(len(day), 1)), minute * 0 + 700, np.full(len(day), 9.0))
    partner = partner.assign(card_no=_cards(vehicle), km_from_vehicle=np.nan)[shared]
    partner = partner[partner["fuelled_on"].dt.month.to_numpy() == pd.DatetimeIndex(day[shared]).month]
    machines = flag(draw, mechanism == "machinery", 0.8, 0.04)
    approved = flag(draw, genuine, 0.3, 0.7)
    used = np.where(form == "month", litres * _MONTHS_FUEL, litres * np.where(form == "pair", 2, 1))
    return {
        "fuel_txn": pd.concat([rows, partner.assign(received_on=_capped(ground, partner))], ignore_index=True),
        "machinery_fuel": machinery_rows(_cards(vehicle[machines]), day[machines], used[machines], approved[machines]),
        "vehicle_day": _faults(ground, fleet, vehicle[fault], day[fault]),
    }


def _capped(ground: Ground, rows: pd.DataFrame) -> Dates:
    known: Dates = np.minimum(rows["received_on"].to_numpy().astype("datetime64[D]"), ground.calendar.end_on)
    return known


def _cards(vehicle: Integers) -> "pd.Series[str]":
    return "YK" + pd.Series(vehicle + 1).astype("str").str.zfill(6)


def _fuel_month(episodes: pd.DataFrame, form: np.ndarray) -> Integers:
    """The month of the fuel: a month's balance comes to light when that month is over."""
    months: Integers = episodes["month"].to_numpy() - (form == "month")
    return months


def _between_refuellings(
    draw: np.random.Generator, ground: Ground, fleet: Fleet, vehicle: Integers, month: Integers
) -> Dates:
    """A day in the month that lies halfway between two ordinary refuellings of the vehicle."""
    first, _ = span_of(ground)
    opening = ground.calendar.month(month).astype("datetime64[D]")
    room = np.minimum((ground.calendar.end_on - opening).astype(np.int64), 27)
    wanted = (opening - first).astype(np.int64) + np.minimum(6 + draw.integers(0, 11, len(month)), room)
    halfway = wanted - (wanted - fleet.phase[vehicle]) % REFUEL_DAYS + REFUEL_DAYS // 2
    latest = (ground.calendar.end_on - first).astype(np.int64)
    chosen: Dates = first + days(np.where(halfway > latest, halfway - REFUEL_DAYS, halfway))
    return chosen


def _faults(ground: Ground, fleet: Fleet, vehicle: Integers, day: Dates) -> pd.DataFrame:
    n = len(vehicle)
    # What the broken device still counted is too little for a trip.
    known = np.minimum(day + np.timedelta64(2, "D"), ground.calendar.end_on)
    return day_rows(fleet, vehicle, day, np.full(n, 4.0), np.zeros(n), np.ones(n, dtype=bool)).assign(received_on=known)


def _plant_trips(
    draw: np.random.Generator,
    ground: Ground,
    fleet: Fleet,
    episodes: pd.DataFrame,
    vehicle: Integers,
    extent: Floats,
    fault: Flags,
) -> dict[str, pd.DataFrame]:
    """Saturdays on the road, which are never ordinary."""
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    first, works = span_of(ground)
    calendar = first + np.arange(len(works))
    saturdays = calendar[~works & ((calendar.astype(np.int64) + 3) % 7 == 5)]
    opening = ground.calendar.month(episodes["month"].to_numpy()).astype("datetime64[D]")
    # The last Saturday of the month, or of the world.
    last = (
        np.searchsorted(saturdays, np.minimum(opening + np.timedelta64(27, "D"), ground.calendar.end_on), "right") - 1
    )
    n_days = np.where(extent > 0.4, 2, 1)
    place = np.repeat(np.arange(len(last)), n_days)
    which = np.arange(len(place)) - np.repeat(np.cumsum(n_days) - n_days, n_days)
    day = saturdays[np.maximum(last[place] - which, 0)]
    km = (60 * np.exp(0.5 * extent)).clip(8, 400)[place]
    at_night = (flag(draw, episodes["genuine"].to_numpy(), 0.5, 0.2))[place]
    known = np.minimum(day + days(draw.integers(1, 3, len(day))), ground.calendar.end_on)
    entered = flag(draw, mechanism == "clock_drift", 0.75, 0.05)
    return {
        "vehicle_day": day_rows(fleet, vehicle[place], day, km, km * 0.4 * at_night, fault[place]).assign(
            received_on=known
        ),
        "vehicle_order": order_rows(draw, fleet, vehicle[entered], saturdays[last[entered]] + np.timedelta64(1, "D")),
    }
