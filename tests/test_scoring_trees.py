"""The tree part's contributions against shap, fact by fact."""

import warnings

import numpy as np
import pytest

from features.plan import Feature, Made
from scoring.trees import TreePart

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap


@pytest.fixture
def taught() -> tuple[Made, np.ndarray, np.ndarray]:
    draw = np.random.Generator(np.random.PCG64(3))
    matrix = draw.normal(size=(600, 4))
    matrix[draw.random((600, 4)) < 0.1] = np.nan
    odds = np.nan_to_num(matrix[:, 0]) - np.nan_to_num(matrix[:, 1] * matrix[:, 2])
    label = (draw.random(600) < 1 / (1 + np.exp(-odds))).astype(float)
    facts = ("amount", "amount", "months", "region")
    features = [Feature(f"{fact}.{i}", fact, "value") for i, fact in enumerate(facts)]
    return Made(features, matrix, {}), np.arange(600), label


def test_contributions_are_shaps_summed_over_the_parts_of_a_fact(taught: tuple[Made, np.ndarray, np.ndarray]) -> None:
    made, rows, label = taught
    part = TreePart.fit(made, rows, label, np.ones(600), chosen=made.features, rounds=30, seed=0)
    base, facts = part.contributions(made, rows[:50])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = np.asarray(shap.TreeExplainer(part.booster).shap_values(made.matrix[:50]))
    assert theirs.shape == (50, 4)
    np.testing.assert_allclose(facts["amount"], theirs[:, 0] + theirs[:, 1], atol=1e-6)
    np.testing.assert_allclose(facts["months"], theirs[:, 2], atol=1e-6)
    np.testing.assert_allclose(facts["region"], theirs[:, 3], atol=1e-6)
    np.testing.assert_allclose(base + sum(facts.values()), part.margins(made, rows[:50]), atol=1e-6)
