"""Tables of the record: the audit chain, and what other systems are told."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class AuditEntry(Table):
    """Something somebody did or saw. Append-only: the database refuses update and delete; each row seals the last."""

    __tablename__ = "audit_entry"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """1, 2, 3... without a gap."""
    at: Mapped[datetime] = mapped_column(DateTime, index=True)
    actor: Mapped[str] = mapped_column(String(60), index=True)
    """Account, `token:NAME`, or the part of the system that acted."""
    action: Mapped[str] = mapped_column(String(40), index=True)
    """`room.verb`: alert.concluded, identity.unmasked, account.signed_in..."""
    object_kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(80))
    result: Mapped[str] = mapped_column(String(10))
    """done or refused."""
    address: Mapped[str] = mapped_column(String(60))
    """Network address it came from; empty on the command line."""
    detail: Mapped[str] = mapped_column(Text)
    """JSON object; never a password, a token or an unmasked identity."""
    previous: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
    """HMAC-SHA-256 over every other column, `previous` included."""

    __table_args__ = (Index("audit_by_object", "object_kind", "object_id"),)


class AuditHead(Table):
    """The one row that says where the chain ends; whoever adds a link holds it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer)
    seal: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(64))
    """HMAC-SHA-256 over number and seal with the audit's key; empty before the first entry."""


class Webhook(Table):
    """A system that is told of changes of state."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    url: Mapped[str] = mapped_column(String(300))
    secret: Mapped[str] = mapped_column(String(200))
    """Sealed; signs what is sent (HMAC-SHA-256)."""
    kinds: Mapped[str] = mapped_column(String(300))
    """Comma-separated kinds of alert_event; empty: every kind."""
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(DateTime)
    last_event: Mapped[int] = mapped_column(Integer)
    """alert_event.id up to which deliveries were made out."""
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime)


class Delivery(Table):
    """One event on its way to one webhook."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("alert_event.id"))
    state: Mapped[str] = mapped_column(String(10))
    """waiting, delivered or given_up."""
    n_tries: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = mapped_column(DateTime)
    last_at: Mapped[datetime | None] = mapped_column(DateTime)
    last_answer: Mapped[str] = mapped_column(String(200))
    """Status or failure of the last try."""

    __table_args__ = (Index("delivery_to_do", "state", "next_at"),)
