"""Intake (嵌入式监督模块): alerts that another system's supervision module sends, and what it concluded itself.

An alert is known by the alert_id its system gave it. Sending the same again changes nothing; sending it with evidence
that is new extends it, as a collision that finds more rows does; sending it about somebody or something else is
refused. What is personal is masked before it is kept; number and name are kept sealed for those who may unmask.
Source: field/inventory.md, S-11, S-46; design.md, 6.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table as SqlTable
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import audit, check_slice, identities, suppressions
from data.database import reading, writing
from data.dispatch import ACTOR as DISPATCHER
from data.dispatch import owners
from data.errors import NotPermitted, TransitionRefused
from data.growth import due_with, higher, reopens
from data.loop import advance, locked, record
from data.office_time import shanghai_day
from data.outcomes import OUTCOMES
from data.received import PERSONAL, Prepared, Received, number_of, prepare, system_of
from data.rights import Person
from data.states import CONCLUDED, STATES
from data.tables import Alert, AlertEvent, AlertEvidence, Table
from data.working_days import working_days_after
from data.written import written

MOST = 1000
"""Alerts of one call."""
RULE = "module"
"""Rule of the alerts that came this way."""
RESULTS = ("raised", "extended", "reopened", "unchanged", "withheld")
"""What may become of an alert that is sent."""
REPORTED = ("CX", "EX", "D1")
"""What another system may say of its own alerts."""
CONFIRMING = ("CX",)
"""Of these what counts as an outcome: nobody closes an alert on data of the own. Source: field/rules.md, 4."""
_OFFICE = Person(DISPATCHER, DISPATCHER, "", ())
_CHUNK = 400
_TRIES = 3


@dataclass(frozen=True)
class Taken:
    """What became of an alert that was received."""

    alert_id: str
    id: int | None
    result: str
    """raised, extended, reopened, unchanged, or withheld for a suppression of its subject: then it is not on record."""
    status: str | None
    unit_code: str | None
    due_on: date | None
    n_evidence_added: int = 0


class IntakeConflict(TransitionRefused):
    """An alert_id that stands for something else already."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        self.faults = faults
        shown = "; ".join(f"{alert_id}: {', '.join(what)}" for alert_id, what in list(faults.items())[:5])
        more = f" and {len(faults) - 5:,} more" if len(faults) > 5 else ""
        super().__init__(
            f"{len(faults):,} alert_id of this call are on record with something else ({shown}{more}); nothing of the "
            "call was taken. Send what changed under a new alert_id, and more of the same as new evidence rows.",
            f"本次有 {len(faults):,} 个 alert_id 已登记为其他内容（{shown}{'等' if more else ''}），本次全部未接收。"
            "内容不同的请使用新的 alert_id，同一预警的新情况请以新增证据行上报。",
        )


def reference_of(alert_key: str) -> str | None:
    """The alert_id under which another system sent an alert; None for alerts of any other origin."""
    system, bar, alert_id = alert_key.partition("|")
    return alert_id if bar and system.startswith("token:") else None


def receive(system: Person, received: Sequence[Received], *, at: datetime) -> list[Taken]:
    """Take alerts of another system in, all or none, and dispatch what is new, in a transaction of its own.

    Returns what became of each, in the order received; of two calls that send the same at once the second finds it
    there. Raises InputRefused for what cannot be used, NotPermitted for places outside the system's region,
    IntakeConflict where an alert_id stands for something else.
    """
    with reading() as session:
        prepared = prepare(session, system, received, at=at)
    for tries_left in reversed(range(_TRIES)):
        try:
            with writing() as session:
                return _take_in(session, system, prepared, at)
        except IntegrityError:
            if not tries_left:
                raise
    raise AssertionError


def _take_in(session: Session, system: Person, prepared: Sequence[Prepared], at: datetime) -> list[Taken]:
    known = _standing(session, [one.key for one in prepared])
    kept = _evidence_of(session, [alert.id for alert in known.values()])
    faults = {
        one.received.alert_id: found
        for one in prepared
        if one.key in known and (found := _differences(known[one.key], one, kept))
    }
    if faults:
        raise IntakeConflict(faults)
    withheld = _withhold(session, [one for one in prepared if _is_for_suppression(one, known)], at)
    wanted = [one for one in prepared if one.key not in withheld]
    _seal_names(session, wanted)
    raised = _raise(session, system, [one for one in wanted if one.key not in known], at)
    extended = {one.key: _extend(session, system, known[one.key], one, kept, at) for one in wanted if one.key in known}
    results = withheld | raised | extended
    taken = [results[one.key] for one in prepared]
    counts = dict(Counter(one.result for one in taken))
    audit.note(
        session, system.code, "alert.received", "interface", system.code, at=at, address=system.address,
        detail=counts | {"first": taken[0].alert_id, "last": taken[-1].alert_id} if taken else {},
    )  # fmt: skip
    return taken


def _is_for_suppression(one: Prepared, known: Mapping[str, Alert]) -> bool:
    return one.key not in known or reopens(known[one.key].status)


def _withhold(session: Session, new: Sequence[Prepared], at: datetime) -> dict[str, Taken]:
    """What is not raised, or not opened again, for a suppression of its subject; each is counted there."""
    found: dict[str, Taken] = {}
    counted: Counter[int] = Counter()
    for source in sorted({one.source for one in new}):
        keys = {one.subject_key for one in new if one.source == source}
        for standing in suppressions.standing(session, source, keys, shanghai_day(at)):
            for one in new:
                same = (one.source, one.subject_key) == (source, standing.subject_key)
                if same and standing.rule in (None, RULE) and one.key not in found:
                    found[one.key] = Taken(one.received.alert_id, None, "withheld", None, None, None)
                    counted[standing.id] += 1
    suppressions.count(session, counted)
    return found


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _standing(session: Session, keys: Sequence[str]) -> dict[str, Alert]:
    """The alerts that are on record under these keys, held in order of id until the transaction ends."""
    ids = [
        one for chunk in _chunks(keys) for one in session.scalars(select(Alert.id).where(Alert.alert_key.in_(chunk)))
    ]
    locks = select(Alert).order_by(Alert.id).with_for_update().execution_options(populate_existing=True)
    return {
        alert.alert_key: alert
        for chunk in _chunks(sorted(ids))
        for alert in session.scalars(locks.where(Alert.id.in_(chunk)))
    }


def _evidence_of(session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {one: set() for one in ids}
    for chunk in _chunks(ids):
        rows = select(AlertEvidence.alert_id, AlertEvidence.row_key).where(AlertEvidence.alert_id.in_(chunk))
        for alert_id, row_key in session.execute(rows):
            found[alert_id].add(row_key)
    return found


def _differences(alert: Alert, one: Prepared, kept: Mapping[int, set[str]]) -> list[str]:
    """What makes this another alert than the one on record; empty where it is the same or more of it.

    A level is not compared: the office may have lowered it. A smaller amount is one sent before it grew.
    """
    said = {
        "raised_at": (one.received.raised_at, alert.raised_at),
        "source": (one.source, alert.source),
        "region": (one.region, alert.region_code),
        "domain": (one.domain, alert.domain_code),
        "subject": ((one.received.subject_kind, one.subject_key), (alert.subject_kind, alert.subject_key)),
    }
    grows = bool(set(one.evidence) - kept[alert.id])
    if not grows:
        said["title"] = (one.title, alert.title)
        said["attributes"] = (one.attributes, alert.attributes)
    found = [name for name, (got, there) in said.items() if got != there]
    amount = one.received.amount
    if not grows and amount is not None and amount > max(alert.amount or 0, alert.first_amount or 0):
        found.append("amount (a larger one needs the evidence rows that show it)")
    return found


def _seal_names(session: Session, prepared: Sequence[Prepared]) -> None:
    people = {
        one.subject_key: (one.received.subject_name.strip(), number_of(one.received.subject_number))
        for one in prepared
        if one.received.subject_kind in PERSONAL
    }
    if people:
        identities.remember(session, people)


def _raise(session: Session, system: Person, new: Sequence[Prepared], at: datetime) -> dict[str, Taken]:
    if not new:
        return {}
    units = owners(session, [(one.region, one.domain, one.received.level) for one in new])
    share = check_slice.share(session)
    rows = [_row(one, unit, at) | {"check_share": share} for one, unit in zip(new, units, strict=True)]
    _insert(session, Alert, rows)
    ids = {
        key: alert_id
        for chunk in _chunks([one.key for one in new])
        for key, alert_id in session.execute(select(Alert.alert_key, Alert.id).where(Alert.alert_key.in_(chunk)))
    }
    check_slice.draw(session, {ids[one.key]: one.received.raised_at for one in new}, share)
    evidence = [
        {"alert_id": ids[one.key], "row_key": key, "content": content}
        for one in new
        for key, content in one.evidence.items()
    ]
    _insert(session, AlertEvidence, evidence)
    events = [event for one, row in zip(new, rows, strict=True) for event in _events(system, one, row, ids, at)]
    _insert(session, AlertEvent, events)
    return {
        one.key: Taken(
            one.received.alert_id,
            ids[one.key],
            "raised",
            row["status"],
            row["unit_code"],
            row["due_on"],
            len(one.evidence),
        )
        for one, row in zip(new, rows, strict=True)
    }


def _insert(session: Session, rows_of: type[Table], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(cast("SqlTable", rows_of.__table__)), rows)


def _row(one: Prepared, unit: str | None, at: datetime) -> dict[str, Any]:
    received, status = one.received, "dispatched" if unit else "waiting"
    return {
        "alert_key": one.key,
        "source": one.source,
        "rule": RULE,
        "domain_code": one.domain,
        "region_code": one.region,
        "unit_code": unit,
        "level": received.level,
        "status": status,
        "version": 2 if unit else 1,
        "subject_kind": received.subject_kind,
        "subject_key": one.subject_key,
        "subject_display": one.display,
        "title": one.title,
        "title_en": one.title_en,
        "happened_on": received.happened_on,
        "raised_at": received.raised_at,
        "dispatched_at": at if unit else None,
        "due_on": working_days_after(shanghai_day(at), STATES[status].days),
        "amount": received.amount,
        "recoverable": received.recoverable,
        "attributes": one.attributes,
    }


def _events(
    system: Person, one: Prepared, row: Mapping[str, Any], ids: Mapping[str, int], at: datetime
) -> list[dict[str, Any]]:
    raised = {
        "alert_id": ids[one.key],
        "at": one.received.raised_at,
        "actor": system.code[:60],
        "kind": "raised",
        "version": 1,
        "from_status": None,
        "to_status": "waiting",
        "note": "",
    }
    if row["status"] == "waiting":
        return [raised]
    moved = {"actor": DISPATCHER, "kind": "dispatched", "from_status": "waiting", "to_status": "dispatched"}
    return [raised, raised | moved | {"at": at, "version": 2}]


def _extend(
    session: Session, system: Person, alert: Alert, one: Prepared, kept: Mapping[int, set[str]], at: datetime
) -> Taken:
    """Add what is new to an alert that stands; a closed one opens again."""
    fresh = {key: content for key, content in one.evidence.items() if key not in kept[alert.id]}
    if not fresh:
        return _taken(alert, one, "unchanged")
    _insert(
        session,
        AlertEvidence,
        [{"alert_id": alert.id, "row_key": key, "content": content} for key, content in fresh.items()],
    )
    level = higher(alert.level, one.received.level)
    alert.due_on = due_with(alert.status, alert.signed_in_at, alert.due_on, alert.level, level)
    alert.level = level
    alert.amount = _larger(alert.amount, one.received.amount)
    alert.recoverable = _larger(alert.recoverable, one.received.recoverable)
    note = f"新增 {len(fresh)} 行"
    if reopens(alert.status):
        (unit,) = owners(session, [(alert.region_code, alert.domain_code, alert.level)])
        given = {"unit_code": alert.unit_code or unit}
        advance(session, alert, "reopened", system, at=at, note=f"{note}；原结论 {alert.outcome}", values=given)
        if alert.unit_code is None:
            advance(session, alert, "unplaced", _OFFICE, at=at, values={"dispatched_at": None})
        return _taken(alert, one, "reopened", len(fresh))
    record(session, alert, "extended", system, at=at, note=note)
    return _taken(alert, one, "extended", len(fresh))


def _larger(there: float | None, sent: float | None) -> float | None:
    return there if sent is None else max(there or 0.0, sent)


def _taken(alert: Alert, one: Prepared, result: str, n_added: int = 0) -> Taken:
    return Taken(one.received.alert_id, alert.id, result, alert.status, alert.unit_code, alert.due_on, n_added)


def report(
    session: Session, alert_id: int, system: Person, *, at: datetime, outcome: str, note: str = ""
) -> tuple[Alert, str]:
    """Write down what another system says of an alert of its own: the alert, and whether as `outcome` or `statement`.

    A confirmation, of what nobody here is verifying yet, is its outcome and leaves it to be put right. That it was
    excluded or corrected is a statement for whoever verifies: it stands in the history and counts nowhere. The same
    again changes nothing. Raises NotFound, NotPermitted for an alert of another origin, and what `loop.advance` raises.
    """
    alert = locked(session, alert_id)
    if not alert.alert_key.startswith(f"{system_of(system)}|"):
        raise NotPermitted(
            f"Alert {alert_id} was not raised by {system.name}; a system concludes its own alerts only. Leave it to "
            "the unit that verifies.",
            f"第 {alert_id} 号预警不是{system.name}上报的，外部系统只能回传自己上报预警的结论。",
        )
    note = written(note)
    if outcome not in CONFIRMING:
        _state(session, alert, system, outcome, note, at)
        return alert, "statement"
    if not (alert.status in CONCLUDED and alert.outcome == outcome):
        advance(session, alert, "reported", system, at=at, outcome=outcome, note=note)
    return alert, "outcome"


def _state(session: Session, alert: Alert, system: Person, outcome: str, note: str, at: datetime) -> None:
    said = f"来源系统称“{OUTCOMES[outcome].name}”（{outcome}）" + (f"：{note}" if note else "")
    query = select(AlertEvent.note).where(AlertEvent.alert_id == alert.id, AlertEvent.kind == "stated")
    if session.scalar(query.order_by(AlertEvent.id.desc()).limit(1)) != said:
        record(session, alert, "stated", system, at=at, note=said)
