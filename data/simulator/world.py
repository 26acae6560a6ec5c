"""The whole synthetic world of one seed: places, registers and the truth behind what will be found in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from data.simulator.aid import employee_rows
from data.simulator.benefits import SCHEMES, enrol, pay, scheme_exclusions, scheme_rules
from data.simulator.calendar import Calendar
from data.simulator.counties import counties_of
from data.simulator.deaths import die, ordinary_deaths
from data.simulator.enterprises import found_enterprises
from data.simulator.entitlements import entitlements, link
from data.simulator.episodes import Ground, texts_of
from data.simulator.incidence import innocent_incidence
from data.simulator.joined import JoinedRegisters, received
from data.simulator.officials import appoint
from data.simulator.overpayments import person_rows
from data.simulator.people import build_people, relate
from data.simulator.places import ALONE, County, build_places
from data.simulator.planting import Planted
from data.simulator.presets import Preset
from data.simulator.recipes import RECIPES
from data.simulator.subjects import ENTITLED, ORDINARY, PLANTS
from data.simulator.village import banned_reasons, cadre_rows


@dataclass(frozen=True)
class World:
    """What a simulation leaves: what the office may see, and apart from it the truth."""

    preset: Preset
    seed: int
    calendar: Calendar
    regions: pd.DataFrame
    """Columns of the table `region`."""
    registers: Mapping[str, pd.DataFrame]
    """The registers it feeds: columns of registers.toml and received_on, in order of receipt; nothing after the end."""
    truth: dict[str, pd.DataFrame]
    """episodes, officials, towns: what is hidden from the office and its ranker."""
    incidence: float
    """How many innocent episodes there are for each that the recipes alone would have."""


def simulate(preset: Preset, *, seed: int, end_on: date) -> World:
    """A synthetic world as known on `end_on`; the same for the same preset, seed and end date, whatever the clock."""
    calendar = Calendar(preset, end_on)
    if preset.n_counties == 1:
        regions, registers, truth = _simulate_county(preset, calendar, seed, ALONE)
        finished = {name: received(name, rows) for name, rows in registers.items()}
        return World(preset, seed, calendar, regions, finished, truth, innocent_incidence(RECIPES, calendar))
    return _simulate_city(preset, calendar, seed)


def _simulate_city(preset: Preset, calendar: Calendar, seed: int) -> World:
    """Its counties one after the other, so that only one of them is in memory."""
    joined, regions, truths = JoinedRegisters(), [], []
    for county, own in counties_of(preset):
        places, registers, truth = _simulate_county(own, calendar, county.seed(seed), county)
        episodes = truth["episodes"]
        given = joined.add(county, registers, episodes["number"])
        episodes["number"] = episodes["number"].map(lambda number, given=given: given.get(number, number))
        regions.append(places)
        truths.append(truth)
    whole = pd.concat(regions, ignore_index=True).drop_duplicates("code", ignore_index=True)
    truth = {name: pd.concat([one[name] for one in truths], ignore_index=True) for name in truths[0]}
    return World(preset, seed, calendar, whole, joined, truth, innocent_incidence(RECIPES, calendar))


def lay_ground(preset: Preset, calendar: Calendar, seed: int, county: County = ALONE) -> Ground:
    """What the episodes of a county are planted on, before any is."""
    places = build_places(preset, calendar, seed, county)
    people = build_people(preset, calendar, seed, county)
    officials = appoint(people, places, calendar, seed)
    enterprises = found_enterprises(people, places, officials, calendar, seed)
    nobody = np.zeros(people.n, dtype=bool)
    kin, incidence = relate(people, seed), innocent_incidence(RECIPES, calendar)
    return Ground(preset, calendar, places, people, officials, enterprises, kin, nobody, seed, incidence)


def _simulate_county(
    preset: Preset, calendar: Calendar, seed: int, county: County
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Regions, registers in order of receipt, and the truth of one county."""
    ground = lay_ground(preset, calendar, seed, county)
    planted = [PLANTS[recipe.model](ground, recipe) for recipe in RECIPES]
    parts: dict[str, list[pd.DataFrame]] = {}
    ordinary = (_benefit_registers(ground, planted), _standing_registers(ground), *(make(ground) for make in ORDINARY))
    for registers in (*ordinary, *(planting.rows for planting in planted)):
        for name, rows in registers.items():
            parts.setdefault(name, []).append(rows)
    finished = {name: _in_order(pd.concat(rows, ignore_index=True), calendar.end_on) for name, rows in parts.items()}
    return ground.places.regions, finished, _truth(ground, planted)


def _benefit_registers(ground: Ground, planted: Iterable[Planted]) -> dict[str, pd.DataFrame]:
    died = die(ground)
    parts = [planting.enrolments for planting in planted if planting.enrolments is not None]
    ordinary = enrol(ground, died)
    enrolments = pd.concat([ordinary, *parts], ignore_index=True)
    left_out = np.concatenate([planting.left_out for planting in planted if planting.left_out is not None])
    payments = pay(ground, pd.concat([enrolments, link(enrolments, left_out)], ignore_index=True))
    returns = pd.concat([planting.returns for planting in planted if planting.returns is not None])
    return {
        "benefit_payment": payments,
        "benefit_return": _give_back(ground, payments, returns),
        "death": ordinary_deaths(ground, died),
        "scheme_rule": scheme_rules(ground),
        "scheme_exclusion": scheme_exclusions(ground),
        **entitlements(ground, enrolments, left_out, died),
        **{name: rows for make in ENTITLED for name, rows in make(ground, ordinary).items()},
    }


def _give_back(ground: Ground, payments: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """The register `benefit_return`: the payments after each return's month, given back in full."""
    codes = list(SCHEMES)
    wanted = pd.DataFrame(
        {
            "id_no": ground.people.id_no[returns["person"].to_numpy()],
            "scheme": [codes[number] for number in returns["scheme"]],
            "after": np.datetime_as_string(ground.calendar.month(returns["after"].to_numpy())),
            "returned_on": returns["returned_on"].to_numpy(),
        }
    )
    found = payments[["pay_id", "id_no", "scheme", "pay_month", "amount", "paid_date"]].merge(
        wanted, on=["id_no", "scheme"]
    )
    found = found[(found["pay_month"] > found["after"]) & (found["paid_date"] <= found["returned_on"])]
    found = found[["pay_id", "returned_on", "amount"]]
    return found.assign(received_on=found["returned_on"])


def _standing_registers(ground: Ground) -> dict[str, pd.DataFrame]:
    """People, payroll, cadres, kinship and places as they stood when the office opened."""
    people, officials = ground.people, ground.officials
    opened = ground.calendar.first_day - np.timedelta64(200, "D")
    everyone = np.arange(people.n)
    kin = ground.kin
    cadres, employees = officials.cadres, officials.employees
    return {
        "person": person_rows(people, ground.places.villages, everyone, np.full(people.n, opened)),
        "public_employee": employee_rows(ground, employees, np.maximum(opened, employees["start_date"].to_numpy())),
        "village_cadre": cadre_rows(ground, cadres, np.maximum(opened, cadres["start_date"].to_numpy())),
        "kinship": pd.DataFrame(
            {
                "pid_a": texts_of(people.id_no, kin["a"].to_numpy()),
                "pid_b": texts_of(people.id_no, kin["b"].to_numpy()),
                "relation": kin["relation"],
                "degree": kin["degree"].astype("float64"),
                "confidence": kin["confidence"],
                "received_on": np.full(len(kin), opened),
            }
        ),
        "banned_reason": banned_reasons(ground),
        "region_history": ground.places.history.assign(received_on=ground.places.history["effective_on"]),
    }


def _in_order(rows: pd.DataFrame, end_on: np.datetime64) -> pd.DataFrame:
    """What is known by the end, in order of receipt."""
    rows = rows[rows["received_on"].to_numpy().astype("datetime64[D]") <= end_on]
    return rows.sort_values("received_on", kind="stable", ignore_index=True)


def _truth(ground: Ground, planted: Iterable[Planted]) -> dict[str, pd.DataFrame]:
    episodes = pd.concat([planting.truth for planting in planted], ignore_index=True)
    episodes["handler"] = ground.people.id_no[episodes["handler"].to_numpy()]
    episodes["town"] = ground.places.towns[episodes["town"].to_numpy()]
    dutiful = np.flatnonzero(ground.officials.badness)
    return {
        "episodes": episodes,
        "officials": pd.DataFrame(
            {"id_no": ground.people.id_no[dutiful], "badness": ground.officials.badness[dutiful]}
        ),
        "towns": pd.DataFrame({"town": ground.places.towns, "data_error": ground.officials.data_error}),
    }
