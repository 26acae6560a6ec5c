"""Expected performance: what an order is worth before its outcomes are known, from its calibrated likelihoods alone.

If an alert said to be 0.7 likely is confirmed 7 times in 10, what a list will turn out to hold follows from what is
said of it: an alert counts as confirmed with weight p and as dismissed with weight 1 - p (confidence-based performance
estimation: NannyML, How performance is estimated, 2022; J. Bialek et al., arXiv 2401.08348, 2024). It holds while the
likelihoods are calibrated, which is watched beside it; a change of what is confirmed at all it cannot see.
"""

import numpy as np

from features.walk import Floats
from scoring.evaluation import top_size


def expected_figures(p: Floats) -> dict[str, float]:
    """Expected AUC, precision in the first tenth, share of the confirmed in the first half, and share confirmed."""
    order = np.sort(p)[::-1]
    whole = float(order.sum())
    half, tenth = top_size(len(p), 0.5), top_size(len(p), 0.1)
    return {
        "auc": expected_auc(p),
        "precision_10": float(order[:tenth].mean()),
        "first_half": float(order[:half].sum()) / whole if whole else float("nan"),
        "share": float(p.mean()),
    }


def expected_auc(p: Floats) -> float:
    """Chance that a confirmed alert stands above a dismissed one: pairs weighted p_i (1 - p_j), ties count one half.

    NaN where no pair has weight. O(n log n).
    """
    values, group = np.unique(p, return_inverse=True)
    hits = np.bincount(group, weights=p)
    misses = np.bincount(group, weights=1.0 - p)
    # One alert is not a pair with itself.
    own = np.bincount(group, weights=p * (1.0 - p))
    below = np.concatenate([[0.0], np.cumsum(misses)[:-1]])
    pairs = float(p.sum()) * float((1.0 - p).sum()) - float((p * (1.0 - p)).sum())
    if pairs <= 0 or not len(values):
        return float("nan")
    return float((hits * below).sum() + 0.5 * (hits * misses - own).sum()) / pairs
