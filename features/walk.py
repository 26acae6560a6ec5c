"""The walks: numba passes over alerts in order of time, reading the state just before each one.

Alerts come in order of raised_at, outcomes in order of known_at. Outcomes of the same instant are applied together, and
nothing that happens at the moment of a question is part of its answer: strictly before, never at it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Instants = NDArray[np.int64]
Rows = NDArray[np.int64]
Keys = NDArray[np.int64]

DAY = 86_400_000_000
"""Microseconds in a day."""
NEVER = np.iinfo(np.int64).max
"""The moment at which an outcome becomes known that is not known."""


@njit(cache=True)
def walk_outcomes(
    keys: Keys, sees: Instants, askers: Rows, known: Instants, label: Floats, tellers: Rows, decay_days: float
) -> Floats:
    """What each key's outcomes were when each alert asked.

    keys: (n,) dense codes, negative where there is no key; sees: (n,) the moment before which an alert knows outcomes;
    askers: rows in order of sees; tellers: rows with a label in order of known.
    Returns (5, n): outcomes, confirmed, both decayed with `decay_days`, days since the last confirmation (NaN: none).
    """
    n = len(keys)
    size = 1
    for i in range(n):
        size = max(size, keys[i] + 1)
    count, hits = np.zeros(size), np.zeros(size)
    recent, recent_hits = np.zeros(size), np.zeros(size)
    touched, last_hit = np.zeros(size, np.int64), np.full(size, -1, np.int64)
    out = np.zeros((5, n))
    told = 0
    for q in range(n):
        row = askers[q]
        moment = sees[row]
        while told < len(tellers) and known[tellers[told]] < moment:
            teller = tellers[told]
            told += 1
            key = keys[teller]
            if key < 0:
                continue
            at = known[teller]
            keep = np.exp(-(at - touched[key]) / (decay_days * DAY)) if count[key] > 0 else 0.0
            recent[key] = recent[key] * keep + 1.0
            recent_hits[key] = recent_hits[key] * keep + label[teller]
            touched[key] = at
            count[key] += 1.0
            hits[key] += label[teller]
            if label[teller] > 0.5:
                last_hit[key] = at
        key = keys[row]
        out[4, row] = np.nan
        if key < 0 or count[key] == 0.0:
            continue
        keep = np.exp(-(moment - touched[key]) / (decay_days * DAY))
        out[0, row] = count[key]
        out[1, row] = hits[key]
        out[2, row] = recent[key] * keep
        out[3, row] = recent_hits[key] * keep
        if last_hit[key] >= 0:
            out[4, row] = (moment - last_hit[key]) / DAY
    return out


@njit(cache=True)
def walk_alerts(
    keys: Keys, raised: Instants, known: Instants, label: Floats, closers: Rows, standing: bool, windows: Instants
) -> Floats:
    """How many alerts each key had in the windows before each alert.

    Rows are in order of raised; closers: rows in order of known. With `standing`, an alert that is known to be
    dismissed no longer counts, so that it cannot weigh against its subject (field/rules.md, 3.8).
    Returns (len(windows) + 2, n): counts by window, days since the last (standing) alert (NaN: none), alerts so far.
    """
    n = len(keys)
    size = 1
    for i in range(n):
        size = max(size, keys[i] + 1)
    n_windows = len(windows)
    counts = np.zeros((n_windows, size))
    so_far = np.zeros(size)
    last = np.full(size, -1, np.int64)
    tail = np.zeros(n_windows, np.int64)
    gone = np.zeros(n, np.bool_)
    out = np.zeros((n_windows + 2, n))
    closed = 0
    start = 0
    while start < n:
        moment = raised[start]
        end = start
        while end < n and raised[end] == moment:
            end += 1
        while standing and closed < len(closers) and known[closers[closed]] < moment:
            row = closers[closed]
            closed += 1
            if label[row] < 0.5 and row < start and keys[row] >= 0:
                gone[row] = True
                so_far[keys[row]] -= 1.0
                for w in range(n_windows):
                    if row >= tail[w]:
                        counts[w, keys[row]] -= 1.0
        for w in range(n_windows):
            while tail[w] < start and raised[tail[w]] < moment - windows[w]:
                row = tail[w]
                tail[w] += 1
                if keys[row] >= 0 and not gone[row]:
                    counts[w, keys[row]] -= 1.0
        for row in range(start, end):
            key = keys[row]
            out[n_windows, row] = np.nan
            if key < 0:
                continue
            for w in range(n_windows):
                out[w, row] = counts[w, key]
            out[n_windows + 1, row] = so_far[key]
            if last[key] >= 0:
                out[n_windows, row] = (moment - last[key]) / DAY
        for row in range(start, end):
            key = keys[row]
            if key >= 0:
                so_far[key] += 1.0
                last[key] = moment
                for w in range(n_windows):
                    counts[w, key] += 1.0
        start = end
    return out


@njit(cache=True)
def walk_tokens(
    starts: Rows,
    tokens: Keys,
    sees: Instants,
    askers: Rows,
    known: Instants,
    label: Floats,
    tellers: Rows,
    weight: float,
) -> Floats:
    """How often alerts with the same words were confirmed, when each alert asked.

    starts, tokens: words of row i are tokens[starts[i]:starts[i + 1]]; weight: shrinkage towards the overall rate.
    Returns (2, n): mean and largest log-odds of the words' shrunk rates above the overall rate; NaN without words.
    """
    n = len(sees)
    size = 1
    for i in range(len(tokens)):
        size = max(size, tokens[i] + 1)
    count, hits = np.zeros(size), np.zeros(size)
    total, total_hits = 0.0, 0.0
    out = np.full((2, n), np.nan)
    told = 0
    for q in range(n):
        row = askers[q]
        while told < len(tellers) and known[tellers[told]] < sees[row]:
            teller = tellers[told]
            told += 1
            total += 1.0
            total_hits += label[teller]
            for j in range(starts[teller], starts[teller + 1]):
                count[tokens[j]] += 1.0
                hits[tokens[j]] += label[teller]
        words = starts[row + 1] - starts[row]
        if words == 0:
            continue
        share = (total_hits + 1.0) / (total + 2.0)
        base = np.log(share / (1.0 - share))
        mean, largest = 0.0, -np.inf
        for j in range(starts[row], starts[row + 1]):
            token = tokens[j]
            p = (hits[token] + weight * share) / (count[token] + weight)
            lift = np.log(p / (1.0 - p)) - base
            mean += lift / words
            largest = max(largest, lift)
        out[0, row] = mean
        out[1, row] = largest
    return out


@njit(cache=True)
def walk_peers(keys: Keys, ranks: Keys, starts: Rows, raised: Instants) -> Floats:
    """Share of the key's earlier alerts whose amount was smaller (ties count half): exact, by Fenwick trees.

    ranks: (n,) rank of the amount among the key's own distinct amounts from 1, 0 where missing;
    starts: (n_keys + 1,) where each key's tree begins. Rows are in order of raised.
    Returns (n,) in 0..1; NaN before the key's tenth amount.
    """
    n = len(keys)
    tree = np.zeros(starts[-1] + 1)
    total = np.zeros(len(starts))
    out = np.full(n, np.nan)
    start = 0
    while start < n:
        end = start
        while end < n and raised[end] == raised[start]:
            end += 1
        for row in range(start, end):
            key = keys[row]
            if key < 0 or ranks[row] == 0 or total[key] < 10:
                continue
            below, upto = 0.0, 0.0
            i = ranks[row]
            while i > 0:
                upto += tree[starts[key] + i - 1]
                i -= i & -i
            i = ranks[row] - 1
            while i > 0:
                below += tree[starts[key] + i - 1]
                i -= i & -i
            out[row] = (below + upto) / 2.0 / total[key]
        for row in range(start, end):
            key = keys[row]
            if key < 0 or ranks[row] == 0:
                continue
            total[key] += 1.0
            i = ranks[row]
            width = starts[key + 1] - starts[key]
            while i <= width:
                tree[starts[key] + i - 1] += 1.0
                i += i & -i
        start = end
    return out
