"""Days as an author writes them: 2013-10-19, 2013年10月19日, 2013.10.19, 2013/10/19 or 20131019."""

import re
from datetime import date

_DAY = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?|(\d{4})(\d{2})(\d{2})")


def read_day(text: str) -> date | None:
    """The day a text tells, whichever of the usual ways it is written in; None where it tells none.

    >>> read_day("2013年10月19日")
    datetime.date(2013, 10, 19)
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None
