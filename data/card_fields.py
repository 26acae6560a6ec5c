"""Reading a card's fields with their types, collecting every fault instead of stopping at the first."""

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from data.comparison import Value
from data.said import Said

_TEXT, _TEXTS = Said("a text", "文字"), Said("a list of texts", "文字列表")
_MOST = 99_999
_COUNT = Said("a whole number from 1 on", "不小于 1 的整数")
_AT_MOST = Said(f"at most {_MOST:,}", f"不大于 {_MOST:,} 的整数")
_DAY = Said("a date", "日期")
_VALUE = Said("a text, a number, a date or a list of texts", "文字、数字、日期或文字列表")
_INTERVAL = Said("[lowest, highest]", " [最小值, 最大值]")


class Fields:
    """The fields of one TOML table; `faults` is shared by all tables of a card."""

    def __init__(self, content: Mapping[str, Any], place: str, faults: list[Said] | None = None) -> None:
        self._content = content
        self._place = place
        self._left = dict.fromkeys(content)
        self.faults: list[Said] = [] if faults is None else faults

    def _take(self, key: str, kind: type | tuple[type, ...], expected: Said, *, needed: bool = True) -> Any:
        self._left.pop(key, None)
        value = self._content.get(key)
        if value is None and not needed:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            self._wrong(key, value, expected)
            return None
        return value

    def _wrong(self, key: str, value: object, expected: Said) -> None:
        got, zh = ("nothing", "空") if value is None else (repr(value), repr(value))
        place = f"{self._place}.{key}"
        self.faults.append(
            Said(f"{place}: got {got}, expected {expected.en}", f"{place}：现为 {zh}，应为{expected.zh}")
        )

    def text(self, key: str, *, needed: bool = True, most: int = 20_000) -> str:
        """A text that is not blank, of `most` characters; blank where it is not needed and absent."""
        value = self._take(key, str, _TEXT, needed=needed)
        if isinstance(value, str) and not value.strip():
            self._wrong(key, value, _TEXT)
        if isinstance(value, str) and len(value) > most:
            self._wrong(key, value[:20] + "…", Said(f"at most {most:,} characters", f"不超过 {most:,} 个字符"))
        return (value or "").strip()

    def integer(self, key: str, *, needed: bool = True) -> int:
        """A whole number from 1 to 99,999; 0 where it is not needed and absent."""
        value = self._take(key, int, _COUNT, needed=needed)
        if isinstance(value, int) and not 1 <= value <= _MOST:
            self._wrong(key, value, _COUNT if value < 1 else _AT_MOST)
        return value or 0

    def flag(self, key: str) -> bool:
        """True or false; false where absent."""
        return bool(self._take(key, bool, Said("true or false", " true 或 false"), needed=False))

    def choice(self, key: str, allowed: tuple[str, ...], *, needed: bool = True) -> str:
        """One of the allowed words; empty where it is not needed and absent."""
        expected = Said(f"one of {', '.join(allowed)}", f"其中之一：{'、'.join(allowed)}")
        value = self._take(key, str, expected, needed=needed)
        if isinstance(value, str) and value not in allowed:
            self._wrong(key, value, expected)
        return value or ""

    def day(self, key: str, *, needed: bool = True) -> date | None:
        """A date."""
        value: date | None = self._take(key, date, _DAY, needed=needed)
        if isinstance(value, datetime):
            self._wrong(key, value.isoformat(), _DAY)
            return None
        return value

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """A list of texts, with at least one where needed."""
        value = self._take(key, list, _TEXTS, needed=needed) or []
        if not all(isinstance(item, str) for item in value) or (needed and key in self._content and not value):
            self._wrong(key, value, _TEXTS)
            return ()
        return tuple(value)

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts."""
        table = self._take(key, dict, Said("a table of lists", "由列表组成的表")) or {}
        fields = Fields(table, key, self.faults)
        return {name: fields.texts(name) for name in table}

    def words(self, key: str) -> dict[str, str]:
        """A table of texts; empty where absent."""
        table = self._take(key, dict, Said("a table of texts", "由文字组成的表"), needed=False) or {}
        fields = Fields(table, f"{self._place}.{key}", self.faults)
        return {name: fields.text(name) for name in table}

    def value(self, key: str) -> Value:
        """A parameter's value: a text, a number, a date, true or false, or a list of texts."""
        value = self._take(key, (str, int, float, bool, date, list), _VALUE)
        if isinstance(value, datetime) or (isinstance(value, float) and not math.isfinite(value)):
            self._wrong(key, value, _VALUE)
        return "" if value is None else _value(value)

    def values(self, key: str) -> dict[str, Value]:
        """A table of parameter values; empty where absent."""
        table = self._take(key, dict, Said("a table of values by region", "按地区取值的表"), needed=False) or {}
        fields = Fields(table, f"{self._place}.{key}", self.faults)
        return {name: fields.value(name) for name in table}

    def interval(self, key: str) -> tuple[float | None, float | None]:
        """Two numbers, the lower first; (None, None) where absent."""
        value = self._take(key, list, _INTERVAL, needed=False)
        if value is None:
            return None, None
        if len(value) != 2 or not all(isinstance(v, int | float) for v in value) or not value[0] <= value[1]:
            self._wrong(key, value, _INTERVAL)
            return None, None
        return value[0], value[1]

    def tables(self, key: str, *, needed: bool = True) -> list["Fields"]:
        """A list of tables, at least one where needed."""
        value = self._take(key, list, Said(f"at least one [[{key}]]", f"至少一个 [[{key}]]"), needed=needed) or []
        tables = [item for item in value if isinstance(item, dict)]
        if len(tables) != len(value):
            self._wrong(key, value, Said(f"tables [[{key}]] only", f"只含 [[{key}]] 的表"))
        return [Fields(t, f"{key} {t.get('code', number + 1)}", self.faults) for number, t in enumerate(tables)]

    def named_tables(self, key: str) -> list[tuple[str, "Fields"]]:
        """A table of tables; empty where absent."""
        table = self._take(key, dict, Said(f"tables [{key}.NAME]", f"表 [{key}.名称]"), needed=False) or {}
        return [
            (name, Fields(t if isinstance(t, dict) else {}, f"{key}.{name}", self.faults)) for name, t in table.items()
        ]

    def refuse_the_rest(self) -> None:
        """Name the fields nobody asked for: a misspelt field must not be lost."""
        self.faults += [
            Said(f"{self._place}.{key} is not a field of a card", f"{self._place}.{key} 不是卡片的字段")
            for key in self._left
        ]
        self._left = {}


def _value(value: Any) -> Value:
    return tuple(str(item) for item in value) if isinstance(value, list) else value
