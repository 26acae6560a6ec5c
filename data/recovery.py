"""Money received back (追缴): what is recoverable is the excess only, and every change of what came in is an entry.

What an alert says was recovered is always the sum of its entries, which are measures of the kind `recovery`.
"""

import math
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.errors import InputRefused, TransitionRefused
from data.loop import record, told
from data.loop_tables import Measure
from data.office_time import shanghai_day
from data.rights import Person
from data.tables import Alert

KIND = "recovery"
MOST = 1e12
"""CNY above which a figure is a slip of the pen."""


def money(amount: float, name: str, zh: str) -> float:
    """An amount in CNY to the fen. Raises InputRefused where it is negative, no number, or beyond belief."""
    if not (isinstance(amount, int | float) and math.isfinite(amount) and 0 <= amount <= MOST):
        raise InputRefused(
            f"{name}: got {amount}, expected an amount in CNY from 0 to 1,000,000,000,000.",
            f"{zh}：收到 {amount}，应为 0 至一万亿元之间的金额。",
        )
    return round(float(amount), 2)


def received(session: Session, alert_id: int) -> float:
    """CNY received back for an alert so far: the sum of its entries."""
    entries = select(func.sum(Measure.quantity)).where(Measure.alert_id == alert_id, Measure.kind == KIND)
    return round(session.scalar(entries) or 0.0, 2)


def allowed(alert: Alert, total: float, recoverable: float | None = None) -> float:
    """`total`, where it is no more than the alert's recoverable amount, which `recoverable` corrects.

    Raises TransitionRefused, with both figures, where more came in than is recoverable.
    """
    if recoverable is not None:
        alert.recoverable = money(recoverable, "Recoverable", "应追金额")
    if alert.recoverable is not None and total > alert.recoverable + 0.005:
        raise TransitionRefused(
            f"Recovered {total:,.2f} CNY is more than the {alert.recoverable:,.2f} CNY recoverable (the excess only); "
            "mend the one, or correct the other in the same step.",
            f"已追回 {total:,.2f} 元，超过应追 {alert.recoverable:,.2f} 元（只追超发部分）；"
            "请核对，或同时更正应追金额。",
        )
    return total


def recover(
    session: Session,
    alert: Alert,
    person: Person,
    *,
    at: datetime,
    recovered: float | None,
    recoverable: float | None = None,
) -> float | None:
    """Set what has come in altogether; the difference to what had becomes an entry, with its event.

    So does a corrected recoverable amount: the old figure stays on record. Returns what is recovered now; None where
    nothing was ever said. Raises what `money` and `allowed` do.
    """
    before, was = received(session, alert.id), told(alert)
    total = before if recovered is None else money(recovered, "Recovered", "追回金额")
    allowed(alert, total, recoverable)
    if total != before:
        session.add(
            Measure(
                alert_id=alert.id, kind=KIND, quantity=round(total - before, 2), done_on=shanghai_day(at), note="",
                actor=person.code, at=at,
            )
        )  # fmt: skip
        alert.recovered = total
        session.flush()
    said = [f"追缴 {total - before:,.2f} 元"] if total != before else []
    said += corrected(was["recoverable"], alert.recoverable)
    if said:
        record(session, alert, "measured", person, at=at, note="；".join(said), was=was)
    return None if recovered is None and not before else total


def corrected(before: float | None, now: float | None) -> list[str]:
    """What is said of a recoverable amount that was corrected; nothing where it was not."""
    return [] if before == now else [f"应追 {_figure(before)} → {_figure(now)}"]


def _figure(amount: float | None) -> str:
    return "未定" if amount is None else f"{amount:,.2f}".removesuffix(".00")
