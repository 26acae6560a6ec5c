"""The walk over trees against LightGBM's own contributions and shap's, for every kind of question a tree asks."""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import RiskModelRefused
from scoring.forest import Forest
from scoring.quadrature import BLOCK, Quadrature, gauss_legendre

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap

PLAIN = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, "seed": 0}
N = 1500


def _draw(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def _numbers(missing: float = 0.0, n_features: int = 6) -> np.ndarray[Any, np.dtype[np.float64]]:
    draw = _draw(1)
    matrix = draw.normal(size=(N, n_features))
    matrix[draw.random(matrix.shape) < missing] = np.nan
    return matrix


def _with_zeros() -> np.ndarray[Any, np.dtype[np.float64]]:
    matrix = _numbers(0.1)
    matrix[_draw(2).random(matrix.shape) < 0.3] = 0.0
    return matrix


def _categories(n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    matrix, draw = _numbers(0.05), _draw(3)
    for column in (0, 1):
        matrix[:, column] = draw.integers(0, n, N)
        matrix[draw.random(N) < 0.05, column] = np.nan
    return matrix


MODELS: dict[str, tuple[Callable[[], Any], dict[str, Any], int]] = {
    "numbers": (_numbers, {}, 30),
    "missing values": (lambda: _numbers(0.2), {}, 30),
    "missing only when asked": (_numbers, {"use_missing": False}, 30),
    "zero is missing": (_with_zeros, {"zero_as_missing": True}, 30),
    "few categories": (lambda: _categories(8), {"categorical_feature": [0, 1], "max_cat_to_onehot": 4}, 30),
    "over 32 categories": (lambda: _categories(50), {"categorical_feature": [0, 1], "min_data_per_group": 5}, 30),
    "over 128 categories": (lambda: _categories(150), {"categorical_feature": [0, 1], "min_data_per_group": 2}, 30),
    "one against the rest": (lambda: _categories(8), {"categorical_feature": [0, 1], "max_cat_to_onehot": 64}, 30),
    "deep ways": (lambda: _numbers(0.1, 24), {"num_leaves": 120, "min_data_in_leaf": 1, "path_smooth": 1.0}, 8),
    "one feature asked again and again": (lambda: _numbers(0.1, 1), {"num_leaves": 63}, 20),
    "two features asked again and again": (lambda: _numbers(0.1, 2), {"num_leaves": 63, "min_data_in_leaf": 1}, 20),
    "monotone": (lambda: _numbers(0.1), {"monotone_constraints": [1, -1, 0, 0, 1, 0]}, 30),
    "bagged": (lambda: _numbers(0.1), {"bagging_fraction": 0.5, "bagging_freq": 1, "lambda_l2": 10.0}, 30),
    "trees of a single leaf": (_numbers, {"min_data_in_leaf": 800}, 5),
    "some trees of a single leaf": (_numbers, {"min_gain_to_split": 14.0}, 40),
    "stumps": (_numbers, {"num_leaves": 2}, 30),
}


def _label(matrix: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    told = np.nan_to_num(matrix)
    odds = told[:, 0] % 3 - 1 + (told[:, -1] * told[:, len(told[0]) // 2] if matrix.shape[1] > 1 else 0.0)
    return (_draw(4).random(N) < 1 / (1 + np.exp(-odds))).astype(float)


@cache
def _train(name: str) -> tuple[lgb.Booster, np.ndarray[Any, np.dtype[np.float64]], int]:
    make, options, rounds = MODELS[name]
    matrix = make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = lgb.Dataset(matrix, _label(matrix), params=PLAIN | options)
        return lgb.train(PLAIN | options, data, rounds), matrix, rounds


def _strange(matrix: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows of the matrix, and after them values that no tree has met."""
    odd = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, -0.5, 0.5, -1.0, -7.0, 31.0, 32.5, 63.0, 64.0, 127.0, 128.0, 9e4]
    odd += [np.inf, -np.inf, 2.0**31, -(2.0**31), 2.0**40, 1e300, -1e300, 5e-324]
    planted = _draw(5).choice(odd, (100, matrix.shape[1]))
    mixed = np.where(_draw(6).random(planted.shape) < 0.5, planted, matrix[:100])
    return np.vstack([matrix[:100], mixed, planted])


def _explain(booster: lgb.Booster, rounds: int, matrix: Any) -> tuple[Any, Any, float]:
    quadrature = Quadrature.of(Forest.of(booster, rounds))
    alone = np.arange(matrix.shape[1])
    raw, shares = quadrature.explain(matrix, np.arange(len(matrix)), alone, alone, len(alone))
    return raw, shares, quadrature.forest.base


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_lightgbms_to_the_bit_and_contributions_too_but_for_rounding(name: str) -> None:
    booster, matrix, rounds = _train(name)
    asked = _strange(matrix)
    for n in (rounds, rounds // 2):
        raw, shares, base = _explain(booster, n, asked)
        theirs = booster.predict(asked, pred_contrib=True, num_iteration=n)
        np.testing.assert_array_equal(raw, booster.predict(asked, raw_score=True, num_iteration=n))
        np.testing.assert_allclose(shares, theirs[:, :-1], atol=1e-10)
        np.testing.assert_allclose(base, theirs[:, -1], atol=1e-10)
        np.testing.assert_allclose(base + shares.sum(axis=1), raw, atol=1e-10)


@pytest.mark.parametrize("name", ["missing values", "over 32 categories", "two features asked again and again"])
def test_contributions_are_shaps(name: str) -> None:
    booster, matrix, rounds = _train(name)
    _, shares, _ = _explain(booster, rounds, matrix[:50])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = np.asarray(shap.TreeExplainer(booster).shap_values(matrix[:50]))
    np.testing.assert_allclose(shares, theirs, atol=1e-8)


def test_every_kind_of_question_is_among_the_models() -> None:
    asked: set[int] = set()
    deepest, again, words = 0, 0, 0
    for name in MODELS:
        booster, _, rounds = _train(name)
        forest = Forest.of(booster, rounds)
        asked |= set(forest.missing.tolist())
        deepest = max(deepest, int(forest.depth.max()))
        again = max(again, int((forest.nodes.before >= 0).sum()))
        words = max(words, int(forest.nodes.words.max(initial=0)))
    assert asked == set(range(6))
    assert deepest > 8
    assert again > 100
    assert words > 2


value = st.one_of(st.floats(allow_nan=True, width=64), st.integers(-3, 200).map(float), st.sampled_from([0.0, np.nan]))


@given(rows=st.lists(st.lists(value, min_size=6, max_size=6), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", ["zero is missing", "over 128 categories"])
def test_contributions_add_up_on_every_row(name: str, rows: list[list[float]], trained: dict[str, Any]) -> None:
    booster, quadrature = trained[name]
    matrix = np.array(rows)
    alone = np.arange(6)
    raw, shares = quadrature.explain(matrix, np.arange(len(rows)), alone, alone, 6)
    np.testing.assert_array_equal(raw, booster.predict(matrix, raw_score=True))
    np.testing.assert_allclose(quadrature.forest.base + shares.sum(axis=1), raw, atol=1e-10)


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    made = {name: _train(name) for name in ("zero is missing", "over 128 categories", "numbers")}
    return {name: (b, Quadrature.of(Forest.of(b, rounds))) for name, (b, _, rounds) in made.items()}


def test_a_row_says_the_same_alone_and_in_any_place_among_many(trained: dict[str, Any]) -> None:
    _, quadrature = trained["zero is missing"]
    matrix, alone = _with_zeros(), np.arange(6)
    every = np.arange(3 * BLOCK + 7)
    raw, shares = quadrature.explain(matrix, every, alone, alone, 6)
    back, shares_back = quadrature.explain(matrix, every[::-1].copy(), alone, alone, 6)
    np.testing.assert_array_equal(raw, back[::-1])
    np.testing.assert_array_equal(shares, shares_back[::-1])
    one, share = quadrature.explain(matrix, every[100:101], alone, alone, 6)
    assert one[0] == raw[100]
    np.testing.assert_array_equal(share[0], shares[100])
    none, nothing = quadrature.explain(matrix, every[:0], alone, alone, 6)
    assert none.shape == (0,)
    assert nothing.shape == (0, 6)


def test_features_of_one_fact_are_summed_and_columns_may_lie_anywhere(trained: dict[str, Any]) -> None:
    _, quadrature = trained["numbers"]
    matrix, alone = _numbers(), np.arange(6)
    wide = np.hstack([np.full((N, 3), 7.0), matrix[:, ::-1]])
    facts = np.array([0, 1, 0, 2, 1, 0])
    raw, shares = quadrature.explain(matrix, np.arange(40), alone, alone, 6)
    same, summed = quadrature.explain(wide, np.arange(40), np.arange(8, 2, -1), facts, 3)
    np.testing.assert_array_equal(raw, same)
    for fact in range(3):
        np.testing.assert_allclose(summed[:, fact], shares[:, facts == fact].sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_the_quadrature_is_exact_up_to_its_degree(n: int) -> None:
    t, weight = gauss_legendre(n)
    for power in range(2 * n):
        assert float(weight @ t**power) == pytest.approx(1 / (power + 1), abs=1e-14)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"linear_tree": True}, "linear leaves"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged"),
        ({"objective": "multiclass", "num_class": 3}, "several outcomes"),
    ],
)
def test_a_booster_that_is_no_sum_of_plain_trees_is_refused(options: dict[str, Any], said: str) -> None:
    matrix = _numbers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        label = _label(matrix) + (matrix[:, 1] > 1 if "num_class" in options else 0)
        booster = lgb.train(PLAIN | options, lgb.Dataset(matrix, label, params=PLAIN | options), 5)
    with pytest.raises(RiskModelRefused, match=said):
        Forest.of(booster, 5)


def test_covers_that_do_not_add_up_are_refused() -> None:
    booster, _, rounds = _train("numbers")
    text = booster.model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("internal_count="))
    altered = lgb.Booster(model_str=text.replace(line, line.replace(str(N), str(N + 1)), 1))
    with pytest.raises(RiskModelRefused, match="do not add up"):
        Forest.of(altered, rounds)
