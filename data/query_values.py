"""Values of an address's query: read as text, checked against what is known, written so that they can be read again."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from data.errors import InputRefused

MOST_VALUES = 50
"""Values one filter may name: each choice on the screen is a link that carries them all."""
LONGEST_VALUE = 200
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def joined(values: Sequence[str]) -> str:
    """Several values as one text; a feed names its sources as it likes, also with commas."""
    return ",".join(value.replace("%", "%25").replace(",", "%2C") for value in values)


def shortened(value: object) -> str:
    """A value as it is quoted in a refusal."""
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:60]}..."


def _readable(key: str, value: object) -> str:
    """The text itself. Raises InputRefused for what is not a text a database can hold."""
    if not isinstance(value, str) or _UNREADABLE.search(value):
        raise InputRefused(
            f"The filter {key}={shortened(value)} cannot be read; expected one text without control characters. "
            "Clear the filters and choose again.",
            f"筛选条件 {key}={shortened(value)} 无法读取，请清除筛选后重选。",
        )
    return value


def one(query: Mapping[str, Any], key: str) -> str:
    """The one text of a key; empty where there is none."""
    return _readable(key, query.get(key, ""))


def one_of(query: Mapping[str, Any], key: str, known: Sequence[str]) -> str | None:
    """The one value of a key, of those known; None where there is none."""
    value = one(query, key) or None
    return expect(key, (value,), known)[0] if value else None


def several(query: Mapping[str, Any], key: str, otherwise: str = "") -> tuple[str, ...]:
    """The values of a key, which may be repeated or name them with commas. Raises InputRefused for too many."""
    given = query.get(key, otherwise)
    texts = [_readable(key, text) for text in (given if isinstance(given, list) else [given])]
    parts = (part.strip() for text in texts for part in text.split(","))
    found = tuple(dict.fromkeys(_readable(key, unquote(part)) for part in parts if part))
    if len(found) > MOST_VALUES:
        raise InputRefused(
            f"The filter {key} names {len(found):,} values; expected at most {MOST_VALUES}. Clear it and choose fewer.",
            f"筛选条件 {key} 有 {len(found):,} 个值，最多 {MOST_VALUES} 个，请清除后少选一些。",
        )
    if longest := next((value for value in found if len(value) > LONGEST_VALUE), None):
        raise InputRefused(
            f"The filter {key}={shortened(longest)} has {len(longest):,} characters; expected at most "
            f"{LONGEST_VALUE}. Clear it and choose again.",
            f"筛选条件 {key}={shortened(longest)} 太长（最多 {LONGEST_VALUE} 个字符），请清除后重选。",
        )
    return found


def expect(key: str, got: tuple[str, ...], known: Sequence[str]) -> tuple[str, ...]:
    """The values themselves. Raises InputRefused for one that is not known."""
    if wrong := [value for value in got if value not in known]:
        raise InputRefused(
            f"The filter {key}={shortened(','.join(wrong))} is not known; expected {', '.join(known)}. "
            "Change the address or clear the filter.",
            f"筛选条件 {key}={shortened(','.join(wrong))} 无法识别，可用 {', '.join(known)}。请清除筛选后重选。",
        )
    return got
