"""How often innocent episodes come up: one multiplier, so that the office as a whole confirms what one in public did.

Source: field/simulator.md, 5 and 6.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import bisect

from data.simulator.calendar import Calendar
from data.simulator.drift import SENSITIVITY_OF_THE_STRICT, STRICTER_VERIFIERS
from data.simulator.mechanisms import Recipe

SENSITIVITY, SPECIFICITY = 0.972, 0.978
"""Means of the verifiers' own; the share of true episodes is set so that the recorded rate meets the target."""
POOLED = 0.7196
"""The confirmation rate of all alerts that is aimed at: 71.96 % of 20,000 and more (field/inventory.md, H)."""
_SHAM = 0.015
"""Share of verifications for form's sake, which confirm nothing."""
_CONCLUDED = {True: 0.90, False: 0.79}
"""Share of true and of innocent alerts that are concluded: innocent ones are more often set aside. As the office's own
queue leaves them at the end of presets s and l."""
_MOST_TRUE = 0.985


def true_share(recipe: Recipe) -> float:
    """The share of true episodes by which verifiers who err would record the recipe's confirmation rate."""
    return min((recipe.confirmed - (1 - SPECIFICITY)) / (SENSITIVITY + SPECIFICITY - 1), _MOST_TRUE)


def innocent_incidence(recipes: Sequence[Recipe], calendar: Calendar) -> float:
    """How many innocent episodes there are for each that the recipes alone would have, found by bisection.

    With so many of them the office of this calendar is expected to confirm `POOLED` of what it concludes.
    """
    return float(bisect(lambda incidence: expected_rate(recipes, calendar, incidence) - POOLED, 0.05, 20.0, xtol=1e-13))


def expected_rate(recipes: Sequence[Recipe], calendar: Calendar, incidence: float) -> float:
    """The confirmation rate that recipes and verifiers lead one to expect of all concluded alerts together."""
    volume = np.array([recipe.volume for recipe in recipes])
    share = np.array([true_share(recipe) for recipe in recipes])
    true = _CONCLUDED[True] * float((volume * share).sum())
    innocent = _CONCLUDED[False] * incidence * float((volume * (1 - share)).sum())
    confirmed = (1 - _SHAM) * (true * _sensitivity(calendar) + innocent * (1 - SPECIFICITY))
    return confirmed / (true + innocent)


def _sensitivity(calendar: Calendar) -> float:
    """Mean over the months of the office."""
    strict = STRICTER_VERIFIERS.month_in(calendar)
    months = 0 if strict is None else calendar.n_months - strict
    return SENSITIVITY * (1 - (1 - SENSITIVITY_OF_THE_STRICT) * months / calendar.n_months)
