"""Raising: what a run's findings do to the alerts. New ones are raised and dispatched, known ones extended or reopened.

Everything is written in bulk and leaves events with versions as a person's deeds do. What a suppression keeps back is
counted, not written. Source: field/models.md, Y2 and Y4; field/inventory.md, S-38.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from data import check_slice, suppressions
from data.cards import Card
from data.code_words import in_words
from data.dispatch import ACTOR as DISPATCHER
from data.dispatch import owners
from data.folding import Finding
from data.growth import due_with, higher, reopens
from data.identities import remember
from data.loop import due_date
from data.office_time import shanghai_day
from data.regions import find_regions
from data.responsible import Posts, keep_responsible
from data.tables import Alert, AlertEvent, AlertEvidence, CollisionRun, Region

ACTOR = "collision"
_CHUNK = 500
_PERIOD = 40
"""Characters of a period that an alert keeps to be shown; its key has it whole."""
_PEOPLE = ("person", "household")
"""Kinds of subject whose identity is sealed."""


@dataclass(frozen=True)
class _Standing:
    """An alert as it stood before this run."""

    id: int
    status: str
    version: int
    outcome: str | None
    cause: str | None
    level: str
    region_code: str | None
    domain_code: str | None
    unit_code: str | None
    signed_in_at: datetime | None
    due_on: date | None
    amount: float | None
    recoverable: float | None


@dataclass(frozen=True)
class _Grown:
    """An alert that stands, with the rows that are new to it."""

    alert: _Standing
    fresh: Finding

    @property
    def level(self) -> str:
        return higher(self.alert.level, self.fresh.level)

    @property
    def reopens(self) -> bool:
        return reopens(self.alert.status)


def file_findings(
    session: Session, card: Card, run: CollisionRun, findings: list[Finding], posts: Posts
) -> tuple[int, int, int]:
    """Raise, extend and reopen, in the caller's write transaction. Returns how many are new, grown and withheld.

    Held, verified, requested and rectifying alerts take new rows and stay where they are, a version further, so that
    whoever decides about them is told; closed ones go back to be signed for.
    """
    standing = _standing(session, [finding.alert_key for finding in findings])
    new = [finding for finding in findings if finding.alert_key not in standing]
    grown = _grown(session, findings, standing)
    asked = [*new, *(one.fresh for one in grown if one.reopens)]
    kept_back = _kept_back(session, card, run, asked)
    new = [finding for finding in new if finding.alert_key not in kept_back]
    grown = [one for one in grown if not (one.reopens and one.fresh.alert_key in kept_back)]
    found = _raise_alerts(session, card, run, new) + _extend_alerts(session, run, grown)
    if found:
        _keep_evidence(session, found)
        people = keep_responsible(session, card, found, posts, day=shanghai_day(run.as_of))
        remember(session, people | _subjects(new))
    return len(new), len(grown), len(kept_back)


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


def unfiled(session: Session, findings: list[Finding]) -> list[Finding]:
    """What is new in findings against the alerts as they stand, locking nothing: whole findings, or their new rows."""
    ids = _ids(session, [finding.alert_key for finding in findings])
    known = _row_keys(session, ids.values())
    fresh = (finding.without(known.get(ids.get(finding.alert_key, 0), set())) for finding in findings)
    return [one for one in fresh if one is not None]


def _row_keys(session: Session, alert_ids: Iterable[int]) -> dict[int, set[str]]:
    """Alert to the keys of the rows behind it."""
    known: dict[int, set[str]] = {}
    for chunk in _chunks(alert_ids):
        rows = select(AlertEvidence.alert_id, AlertEvidence.row_key).where(AlertEvidence.alert_id.in_(chunk))
        for alert_id, row_key in session.execute(rows):
            known.setdefault(alert_id, set()).add(row_key)
    return known


def _grown(session: Session, findings: list[Finding], standing: Mapping[str, _Standing]) -> list[_Grown]:
    known = _row_keys(session, [alert.id for alert in standing.values()])
    return [
        _Grown(alert, fresh)
        for finding in findings
        if (alert := standing.get(finding.alert_key)) is not None
        and (fresh := finding.without(known.get(alert.id, set()))) is not None
    ]


def _kept_back(session: Session, card: Card, run: CollisionRun, findings: list[Finding]) -> set[str]:
    """Alert keys of the findings that a suppression keeps back, counted once a run in the first one that does."""
    day = shanghai_day(run.known_at)
    by_subject: dict[str, list[tuple[int, str | None]]] = {}
    for one in suppressions.standing(session, card.code, [finding.subject_key for finding in findings], day):
        by_subject.setdefault(one.subject_key, []).append((one.id, one.rule))
    because = {
        finding.alert_key: next(
            (number for number, rule in by_subject.get(finding.subject_key, ()) if rule in (None, finding.rule.code)),
            None,
        )
        for finding in findings
    }
    withheld = {key: number for key, number in because.items() if number is not None}
    suppressions.count(session, Counter(withheld.values()))
    return set(withheld)


def _raise_alerts(
    session: Session, card: Card, run: CollisionRun, findings: list[Finding]
) -> list[tuple[int, Finding]]:
    if not findings:
        return []
    codes = [finding.commonest(finding.rule.region) or "" for finding in findings]
    regions, due = find_regions(session, filter(None, codes)), _due(run)
    units = owners(session, [(code, card.domain, finding.level) for code, finding in zip(codes, findings, strict=True)])
    share = check_slice.share(session)
    alerts = [
        {
            **_describe(card, finding, *_place(regions.get(code), finding.place())),
            **_dispatched(run, due, unit),
            "region_code": regions[code].code if code in regions else None,
            "raised_at": run.known_at,
            "run_id": run.id,
            "check_share": share,
        }
        for code, finding, unit in zip(codes, findings, units, strict=True)
    ]
    session.execute(insert(Alert), alerts)
    ids = _ids(session, [finding.alert_key for finding in findings])
    found = [(ids[finding.alert_key], finding) for finding in findings]
    check_slice.draw(session, dict.fromkeys(ids.values(), run.known_at), share)
    _note(session, [_event(run, i, "raised", 1, None, "waiting", f"命中 {len(f.rows)} 行") for i, f in found])
    _note(
        session,
        [
            _event(run, i, "dispatched", 2, "waiting", "dispatched", "按职责自动分办", actor=DISPATCHER)
            for (i, _), unit in zip(found, units, strict=True)
            if unit is not None
        ],
    )
    return found


def _place(region: Region | None, code: str) -> tuple[str, str]:
    return (region.name, region.name_en) if region and region.code == code else (code, code)


def _due(run: CollisionRun) -> dict[str, date | None]:
    """State that an alert is raised in to the due date of its next step, which is the same for every level."""
    return {status: due_date(Alert(status=status), run.known_at) for status in ("waiting", "dispatched")}


def _dispatched(run: CollisionRun, due: Mapping[str, date | None], unit: str | None) -> dict[str, Any]:
    """What an alert is raised with: dispatched to the unit on duty, or waiting for somebody to dispatch it."""
    status = "waiting" if unit is None else "dispatched"
    return {
        "unit_code": unit,
        "status": status,
        "version": 1 if unit is None else 2,
        "dispatched_at": None if unit is None else run.known_at,
        "due_on": due[status],
    }


def titles(finding: Finding, place: str, place_en: str) -> tuple[str, str]:
    """What a finding asks, in Chinese and English, as its alert would: whom it is about is masked."""
    rule = finding.rule
    coded = {**finding.attributes(), "period": finding.period or ""}
    words = {
        "amount": _money(finding.total(rule.amount)),
        "recoverable": _money(finding.total(rule.recoverable)),
    }
    said = {one: {name: in_words(value, one) for name, value in coded.items()} | words for one in ("zh", "en")}
    village, shown = rule.subject_kind == "village", finding.shown()
    return (
        rule.title.format(**said["zh"], subject=place if village else shown, region=place)[:300],
        rule.title_en.format(**said["en"], subject=place_en if village else shown, region=place_en)[:300],
    )


def _describe(card: Card, finding: Finding, place: str, place_en: str) -> dict[str, Any]:
    rule = finding.rule
    amount, recoverable = finding.total(rule.amount), finding.total(rule.recoverable)
    attributes = finding.attributes()
    happened, registered = finding.days(rule.happened_on), finding.days(rule.registered_on)
    shown = finding.shown()
    village = rule.subject_kind == "village"
    title, title_en = titles(finding, place, place_en)
    return {
        "alert_key": finding.alert_key,
        "source": card.code,
        "rule": rule.code,
        "domain_code": card.domain,
        "level": finding.level,
        "subject_kind": rule.subject_kind,
        "subject_key": finding.subject_key,
        "subject_display": (place if village else shown)[:60],
        "title": title,
        "title_en": title_en,
        "period": finding.period and finding.period[:_PERIOD],
        "happened_on": happened[0] if happened else None,
        "registered_on": registered[-1] if registered else None,
        "amount": amount,
        "recoverable": recoverable,
        "attributes": json.dumps(attributes, ensure_ascii=False),
    }


def _subjects(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    return {one.subject_key: one.identity() for one in findings if one.rule.subject_kind in _PEOPLE}


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.2f}".removesuffix(".00")


def _extend_alerts(session: Session, run: CollisionRun, grown: list[_Grown]) -> list[tuple[int, Finding]]:
    """Add the money of the new rows; a higher level is taken over, and a closed alert is to be signed for again."""
    going_on = [one for one in grown if not one.reopens]
    if going_on:
        session.execute(update(Alert), [_growth(one) | _going_on(one) for one in going_on])
        _note(
            session,
            [
                _event(run, g.alert.id, "extended", g.alert.version + 1, g.alert.status, g.alert.status, _added(g))
                for g in going_on
            ],
        )
    _reopen(session, run, [one for one in grown if one.reopens])
    return [(one.alert.id, one.fresh) for one in grown]


def _growth(grown: _Grown) -> dict[str, Any]:
    alert, fresh = grown.alert, grown.fresh
    return {
        "id": alert.id,
        "level": grown.level,
        "version": alert.version + 1,
        "amount": _plus(alert.amount, fresh.total(fresh.rule.amount)),
        "recoverable": _plus(alert.recoverable, fresh.total(fresh.rule.recoverable)),
    }


def _going_on(grown: _Grown) -> dict[str, Any]:
    alert = grown.alert
    return {"due_on": due_with(alert.status, alert.signed_in_at, alert.due_on, alert.level, grown.level)}


_TAKEN_BACK: dict[str, None] = dict.fromkeys(("outcome", "cause", "concluded_at", "assignee", "signed_in_at"))
"""What reopening takes back from the alert; its history keeps all of it."""


def _reopen(session: Session, run: CollisionRun, grown: list[_Grown]) -> None:
    """To the unit that had it, else to the one on duty; where there is none it waits to be dispatched."""
    if not grown:
        return
    on_duty = owners(session, [(one.alert.region_code, one.alert.domain_code, one.level) for one in grown])
    changes, events, unplaced, due = [], [], [], _due(run)
    for one, owner in zip(grown, on_duty, strict=True):
        alert, unit = one.alert, one.alert.unit_code or owner
        note = f"{_added(one)}；原结论 {alert.outcome}{' ' + alert.cause if alert.cause else ''}"
        change = _growth(one) | _TAKEN_BACK | _dispatched(run, due, unit) | {"version": alert.version + 1}
        events.append(_event(run, alert.id, "reopened", alert.version + 1, alert.status, "dispatched", note))
        if unit is None:
            change["version"] += 1
            unplaced.append(
                _event(
                    run, alert.id, "unplaced", change["version"], "dispatched", "waiting", "无责任单位",
                    actor=DISPATCHER,
                )
            )  # fmt: skip
        changes.append(change)
    session.execute(update(Alert), changes)
    _note(session, events)
    _note(session, unplaced)


def _added(grown: _Grown) -> str:
    added = grown.fresh.total(grown.fresh.rule.amount)
    return f"新增 {len(grown.fresh.rows)} 行" + (f"，金额增加 {_money(added)} 元" if added else "")


def _plus(amount: float | None, added: float | None) -> float | None:
    return amount if added is None else round((amount or 0) + added, 2)


def _keep_evidence(session: Session, found: list[tuple[int, Finding]]) -> None:
    rows = [
        {"alert_id": alert_id, "row_key": row_key, "content": finding.evidence(row)}
        for alert_id, finding in found
        for row_key, row in finding.rows.items()
    ]
    session.execute(insert(AlertEvidence), rows)


def _event(
    run: CollisionRun,
    alert_id: int,
    kind: str,
    version: int,
    before: str | None,
    after: str,
    note: str,
    *,
    actor: str = ACTOR,
) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "at": run.known_at,
        "actor": actor,
        "kind": kind,
        "version": version,
        "from_status": before,
        "to_status": after,
        "note": f"{run.model_code} 第 {run.model_version} 版：{note}" if actor == ACTOR else note,
    }


def _note(session: Session, events: list[dict[str, Any]]) -> None:
    if events:
        session.execute(insert(AlertEvent), events)
