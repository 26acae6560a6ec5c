"""A person's verdict on an alert, and the way from there to its close. Each step is one transaction (`data.loop`).

Exclusion (E1) is no verdict of one person: it is requested and approved (`data.elimination`).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from data.errors import InputRefused, TransitionRefused
from data.loop import advance, changed, locked, refusal
from data.outcomes import OUTCOMES
from data.recovery import recover
from data.requirements import NEXT_LOWER, done
from data.rights import Person
from data.tables import AlertEvent
from data.written import paper_reference, written

KEPT_AT = "纸质材料存放："
"""How a note begins the line that says where the paper is."""
LEAST_WORDS = 4
"""Characters of a note without which a step would be silent."""
_SILENT = ("D1", "U1")
"""Outcomes that close the alert at once: they need a note."""


def conclude(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    version: int | None = None,
    outcome: str,
    note: str = "",
    evidence: str = "",
    recovered: float | None = None,
    recoverable: float | None = None,
) -> AlertEvent:
    """Give an alert its outcome: C0 to C3 and G1 are then put right, D1 and U1 close it.

    `recovered`: CNY received back altogether; `recoverable`: corrects the alert's own figure, the excess only;
    `evidence`: where the paper is kept, where nothing is attached.
    """
    alert = locked(session, alert_id)
    _refuse_elsewhere(outcome)
    note = written(note, least=LEAST_WORDS if outcome in _SILENT else 0)
    if evidence := paper_reference(evidence):
        note = f"{note}\n{KEPT_AT}{evidence}".strip()
    if outcome in _SILENT and (recovered or recoverable is not None):
        raise InputRefused(
            f"Outcome {outcome} takes no amounts: nothing was paid in excess. Leave them empty.",
            f"结论 {outcome} 不涉及追缴金额，请留空。",
        )
    if error := changed(session, alert, version) or refusal(
        session, alert, "concluded", person, at=at, outcome=outcome
    ):
        raise error
    total = recover(session, alert, person, at=at, recovered=recovered, recoverable=recoverable)
    return advance(session, alert, "concluded", person, at=at, outcome=outcome, note=note, recovered=total)


def _refuse_elsewhere(outcome: str) -> None:
    if outcome == "E1":
        raise TransitionRefused(
            "Outcome E1 (excluded) is not given by one person: request the elimination, with cause and evidence.",
            "“排除”不能由一人作出：请填写原因、附上证据，申请预警消除。",
        )
    if outcome not in OUTCOMES:
        raise TransitionRefused(
            f"Outcome {outcome!r} is not known; expected one of C0, C1, C2, C3, G1, D1, U1. Choose one of these.",
            f"没有结论 {outcome}；可选 C0、C1、C2、C3、G1、D1、U1。",
        )


def hold(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, note: str
) -> AlertEvent:
    """Keep an alert for later (H1), saying what it waits for. It has no outcome and stays with its verifier."""
    alert = locked(session, alert_id)
    note = written(note, least=LEAST_WORDS)
    return advance(session, alert, "held", person, at=at, version=version, outcome="H1", note=note)


def rectify(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    version: int | None = None,
    note: str,
    recovered: float | None = None,
    recoverable: float | None = None,
) -> AlertEvent:
    """Close an alert as put right: with a measure on record, or for G1 a note that says why none is due."""
    alert = locked(session, alert_id)
    if error := changed(session, alert, version):
        raise error
    note = written(note, least=0 if done(session, alert) or recovered else LEAST_WORDS)
    total = recover(session, alert, person, at=at, recovered=recovered, recoverable=recoverable)
    return advance(
        session, alert, "rectified", person, at=at, note=note, recovered=total,
        values={"recovered": total},
    )  # fmt: skip


def downgrade(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, note: str
) -> AlertEvent:
    """Lower the level by one step, once something was put right; a second person does it."""
    alert = locked(session, alert_id)
    note = written(note, least=LEAST_WORDS)
    lower = NEXT_LOWER.get(alert.level, alert.level)
    said = f"{alert.level} → {lower}：{note}"
    return advance(session, alert, "downgraded", person, at=at, version=version, note=said, values={"level": lower})
