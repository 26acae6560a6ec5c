"""Supervised handling (督办): an order with its number, what it demands by when, and what was answered.

Numbers run 1, 2, 3... in each year without gap or double. Source: field/inventory.md, Z-35; field/vocabulary.md, C.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop import changed, locked, record
from data.loop_tables import HandlingOrder
from data.office_time import shanghai_day
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person
from data.tables import Alert, Lease
from data.written import written

REASONS: Mapping[str, tuple[str, str]] = {
    "overdue": ("超期未办", "overdue"),
    "unsatisfied": ("不满意件", "answer not satisfactory"),
    "likely": ("查实可能性高", "likely to be confirmed"),
    "other": ("其他", "other"),
}
"""Why an order is given, in Chinese and English."""

MOST_DAYS = 366
"""Days after which an answer is due at the latest."""


def refusal(session: Session, alert: Alert, person: Person) -> MingjingError | None:
    """Why this person cannot order supervised handling of this alert now; None if it can be done."""
    if error := _without_right(alert, person, "supervise"):
        return error
    if alert.status == "closed":
        return TransitionRefused(
            f"Alert {alert.id} is closed; have its verdict looked back at instead.",
            f"第 {alert.id} 号预警已办结，如有疑问请开展回头看。",
        )
    if (standing := _standing(session, alert)) is not None:
        return TransitionRefused(
            f"Alert {alert.id} is under supervision already ({standing.number}); lift that order first.",
            f"第 {alert.id} 号预警已在督办（{standing.number}），请先解除。",
        )
    return None


def order(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    reason: str,
    demand: str,
    due_on: date,
    version: int | None = None,
) -> HandlingOrder:
    """Put an alert under supervision: who handles it must answer by the day."""
    # Held before the alert, by everybody in this order: two orders wait for each other and count on.
    session.get_one(Lease, "order_number", with_for_update=True)
    alert = locked(session, alert_id)
    if error := changed(session, alert, version) or refusal(session, alert, person):
        raise error
    if reason not in REASONS:
        raise InputRefused(
            f"Reason {reason!r} is not known; expected one of {', '.join(REASONS)}.",
            f"没有督办事由 {reason}，请重新选择。",
        )
    demand = written(demand, name="demand", least=4)
    today = shanghai_day(at)
    last = today + timedelta(days=MOST_DAYS)
    if not today < due_on <= last:
        raise InputRefused(
            f"The day of the answer: got {due_on}, expected a day after {today} and not after {last}.",
            f"督办期限：收到 {due_on}，应晚于今天（{today}），且不晚于 {last}。",
        )
    given = HandlingOrder(
        alert_id=alert.id, number=_next_number(session, today.year), reason=reason, demand=demand, due_on=due_on,
        ordered_by=person.code, ordered_at=at, answer="",
    )  # fmt: skip
    session.add(given)
    alert.supervised_at = at
    record(session, alert, "supervised", person, at=at, note=f"{given.number}：{demand}")
    session.flush()
    return given


def answer(
    session: Session, order_id: int, person: Person, *, at: datetime, answer: str, version: int | None = None
) -> HandlingOrder:
    """Say what was done about an order, once: whoever verifies the alert, or a colleague of the unit."""
    text = written(answer, name="answer", least=4)
    given, alert = _held(session, order_id)
    if error := (
        changed(session, alert, version) or _without_right(alert, person, "verify") or recusal(session, alert, person)
    ):
        raise error
    if given.answered_at is not None or given.lifted_at is not None:
        done, done_zh = ("lifted", "解除") if given.lifted_at else ("answered", "答复")
        raise TransitionRefused(
            f"Order {given.number} is {done} already; what was said stands.",
            f"{given.number}已{done_zh}，不能再次答复。",
        )
    given.answer, given.answered_by, given.answered_at = text, person.code, at
    record(session, alert, "order_answered", person, at=at, note=f"{given.number}：{text}")
    session.flush()
    return given


def lift(
    session: Session, order_id: int, person: Person, *, at: datetime, note: str, version: int | None = None
) -> HandlingOrder:
    """End the supervision of an alert, saying why."""
    note = written(note, least=4)
    given, alert = _held(session, order_id)
    if error := changed(session, alert, version) or _without_right(alert, person, "supervise"):
        raise error
    if given.lifted_at is not None:
        raise TransitionRefused(
            f"Order {given.number} was lifted by {given.lifted_by} already.",
            f"{given.number}已由 {given.lifted_by} 解除。",
        )
    given.lifted_by, given.lifted_at = person.code, at
    session.flush()
    if _standing(session, alert) is None:
        alert.supervised_at = None
    record(session, alert, "lifted", person, at=at, note=f"{given.number}：{note}")
    return given


def of_alert(session: Session, alert_id: int) -> list[HandlingOrder]:
    """Every order given for an alert this session sees, the newest first."""
    query = select(HandlingOrder).join(Alert, Alert.id == HandlingOrder.alert_id).where(Alert.id == alert_id)
    return list(session.scalars(query.order_by(HandlingOrder.id.desc())))


def standing(session: Session) -> list[HandlingOrder]:
    """Orders not lifted, of the alerts this session sees, by due date."""
    query = select(HandlingOrder).join(Alert, Alert.id == HandlingOrder.alert_id)
    query = query.where(HandlingOrder.lifted_at.is_(None))
    return list(session.scalars(query.order_by(HandlingOrder.due_on, HandlingOrder.id)))


def _held(session: Session, order_id: int) -> tuple[HandlingOrder, Alert]:
    given = session.get(HandlingOrder, order_id)
    if given is None or session.scalar(select(Alert.id).where(Alert.id == given.alert_id)) is None:
        raise NotFound(f"There is no order {order_id}, or it is outside your scope.", f"没有第 {order_id} 号督办单。")
    alert = locked(session, given.alert_id)
    session.refresh(given)
    return given, alert


def _standing(session: Session, alert: Alert) -> HandlingOrder | None:
    query = select(HandlingOrder).where(HandlingOrder.alert_id == alert.id, HandlingOrder.lifted_at.is_(None))
    return session.scalar(query.order_by(HandlingOrder.id).limit(1))


def _without_right(alert: Alert, person: Person, right: str) -> NotPermitted | None:
    if person.may_on(right, alert):
        return None
    return NotPermitted(
        f"{person.code} has no right to {RIGHTS_EN[right]} for this alert; it belongs to another unit or post.",
        f"{person.name}对该预警没有“{RIGHTS[right]}”的权限：它属于其他单位或岗位。",
    )


def _next_number(session: Session, year: int) -> str:
    series = f"督办〔{year}〕"
    n = session.scalar(select(func.count(HandlingOrder.id)).where(HandlingOrder.number.startswith(series))) or 0
    return f"{series}{n + 1}号"
