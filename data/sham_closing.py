"""Signs of sham closing (虚假办结): verdicts too fast, in template words, without evidence, or in bursts.

A sign is a reason to look back at an alert, never a finding. Source: field/vocabulary.md, C.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.loop_tables import Attachment, Elimination
from data.states import CONCLUDED, CONCLUSIONS
from data.tables import Alert, AlertEvent
from data.verification import KEPT_AT
from data.written import says_where

FAST = timedelta(minutes=10)
"""A verdict sooner after the alert was taken was hardly verified."""
TEMPLATE, TEMPLATE_SPAN = 5, timedelta(days=90)
"""So many times the same words by one person, within so long."""
BURST, BURST_SPAN = 5, timedelta(minutes=10)
"""So many closings by one person, within so long."""
_VERDICTS = ("concluded", "requested")
_CLOSINGS = (*CONCLUSIONS, "rectified")
_TAKEN = ("taken", "assigned")
_UNDONE = ("reversed", "reopened")
_LEAST_WORDS = 4


class _Event(NamedTuple):
    alert_id: int
    at: datetime
    actor: str
    kind: str
    note: str
    unit_code: str | None


@dataclass(frozen=True)
class Signal:
    """One sign on one alert, in words."""

    alert_id: int
    kind: str
    """fast, template, no_evidence or burst."""
    actor: str
    at: datetime
    unit_code: str | None
    zh: str
    en: str


def signals(session: Session, *, since: datetime) -> list[Signal]:
    """Suspicious closings since a moment, of alerts this session sees, newest first."""
    query = (
        select(AlertEvent.alert_id, AlertEvent.at, AlertEvent.actor, AlertEvent.kind, AlertEvent.note, Alert.unit_code)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(AlertEvent.at >= since - TEMPLATE_SPAN, Alert.status.in_(CONCLUDED))
        .where(AlertEvent.kind.in_((*_VERDICTS, *_CLOSINGS, *_TAKEN, *_UNDONE)))
    )
    events = _that_stand(_Event(*row) for row in session.execute(query.order_by(AlertEvent.id)))
    found = [*_fast(events), *_template(events), *_burst(events), *_bare(session, events)]
    kept = {(one.alert_id, one.kind): one for one in found if one.at >= since}
    return sorted(kept.values(), key=lambda one: (-one.at.timestamp(), one.alert_id, one.kind))


def _that_stand(events: Iterable[_Event]) -> list[_Event]:
    """Of each alert the last event of each kind since its verdict was last taken back."""
    standing: dict[int, dict[str, _Event]] = defaultdict(dict)
    for event in events:
        if event.kind in _UNDONE:
            standing[event.alert_id].clear()
        else:
            standing[event.alert_id][event.kind] = event
    return sorted((event for own in standing.values() for event in own.values()), key=lambda event: event.at)


def _signal(event: _Event, kind: str, zh: str, en: str) -> Signal:
    return Signal(event.alert_id, kind, event.actor, event.at, event.unit_code, zh, en)


def _fast(events: Iterable[_Event]) -> Iterator[Signal]:
    taken: dict[int, datetime] = {}
    for event in events:
        if event.kind in _TAKEN:
            taken[event.alert_id] = event.at
        elif event.kind in _VERDICTS and event.alert_id in taken and event.at - taken[event.alert_id] < FAST:
            minutes = (event.at - taken[event.alert_id]).total_seconds() / 60
            yield _signal(
                event,
                "fast",
                f"领取后 {minutes:.0f} 分钟即作出结论",
                f"Verdict {minutes:.0f} minutes after it was taken",
            )


def _template(events: Iterable[_Event]) -> Iterator[Signal]:
    said: dict[tuple[str, str], list[_Event]] = defaultdict(list)
    for event in events:
        words = _normalised(event.note)
        if event.kind in _VERDICTS and len(words) >= _LEAST_WORDS:
            said[event.actor, words].append(event)
    for same in said.values():
        for event in _crowded(same, TEMPLATE, TEMPLATE_SPAN):
            yield _signal(
                event, "template", f"同一说明使用 {len(same)} 次", f"The same note was used {len(same)} times"
            )


def _burst(events: Iterable[_Event]) -> Iterator[Signal]:
    closings: dict[str, list[_Event]] = defaultdict(list)
    for event in events:
        if event.kind in _CLOSINGS:
            closings[event.actor].append(event)
    minutes = int(BURST_SPAN.total_seconds() // 60)
    for own in closings.values():
        for event in _crowded(own, BURST, BURST_SPAN):
            yield _signal(
                event,
                "burst",
                f"{minutes} 分钟内连续办结 {BURST} 条以上",
                f"{BURST} or more closings within {minutes} minutes",
            )


def _bare(session: Session, events: Iterable[_Event]) -> Iterator[Signal]:
    verdicts = [event for event in events if event.kind in _VERDICTS]
    files = _first(session, Attachment.alert_id, Attachment.added_at)
    papers = _first(session, Elimination.alert_id, Elimination.requested_at, Elimination.evidence != "")
    for event in verdicts:
        shown = min(files.get(event.alert_id, datetime.max), papers.get(event.alert_id, datetime.max)) <= event.at
        if not shown and not says_where(event.note.partition(KEPT_AT)[2]):
            yield _signal(
                event,
                "no_evidence",
                "结论没有附件，也未注明纸质材料存放处",
                "A verdict without attachment or paper reference",
            )


def _first(session: Session, of: Any, at: Any, *where: Any) -> dict[int, datetime]:
    """Of each concluded alert when the first came: what is added after a verdict did not bear it."""
    query = select(of, func.min(at)).join(Alert, Alert.id == of).where(Alert.status.in_(CONCLUDED), *where)
    found: dict[int, datetime] = {}
    found.update((alert_id, first) for alert_id, first in session.execute(query.group_by(of)))
    return found


def _crowded(events: list[_Event], n: int, span: timedelta) -> list[_Event]:
    """Those events of which n or more lie within one span."""
    events = sorted(events, key=lambda event: event.at)
    crowded = [False] * len(events)
    first = 0
    for last, event in enumerate(events):
        while event.at - events[first].at > span:
            first += 1
        if last - first + 1 >= n:
            crowded[first : last + 1] = [True] * (last - first + 1)
    return [event for event, one in zip(events, crowded, strict=True) if one]


def _normalised(note: str) -> str:
    words = note.partition(KEPT_AT)[0]
    return re.sub(r"[\W\d_]+", "", words).lower()
