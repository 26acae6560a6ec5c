"""Collisions: a supervision model runs over the registers as known at a moment, and its findings become alerts.

A run is filed in one transaction. Running again changes nothing; rows that were not known before extend their alert,
and reopen it where it was closed. Source: design.md, 3 and 7; field/models.md, Y.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from data.cards import LEVELS, Card, Rule
from data.comparison import Value, bind_values, teach_calendar
from data.database import reading, writing
from data.errors import CardRefused, InputRefused, RegisterRefused
from data.folding import Finding, Row, fold_hits, plain
from data.office_time import shanghai_day, utc_now
from data.registers import latest_filings, open_registers
from data.tables import Alert, AlertEvent, AlertEvidence, CollisionRun, SupervisionModel
from data.units import find_regions, find_units

DAYS_TO_VERIFY: Mapping[str, int] = {"red": 20, "orange": 40, "yellow": 60}
"""Calendar days from raising an alert to its due date, by level."""
ACTOR = "collision"
_CHUNK = 500
_Event = tuple[int, str, str | None, str, str]
"""Alert id, kind, status before and after, note."""


@dataclass(frozen=True)
class Comparison:
    """What a supervision model found in the registers, and out of what; nothing is raised yet."""

    findings: list[Finding]
    as_of: datetime
    parameters: str
    """JSON object: the values in force where no region has its own."""
    filings: str
    """JSON object: register name to the dataset_filing.id of its newest version."""
    started_at: datetime


def collide_card(card: Card, *, as_of: datetime, parameters: Mapping[str, Value] | None = None) -> CollisionRun:
    """Run a supervision model in a transaction of its own that is opened only once the finding is done.

    So the registers, however large, are compared while others write. Otherwise as `collide`.
    """
    with reading() as session:
        comparison = compare(session, card, as_of=as_of, parameters=parameters)
    with writing() as session:
        run = file_run(session, card, comparison)
        session.expunge(run)
    return run


def collide(
    session: Session, card: Card, *, as_of: datetime, parameters: Mapping[str, Value] | None = None
) -> CollisionRun:
    """Run a supervision model over the registers as known at `as_of` (UTC) and raise, extend or reopen alerts.

    All in the caller's write transaction, which on SQLite keeps every other writer waiting; see `collide_card`.
    `parameters` replace the card's defaults and regional values for this run.
    Returns: the run as filed, with its counts.
    Raises: InputRefused for a parameter outside its range, RegisterRefused where a register the card cannot do
    without was never filed, CardRefused for a card that is not active in the warehouse or that DuckDB cannot run.
    """
    return file_run(session, card, compare(session, card, as_of=as_of, parameters=parameters))


def compare(
    session: Session, card: Card, *, as_of: datetime, parameters: Mapping[str, Value] | None = None
) -> Comparison:
    """The first half of `collide`: checks and finds, writes nothing. Raises what `collide` raises."""
    started_at = utc_now()
    given = dict(parameters or {})
    _must_be_active(session, card)
    _check_parameters(card, given)
    # Read before the registers are: a version filed in between is not on record as seen, and makes the card due again.
    filings = _latest(session, card)
    return Comparison(
        findings=find(session, card, as_of=as_of, parameters=given),
        as_of=as_of,
        parameters=json.dumps({k: _listed(v) for k, v in _values(card, given, "").items()}, ensure_ascii=False),
        filings=json.dumps(filings),
        started_at=started_at,
    )


def file_run(session: Session, card: Card, comparison: Comparison) -> CollisionRun:
    """The second half of `collide`: what was found against the alerts as they stand now, in a write transaction.

    Runs of one card wait for each other here. Raises: CardRefused for a card that is no longer active.
    """
    _must_be_active(session, card, lock=True)
    findings = comparison.findings
    run = CollisionRun(
        model_code=card.code,
        model_version=card.version,
        as_of=comparison.as_of,
        parameters=comparison.parameters,
        filings=comparison.filings,
        n_hits=sum(len(finding.rows) for finding in findings),
        n_new=0,
        n_extended=0,
        started_at=comparison.started_at,
        ended_at=comparison.started_at,
    )
    session.add(run)
    session.flush()
    standing = _standing(session, [finding.alert_key for finding in findings])
    new = [finding for finding in findings if finding.alert_key not in standing]
    grown = _grown(session, findings, standing)
    _raise_alerts(session, card, run, new)
    _extend_alerts(session, run, grown)
    run.n_new, run.n_extended, run.ended_at = len(new), len(grown), utc_now()
    session.flush()
    return run


def find(
    session: Session, card: Card, *, as_of: datetime, parameters: Mapping[str, Value] | None = None
) -> list[Finding]:
    """What a supervision model finds in the registers as known at `as_of`, without raising anything."""
    given = dict(parameters or {})
    connection = open_registers(session, card.registers, as_of=as_of)
    try:
        teach_calendar(connection)
        found: list[Finding] = []
        for rule in card.rules:
            rows = _find_rows(connection, card, rule, given, shanghai_day(as_of))
            found += fold_hits(card, rule, rows)
        return found
    finally:
        connection.close()


def _listed(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else plain(value)


def _must_be_active(session: Session, card: Card, *, lock: bool = False) -> None:
    filed = session.get(SupervisionModel, (card.code, card.version), with_for_update=lock or None)
    if filed is None or filed.status != "active":
        state = "not in the warehouse" if filed is None else filed.status
        raise CardRefused(
            f"{card.code} version {card.version} is {state}; only an active supervision model raises alerts. "
            "Install and approve it, or try it without alerts."
        )


def _check_parameters(card: Card, given: Mapping[str, Value]) -> None:
    faults = [f"card {card.code} has no parameter {name}" for name in given if name not in card.parameters]
    known = [(card.parameters[name], value) for name, value in given.items() if name in card.parameters]
    faults += [fault for parameter, value in known if (fault := parameter.fault_of(value))]
    if faults:
        raise InputRefused(
            f"{card.code} cannot run: {'; '.join(faults)}. Its parameters: {', '.join(card.parameters)}."
        )


def _latest(session: Session, card: Card) -> dict[str, int]:
    """The newest version of each register the card reads."""
    filed = latest_filings(session, card.registers)
    missing = [name for name, versions in filed.items() if not versions and name not in card.may_lack]
    if missing:
        raise RegisterRefused(
            f"{card.code} cannot run: register {', '.join(missing)} was never filed. File it, or leave {card.code} out."
        )
    return {name: versions[-1].id for name, versions in filed.items() if versions}


def _values(card: Card, given: Mapping[str, Value], region: str) -> dict[str, Value]:
    """The parameters in force in a region: given for this run, else the nearest regional value, else the default."""
    values: dict[str, Value] = {}
    for name, parameter in card.parameters.items():
        around = [prefix for prefix in parameter.by_region if region.startswith(prefix)]
        regional = parameter.by_region[max(around, key=len)] if around else parameter.default
        values[name] = given.get(name, regional)
    return values


def _find_rows(
    connection: duckdb.DuckDBPyConnection, card: Card, rule: Rule, given: Mapping[str, Value], day: date
) -> list[Row]:
    """The rows of a rule, each found with the parameters of its own region."""
    regions = {prefix for parameter in card.parameters.values() for prefix in parameter.by_region}
    places = ["", *sorted(regions, key=lambda prefix: (len(prefix), prefix))]
    rows: list[Row] = []
    for place in places:
        inner = tuple(p for p in places if p.startswith(place) and p != place)
        for row in _run(connection, card, rule, {**_values(card, given, place), "as_of": day}):
            code = str(row[rule.region] or "")
            if code.startswith(place) and not (inner and code.startswith(inner)):
                rows.append(row)
    return rows


def _run(
    connection: duckdb.DuckDBPyConnection, card: Card, rule: Rule, values: Mapping[str, Value]
) -> Iterator[dict[str, Any]]:
    try:
        result = connection.execute(bind_values(rule.sql, values))
        names = [column[0] for column in result.description or ()]
        for values_of_row in result.fetchall():
            yield dict(zip(names, values_of_row, strict=True))
    except duckdb.Error as error:
        raise CardRefused(
            f"{card.code}, rule {rule.code}, cannot be run: {str(error).splitlines()[0]} Mend the rule's SQL."
        ) from error


@dataclass(frozen=True)
class _Standing:
    """An alert as it stood before this run."""

    id: int
    status: str
    outcome: str | None
    cause: str | None
    level: str
    due_on: date | None
    amount: float | None
    recoverable: float | None


@dataclass(frozen=True)
class _Grown:
    """An alert that stands, with the rows that are new to it."""

    alert: _Standing
    fresh: Finding


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    listed = list(items)
    for start in range(0, len(listed), _CHUNK):
        yield listed[start : start + _CHUNK]


def _ids(session: Session, keys: Iterable[str]) -> dict[str, int]:
    return {
        key: alert_id
        for chunk in _chunks(keys)
        for key, alert_id in session.execute(select(Alert.alert_key, Alert.id).where(Alert.alert_key.in_(chunk)))
    }


def _standing(session: Session, keys: list[str]) -> dict[str, _Standing]:
    """The alerts with these keys, locked until the end of the transaction: a verdict comes before the run or after it.

    Locked in order of id, so that two that lock many never wait for each other.
    """
    columns = [getattr(Alert, field.name) for field in fields(_Standing)]
    query = select(Alert.alert_key, *columns).order_by(Alert.id).with_for_update()
    return {
        key: _Standing(*state)
        for chunk in _chunks(sorted(_ids(session, keys).values()))
        for key, *state in session.execute(query.where(Alert.id.in_(chunk)))
    }


def _grown(session: Session, findings: list[Finding], standing: Mapping[str, _Standing]) -> list[_Grown]:
    known: dict[int, set[str]] = {}
    for chunk in _chunks(alert.id for alert in standing.values()):
        rows = select(AlertEvidence.alert_id, AlertEvidence.row_key).where(AlertEvidence.alert_id.in_(chunk))
        for alert_id, row_key in session.execute(rows):
            known.setdefault(alert_id, set()).add(row_key)
    return [
        _Grown(alert, fresh)
        for finding in findings
        if (alert := standing.get(finding.alert_key)) is not None
        and (fresh := finding.without(known.get(alert.id, set()))) is not None
    ]


def _raise_alerts(session: Session, card: Card, run: CollisionRun, findings: list[Finding]) -> None:
    if not findings:
        return
    codes = {code for finding in findings if (code := finding.commonest(finding.rule.region))}
    regions, units = find_regions(session, codes), find_units(session, codes)
    alerts = []
    for finding in findings:
        code = finding.commonest(finding.rule.region) or ""
        region = regions.get(code)
        place, place_en = (region.name, region.name_en) if region and region.code == code else (code, code)
        alerts.append(
            {
                **_describe(card, finding, place, place_en),
                "region_code": region.code if region else None,
                "unit_code": units.get(code),
                "raised_at": run.as_of,
                "due_on": _due_on(run.as_of, finding.level),
                "run_id": run.id,
            }
        )
    session.execute(insert(Alert), alerts)
    ids = _ids(session, [finding.alert_key for finding in findings])
    _keep_evidence(session, [(ids[finding.alert_key], finding) for finding in findings])
    _note(session, run, [(ids[f.alert_key], "raised", None, "open", f"命中 {len(f.rows)} 行") for f in findings])


def _describe(card: Card, finding: Finding, place: str, place_en: str) -> dict[str, Any]:
    rule = finding.rule
    amount, recoverable = finding.total(rule.amount), finding.total(rule.recoverable)
    attributes = finding.attributes()
    happened, registered = finding.days(rule.happened_on), finding.days(rule.registered_on)
    shown = finding.shown()
    words = {**attributes, "period": finding.period or "", "amount": _money(amount), "recoverable": _money(recoverable)}
    village = rule.subject_kind == "village"
    return {
        "alert_key": finding.alert_key,
        "source": card.code,
        "rule": rule.code,
        "domain_code": card.domain,
        "level": finding.level,
        "status": "open",
        "subject_kind": rule.subject_kind,
        "subject_key": finding.subject_key,
        "subject_display": (place if village else shown)[:60],
        "title": rule.title.format(**words, subject=place if village else shown, region=place)[:300],
        "title_en": rule.title_en.format(**words, subject=place_en if village else shown, region=place_en)[:300],
        "period": finding.period,
        "happened_on": happened[0] if happened else None,
        "registered_on": registered[-1] if registered else None,
        "amount": amount,
        "recoverable": recoverable,
        "attributes": json.dumps(attributes, ensure_ascii=False),
    }


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.2f}".removesuffix(".00")


def _due_on(as_of: datetime, level: str) -> date:
    return shanghai_day(as_of) + timedelta(days=DAYS_TO_VERIFY[level])


def _extend_alerts(session: Session, run: CollisionRun, grown: list[_Grown]) -> None:
    """Add the new rows and their money; a higher level is taken over, and a closed alert opens again."""
    if not grown:
        return
    _keep_evidence(session, [(g.alert.id, g.fresh) for g in grown])
    closed = [g for g in grown if g.alert.status == "closed"]
    waiting = [g for g in grown if g.alert.status != "closed"]
    if waiting:
        session.execute(update(Alert), [_growth(run, g) for g in waiting])
    if closed:
        session.execute(update(Alert), [{**_growth(run, g), **_OPEN_AGAIN} for g in closed])
    _note(session, run, [_event(g) for g in grown])


_OPEN_AGAIN: Mapping[str, str | None] = {
    "status": "open",
    "outcome": None,
    "cause": None,
    "concluded_at": None,
    "recovered": None,
}
"""What reopening takes back from the alert; its history keeps all of it."""


def _growth(run: CollisionRun, grown: _Grown) -> dict[str, Any]:
    alert, fresh = grown.alert, grown.fresh
    level = min(alert.level, fresh.level, key=LEVELS.index)
    due_on = _due_on(run.as_of, level)
    if alert.status != "closed" and alert.due_on is not None:
        due_on = min(alert.due_on, due_on) if level != alert.level else alert.due_on
    return {
        "id": alert.id,
        "level": level,
        "due_on": due_on,
        "amount": _plus(alert.amount, fresh.total(fresh.rule.amount)),
        "recoverable": _plus(alert.recoverable, fresh.total(fresh.rule.recoverable)),
    }


def _event(grown: _Grown) -> _Event:
    alert, fresh = grown.alert, grown.fresh
    added = fresh.total(fresh.rule.amount)
    note = f"新增 {len(fresh.rows)} 行" + (f"，金额增加 {_money(added)} 元" if added else "")
    if alert.status != "closed":
        return alert.id, "extended", alert.status, alert.status, note
    note += f"；原结论 {alert.outcome}{' ' + alert.cause if alert.cause else ''}"
    return alert.id, "reopened", "closed", "open", note


def _plus(amount: float | None, added: float | None) -> float | None:
    return amount if added is None else round((amount or 0) + added, 2)


def _keep_evidence(session: Session, found: list[tuple[int, Finding]]) -> None:
    rows = [
        {"alert_id": alert_id, "row_key": row_key, "content": finding.evidence(row)}
        for alert_id, finding in found
        for row_key, row in finding.rows.items()
    ]
    session.execute(insert(AlertEvidence), rows)


def _note(session: Session, run: CollisionRun, events: list[_Event]) -> None:
    session.execute(
        insert(AlertEvent),
        [
            {
                "alert_id": alert_id,
                "at": run.as_of,
                "actor": ACTOR,
                "kind": kind,
                "from_status": before,
                "to_status": after,
                "note": f"{run.model_code} 第 {run.model_version} 版：{note}",
            }
            for alert_id, kind, before, after, note in events
        ],
    )
