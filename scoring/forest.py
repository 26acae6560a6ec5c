"""A LightGBM booster read from its own text into flat arrays: the inner nodes of every tree, parents before children.

The cover of a node is the number of rows that LightGBM counted there while it learnt (`internal_count`, `leaf_count`):
what its `pred_contrib` weighs by. How a value is decided follows LightGBM's tree.h (NumericalDecision and
CategoricalDecision): each way of taking a missing value makes a column of its own, so that a node asks one question.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from data.errors import RiskModelRefused
from features.walk import Floats

Places = NDArray[np.int64]

MISSING_IS_ZERO, ZERO_GOES_LEFT, ZERO_GOES_RIGHT, MISSING_GOES_LEFT, MISSING_GOES_RIGHT, CATEGORY = range(6)
"""What a column makes of a missing value. Where zero counts as missing, it goes the way of missing values."""
_WORD = 64
"""Codes of categories in one word of answers."""


class Nodes(NamedTuple):
    """The inner nodes of all trees; those of a tree follow each other, each after its parent."""

    starts: Places
    """(trees + 1,) where each tree's nodes begin."""
    column: Places
    """Which of the forest's columns the node asks."""
    threshold: Floats
    """A value up to it goes left."""
    words: Places
    """How many words of `answers` the node has; 0 where it asks a number."""
    answers_at: Places
    """Where the node's words of answers begin."""
    left: Places
    """The child on the left: an inner node of the same tree counted from its first, or -1 for a leaf."""
    right: Places
    left_value: Floats
    """What a leaf on the left says, in log-odds; 0 where there is none."""
    right_value: Floats
    before: Places
    """The nearest node above that asks the same feature, counted from the tree's first; -1 where there is none."""
    before_left: Places
    """1 where the way down from there goes left, else 0."""
    share: Floats
    """Share of the node's cover that goes left."""
    share_before: Floats
    """Share of cover that the nodes above on the same feature leave over; 1 where there is none."""
    answers: NDArray[np.uint64]
    """Bits of the categories that go left."""


@dataclass(frozen=True, eq=False)
class Forest:
    """A booster of binary outcomes as flat arrays."""

    nodes: Nodes
    depth: Places
    """(trees,) most distinct features on one way from the root to a leaf."""
    base: float
    """Mean of every tree over its covers, summed, in log-odds: where contributions start from."""
    lone: float
    """Sum of the trees that are a single leaf."""
    feature: Places
    """(columns,) the booster's feature behind each column."""
    missing: Places
    """(columns,) what each column makes of a missing value."""

    @classmethod
    def of(cls, booster: lgb.Booster, rounds: int) -> Self:
        """Read the first trees of a booster.

        Raises RiskModelRefused where they are not plain trees of one outcome, or their covers do not add up.
        """
        head, *texts = booster.model_to_string(num_iteration=rounds).split("\nTree=")
        lines = head.splitlines()
        if "num_tree_per_iteration=1" not in lines or "average_output" in lines:
            raise RiskModelRefused(
                "The booster's trees are averaged or tell several outcomes; expected one summed tree a round "
                "(objective binary, boosting gbdt). Train a new risk model."
            )
        gathered = _Gathered()
        for text in texts:
            gathered.add(_Tree(text.partition("\nend of trees")[0]))
        return cls(
            gathered.nodes(),
            np.array(gathered.depth, dtype=np.int64),
            gathered.base,
            gathered.lone,
            *(np.array([pair[i] for pair in gathered.columns], dtype=np.int64) for i in (0, 1)),
        )


class _Tree:
    """One tree as LightGBM wrote it."""

    def __init__(self, text: str) -> None:
        said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if said.get("is_linear", "0") != "0":
            raise RiskModelRefused("The booster has linear leaves; expected constant ones. Train a new risk model.")

        def whole(key: str) -> Places:
            return np.array(said.get(key, "").split(), dtype=np.int64)

        self.value = np.array(said["leaf_value"].split(), dtype=np.float64)
        self.threshold = np.array(said.get("threshold", "").split(), dtype=np.float64)
        self.feature, self.decision = whole("split_feature"), whole("decision_type")
        self.children = np.column_stack([whole("left_child"), whole("right_child")])
        self.leaf_count, self.inner_count = whole("leaf_count"), whole("internal_count")
        self.boundaries = whole("cat_boundaries")
        self.categories = whole("cat_threshold").astype("<u4")

    @property
    def mean(self) -> float:
        """Mean of the leaves over their covers."""
        if len(self.value) == 1:
            return float(self.value[0])
        return float(self.leaf_count @ self.value) / float(self.leaf_count.sum())

    def share(self, node: int) -> float:
        """Share of a node's cover that goes left."""
        left, right = (
            int(self.inner_count[child] if child >= 0 else self.leaf_count[~child]) for child in self.children[node]
        )
        if left + right != self.inner_count[node] or left + right <= 0:
            raise RiskModelRefused(
                f"The covers of a node's children, {left} and {right}, do not add up to its own, "
                f"{self.inner_count[node]}: its contributions cannot be exact. Train a new risk model."
            )
        return left / (left + right)

    def missing(self, node: int) -> int:
        """What the node makes of a missing value (LightGBM's decision_type: bits for category, left, kind)."""
        decision = int(self.decision[node])
        if decision & 1:
            return CATEGORY
        left, kind = bool(decision & 2), decision >> 2 & 3
        if kind == 0:
            return MISSING_IS_ZERO
        if kind == 1:
            return ZERO_GOES_LEFT if left else ZERO_GOES_RIGHT
        return MISSING_GOES_LEFT if left else MISSING_GOES_RIGHT

    def answers(self, node: int) -> NDArray[np.uint64]:
        """The words of a category node: a bit for each code, set where it goes left."""
        which = int(self.threshold[node])
        halves = self.categories[self.boundaries[which] : self.boundaries[which + 1]]
        return np.append(halves, np.zeros(len(halves) % 2, "<u4")).view("<u8").astype(np.uint64)

    def descend(self) -> Iterator["_Visit"]:
        """The inner nodes, each after its parent, with the features asked above it."""
        waiting = [_Visit(0, -1, 0, {})] if len(self.value) > 1 else []
        while waiting:
            visit = waiting.pop()
            yield visit
            feature, share = int(self.feature[visit.node]), self.share(visit.node)
            kept = visit.above[feature].kept if feature in visit.above else 1.0
            for side, part in ((1, 1.0 - share), (0, share)):
                child = int(self.children[visit.node, side])
                if child >= 0:
                    above = visit.above | {feature: _Asked(visit.node, 1 - side, kept * part)}
                    waiting.append(_Visit(child, visit.node, side, above))


class _Asked(NamedTuple):
    """Where a feature was asked last on the way down, whether the way went left, and the share of cover left over."""

    node: int
    left: int
    kept: float


class _Visit(NamedTuple):
    node: int
    parent: int
    side: int
    above: dict[int, _Asked]


class _Gathered:
    """Trees gathered one after the other."""

    def __init__(self) -> None:
        self.base = self.lone = 0.0
        self.depth: list[int] = []
        self.starts = [0]
        self.rows: list[tuple[float, ...]] = []
        self.children: list[list[int]] = []
        self.answers: list[NDArray[np.uint64]] = []
        self.n_words = 0
        self.columns: dict[tuple[int, int], int] = {}

    def add(self, tree: _Tree) -> None:
        """Add one tree."""
        self.base += tree.mean
        self.lone += float(tree.value[0]) if len(tree.value) == 1 else 0.0
        place: dict[int, int] = {}
        depth = 0
        for visit in tree.descend():
            place[visit.node] = len(place)
            if visit.parent >= 0:
                self.children[self.starts[-1] + place[visit.parent]][visit.side] = place[visit.node]
            self.children.append([-1, -1])
            self.rows.append(self._row(tree, visit, place))
            depth = max(depth, len(visit.above.keys() | {int(tree.feature[visit.node])}))
        self.depth.append(depth)
        self.starts.append(len(self.rows))

    def _row(self, tree: _Tree, visit: _Visit, place: dict[int, int]) -> tuple[float, ...]:
        node, feature = visit.node, int(tree.feature[visit.node])
        column = self.columns.setdefault((feature, tree.missing(node)), len(self.columns))
        words = tree.answers(node) if tree.missing(node) == CATEGORY else np.zeros(0, np.uint64)
        answers_at = self.n_words
        self.answers.append(words)
        self.n_words += len(words)
        values = [float(tree.value[~child]) if child < 0 else 0.0 for child in tree.children[node]]
        asked = visit.above.get(feature)
        before = (-1, 0, 1.0) if asked is None else (place[asked.node], asked.left, asked.kept)
        threshold = 0.0 if len(words) else float(tree.threshold[node])
        return (column, threshold, len(words), answers_at, *values, *before, tree.share(node))

    def nodes(self) -> Nodes:
        """The nodes as arrays."""
        table = np.array(self.rows, dtype=np.float64).reshape(-1, 10).T
        children = np.array(self.children, dtype=np.int64).reshape(-1, 2).T
        return Nodes(
            starts=np.array(self.starts, dtype=np.int64),
            column=table[0].astype(np.int64),
            threshold=table[1].copy(),
            words=table[2].astype(np.int64),
            answers_at=table[3].astype(np.int64),
            left=children[0].copy(),
            right=children[1].copy(),
            left_value=table[4].copy(),
            right_value=table[5].copy(),
            before=table[6].astype(np.int64),
            before_left=table[7].astype(np.int64),
            share=table[9].copy(),
            share_before=table[8].copy(),
            answers=np.concatenate([*self.answers, np.zeros(1, np.uint64)]),
        )
