"""The plan of the week: which alerts each unit verifies within what it can, in its order of work; only a proposal.

Within a unit's capacity come, in this order: random checks that were drawn, the oldest first; what is being verified;
what is past its due date, the longest first; the rest in the named order the unit works by. It is shown in the order:
being verified, overdue, drawn, rest. Nobody is planned for what recusal or their post keeps from them. The same alerts
give the same plan, whoever looks, on every database. Confirming it is in `data.plan_confirming`.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from data import orders
from data.bulk import verifiers
from data.capacity import WHOLE, Capacities, Capacity, Week, capacities, concluded_by, planned_week
from data.dispatch import VERIFYING, owners
from data.four_eyes import gave_what_was_reversed
from data.order_choice import Chosen, in_force
from data.queue import Filter, in_order
from data.recusal import tied
from data.rights import Person, find_person, whole_office
from data.tables import Alert, AlertEvent, Score, Unit

REASONS = ("going_on", "overdue", "drawn", "in_order")
"""Why an alert is in the plan, in the order they are shown."""
_FREE = ("dispatched", "accepted")
_MORE = 50
"""Alerts looked at beyond the capacity, for those that nobody of the unit may verify."""
_COLUMNS = (
    Alert.id.label("alert_id"), Alert.version, Alert.level, Alert.status, Alert.raised_at, Alert.due_on,
    Alert.recoverable, Alert.unit_code, Alert.region_code, Alert.domain_code, Alert.assignee, Alert.drawn,
    Score.p_confirmed, Score.p_low, Score.p_high,
)  # fmt: skip
_ALERTS: Select[*tuple[Any, ...]] = select(*_COLUMNS).outerjoin(Score, Score.alert_id == Alert.id)


@dataclass(frozen=True)
class Planned:
    """An alert in the plan of a unit."""

    alert_id: int
    version: int
    why: str
    """One of REASONS."""
    waiting: bool
    """Whether it has no unit yet: confirming the plan dispatches it."""
    account: str | None
    """Who has it or is to have it; None: whoever of the unit takes it."""
    given: bool
    """Whether confirming the plan gives it to `account`."""
    chance: tuple[float, float, float] | None
    """p_confirmed, p_low, p_high; None: not scored yet."""
    recoverable: float | None


@dataclass(frozen=True)
class UnitPlan:
    """What a unit verifies in a week."""

    unit: Unit
    week: Week
    order: Chosen
    capacity: Capacity
    people: Mapping[str, Capacity]
    """Of those who verify for it, where the week is dealt out to people; empty: the unit as a whole."""
    past_of: Mapping[str, Capacity]
    """Of everybody who verifies for it."""
    n_done: int
    """Concluded in the week so far."""
    room: int | None
    """How many more the week holds, for the unit and for its people together; None: the capacity is not known."""
    items: tuple[Planned, ...]
    n_beyond: int
    """Open alerts of the unit that the week has no room for."""
    n_recused: int
    """Of those looked at, alerts that nobody of the unit may verify."""
    n_waiting_drawn: int = 0
    """Random checks the week has no room for."""

    @property
    def fingerprint(self) -> str:
        """Stands for what a person saw before confirming: other alerts, versions or people give another."""
        said = [(one.alert_id, one.version, one.account, one.given) for one in self.items]
        return hashlib.sha256(repr((self.unit.code, self.week.first, said)).encode()).hexdigest()[:16]

    def n_of(self, why: str) -> int:
        """How many alerts are in it for a reason."""
        return sum(one.why == why for one in self.items)

    @property
    def n_to_give(self) -> int:
        """How many alerts confirming it dispatches or assigns."""
        return sum(one.waiting or one.given for one in self.items)

    @property
    def recoverable(self) -> float:
        """CNY expected of it: likelihood times what each may bring back."""
        return sum(one.chance[0] * one.recoverable for one in self.items if one.chance and one.recoverable)


def chances(plans: Sequence[UnitPlan]) -> list[tuple[float, float, float]]:
    """The likelihoods of every planned alert that is scored."""
    return [one.chance for plan in plans for one in plan.items if one.chance]


@dataclass
class _Team:
    """Who verifies for a unit, and how many more each can; without a limit where the unit is planned as a whole."""

    people: Sequence[Person]
    left: dict[str, int] | None
    ties: set[tuple[int, str]] = field(default_factory=set)

    def able(self, row: Row[Any], unit_code: str) -> list[str]:
        """Accounts of those whose post reaches the alert once the unit has it, and whom nothing ties to it."""
        given = Alert(unit_code=unit_code, domain_code=row.domain_code, region_code=row.region_code)
        return [
            one.code for one in self.people if one.may_on("verify", given) and (row.alert_id, one.code) not in self.ties
        ]

    def deal(self, able: Sequence[str]) -> str | None:
        """The one of them with the most room left, then by code; None: nobody has any."""
        assert self.left is not None  # noqa: S101  (asked only where people are planned)
        free = [code for code in able if self.left.get(code, 0) > 0]
        return min(free, key=lambda code: (-self.left[code], code)) if free else None  # type: ignore[index]


def units_of(session: Session, person: Person) -> list[Unit]:
    """The units whose plan this person sees: those within a post that dispatches, and those they verify for."""
    verifying = session.scalars(select(Unit).where(Unit.kind.in_(VERIFYING)).order_by(Unit.region_code, Unit.code))
    mine, regions = person.units("verify"), person.regions("dispatch")
    return [one for one in verifying if one.code in mine or any(one.region_code.startswith(r) for r in regions)]


@dataclass(frozen=True)
class Ground:
    """What the plans of some units stand on whatever the order of work, read once."""

    units: Sequence[Unit]
    week: Week
    today: date
    capacities: Capacities
    done: Mapping[tuple[str, str], Mapping[date, int]]
    """(unit, account or WHOLE) to what was concluded by week, the planned one only."""
    people: Mapping[str, Sequence[Person]]
    """Unit to those who verify for it, in order of code; of units that have something open."""
    waiting: Mapping[str, list[Row[Any]]]
    going_on: Mapping[str, list[Row[Any]]]
    drawn: Mapping[str, list[Row[Any]]]
    """Unit to its alerts without a unit yet, those being verified, and random checks nobody has taken."""
    n_free: Mapping[str, int]


def ground(session: Session, units: Sequence[Unit], *, today: date) -> Ground:
    """Read what the plans of these units stand on, for the week planned on this day."""
    week, codes = planned_week(today), [unit.code for unit in units]
    with whole_office(session):
        here, free = Alert.unit_code.in_(codes), Alert.status.in_(_FREE)
        counted = select(Alert.unit_code, func.count(Alert.id)).where(here, free).group_by(Alert.unit_code)
        n_free = {unit: n for unit, n in session.execute(counted) if unit is not None}
        waiting = _waiting(session, codes)
        going_on = _by_unit(_read(session, _ALERTS.where(here, Alert.status == "verifying")))
        return Ground(
            units=units, week=week, today=today, capacities=capacities(session, codes, week=week),
            done=concluded_by(session, codes, since=week, until=week.before(-1)),
            people={
                unit: [find_person(session, code, today=today) for code, _ in verifiers(session, {unit}, on=today)]
                for unit in codes
                if unit in n_free or unit in waiting or unit in going_on
            },
            waiting=waiting, going_on=going_on,
            drawn=_by_unit(_read(session, _ALERTS.where(here, free, Alert.drawn.is_(True)))), n_free=n_free,
        )  # fmt: skip


def plans(session: Session, on: Ground, *, order: str | None = None, worth: float = 0.0) -> list[UnitPlan]:
    """The plan of each unit; `order`: as if everybody worked by that named order instead of the one in force."""
    with whole_office(session):
        ruled, looked = in_force(session), Chosen(order, worth) if order else None
        return [_plan(session, on, unit, looked or ruled.of(unit.code)) for unit in on.units]


def unplaced(session: Session) -> int:
    """Alerts that wait and that no unit is on duty for: a person has to dispatch them."""
    with whole_office(session):
        places = select(Alert.region_code, Alert.domain_code, Alert.level).where(Alert.status == "waiting")
        rows = [(region, domain, level) for region, domain, level in session.execute(places)]
        return sum(unit is None for unit in owners(session, rows))


def _waiting(session: Session, units: Collection[str]) -> dict[str, list[Row[Any]]]:
    """Alerts without a unit yet, by the unit on duty for them."""
    rows = _read(session, _ALERTS.where(Alert.status == "waiting"))
    on_duty = owners(session, [(row.region_code, row.domain_code, row.level) for row in rows])
    found: dict[str, list[Row[Any]]] = {}
    for row, unit in zip(rows, on_duty, strict=True):
        if unit is not None and unit in units:
            found.setdefault(unit, []).append(row)
    return found


def _by_unit(rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.unit_code, []).append(row)
    return found


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> list[Row[Any]]:
    return list(session.execute(query))


def _plan(session: Session, on: Ground, unit: Unit, order: Chosen) -> UnitPlan:
    capacity, people = on.capacities[unit.code, WHOLE], on.people.get(unit.code, ())
    n_done, whole = _done(on, unit.code, WHOLE), capacity.of(on.week)
    room = None if whole is None else max(0, whole - n_done)
    known = {one.code: on.capacities.get((unit.code, one.code), Capacity(())) for one in people}
    by_person = any(one.set_to is not None for one in known.values())
    left = None
    if by_person:
        left = {code: max(0, (one.of(on.week) or 0) - _done(on, unit.code, code)) for code, one in known.items()}
        room = sum(left.values()) if room is None else min(room, sum(left.values()))
    items, n_recused = _chosen(session, on, unit.code, order, room or 0, _Team(people, left))
    waiting, drawn = on.waiting.get(unit.code, []), on.drawn.get(unit.code, [])
    n_open = on.n_free.get(unit.code, 0) + len(waiting) + len(on.going_on.get(unit.code, []))
    n_drawn = len(drawn) + sum(row.drawn for row in waiting)
    return UnitPlan(
        unit=unit, week=on.week, order=order, capacity=capacity, people=known if by_person else {}, past_of=known,
        n_done=n_done, room=room, items=tuple(items), n_beyond=n_open - len(items), n_recused=n_recused,
        n_waiting_drawn=n_drawn - sum(one.why == "drawn" for one in items),
    )  # fmt: skip


def _done(on: Ground, unit: str, account: str) -> int:
    return on.done.get((unit, account), {}).get(on.week.first, 0)


def _chosen(
    session: Session, on: Ground, unit: str, order: Chosen, room: int, team: _Team
) -> tuple[list[Planned], int]:
    """The plan's alerts, and how many of those looked at nobody of the unit may verify."""
    waiting, n_free = on.waiting.get(unit, []), on.n_free.get(unit, 0)
    drawn = [*on.drawn.get(unit, []), *(row for row in waiting if row.drawn)]
    before = [("drawn", row) for row in sorted(drawn, key=lambda row: (row.raised_at, row.alert_id))]
    before += [("going_on", row) for row in sorted(on.going_on.get(unit, []), key=_by_due)]
    looked = room + _MORE
    while True:
        late, rest = _late_and_rest(session, unit, order, looked, waiting, on.today) if room else ([], [])
        first = [*before, *(("overdue", row) for row in late if not row.drawn)]
        first += [("in_order", row) for row in rest if not row.drawn and not _is_late(row, on.today)]
        items, n_recused, full = _dealt(session, unit, first, room, team)
        if full or looked >= n_free:
            return sorted(items, key=lambda one: REASONS.index(one.why)), n_recused
        looked *= 2


def _late_and_rest(
    session: Session, unit: str, order: Chosen, looked: int, waiting: list[Row[Any]], today: date
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """The first of what is overdue, and the first of everything in the order of work; both free."""
    overdue = _ALERTS.where(Alert.unit_code == unit, Alert.status.in_(_FREE), Alert.due_on < today)
    late = _read(session, overdue.order_by(Alert.due_on, *orders.by("urgency")).limit(looked))
    late = sorted([*late, *(row for row in waiting if _is_late(row, today))], key=_by_due)
    wanted = Filter(unit=(unit,), status=_FREE)
    ids = in_order(session, wanted, order=order.order, start=0, end=looked, today=today, worth=order.worth)
    rest = _read(session, _ALERTS.where(Alert.id.in_(ids)))
    return late, sorted([*rest, *waiting], key=order.key)


def _is_late(row: Row[Any], today: date) -> bool:
    return row.due_on is not None and row.due_on < today


def _by_due(row: Row[Any]) -> tuple[Any, ...]:
    return (row.due_on is None, row.due_on or date.max, *orders.key("urgency", row))


def _dealt(
    session: Session, unit: str, first: Sequence[tuple[str, Row[Any]]], room: int, team: _Team
) -> tuple[list[Planned], int, bool]:
    """As many of these alerts as there is room for, each with who verifies it; and whether the room is used up."""
    _learn_ties(session, [row for why, row in first if why != "going_on"], team)
    left = None if team.left is None else dict(team.left)
    dealing = _Team(team.people, left, team.ties)
    items: list[Planned] = []
    n_recused = 0
    for why, row in first:
        if len(items) >= room or (left is not None and not any(left.values())):
            return items, n_recused, True
        account = row.assignee if why == "going_on" else None
        if why != "going_on" and team.people:
            able = dealing.able(row, unit)
            if not able:
                n_recused += 1
                continue
            account = None if left is None else dealing.deal(able)
            if left is not None and account is None:
                continue
        if left is not None:
            if account is None or left.get(account, 0) <= 0:
                continue
            left[account] -= 1
        chance = None if row.p_confirmed is None else (row.p_confirmed, row.p_low, row.p_high)
        given = why != "going_on" and account is not None
        items.append(
            Planned(row.alert_id, row.version, why, row.status == "waiting", account, given, chance, row.recoverable)
        )
    return items, n_recused, len(items) >= room


def _learn_ties(session: Session, rows: Sequence[Row[Any]], team: _Team) -> None:
    ids = [row.alert_id for row in rows]
    team.ties = tied(session, ids, team.people)
    undone = select(AlertEvent.alert_id).where(AlertEvent.kind == "reversed", AlertEvent.alert_id.in_(ids))
    for alert_id in sorted(set(session.scalars(undone))):
        alert = session.get_one(Alert, alert_id)
        team.ties |= {(alert_id, one.code) for one in team.people if gave_what_was_reversed(session, alert, one)}
