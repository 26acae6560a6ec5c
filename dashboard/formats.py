"""How numbers and times are written: thousands separated, shares as percentages, money in 元, local times."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
NOTHING = "—"


def count(n: int | None) -> str:
    """A count with thousands separated: `12,345`; a dash where there is none."""
    return NOTHING if n is None else f"{n:,}"


def percent(share: float | None, *, digits: int = 1) -> str:
    """A share as a percentage: `63.2%`."""
    return NOTHING if share is None else f"{share * 100:.{digits}f}%"


def yuan(amount: float | None) -> str:
    """CNY for tables: `12,345.00`."""
    return NOTHING if amount is None else f"{amount:,.2f}"


def local(moment: datetime) -> datetime:
    """A UTC moment of the database as the office's local time (Asia/Shanghai)."""
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(OFFICE_ZONE)


def day(moment: datetime | None) -> str:
    """Local date of a UTC moment: `2026-11-22`."""
    return NOTHING if moment is None else f"{local(moment):%Y-%m-%d}"


def minute(moment: datetime | None) -> str:
    """Local date and minute of a UTC moment: `2026-11-22 14:36`."""
    return NOTHING if moment is None else f"{local(moment):%Y-%m-%d %H:%M}"


def age_days(since: datetime, now: datetime) -> int:
    """Whole days from one UTC moment to another, never below zero."""
    return max(0, (now - since) // timedelta(days=1))
