"""A million alerts scored and explained by the walk over trees, against LightGBM's pred_contrib and shap on fewer.

Ratios are of processor time, which a busy machine disturbs less than the clock.
"""

import resource
import time
import warnings
from collections.abc import Callable

import lightgbm
import numpy as np

from features.plan import Feature, Made
from scoring.reasons import CHUNK, Kept
from scoring.trees import TreePart

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap

N_ALERTS, N_TAUGHT, N_FEATURES, N_CATEGORIES, N_ASKED = 1_000_000, 50_000, 60, 6, 1_000
OPTIONS = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "verbose": -1, "num_threads": 2, "seed": 0}


def alerts(draw: np.random.Generator) -> np.ndarray:
    matrix = draw.normal(size=(N_ALERTS, N_FEATURES))
    for column in range(0, N_FEATURES, 3):
        matrix[draw.random(N_ALERTS) < 0.1, column] = np.nan
    matrix[:, -N_CATEGORIES:] = draw.integers(0, 40, (N_ALERTS, N_CATEGORIES))
    return matrix


def taught(matrix: np.ndarray, draw: np.random.Generator) -> lightgbm.Booster:
    told = np.nan_to_num(matrix)
    odds = told[:, :30] @ draw.normal(size=30) / 3 + told[:, 1] * told[:, 4] + (told[:, -1] % 4 == 0) - 1
    label = (draw.random(len(told)) < 1 / (1 + np.exp(-odds))).astype(float)
    categories = list(range(N_FEATURES - N_CATEGORIES, N_FEATURES))
    return lightgbm.train(OPTIONS, lightgbm.Dataset(matrix, label, categorical_feature=categories), 500)


def timed(n: int, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock and of the processor for one of n."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - clock) / n, (time.process_time() - processor) / n


def main() -> None:
    draw = np.random.Generator(np.random.PCG64(0))
    matrix = alerts(draw)
    booster = taught(matrix[:N_TAUGHT], draw)
    names = [str(i) for i in range(N_FEATURES)]
    made = Made([Feature(name, name, "value") for name in names], matrix, {})
    part = TreePart(booster, names, names, 500)
    ready, _ = timed(1, lambda: part.explain(made, np.arange(1)))
    kept, apart = Kept.empty(N_ALERTS, np.zeros(1), names), np.zeros(1)

    def explain() -> None:
        for begin in range(0, N_ALERTS, CHUNK):
            told = part.explain(made, np.arange(begin, min(begin + CHUNK, N_ALERTS)))
            kept.keep(begin, told.shares)
            apart[0] = max(apart[0], np.abs(told.base + told.shares.sum(axis=1) - told.margins).max())

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock, ours = timed(N_ALERTS, explain)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    alone, _ = timed(50, lambda: [part.explain(made, np.arange(i, i + 1)) for i in range(50)])
    asked, theirs = matrix[:N_ASKED], []
    theirs_clock, lightgbms = timed(N_ASKED, lambda: theirs.append(booster.predict(asked, pred_contrib=True)))
    plain_clock, plain = timed(50_000, lambda: booster.predict(matrix[:50_000], raw_score=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.TreeExplainer(booster)
        shaps_clock, shaps = timed(250, lambda: explainer.shap_values(asked[:250]))
    error = float(np.abs(part.explain(made, np.arange(N_ASKED)).shares - np.asarray(theirs[0])[:, :-1]).max())
    size = (kept.fact.nbytes + kept.share.nbytes) / N_ALERTS
    print(f"{N_ALERTS:,} alerts x {N_FEATURES} features x 500 trees of 31 leaves, scored, explained, top reasons kept")
    print(f"ours: {clock * N_ALERTS:.1f} s, {ours * 1e6:.1f} us of processor each; ready in {ready:.1f} s, one alone")
    print(f"  {alone * 1e3:.1f} ms; {memory:,.0f} MB more at its peak, {size:.0f} bytes kept an alert")
    for name, their_clock, other in (
        ("LightGBM pred_contrib", theirs_clock, lightgbms),
        ("shap TreeExplainer", shaps_clock, shaps),
        ("LightGBM predict, no reasons", plain_clock, plain),
    ):
        print(f"{name}: {their_clock * 1e6:,.0f} us an alert, ratio {their_clock / clock:.1f}; ", end="")
        print(f"of processor {other * 1e6:,.0f} us, ratio {other / ours:.1f}")
    print(f"largest difference from pred_contrib {error:.1e}; adds up to the score within {apart[0]:.1e}")
    if error > 1e-5 or apart[0] > 1e-6:
        raise SystemExit(1)


main()
