"""What a step takes beyond state and right: measures on file before a level falls, and nobody ruling on own data."""

import json

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.errors import MingjingError, NotPermitted, TransitionRefused
from data.four_eyes import UNDONE
from data.loop_tables import Measure
from data.measure_kinds import KINDS, RIGHTING
from data.rights import Person
from data.tables import Alert, AlertEvent, CollisionRun, DatasetFiling, Unit

NEXT_LOWER = {"red": "orange", "orange": "yellow"}
"""Level to the one it falls to: one step a time."""
_ENDS = ("concluded", "eliminated", "downgraded", "rectified")


def unmet(session: Session, alert: Alert, action: str, person: Person) -> MingjingError | None:
    """What is missing for this action although state and right allow it; None where nothing is."""
    if action == "downgraded" and alert.level not in NEXT_LOWER:
        return TransitionRefused(
            f"Alert {alert.id} is {alert.level}, the lowest level; close it once it is put right.",
            f"第 {alert.id} 号预警已是最低等级，整改完成后办结即可。",
        )
    if action == "downgraded" and done(session, alert).isdisjoint(RIGHTING):
        names, names_en = "、".join(KINDS[one].name for one in RIGHTING), [KINDS[one].name_en for one in RIGHTING]
        return TransitionRefused(
            f"Nothing that puts it right is recorded for alert {alert.id} (one of: {', '.join(names_en)}); record it "
            "first.",
            f"第 {alert.id} 号预警尚未登记使问题得到纠正的措施（{names}之一），请先登记。",
        )
    if action == "rectified" and alert.outcome != "G1" and not done(session, alert):
        return TransitionRefused(
            f"No measure is recorded for alert {alert.id}; record what was done first.",
            f"第 {alert.id} 号预警尚未登记任何处置措施，请先登记整改、追缴等情况。",
        )
    return own_data(session, alert, person, action) if action in _ENDS else None


def done(session: Session, alert: Alert) -> frozenset[str]:
    """Kinds of measures on record since a verdict was last taken back, without those taken back altogether."""
    last = select(func.max(AlertEvent.at)).where(AlertEvent.alert_id == alert.id, AlertEvent.kind.in_(UNDONE))
    kinds = select(Measure.kind).where(Measure.alert_id == alert.id).group_by(Measure.kind)
    if (since := session.scalar(last)) is not None:
        kinds = kinds.where(Measure.at >= since)
    return frozenset(session.scalars(kinds.having(func.sum(Measure.quantity) > 0)))


def own_data(session: Session, alert: Alert, person: Person, action: str) -> NotPermitted | None:
    """Why somebody of the unit that supplied the data cannot end the alert; a department approves no elimination.

    Source: field/rules.md, 4 (separation of duties).
    """
    codes = {person.unit_code, *(post.unit_code for post in person.posts)}
    suppliers = _suppliers(session, alert)
    for unit in filter(None, (session.get(Unit, code) for code in sorted(codes))):
        if unit.name in suppliers or (action == "eliminated" and unit.kind == "department"):
            return NotPermitted(
                f"{unit.name} supplies data that is compared here; nobody of it may end alert {alert.id}. "
                "Leave it to the supervision office.",
                f"{unit.name}是被监督数据的提供单位，其人员不得了结第 {alert.id} 号预警，请由监督机构办理。",
            )
    return None


def _suppliers(session: Session, alert: Alert) -> set[str]:
    filings = {alert.filing_id} if alert.filing_id else set()
    if alert.run_id and (run := session.get(CollisionRun, alert.run_id)):
        filings |= set(json.loads(run.filings).values())
    if not filings:
        return set()
    return set(session.scalars(select(DatasetFiling.supplier).where(DatasetFiling.id.in_(filings))))
