"""Which column of an uploaded file is which column of the register: by name, label, other usual words, or looks.

Only a name, a label or a usual word is sure. What is merely near, or looks alike, is asked about before it is stored.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data.column_kinds import kind_of
from data.register_catalogue import Register, RegisterColumn
from data.upload_look import look_of
from data.upload_tables import plain

HOW: Mapping[str, tuple[str, str]] = {
    "name": ("字段名相同", "by its name"),
    "label": ("栏目名相同", "by its label"),
    "word": ("常用叫法", "by a usual word for it"),
    "near": ("名称相近，请确认", "by a similar name, to be confirmed"),
    "look": ("按内容推断，请确认", "by the look of its values, to be confirmed"),
    "proposed": ("本文件的列名", "as the file calls it"),
    "chosen": ("由您指定", "as you chose"),
    "sheet": ("取自工作表名", "from the name of the sheet"),
    "none": ("未采用", "left out"),
}
"""How a column was recognised, in Chinese and English."""
SURE = frozenset({"name", "label", "word", "proposed", "chosen", "sheet"})
_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(plain(word) for word in words.split(","))
    for name, words in tomllib.loads((Path(__file__).parent / "upload_words.toml").read_text("utf-8")).items()
}
_NEAR = 0.6
"""Share of equal characters from which two names are near."""
_PARTS = re.compile(r"\s\(\d+\)$")


@dataclass(frozen=True)
class Match:
    """A column of a file: its title, the register's column it is (none: left out), and how that was told."""

    title: str
    column: str | None
    how: str

    @property
    def sure(self) -> bool:
        """Whether nobody need be asked."""
        return self.how in SURE or self.column is None


def match_columns(register: Register, frame: pd.DataFrame, chosen: Mapping[str, str]) -> list[Match]:
    """Each column of `frame` as a column of the register; `chosen`: title -> column, or "" to leave it out."""
    titles = [str(title) for title in frame.columns]
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for title in titles:
        # A choice of a column that this register has not was made for another register.
        if title in chosen and (not chosen[title] or chosen[title] in register.columns):
            column = chosen[title] or None
            found[title] = Match(title, column, "chosen" if column else "none")
            taken |= {column} if column else set()
    pairs = [
        (score, -place, title, column.name, how)
        for place, title in enumerate(titles)
        if title not in found
        for column in register.columns.values()
        for score, how in (_likeness(title, column),)
        if score
    ]
    for _, _, title, name, how in sorted(pairs, reverse=True):
        if title not in found and name not in taken:
            found[title] = Match(title, name, how)
            taken.add(name)
    left = [title for title in titles if title not in found]
    found |= _by_look(register, frame, left, taken)
    return [found.get(title, Match(title, None, "none")) for title in titles]


def _likeness(title: str, column: RegisterColumn) -> tuple[float, str]:
    """How much a title is like a column, and by what; a title of two lines counts by its last part too."""
    bare = _PARTS.sub("", title)
    again = 0.005 if bare != title else 0.0
    if bare.strip().casefold() == column.name:
        return 1.0 - again, "name"
    label = plain(column.label)
    parts = [plain(bare), plain(bare.split(" ")[-1])]
    if label in parts:
        return (0.99 if label == parts[0] else 0.95) - again, "label"
    words = _WORDS.get(column.name, frozenset())
    if words & set(parts):
        return (0.9 if parts[0] in words else 0.88) - again, "word"
    if len(parts[0]) < 2:
        return 0.0, ""
    ratio = max(difflib.SequenceMatcher(None, part, label).ratio() for part in parts)
    inside = len(label) >= 2 and (label in parts[0] or parts[0] in label)
    return (max(ratio, 0.65) * 0.8, "near") if ratio >= _NEAR or inside else (0.0, "")


def _by_look(register: Register, frame: pd.DataFrame, left: Sequence[str], taken: set[str]) -> dict[str, Match]:
    """Where one column of the file and one needed column of the register alone look alike, they are one."""
    wanted: dict[str, list[str]] = {}
    for column in register.columns.values():
        if column.name not in taken and not column.optional:
            wanted.setdefault(_looks_wanted(column), []).append(column.name)
    there: dict[str, list[str]] = {}
    for title in left:
        there.setdefault(look_of(frame[title], title).look, []).append(title)
    return {
        there[look][0]: Match(there[look][0], names[0], "look")
        for look, names in wanted.items()
        if look != "text" and len(names) == 1 and len(there.get(look, ())) == 1
    }


def _looks_wanted(column: RegisterColumn) -> str:
    kind = kind_of(column)
    return kind if kind in ("identity", "credit", "phone", "account") else column.type


def other_than(matches: Sequence[Match]) -> dict[str, Any]:
    """Title -> column of the matches that are one."""
    return {match.title: match.column for match in matches if match.column}
