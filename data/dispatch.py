"""Dispatch (分办): which unit verifies an alert, and how it gets from the unit to the person who does.

An alert goes by itself to the unit on duty for its place, domain and level; a person may dispatch otherwise, transfer
it, or send it back, always with a reason. Source: field/inventory.md, S-16, Z-06, Z-07; field/vocabulary.md, A.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from data.errors import InputRefused, MingjingError, NotPermitted, TransitionRefused
from data.loop import advance, changed, locked, refusal
from data.office_time import shanghai_day
from data.people_tables import UnitDuty
from data.queue import Filter, matching
from data.regions import around, chunks_around
from data.rights import Person, condition, whole_office
from data.tables import Alert, AlertEvent, Score, Unit
from data.written import written

ACTOR = "dispatch"
"""Who dispatches what no person did."""
_OFFICE = Person("system", "系统", "", ())
ORDINARY = ("town_commission", "commission")
"""Kinds of unit that verify what happens around them, the nearer to the ground first."""
VERIFYING = (*ORDINARY, "stationed_group")
"""Kinds of unit that verify at all; a department answers, it does not verify."""
LEAST_REASON = 2
"""Characters of the reason for not following the duties."""
_TO_TAKE = ("dispatched", "accepted")
_FEW = 400
"""Up to so many free alerts are put in order at once; of more the first are looked for along the ranks."""
_PAGE = 200


@dataclass(frozen=True)
class Duties:
    """Which unit verifies what where, read once for many alerts."""

    ordinary: Mapping[str, str]
    """Region to the unit that verifies there by the ordinary rule."""
    particular: Mapping[str, Sequence[tuple[str | None, str | None, str]]]
    """Region to domain, level and unit of the duties there; None: every one."""

    def owner(self, region: str | None, domain: str | None, level: str) -> str | None:
        """The unit that verifies an alert of this region, domain and level; None where nobody is on duty around it.

        A duty wins over the ordinary rule: domain and level before domain before level, then the nearest to the place.
        The ordinary rule is the nearest commission.
        """
        places = around(region or "")
        fitting = [
            (-2 * (its_domain is not None) - (its_level is not None), distance, unit)
            for distance, place in enumerate(places)
            for its_domain, its_level, unit in self.particular.get(place, ())
            if its_domain in (None, domain) and its_level in (None, level)
        ]
        if fitting:
            return min(fitting)[2]
        return next((self.ordinary[place] for place in places if place in self.ordinary), None)


def duties(session: Session, regions: Iterable[str]) -> Duties:
    """The duties in these places and around them."""
    ordinary: dict[str, tuple[int, str]] = {}
    particular: dict[str, list[tuple[str | None, str | None, str]]] = {}
    for chunk in chunks_around(regions):
        here = select(Unit.region_code, Unit.kind, Unit.code).where(Unit.region_code.in_(chunk))
        for region, kind, unit in session.execute(here.where(Unit.kind.in_(ORDINARY))):
            found = (ORDINARY.index(kind), unit)
            ordinary[region] = min(found, ordinary.get(region, found))
        beyond = (
            select(UnitDuty.region_code, UnitDuty.domain_code, UnitDuty.level, UnitDuty.unit_code)
            .join(Unit, Unit.code == UnitDuty.unit_code)
            .where(UnitDuty.region_code.in_(chunk), Unit.kind.in_(VERIFYING))
        )
        for region, domain, level, unit in session.execute(beyond):
            particular.setdefault(region, []).append((domain, level, unit))
    return Duties({region: unit for region, (_, unit) in ordinary.items()}, particular)


def owners(session: Session, places: Sequence[tuple[str | None, str | None, str]]) -> list[str | None]:
    """The unit that verifies each (region, domain, level), in bulk; None: it waits for a person to dispatch it."""
    known = duties(session, {region for region, _, _ in places if region})
    return [known.owner(*place) for place in places]


def receivers(session: Session) -> list[Unit]:
    """The units that an alert can be dispatched or transferred to, in order of place."""
    verifying = select(Unit).where(Unit.kind.in_(VERIFYING))
    return list(session.scalars(verifying.order_by(Unit.region_code, Unit.code)))


def dispatch(
    session: Session,
    alert_id: int,
    person: Person,
    unit_code: str,
    *,
    at: datetime,
    version: int | None = None,
    note: str = "",
) -> AlertEvent:
    """Give a waiting alert to a unit. Another unit than the one on duty takes a reason (`note`).

    Raises InputRefused for a unit that does not verify or a missing reason, and what `loop.advance` raises.
    """
    alert = locked(session, alert_id)
    unit = _receiver(session, unit_code)
    (on_duty,) = owners(session, [(alert.region_code, alert.domain_code, alert.level)])
    note = written(note, name="reason", least=0 if on_duty in (None, unit_code) else LEAST_REASON)
    return advance(
        session, alert, "dispatched", person, at=at, version=version,
        note=_noted(f"分办至{unit.name}", note), values={"unit_code": unit.code},
    )  # fmt: skip


def transfer(
    session: Session,
    alert_id: int,
    person: Person,
    unit_code: str,
    *,
    at: datetime,
    version: int | None = None,
    note: str = "",
) -> AlertEvent:
    """Give an alert that a unit has to another unit, also of another jurisdiction; its clock starts anew there.

    Raises InputRefused for a unit that does not verify or a missing reason, and what `loop.advance` raises.
    """
    alert = locked(session, alert_id)
    unit = _receiver(session, unit_code)
    note = written(note, name="reason", least=LEAST_REASON)
    if alert.unit_code == unit.code:
        raise TransitionRefused(
            f"Alert {alert.id} is with {unit.name_en} ({unit.code}) already. Choose another unit.",
            f"第 {alert.id} 号预警已在{unit.name}，请选择其他单位。",
        )
    return advance(
        session, alert, "transferred", person, at=at, version=version,
        note=_noted(f"{_unit_name(session, alert)}转至{unit.name}", note), values={"unit_code": unit.code},
    )  # fmt: skip


def send_back(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, note: str
) -> AlertEvent:
    """Send an alert back to whoever dispatches, with the reason why this unit cannot verify it."""
    alert = locked(session, alert_id)
    note = written(note, name="reason", least=LEAST_REASON)
    return advance(
        session, alert, "sent_back", person, at=at, version=version,
        note=_noted(f"{_unit_name(session, alert)}退回", note), values={"unit_code": None},
    )  # fmt: skip


def sign_in(session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None) -> AlertEvent:
    """Sign for an alert on behalf of the unit: the clock of its verification starts."""
    return advance(session, locked(session, alert_id), "signed_in", person, at=at, version=version)


def take(session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None) -> AlertEvent:
    """Take an alert to verify it; one not yet signed for is signed for in the same step."""
    alert = locked(session, alert_id)
    if error := changed(session, alert, version) or refusal(session, alert, "taken", person, at=at):
        raise error
    return _take(session, alert, person, at=at)


def _take(session: Session, alert: Alert, person: Person, *, at: datetime) -> AlertEvent:
    if alert.status == "dispatched":
        advance(session, alert, "signed_in", person, at=at)
    return advance(session, alert, "taken", person, at=at, values={"signed_in_at": alert.signed_in_at or at})


def release(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, note: str = ""
) -> AlertEvent:
    """Put an alert back that one has taken, for colleagues to take; its due date stays."""
    return advance(session, locked(session, alert_id), "released", person, at=at, version=version, note=written(note))


def assign(
    session: Session,
    alert_id: int,
    person: Person,
    to: Person,
    *,
    at: datetime,
    version: int | None = None,
    note: str = "",
) -> AlertEvent:
    """Have somebody verify an alert, or go on with one that is being put right: one of its unit, not tied to it.

    Raises NotPermitted where `to` may not verify it, Recused where `to` is tied, and what `loop.advance` raises.
    """
    alert = locked(session, alert_id)
    if alert.status == "rectifying":
        return hand_on(session, alert_id, person, to, at=at, version=version, note=note)
    if error := changed(session, alert, version) or assign_refusal(session, alert, person, to, at=at):
        raise error
    return advance(
        session, alert, "assigned", person, at=at, to=to, note=_noted(f"指派{to.name}", written(note)),
        values={"signed_in_at": alert.signed_in_at or at},
    )  # fmt: skip


def hand_on(
    session: Session,
    alert_id: int,
    person: Person,
    to: Person,
    *,
    at: datetime,
    version: int | None = None,
    note: str = "",
) -> AlertEvent:
    """Have somebody else of the unit put right what was found; its due date stays. Raises as `assign` does."""
    alert = locked(session, alert_id)
    if error := changed(session, alert, version) or assign_refusal(session, alert, person, to, at=at):
        raise error
    return advance(session, alert, "handed_on", person, at=at, to=to, note=_noted(f"移交{to.name}", written(note)))


def put_back(session: Session, account: str, *, at: datetime) -> tuple[int, int]:
    """Put back what somebody was verifying who is here no more; what they were putting right has to be handed on.

    Returns how many alerts were put back, and how many have to be handed on.
    """
    with whole_office(session):
        theirs = select(Alert.id).where(Alert.assignee == account, Alert.status.in_(("verifying", "rectifying")))
        found = [locked(session, alert_id) for alert_id in session.scalars(theirs.order_by(Alert.id)).all()]
        found = [alert for alert in found if alert.assignee == account]
        verified = [alert for alert in found if alert.status == "verifying"]
        for alert in verified:
            advance(session, alert, "put_back", _OFFICE, at=at)
    return len(verified), sum(alert.status == "rectifying" for alert in found)


def assign_refusal(session: Session, alert: Alert, person: Person, to: Person, *, at: datetime) -> MingjingError | None:
    """Why this person cannot have `to` verify this alert, or go on with it; None where it can be done."""
    action = "handed_on" if alert.status == "rectifying" else "assigned"
    if error := refusal(session, alert, action, person, at=at, to=to):
        return error
    if not to.may_on("verify", alert):
        return NotPermitted(
            f"{to.code} cannot verify alert {alert.id}: it belongs to another unit or domain. Choose somebody of its "
            "unit, or transfer it.",
            f"{to.name}不能核查第 {alert.id} 号预警：它属于其他单位或领域。请指派承办单位的人员，或先转办。",
        )
    if alert.assignee == to.code:
        return TransitionRefused(
            f"{to.code} verifies alert {alert.id} already. Choose somebody else.",
            f"第 {alert.id} 号预警已由{to.name}核查，请指派其他人。",
        )
    return None


def _receiver(session: Session, unit_code: str) -> Unit:
    unit = session.get(Unit, unit_code)
    if unit is None or unit.kind not in VERIFYING:
        got = f"{unit.kind} {unit_code}" if unit else f"{unit_code!r}, which does not exist"
        raise InputRefused(
            f"An alert cannot be given to this unit: got {got}; expected a commission or a stationed group. "
            "Choose a unit that verifies.",
            f"不能分办至{unit.name if unit else unit_code}：它不是承担核查的单位，请选择纪委监委或派驻纪检监察组。",
        )
    return unit


def _unit_name(session: Session, alert: Alert) -> str:
    unit = session.get(Unit, alert.unit_code) if alert.unit_code else None
    return unit.name if unit else ""


def _noted(what: str, note: str) -> str:
    return f"{what}：{note}" if note else what


def take_next(session: Session, person: Person, wanted: Filter, *, at: datetime) -> int | None:
    """Take the highest-ranked free alert of the view that this person may verify; None when nothing is left.

    One that is locked by somebody who is taking it, or that recusal forbids, is passed over: of any number of people
    who ask at once each gets another one, and none waits for the others.
    """
    for alert_id in _free(session, person, wanted, at=at):
        seen = session.get(Alert, alert_id)
        if seen is None or refusal(session, seen, "taken", person, at=at):
            continue
        version = seen.version
        still_free = select(Alert).where(Alert.id == alert_id, Alert.status.in_(_TO_TAKE))
        alert = session.scalar(still_free.with_for_update(skip_locked=True).execution_options(populate_existing=True))
        if alert is None or (alert.version != version and refusal(session, alert, "taken", person, at=at)):
            continue
        _take(session, alert, person, at=at)
        return alert_id
    return None


def _free(session: Session, person: Person, wanted: Filter, *, at: datetime) -> Iterator[int]:
    """Ids of the free alerts of a view within a person's scope, by rank, then the newest of those without one."""
    view = matching(replace(wanted, status=_TO_TAKE), shanghai_day(at), me=person.code)
    view = view.where(condition(person, "verify"))
    found = list(session.scalars(view.limit(_FEW + 1)))
    if len(found) <= _FEW:
        ranks = select(Alert.id).outerjoin(Score, Score.alert_id == Alert.id).where(Alert.id.in_(found))
        order = (Score.queue_rank.is_(None), Score.queue_rank, Alert.raised_at.desc(), Alert.id.desc())
        yield from session.scalars(ranks.order_by(*order)).all()
        return
    yield from _along_the_ranks(session, view)
    ranked = select(Score.alert_id).where(Score.alert_id == Alert.id, Score.queue_rank.is_not(None))
    newest = view.where(~ranked.exists()).order_by(Alert.raised_at.desc(), Alert.id.desc())
    yield from session.scalars(newest.limit(_PAGE)).all()


def _along_the_ranks(session: Session, view: Select[int]) -> Iterator[int]:
    """The view's alerts by rank, page by page: the cost is that of the ranks passed, not that of the queue."""
    rank: int | None = 0
    while True:
        ranks = select(Score.alert_id, Score.queue_rank).where(Score.queue_rank > rank)
        page = session.execute(ranks.order_by(Score.queue_rank).limit(_PAGE)).all()
        if not page:
            return
        ids = [alert_id for alert_id, _ in page]
        inside = set(session.scalars(view.where(Alert.id.in_(ids))))
        yield from (alert_id for alert_id in ids if alert_id in inside)
        rank = page[-1][1]
