"""The tree part: its reasons by fact, and what is refused."""

import numpy as np
import pytest

from data.errors import RiskModelRefused
from features.plan import Feature, Made
from scoring.trees import TreePart


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


def fit(taught: tuple[Made, np.ndarray, np.ndarray], chosen: slice = slice(None)) -> TreePart:
    made, rows, label = taught
    return TreePart.fit(made, rows, label, np.ones(600), chosen=made.features[chosen], rounds=30, seed=0)


def test_shares_are_lightgbms_contributions_summed_over_the_features_of_a_fact(
    taught: tuple[Made, np.ndarray, np.ndarray],
) -> None:
    made, rows, _ = taught
    part = fit(taught, slice(None, None, -1))
    told = part.explain(made, rows[:50])
    theirs = np.asarray(part.booster.predict(made.matrix[:50, ::-1], pred_contrib=True))
    shares = dict(zip(told.facts, told.shares.T, strict=True))
    np.testing.assert_allclose(shares["amount"], theirs[:, 2] + theirs[:, 3], atol=1e-9)
    np.testing.assert_allclose(shares["months"], theirs[:, 1], atol=1e-9)
    np.testing.assert_allclose(shares["region"], theirs[:, 0], atol=1e-9)
    np.testing.assert_allclose(told.base, theirs[:, -1], atol=1e-9)
    np.testing.assert_array_equal(told.margins, part.margins(made, rows[:50]))
    part.check(made, rows)


def test_a_part_whose_reasons_are_not_lightgbms_is_refused(taught: tuple[Made, np.ndarray, np.ndarray]) -> None:
    made, rows, _ = taught
    part = fit(taught)
    part._quadrature.points.low[:] *= 1.01
    with pytest.raises(RiskModelRefused, match="differ from LightGBM's own") as refused:
        part.check(made, rows)
    assert "相差" in refused.value.words("zh")
