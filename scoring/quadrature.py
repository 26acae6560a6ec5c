"""Exact Shapley values of trees by quadrature, in the same pass as the score.

A feature's share of a leaf is the integral over t in 0..1 of the product of one factor (1 - t) z + t o for every other
distinct feature on the way to the leaf, times o - z and the leaf's value; z is the share of cover that the way's
questions to the feature keep, o is 1 where the row passes them all and else 0 (the values: Lundberg et al. 2020; the
integral: Owen's multilinear extension, 1972). The integrand is a polynomial of a degree one below the number of
features, so Gauss-Legendre with half as many points is exact.

Each tree is walked down and up once for all points t, many rows a vector (`scoring.lanes`). Of a node that keeps the
share z to the left, where a row goes left (o = 1) or not (o = 0), with r = (1 - t) z + t o:

    down   the product of the factors above it:      left child D r, right child D - D r
    up     what the leaves below say, given t:       B = B_right + r (B_left - B_right)
    share  of the node's feature:                    (o - z) * sum over t of weight D (B_left - B_right)

Where the feature was asked before on the way, with z' and o' left over from above, f' = (1 - t) z' + t: there r is
((1 - t) z' z + t o) / f' if o' is 1, and z if it is 0; the share counts z' / f'^2 times if o' is 1, and not if it is 0.
No factor of a row is ever divided by, and f' is above zero for every t. At t = 1 the walk up says the score itself,
summed in the order in which LightGBM sums it.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Self

import numpy as np
from numba import njit

from features.walk import Floats, Rows
from scoring.forest import (
    CATEGORY,
    MISSING_GOES_LEFT,
    MISSING_IS_ZERO,
    ZERO_GOES_LEFT,
    ZERO_GOES_RIGHT,
    Forest,
    Nodes,
    Places,
)
from scoring.lanes import WIDTH, add, at_most, choose, in_word, load, multiply, same, store, subtract

BLOCK = 2 * WIDTH
"""Rows walked together: enough to spread a node's bookkeeping, few enough for the nearest memory of the processor."""
TASK = 64 * BLOCK
"""Rows that a thread takes at a time."""
ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold: what lies nearer to zero is zero."""
THREADS = len(os.sched_getaffinity(0))


class Points(NamedTuple):
    """The quadrature of every tree, by node and point t."""

    n: Places
    """(trees,) points of each tree."""
    weight: Floats
    """(most points + 1, most points) weights of the points by how many there are."""
    at: Places
    """(trees,) where the values of each tree begin below."""
    low: Floats
    """r where the row goes right (o = 0)."""
    step: Floats
    """What r has more where it goes left."""
    scale: Floats
    """z' / f'^2."""


@dataclass(frozen=True, eq=False)
class Quadrature:
    """A forest ready to be walked."""

    forest: Forest
    points: Points

    @classmethod
    def of(cls, forest: Forest) -> Self:
        """Lay out the points of every tree of a forest."""
        nodes = forest.nodes
        count = np.maximum((forest.depth + 1) // 2, 1)
        most = int(count.max(initial=1))
        weight = np.zeros((most + 1, most))
        for n in np.unique(count):
            weight[n, :n] = gauss_legendre(int(n))[1]
        sizes = np.diff(nodes.starts) * count
        low, step, scale = np.zeros((3, int(sizes.sum())))
        at = np.cumsum(sizes) - sizes
        for tree, n in enumerate(count):
            node = slice(int(nodes.starts[tree]), int(nodes.starts[tree + 1]))
            here = slice(int(at[tree]), int(at[tree] + sizes[tree]))
            t, _ = gauss_legendre(int(n))
            share, before = nodes.share[node, None], nodes.share_before[node, None]
            over = (1.0 - t) * before + t
            low[here] = ((1.0 - t) * before * share / over).ravel()
            step[here] = (t / over).ravel()
            scale[here] = (before / over**2).ravel()
        return cls(forest, Points(count, weight, at, low, step, scale))

    def explain(self, matrix: Floats, rows: Rows, places: Places, facts: Places, n_facts: int) -> tuple[Floats, Floats]:
        """Score and explain some rows of a matrix.

        places: the matrix's column of each feature of the booster; facts: which fact each feature is summed under.
        Returns: raw scores (n,), as `predict(raw_score=True)` says them, and shares (n, n_facts), which with the
        forest's base add up to them.
        """
        rows = np.ascontiguousarray(rows)
        n = len(rows)
        raw, shares = np.full(n, self.forest.lone), np.zeros((n, n_facts))
        column, fact = places[self.forest.feature], facts[self.forest.feature]

        def walk(begin: int) -> None:
            end = min(begin + TASK, n)
            part = rows[begin:end], column, self.forest.missing, fact
            _walk(matrix, *part, self.forest.nodes, self.points, raw[begin:end], shares[begin:end])

        if n <= TASK or THREADS == 1:
            for begin in range(0, n, TASK):
                walk(begin)
        else:
            # Numba's own threads must not be entered from two threads at once; these may, and the walk holds no lock.
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(walk, range(0, n, TASK)))
        return raw, shares


@cache
def gauss_legendre(n: int) -> tuple[Floats, Floats]:
    """The n points and weights of Gauss-Legendre on 0..1: exact for polynomials of degree up to 2 n - 1."""
    x, w = np.polynomial.legendre.leggauss(n)
    return (x + 1.0) / 2.0, w / 2.0


@njit(cache=True, nogil=True)
def _walk(
    matrix: Floats,
    rows: Rows,
    column: Places,
    missing: Places,
    fact: Places,
    nodes: Nodes,
    points: Points,
    raw: Floats,
    shares: Floats,
) -> None:
    """Walk every tree for the given rows, block by block; adds to raw and shares."""
    most = 1
    for tree in range(len(points.n)):
        most = max(most, nodes.starts[tree + 1] - nodes.starts[tree])
    values = np.empty((len(column) + 1) * BLOCK)
    flow = np.empty(most * points.weight.shape[1] * BLOCK)
    goes_left, passed, said = np.empty(most * BLOCK), np.empty(most * BLOCK), np.empty(most * BLOCK)
    score, share = np.empty(BLOCK), np.empty(shares.shape[1] * BLOCK)
    for begin in range(0, len(rows), BLOCK):
        size = min(BLOCK, len(rows) - begin)
        _read(matrix, rows[begin : begin + size], column, missing, values)
        share[:] = 0.0
        score[:] = 0.0
        for tree in range(len(points.n)):
            if nodes.starts[tree + 1] > nodes.starts[tree]:
                _descend(tree, nodes, points, values, goes_left, passed, flow)
                _ascend(tree, nodes, points, fact, goes_left, passed, flow, said, share)
                for lane in range(BLOCK):
                    score[lane] += said[lane]
        for lane in range(size):
            raw[begin + lane] += score[lane]
            for j in range(shares.shape[1]):
                shares[begin + lane, j] += share[j * BLOCK + lane]


@njit(cache=True, nogil=True)
def _read(matrix: Floats, rows: Rows, column: Places, missing: Places, values: Floats) -> None:
    """The block's values by column, each so that one comparison decides it; the last row fills the lanes left over.

    NaN is at most no threshold, not even infinity, which asks only whether there is a value: it goes right.
    """
    codes = values.view(np.int64)
    for lane in range(BLOCK):
        row = rows[min(lane, len(rows) - 1)]
        for j in range(len(column)):
            value = matrix[row, column[j]]
            place = j * BLOCK + lane
            kind = missing[j]
            if kind == CATEGORY:
                # No category: a code that no word holds, so that it goes right.
                codes[place] = np.int64(value) if -1.0 < value < 2147483648.0 else -1
                continue
            if abs(value) <= ZERO:
                value = 0.0
            if kind in (MISSING_IS_ZERO, ZERO_GOES_LEFT, ZERO_GOES_RIGHT):
                if np.isnan(value):
                    value = 0.0
                if value == 0.0 and kind != MISSING_IS_ZERO:
                    value = -np.inf if kind == ZERO_GOES_LEFT else np.nan
            elif np.isnan(value) and kind == MISSING_GOES_LEFT:
                value = -np.inf
            values[place] = value


@njit(cache=True, nogil=True)
def _descend(
    tree: int, nodes: Nodes, points: Points, values: Floats, goes_left: Floats, passed: Floats, flow: Floats
) -> None:
    """Decide every node of a tree and carry the product of the factors down: flow[node, t, lane]."""
    first = nodes.starts[tree]
    n = points.n[tree]
    for t in range(n):
        for lane in range(0, BLOCK, WIDTH):
            store(flow, t * BLOCK + lane, same(points.weight[n, t]))
    for k in range(nodes.starts[tree + 1] - first):
        node = first + k
        here = k * BLOCK
        for lane in range(0, BLOCK, WIDTH):
            value = load(values, nodes.column[node] * BLOCK + lane)
            if nodes.words[node] == 0:
                left = at_most(value, nodes.threshold[node])
            else:
                word = nodes.answers_at[node]
                left = in_word(value, 0, nodes.answers[word])
                for w in range(1, nodes.words[node]):
                    left = add(left, in_word(value, 64 * w, nodes.answers[word + w]))
            store(goes_left, here + lane, left)
        before = nodes.before[node]
        if before >= 0:
            for lane in range(0, BLOCK, WIDTH):
                answer = load(goes_left, before * BLOCK + lane)
                if nodes.before_left[node] == 0:
                    answer = subtract(same(1.0), answer)
                if nodes.before[first + before] >= 0:
                    answer = multiply(answer, load(passed, before * BLOCK + lane))
                store(passed, here + lane, answer)
        left_child, right_child = nodes.left[node], nodes.right[node]
        if left_child < 0 and right_child < 0:
            continue
        at = points.at[tree] + k * n
        share = same(nodes.share[node])
        for lane in range(0, BLOCK, WIDTH):
            left = load(goes_left, here + lane)
            for t in range(n):
                ratio = add(same(points.low[at + t]), multiply(left, same(points.step[at + t])))
                if before >= 0:
                    ratio = add(share, multiply(load(passed, here + lane), subtract(ratio, share)))
                above = load(flow, (k * n + t) * BLOCK + lane)
                below = multiply(above, ratio)
                if left_child >= 0:
                    store(flow, (left_child * n + t) * BLOCK + lane, below)
                if right_child >= 0:
                    store(flow, (right_child * n + t) * BLOCK + lane, subtract(above, below))


@njit(cache=True, nogil=True)
def _ascend(
    tree: int,
    nodes: Nodes,
    points: Points,
    fact: Places,
    goes_left: Floats,
    passed: Floats,
    flow: Floats,
    said: Floats,
    share: Floats,
) -> None:
    """Carry what the leaves say up, in the place of what flowed down; said[root] is the tree's score."""
    first = nodes.starts[tree]
    n = points.n[tree]
    for k in range(nodes.starts[tree + 1] - first - 1, -1, -1):
        node = first + k
        here = k * BLOCK
        before, left_child, right_child = nodes.before[node], nodes.left[node], nodes.right[node]
        at = points.at[tree] + k * n
        into = fact[nodes.column[node]] * BLOCK
        kept = same(nodes.share[node])
        left_leaf, right_leaf = same(nodes.left_value[node]), same(nodes.right_value[node])
        for lane in range(0, BLOCK, WIDTH):
            left = load(goes_left, here + lane)
            on_left, on_right = left_leaf, right_leaf
            total = same(0.0)
            for t in range(n):
                place = (k * n + t) * BLOCK + lane
                if left_child >= 0:
                    on_left = load(flow, (left_child * n + t) * BLOCK + lane)
                if right_child >= 0:
                    on_right = load(flow, (right_child * n + t) * BLOCK + lane)
                ratio = add(same(points.low[at + t]), multiply(left, same(points.step[at + t])))
                above = load(flow, place)
                if before >= 0:
                    ratio = add(kept, multiply(load(passed, here + lane), subtract(ratio, kept)))
                    above = multiply(above, same(points.scale[at + t]))
                apart = subtract(on_left, on_right)
                total = add(total, multiply(above, apart))
                store(flow, place, add(on_right, multiply(ratio, apart)))
            total = multiply(total, subtract(left, kept))
            if before >= 0:
                total = multiply(total, load(passed, here + lane))
            store(share, into + lane, add(load(share, into + lane), total))
            one, two = left_leaf, right_leaf
            if left_child >= 0:
                one = load(said, left_child * BLOCK + lane)
            if right_child >= 0:
                two = load(said, right_child * BLOCK + lane)
            store(said, here + lane, choose(left, one, two))
