"""When supervision models run by themselves: as the office set it, or when registers grew and once a day.

A paused model does not run; its schedule stands until it is resumed.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cards import Card
from data.collision import collide_card
from data.database import reading
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted
from data.model_life import audited, live
from data.model_tables import ModelSchedule
from data.office_time import shanghai_day
from data.rights import Person
from data.supervision_models import active_cards
from data.tables import CollisionRun, DatasetFiling

log = logging.getLogger("mingjing.schedule")

ONCE_A_DAY = timedelta(days=1)
KINDS: Mapping[str, int] = {"growth": 0, "daily": 0, "weekly": 7, "monthly": 28}
"""How often, and the last day of the week or month that can be chosen; 0: no day is."""


@dataclass(frozen=True)
class Plan:
    """When a supervision model runs."""

    kind: str
    day: int
    """Of the week (1 is Monday) or of the month; 0 for the others."""

    def last_day(self, today: date) -> date:
        """The newest day up to today on which it was to run."""
        if self.kind == "weekly":
            return today - timedelta(days=(today.isoweekday() - self.day) % 7)
        if self.kind == "monthly":
            month = today if today.day >= self.day else today.replace(day=1) - timedelta(days=1)
            return month.replace(day=self.day)
        return today

    def next_day(self, today: date, last_run: date | None) -> date:
        """The day of its next run: today where the newest one was missed, else the one after."""
        newest = self.last_day(today)
        if last_run is None or last_run < newest:
            return today
        if self.kind == "weekly":
            return newest + timedelta(days=7)
        if self.kind == "monthly":
            return (newest.replace(day=1) + timedelta(days=32)).replace(day=self.day)
        return today + timedelta(days=1)


GROWTH = Plan("growth", 0)


def plan_of(session: Session, code: str) -> Plan:
    """When a supervision model runs: as it was set, or when its registers grow."""
    kept = session.get(ModelSchedule, code)
    return GROWTH if kept is None else Plan(kept.kind, kept.day)


def put(session: Session, code: str, kind: str, day: int, person: Person, *, at: datetime) -> ModelSchedule:
    """Set when a live supervision model runs.

    Raises: NotFound, InputRefused, NotPermitted to those who neither write nor approve supervision models there.
    """
    row = live(session, code)
    if row is None:
        raise NotFound(
            f"{code} is not active; only an active supervision model has a schedule.",
            f"{code} 未启用，不能设置运行计划。",
        )
    if not any(person.covers(row.region_code, right) for right in ("models", "approve_models")):
        raise NotPermitted(
            f"{person.code} may not schedule {code}: its region is outside the post.",
            f"{person.name}的岗位不覆盖 {code} 的适用范围，不能设置运行计划。",
        )
    if kind not in KINDS or not (KINDS[kind] == 0 or 1 <= day <= KINDS[kind]):
        raise InputRefused(
            f"Got {kind[:20]!r} on day {day}; expected growth, daily, weekly on 1 to 7, or monthly on 1 to 28.",
            "运行计划不可用：每周可选 1 至 7，每月可选 1 至 28 日。",
        )
    kept = session.get(ModelSchedule, code, with_for_update=True)
    if kept is None:
        kept = ModelSchedule(code=code)
        session.add(kept)
    kept.kind, kept.day, kept.set_by, kept.set_at = kind, day if KINDS[kind] else 0, person.code, at
    session.flush()
    audited(session, row, "scheduled", person, at=at, kind_of=kind, day=kept.day)
    return kept


def last_run(session: Session, code: str) -> CollisionRun | None:
    """The newest run of a supervision model that was not made up for later."""
    query = select(CollisionRun).where(CollisionRun.model_code == code, CollisionRun.made_up_at.is_(None))
    return session.scalars(query.order_by(CollisionRun.id.desc()).limit(1)).first()


def due_cards(session: Session, *, now: datetime) -> list[Card]:
    """The active cards to run now: their day has come, or a register of theirs grew since the last run.

    A day matters too: deadlines and ages pass without any new row. A card with a register not yet filed waits.
    """
    filed = select(DatasetFiling.name, func.max(DatasetFiling.id)).where(DatasetFiling.kind == "register")
    newest = {row.name: row[1] for row in session.execute(filed.group_by(DatasetFiling.name))}
    return [card for card in active_cards(session) if _is_due(session, card, newest, now)]


def _is_due(session: Session, card: Card, newest: dict[str, int], now: datetime) -> bool:
    if any(name not in newest for name in card.registers if name not in card.may_lack):
        return False
    plan, run = plan_of(session, card.code), last_run(session, card.code)
    if plan.kind != "growth":
        return run is None or shanghai_day(run.ended_at) < plan.last_day(shanghai_day(now))
    if run is None or run.ended_at <= now - ONCE_A_DAY:
        return True
    seen: dict[str, int] = json.loads(run.filings)
    return any(newest.get(name, 0) > seen.get(name, 0) for name in card.registers)


def collide_due(*, now: datetime) -> int:
    """Run every supervision model that is due, each in a transaction of its own. Returns how many alerts are new.

    One that cannot be run is logged with its reason and does not keep the others waiting.
    """
    with reading() as session:
        cards = due_cards(session, now=now)
    n_new = 0
    for card in cards:
        try:
            n_new += collide_card(card, as_of=now).n_new
        except MingjingError as error:
            log.warning("supervision model %s could not be run: %s", card.code, error)
    return n_new
