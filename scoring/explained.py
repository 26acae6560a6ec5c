"""What a part says of some alerts: margins, and the shares of facts that make them up."""

from typing import NamedTuple

from features.walk import Floats


class Explained(NamedTuple):
    """Margins of n alerts, explained: base + shares.sum(axis=1) == margins, in log-odds."""

    margins: Floats
    base: float
    facts: list[str]
    shares: Floats
    """(n, len(facts))"""
