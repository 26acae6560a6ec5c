"""What truly lies behind an alert: the form in which each subject tells its true and innocent mechanisms.

Source: field/simulator.md, 5; field/models.md, Z.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanism:
    """One way in which an alert comes to be, and the outcome a faultless verifier would record."""

    name: str
    share: float
    outcome: str
    cause: str | None = None


@dataclass(frozen=True)
class Recipe:
    """How one rule of a supervision model behaves in the synthetic world."""

    model: str
    rule: str
    volume: float
    """Weight among the rules of its model; how many alerts the model has says `recipes.MIXTURE`."""
    confirmed: float
    """Confirmation rate aimed at, after verification."""
    true: tuple[Mechanism, ...]
    innocent: tuple[Mechanism, ...]
