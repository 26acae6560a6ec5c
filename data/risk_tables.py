"""Tables of the life of risk models: what was done with them, and how the live one does since."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class RiskModelEvent(Table):
    """Something that was done with a risk model or its columns. Append-only: the database refuses update and delete."""

    __tablename__ = "risk_model_event"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    risk_model_id: Mapped[int | None] = mapped_column(ForeignKey("risk_model.id"))
    """None: of no one model, as with a column."""
    at: Mapped[datetime] = mapped_column(DateTime)
    actor: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    """One of `data.risk_models.KINDS`."""
    about: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """The column it is about; else empty."""
    note: Mapped[str] = mapped_column(Text)
    """The reason given, or the finding."""


class RiskModelCheck(Table):
    """How the live risk model did when it was looked at: drift, calibration, expected and real figures."""

    __tablename__ = "risk_model_check"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    risk_model_id: Mapped[int] = mapped_column(ForeignKey("risk_model.id"))
    at: Mapped[datetime] = mapped_column(DateTime)
    content: Mapped[str] = mapped_column(Text)
    """JSON object: the figures of `scoring.monitoring`, aggregates only."""

    __table_args__ = (Index("risk_check_by_model", "risk_model_id", "at"),)
