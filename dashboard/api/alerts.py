"""/alerts: alerts of other systems come in, and how every alert in scope stands goes out, masked."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import marshmallow as ma
from flask import g
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from dashboard.api.codes import SUBJECT_KINDS
from dashboard.api.endpoints import Blueprint, Number, endpoint, looking
from dashboard.api.fields import LARGEST, Count, Day, Moment, Money, Row, Sent, Text, Word
from dashboard.api.problems import Problem
from data import intake
from data.blind import is_blind
from data.errors import NotFound
from data.intake import MOST, RESULTS, IntakeConflict, reference_of
from data.office_time import utc_now
from data.queue import LEVELS, inside
from data.received import Received, system_of
from data.states import STATES
from data.tables import Alert, AlertEvent, Score, Unit

ALERTS = Blueprint("alerts", "Alerts: intake, status, history")
MOST_BYTES = 8 * 1024 * 1024
PAGE = 100
RULE_OF_ONE = f"/alerts/<{Number.NAME}:alert_number>"


class SubjectSent(Sent):
    """Whom or what an alert is about. Masked and sealed on arrival; no answer ever repeats it."""

    kind = Word([code for code, *_ in SUBJECT_KINDS], required=True)
    number = Text(64, least=1, required=True, said="identity number, project number, credit code...: joins alerts")
    name = Text(60, load_default="", said="as written in the register")


class AlertSent(Sent):
    """An alert of another system."""

    alert_id = Text(100, least=1, required=True, said="unique in the system that sends it; no identity number")
    raised_at = Moment(required=True, said="when the system raised it; not in the future")
    title = Text(300, least=1, required=True, said="the alert as a question, in Chinese")
    title_en = Text(300, load_default="", said="the same in English; empty: as `title`")
    subject = ma.fields.Nested(SubjectSent, required=True)
    source = Text(60, load_default="", said="rule or module that raised it; empty: the name of the token")
    region = Text(12, load_default=None, allow_none=True, said="code of the place, within the token's region")
    domain = Text(80, load_default=None, allow_none=True, said="code or name of GET /codes")
    level = Word(LEVELS, load_default="orange")
    amount = Money(load_default=None, allow_none=True, said="CNY under suspicion")
    recoverable = Money(load_default=None, allow_none=True, said="CNY of excess only")
    happened_on = Day(load_default=None, allow_none=True)
    attributes = Row(60, load_default=dict, said="What was known when it was raised; may be ranked by.")
    evidence = ma.fields.List(
        Row(40, least=1, said="A register row: `register.column` to value."),
        load_default=list,
        validate=ma.validate.Length(max=100, error="got more; expected at most 100 rows"),
    )


class BatchSent(Sent):
    """One alert or up to a thousand."""

    alerts = ma.fields.List(
        ma.fields.Nested(AlertSent),
        required=True,
        validate=ma.validate.Length(1, MOST, error=f"got another number; expected 1 to {MOST:,} alerts"),
    )


class TakenSchema(ma.Schema):
    """What became of an alert that was sent."""

    alert_id = ma.fields.String(required=True)
    id = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "the office's number of it; null: withheld"}
    )
    result = ma.fields.String(
        required=True,
        metadata={"enum": list(RESULTS), "description": "withheld: its subject stands on the list of suppressions"},
    )
    state = ma.fields.String(required=True, allow_none=True, attribute="status")
    unit = ma.fields.String(required=True, allow_none=True, attribute="unit_code")
    due_on = ma.fields.Date(required=True, allow_none=True)
    n_evidence_added = ma.fields.Integer(required=True)


class BatchTakenSchema(ma.Schema):
    """What became of everything that was sent, in the order it was sent."""

    n_raised = ma.fields.Integer(required=True)
    n_extended = ma.fields.Integer(required=True)
    n_reopened = ma.fields.Integer(required=True)
    n_unchanged = ma.fields.Integer(required=True)
    n_withheld = ma.fields.Integer(required=True)
    alerts = ma.fields.List(ma.fields.Nested(TakenSchema), required=True)


@endpoint(
    ALERTS,
    "POST",
    "/alerts",
    scope="alerts.write",
    zh="接收嵌入式监督模块上报的预警（一次 1 至 1000 条）",
    body=BatchSent,
    answer=BatchTakenSchema,
    most_bytes=MOST_BYTES,
    refusals=(409,),
)
def send_alerts(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Send alerts in; all are taken or none.

    An alert is known by its alert_id within the system of the token (the token's name up to an `@`). Sending the same
    again changes nothing, so a call without an answer is simply sent again. New evidence rows extend an alert, and
    reopen it where it was closed; a higher level or larger amount counts together with them. An alert_id that
    stands for something else (another time, source, place, domain, subject, title or attributes) is refused with 409.
    New alerts are dispatched to the unit on duty at once. Number and name of a subject are masked and sealed on
    arrival; so is every identity number in a text. No answer repeats them.
    """
    received = [_received(one) for one in sent["alerts"]]
    try:
        taken = intake.receive(g.person, received, at=utc_now())
    except IntakeConflict as conflict:
        raise _conflict(conflict, received) from None
    counts = {f"n_{result}": sum(one.result == result for one in taken) for result in RESULTS}
    return counts | {"alerts": taken}


def _received(one: Mapping[str, Any]) -> Received:
    subject = one["subject"]
    plain = {name: value for name, value in one.items() if name != "subject"}
    return Received(
        **plain, subject_kind=subject["kind"], subject_number=subject["number"], subject_name=subject["name"]
    )


def _conflict(conflict: IntakeConflict, received: Sequence[Received]) -> Problem:
    places = {one.alert_id: place for place, one in enumerate(received)}
    errors = [
        {"where": f"/alerts/{places[alert_id]}", "got": f"another {', '.join(what)}", "expected": "as on record"}
        for alert_id, what in list(conflict.faults.items())[:50]
    ]
    return Problem(409, str(conflict), conflict.words("zh"), errors=errors)


class AlertQuery(Sent):
    """Which alerts are listed."""

    after = Count(0, LARGEST, load_default=0, said="cursor: `next` of the page before")
    limit = Count(1, PAGE, load_default=PAGE)
    state = Word(tuple(STATES), load_default=None)
    region = Text(12, load_default=None, said="code of a place; everything inside it counts")
    domain = Text(30, load_default=None)
    source = Text(60, load_default=None)
    since = Moment(bounded=False, load_default=None, said="raised at or after")


class UnitSchema(ma.Schema):
    """A unit that verifies."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_en = ma.fields.String(required=True)


class AlertSchema(ma.Schema):
    """How an alert stands."""

    id = ma.fields.Integer(required=True)
    alert_id = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "as its system sent it; null for others' alerts"}
    )
    version = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    rule = ma.fields.String(required=True)
    domain = ma.fields.String(required=True, allow_none=True)
    region = ma.fields.String(required=True, allow_none=True)
    unit = ma.fields.Nested(UnitSchema, required=True, allow_none=True)
    title = ma.fields.String(required=True)
    title_en = ma.fields.String(required=True)
    subject_kind = ma.fields.String(required=True)
    subject = ma.fields.String(required=True, metadata={"description": "masked"})
    amount = ma.fields.Float(required=True, allow_none=True)
    recoverable = ma.fields.Float(required=True, allow_none=True)
    recovered = ma.fields.Float(required=True, allow_none=True)
    raised_at = Moment(required=True)
    due_on = ma.fields.Date(required=True, allow_none=True)
    outcome = ma.fields.String(required=True, allow_none=True)
    cause = ma.fields.String(required=True, allow_none=True)
    concluded_at = Moment(required=True, allow_none=True)


class AlertPageSchema(ma.Schema):
    """A page of alerts in order of number."""

    alerts = ma.fields.List(ma.fields.Nested(AlertSchema), required=True)
    next = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "null: this was the last page"})


@endpoint(
    ALERTS,
    "GET",
    "/alerts",
    scope="alerts.read",
    zh="列出范围内的预警（按编号分页）",
    query=AlertQuery,
    answer=AlertPageSchema,
)
def list_alerts(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """List the alerts of the token's region, in order of their number, page by page."""
    said = {name: str(value) for name, value in wanted.items() if value is not None}
    with looking("alerts", **said) as session:
        found = session.execute(
            select(Alert, Unit)
            .outerjoin(Unit, Unit.code == Alert.unit_code)
            .where(Alert.id > wanted["after"], *_conditions(wanted))
            .order_by(Alert.id)
            .limit(wanted["limit"] + 1)
        ).all()
        shown = [_shown(alert, unit) for alert, unit in found[: wanted["limit"]]]
    return {"alerts": shown, "next": shown[-1]["id"] if len(found) > len(shown) else None}


def _conditions(wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    columns = (("state", Alert.status), ("domain", Alert.domain_code), ("source", Alert.source))
    found = [column == wanted[name] for name, column in columns if wanted[name]]
    if wanted["region"]:
        found.append(inside(Alert.region_code, wanted["region"]))
    if wanted["since"]:
        found.append(Alert.raised_at >= wanted["since"])
    return found


def _shown(alert: Alert, unit: Unit | None) -> dict[str, Any]:
    own = alert.alert_key.startswith(f"{system_of(g.person)}|")
    return {
        "id": alert.id,
        "alert_id": reference_of(alert.alert_key) if own else None,
        "version": alert.version,
        "state": alert.status,
        "level": alert.level,
        "source": alert.source,
        "rule": alert.rule,
        "domain": alert.domain_code,
        "region": alert.region_code,
        "unit": unit,
        "title": alert.title,
        "title_en": alert.title_en,
        "subject_kind": alert.subject_kind,
        "subject": alert.subject_display,
        "amount": alert.amount,
        "recoverable": alert.recoverable,
        "recovered": alert.recovered,
        "raised_at": alert.raised_at,
        "due_on": alert.due_on,
        "outcome": alert.outcome,
        "cause": alert.cause,
        "concluded_at": alert.concluded_at,
    }


class ReasonSchema(ma.Schema):
    """One reason for a score, in words."""

    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    points = ma.fields.Float(required=True, metadata={"description": "percentage points of likelihood, about"})


class ScoreSchema(ma.Schema):
    """How likely an alert is to be confirmed; never a likelihood of guilt."""

    p_confirmed = ma.fields.Float(required=True)
    p_low = ma.fields.Float(required=True)
    p_high = ma.fields.Float(required=True)
    rank = ma.fields.Integer(required=True, allow_none=True)
    scored_at = Moment(required=True)
    reasons = ma.fields.List(ma.fields.Nested(ReasonSchema), required=True)


class AlertWholeSchema(AlertSchema):
    """How an alert stands, with its score."""

    score = ma.fields.Nested(ScoreSchema, required=True, allow_none=True)


@endpoint(
    ALERTS,
    "GET",
    RULE_OF_ONE,
    scope="alerts.read",
    zh="查看一条预警的状态、承办单位、期限、结论、可能性和依据",
    answer=AlertWholeSchema,
    refusals=(404,),
)
def show_alert(alert_number: int) -> dict[str, Any]:
    """Show how one alert stands: state, unit, due date, outcome, score and its reasons in words."""
    with looking(f"alerts/{alert_number}") as session:
        alert = find_alert(session, alert_number)
        unit = session.get(Unit, alert.unit_code) if alert.unit_code else None
        score = session.get(Score, alert.id)
        return _shown(alert, unit) | {"score": _score(score) if score and not is_blind(alert) else None}


def find_alert(session: Session, number: int) -> Alert:
    """An alert in the caller's scope. Raises NotFound."""
    alert = session.scalar(select(Alert).where(Alert.id == number))
    if alert is None:
        raise NotFound(
            f"There is no alert {number}, or it is outside the token's scope. Look it up with GET /alerts.",
            f"没有第 {number} 号预警，或者它不在令牌的范围内。请用 GET /alerts 查询。",
        )
    return alert


def _score(score: Score) -> dict[str, Any]:
    items = json.loads(score.reasons or "{}").get("items", [])
    return {
        "p_confirmed": score.p_confirmed,
        "p_low": score.p_low,
        "p_high": score.p_high,
        "rank": score.queue_rank,
        "scored_at": score.scored_at,
        "reasons": [
            {"zh": one.get("zh", ""), "en": one.get("en", ""), "points": round(float(one.get("points", 0)), 1)}
            for one in items
        ],
    }


class EventSchema(ma.Schema):
    """Something that was done to an alert; who did it stays inside the office."""

    id = ma.fields.Integer(required=True)
    at = Moment(required=True)
    kind = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    state_before = ma.fields.String(required=True, allow_none=True, attribute="from_status")
    state = ma.fields.String(required=True, attribute="to_status")
    outcome = ma.fields.String(required=True, allow_none=True)
    cause = ma.fields.String(required=True, allow_none=True)
    recovered = ma.fields.Float(required=True, allow_none=True)


class EventsSchema(ma.Schema):
    """The history of an alert."""

    events = ma.fields.List(ma.fields.Nested(EventSchema), required=True)


@endpoint(
    ALERTS,
    "GET",
    f"{RULE_OF_ONE}/events",
    scope="alerts.read",
    zh="查看一条预警的办理经过",
    answer=EventsSchema,
    refusals=(404,),
)
def list_events(alert_number: int) -> dict[str, Any]:
    """Show what was done to an alert and when, the first thing first; at most the last 500."""
    with looking(f"alerts/{alert_number}/events") as session:
        find_alert(session, alert_number)
        query = select(AlertEvent).where(AlertEvent.alert_id == alert_number).order_by(AlertEvent.id.desc()).limit(500)
        return {"events": list(reversed(session.scalars(query).all()))}
