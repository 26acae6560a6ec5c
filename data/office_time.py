"""The office's clock: moments are UTC without zone, days are those of Asia/Shanghai (UTC+8, no summer time)."""

from datetime import UTC, date, datetime, timedelta

SHANGHAI = timedelta(hours=8)


def utc_now() -> datetime:
    """This moment, UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def shanghai_day(moment: datetime) -> date:
    """The local date of a UTC moment: 2026-11-22 16:00 UTC is already 2026-11-23."""
    return (moment + SHANGHAI).date()
