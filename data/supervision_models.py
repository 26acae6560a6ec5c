"""Supervision models in the warehouse: cards filed by version, one active version each.

`data/cards/` holds the built-in ones.
"""

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data.cards import DOMAINS, Card, read_card
from data.errors import CardRefused
from data.office_time import utc_now
from data.register_catalogue import define_register
from data.tables import Domain, SupervisionModel


def built_in_cards() -> list[Card]:
    """The cards that come with Mingjing, in order of code."""
    return [
        read_card(path.read_text(encoding="utf-8")) for path in sorted((Path(__file__).parent / "cards").glob("*.toml"))
    ]


def file_card(
    session: Session, card: Card, *, at: datetime, by: str, row: SupervisionModel | None = None
) -> SupervisionModel:
    """Write a card into a new draft, or into the `row` of one that is there; its domain and own registers with it."""
    for register in card.own_registers.values():
        define_register(session, register, by=by, at=at)
    if session.get(Domain, card.domain) is None:
        name, name_en = DOMAINS[card.domain]
        session.add(Domain(code=card.domain, name=name, name_en=name_en, sort=list(DOMAINS).index(card.domain) + 1))
        session.flush()
    if row is None:
        row = SupervisionModel(code=card.code, version=card.version, status="draft", created_at=at)
        session.add(row)
    row.name, row.name_en, row.domain_code = card.name, card.name_en, card.domain
    row.level, row.phase, row.card, row.card_hash = card.level, card.phase, card.text, card.card_hash
    row.counts = card.counts
    session.flush()
    return row


def offer(session: Session, card: Card, *, at: datetime) -> SupervisionModel:
    """Put a built-in card into the warehouse as a draft that waits to be back-tested and approved.

    The same card again changes nothing. Raises: CardRefused when this version is filed with other content.
    """
    filed = session.get(SupervisionModel, (card.code, card.version))
    if filed is None:
        return file_card(session, card, at=at, by="system")
    if filed.card_hash != card.card_hash:
        raise CardRefused(
            f"Card {card.code} version {card.version} is in the warehouse with other content. "
            f"Give the changed card version {card.version + 1}.",
            f"卡片 {card.code} 第 {card.version} 版已以其他内容入库，请将改后的卡片编为第 {card.version + 1} 版。",
        )
    return filed


def offer_built_in(session: Session, *, at: datetime) -> int:
    """Offer every built-in card that is newer than what the warehouse has of its code. Returns how many are new."""
    highest = dict(
        session.execute(
            select(SupervisionModel.code, func.max(SupervisionModel.version)).group_by(SupervisionModel.code)
        ).all()
    )
    newer = [card for card in built_in_cards() if card.version > highest.get(card.code, 0)]
    for card in newer:
        offer(session, card, at=at)
    return len(newer)


def install(session: Session, card: Card) -> SupervisionModel:
    """Have a card active without anybody's approval, its older versions retired: for replays and specs only.

    An office's own cards go through `data.model_life`. Raises what `offer` raises.
    """
    row = offer(session, card, at=utc_now())
    if row.status == "active":
        return row
    older = (SupervisionModel.code == card.code) & (SupervisionModel.version != card.version)
    session.execute(update(SupervisionModel).where(older).values(status="retired"))
    row.status = "active"
    session.flush()
    return row


def active_cards(session: Session) -> list[Card]:
    """The active cards of the warehouse, in order of code."""
    active = select(SupervisionModel).where(SupervisionModel.status == "active").order_by(SupervisionModel.code)
    return [read_card(model.card) for model in session.scalars(active)]
