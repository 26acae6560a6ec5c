"""Who works in the demonstration office, and the diary of what they will do."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from data.simulator.commissions import COUNTY_UNIT, STATIONED_UNIT
from data.simulator.diary import Diary
from data.simulator.places import COUNTY
from data.simulator.presets import PRESETS
from data.simulator.staff import Colleague, recruit
from data.simulator.world import World, simulate

UNITS = {COUNTY_UNIT: "县", STATIONED_UNIT: "组", f"T-{COUNTY}001": "镇一", f"T-{COUNTY}002": "镇二"}
NINE = datetime(2026, 3, 9, 1)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(PRESETS["xs"], seed=7, end_on=date(2026, 11, 22))


@pytest.fixture(scope="module")
def staff(world: World) -> list[Colleague]:
    return recruit(world, UNITS)


def test_the_same_world_has_the_same_staff(world: World, staff: list[Colleague]) -> None:
    assert recruit(world, UNITS) == staff


def test_everybody_is_a_person_of_the_registers_without_another_duty(world: World, staff: list[Colleague]) -> None:
    names = world.registers["person"].drop_duplicates("id_no").set_index("id_no")["name"]
    assert all(one.number.startswith("99") and names[one.number] == one.name for one in staff)
    payroll = {*world.registers["public_employee"]["id_no"], *world.registers["village_cadre"]["id_no"]}
    assert [one.code for one in staff if one.number in payroll] == ["xian2"], "the former handler"


@pytest.mark.usefixtures("small_office")
def test_kin_stand_in_the_register_and_an_alert_is_about_them(world: World, staff: list[Colleague]) -> None:
    tied = [one for one in staff if one.kin]
    kinship = world.registers["kinship"]
    pairs = set(zip(kinship["pid_a"], kinship["pid_b"], strict=True))
    episodes = world.truth["episodes"].set_index("number")["town"]
    assert tied
    for one in tied:
        assert (one.kin, one.number) in pairs
        assert one.unit == f"T-{episodes[str(one.kin)]}"
        assert len(one.ties()) == 2


def nothing(session: Session, alert_id: int) -> None:
    raise AssertionError


def test_steps_come_in_order_of_time_each_once() -> None:
    diary = Diary(7)
    for hours in (3, 1, 2, 1):
        diary.note(NINE + timedelta(hours=hours), hours, "somebody", nothing)
    got = []
    while step := diary.next_step(NINE + timedelta(hours=2)):
        got.append(step.alert_id)
    assert got == [1, 1, 2]
    assert diary.next_step(NINE + timedelta(hours=3)) is not None


def test_what_was_planned_for_an_alert_that_opens_again_is_never_done() -> None:
    diary = Diary(7)
    diary.note(NINE, 1, "somebody", nothing)
    diary.note(NINE, 2, "somebody", nothing)
    diary.open_again(1)
    diary.note(NINE + timedelta(hours=1), 1, "another", nothing)
    steps = [diary.next_step(NINE + timedelta(days=1)) for _ in range(3)]
    assert [step and (step.alert_id, step.actor) for step in steps] == [(2, "somebody"), (1, "another"), None]


def test_the_chance_of_a_case_is_its_own() -> None:
    first, second = Diary(7), Diary(7)
    first.draw.random(100)
    with first.about(5, "verify") as one, second.about(5, "verify") as other:
        assert one.random() == other.random()
    with first.about(5, "verify") as one, first.about(6, "verify") as other:
        assert one.random() != other.random()


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-03-09", "2026-03-09"), ("2026-03-07", "2026-03-09"), ("2026-10-01", "2026-10-08")],
)
def test_moments_lie_in_office_hours_of_a_working_day(day: str, expected: str) -> None:
    moment = Diary(7).moment(date.fromisoformat(day))
    assert moment.date() == date.fromisoformat(expected)
    assert 60 <= moment.hour * 60 + moment.minute < 60 + 510


def test_a_moment_some_working_days_later_skips_the_weekend() -> None:
    friday = datetime(2026, 3, 13, 3)
    assert Diary(7).later(friday, 1).date() == date(2026, 3, 16)
    assert friday < Diary(7).later(friday, 0) < friday + timedelta(hours=1)
