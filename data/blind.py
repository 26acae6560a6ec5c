"""What of an alert is kept from those who verify it, so that their verdict is theirs."""

from data.states import CONCLUDED
from data.tables import Alert


def is_blind(alert: Alert) -> bool:
    """Whether the alert's score and reasons are kept back until there is an outcome: it is a random check.

    A low score would make the check look idle, and a verdict that leans on the score says nothing about the score.
    """
    return alert.drawn and alert.status not in CONCLUDED
