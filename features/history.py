"""Feature families: one function a family, its docstring's first line is the sentence the officer reads.

Each takes the past and dense keys and returns columns by name. Rates are log-odds above the rate of the alerts around
them, so that a drift of the office's overall rate does not move them.
"""

import numpy as np

from features.past import Past
from features.walk import Floats, Keys

Columns = dict[str, Floats]

_WEIGHT = 20.0
"""Shrinkage of a key's rate towards its parent's: worth that many outcomes."""
_SUBJECT_WEIGHT = 5.0


def log_odds(p: Floats) -> Floats:
    """Log-odds of shares strictly between 0 and 1."""
    out: Floats = np.log(p / (1.0 - p))
    return out


def overall_share(past: Past, *, recent: bool = False) -> Floats:
    """Share of all alerts confirmed so far, in 0..1, pulled slightly towards one half while there are few."""
    place = 2 if recent else 0
    n, confirmed = past.overall[place], past.overall[place + 1]
    return np.asarray((confirmed + 1.0) / (n + 2.0), dtype=np.float64)


def lift(n: Floats, confirmed: Floats, parent: Floats, weight: float) -> Floats:
    """Log-odds of the shrunk share above the parent's log-odds."""
    p = 1.0 / (1.0 + np.exp(-parent))
    return np.asarray(log_odds((confirmed + weight * p) / (n + weight)) - parent, dtype=np.float64)


def confirmed_share(past: Past, keys: Keys) -> Columns:
    """How often earlier alerts with the same value were confirmed, beside all alerts.

    Returns `rate` over all outcomes known by then and `recent` decayed over a year; 0 without any outcome.
    """
    n, confirmed, recent_n, recent_confirmed, _ = past.outcomes_by(keys)
    return {
        "rate": lift(n, confirmed, log_odds(overall_share(past)), _WEIGHT),
        "recent": lift(recent_n, recent_confirmed, log_odds(overall_share(past, recent=True)), _WEIGHT),
    }


def known_outcomes(past: Past, keys: Keys) -> Columns:
    """How many outcomes of earlier alerts with the same value were known.

    Returns `known`, log(1 + n).
    """
    return {"known": np.log1p(past.outcomes_by(keys)[0])}


def pair_share(past: Past, keys: Keys, parents: list[Keys]) -> Columns:
    """How often earlier alerts with this combination were confirmed, beside what each part alone suggests.

    Returns `rate`: log-odds above the sum of the parts' lifts.
    """
    base = log_odds(overall_share(past))
    expected = base + sum(confirmed_share(past, parent)["rate"] for parent in parents)
    n, confirmed, *_ = past.outcomes_by(keys)
    return {"rate": lift(n, confirmed, expected, _WEIGHT)}


def subject_confirmed(past: Past, keys: Keys) -> Columns:
    """How many earlier alerts about the same subject were confirmed, and how long ago the last one was.

    Returns `rate` (falls with every dismissal), `confirmed` (count) and `since` (days, NaN: never confirmed). Dismissed
    alerts can only lower the score: field/rules.md, 3.8.
    """
    n, confirmed, _, _, since = past.outcomes_by(keys)
    return {
        "rate": lift(n, confirmed, log_odds(overall_share(past)), _SUBJECT_WEIGHT),
        "confirmed": confirmed,
        "since": since,
    }


def subject_alerts(past: Past, keys: Keys) -> Columns:
    """How many alerts about the same subject, not known to be dismissed, were raised in the last 90 days and year.

    Returns `last_90` and `last_365`, counts.
    """
    _, last_90, last_365, *_ = past.alerts_by(keys, standing=True)
    return {"last_90": last_90, "last_365": last_365}


def other_sources(past: Past, keys: Keys, with_source: Keys) -> Columns:
    """How many alerts from other sources about the same subject, not known to be dismissed, came in the last year.

    Returns `others`, a count.
    """
    every, own = past.alerts_by(keys, standing=True)[2], past.alerts_by(with_source, standing=True)[2]
    return {"others": np.maximum(every - own, 0.0)}


def alert_load(past: Past, keys: Keys) -> Columns:
    """How many alerts with the same value were raised in the last 30 days, beside its usual number.

    Returns `load` (log of the ratio of the last 30 days to a twelfth of the last year) and `since` (log(1 + days)
    since the last alert, NaN: none before).
    """
    last_30, _, last_365, since, _ = past.alerts_by(keys, standing=False)
    return {"load": np.log((last_30 + 1.0) / (last_365 / 12.0 + 1.0)), "since": np.log1p(since)}


def amount_among_peers(past: Past, keys: Keys, amount: Floats) -> Columns:
    """Where this amount stands among the earlier alerts of the same source.

    Returns `peers` in 0..1; NaN before the tenth amount.
    """
    return {"peers": past.peers_of(keys, amount)}


def token_shares(past: Past, starts: Keys, tokens: Keys) -> Columns:
    """How often earlier alerts with the same words were confirmed, beside all alerts.

    Returns `mean` and `largest`: log-odds of the words' shrunk rates above the overall rate.
    """
    mean, largest = past.tokens_by(starts, tokens, _WEIGHT)
    return {"mean": mean, "largest": largest}
