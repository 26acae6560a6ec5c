"""The linear part: logistic regression on one-hot categories, words and standardised numbers."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from features.attributes import Attribute
from features.plan import Made
from features.walk import Floats, Rows
from scoring.explained import Explained

FEWEST_OF_A_LEVEL = 20
FURTHEST = 4.0
"""Standardised numbers are cut at this many standard deviations."""
_LIBRARIES = ThreadpoolController()


@dataclass(frozen=True)
class Term:
    """A block of columns made from one feature."""

    feature: str
    fact: str
    kind: str
    """level (one-hot), number or token."""
    codes: list[int]
    """Levels or tokens that have a column of their own, ascending."""
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    flags_missing: bool = False


@dataclass(frozen=True, eq=False)
class LinearPart:
    """A fitted logistic regression; margins are log-odds."""

    terms: list[Term]
    coefficients: Floats
    intercept: float
    means: Floats
    """(n columns,) means over the training rows: a contribution is coefficient x (value - mean)."""

    @classmethod
    def fit(cls, terms: list[Term], design: sparse.csr_matrix, label: Floats, *, c: float) -> Self:
        """Fit on the columns that labelled rows have by the terms; c: inverse strength of the ridge penalty."""
        means = np.asarray(design.mean(axis=0)).ravel()
        if design.shape[1] == 0:
            share = float(label.mean())
            return cls(terms, np.zeros(0), float(np.log(share / (1 - share))), means)
        # Its vectors are short: several threads of the linear algebra would only wait for each other.
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            model = LogisticRegression(C=c, max_iter=200, tol=1e-3).fit(design, label.astype(int))
        return cls(terms, model.coef_[0], float(model.intercept_[0]), means)

    def margins(self, design: sparse.csr_matrix) -> Floats:
        """Log-odds of confirmation of rows, given their columns by the terms (`design_of`)."""
        out: Floats = design @ self.coefficients + self.intercept
        return out

    def explain(self, made: Made, rows: Rows) -> Explained:
        """The margins of the given rows and each fact's share of them: coefficient x (value - mean), summed by fact."""
        facts = list(dict.fromkeys(term.fact for term in self.terms))
        shares = np.zeros((len(rows), len(facts)))
        start = 0
        for term in self.terms:
            cells = _cells(term, made, rows)
            end = start + cells.width
            coefficients = self.coefficients[start:end]
            said = np.bincount(cells.row, coefficients[cells.column] * cells.value, len(rows))
            shares[:, facts.index(term.fact)] += said - float(self.means[start:end] @ coefficients)
            start = end
        base = self.intercept + float(self.means @ self.coefficients)
        return Explained(shares.sum(axis=1) + base, base, facts, shares)

    def to_json(self) -> dict[str, Any]:
        """The part as plain values."""
        return {
            "terms": [vars(term) for term in self.terms],
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept,
            "means": self.means.tolist(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The part that `to_json` wrote."""
        return cls(
            [Term(**term) for term in content["terms"]],
            np.array(content["coefficients"], dtype=np.float64),
            content["intercept"],
            np.array(content["means"], dtype=np.float64),
        )


def choose_terms(made: Made, rows: Rows, attributes: dict[str, Attribute], *, history: bool) -> list[Term]:
    """Which columns the training rows can carry: levels and words seen often enough, numbers that vary."""
    terms = []
    for i, feature in enumerate(made.features):
        if not feature.for_linear or (feature.family not in {"value", "category"} and not history):
            continue
        values = made.matrix[rows, i]
        if feature.family == "category":
            codes = np.where(np.isnan(values), -1, values).astype(int)
            found, counts = np.unique(codes, return_counts=True)
            fewest = min(FEWEST_OF_A_LEVEL, max(3, len(rows) // 50))
            kept = [int(code) for code, n in zip(found, counts, strict=True) if n >= fewest]
            if len(kept) > 1 or (kept and counts.max() < len(rows)):
                terms.append(Term(feature.name, feature.fact, "level", kept))
        else:
            terms += _number_term(feature.name, feature.fact, values)
    for name in made.tokens:
        counts = np.bincount(_tokens(name, made, rows)[1], minlength=len(attributes[name].levels))
        kept = [int(code) for code in np.flatnonzero(counts >= 5)]
        if kept:
            terms.append(Term(name, name, "token", kept))
    return terms


def _number_term(feature: str, fact: str, values: Floats) -> list[Term]:
    missing = np.isnan(values)
    if missing.all():
        return []
    fill = float(np.nanmedian(values))
    filled = np.where(missing, fill, values)
    scale = float(filled.std())
    if scale < 1e-12 and not missing.any():
        return []
    flags = bool(5 <= missing.sum() <= len(values) - 5)
    return [Term(feature, fact, "number", [], fill, float(filled.mean()), scale if scale >= 1e-12 else 1.0, flags)]


def design_of(terms: list[Term], made: Made, rows: Rows) -> sparse.csr_matrix:
    """The columns of the terms for the given rows."""
    if not terms:
        return sparse.csr_matrix((len(rows), 0))
    cells = [_cells(term, made, rows) for term in terms]
    ends = np.cumsum([block.width for block in cells])
    row = np.concatenate([block.row for block in cells])
    column = np.concatenate([block.column + (end - block.width) for block, end in zip(cells, ends, strict=True)])
    value = np.concatenate([block.value for block in cells])
    return sparse.csr_matrix((value, (row, column)), shape=(len(rows), int(ends[-1])))


class _Cells(NamedTuple):
    """What stands in the columns of one term: value at (row, column)."""

    row: Rows
    column: Rows
    value: Floats
    width: int
    """How many columns the term has."""


def _cells(term: Term, made: Made, rows: Rows) -> _Cells:
    n = len(rows)
    if term.kind == "token":
        return _one_hot(*_tokens(term.feature, made, rows), term.codes)
    values = made.matrix[rows, made.place[term.feature]]
    missing = np.isnan(values)
    if term.kind == "level":
        return _one_hot(np.arange(n), np.where(missing, -1, values).astype(np.int64), term.codes)
    standard = np.clip((np.where(missing, term.fill, values) - term.centre) / term.scale, -FURTHEST, FURTHEST)
    if not term.flags_missing:
        return _Cells(np.arange(n), np.zeros(n, dtype=np.int64), standard, 1)
    flags = np.flatnonzero(missing)
    return _Cells(
        np.concatenate([np.arange(n), flags]),
        np.repeat([0, 1], [n, len(flags)]),
        np.concatenate([standard, np.ones(len(flags))]),
        2,
    )


def _tokens(name: str, made: Made, rows: Rows) -> tuple[Rows, Rows]:
    """Whose token each is, counted from the first of the rows, and the tokens."""
    starts, tokens = made.tokens[name]
    sizes = starts[rows + 1] - starts[rows]
    owner = np.repeat(np.arange(len(rows)), sizes)
    inside = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owner, tokens[np.repeat(starts[rows], sizes) + inside]


def _one_hot(owner: Rows, values: Rows, codes: list[int]) -> _Cells:
    known = np.array(codes, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    hit = known[place] == values
    return _Cells(owner[hit], place[hit], np.ones(int(hit.sum())), len(codes))
