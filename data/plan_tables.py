"""Tables of the order of work: which order is in force, what units can verify in a week, and their confirmed plans."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, Float, ForeignKey, Integer, String
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


class CapacitySet(Table):
    """How many alerts a unit, or a person in it, can verify in five working days, as its head set it."""

    __tablename__ = "capacity"

    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Empty: the unit as a whole."""
    per_week: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(String(40))
    set_at: Mapped[datetime] = mapped_column(DateTime)


class WeekPlan(Table):
    """The plan of a unit for a week, as a person confirmed it."""

    __tablename__ = "week_plan"

    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    week_on: Mapped[date] = mapped_column(Date, primary_key=True)
    """Its Monday."""
    order_code: Mapped[str] = mapped_column(String(20))
    room: Mapped[int] = mapped_column(Integer)
    """How many alerts the week had room for when it was confirmed last."""
    confirmed_by: Mapped[str] = mapped_column(String(40))
    confirmed_at: Mapped[datetime] = mapped_column(DateTime)


class WeekPlanItem(Table):
    """An alert of a confirmed plan, with the likelihood it was planned with."""

    __tablename__ = "week_plan_item"

    unit_code: Mapped[str] = mapped_column(String(30), primary_key=True)
    week_on: Mapped[date] = mapped_column(Date, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    why: Mapped[str] = mapped_column(String(10))
    """A reason of `data.plan.REASONS`."""
    account: Mapped[str | None] = mapped_column(String(60))
    p_confirmed: Mapped[float | None] = mapped_column(Float)
    p_low: Mapped[float | None] = mapped_column(Float)
    p_high: Mapped[float | None] = mapped_column(Float)
    recoverable: Mapped[float | None] = mapped_column(Float)

    @property
    def chance(self) -> tuple[float, float, float] | None:
        """p_confirmed, p_low and p_high; None: it was not scored."""
        if self.p_confirmed is None or self.p_low is None or self.p_high is None:
            return None
        return self.p_confirmed, self.p_low, self.p_high
