"""The synthetic world: determined by its seed, nobody's numbers, the registers' own columns, truth kept apart."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from data.errors import InputRefused
from data.register_catalogue import REGISTERS
from data.simulator.calendar import Calendar
from data.simulator.manifest import manifest_of
from data.simulator.numbers import credit_checks, credit_codes, identity_check, identity_numbers
from data.simulator.places import build_places
from data.simulator.presets import PRESETS, find_preset
from data.simulator.world import World, simulate

END = date(2026, 11, 22)
PERSONS = ("id_no", "pid_a", "pid_b", "account_holder_id", "handler_id", "reviewer_id")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(PRESETS["xs"], seed=7, end_on=END)


def test_same_seed_and_end_give_the_same_bytes(world: World) -> None:
    assert manifest_of(simulate(PRESETS["xs"], seed=7, end_on=END)) == manifest_of(world)


@pytest.mark.parametrize(("seed", "end_on"), [(8, END), (7, date(2026, 11, 21))])
def test_another_seed_or_end_gives_another_world(world: World, seed: int, end_on: date) -> None:
    assert manifest_of(simulate(PRESETS["xs"], seed=seed, end_on=end_on)) != manifest_of(world)


def test_every_register_has_its_own_columns_and_when_it_was_known(world: World) -> None:
    got = {name: list(frame.columns) for name, frame in world.registers.items()}
    assert got == {name: [*REGISTERS[name].columns, "received_on"] for name in got}


def test_nothing_is_known_after_the_end_nor_empty_where_a_value_is_needed(world: World) -> None:
    for name, frame in world.registers.items():
        needed = [column.name for column in REGISTERS[name].columns.values() if not column.optional]
        assert frame["received_on"].max() <= pd.Timestamp(END), name
        assert frame["received_on"].is_monotonic_increasing, name
        assert len(frame) > 0 and not frame[needed].isna().any().any(), name


@pytest.mark.parametrize("column", PERSONS)
def test_identity_numbers_belong_to_nobody_and_check(world: World, column: str) -> None:
    numbers = {number for rows in world.registers.values() if column in rows for number in rows[column].dropna()}
    assert numbers
    assert all(number.startswith("99") and identity_check(number) == number[17] for number in numbers)


@pytest.mark.parametrize("column", ["region", "village", "hukou_region", "residence_region", "old_code", "new_code"])
def test_places_lie_under_prefix_99(world: World, column: str) -> None:
    codes = [code for frame in world.registers.values() if column in frame for code in frame[column].unique()]
    assert codes and all(code.startswith("99") for code in codes)


def test_accounts_start_with_zeros_no_bank_issues(world: World) -> None:
    assert world.registers["benefit_payment"]["account_no"].str.startswith("000000").all()


@pytest.mark.parametrize("body", ["11010519491231002X", "440524188001010014", "990101195001010010"])
def test_check_digit_of_printed_examples(body: str) -> None:
    assert identity_check(body) == body[17]


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91990101PGR4GQH690"])
def test_check_character_of_printed_credit_codes(code: str) -> None:
    assert credit_checks(np.array([code])).tolist() == [code[17]]


def test_credit_codes_belong_to_nobody_and_check(world: World) -> None:
    codes = np.array(
        sorted({code for rows in world.registers.values() if "uscc" in rows for code in rows["uscc"].dropna()})
    )
    assert len(codes) > 300 and {code[2:4] for code in codes} == {"99"}
    assert (credit_checks(codes) == [code[17] for code in codes]).all()
    many = credit_codes(np.repeat("91", 30_000), np.repeat("990101", 30_000), np.arange(30_000))
    assert len(set(many)) == 30_000


def test_firms_and_their_roles_are_as_many_as_in_a_county_and_shares_are_of_one_whole(world: World) -> None:
    firms = world.registers["enterprise"].drop_duplicates("uscc", keep="last")
    roles = world.registers["enterprise_role"].drop_duplicates(["uscc", "id_no", "role", "start_date"], keep="last")
    assert len(firms) == pytest.approx(0.131 * PRESETS["xs"].n_persons, abs=2)
    assert len(roles) == pytest.approx(0.11 * PRESETS["xs"].n_persons, rel=0.1)
    assert set(firms["status"]) == {"active", "dormant", "cancelled"}
    assert (firms["cancelled_on"].notna() == (firms["status"] == "cancelled")).all()
    # Only what was planted comes on top of the whole.
    whole = roles.groupby("uscc")["share_pct"].sum()
    assert whole.min() > 99.5 and ((whole - 100).abs() < 0.5).mean() > 0.9
    assert set(roles["uscc"]) <= set(firms["uscc"])


def test_people_born_on_one_day_have_different_numbers() -> None:
    born = np.array(["1950-01-01"] * 400, dtype="datetime64[D]")
    numbers = identity_numbers(np.full(400, 990101), born, np.arange(400) % 2 == 0)
    assert len(set(numbers)) == 400
    assert numbers[0] == "990101195001010010"


def test_names_repeat_as_real_ones_do() -> None:
    names = simulate(PRESETS["xs"], seed=7, end_on=END).registers["person"].drop_duplicates("id_no")["name"]
    assert 0.05 < names.duplicated().mean() < 0.9


@pytest.mark.parametrize("name", ["xs", "s", "m"])
def test_places_nest_and_one_town_was_merged(name: str) -> None:
    preset = PRESETS[name]
    places = build_places(preset, Calendar(preset, END), seed=7)
    regions = places.regions.set_index("code")
    today = regions[regions["valid_to"].isna()]
    assert (today["level"] == 4).sum() == preset.n_towns
    assert (today["level"] == 5).sum() == preset.n_villages
    children = regions[regions["parent_code"].notna()]
    assert all(code.startswith(parent) for code, parent in children["parent_code"].items())
    merged = regions[regions["merged_into"].notna()]
    assert set(merged["merged_into"]) <= set(today.index)
    assert not today.loc[today["level"] == 4, ["tile_row", "tile_column"]].duplicated().any()


def test_rows_known_later_replace_earlier_ones_of_the_same_key(world: World) -> None:
    person = world.registers["person"]
    moved = person[person["hukou_out_date"].notna()]
    first = person.drop_duplicates("id_no").set_index("id_no")["received_on"]
    assert (moved["received_on"].to_numpy() > first.loc[list(moved["id_no"])].to_numpy()).all()


def test_truth_columns_are_in_no_register(world: World) -> None:
    hidden = {column for frame in world.truth.values() for column in frame.columns}
    public = {column for frame in world.registers.values() for column in frame.columns}
    # An episode's month is a number, a register's the month that a row is about.
    assert hidden & public == {"id_no", "town", "month"} & public


def test_an_unknown_preset_is_refused_with_the_choices() -> None:
    with pytest.raises(InputRefused, match="expected one of xs, s, m"):
        find_preset("xl")
