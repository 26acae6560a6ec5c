"""Reading a card's fields with their types, collecting every fault instead of stopping at the first."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from data.comparison import Value


class Fields:
    """The fields of one TOML table; `faults` is shared by all tables of a card."""

    def __init__(self, content: Mapping[str, Any], place: str, faults: list[str] | None = None) -> None:
        self._content = content
        self._place = place
        self._left = dict.fromkeys(content)
        self.faults: list[str] = [] if faults is None else faults

    def _take(self, key: str, kind: type | tuple[type, ...], expected: str, *, needed: bool = True) -> Any:
        self._left.pop(key, None)
        value = self._content.get(key)
        if value is None and not needed:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            got = "nothing" if value is None else repr(value)
            self.faults.append(f"{self._place}.{key}: got {got}, expected {expected}")
            return None
        return value

    def text(self, key: str, *, needed: bool = True) -> str:
        """A text that is not blank; blank where it is not needed and absent."""
        value = self._take(key, str, "a text", needed=needed)
        if isinstance(value, str) and not value.strip():
            self.faults.append(f"{self._place}.{key}: got a blank, expected a text")
        return (value or "").strip()

    def integer(self, key: str, *, needed: bool = True) -> int:
        """A whole number from 1 on; 0 where it is not needed and absent."""
        value = self._take(key, int, "a whole number from 1 on", needed=needed)
        if isinstance(value, int) and value < 1:
            self.faults.append(f"{self._place}.{key}: got {value}, expected a whole number from 1 on")
        return value or 0

    def flag(self, key: str) -> bool:
        """True or false; false where absent."""
        return bool(self._take(key, bool, "true or false", needed=False))

    def choice(self, key: str, allowed: tuple[str, ...], *, needed: bool = True) -> str:
        """One of the allowed words; empty where it is not needed and absent."""
        value = self._take(key, str, f"one of {', '.join(allowed)}", needed=needed)
        if isinstance(value, str) and value not in allowed:
            self.faults.append(f"{self._place}.{key}: got {value!r}, expected one of {', '.join(allowed)}")
        return value or ""

    def day(self, key: str, *, needed: bool = True) -> date | None:
        """A date."""
        value: date | None = self._take(key, date, "a date", needed=needed)
        return value

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """A list of texts, with at least one where needed."""
        value = self._take(key, list, "a list of texts", needed=needed) or []
        if not all(isinstance(item, str) for item in value) or (needed and key in self._content and not value):
            self.faults.append(f"{self._place}.{key}: got {value!r}, expected a list of texts")
            return ()
        return tuple(value)

    def lists(self, key: str) -> dict[str, tuple[str, ...]]:
        """A table of lists of texts."""
        table = self._take(key, dict, "a table of lists") or {}
        fields = Fields(table, key, self.faults)
        return {name: fields.texts(name) for name in table}

    def words(self, key: str) -> dict[str, str]:
        """A table of texts; empty where absent."""
        table = self._take(key, dict, "a table of texts", needed=False) or {}
        fields = Fields(table, f"{self._place}.{key}", self.faults)
        return {name: fields.text(name) for name in table}

    def value(self, key: str) -> Value:
        """A parameter's value: a text, a number, a date, true or false, or a list of texts."""
        value = self._take(key, (str, int, float, bool, date, list), "a text, a number, a date or a list of texts")
        return "" if value is None else _value(value)

    def values(self, key: str) -> dict[str, Value]:
        """A table of parameter values; empty where absent."""
        table = self._take(key, dict, "a table of values by region", needed=False) or {}
        fields = Fields(table, f"{self._place}.{key}", self.faults)
        return {name: fields.value(name) for name in table}

    def interval(self, key: str) -> tuple[float | None, float | None]:
        """Two numbers, the lower first; (None, None) where absent."""
        value = self._take(key, list, "[lowest, highest]", needed=False)
        if value is None:
            return None, None
        if len(value) != 2 or not all(isinstance(v, int | float) for v in value) or value[0] > value[1]:
            self.faults.append(f"{self._place}.{key}: got {value!r}, expected [lowest, highest]")
            return None, None
        return value[0], value[1]

    def tables(self, key: str, *, needed: bool = True) -> list["Fields"]:
        """A list of tables, at least one where needed."""
        value = self._take(key, list, f"at least one [[{key}]]", needed=needed) or []
        tables = [item for item in value if isinstance(item, dict)]
        if len(tables) != len(value):
            self.faults.append(f"{self._place}.{key}: expected tables [[{key}]] only")
        return [Fields(t, f"{key} {t.get('code', number + 1)}", self.faults) for number, t in enumerate(tables)]

    def named_tables(self, key: str) -> list[tuple[str, "Fields"]]:
        """A table of tables; empty where absent."""
        table = self._take(key, dict, f"tables [{key}.NAME]", needed=False) or {}
        return [
            (name, Fields(t if isinstance(t, dict) else {}, f"{key}.{name}", self.faults)) for name, t in table.items()
        ]

    def refuse_the_rest(self) -> None:
        """Name the fields nobody asked for: a misspelt field must not be lost."""
        self.faults += [f"{self._place}.{key} is not a field of a card" for key in self._left]
        self._left = {}


def _value(value: Any) -> Value:
    return tuple(str(item) for item in value) if isinstance(value, list) else value
