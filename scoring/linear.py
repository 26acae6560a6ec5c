"""The linear part: logistic regression on one-hot categories, words and standardised numbers."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from features.attributes import Attribute
from features.plan import Made
from features.walk import Floats, Rows
from scoring.explained import Explained

FEWEST_OF_A_LEVEL = 20
FURTHEST = 4.0
"""Standardised numbers are cut at this many standard deviations."""


@dataclass(frozen=True)
class Term:
    """A block of columns made from one feature."""

    feature: str
    fact: str
    kind: str
    """level (one-hot), number or token."""
    codes: list[int]
    """Levels or tokens that have a column of their own."""
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
    def fit(
        cls,
        made: Made,
        rows: Rows,
        label: Floats,
        weight: Floats,
        attributes: dict[str, Attribute],
        *,
        history: bool,
        c: float,
    ) -> Self:
        """Fit on the labelled rows of a stream; c: inverse strength of the ridge penalty."""
        terms = choose_terms(made, rows, attributes, history=history)
        design = design_of(terms, made, rows)
        means = np.asarray(design.mean(axis=0)).ravel()
        if design.shape[1] == 0:
            share = float(np.average(label, weights=weight))
            return cls(terms, np.zeros(0), float(np.log(share / (1 - share))), means)
        model = LogisticRegression(C=c, max_iter=200, tol=1e-3).fit(design, label.astype(int), sample_weight=weight)
        return cls(terms, model.coef_[0], float(model.intercept_[0]), means)

    def margins(self, made: Made, rows: Rows) -> Floats:
        """Log-odds of confirmation of the given rows."""
        out: Floats = design_of(self.terms, made, rows) @ self.coefficients + self.intercept
        return out

    def explain(self, made: Made, rows: Rows) -> Explained:
        """The margins of the given rows and each fact's share of them: coefficient x (value - mean), summed by fact."""
        facts = list(dict.fromkeys(term.fact for term in self.terms))
        shares = np.zeros((len(rows), len(facts)))
        start = 0
        for term in self.terms:
            block = _block(term, made, rows)
            end = start + block.shape[1]
            level = float(self.means[start:end] @ self.coefficients[start:end])
            shares[:, facts.index(term.fact)] += block @ self.coefficients[start:end] - level
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
    for name, (starts, tokens) in made.tokens.items():
        here = np.concatenate([tokens[starts[row] : starts[row + 1]] for row in rows]) if len(rows) else tokens[:0]
        counts = np.bincount(here, minlength=len(attributes[name].levels))
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
    blocks = [_block(term, made, rows) for term in terms]
    if not blocks:
        return sparse.csr_matrix((len(rows), 0))
    return sparse.csr_matrix(sparse.hstack(blocks))


def _block(term: Term, made: Made, rows: Rows) -> sparse.csr_matrix:
    n = len(rows)
    if term.kind == "token":
        starts, tokens = made.tokens[term.feature]
        sizes = starts[rows + 1] - starts[rows]
        owner = np.repeat(np.arange(n), sizes)
        inside = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return _one_hot(owner, tokens[np.repeat(starts[rows], sizes) + inside], term.codes, n)
    values = made.matrix[rows, made.place[term.feature]]
    missing = np.isnan(values)
    if term.kind == "level":
        return _one_hot(np.arange(n), np.where(missing, -1, values).astype(np.int64), term.codes, n)
    standard = (np.where(missing, term.fill, values) - term.centre) / term.scale
    columns = [np.clip(standard, -FURTHEST, FURTHEST)]
    if term.flags_missing:
        columns.append(missing.astype(np.float64))
    return sparse.csr_matrix(np.column_stack(columns))


def _one_hot(owner: Rows, values: Rows, codes: list[int], n: int) -> sparse.csr_matrix:
    known = np.array(sorted(codes), dtype=np.int64)
    place = np.searchsorted(known, values)
    hit = np.isin(values, known)
    cells = (np.ones(int(hit.sum())), (owner[hit], place[hit]))
    return sparse.csr_matrix(cells, shape=(n, len(codes)))
