"""Working days with the make-up days of the year; a year the calendar does not know is Monday to Friday, and said."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.working_days import (
    is_known,
    is_working_day,
    unknown_years,
    working_days_after,
    working_days_between,
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 9), True),  # a Monday
        (date(2026, 3, 14), False),  # a Saturday
        (date(2026, 2, 17), False),  # Spring Festival
        (date(2026, 2, 14), True),  # a Saturday made up
        (date(2025, 10, 1), False),  # National Day
        (date(2025, 9, 28), True),  # a Sunday made up
        (date(2099, 10, 1), True),  # nothing known: a Thursday
        (date(2099, 10, 3), False),  # nothing known: a Saturday
    ],
)
def test_days(day: date, expected: bool) -> None:
    assert is_working_day(day) is expected


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 3, 9), 0, date(2026, 3, 9)),
        (date(2026, 3, 9), 1, date(2026, 3, 10)),
        (date(2026, 3, 13), 1, date(2026, 3, 16)),
        (date(2026, 3, 14), 1, date(2026, 3, 16)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),  # Saturday 14 is made up, the 15th to the 23rd are free
    ],
)
def test_after(day: date, days: int, expected: date) -> None:
    assert working_days_after(day, days) == expected


def test_years_nobody_published_yet_are_named() -> None:
    assert is_known(2026)
    assert not is_known(2099)
    assert unknown_years(date(2026, 12, 1), date(2026, 12, 31)) == ()
    assert unknown_years(date(2098, 12, 20), date(2099, 1, 9)) == (2098, 2099)


_DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))


@given(_DAYS, st.integers(1, 60))
def test_after_and_between_undo_each_other(day: date, days: int) -> None:
    last = working_days_after(day, days)
    assert is_working_day(last)
    assert working_days_between(day, last) == days
    assert working_days_between(last, day) == -days


@given(_DAYS, st.integers(0, 60), st.integers(0, 60))
def test_one_day_after_another(day: date, first: int, more: int) -> None:
    assert working_days_after(working_days_after(day, first), more) == working_days_after(day, first + more)


@given(_DAYS, st.integers(0, 900))
def test_a_span_is_as_long_as_its_working_days_one_by_one(day: date, days: int) -> None:
    later = day + timedelta(days=days)
    assert working_days_between(day, later) == sum(is_working_day(day + timedelta(days=n)) for n in range(1, days + 1))


def test_the_longest_span_there_is() -> None:
    assert working_days_between(date(2099, 1, 1), date(9999, 12, 31)) == 2_061_271
    assert working_days_between(date.max, date.min) == -working_days_between(date.min, date.max)


@given(_DAYS)
def test_a_day_counts_from_the_next_on(day: date) -> None:
    assert working_days_between(day, day) == 0
    assert working_days_between(day, day + timedelta(days=1)) == is_working_day(day + timedelta(days=1))
