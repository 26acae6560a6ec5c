"""Working days of the office, with the make-up days (调休) of each year, from the table that ships with the calendar.

A year the table does not know yet counts Monday to Friday, and every page that shows a due date then says so
(`unknown_years`). Source: field/rules.md, 6.
"""

from datetime import date, timedelta
from functools import cache, lru_cache

import chinese_calendar

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
"""Between these the calendar is asked which years it knows."""


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Whether people work on this day; Monday to Friday in a year the calendar does not know."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def is_known(year: int) -> bool:
    """Whether the calendar knows the holidays and make-up days of a year."""
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True


def unknown_years(first: date, last: date) -> tuple[int, ...]:
    """The years from first to last whose holidays are not known: their due dates are Monday to Friday only."""
    return tuple(year for year in range(first.year, last.year + 1) if not is_known(year))


def working_days_after(day: date, days: int) -> date:
    """The `days`-th working day after `day`, which itself does not count; 0 gives `day`."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def working_days_between(day: date, later: date) -> int:
    """Working days after `day` up to and with `later`; negative, the other way round, where `later` is earlier."""
    if later < day:
        return -working_days_between(later, day)
    first, last = day.toordinal(), later.toordinal()
    weekdays = _weekdays(last) - _weekdays(first)
    years = range(max(day.year, _FIRST_YEAR), min(later.year, _LAST_YEAR) + 1)
    return weekdays + sum(added for year in years for at, added in _exceptions(year) if first < at <= last)


def _weekdays(ordinal: int) -> int:
    """Mondays to Fridays up to and with a day, counted from the calendar's first, which is a Monday."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


@cache
def _exceptions(year: int) -> tuple[tuple[int, int], ...]:
    """Days of a year that are not as their weekday says, each with what it adds to the working days, 1 or -1.

    They are few, so that any span is counted at once, however long.
    """
    if not is_known(year):
        return ()
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    wrong = [day for day in days if day.year == year and is_working_day(day) != (day.weekday() < 5)]
    return tuple((day.toordinal(), 1 if is_working_day(day) else -1) for day in wrong)
