"""Measures (处置措施): what was done about an alert, each kind counted in its own unit and never across units."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from data import recovery
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop import changed, is_confirmed, locked, record, told
from data.loop_tables import Measure, Responsible
from data.measure_kinds import KINDS, Kind
from data.office_time import shanghai_day
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person
from data.states import CONCLUDED, STATES
from data.tables import Alert
from data.written import written

__all__ = ["KINDS", "MOST", "Kind", "Total", "add", "of_alert", "refusal", "take_back", "totals"]

MOST = 1_000_000
"""Of anything but money, in one entry."""
_INTERIM = ("verifying", "approving", "held")


@dataclass(frozen=True)
class Total:
    """The sum of one kind, in its unit."""

    kind: Kind
    quantity: float
    n_alerts: int
    """Alerts (条) it was taken for."""


def refusal(alert: Alert, kind: str, person: Person, *, back: bool = False) -> MingjingError | None:
    """Why this person cannot record a measure of this kind for this alert now; None if it can be done.

    `back`: an entry is taken back, which any outcome allows: an excluded alert's money is returned.
    """
    if kind not in KINDS:
        return InputRefused(
            f"Measure {kind!r} is not known; expected one of {', '.join(KINDS)}.", f"没有“{kind}”这种措施，请重新选择。"
        )
    if not person.may_on("verify", alert):
        return NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['verify']} for this alert; it belongs to another unit or post.",
            f"{person.name}对该预警没有“{RIGHTS['verify']}”的权限：它属于其他单位或岗位。",
        )
    one, state = KINDS[kind], STATES[alert.status]
    if alert.status in CONCLUDED:
        fits = back or one.innocent or is_confirmed(alert) or alert.outcome == "G1"
        because, because_zh = f"its outcome is {alert.outcome}", f"结论为 {alert.outcome}"
    else:
        fits = one.interim and alert.status in _INTERIM
        because, because_zh = f"it is “{state.name_en}”", f"现为“{state.name}”"
    if fits:
        return None
    return TransitionRefused(
        f"“{one.name_en}” cannot be recorded for alert {alert.id}: {because}.",
        f"第 {alert.id} 号预警{because_zh}，不能登记“{one.name}”。",
    )


def add(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    kind: str,
    quantity: float,
    done_on: date,
    note: str = "",
    responsible_id: int | None = None,
    version: int | None = None,
    recoverable: float | None = None,
    takes_back: int | None = None,
) -> Measure:
    """Record a measure. A negative quantity takes back an entry made in error, with a note that says why.

    Money received back adds to what the alert says was recovered; `recoverable` corrects what may be.
    """
    alert = locked(session, alert_id)
    if error := (
        changed(session, alert, version)
        or refusal(alert, kind, person, back=quantity < 0)
        or recusal(session, alert, person)
    ):
        raise error
    one = KINDS[kind]
    quantity = _counted(session, alert, one, quantity)
    note = written(note, least=4 if quantity < 0 else 0)
    _on_a_day(alert, done_on, at)
    if responsible_id is not None:
        _of_alert(session, alert, responsible_id)
    was = told(alert)
    if kind == recovery.KIND:
        total = round(recovery.received(session, alert.id) + quantity, 2)
        alert.recovered = recovery.allowed(alert, total, recoverable)
    measure = Measure(
        alert_id=alert.id, kind=kind, quantity=quantity, responsible_id=responsible_id, takes_back=takes_back,
        done_on=done_on, note=note, actor=person.code, at=at,
    )  # fmt: skip
    session.add(measure)
    session.flush()
    said = f"{one.name} {quantity:,.2f}" if one.unit == "元" else f"{one.name} {quantity:,.0f}"
    said = "；".join([f"{said} {one.unit}", *recovery.corrected(was["recoverable"], alert.recoverable)])
    record(session, alert, "measured", person, at=at, note=said + (f"：{note}" if note else ""), was=was)
    return measure


def take_back(
    session: Session, measure_id: int, person: Person, *, at: datetime, note: str, version: int | None = None
) -> Measure:
    """Take back an entry made in error, altogether and once, with a note that says why; both entries stay.

    Raises NotFound outside the scope, NotPermitted for anybody but whoever has the alert, and what `add` raises.
    """
    wrong = session.get(Measure, measure_id)
    if wrong is None or session.scalar(select(Alert.id).where(Alert.id == wrong.alert_id)) is None:
        raise NotFound(
            f"There is no measure {measure_id}, or it is outside your scope. Reload the page.",
            f"没有第 {measure_id} 号措施，或者它不在您的范围内。请刷新后重试。",
        )
    alert = locked(session, wrong.alert_id)
    if error := changed(session, alert, version):
        raise error
    if alert.assignee != person.code:
        raise NotPermitted(
            f"Alert {alert.id} is with {alert.assignee or 'nobody'}; only whoever has it takes a measure back.",
            f"第 {alert.id} 号预警由 {alert.assignee or '（无人）'} 办理，只有承办人可以更正措施。",
        )
    if wrong.quantity < 0 or session.scalar(select(Measure.id).where(Measure.takes_back == wrong.id).limit(1)):
        raise TransitionRefused(
            f"Measure {wrong.id} was taken back already, or takes another back itself.",
            f"第 {wrong.id} 号措施已更正，或本身就是更正，不能再次更正。",
        )
    return add(
        session, alert.id, person, at=at, kind=wrong.kind, quantity=-wrong.quantity, done_on=wrong.done_on, note=note,
        responsible_id=wrong.responsible_id, takes_back=wrong.id,
    )  # fmt: skip


def totals(session: Session, *where: ColumnElement[bool]) -> list[Total]:
    """The sum of each kind over the alerts that the conditions leave, in the order of the kinds. Never across kinds."""
    query = select(Measure.kind, func.sum(Measure.quantity), func.count(Measure.alert_id.distinct()))
    query = query.join(Alert, Alert.id == Measure.alert_id).where(*where).group_by(Measure.kind)
    found = {kind: (quantity, n) for kind, quantity, n in session.execute(query)}
    return [Total(KINDS[code], round(found[code][0], 2), found[code][1]) for code in KINDS if code in found]


def of_alert(session: Session, alert_id: int) -> list[Measure]:
    """The measures of an alert this session sees, in the order in which they were recorded."""
    query = select(Measure).join(Alert, Alert.id == Measure.alert_id).where(Alert.id == alert_id)
    return list(session.scalars(query.order_by(Measure.id)))


def _counted(session: Session, alert: Alert, kind: Kind, quantity: float) -> float:
    money = kind.unit == "元"
    most = recovery.MOST if money else MOST
    number = isinstance(quantity, int | float) and math.isfinite(quantity) and 0 < abs(quantity) <= most
    if not number or not (money or quantity == int(quantity)):
        raise InputRefused(
            f"{kind.name_en}: got {quantity}, expected {'an amount' if money else 'a whole number'} in "
            f"{kind.unit_en} other than 0, at most {most:,.0f}.",
            f"{kind.name}：收到 {quantity}，应为{'金额' if money else '整数'}（{kind.unit}），"
            f"不为 0，不超过 {most:,.0f}。",
        )
    there = select(func.sum(Measure.quantity)).where(Measure.alert_id == alert.id, Measure.kind == kind.code)
    before = session.scalar(there) or 0
    if before + quantity < -0.005:
        raise TransitionRefused(
            f"{kind.name_en}: {-quantity:,.10g} {kind.unit_en} cannot be taken back, only {before:,.10g} are recorded.",
            f"{kind.name}：已登记 {before:,.10g} {kind.unit}，不能冲减 {-quantity:,.10g} {kind.unit}。",
        )
    return round(float(quantity), 2)


def _on_a_day(alert: Alert, done_on: date, at: datetime) -> None:
    first, last = shanghai_day(alert.raised_at), shanghai_day(at)
    if not first <= done_on <= last:
        raise InputRefused(
            f"The day of the measure: got {done_on}, expected {first} (when the alert was raised) to {last} (today).",
            f"措施日期：收到 {done_on}，应在 {first}（预警产生日）至 {last}（今天）之间。",
        )


def _of_alert(session: Session, alert: Alert, responsible_id: int) -> None:
    one = session.get(Responsible, responsible_id)
    if one is None or one.alert_id != alert.id:
        raise NotFound(
            f"Alert {alert.id} has no responsible person {responsible_id}; choose one of its own.",
            f"第 {alert.id} 号预警没有第 {responsible_id} 号责任人，请重新选择。",
        )
