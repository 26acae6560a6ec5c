"""Supervision models in the warehouse: cards installed by version, one active version each.

`data/cards/` holds the built-in ones.
"""

from pathlib import Path

from sqlalchemy import select, update
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


def install(session: Session, card: Card) -> SupervisionModel:
    """Put a card into the warehouse; the same card again changes nothing. An active card retires its older versions.

    Raises: CardRefused when this version is filed with other content.
    """
    filed = session.get(SupervisionModel, (card.code, card.version))
    if filed is not None:
        if filed.card_hash != card.card_hash:
            raise CardRefused(
                f"Card {card.code} version {card.version} is in the warehouse with other content. "
                f"Give the changed card version {card.version + 1}."
            )
        return filed
    for register in card.own_registers.values():
        define_register(session, register, by=card.author, at=utc_now())
    if session.get(Domain, card.domain) is None:
        name, name_en = DOMAINS[card.domain]
        session.add(Domain(code=card.domain, name=name, name_en=name_en, sort=list(DOMAINS).index(card.domain) + 1))
    if card.status == "active":
        older = (SupervisionModel.code == card.code) & (SupervisionModel.status == "active")
        session.execute(update(SupervisionModel).where(older).values(status="retired"))
    model = SupervisionModel(
        code=card.code,
        version=card.version,
        name=card.name,
        name_en=card.name_en,
        domain_code=card.domain,
        level=card.level,
        phase=card.phase,
        status=card.status,
        card=card.text,
        card_hash=card.card_hash,
    )
    session.add(model)
    session.flush()
    return model


def active_cards(session: Session) -> list[Card]:
    """The active cards of the warehouse, in order of code."""
    active = select(SupervisionModel).where(SupervisionModel.status == "active").order_by(SupervisionModel.code)
    return [read_card(model.card) for model in session.scalars(active)]
