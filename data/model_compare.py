"""Two versions of a supervision model compared: field by field, and the SQL of their rules line by line."""

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LEFT_OUT = ("version", "status", "approver", "code")


@dataclass(frozen=True)
class Difference:
    """A field that is not the same in both; empty where it is not there."""

    place: tuple[str, ...]
    """Part of the card, then what within it: ("rule", "paid_after_death", "level")."""
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """A line of SQL in both versions, side by side; None where only the other has one."""

    kind: str
    """same, changed, added or removed."""
    before: str | None
    after: str | None


def differences(before: str, after: str) -> list[Difference]:
    """Every field in which two card texts differ but for the SQL of rules, in the order of the card."""
    old, new = dict(_fields(tomllib.loads(before))), dict(_fields(tomllib.loads(after)))
    places = list(dict.fromkeys([*old, *new]))
    return [
        Difference(place, old.get(place, ""), new.get(place, ""))
        for place in places
        if old.get(place, "") != new.get(place, "") and place[-1] != "sql"
    ]


def _fields(table: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in table.items():
        place = (*above, name)
        if not above and name in _LEFT_OUT:
            continue
        if isinstance(value, dict):
            yield from _fields(value, place)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, item in enumerate(value, start=1):
                yield from _fields(item, (*place, str(item.get("code", number))))
        elif isinstance(value, list):
            yield place, "、".join(map(str, value))
        else:
            yield place, str(value)


def rules_of(text: str) -> dict[str, str]:
    """Rule to its SQL."""
    return {rule["code"]: rule["sql"] for rule in tomllib.loads(text).get("rule", [])}


def compare_sql(before: str, after: str) -> list[Line]:
    """Two statements side by side, line by line; empty where they are the same."""
    if before == after:
        return []
    old, new = before.strip().splitlines(), after.strip().splitlines()
    lines: list[Line] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [Line("same", line, line) for line in old[i1:i2]]
            continue
        left, right = old[i1:i2], new[j1:j2]
        for number in range(max(len(left), len(right))):
            one = left[number] if number < len(left) else None
            other = right[number] if number < len(right) else None
            lines.append(Line("changed" if one and other else "added" if one is None else "removed", one, other))
    return lines
