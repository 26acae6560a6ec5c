"""A city of several counties: one world, whose counties have nothing of each other's but what all of them have."""

from datetime import date

import pandas as pd
import pytest

from data.register_catalogue import REGISTERS
from data.simulator.counties import counties_of
from data.simulator.joined import SHARED
from data.simulator.manifest import manifest_of
from data.simulator.numbers import identity_check
from data.simulator.place_names import N_VILLAGE_NAMES
from data.simulator.places import CITY, PROVINCE
from data.simulator.presets import PRESETS, Preset
from data.simulator.subjects import SERIALS
from data.simulator.world import World, simulate

END = date(2026, 11, 22)
CITY_OF_TWO = Preset("two", 6_000, 4, 24, 12, 400, n_counties=2)
COUNTY_COLUMNS = ("village", "region", "county", "jurisdiction", "station_region")
"""Columns whose places lie in the county of the row, but for firms and people of elsewhere."""


@pytest.fixture(scope="module")
def city() -> World:
    return simulate(CITY_OF_TWO, seed=7, end_on=END)


def test_same_seed_gives_the_same_bytes_of_every_register(city: World) -> None:
    assert manifest_of(simulate(CITY_OF_TWO, seed=7, end_on=END)) == manifest_of(city)


def test_a_city_is_shared_out_without_a_rest() -> None:
    whole, parts = PRESETS["l"], [preset for _, preset in counties_of(PRESETS["l"])]
    assert [county.code for county, _ in counties_of(whole)] == [f"9901{number:02d}" for number in range(1, 11)]
    for field in ("n_persons", "n_towns", "n_villages", "n_alerts"):
        assert sum(getattr(part, field) for part in parts) == getattr(whole, field)
    assert max(part.n_villages for part in parts) <= N_VILLAGE_NAMES
    assert max(part.n_towns for part in parts) / min(part.n_towns for part in parts) < 1.2


def test_every_register_is_joined_in_order_of_receipt_with_its_own_columns(city: World) -> None:
    for name, frame in city.registers.items():
        assert list(frame.columns) == [*REGISTERS[name].columns, "received_on"], name
        assert frame["received_on"].is_monotonic_increasing, name
        needed = [column.name for column in REGISTERS[name].columns.values() if not column.optional]
        assert len(frame) and not frame[needed].isna().any().any(), name


def test_serial_numbers_run_over_the_whole_city(city: World) -> None:
    for name, (column, mark) in SERIALS.items():
        numbers = city.registers[name][column]
        # What another register refers to has its own number from the start.
        given = numbers[numbers.str.startswith(mark)]
        assert given.iloc[-1] == f"{mark}{given.index[-1] + 1:07d}" and numbers.is_unique
        assert len(given) > 0.97 * len(numbers)


def _counties(city: World, name: str) -> "pd.Series[str]":
    """The county of each row of a register, by the first place in it."""
    frame = city.registers[name]
    column = next(column for column in COUNTY_COLUMNS if column in frame)
    return frame[column].astype("str").str[:6]


@pytest.mark.parametrize("name", sorted(name for name, one in REGISTERS.items() if one.key))
def test_no_key_is_in_two_counties(city: World, name: str) -> None:
    if name not in city.registers or name in SHARED:
        return
    frame = city.registers[name]
    if not any(column in frame for column in COUNTY_COLUMNS):
        # Rows without a place: no county's own rows are replaced by a sister's of the same day.
        assert not frame.duplicated([*REGISTERS[name].key, "received_on"]).any()
        return
    keys = frame[list(REGISTERS[name].key)].astype("str").agg("|".join, axis=1)
    assert _counties(city, name).groupby(keys.to_numpy()).nunique().max() == 1


@pytest.mark.parametrize("column", ["village", "county", "residence_region"])
def test_both_counties_have_rows_in_every_register_of_places(city: World, column: str) -> None:
    for name, frame in city.registers.items():
        if column in frame and len(frame) > 20:
            got = set(frame[column].astype("str").str[:6])
            assert {f"{CITY}01", f"{CITY}02"} <= got, name


def test_what_all_counties_say_is_said_once(city: World) -> None:
    for name in SHARED:
        if name in city.registers:
            assert not city.registers[name].duplicated().any(), name


def test_places_nest_and_no_county_has_a_name_twice(city: World) -> None:
    regions = city.regions.set_index("code")
    today = regions[regions["valid_to"].isna()]
    assert (today["level"] == 3).sum() == 2 and not today.index.duplicated().any()
    children = today[today["parent_code"].notna()]
    assert all(code.startswith(parent) and parent in today.index for code, parent in children["parent_code"].items())
    for names in ("name", "name_en"):
        assert not today[names].groupby([today.index.str[:6], today[names]]).size().gt(1).any()
    towns = today[today["level"] == 4]
    assert not towns["name"].duplicated().any()
    tiles = today[today["level"].isin((3, 4))]
    assert not tiles[["parent_code", "tile_row", "tile_column"]].duplicated().any()
    assert {PROVINCE, CITY} <= set(today.index)


def test_people_are_nobody_and_different_and_some_move_to_the_sister_county(city: World) -> None:
    person = city.registers["person"]
    assert person["id_no"].nunique() == CITY_OF_TWO.n_persons
    assert all(number.startswith("99") and identity_check(number) == number[17] for number in person["id_no"].unique())
    moved = person[person["hukou_out_date"].notna()]
    away = moved["hukou_region"].astype("str")
    home = moved["residence_region"].astype("str").str[:6].where(lambda code: code.str.startswith(CITY))
    assert ((away.str[:4] == CITY) & (away.str[:6] != home)).sum() > 5


def test_who_is_planted_stands_in_the_registers(city: World) -> None:
    episodes = city.truth["episodes"]
    households = episodes.loc[episodes["subject_kind"] == "household", "number"]
    assert set(households) <= set(city.registers["land_subsidy"]["household_no"]) and len(households)
    known = set(city.registers["project"]["project_id"])
    projects = episodes.loc[episodes["model"] == "M11", "number"]
    assert set(projects) <= known and projects.is_unique and len(projects) > 5
    assert episodes["town"].str[:6].nunique() == 2
