"""The office's own tables. Portable SQL only: names of at most 30 characters, JSON as text, explicit identities.

All `_at` columns are UTC without zone; all `_on` columns are local dates (Asia/Shanghai).
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Root of the tables: its metadata is what Alembic compares."""


class Region(Table):
    """An administrative place; codes nest by prefix: 2 digits province, 4 city, 6 county, 9 town, 12 village."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    level: Mapped[int] = mapped_column(Integer, index=True)
    """1 province, 2 city, 3 county, 4 town, 5 village."""
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    tile_row: Mapped[int | None] = mapped_column(Integer)
    tile_column: Mapped[int | None] = mapped_column(Integer)
    """Place in the parent's tile grid, neighbours kept as neighbours; absent: laid out in order of code."""


class Domain(Table):
    """A field of supervision: public-benefit funds, village projects..."""

    __tablename__ = "domain"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    sort: Mapped[int] = mapped_column(Integer)


class Unit(Table):
    """An organisation that verifies, supplies data or answers for a duty."""

    __tablename__ = "unit"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    """commission, town_commission, stationed_group or department."""
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"), index=True)


class DatasetFiling(Table):
    """A file as it was supplied: a version of a register or a feed, with its hash, supplier and legal basis."""

    __tablename__ = "dataset_filing"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """register or feed."""
    name: Mapped[str] = mapped_column(String(60))
    """Register name, or the feed's file name."""
    version: Mapped[int] = mapped_column(Integer)
    content_hash: Mapped[str] = mapped_column(String(64))
    supplier: Mapped[str] = mapped_column(String(80))
    legal_basis: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(200))
    path: Mapped[str | None] = mapped_column(String(300))
    """Parquet file of a register version, relative to the registers folder; none for feeds."""
    n_rows: Mapped[int] = mapped_column(Integer)
    n_refused: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(DateTime, index=True)
    replaces: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether it stands in place of every version before it, from the day it was received."""

    __table_args__ = (
        UniqueConstraint("kind", "name", "version"),
        Index("dataset_filing_by_hash", "content_hash"),
    )


class RegisterDefinition(Table):
    """The description of a register the office made itself: supplier, key, columns."""

    __tablename__ = "register_definition"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    """TOML text as in registers.toml."""
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(DateTime)


class FilingQuality(Table):
    """How good a filed version of a register is: what its supplier is told, and is measured by."""

    __tablename__ = "filing_quality"

    filing_id: Mapped[int] = mapped_column(ForeignKey("dataset_filing.id"), primary_key=True)
    n_checked: Mapped[int] = mapped_column(Integer)
    """Numbers with a check digit, over all columns that hold such."""
    n_failed: Mapped[int] = mapped_column(Integer)
    failed: Mapped[str] = mapped_column(Text)
    """JSON object: column to fault to count."""
    lag_days: Mapped[float | None] = mapped_column(Float)
    """Median days from what a row tells of to its receipt; none where the register names no such date."""
    event_from: Mapped[date | None] = mapped_column(Date)
    event_to: Mapped[date | None] = mapped_column(Date)
    """First and last of those dates; of a month its first day."""
    receipts: Mapped[str] = mapped_column(Text, default="{}", server_default="{}")
    """JSON object: month to the day half of the rows of what happened in it were there.

    Without an event column: month to the first day of it on which rows came.
    """


class CorrectionTicket(Table):
    """What a supplier is asked to put right in its data: rows refused, numbers that fail their check, an alert.

    Open until it is closed; closed when data filed later has it right, or with a reason.
    """

    __tablename__ = "correction_ticket"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    register: Mapped[str] = mapped_column(String(30), index=True)
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("dataset_filing.id"))
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), index=True)
    """The department that supplied the data."""
    kind: Mapped[str] = mapped_column(String(10))
    """refused, failed or alert."""
    n_rows: Mapped[int] = mapped_column(Integer)
    request: Mapped[str] = mapped_column(Text)
    """What is asked for, in the office's words."""
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    due_on: Mapped[date] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime)
    closing: Mapped[str] = mapped_column(Text)
    """Why it was closed."""
    closed_by: Mapped[str | None] = mapped_column(String(60))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime)
    closing_filing_id: Mapped[int | None] = mapped_column(ForeignKey("dataset_filing.id"))
    """The version that has it right."""


class RefusedRow(Table):
    """A row that could not be taken, kept with the reason so that its supplier can mend it."""

    __tablename__ = "refused_row"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("dataset_filing.id"), index=True)
    row_number: Mapped[int] = mapped_column(Integer)
    """Row in the file as a spreadsheet counts it: the header is row 1."""
    column_name: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(300))
    """One sentence: what was got, what was expected."""
    content: Mapped[str] = mapped_column(Text)
    """The row as read, JSON object."""


class SupervisionModel(Table):
    """A card in the warehouse; its rules, parameters and words are in the card itself."""

    __tablename__ = "supervision_model"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(150))
    domain_code: Mapped[str] = mapped_column(ForeignKey("domain.code"))
    level: Mapped[str] = mapped_column(String(10))
    phase: Mapped[str] = mapped_column(String(15))
    status: Mapped[str] = mapped_column(String(15))
    """A state of `data.model_states.MODEL_STATES`."""
    card: Mapped[str] = mapped_column(Text)
    """The card as TOML text."""
    card_hash: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(60), default="system", server_default="system")
    """Account that wrote it; `system` for a built-in one."""
    unit_code: Mapped[str | None] = mapped_column(String(30))
    """Unit of the author."""
    counts: Mapped[str] = mapped_column(String(10), default="misconduct", server_default="misconduct")
    """Of its card, one of `data.cards.COUNTS`; what leads to help is in no confirmation rate (`data.counting`)."""
    region_code: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """Alerts are raised inside this region only; empty: in the whole office."""
    based_on: Mapped[str | None] = mapped_column(String(20))
    """`CODE/VERSION` it was copied from."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The last reason given: for a return, a pause or an end."""
    created_at: Mapped[datetime | None] = mapped_column(DateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime)
    submitted_by: Mapped[str | None] = mapped_column(String(60))
    approved_by: Mapped[str | None] = mapped_column(String(60))
    activated_at: Mapped[datetime | None] = mapped_column(DateTime)
    paused_at: Mapped[datetime | None] = mapped_column(DateTime)
    retired_at: Mapped[datetime | None] = mapped_column(DateTime)
    shadow_since: Mapped[datetime | None] = mapped_column(DateTime)
    """Since when it is compared beside the live version; none: it is not."""


class CollisionRun(Table):
    """One run of a supervision model over register versions, and what it found."""

    __tablename__ = "collision_run"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    model_code: Mapped[str] = mapped_column(String(10), index=True)
    model_version: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime] = mapped_column(DateTime)
    """Rows received after this moment were not looked at."""
    parameters: Mapped[str] = mapped_column(Text)
    filings: Mapped[str] = mapped_column(Text)
    """JSON object: register name to dataset_filing.id."""
    n_hits: Mapped[int] = mapped_column(Integer)
    n_new: Mapped[int] = mapped_column(Integer)
    n_extended: Mapped[int] = mapped_column(Integer)
    n_withheld: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Findings that a suppression kept from being raised or reopened."""
    n_elsewhere: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Findings outside the region where the model raises alerts; they raised none."""
    n_unplaced: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Findings whose place is no region of the office; they raised none but where the model covers the whole office."""
    made_up_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When a missed run was made up for; none: it ran in its time."""
    started_at: Mapped[datetime] = mapped_column(DateTime)
    ended_at: Mapped[datetime] = mapped_column(DateTime)

    @property
    def known_at(self) -> datetime:
        """When what it found became known to the office: alerts are raised as of then."""
        return self.made_up_at or self.as_of


def _inserted(column: str) -> Callable[[Any], Any]:
    """The value that another column of the same row is inserted with, as a default: whoever inserts keeps it too."""
    return lambda context: context.get_current_parameters().get(column)


class Alert(Table):
    """What needs a look: one (model, rule, subject, period), or one row of a feed. Never an accusation."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_key: Mapped[str] = mapped_column(String(200), unique=True)
    """Makes re-runs and re-imports idempotent: `M01|rule|subject key|period`, or `feed name|alert_id`."""
    source: Mapped[str] = mapped_column(String(60), index=True)
    """Code of the supervision model, or the feed's own source."""
    rule: Mapped[str] = mapped_column(String(60))
    domain_code: Mapped[str | None] = mapped_column(ForeignKey("domain.code"), index=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"), index=True)
    """The unit that verifies."""
    level: Mapped[str] = mapped_column(String(10))
    """red, orange or yellow."""
    status: Mapped[str] = mapped_column(String(10))
    """A state of `data.states.STATES`."""
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """Goes up with every change, so that of two people on one alert the second is told."""
    assignee: Mapped[str | None] = mapped_column(String(60), index=True)
    """Account that verifies it."""
    outcome: Mapped[str | None] = mapped_column(String(2))
    cause: Mapped[str | None] = mapped_column(String(4))
    """Innocent cause F01..F38, for E1 only."""
    subject_kind: Mapped[str] = mapped_column(String(20))
    """person, household, project, village, enterprise or other."""
    subject_key: Mapped[str] = mapped_column(String(64), index=True)
    """Keyed hash of the subject's number: joins alerts of one subject without showing who it is."""
    subject_display: Mapped[str] = mapped_column(String(60))
    """Masked: surname and 某某, or a project's number."""
    title: Mapped[str] = mapped_column(String(300))
    """The alert as a question, in Chinese."""
    title_en: Mapped[str] = mapped_column(String(300))
    period: Mapped[str | None] = mapped_column(String(40))
    """Entitled period, YYYY-MM or YYYY; or what else tells one wrong of a subject from the next, such as a contract."""
    happened_on: Mapped[date | None] = mapped_column(Date)
    registered_on: Mapped[date | None] = mapped_column(Date)
    raised_at: Mapped[datetime] = mapped_column(DateTime)
    """When it became known to us."""
    dispatched_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When the unit was given it."""
    signed_in_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When the unit acknowledged it: the clock of its due date starts."""
    due_on: Mapped[date | None] = mapped_column(Date)
    """Last day for what its state asks for: sign-in, verification, approval or rectification."""
    reminded_on: Mapped[date | None] = mapped_column(Date)
    """The due date that a reminder went out for."""
    supervised_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When its handling was put under supervision (督办); none: it is not."""
    concluded_at: Mapped[datetime | None] = mapped_column(DateTime)
    """When the outcome was recorded: from then on features may know it."""
    amount: Mapped[float | None] = mapped_column(Float)
    """CNY under suspicion."""
    recoverable: Mapped[float | None] = mapped_column(Float)
    """CNY of excess only, as computed by the rule."""
    recovered: Mapped[float | None] = mapped_column(Float)
    """CNY actually received back."""
    first_amount: Mapped[float | None] = mapped_column(Float, default=_inserted("amount"))
    """`amount` when the alert was raised; like the other two it is never changed: the present may hold later rows."""
    first_recoverable: Mapped[float | None] = mapped_column(Float, default=_inserted("recoverable"))
    first_level: Mapped[str | None] = mapped_column(String(10), default=_inserted("level"))
    attributes: Mapped[str] = mapped_column(Text)
    """JSON object: what was known when the alert was raised, by column; becomes features by itself."""
    check_share: Mapped[float | None] = mapped_column(Float)
    """Its propensity: the share of the random check slice in force when it was raised (`data.check_slice`).

    None: it had no part in the draw, as it came with its outcome or before there was one.
    """
    drawn: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether it fell into the random check slice."""
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("dataset_filing.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("collision_run.id"))

    __table_args__ = (
        Index("alert_by_status_raised", "status", "raised_at"),
        Index("alert_by_raised", "raised_at"),
        Index("alert_by_concluded", "concluded_at"),
        Index("alert_drawn", "drawn", "raised_at"),
        Index("alert_by_unit", "unit_code", "status", "due_on"),
        # Everything the queue is narrowed and counted by, so that its counts never touch the rows themselves.
        Index("alert_for_queue", "status", "level", "source", "domain_code", "region_code", "due_on", "raised_at"),
        Index("alert_for_precedents", "source", "rule", "outcome", "cause", "concluded_at"),
    )


class AlertEvidence(Table):
    """One register row behind an alert, minimum columns, as it was when compared."""

    __tablename__ = "alert_evidence"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    row_key: Mapped[str] = mapped_column(String(64))
    """Hash of the content: the same row is never added twice."""
    content: Mapped[str] = mapped_column(Text)
    """JSON object: {"register.column": value}, identity numbers and names masked."""

    __table_args__ = (UniqueConstraint("alert_id", "row_key"),)


class AlertEvent(Table):
    """Something that was done to an alert. Append-only: the database refuses update and delete."""

    __tablename__ = "alert_event"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    at: Mapped[datetime] = mapped_column(DateTime)
    actor: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    """An action of `data.states.TRANSITIONS`, or one that changes no state: raised, extended, noted, asked..."""
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """The alert's version after it."""
    from_status: Mapped[str | None] = mapped_column(String(10))
    to_status: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(2))
    cause: Mapped[str | None] = mapped_column(String(4))
    recovered: Mapped[float | None] = mapped_column(Float)
    """CNY actually received back, as recorded with this outcome."""
    level: Mapped[str | None] = mapped_column(String(10))
    """Level, unit, sign-in and due date of the alert just before: what was done is judged by them, whatever came after.

    None: recorded before they were kept.
    """
    unit_code: Mapped[str | None] = mapped_column(String(30))
    signed_in_at: Mapped[datetime | None] = mapped_column(DateTime)
    due_on: Mapped[date | None] = mapped_column(Date)
    assignee: Mapped[str | None] = mapped_column(String(60))
    """Who has the alert after it: whoever had it decides about its verdict no more."""
    note: Mapped[str] = mapped_column(Text)


class RiskModel(Table):
    """A trained ranker as text: booster, linear part, calibrator, features, and what it was trained on."""

    __tablename__ = "risk_model"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    """challenger, live or retired; at most one is live."""
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 over features, data, code and parameters."""
    content: Mapped[str] = mapped_column(Text)
    """JSON object; the booster is LightGBM's own text. No pickles."""
    metrics: Mapped[str] = mapped_column(Text)
    """JSON object: figures on the slice after its data, and rows dropped by reason."""
    n_rows: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime] = mapped_column(DateTime)
    """Outcomes recorded at or after this moment were not seen."""
    trained_at: Mapped[datetime] = mapped_column(DateTime)


class Score(Table):
    """How likely an alert is to be confirmed, and why. Orders work; closes nothing."""

    __tablename__ = "score"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    risk_model_id: Mapped[int | None] = mapped_column(ForeignKey("risk_model.id"))
    """None: scored by the past confirmation rate, for want of a risk model."""
    p_confirmed: Mapped[float] = mapped_column(Float)
    p_low: Mapped[float] = mapped_column(Float)
    p_high: Mapped[float] = mapped_column(Float)
    queue_rank: Mapped[int | None] = mapped_column(Integer, index=True)
    """1 is verified first; closed alerts have none."""
    expected_recoverable: Mapped[float | None] = mapped_column(Float)
    """CNY: p_confirmed x recoverable."""
    reasons: Mapped[str] = mapped_column(Text)
    """JSON object: base and contributions in log-odds, adding up to the score; words zh and en."""
    scored_at: Mapped[datetime] = mapped_column(DateTime)


class Lease(Table):
    """Who may do a piece of background work, and until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until_at: Mapped[datetime] = mapped_column(DateTime)
    failure: Mapped[str] = mapped_column(String(80), server_default="")
    """Kind of error its last run ended with; empty where it went well."""
    failed_at: Mapped[datetime | None] = mapped_column(DateTime)
