"""The interval of a probability: how far groups of later alerts lay from what had been said of them.

Split conformal prediction (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005), normalised by the
spread of a share (Papadopoulos et al., ECML 2002), with groups of alerts in the place of single ones: a single outcome
is yes or no, and only a group can lie inside an interval. What is judged was foretold before it was known, so a drift
of the past widens the interval of the future, and outcomes that come in keep it at its level.
"""

import numpy as np

from features.walk import Floats

GROUP = 200
"""How many alerts scored alike the interval speaks of."""
COVERED = 0.9
"""The share of such groups whose share confirmed lies between the bounds."""
_SPREAD_OF_CHANCE = 1.645 / float(np.sqrt(GROUP))
_FEWEST_GROUPS = 10
"""Fewer cannot tell what nine of ten groups do: the spread is then taken for twice that of chance."""


def spread_of(p: Floats, label: Floats) -> float:
    """How far, in standard deviations of one outcome, nine of ten groups of alerts lay from their mean probability.

    p and label: (n,) probabilities foretold before the outcomes were known, and the outcomes. Never under the spread
    that chance alone gives a group.
    """
    n_groups = len(p) // GROUP
    if n_groups < _FEWEST_GROUPS:
        return 2.0 * _SPREAD_OF_CHANCE
    groups = np.array_split(np.argsort(p, kind="stable"), n_groups)
    said = np.array([p[group].mean() for group in groups])
    seen = np.array([label[group].mean() for group in groups])
    strayed = np.sort(np.abs(seen - said) / np.sqrt(said * (1.0 - said)))
    # The conformal quantile: the next group is as likely to fall into any of the gaps between those seen.
    place = min(int(np.ceil((n_groups + 1) * COVERED)), n_groups)
    return max(float(strayed[place - 1]), _SPREAD_OF_CHANCE)


def bounds(p: Floats, spread: float) -> tuple[Floats, Floats]:
    """Lower and upper bound: in nine of ten groups of 200 alerts scored alike, the share confirmed lies between."""
    half = spread * np.sqrt(p * (1.0 - p))
    return np.clip(p - half, 0.0, 1.0), np.clip(p + half, 0.0, 1.0)
