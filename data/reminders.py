"""Reminders (催办): what is due within three working days, or was, is pointed out once for each due date."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.inquiries import MAY_ASK
from data.loop import locked, record
from data.loop_tables import HandlingOrder, Inquiry
from data.office_time import shanghai_day
from data.rights import Person
from data.states import REMIND_DAYS
from data.tables import Alert, AlertEvent, Unit
from data.working_days import working_days_after

ACTOR = Person("worker", "系统", "", ())
"""Who reminds."""


def remind_due(session: Session, *, now: datetime) -> int:
    """Leave an event on every alert that is due soon or overdue, and for every order and inquiry that is.

    Once a due date. Returns how many events were left.
    """
    last = working_days_after(shanghai_day(now), REMIND_DAYS)
    due = select(Alert.id).where(
        Alert.due_on <= last,
        Alert.status != "closed",
        or_(Alert.reminded_on.is_(None), Alert.reminded_on != Alert.due_on),
    )
    n = 0
    for alert_id in session.scalars(due.order_by(Alert.id)).all():
        alert = locked(session, alert_id)
        # Somebody may have moved it on while this waited for it.
        if alert.due_on is None or alert.due_on > last or alert.reminded_on == alert.due_on:
            continue
        alert.reminded_on = alert.due_on
        record(session, alert, "reminded", ACTOR, at=now, note=f"{alert.due_on}")
        n += 1
    for alert_id, what in (*_orders_due(session, last), *_inquiries_due(session, last)):
        said = select(AlertEvent.id).where(
            AlertEvent.alert_id == alert_id, AlertEvent.kind == "reminded", AlertEvent.note == what
        )
        if session.scalar(said.limit(1)) is None:
            record(session, locked(session, alert_id), "reminded", ACTOR, at=now, note=what)
            n += 1
    return n


def _orders_due(session: Session, last: date) -> Iterator[tuple[int, str]]:
    open_still = (HandlingOrder.lifted_at.is_(None), HandlingOrder.answered_at.is_(None), HandlingOrder.due_on <= last)
    for order in session.scalars(select(HandlingOrder).where(*open_still).order_by(HandlingOrder.alert_id)).all():
        yield order.alert_id, f"{order.number} {order.due_on}"


def _inquiries_due(session: Session, last: date) -> Iterator[tuple[int, str]]:
    due = (
        select(Inquiry, Unit.name)
        .join(Alert, Alert.id == Inquiry.alert_id)
        .join(Unit, Unit.code == Inquiry.unit_code)
        .where(Inquiry.answered_at.is_(None), Inquiry.due_on <= last, Alert.status.in_(MAY_ASK))
    )
    for inquiry, unit in session.execute(due.order_by(Inquiry.alert_id, Inquiry.id)).all():
        yield inquiry.alert_id, f"情况说明 {inquiry.id}（{unit}）{inquiry.due_on}"
