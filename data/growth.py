"""Growth: what rows that are new to an alert change of it. One rule, whether runs or other systems bring them."""

from datetime import date, datetime

from data.cards import LEVELS
from data.loop import verification_due
from data.tables import Alert


def reopens(status: str) -> bool:
    """Whether new rows open the alert again.

    What is being put right takes them along: the verdict stands, and the same person has more to put right.
    """
    return status == "closed"


def higher(level: str, of_rows: str) -> str:
    """The higher of an alert's level and that of its new rows."""
    return min(level, of_rows, key=LEVELS.index)


def due_with(status: str, signed_in_at: datetime | None, due_on: date | None, level: str, to: str) -> date | None:
    """Its due date once the level went from `level` to `to`: it may come earlier, never later."""
    if level == to or signed_in_at is None or due_on is None or status not in ("accepted", "verifying"):
        return due_on
    return min(due_on, verification_due(Alert(signed_in_at=signed_in_at, level=to), signed_in_at))
