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


def as_shares(recipes: tuple[Recipe, ...]) -> tuple[Recipe, ...]:
    """The recipes with volumes that add up to 1."""
    whole = sum(recipe.volume for recipe in recipes)
    return tuple(replace(recipe, volume=recipe.volume / whole) for recipe in recipes)


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
