"""Tables of a supervision model's life: what was done to a version, what was seen before it, and when it runs."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKeyConstraint, Identity, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ForeignKey

from data.tables import Table

_VERSION = ["supervision_model.code", "supervision_model.version"]


class ModelEvent(Table):
    """Something that was done to a version of a supervision model. Never changed, only added to."""

    __tablename__ = "model_event"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime)
    actor: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    """An action of `data.model_states.MODEL_TRANSITIONS`, or one that changes no state: drafted, widened..."""
    from_status: Mapped[str | None] = mapped_column(String(15))
    to_status: Mapped[str] = mapped_column(String(15))
    note: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        ForeignKeyConstraint(["code", "version"], _VERSION),
        Index("model_event_by_model", "code", "version"),
    )


class BackTest(Table):
    """A version tried over the past twelve months, raising nothing: what it would have found."""

    __tablename__ = "back_test"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer)
    card_hash: Mapped[str] = mapped_column(String(64))
    """Of the very text that was tried; a changed card needs another back-test."""
    region_code: Mapped[str] = mapped_column(String(12))
    """Only hits inside were counted; empty: the whole office."""
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    state: Mapped[str] = mapped_column(String(10), index=True)
    """waiting, running, done or failed."""
    n_done: Mapped[int] = mapped_column(Integer)
    """Month ends tried so far, out of `n_total`."""
    n_total: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime | None] = mapped_column(DateTime)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime)
    failure: Mapped[str] = mapped_column(Text)
    """JSON object with zh and en: why it failed; empty otherwise."""
    seed: Mapped[int] = mapped_column(Integer)
    """Of the draw of the sample."""
    filings: Mapped[str] = mapped_column(Text)
    """JSON object: register name to dataset_filing.id of its newest version."""
    result: Mapped[str] = mapped_column(Text)
    """JSON object as `data.back_test` describes it; empty until done."""
    sample: Mapped[str] = mapped_column(Text)
    """JSON list of the rows drawn, masked, without scores and outcomes; empty until done."""

    __table_args__ = (
        ForeignKeyConstraint(["code", "version"], _VERSION),
        Index("back_test_by_model", "code", "version"),
    )


class SampleVerdict(Table):
    """What an inspector thinks of one row of a back-test's blind sample."""

    __tablename__ = "sample_verdict"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    back_test_id: Mapped[int] = mapped_column(ForeignKey("back_test.id"))
    number: Mapped[int] = mapped_column(Integer)
    """Of the row in the sample, from 1 on."""
    verdict: Mapped[str] = mapped_column(String(10))
    """would, would_not or unsure."""
    judged_by: Mapped[str] = mapped_column(String(60))
    judged_at: Mapped[datetime] = mapped_column(DateTime)

    __table_args__ = (UniqueConstraint("back_test_id", "number"),)


class ScopeRequest(Table):
    """A request that a live supervision model raise alerts in a wider region."""

    __tablename__ = "scope_request"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(10), index=True)
    region_code: Mapped[str] = mapped_column(String(12))
    """The wider region; empty: the whole office."""
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    state: Mapped[str] = mapped_column(String(10))
    """asked, approved or refused; at most one of a code is asked."""
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime)
    decision: Mapped[str] = mapped_column(Text)


class ModelSchedule(Table):
    """When a supervision model runs by itself; without a row it runs when its registers grow, and once a day."""

    __tablename__ = "model_schedule"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """growth, daily, weekly or monthly."""
    day: Mapped[int] = mapped_column(Integer)
    """Of the week (1 is Monday) or of the month; 0 for the others."""
    set_by: Mapped[str] = mapped_column(String(60))
    set_at: Mapped[datetime] = mapped_column(DateTime)


class BackFill(Table):
    """A run that was missed at the end of a past month and is to be made up for."""

    __tablename__ = "back_fill"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(10))
    as_of: Mapped[datetime] = mapped_column(DateTime)
    """The moment as of which it compares: what was received later is not looked at."""
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    state: Mapped[str] = mapped_column(String(10), index=True)
    """waiting, done or failed."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("collision_run.id"))
    failure: Mapped[str] = mapped_column(Text)
    """JSON object with zh and en: why it failed; empty otherwise."""

    __table_args__ = (UniqueConstraint("code", "as_of"),)


class ShadowRun(Table):
    """A version that is not live compared beside the live one: what it would raise and what it would not."""

    __tablename__ = "shadow_run"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer)
    live_version: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime] = mapped_column(DateTime)
    n_both: Mapped[int] = mapped_column(Integer)
    n_only_new: Mapped[int] = mapped_column(Integer)
    n_only_live: Mapped[int] = mapped_column(Integer)
    detail: Mapped[str] = mapped_column(Text)
    """JSON object: what only one of the two found, masked, a few of each; and why it could not run."""
    ended_at: Mapped[datetime] = mapped_column(DateTime)

    __table_args__ = (
        ForeignKeyConstraint(["code", "version"], _VERSION),
        Index("shadow_run_by_model", "code", "version"),
    )
