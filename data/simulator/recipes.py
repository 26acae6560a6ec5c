"""All recipes of the synthetic world in one list, their volumes as shares of all alerts."""

from dataclasses import replace

from data.simulator.benefit_recipes import BENEFIT_RECIPES
from data.simulator.collective_recipes import COLLECTIVE_RECIPES
from data.simulator.conduct_recipes import CONDUCT_RECIPES
from data.simulator.land_recipes import LAND_RECIPES
from data.simulator.mechanisms import Recipe
from data.simulator.people_recipes import PEOPLE_RECIPES
from data.simulator.procurement_recipes import PROCUREMENT_RECIPES
from data.simulator.village_recipes import VILLAGE_RECIPES

_PROCUREMENT = ("M12", "M13", "M14", "M15", "M16", "M17", "M18")
MIXTURE = {
    "M01": 0.34,
    "M02": 0.15,
    "M03": 0.04,
    "M04": 0.07,
    "M05": 0.04,
    "M08": 0.09,
    "M09": 0.04,
    "M11": 0.03,
    **dict.fromkeys(_PROCUREMENT, 0.06 / len(_PROCUREMENT)),
    "M19": 0.01,
    "M20": 0.01,
    "M21": 0.01,
    "M27": 0.03,
    "M28": 0.02,
    "M29": 0.02,
}
"""Share of each supervision model in the alerts of an office. Source: field/simulator.md, 5."""
_OTHERS = 0.04
"""Share of all the models together that the mixture does not name, in equal parts."""


def as_shares(recipes: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
    """The recipes with volumes that add up to 1: each model has its share of `MIXTURE`, its rules parts of that."""
    of_model: dict[str, float] = {}
    for recipe in recipes:
        of_model[recipe.model] = of_model.get(recipe.model, 0.0) + recipe.volume
    n_others = len(of_model.keys() - MIXTURE.keys())
    share = {model: MIXTURE[model] if model in MIXTURE else _OTHERS / n_others for model in of_model}
    whole = sum(share.values())
    return tuple(replace(one, volume=share[one.model] / whole * one.volume / of_model[one.model]) for one in recipes)


RECIPES = as_shares(
    (
        *BENEFIT_RECIPES,
        *VILLAGE_RECIPES,
        *PROCUREMENT_RECIPES,
        *CONDUCT_RECIPES,
        *LAND_RECIPES,
        *PEOPLE_RECIPES,
        *COLLECTIVE_RECIPES,
    )
)
