"""Tables of the order of work: which order is in force."""

from datetime import datetime

from sqlalchemy import Boolean, DateTime, Float, String
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class OrderChoice(Table):
    """The named order that somebody chose for the office or for a unit (`data.order_choice`)."""

    __tablename__ = "order_choice"

    unit_code: Mapped[str] = mapped_column(String(30), primary_key=True)
    """`*`: the office."""
    order_code: Mapped[str] = mapped_column(String(20))
    """Empty: the unit follows the office."""
    worth: Mapped[float | None] = mapped_column(Float)
    """CNY that a confirmed alert counts beside its money; for the mixed order only."""
    chosen_by: Mapped[str] = mapped_column(String(40))
    chosen_at: Mapped[datetime] = mapped_column(DateTime)
    applied: Mapped[bool] = mapped_column(Boolean)
    """Whether the ranks of the queue follow it already."""
