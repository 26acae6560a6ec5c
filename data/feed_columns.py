"""Columns of a feed: what they are called, what the office's mapping makes of them, and which may not become features.

Source: design.md 6 and 8.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from data.errors import FeedRefused, InputRefused
from data.feed_values import OUTCOME_WORDS

REQUIRED = ("alert_id", "raised_at")
CONTRACT = (*REQUIRED, "region", "domain", "source", "amount", "outcome", "closed_at")
"""The columns of the contract; everything else is an attribute."""
LEVELS = {"red": "red", "orange": "orange", "yellow": "yellow", "红": "red", "橙": "orange", "黄": "yellow"}
LEVELS |= {f"{word}色": level for word, level in LEVELS.items() if not word.isascii()}


def _list(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(",") if word.strip())


@dataclass(frozen=True)
class _Words:
    """Words that give a column away by its name."""

    latin: tuple[str, ...]
    chinese: tuple[str, ...]
    whole: tuple[str, ...]
    """Words that count only where they are the whole name."""

    @classmethod
    def of(cls, entry: dict[str, str]) -> "_Words":
        return cls(*(_list(entry.get(key, "")) for key in ("latin", "chinese", "whole")))

    def fit(self, name: str) -> bool:
        words = _words(name)
        if words.strip() in self.whole or any(word in name for word in self.chinese):
            return True
        return any(f" {word} " in words or f" {word}s " in words for word in self.latin)


_NAMES = tomllib.loads((Path(__file__).parent / "feed_columns.toml").read_text(encoding="utf-8"))
_LEFT_OUT = {kind: _Words.of(entry) for kind, entry in _NAMES["left_out"].items()}
_WRITTEN_LATER = _Words.of(_NAMES["written_later"])
_RELATED = {name: _list(words) for name, words in _NAMES["related"].items()}


@dataclass(frozen=True)
class Mapping:
    """How an office's feed differs from the contract, as its TOML file says."""

    name: str = ""
    """Name of the feed, the same for each of its files; else the file's name."""
    columns: dict[str, str] = field(default_factory=dict)
    """Ours -> the file's column. Ours: one of the contract, `subject`, `level`, or another name for an attribute."""
    outcome: dict[str, str] = field(default_factory=dict)
    """The file's word -> confirmed, dismissed, an office code, or an empty text for no outcome yet."""
    leave_out: tuple[str, ...] = ()
    """Columns that must not become features, by the file's names."""
    delay_days: float | None = None
    """Days from an alert to its outcome, where the feed does not say when it became known."""
    amount_factor: float = 1.0
    """CNY in one unit of the file's amount."""
    time_zone: str = ""
    """Zone of moments that name none, such as Asia/Shanghai; else they are taken as they stand."""


_KEYS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "columns": dict,
    "outcome": dict,
    "leave_out": list,
    "delay_days": (int, float),
    "amount_factor": (int, float),
    "time_zone": str,
}


def read_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file.

    Raises: InputRefused with every fault of the file at once: unknown keys, wrong types, one column used twice.
    """
    if not path.is_file():
        kind = "this is a folder" if path.is_dir() else "there is no such file"
        raise InputRefused(f"{path.name[:120]}: {kind}; the path of a mapping file in TOML is expected.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputRefused(f"{path.name}: it cannot be read ({error.strerror}); check who may open it.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputRefused(f"{path.name} is not a mapping file ({error}); TOML in UTF-8 is expected.") from None
    faults = list(_mapping_faults(content))
    if faults:
        raise InputRefused(f"{path.name}: " + " ".join(faults))
    return Mapping(**content | {"leave_out": tuple(content.get("leave_out", ()))})


def _mapping_faults(content: dict[str, Any]) -> Iterable[str]:
    for key, value in content.items():
        if key not in _KEYS:
            yield f"There is no key “{key}”; known are {', '.join(_KEYS)}."
        elif not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            yield f"“{key}” is {value!r}; the README shows its form."
    for table in ("columns", "outcome"):
        entries = content.get(table, {})
        wrong = (
            [key for key, value in entries.items() if not isinstance(value, str)] if isinstance(entries, dict) else []
        )
        yield from (f"[{table}] {key} is {entries[key]!r}; a text is expected." for key in wrong)
    left_out = content.get("leave_out", [])
    for name in left_out if isinstance(left_out, list) else []:
        if not isinstance(name, str):
            yield f"leave_out names {name!r}; names of columns in quotation marks are expected."
    columns, outcome = content.get("columns"), content.get("outcome")
    if isinstance(columns, dict):
        yield from _shared_columns(columns)
    for word, target in (outcome if isinstance(outcome, dict) else {}).items():
        if isinstance(target, str) and target and target.lower() not in OUTCOME_WORDS:
            yield f"[outcome] maps “{word}” to “{target}”; confirmed, dismissed, an office code or nothing is expected."
    delay, factor, zone = (content.get(key) for key in ("delay_days", "amount_factor", "time_zone"))
    if isinstance(delay, int | float) and not 0 <= delay <= 3650:
        yield f"delay_days is {delay}; 0 to 3650 is expected."
    if isinstance(factor, int | float) and not 0 < factor < 1e12:
        yield f"amount_factor is {factor}; a positive number is expected, such as 10000 for amounts in 万元."
    if isinstance(zone, str) and zone and zone not in available_timezones():
        yield f"time_zone is “{zone}”; a name such as Asia/Shanghai is expected."


def _shared_columns(columns: dict[str, Any]) -> Iterable[str]:
    given = list(columns.values())
    for column in sorted({column for column in given if isinstance(column, str) and given.count(column) > 1}):
        targets = [own for own, theirs in columns.items() if theirs == column]
        yield f"[columns] takes {' and '.join(targets)} from one column, “{column}”; one is expected."


def rename_columns(names: list[str], mapping: Mapping) -> tuple[dict[str, str], list[str]]:
    """The file's column -> ours, and a note for each name that was understood without the mapping.

    Raises: FeedRefused with every fault at once: duplicate or unknown columns, names taken, required ones absent.
    """
    mapped = {theirs: own for own, theirs in mapping.columns.items()}
    faults = list(_name_faults(names, mapping, mapped))
    renamed = {name: mapped.get(name, name) for name in names}
    notes = []
    for name in names:
        own = _contract_name(name)
        if name not in mapped and own and own not in renamed.values():
            renamed[name] = own
            notes.append(f"The column “{name}” was taken as {own}.")
    missing = [name for name in REQUIRED if name not in renamed.values()]
    faults += [_missing_column(name, [other for other in names if other not in mapped]) for name in missing]
    if missing:
        shown = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
        faults.append(f"The file has the columns {shown}; rename them or give a mapping file.")
    if faults:
        raise FeedRefused(" ".join(faults))
    return renamed, notes


def _name_faults(names: list[str], mapping: Mapping, mapped: dict[str, str]) -> Iterable[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"The column “{name}” occurs {names.count(name)} times; each name is expected once."
    for name in dict.fromkeys((*mapped, *mapping.leave_out)):
        if name not in names:
            yield f"The mapping names “{name}”, which the file does not have{_nearest(name, names)}."
    for theirs, own in mapped.items():
        if own in names and own != theirs and own not in mapped:
            yield f"The mapping calls “{theirs}” “{own}”, but the file has another column of that name."


def _contract_name(name: str) -> str:
    """The contract's name that a header means but for case, blanks, hyphens or language; else empty."""
    if name in _NAMES["chinese"]:
        return str(_NAMES["chinese"][name])
    plain = re.sub(r"[\s_\-.]+", "", name).lower()
    return next((own for own in CONTRACT if own.replace("_", "") == plain), "")


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.6)
    return f" (is it “{near[0]}”?)" if near else ""


def _missing_column(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1, 0.6)
    near = near or [own for own in names if any(word in own.lower() for word in _RELATED[name])][:1]
    return f"There is no column {name}" + (f" (is it “{near[0]}”?)." if near else ".")


def _words(name: str) -> str:
    """`caseInspector_ID` -> ` case inspector id `."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return f" {' '.join(re.findall(r'[a-z0-9]+', split.lower()))} "


def forbidden_kind(name: str) -> str:
    """What a column's name says that no feature may know: `who verifies`, `a forbidden input`... or empty."""
    return next((kind for kind, words in _LEFT_OUT.items() if words.fit(name)), "")


def written_later(name: str) -> bool:
    """Whether a column's name looks as if it was filled in once the outcome was known."""
    return _WRITTEN_LATER.fit(name)


def leave_out_columns(
    renamed: dict[str, str], mapping: Mapping, allow: Collection[str]
) -> tuple[dict[str, str], list[str]]:
    """Columns (the file's names) that must not become attributes with the reason, and a note for each.

    `allow` lifts one by its exact name, the file's or ours.
    Raises: InputRefused for a name in `allow` that no column has, and where the mapping leaves out what is needed.
    """
    _refuse_needed(renamed, mapping)
    left_out = {}
    for name, own in renamed.items():
        kind = forbidden_kind(name) or forbidden_kind(own)
        if own not in (*CONTRACT, "subject", "level") and kind and not {name, own} & set(allow):
            left_out[name] = f"its name looks like {kind}"
    unknown = [name for name in allow if name not in renamed and name not in renamed.values()]
    if unknown:
        choice = f"left out are {', '.join(left_out)}" if left_out else "no column is left out"
        raise InputRefused(f"--allow {' '.join(unknown)}: the file has no such column; {choice}.")
    notes = [
        f"The column “{name}” was left out: {reason}; --allow {_quoted(name)} lifts this."
        for name, reason in left_out.items()
    ]
    computed = [name for name, own in renamed.items() if own == "known_at"]
    notes += [f"The column “{name}” was left out: known_at is worked out from closed_at." for name in computed]
    named = dict.fromkeys(mapping.leave_out, "the mapping leaves it out")
    notes += [f"The column “{name}” was left out, as the mapping says." for name in named]
    return left_out | dict.fromkeys(computed, "known_at is worked out") | named, notes


def _refuse_needed(renamed: dict[str, str], mapping: Mapping) -> None:
    needed = [name for name in dict.fromkeys(mapping.leave_out) if renamed[name] in (*REQUIRED, "outcome")]
    if needed:
        raise InputRefused(
            f"The mapping leaves out {', '.join(f'“{name}”' for name in needed)}, but {', '.join(REQUIRED)} and "
            "outcome never become features and are needed; take them out of leave_out."
        )


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
