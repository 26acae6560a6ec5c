"""Assessment (考核) by unit over a period: in time, confirmed, returned, reversed; every share with what it rests on.

Counts of different units (条, 人, 元) are never divided by one another. Source: field/vocabulary.md, I;
field/inventory.md, X7.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, null, or_, select
from sqlalchemy.orm import Session

from data import recovery
from data.confirmation import rate
from data.counting import OF_MISCONDUCT
from data.errors import InputRefused
from data.loop_tables import Elimination, HandlingOrder, LookBack, Measure
from data.office_time import SHANGHAI, shanghai_day
from data.outcomes import OUTCOMES
from data.rights import Person, condition
from data.states import CONCLUSIONS, DAYS_TO_VERIFY, TO_VERIFY
from data.tables import Alert, AlertEvent, Unit
from data.working_days import working_days_after, working_days_between

LONGEST_DAYS = 1100
_KEPT = AlertEvent.level.is_not(None)
_AS_CONCLUDED: Mapping[str, ColumnElement[Any]] = {
    "unit_code": case((_KEPT, AlertEvent.unit_code), else_=Alert.unit_code),
    "level": case((_KEPT, AlertEvent.level), else_=Alert.level),
    "signed_in_at": case((_KEPT, AlertEvent.signed_in_at), else_=Alert.signed_in_at),
    # What is eliminated waits for an approval, which is due on a day of its own.
    "due_on": case((AlertEvent.from_status == "verifying", AlertEvent.due_on), else_=null()),
}
"""What a conclusion is judged by: as it was then, and of conclusions that did not keep it, as it is now."""


@dataclass(frozen=True)
class Period:
    """Local days from the first to the last, both counted."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not self.first <= self.last <= self.first + timedelta(days=LONGEST_DAYS):
            raise InputRefused(
                f"The period {self.first} to {self.last} cannot be assessed; expected a first day before the last, and "
                f"at most {LONGEST_DAYS} days. Choose another.",
                f"考核期间 {self.first} 至 {self.last} 无效：起始应不晚于结束，且不超过 {LONGEST_DAYS} 天，请重选。",
            )

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its first moment and the first one after it, UTC."""
        return (
            datetime.combine(self.first, time()) - SHANGHAI,
            datetime.combine(self.last + timedelta(days=1), time()) - SHANGHAI,
        )


@dataclass
class Assessed:
    """What a unit did in the period, and where it stands now. Every share is a `rate`: n_confirmed of n."""

    unit_code: str
    name: str
    name_en: str
    n_dispatched: int = 0
    """Alerts (条) given to the unit in the period."""
    n_concluded: int = 0
    """Conclusions (条) of the period; one that was reversed and given again counts twice."""
    days: list[int] = field(default_factory=list)
    """Working days from sign-in to each conclusion."""
    on_time: dict[str, Any] = field(default_factory=lambda: rate(0, 0))
    """Of the conclusions after a sign-in, those no later than the level allows."""
    confirmed: dict[str, Any] = field(default_factory=lambda: rate(0, 0))
    """Of the conclusions that count, those confirmed; what leads to help counts in none."""
    returned: dict[str, Any] = field(default_factory=lambda: rate(0, 0))
    """Of the decided elimination requests, those returned for more work."""
    reversed: dict[str, Any] = field(default_factory=lambda: rate(0, 0))
    """Of the look-backs done, those that reversed the verdict."""
    n_overdue: int = 0
    """Alerts (条) past their due date today."""
    n_to_verify: int = 0
    """Alerts (条) without an outcome today."""
    n_supervised: int = 0
    """Orders for supervised handling (件) of the period."""
    recovered: float = 0.0
    """元 received back on the days of the period, by the entries of `data.recovery`; what was taken back is off it."""

    @property
    def median_days(self) -> float | None:
        """Median working days from sign-in to conclusion; None without any."""
        return float(median(self.days)) if self.days else None


def assess(session: Session, person: Person, period: Period, *, today: date) -> list[Assessed]:
    """The units whose alerts this person may see, in order of code, with the whole as the last row (no code).

    Each conclusion counts for the unit that gave it and is judged by the level, sign-in and due date it was given
    under: lowering the level later, another sign-in or a transfer changes nothing of it.
    """
    # Some of the tables joined here do not narrow by themselves: the scope stands in each query.
    scope = condition(person, "assess")
    start, end = period.moments
    conclusions = session.execute(
        select(
            _AS_CONCLUDED["unit_code"].label("unit_code"),
            _AS_CONCLUDED["level"].label("level"),
            _AS_CONCLUDED["signed_in_at"].label("signed_in_at"),
            _AS_CONCLUDED["due_on"].label("due_on"),
            AlertEvent.at,
            AlertEvent.outcome,
            OF_MISCONDUCT.label("counts"),
        )
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(scope, AlertEvent.kind.in_(CONCLUSIONS), AlertEvent.at >= start, AlertEvent.at < end)
    ).all()
    concluded = _by_unit(conclusions)
    found = _units(session, person, scope, concluded)
    for code, rows in concluded.items():
        if code in found:
            _conclude(found[code], rows)
    _count_alerts(session, found, scope, start, end, today)
    _count_reviews(session, found, scope, start, end)
    _sum_recovered(session, found, scope, period)
    units = [found[code] for code in sorted(found)]
    return [*units, _whole(units)]


def _units(session: Session, person: Person, scope: Any, concluded: Iterable[str]) -> dict[str, Assessed]:
    """Units with alerts in scope now; to whoever sees whole regions also those that concluded one and gave it on."""
    wanted: ColumnElement[bool] = Unit.code.in_(select(Alert.unit_code).where(scope).distinct())
    if any("assess" in post.role.rights and post.role.sees == "region" for post in person.posts):
        wanted = or_(wanted, Unit.code.in_(concluded))
    units = session.scalars(select(Unit).where(wanted))
    return {unit.code: Assessed(unit.code, unit.name, unit.name_en) for unit in units}


def _by_unit(rows: Iterable[Any]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if row.unit_code:
            found[row.unit_code].append(row)
    return found


def _conclude(unit: Assessed, rows: Sequence[Row[Any]]) -> None:
    counted = [row for row in rows if row.counts and row.outcome and OUTCOMES[row.outcome].concluded]
    # Imported outcomes had no sign-in.
    timed = [row for row in rows if row.signed_in_at and row.signed_in_at <= row.at]
    unit.n_concluded = len(rows)
    unit.confirmed = rate(sum(OUTCOMES[row.outcome].confirmed for row in counted), len(counted))
    unit.on_time = rate(sum(_in_time(row) for row in timed), len(timed))
    unit.days = [_days(shanghai_day(row.signed_in_at), shanghai_day(row.at)) for row in timed]


def _in_time(row: Row[Any]) -> bool:
    due_on = row.due_on or _due(shanghai_day(row.signed_in_at), DAYS_TO_VERIFY[row.level])
    return bool(shanghai_day(row.at) <= due_on)


@lru_cache(maxsize=20_000)
def _due(day: date, days: int) -> date:
    return working_days_after(day, days)


@lru_cache(maxsize=50_000)
def _days(day: date, later: date) -> int:
    return working_days_between(day, later)


def _count_alerts(
    session: Session, found: dict[str, Assessed], scope: Any, start: datetime, end: datetime, today: date
) -> None:
    def counts(*where: Any) -> dict[str, int]:
        query = select(Alert.unit_code, func.count(Alert.id)).where(scope, *where).group_by(Alert.unit_code)
        return {code: n for code, n in session.execute(query) if code in found}

    for code, n in counts(Alert.dispatched_at >= start, Alert.dispatched_at < end).items():
        found[code].n_dispatched = n
    for code, n in counts(Alert.status.in_(TO_VERIFY)).items():
        found[code].n_to_verify = n
    for code, n in counts(Alert.status.in_((*TO_VERIFY, "rectifying")), Alert.due_on < today).items():
        found[code].n_overdue = n


def _count_reviews(session: Session, found: dict[str, Assessed], scope: Any, start: datetime, end: datetime) -> None:
    def tally(table: Any, moment: Any, told: Any, unit: Any, *where: Any) -> dict[str, dict[Any, int]]:
        query = select(unit, told, func.count(table.id)).join(Alert, Alert.id == table.alert_id)
        query = query.where(scope, moment >= start, moment < end, *where).group_by(unit, told)
        said: dict[str, dict[Any, int]] = defaultdict(dict)
        for code, key, n in session.execute(query):
            if code in found:
                said[code][key] = n
        return said

    decided = Elimination.state.in_(("approved", "returned"))
    for code, n in tally(Elimination, Elimination.decided_at, Elimination.state, Alert.unit_code, decided).items():
        found[code].returned = rate(n.get("returned", 0), sum(n.values()))
    looked = tally(LookBack, LookBack.reviewed_at, LookBack.finding, func.coalesce(LookBack.unit_code, Alert.unit_code))
    for code, n in looked.items():
        found[code].reversed = rate(n.get("reversed", 0), sum(n.values()))
    for code, n in tally(HandlingOrder, HandlingOrder.ordered_at, HandlingOrder.reason, Alert.unit_code).items():
        found[code].n_supervised = sum(n.values())


def _sum_recovered(session: Session, found: dict[str, Assessed], scope: Any, period: Period) -> None:
    of_period = (Measure.kind == recovery.KIND, Measure.done_on >= period.first, Measure.done_on <= period.last)
    query = select(Alert.unit_code, func.sum(Measure.quantity)).join(Alert, Alert.id == Measure.alert_id)
    for code, amount in session.execute(query.where(scope, *of_period).group_by(Alert.unit_code)):
        if code in found:
            found[code].recovered = round(amount, 2)


def _whole(units: Sequence[Assessed]) -> Assessed:
    whole = Assessed("", "合计", "All units")
    for unit in units:
        for name in ("n_dispatched", "n_concluded", "n_overdue", "n_to_verify", "n_supervised", "recovered"):
            setattr(whole, name, getattr(whole, name) + getattr(unit, name))
        whole.days += unit.days
    for name in ("on_time", "confirmed", "returned", "reversed"):
        shares = [getattr(unit, name) for unit in units]
        setattr(whole, name, rate(sum(s["n_confirmed"] for s in shares), sum(s["n"] for s in shares)))
    whole.recovered = round(whole.recovered, 2)
    return whole
