"""How many alerts a unit, and a person in it, can verify in a week: proposed from what they did, set by their head.

A capacity is told for five working days; a week with holidays or make-up days has its share of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import floor
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit
from data.bulk import verifiers
from data.errors import InputRefused, NotPermitted
from data.office_time import SHANGHAI, shanghai_day
from data.order_choice import RIGHT, may_choose
from data.plan_tables import CapacitySet
from data.rights import Person, whole_office
from data.tables import Alert, AlertEvent
from data.working_days import is_working_day

PAST_WEEKS = 8
FULL_WEEK = 5
MOST = 10_000
_BY_PEOPLE = ("concluded", "eliminated")
"""Kinds of event by which an alert that somebody verified is concluded."""
WHOLE = ""
"""Stands for the unit itself beside its people."""


@dataclass(frozen=True)
class Week:
    """A week, from Monday on."""

    first: date

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def days(self) -> int:
        """Its working days."""
        return sum(is_working_day(self.first + timedelta(days=n)) for n in range(7))

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Its first moment and the first after it, UTC."""
        start = datetime.combine(self.first, time()) - SHANGHAI
        return start, start + timedelta(days=7)

    def before(self, n: int) -> "Week":
        """The n-th week before it."""
        return Week(self.first - timedelta(weeks=n))


def week_of(day: date) -> Week:
    """The week that a day belongs to."""
    return Week(day - timedelta(days=day.weekday()))


def planned_week(today: date) -> Week:
    """The week that is planned on a day: its own as long as people work in what is left of it, then the next."""
    day = today
    while not is_working_day(day):
        day += timedelta(days=1)
    return week_of(day)


@dataclass(frozen=True)
class Capacity:
    """What a unit or a person can verify in five working days, and where that is known from."""

    past: tuple[tuple[Week, int], ...]
    """The weeks counted, oldest first, with what was concluded in each."""
    set_to: int | None = None
    set_by: str = ""
    set_at: datetime | None = None

    @property
    def proposed(self) -> float | None:
        """Median of the weeks counted, for five working days; None where there is none."""
        return float(median(n * FULL_WEEK / week.days for week, n in self.past)) if self.past else None

    @property
    def per_week(self) -> float | None:
        """What holds: as set, else as proposed; None: not known."""
        return self.proposed if self.set_to is None else float(self.set_to)

    def of(self, week: Week) -> int | None:
        """How many alerts in that week, to the nearest whole number; None where it is not known."""
        return None if self.per_week is None else floor(self.per_week * week.days / FULL_WEEK + 0.5)


Capacities = Mapping[tuple[str, str], Capacity]
"""(unit, account; empty: the unit) to capacity."""


def capacities(session: Session, units: Collection[str], *, week: Week) -> Capacities:
    """The capacities of units and of whoever concluded something for them or has one set, seen from a week.

    Weeks count from the first in which something was concluded, of the PAST_WEEKS before `week`; weeks without any
    working day do not.
    """
    done = concluded_by(session, units, since=week.before(PAST_WEEKS), until=week)
    kept = {
        (one.unit_code, one.account): one
        for one in session.scalars(select(CapacitySet).where(CapacitySet.unit_code.in_(units)))
    }
    before = [week.before(n) for n in range(PAST_WEEKS, 0, -1)]
    found: dict[tuple[str, str], Capacity] = {}
    for who in sorted({*done, *kept, *((unit, WHOLE) for unit in units)}):
        n_of = done.get(who, {})
        counted = [one for one in before if one.days and n_of and one.first >= min(n_of)]
        past, one = tuple((week, n_of.get(week.first, 0)) for week in counted), kept.get(who)
        found[who] = Capacity(past, one.per_week, one.set_by, one.set_at) if one else Capacity(past)
    return found


def concluded_by(
    session: Session, units: Collection[str], *, since: Week, until: Week
) -> dict[tuple[str, str], dict[date, int]]:
    """What people concluded in weeks from `since` on, before `until`: (unit, account or WHOLE) to week to count."""
    start, end = since.moments[0], until.moments[0]
    unit = func.coalesce(AlertEvent.unit_code, Alert.unit_code)
    query = (
        select(unit, func.coalesce(AlertEvent.assignee, Alert.assignee), AlertEvent.at)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(AlertEvent.kind.in_(_BY_PEOPLE), AlertEvent.at >= start, AlertEvent.at < end, unit.in_(units))
    )
    found: dict[tuple[str, str], dict[date, int]] = {}
    with whole_office(session):
        rows = session.execute(query).all()
    for code, account, at in rows:
        first = week_of(shanghai_day(at)).first
        for who in {WHOLE, account or WHOLE}:
            n_of = found.setdefault((code, who), {})
            n_of[first] = n_of.get(first, 0) + 1
    return found


def put(
    session: Session, person: Person, unit_code: str, per_week: int | None, *, account: str = WHOLE, at: datetime
) -> None:
    """Set what a unit, or a person in it, can verify in five working days; None: as proposed from then on.

    Raises NotPermitted for a unit that is not wholly within a post that dispatches, InputRefused.
    """
    person.must(RIGHT)
    if not may_choose(session, person, unit_code):
        raise NotPermitted(
            f"{person.code} cannot set what unit {unit_code!r} verifies in a week: it is not wholly within a post that "
            "dispatches. Ask its head.",
            "该单位不在您的分办范围内，不能设定其每周可核查条数，请由其负责人设定。",
        )
    if account and account not in {code for code, _ in verifiers(session, {unit_code}, on=shanghai_day(at))}:
        raise InputRefused(
            f"{account[:40]!r} does not verify for unit {unit_code}; expected one of its verifiers. Choose one.",
            "所选人员不是该单位的核查人员，请重新选择。",
        )
    if per_week is not None and not 0 <= per_week <= MOST:
        raise InputRefused(
            f"Alerts in five working days: got {per_week}, expected 0 to {MOST:,}. Mend it.",
            f"每五个工作日可核查条数应为 0 至 {MOST:,}，请改正。",
        )
    kept = session.get(CapacitySet, (unit_code, account), with_for_update=True)
    before = kept.per_week if kept else None
    if per_week is None:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(CapacitySet(unit_code=unit_code, account=account, per_week=per_week, set_by=person.code[:40],
                                set_at=at))  # fmt: skip
    else:
        kept.per_week, kept.set_by, kept.set_at = per_week, person.code[:40], at
    session.flush()
    said = {"account": account, "before": before, "after": per_week}
    audit.note(session, person.code, "capacity.put", "unit", unit_code, at=at, address=person.address,
               detail={key: value for key, value in said.items() if value not in (None, "")})  # fmt: skip
