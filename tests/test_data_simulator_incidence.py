"""How many episodes are innocent: one multiplier brings the whole office to the rate that one had in public."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from data.simulator.calendar import Calendar
from data.simulator.incidence import (
    POOLED,
    SENSITIVITY,
    SPECIFICITY,
    expected_rate,
    innocent_incidence,
    true_share,
)
from data.simulator.manifest import manifest_of
from data.simulator.presets import PRESETS
from data.simulator.recipes import MIXTURE, RECIPES
from data.simulator.world import World, simulate

END = date(2026, 11, 22)
LOWEST, HIGHEST = 0.715, 0.725


@pytest.fixture(scope="module")
def county() -> World:
    return simulate(PRESETS["s"], seed=7, end_on=END)


@pytest.fixture(scope="module")
def recorded(county: World) -> pd.DataFrame:
    """Model and chance of each planted episode to be confirmed, in the order in which they come to light."""
    episodes = county.truth["episodes"].sort_values("month", kind="stable")
    return episodes.assign(chance=np.where(episodes["genuine"], SENSITIVITY, 1 - SPECIFICITY))


@pytest.mark.parametrize("preset", list(PRESETS))
def test_the_expected_rate_is_the_public_one(preset: str) -> None:
    calendar = Calendar(PRESETS[preset], END)
    found = innocent_incidence(RECIPES, calendar)
    assert LOWEST < expected_rate(RECIPES, calendar, found) < HIGHEST
    assert expected_rate(RECIPES, calendar, found) == pytest.approx(POOLED, abs=1e-9)
    assert 0.7 < found < 1.4, "the recipes alone are near it"


def test_more_innocent_episodes_lower_the_rate_and_stricter_verifiers_are_made_up_for() -> None:
    long, short = (Calendar(PRESETS[preset], END) for preset in ("m", "s"))
    rates = [expected_rate(RECIPES, short, incidence) for incidence in (0.5, 1.0, 2.0)]
    assert rates == sorted(rates, reverse=True)
    assert expected_rate(RECIPES, long, 1.0) < expected_rate(RECIPES, short, 1.0)
    assert innocent_incidence(RECIPES, long) < innocent_incidence(RECIPES, short)


def test_the_manifest_has_the_multiplier(county: World) -> None:
    assert county.incidence == innocent_incidence(RECIPES, county.calendar)
    assert manifest_of(county)["innocent_incidence"] == round(county.incidence, 6)


def test_models_have_their_share_of_the_mixture() -> None:
    volume: dict[str, float] = {}
    for recipe in RECIPES:
        volume[recipe.model] = volume.get(recipe.model, 0.0) + recipe.volume
    assert sum(volume.values()) == pytest.approx(1.0)
    assert volume["M01"] / volume["M02"] == pytest.approx(MIXTURE["M01"] / MIXTURE["M02"])
    assert volume["M01"] / volume["M14"] == pytest.approx(0.34 / (0.06 / 7))
    others = [volume[model] for model in volume if model not in MIXTURE]
    assert others == pytest.approx([0.04 / len(others)] * len(others))


def test_the_planted_rate_of_a_county_is_the_public_one_as_far_as_its_size_tells(recorded: pd.DataFrame) -> None:
    # What is never concluded is innocent more often, which the planted episodes alone do not show.
    weight = np.where(recorded["genuine"], 0.90, 0.79)
    rate = float(np.average(recorded["chance"] * (1 - 0.015), weights=weight))
    error = np.sqrt(POOLED * (1 - POOLED) / len(recorded))
    assert LOWEST - 2 * error < rate < HIGHEST + 2 * error


@pytest.mark.parametrize(("model", "low", "high"), [("M01", 0.887, 0.957), ("M08", 0.56, 0.75)])
def test_runs_of_single_models_are_what_was_reported(
    recorded: pd.DataFrame, model: str, low: float, high: float
) -> None:
    chance = recorded.loc[recorded["model"] == model, "chance"].to_numpy()
    assert low < chance.mean() < high
    # A rate drifts on the way: a run of 212 is of any months.
    draw = np.random.default_rng(7)
    runs = [draw.choice(chance, min(212, len(chance)), replace=False).mean() for _ in range(200)]
    assert np.mean([low < rate < high for rate in runs]) >= 0.75


@pytest.mark.parametrize("model", ["M01", "M02", "M08"])
def test_the_multiplier_leaves_each_model_near_its_own_target(model: str) -> None:
    incidence = innocent_incidence(RECIPES, Calendar(PRESETS["l"], END))
    recipe = next(recipe for recipe in RECIPES if recipe.model == model)
    share = true_share(recipe)
    assert abs(share / (share + (1 - share) * incidence) - share) < 0.05
