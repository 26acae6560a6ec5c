"""Which supervision models are due: those whose registers grew since they last ran, and each once a day."""

import json
import logging
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cards import Card
from data.collision import collide_card
from data.database import reading
from data.errors import MingjingError
from data.supervision_models import active_cards
from data.tables import CollisionRun, DatasetFiling

log = logging.getLogger("mingjing.schedule")

ONCE_A_DAY = timedelta(days=1)


def due_cards(session: Session, *, now: datetime) -> list[Card]:
    """The active cards to run now: a register of theirs grew since the last run, or a day has passed.

    A day matters too: deadlines and ages pass without any new row. A card with a register not yet filed waits.
    """
    filed = select(DatasetFiling.name, func.max(DatasetFiling.id)).where(DatasetFiling.kind == "register")
    newest = {row.name: row[1] for row in session.execute(filed.group_by(DatasetFiling.name))}
    return [card for card in active_cards(session) if _is_due(session, card, newest, now)]


def _is_due(session: Session, card: Card, newest: dict[str, int], now: datetime) -> bool:
    if any(name not in newest for name in card.registers if name not in card.may_lack):
        return False
    run = session.scalars(
        select(CollisionRun).where(CollisionRun.model_code == card.code).order_by(CollisionRun.id.desc()).limit(1)
    ).first()
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
