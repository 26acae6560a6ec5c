"""Outcomes: what other systems say of their own alerts, and what the office concluded, for them to learn from."""

import time
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.api.alerts import RULE_OF_ONE
from dashboard.api.endpoints import Blueprint, endpoint, looking
from dashboard.api.fields import LARGEST, Count, Moment, Sent, Text, Word
from data import intake
from data.intake import REPORTED, reference_of
from data.office_time import utc_now
from data.outcomes import OUTCOMES
from data.received import system_of
from data.rights import acting
from data.states import CONCLUSIONS
from data.tables import Alert, AlertEvent
from data.webhooks import settled

OUTCOME = Blueprint("outcomes", "Outcomes: reported and learned")
CHANGES = (*CONCLUSIONS, "reversed", "reopened")
"""Kinds of events that give an alert an outcome or take it away."""
_TRIES = 20
_PAUSE_SECONDS = 0.05


class OutcomeSent(Sent):
    """What another system found."""

    outcome = Word(
        REPORTED, required=True, said="CX confirmed: an outcome; EX excluded, D1 data corrected: a statement"
    )
    note = Text(1000, lines=True, load_default="", said="how it was found; without names and numbers")


class OutcomeTakenSchema(ma.Schema):
    """How the alert stands now."""

    id = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)
    taken_as = ma.fields.String(
        required=True,
        metadata={
            "enum": ["outcome", "statement"],
            "description": "statement: told to whoever verifies here; the alert's state and outcome are as they were",
        },
    )
    state = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, allow_none=True)
    concluded_at = Moment(required=True, allow_none=True)


@endpoint(
    OUTCOME,
    "POST",
    f"{RULE_OF_ONE}/outcome",
    scope="outcomes.write",
    zh="回传来源系统对本系统预警的结论",
    body=OutcomeSent,
    answer=OutcomeTakenSchema,
    refusals=(404, 409),
)
def report_outcome(sent: Mapping[str, Any], alert_number: int) -> dict[str, Any]:
    """Report what the system found about an alert that it raised itself.

    CX is taken as the outcome while nobody here verifies the alert (otherwise 409 with the reason), which is then put
    right here. EX and D1 are taken as a statement: whoever supplied the data does not close alerts about it, so the
    unit that verifies reads it and decides. `taken_as` says which it was. The same again changes nothing. The office
    may look back at an outcome and reverse it, as any other verdict.
    """
    with acting(g.person) as session:
        alert, taken_as = intake.report(
            session, alert_number, g.person, at=utc_now(), outcome=sent["outcome"], note=sent["note"]
        )
        return {
            "id": alert.id, "version": alert.version, "taken_as": taken_as, "state": alert.status,
            "outcome": alert.outcome, "concluded_at": alert.concluded_at,
        }  # fmt: skip


class OutcomesQuery(Sent):
    """Which changes are listed."""

    after = Count(0, LARGEST, load_default=0, said="cursor: `next` of the answer before; 0 from the beginning")
    limit = Count(1, 500, load_default=100)
    own = Word(("yes", "no"), load_default="no", said="yes: only alerts that this system raised")


class ChangeSchema(ma.Schema):
    """An outcome that was given or taken away."""

    event = ma.fields.Integer(required=True)
    id = ma.fields.Integer(required=True, metadata={"description": "number of the alert"})
    alert_id = ma.fields.String(required=True, allow_none=True)
    kind = ma.fields.String(required=True, metadata={"enum": list(CHANGES)})
    at = Moment(required=True)
    source = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, allow_none=True, metadata={"description": "null: taken away"})
    cause = ma.fields.String(required=True, allow_none=True)
    confirmed = ma.fields.Boolean(required=True, allow_none=True, metadata={"description": "null: does not count"})


class ChangesSchema(ma.Schema):
    """Changes of outcomes after a cursor, the oldest first."""

    outcomes = ma.fields.List(ma.fields.Nested(ChangeSchema), required=True)
    next = ma.fields.Integer(required=True, metadata={"description": "cursor to ask with the next time"})


@endpoint(
    OUTCOME,
    "GET",
    "/outcomes",
    scope="alerts.read",
    zh="读取游标之后新产生或被撤销的结论",
    query=OutcomesQuery,
    answer=ChangesSchema,
)
def list_outcomes(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """List outcomes given or taken away since a cursor, for a module to learn from; nothing is ever passed over."""
    after = int(wanted["after"])
    with looking("outcomes", after=after, own=wanted["own"]) as session:
        newest = _newest(session)
        query = select(AlertEvent, Alert).join(Alert, Alert.id == AlertEvent.alert_id)
        query = query.where(AlertEvent.id > after, AlertEvent.id <= newest, AlertEvent.kind.in_(CHANGES))
        if wanted["own"] == "yes":
            query = query.where(Alert.alert_key.startswith(f"{system_of(g.person)}|", autoescape=True))
        found = session.execute(query.order_by(AlertEvent.id).limit(wanted["limit"])).all()
        shown = [_change(event, alert) for event, alert in found]
    full = len(shown) == wanted["limit"]
    return {"outcomes": shown, "next": shown[-1]["event"] if full else max(after, newest)}


def _newest(session: Session) -> int:
    """The event up to which everything can be told; 0 where somebody wrote all the while, so nothing is told now."""
    for _ in range(_TRIES):
        newest = settled(session)
        if newest is not None:
            return newest
        time.sleep(_PAUSE_SECONDS)
    return 0


def _change(event: AlertEvent, alert: Alert) -> dict[str, Any]:
    known = OUTCOMES.get(event.outcome or "") if event.kind in CONCLUSIONS else None
    own = alert.alert_key.startswith(f"{system_of(g.person)}|")
    return {
        "event": event.id,
        "id": alert.id,
        "alert_id": reference_of(alert.alert_key) if own else None,
        "kind": event.kind,
        "at": event.at,
        "source": alert.source,
        "outcome": known.code if known else None,
        "cause": event.cause if known else None,
        "confirmed": known.confirmed if known and known.concluded else None,
    }
