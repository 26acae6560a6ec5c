"""Which supervision models read which columns of a register: what nobody reads need not be held.

Source: field/rules.md, 1 (PIPL, Art. 6: the least data that serves the purpose).
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.cards import read_card
from data.model_states import LIVE
from data.tables import SupervisionModel

Usage = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Register -> column -> codes of the supervision models in force that read it."""


def usage(session: Session) -> Usage:
    """What the supervision models in force read."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    wanted = select(SupervisionModel.code, SupervisionModel.card).where(SupervisionModel.status.in_(LIVE))
    for code, text in session.execute(wanted.order_by(SupervisionModel.code)):
        for register, columns in read_card(text).registers.items():
            of_register = found.setdefault(register, {})
            for column in columns:
                if code not in of_register.get(column, ()):
                    of_register[column] = (*of_register.get(column, ()), code)
    return found
