"""A person's verdict on an alert: what the state allows, and the one transaction that writes state and event."""

from datetime import datetime

from sqlalchemy.orm import Session

from data.errors import NotFound, TransitionRefused
from data.outcomes import OUTCOMES
from data.tables import Alert, AlertEvent, Score

HELD = "H1"
EXCLUDED = "E1"


def refusal(alert: Alert, outcome: str, cause: str | None = None, *, at: datetime) -> str | None:
    """Why this outcome cannot be given to this alert, in words for the button and the error alike; None if it can."""
    if outcome not in OUTCOMES:
        return f"Outcome {outcome!r} is not known; expected one of {', '.join(OUTCOMES)}. Choose one of these."
    if alert.status == "closed":
        return f"Alert {alert.id} is already closed with {alert.outcome}; only new evidence reopens it. Nothing to do."
    if outcome == HELD and alert.status == "held":
        return f"Alert {alert.id} is already held. Give it a conclusion, or leave it."
    if outcome == EXCLUDED and not cause:
        return "Outcome E1 (excluded) needs the code of its innocent cause, F01 to F38. Choose the cause."
    if outcome != EXCLUDED and cause:
        return f"A cause ({cause}) goes with outcome E1 (excluded) only, not with {outcome}. Leave the cause empty."
    if at < alert.raised_at:
        return f"The verdict of {at:%Y-%m-%d %H:%M} is before alert {alert.id} was raised. Check the clock."
    return None


def conclude(
    session: Session,
    alert_id: int,
    *,
    outcome: str,
    cause: str | None = None,
    note: str = "",
    actor: str,
    at: datetime,
    recovered: float | None = None,
) -> None:
    """Give an alert its outcome (or hold it, H1), with its event, in the caller's write transaction.

    A closed alert gives up its place in the queue; a held one keeps it.

    The row is locked, or on SQLite the whole database is, so of two people the second is refused, not overwritten.
    `recovered` is money actually received back, in CNY.
    Raises NotFound, and TransitionRefused with the text of `refusal`.
    """
    alert = session.get(Alert, alert_id, with_for_update=True)
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}. Open the queue and choose one.")
    if reason := refusal(alert, outcome, cause, at=at):
        raise TransitionRefused(reason)
    before = alert.status
    alert.status = "held" if outcome == HELD else "closed"
    alert.outcome, alert.cause, alert.recovered = outcome, cause, recovered
    alert.concluded_at = None if outcome == HELD else at
    score = session.get(Score, alert_id)
    if score is not None and alert.status == "closed":
        # The others keep their ranks until the queue is next put in order.
        score.queue_rank = None
    session.add(
        AlertEvent(
            alert_id=alert.id,
            at=at,
            actor=actor,
            kind="held" if outcome == HELD else "concluded",
            from_status=before,
            to_status=alert.status,
            outcome=outcome,
            cause=cause,
            recovered=recovered,
            note=note,
        )
    )
