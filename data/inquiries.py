"""Inquiries (情况说明): what a verifier asks a department about an alert, and its answer.

The department's contact sees the question, never the alert. Source: field/inventory.md, Z-07.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.loop import changed, locked, record
from data.loop_tables import Attachment, Inquiry
from data.office_time import shanghai_day
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person, whole_office
from data.states import STATES
from data.tables import Alert, Unit
from data.working_days import working_days_after
from data.written import written

DAYS = 5
"""Working days a department has, where nothing else is said."""
MOST_DAYS = 366
"""Days a department is given at most."""
MAY_ASK = ("verifying", "held", "rectifying")
"""States of an alert in which its verifier asks, and waits for an answer."""


@dataclass(frozen=True)
class Asked:
    """An inquiry as the department sees it: nothing of the alert but what was asked."""

    id: int
    unit_code: str
    question: str
    asked_at: datetime
    due_on: date
    answer: str
    answered_by: str | None
    answered_at: datetime | None
    attachments: tuple[tuple[int, str], ...]
    """Number and name of the files added to it."""
    unit: str = ""
    """Name of the unit that asks: whoever verifies."""
    unit_en: str = ""


def matter(alert: Alert, place: str, *, language: str = "zh") -> str:
    """What an inquiry is about, for a department that does not see the alert: place, masked subject, period."""
    when = alert.period or str(alert.happened_on or shanghai_day(alert.raised_at))[:7]
    if language == "zh":
        where = "" if place.endswith(alert.subject_display) else place
        return f"关于{where}{alert.subject_display}（{when}）："
    return f"About {alert.subject_display}, {place or 'place not known'} ({when}): "


def ask(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    unit_code: str,
    question: str,
    due_on: date | None = None,
    version: int | None = None,
) -> Inquiry:
    """Ask a department for an explanation, due in five working days where no day is given."""
    alert = locked(session, alert_id)
    if error := changed(session, alert, version):
        raise error
    if not person.may_on("verify", alert):
        raise NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['verify']} for this alert; it belongs to another unit or post.",
            f"{person.name}对该预警没有“{RIGHTS['verify']}”的权限：它属于其他单位或岗位。",
        )
    if alert.status not in MAY_ASK or alert.assignee != person.code:
        state = STATES[alert.status]
        raise TransitionRefused(
            f"Alert {alert.id} is “{state.name_en}”; only whoever verifies it can ask a department. Take it first.",
            f"第 {alert.id} 号预警现为“{state.name}”，只有领取人可以要求部门说明情况，请先领取。",
        )
    if tie := recusal(session, alert, person):
        raise tie
    question = written(question, name="question", least=4)
    unit = session.get(Unit, unit_code)
    if unit is None or unit_code == alert.unit_code:
        raise InputRefused(
            f"Unit {unit_code!r} cannot be asked: it is not known, or verifies the alert itself. Choose a department.",
            f"不能向单位 {unit_code} 询问：单位不存在，或者就是核查单位。请选择部门。",
        )
    today = shanghai_day(at)
    due_on = due_on or working_days_after(today, DAYS)
    last = today + timedelta(days=MOST_DAYS)
    if not today < due_on <= last:
        raise InputRefused(
            f"The day of the answer: got {due_on}, expected a day after {today} and not after {last}.",
            f"答复期限：收到 {due_on}，应晚于今天（{today}），且不晚于 {last}。",
        )
    inquiry = Inquiry(
        alert_id=alert.id, unit_code=unit_code, question=question, asked_by=person.code, asked_at=at, due_on=due_on,
        answer="",
    )  # fmt: skip
    session.add(inquiry)
    record(session, alert, "asked", person, at=at, note=f"{unit.name}：{question}")
    session.flush()
    return inquiry


def answer(session: Session, inquiry_id: int, person: Person, *, at: datetime, answer: str) -> Asked:
    """Answer what one's department was asked, once."""
    text = written(answer, name="answer", least=2)
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.unit_code not in person.units("answer"):
        raise NotFound(
            f"There is no inquiry {inquiry_id} to your department.", f"贵部门没有第 {inquiry_id} 号情况说明事项。"
        )
    with whole_office(session):
        # The alert is held first, as by everybody who changes it; then the inquiry is looked at anew.
        alert = locked(session, inquiry.alert_id)
        session.refresh(inquiry)
        if inquiry.answered_at is not None:
            raise TransitionRefused(
                f"Inquiry {inquiry_id} was answered by {inquiry.answered_by} already; an answer stands as it is.",
                f"第 {inquiry_id} 号事项已由 {inquiry.answered_by} 答复，不能再次答复。",
            )
        inquiry.answer, inquiry.answered_by, inquiry.answered_at = text, person.code, at
        record(session, alert, "answered", person, at=at, note=text)
        session.flush()
    return _seen(session, [inquiry])[0]


def of_department(session: Session, person: Person) -> list[Asked]:
    """What the person's departments were asked: open ones first, by due date."""
    query = select(Inquiry).where(Inquiry.unit_code.in_(person.units("answer")))
    order = (Inquiry.answered_at.is_not(None), Inquiry.due_on, Inquiry.id)
    return _seen(session, session.scalars(query.order_by(*order)).all())


def of_alert(session: Session, alert_id: int) -> list[Inquiry]:
    """What was asked about an alert this session sees, in the order of asking."""
    query = select(Inquiry).join(Alert, Alert.id == Inquiry.alert_id).where(Alert.id == alert_id)
    return list(session.scalars(query.order_by(Inquiry.id)))


def _askers(session: Session, inquiries: list[Inquiry]) -> dict[int, tuple[str, str]]:
    """Names zh and en of the unit behind each inquiry; of the alert nothing else is read."""
    query = select(Inquiry.id, Unit.name, Unit.name_en).join(Alert, Alert.id == Inquiry.alert_id)
    query = query.join(Unit, Unit.code == Alert.unit_code).where(Inquiry.id.in_([one.id for one in inquiries]))
    with whole_office(session):
        return {number: (name, name_en) for number, name, name_en in session.execute(query)}


def _seen(session: Session, inquiries: Iterable[Inquiry]) -> list[Asked]:
    inquiries = list(inquiries)
    askers = _askers(session, inquiries)
    files: dict[int | None, list[tuple[int, str]]] = {}
    wanted = Attachment.inquiry_id.in_([one.id for one in inquiries])
    for file in session.scalars(select(Attachment).where(wanted).order_by(Attachment.id)):
        files.setdefault(file.inquiry_id, []).append((file.id, file.name))
    return [
        Asked(
            one.id, one.unit_code, one.question, one.asked_at, one.due_on, one.answer, one.answered_by, one.answered_at,
            tuple(files.get(one.id, ())), *askers.get(one.id, ("", "")),
        )
        for one in inquiries
    ]  # fmt: skip
