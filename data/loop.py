"""The closed loop: the one door for what is done to one alert, and the one text that says why it cannot be done.

State, event and audit entry are written in one transaction. What the state allows and who may stands in `data.states`.
Runs and files that write thousands of alerts write them in bulk, by the rows of the same table.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import AlertChanged, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.four_eyes import gave_what_was_reversed, has_worked
from data.office_time import shanghai_day
from data.outcomes import OUTCOMES
from data.recusal import recusal
from data.requirements import unmet
from data.rights import RIGHTS, RIGHTS_EN, Person
from data.states import CONCLUDED, DAYS_TO_VERIFY, STATES, TRANSITIONS, Transition
from data.tables import Alert, AlertEvent, Score
from data.working_days import working_days_after

_TAKES = ("taken", "assigned", "handed_on")
"""Actions that give the alert to somebody, who must not be tied to whom it is about."""
_DECIDES = ("held", "concluded", "requested", "returned", "eliminated", "downgraded", "rectified", "reversed")
"""Actions that decide about it, which a tie found since forbids as well."""
_GIVES = ("assigned", "handed_on")
"""Those that give it to somebody else than the person acting."""
_TOLD = {"unit_code": "unit", "assignee": "assignee", "level": "level", "recoverable": "recoverable",
         "recovered": "recovered"}  # fmt: skip
"""Columns of the alert whose change the audit entry tells, old and new, and what it calls them."""
_NOTICES = ("reminded",)
"""Kinds of event that only point something out."""


def locked(session: Session, alert_id: int) -> Alert:
    """The alert, held until the transaction ends. Raises NotFound, also where the person may not see it."""
    alert = session.scalar(
        select(Alert).where(Alert.id == alert_id).with_for_update().execution_options(populate_existing=True)
    )
    if alert is None:
        raise NotFound(
            f"There is no alert {alert_id}, or it is outside your scope. Open the queue and choose one.",
            f"没有第 {alert_id} 号预警，或者它不在您的范围内。请从队列中选择。",
        )
    return alert


def refusal(
    session: Session,
    alert: Alert,
    action: str,
    person: Person,
    *,
    at: datetime,
    outcome: str | None = None,
    to: Person | None = None,
) -> MingjingError | None:
    """Why this person cannot do this to this alert now; None if it can be done.

    The same text stands on the disabled button (`words(language)`) and is raised where it is tried all the same.
    `to`: who an alert is to be given to; as long as nobody is chosen, nobody is judged.
    """
    found = _transition(alert, action, outcome)
    if isinstance(found, MingjingError):
        return found
    if at < alert.raised_at:
        return TransitionRefused(
            f"{at:%Y-%m-%d %H:%M} is before alert {alert.id} was raised. Check the clock.",
            f"{at:%Y-%m-%d %H:%M} 早于第 {alert.id} 号预警的产生时间，请检查时钟。",
        )
    if found.right != "system" and not person.may_on(found.right, alert):
        return _no_right(found, person)
    if found.who == "assignee" and alert.assignee != person.code:
        return TransitionRefused(
            f"Alert {alert.id} is verified by {alert.assignee or 'nobody yet'}; only whoever took it can do this.",
            f"第 {alert.id} 号预警由 {alert.assignee or '（尚无人领取）'} 核查，只有领取人可以{found.name}。",
        )
    if found.who == "other" and has_worked(session, alert, person):
        return TransitionRefused(
            f"You verified alert {alert.id} yourself; a second person must do this.",
            f"第 {alert.id} 号预警由您本人核查，须由另一人{found.name}。",
        )
    if error := unmet(session, alert, action, person):
        return error
    judged = to if action in _GIVES else person
    if judged is None or action not in (*_TAKES, *_DECIDES):
        return None
    if action in ("taken", "assigned") and gave_what_was_reversed(session, alert, judged):
        return TransitionRefused(
            f"{judged.code} gave the verdict on alert {alert.id} that was reversed; somebody else verifies it again.",
            f"第 {alert.id} 号预警被撤销的结论由{judged.name}作出，须由他人重新核查。",
        )
    return recusal(session, alert, judged)


def _transition(alert: Alert, action: str, outcome: str | None) -> Transition | TransitionRefused:
    known = [one for one in TRANSITIONS if one.action == action]
    fits = [one for one in known if not one.outcomes or outcome in one.outcomes]
    if not fits:
        wanted = ", ".join(code for one in known for code in one.outcomes)
        return TransitionRefused(
            f"Outcome {outcome!r} cannot be given here; expected one of {wanted}. Choose one of these.",
            f"此处不能作出结论 {outcome}；可选 {wanted}。",
        )
    here = next((one for one in fits if alert.status in one.sources), None)
    if here is not None:
        return here
    state = STATES[alert.status]
    ended = f" with {alert.outcome}" if alert.outcome else ""
    ended_zh = f"（结论 {alert.outcome}）" if alert.outcome else ""
    return TransitionRefused(
        f"Alert {alert.id} is “{state.name_en}”{ended}; “{fits[0].name_en}” is not possible from there.",
        f"第 {alert.id} 号预警现为“{state.name}”{ended_zh}，不能{fits[0].name}。",
    )


def _no_right(found: Transition, person: Person) -> NotPermitted:
    right = found.right
    return NotPermitted(
        f"{person.code} has no right to {RIGHTS_EN[right]} for this alert; it belongs to another unit or post.",
        f"{person.name}对该预警没有“{RIGHTS[right]}”的权限：它属于其他单位或岗位。",
    )


def changed(session: Session, alert: Alert, version: int | None) -> AlertChanged | None:
    """What others did since the version a person looked at; None where nothing changed (or no version is given).

    Notices alone change nothing of what the person saw.
    """
    if version is None or version == alert.version:
        return None
    seen = min(max(version, 0), alert.version)  # of any length, as it was sent
    since = session.scalars(
        select(AlertEvent).where(AlertEvent.alert_id == alert.id, AlertEvent.version > seen).order_by(AlertEvent.id)
    ).all()
    if since and all(event.kind in _NOTICES for event in since):
        return None
    said = "; ".join(f"{event.actor} {event.kind} ({event.at:%Y-%m-%d %H:%M} UTC)" for event in since)
    return AlertChanged(
        f"Alert {alert.id} changed while you had it open: {said or 'new rows came in'}. Nothing of yours was written; "
        "what you typed is kept. Look at it again.",
        f"您查看期间第 {alert.id} 号预警已有变化，您的内容尚未写入但已保留，请重新查看后再提交。",
    )


def advance(
    session: Session,
    alert: Alert,
    action: str,
    person: Person,
    *,
    at: datetime,
    version: int | None = None,
    outcome: str | None = None,
    to: Person | None = None,
    note: str = "",
    cause: str | None = None,
    recovered: float | None = None,
    values: Mapping[str, Any] | None = None,
) -> AlertEvent:
    """Do `action` to an alert that is `locked`, in the caller's write transaction: state, event and audit entry.

    `version`: of the alert as the person saw it; `values`: further columns of the alert that change with it.
    Raises AlertChanged where others came first, and what `refusal` gives.
    """
    to = to or person
    if error := changed(session, alert, version) or refusal(
        session, alert, action, person, at=at, outcome=outcome, to=to
    ):
        raise error
    found = _transition(alert, action, outcome)
    assert isinstance(found, Transition)  # noqa: S101  (refusal said so)
    stood, was = _standing(alert), told(alert)
    before, alert.status = alert.status, found.target
    if action in _TAKES:
        alert.assignee = to.code
    elif found.target in ("waiting", "dispatched", "accepted"):
        alert.assignee = None
    if found.outcomes:
        alert.outcome, alert.cause = outcome, cause
        # What came in stays in, whatever becomes of the verdict: it is the sum of its entries.
        alert.recovered = alert.recovered if recovered is None else recovered
        alert.concluded_at = at if found.target in CONCLUDED else None
    elif before in (*CONCLUDED, "held") and found.target not in CONCLUDED:
        alert.outcome, alert.cause, alert.concluded_at = None, None, None
    if action in ("signed_in", "reversed"):
        alert.signed_in_at = at
    if action in ("dispatched", "transferred", "reopened"):
        alert.dispatched_at, alert.signed_in_at = at, None
    for name, value in (values or {}).items():
        setattr(alert, name, value)
    if not before == alert.status == "rectifying":
        alert.due_on = due_date(alert, at)
    return record(
        session,
        alert,
        action,
        person,
        at=at,
        before=before,
        note=note,
        outcome=outcome,
        cause=cause,
        recovered=recovered,
        stood=stood,
        was=was,
    )


def told(alert: Alert) -> dict[str, Any]:
    """What the audit tells of an alert where it changes; taken before a change for `record`."""
    return {name: getattr(alert, name) for name in _TOLD}


def _standing(alert: Alert) -> dict[str, Any]:
    """What an event keeps of the alert as it was: what is done now is judged by it later."""
    return {name: getattr(alert, name) for name in ("level", "unit_code", "signed_in_at", "due_on")}


def record(
    session: Session,
    alert: Alert,
    kind: str,
    person: Person,
    *,
    at: datetime,
    before: str | None = None,
    note: str = "",
    outcome: str | None = None,
    cause: str | None = None,
    recovered: float | None = None,
    stood: Mapping[str, Any] | None = None,
    was: Mapping[str, Any] | None = None,
) -> AlertEvent:
    """Leave an event, its audit entry and the alert's next version; also for what changes no state.

    `stood`: what the event keeps of the alert as it was before; none: it is as it was. `was`: what `told` gave then.
    """
    alert.version += 1
    concluded_now = alert.status in CONCLUDED and before is not None and before not in CONCLUDED
    if concluded_now and (score := session.get(Score, alert.id)) is not None:
        # The others keep their ranks until the queue is next put in order.
        score.queue_rank = None
    event = AlertEvent(
        alert_id=alert.id,
        at=at,
        actor=person.code,
        kind=kind,
        version=alert.version,
        from_status=before or alert.status,
        to_status=alert.status,
        outcome=outcome,
        cause=cause,
        recovered=recovered,
        assignee=alert.assignee,
        note=note,
        **(stood or _standing(alert)),
    )
    session.add(event)
    said: dict[str, Any] = {
        "from": event.from_status, "to": event.to_status, "outcome": outcome, "cause": cause, "note": note,
    }  # fmt: skip
    now = told(alert)
    said |= {_TOLD[name]: [old, now[name]] for name, old in (was or {}).items() if old != now[name]}
    if recovered is not None:
        said.setdefault("recovered", recovered)
    audit.note(
        session,
        person.code,
        f"alert.{kind}",
        "alert",
        alert.id,
        at=at,
        address=person.address,
        detail={key: value for key, value in said.items() if value},
    )
    return event


def due_date(alert: Alert, at: datetime) -> date | None:
    """Last day for what the alert's state asks for, in working days of the office; None where nothing is due."""
    if alert.status in ("accepted", "verifying"):
        return verification_due(alert, at)
    days = STATES[alert.status].days
    return working_days_after(shanghai_day(at), days) if days else None


def verification_due(alert: Alert, at: datetime) -> date:
    """Last day to conclude: by level, in working days from the sign-in (or `at`, before it)."""
    return working_days_after(shanghai_day(alert.signed_in_at or at), DAYS_TO_VERIFY[alert.level])


def is_confirmed(alert: Alert) -> bool:
    """Whether the alert's outcome counts as confirmed."""
    return alert.outcome is not None and OUTCOMES[alert.outcome].confirmed
