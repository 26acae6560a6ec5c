"""Tables of the model factory."""

from datetime import datetime

from sqlalchemy import DateTime, Identity, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class FactoryDraft(Table):
    """What an author has chosen so far for a supervision model without code; nobody else's until it is a card."""

    __tablename__ = "factory_draft"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    author: Mapped[str] = mapped_column(String(60), index=True)
    content: Mapped[str] = mapped_column(Text)
    """JSON object, a blueprint."""
    changed_at: Mapped[datetime] = mapped_column(DateTime)
