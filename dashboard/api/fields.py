"""Fields of what is sent and answered: every one bounded, and saying what was got and what is expected."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any, ClassVar

import marshmallow as ma

_HIDDEN = r"\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0"
"""Characters that do not show, or that turn the direction of what follows."""
_SAYS = r"[^\s\u200c\u200d]"
"""A character that is more than a blank or a joiner of no width."""
_FORBIDDEN = re.compile(rf"[\x00-\x1f{_HIDDEN}\ud800-\udfff]")
_FORBIDDEN_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f{_HIDDEN}\ud800-\udfff]")
_SHOWN, _SHOWN_IN_LINES = rf"[^\x00-\x1f{_HIDDEN}]*", rf"[^\x00-\x08\x0b-\x1f{_HIDDEN}]*"
_SHOWS, _SHOWS_IN_LINES, _SHOWS_AND_SAYS = f"^{_SHOWN}$", f"^{_SHOWN_IN_LINES}$", rf"^{_SHOWN}{_SAYS}{_SHOWN}$"
_MOMENT = re.compile(r"(?a:\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2}))")
_DAY = re.compile(r"(?a:\d{4}-\d{2}-\d{2})")
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_BETWEEN = f" between {_FIRST_YEAR} and {_LAST_YEAR}"
LARGEST = 2_147_483_647
"""Largest number of an alert, event or page."""
MOST_MONEY = 10**12


def _kind(value: Any) -> str:
    """What a value is, in words that repeat nothing of it."""
    if isinstance(value, str):
        return f"a text of {len(value):,} characters"
    names = {bool: "a boolean", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


def _refused(value: Any, expected: str) -> ma.ValidationError:
    return ma.ValidationError(f"got {_kind(value)}; expected {expected}")


class Sent(ma.Schema):
    """The root of what is sent: fields it does not have are refused."""

    class Meta:
        """Unknown fields are refused."""

        unknown = ma.RAISE

    error_messages = {  # noqa: RUF012  (marshmallow's own way to say it)
        "unknown": "got a field that is not known; expected one of the fields in the documentation",
        "type": "got something else; expected an object",
    }


_MISSING: dict[str, Any] = {"required": "got nothing; expected a value", "null": "got null; expected a value"}


class Text(ma.fields.String):
    """A text of bounded length without control characters; `lines`: may have line ends."""

    def __init__(self, most: int, *, least: int = 0, lines: bool = False, said: str = "", **more: Any) -> None:
        pattern = _SHOWS_IN_LINES if lines else _SHOWS_AND_SAYS if least else _SHOWS
        described = {"minLength": least, "maxLength": most, "pattern": pattern, "description": said}
        super().__init__(metadata=described, error_messages=_MISSING, **more)
        self.least, self.most, self.lines = least, most, lines

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> str:
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise _refused(value, f"a text of {self.least} to {self.most} characters")
        if (_FORBIDDEN_IN_LINES if self.lines else _FORBIDDEN).search(value):
            raise _refused(value, "one without control or invisible characters")
        if self.least and not re.search(_SAYS, value):
            raise _refused(value, "one that is not blank")
        return value


class Word(ma.fields.String):
    """One of a list of codes."""

    def __init__(self, codes: Sequence[str], *, said: str = "", **more: Any) -> None:
        super().__init__(metadata={"enum": list(codes), "description": said}, error_messages=_MISSING, **more)
        self.codes = tuple(codes)

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> str:
        if not isinstance(value, str) or value not in self.codes:
            raise _refused(value, ", ".join(self.codes))
        return value


class Money(ma.fields.Float):
    """An amount in CNY, not negative."""

    def __init__(self, *, said: str = "", **more: Any) -> None:
        described = {"minimum": 0, "maximum": MOST_MONEY, "description": said}
        super().__init__(metadata=described, error_messages=_MISSING, **more)

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_MONEY:
            raise _refused(value, f"a number from 0 to {MOST_MONEY:,}")
        return float(value)


class Count(ma.fields.Integer):
    """A whole number of a query, within bounds."""

    def __init__(self, least: int, most: int, *, said: str = "", **more: Any) -> None:
        described = {"minimum": least, "maximum": most, "description": said}
        super().__init__(metadata=described, error_messages=_MISSING, **more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> int:
        text = value if isinstance(value, str) else ""
        number = int(text) if re.fullmatch(r"(?a:-?\d{1,10})", text) else None
        if number is None or not self.least <= number <= self.most:
            raise _refused(value, f"a whole number from {self.least} to {self.most}")
        return number


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        # A few hours off the first or the last day there is.
        return moment.replace(tzinfo=None)


class Moment(ma.fields.DateTime):
    """A point in time with its zone; UTC inside. `bounded`: between 1990 and 2099."""

    def __init__(self, *, said: str = "", bounded: bool = True, **more: Any) -> None:
        super().__init__(metadata={"description": said}, error_messages=_MISSING, **more)
        self.bounded = bounded

    def _serialize(self, value: Any, *_place: Any, **_more: Any) -> str | None:
        return None if value is None else f"{value:%Y-%m-%dT%H:%M:%SZ}"

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> datetime:
        expected = f"a time with its zone{_BETWEEN if self.bounded else ''}, such as 2026-11-22T09:30:00+08:00"
        # In an address a plus that nobody escaped arrives as a blank.
        text = re.sub(r" (?=\d{2}:\d{2}$)", "+", value) if isinstance(value, str) else ""
        if not _MOMENT.fullmatch(text):
            raise _refused(value, expected)
        try:
            moment = _in_utc(datetime.fromisoformat(text.upper()))
        except ValueError:
            raise _refused(value, expected) from None
        if self.bounded and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise _refused(value, expected)
        return moment


class Day(ma.fields.Date):
    """A date."""

    def __init__(self, *, said: str = "", **more: Any) -> None:
        super().__init__(metadata={"description": said}, error_messages=_MISSING, **more)

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> date:
        expected = f"a date{_BETWEEN}, such as 2026-11-22"
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
        except ValueError:
            day = None
        if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise _refused(value, expected)
        return day


_SCALAR = {
    "anyOf": [
        {"type": "string", "maxLength": 500, "pattern": _SHOWS_IN_LINES},
        {"type": "number", "minimum": -1e15, "maximum": 1e15},
        {"type": "boolean"},
        {"type": "null"},
    ]
}


class Row(ma.fields.Field[dict[str, Any]]):
    """An object of names to plain values: texts, numbers, booleans, null."""

    NAMES: ClassVar = {"propertyNames": {"minLength": 1, "maxLength": 60, "pattern": _SHOWS_AND_SAYS}}
    """What the description says of the names."""

    def __init__(self, most: int, *, least: int = 0, said: str = "", **more: Any) -> None:
        described = {
            "type": "object",
            "minProperties": least,
            "maxProperties": most,
            "additionalProperties": _SCALAR,
            "description": f"{said} Names have 1 to 60 characters.".strip(),
        }
        super().__init__(metadata=described, error_messages=_MISSING, **more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_place: Any, **_more: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not self.least <= len(value) <= self.most:
            raise _refused(value, f"an object of {self.least} to {self.most} names with plain values")
        for name, content in value.items():
            if not 1 <= len(name) <= 60 or not name.strip() or _FORBIDDEN.search(name):
                raise _refused(name, "a name of 1 to 60 characters")
            if not _is_plain(content):
                raise _refused(content, f"a text of at most 500 characters, a number, a boolean or null in {name!r}")
        return value


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 500 and not _FORBIDDEN_IN_LINES.search(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        # Compared first: what is too long a number is no float, and cannot be asked whether it is finite.
        return abs(value) <= 1e15 and isfinite(value)
    return value is None or isinstance(value, bool)
