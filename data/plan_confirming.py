"""Confirming the plan of a week: what waits is dispatched, what is dealt out is assigned, and the plan is kept.

A plan is a proposal until a named person confirms it. What the doors of `data.dispatch` refuse stays as it is and is
told; the rest is kept with the likelihoods it was planned with, so that what came of it can be held against them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit, dispatch
from data.capacity import Week
from data.errors import AlertChanged, InputRefused, MingjingError, NotFound, NotPermitted
from data.office_time import shanghai_day
from data.order_choice import RIGHT, may_choose
from data.outcomes import OUTCOMES
from data.plan import Planned, UnitPlan, ground, plans
from data.plan_tables import WeekPlan, WeekPlanItem
from data.rights import Person, find_person, whole_office
from data.states import CONCLUDED
from data.tables import Alert, Unit


@dataclass(frozen=True)
class Result:
    """What confirming a plan did."""

    n_kept: int
    """Alerts in the plan."""
    n_dispatched: int
    n_assigned: int
    refused: tuple[tuple[int, MingjingError], ...]


def confirm(session: Session, person: Person, unit_code: str, *, at: datetime, seen: str) -> Result:
    """Confirm the plan of a unit for the week planned now; `seen`: its fingerprint as the person saw it.

    Raises NotPermitted for a unit that is not wholly within a post that dispatches, NotFound, AlertChanged where the
    plan is another by now, InputRefused where there is nothing in it.
    """
    person.must(RIGHT)
    unit = session.get(Unit, unit_code)
    if unit is None or unit.kind not in dispatch.VERIFYING:
        raise NotFound(
            f"There is no unit {unit_code[:30]!r} that verifies. Choose one of the list.",
            f"没有承担核查的单位“{unit_code[:30]}”，请从列表中选择。",
        )
    if not may_choose(session, person, unit_code):
        raise NotPermitted(
            f"{person.code} cannot confirm the plan of {unit_code!r}: it is not wholly within a post that dispatches. "
            "Ask its head.",
            "该单位不在您的分办范围内，不能确认其周计划，请由其负责人确认。",
        )
    (plan,) = plans(session, ground(session, [unit], today=shanghai_day(at)))
    if plan.fingerprint != seen:
        raise AlertChanged(
            f"The plan of {unit_code} changed while you had it open. Nothing was done. Look at it again.",
            "您查看期间该单位的计划已有变化，未做任何更改，请看过新的计划后再确认。",
        )
    if not plan.items:
        raise InputRefused(
            f"The plan of {unit_code} is empty; there is nothing to confirm.", "该单位的计划是空的，没有可确认的内容。"
        )
    refused: list[tuple[int, MingjingError]] = []
    kept: list[Planned] = []
    for one in plan.items:
        try:
            _give(session, person, plan, one, at=at)
            kept.append(one)
        except MingjingError as error:
            refused.append((one.alert_id, error))
    _keep(session, person, plan, kept, at=at)
    n_dispatched, n_assigned = sum(one.waiting for one in kept), sum(one.given for one in kept)
    said = {
        "week": str(plan.week.first), "order": plan.order.order, "n": len(kept), "n_dispatched": n_dispatched,
        "n_assigned": n_assigned, "n_refused": len(refused),
    }  # fmt: skip
    audit.note(session, person.code, "plan.confirmed", "unit", unit_code, at=at, address=person.address, detail=said)
    return Result(len(kept), n_dispatched, n_assigned, tuple(refused))


def _give(session: Session, person: Person, plan: UnitPlan, one: Planned, *, at: datetime) -> None:
    note, version = f"按{plan.week.first}起一周的计划", one.version
    if one.waiting:
        event = dispatch.dispatch(session, one.alert_id, person, plan.unit.code, at=at, version=version, note=note)
        version = event.version
    if one.given and one.account:
        to = find_person(session, one.account, today=shanghai_day(at))
        dispatch.assign(session, one.alert_id, person, to, at=at, version=version, note=note)


def _keep(session: Session, person: Person, plan: UnitPlan, kept: Collection[Planned], *, at: datetime) -> None:
    where = (plan.unit.code, plan.week.first)
    row = session.get(WeekPlan, where, with_for_update=True)
    if row is None:
        row = WeekPlan(unit_code=where[0], week_on=where[1])
        session.add(row)
    row.order_code, row.room = plan.order.order, plan.room or 0
    row.confirmed_by, row.confirmed_at = person.code[:40], at
    session.flush()
    for one in kept:
        if session.get(WeekPlanItem, (*where, one.alert_id)) is None:
            p, low, high = one.chance or (None, None, None)
            session.add(
                WeekPlanItem(
                    unit_code=where[0], week_on=where[1], alert_id=one.alert_id, why=one.why, account=one.account,
                    p_confirmed=p, p_low=low, p_high=high, recoverable=one.recoverable,
                )
            )  # fmt: skip
    session.flush()


@dataclass(frozen=True)
class Kept:
    """A confirmed plan and what became of it so far."""

    plan: WeekPlan
    chances: tuple[tuple[float, float, float], ...]
    """Likelihoods its alerts were planned with."""
    alert_ids: frozenset[int]
    n_concluded: int
    n_confirmed: int
    """Of its alerts, concluded and confirmed since it was confirmed."""


def kept_plans(session: Session, units: Collection[str], week: Week) -> dict[str, Kept]:
    """The confirmed plans of these units for a week."""
    with whole_office(session):
        found = session.scalars(
            select(WeekPlan).where(WeekPlan.week_on == week.first, WeekPlan.unit_code.in_(units))
        ).all()
        query = (
            select(WeekPlanItem, Alert.status, Alert.outcome)
            .join(Alert, Alert.id == WeekPlanItem.alert_id)
            .where(WeekPlanItem.week_on == week.first, WeekPlanItem.unit_code.in_(units))
            .order_by(WeekPlanItem.alert_id)
        )
        rows = session.execute(query).all()
    out: dict[str, Kept] = {}
    for plan in found:
        mine = [(item, status, outcome) for item, status, outcome in rows if item.unit_code == plan.unit_code]
        ended = [outcome for _, status, outcome in mine if status in CONCLUDED and outcome]
        out[plan.unit_code] = Kept(
            plan,
            tuple(chance for item, _, _ in mine if (chance := item.chance) is not None),
            frozenset(item.alert_id for item, _, _ in mine),
            len(ended),
            sum(OUTCOMES[outcome].confirmed for outcome in ended),
        )
    return out
