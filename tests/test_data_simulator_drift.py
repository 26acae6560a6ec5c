"""What changes on the way: each change is seen in counts or rates of a world that is long enough for it."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from data.simulator.calendar import Calendar
from data.simulator.diary import Diary
from data.simulator.drift import (
    AGE_LOWERED,
    DEATH_SOURCE_BEGINS,
    ELECTION,
    MERGER,
    PLATFORM_DOWN,
    SHOCKS,
    Shock,
    strict_from,
    times_of_month,
)
from data.simulator.episodes import Ground, plan_episodes
from data.simulator.presets import PRESETS, Preset
from data.simulator.recipes import RECIPES
from data.simulator.staff import Colleague
from data.simulator.truth import Case
from data.simulator.verification import Verified, VerifyingOffice
from data.simulator.world import World, lay_ground, simulate

END = date(2026, 11, 22)
LONG = Preset("long", 20_000, 4, 40, 36, 1_200)
MANY_ALERTS = 150_000
PLANTED = {recipe.model: recipe for recipe in RECIPES}
"""One recipe of each model."""
BURSTS = [(shock, model) for shock in SHOCKS for model in shock.times if model in PLANTED]
MORE_INNOCENT = [(shock, model) for shock in SHOCKS for model in shock.in_month if model in PLANTED]
SINCE = [(shock, model) for shock in SHOCKS for model in shock.before_and_since if model in PLANTED]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(LONG, seed=7, end_on=END)


@pytest.fixture(scope="module")
def ground() -> Ground:
    """The ground of an office with so many alerts that a month of a rare model has many too."""
    preset = Preset("many", 20_000, 4, 40, 36, MANY_ALERTS)
    return lay_ground(preset, Calendar(preset, END), 7)


def _label(value: object) -> str:
    return str(value.month) if isinstance(value, Shock) else str(value)


@pytest.mark.parametrize(("shock", "model"), BURSTS, ids=_label)
def test_a_burst_is_seen_in_the_counts_of_its_month(ground: Ground, shock: Shock, model: str) -> None:
    planned = [plan_episodes(ground, recipe)["month"] for recipe in RECIPES if recipe.model == model]
    counts = pd.concat(planned).value_counts()
    around = counts[[shock.month - 3, shock.month - 2, shock.month, shock.month + 1]].mean()
    assert counts[shock.month - 1] > around * (1 + (shock.times[model] - 1) / 2)


@pytest.mark.parametrize(("shock", "model"), MORE_INNOCENT, ids=_label)
def test_what_bursts_for_nothing_is_less_often_true(ground: Ground, shock: Shock, model: str) -> None:
    episodes = plan_episodes(ground, PLANTED[model])
    in_month = episodes["month"] == shock.month - 1
    assert episodes.loc[in_month, "genuine"].mean() < episodes.loc[~in_month, "genuine"].mean() - 0.06


@pytest.mark.parametrize(("shock", "model"), SINCE, ids=_label)
def test_what_changes_for_good_changes_the_rate_from_its_month_on(ground: Ground, shock: Shock, model: str) -> None:
    episodes = plan_episodes(ground, PLANTED[model])
    innocent = ~episodes["genuine"]
    before, since = (innocent[episodes["month"] < shock.month - 1], innocent[episodes["month"] >= shock.month - 1])
    falls = shock.before_and_since[model][0] < shock.before_and_since[model][1]
    assert (since.mean() < 0.75 * before.mean()) if falls else (since.mean() > 1.2 * before.mean())


def test_merged_villages_change_their_code_in_the_month_of_the_merger(world: World) -> None:
    merged = world.registers["region_history"].query("kind == 'merged'")
    assert len(merged) > 0
    assert set(world.calendar.number(merged["effective_on"].to_numpy().astype("datetime64[D]"))) == {MERGER.month - 1}


def test_the_age_is_lowered_in_the_registers_of_one_county_only() -> None:
    two = Preset("two", 6_000, 4, 24, 20, 300, n_counties=2)
    rules = simulate(two, seed=7, end_on=END).registers["scheme_rule"]
    lowered = rules[rules["min_age"] == 79]
    first = Calendar(two, END).month(np.array([AGE_LOWERED.month - 1]))[0].astype("datetime64[D]")
    assert lowered["county"].to_list() == ["990101"]
    assert lowered["effective_from"].to_numpy().astype("datetime64[D]").tolist() == [first.astype(object)]
    assert set(rules["county"]) == {"990101", "990102"}


def test_the_second_source_of_deaths_begins_in_its_month_and_stays(world: World) -> None:
    deaths = world.registers["death"]
    known = world.calendar.number(
        deaths.loc[deaths["source"] == "医保局", "received_on"].to_numpy().astype("datetime64[D]")
    )
    assert known.min() >= DEATH_SOURCE_BEGINS.month - 1
    assert len(set(known)) > 3


def test_the_platform_is_down_for_three_days_in_its_month(world: World) -> None:
    outages = world.registers["platform_outage"]
    days_down = (outages["to_date"] - outages["from_date"]).dt.days + 1
    longest = outages.loc[days_down > 1, "from_date"].to_numpy().astype("datetime64[D]")
    assert days_down.max() == 3
    assert world.calendar.number(longest).tolist() == [PLATFORM_DOWN.month - 1]


def test_cadres_change_in_the_month_of_the_election(world: World) -> None:
    started = world.registers["village_cadre"]["start_date"].value_counts()
    newest = started.index[started > 25].max()
    assert world.calendar.number(np.array([newest], dtype="datetime64[D]"))[0] == ELECTION.month - 1


@pytest.mark.parametrize(("preset", "expected"), [("xs", 1), ("s", 4), ("m", 8), ("l", 8)])
def test_a_shorter_world_has_the_changes_that_fall_into_it(preset: str, expected: int) -> None:
    calendar = Calendar(PRESETS[preset], END)
    assert sum(shock.month_in(calendar) is not None for shock in SHOCKS) == expected
    assert (times_of_month(calendar, 1, "M08", np.arange(calendar.n_months)) > 1).any() == (expected > 4)


@pytest.mark.usefixtures("small_office")
def test_the_stricter_team_confirms_less_of_what_is_true() -> None:
    calendar = Calendar(PRESETS["m"], END)
    strict = strict_from(calendar)
    assert strict is not None and strict == date(2026, 6, 1)
    assert strict_from(Calendar(PRESETS["s"], END)) is None
    found = _verdicts_of_true_alerts(strict)
    before = found.loc[found["on"] < strict, "confirmed"]
    since = found.loc[found["on"] >= strict, "confirmed"]
    assert min(len(before), len(since)) > 400
    assert since.mean() < before.mean() - 0.05


def _verdicts_of_true_alerts(strict: date) -> pd.DataFrame:
    """What one unit makes of ten true alerts a day in the two months before and after the stricter team came."""
    unit = "T-990101001"
    staff = [Colleague(f"a{n}", "甲", f"99010119800101{n:04d}", unit, "inspector", unit[2:]) for n in range(3)]
    staff.append(Colleague("sp", "乙", "990101198001019999", unit, "approver", unit[2:]))
    far = strict + timedelta(days=900)
    office = VerifyingOffice(Diary(7), staff, go_live_on=far, end_on=far, strict=strict)
    seen: list[Verified] = []
    office.followers.append(seen.append)
    first, number = strict - timedelta(days=70), 0
    for day in (first + timedelta(days=n) for n in range(130)):
        for _ in range(10):
            number += 1
            office.take_in(
                Case(
                    alert_id=number, number=number, source="M08", unit=unit, commission=unit, level="red",
                    raised_on=day, recoverable=0.0, genuine=True, mechanism="barred_drawing", outcome="C2", cause=None,
                    duplicate=False, likelihood=0.0, urgent=False, drawn=False, concerned=frozenset(),
                )
            )  # fmt: skip
        office.work(day)
    return pd.DataFrame(
        {"on": [one.verdict.at.date() for one in seen], "confirmed": [one.verdict.outcome[0] == "C" for one in seen]}
    )
