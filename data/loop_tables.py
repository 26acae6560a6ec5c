"""Tables of the closed loop: what is asked, requested, measured, ordered and reviewed about an alert."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, Float, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class Elimination(Table):
    """A request to end an alert as excluded (预警消除), which a second person approves or returns."""

    __tablename__ = "elimination"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    cause: Mapped[str] = mapped_column(String(4))
    """Innocent cause F01..F38."""
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(String(200))
    """Where the evidence the cause demands is kept on paper; empty where it is attached."""
    prefilled: Mapped[bool] = mapped_column(Boolean)
    """Whether the office drafted it (emergency project) and a person sent it on."""
    requested_by: Mapped[str] = mapped_column(String(60))
    requested_at: Mapped[datetime] = mapped_column(DateTime)
    state: Mapped[str] = mapped_column(String(10), index=True)
    """asked, approved, returned or withdrawn; at most one of an alert is asked."""
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime)
    decision: Mapped[str] = mapped_column(Text)
    suppress_until: Mapped[date | None] = mapped_column(Date)
    """Asked for with it: not to be raised again for this subject until then."""


class Attachment(Table):
    """A file kept with an alert; its content lies outside the web root under its hash."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    inquiry_id: Mapped[int | None] = mapped_column(ForeignKey("inquiry.id"))
    """The inquiry it answers; none: added by the verifying unit."""
    content_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(150))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    added_by: Mapped[str] = mapped_column(String(60))
    added_at: Mapped[datetime] = mapped_column(DateTime)


class Inquiry(Table):
    """What a verifier asks a department about an alert (情况说明), and its answer."""

    __tablename__ = "inquiry"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    """The department asked."""
    question: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    due_on: Mapped[date] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime)

    __table_args__ = (Index("inquiry_by_unit", "unit_code", "answered_at"),)


class Measure(Table):
    """What was done about a confirmed alert, counted in the unit of its kind (`data.measures`)."""

    __tablename__ = "measure"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[float] = mapped_column(Float)
    """In the unit of the kind: 人, 条, 个, 元, 项."""
    takes_back: Mapped[int | None] = mapped_column(ForeignKey("measure.id"))
    """The entry made in error that this one takes back."""
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("responsible.id"))
    done_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(DateTime)


class Responsible(Table):
    """Who answered for what an alert is about, apart from the person it is about: handler, reviewer, approver..."""

    __tablename__ = "responsible"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    """A role of `data.cards.ANSWERING`: handler, reviewer, approver, patroller or drawer."""
    subject_key: Mapped[str] = mapped_column(String(64), index=True)
    display: Mapped[str] = mapped_column(String(60))
    """Masked."""
    post: Mapped[str] = mapped_column(String(80))
    """Post held on `on_date`, as filed; empty where not known."""
    unit_name: Mapped[str] = mapped_column(String(80))
    on_date: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(60))
    """Where it was found, `register.column`, or the account of whoever added it."""
    finding: Mapped[str] = mapped_column(String(12))
    """empty until verified; answerable, or cleared."""


class HandlingOrder(Table):
    """An order for supervised handling (督办单): who demands what by when, and what was answered."""

    __tablename__ = "handling_order"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    """督办〔2026〕12号."""
    reason: Mapped[str] = mapped_column(String(20))
    """overdue, unsatisfied, likely or other."""
    demand: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    ordered_by: Mapped[str] = mapped_column(String(60))
    ordered_at: Mapped[datetime] = mapped_column(DateTime)
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime)
    lifted_by: Mapped[str | None] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime, index=True)


class LookBack(Table):
    """A closed alert that is checked once more (回头看): drawn by chance or for a signal of sham closing."""

    __tablename__ = "look_back"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    drawn_for: Mapped[str] = mapped_column(String(20))
    """sample; the signal: fast, template, no_evidence, burst; or direct: reversed without being drawn before."""
    drawn_by: Mapped[str] = mapped_column(String(60))
    drawn_at: Mapped[datetime] = mapped_column(DateTime)
    seed: Mapped[int | None] = mapped_column(Integer)
    """Of the draw: over the same closings, none of them drawn yet, it gives the same sample."""
    outcome: Mapped[str] = mapped_column(String(2))
    """As it was when drawn."""
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    """The unit whose closing is looked at."""
    finding: Mapped[str | None] = mapped_column(String(10))
    """upheld, flawed (right, but badly shown) or reversed; none: still to be done."""
    outcome_found: Mapped[str | None] = mapped_column(String(2))
    """The outcome it should have had, where reversed."""
    note: Mapped[str] = mapped_column(Text)
    reviewed_by: Mapped[str | None] = mapped_column(String(60))
    reviewed_at: Mapped[datetime | None] = mapped_column(DateTime, index=True)


class Suppression(Table):
    """A subject that a supervision model does not raise again until a day: owned, approved, counted."""

    __tablename__ = "suppression"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    rule: Mapped[str | None] = mapped_column(String(60))
    """None: every rule of the model."""
    subject_key: Mapped[str] = mapped_column(String(64))
    subject_display: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"))
    """The eliminated alert it came from."""
    owner: Mapped[str] = mapped_column(String(60))
    approved_by: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(DateTime)
    until_on: Mapped[date] = mapped_column(Date)
    reviewed_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When somebody last looked whether it still holds; every quarter somebody does."""
    lifted_by: Mapped[str | None] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime)
    n_withheld: Mapped[int] = mapped_column(Integer)
    """Findings it kept from becoming alerts, each counted once a run."""

    __table_args__ = (Index("suppression_by_subject", "source", "subject_key"),)
