"""What an upload is understood to be, what is to be settled, and what was settled: values that pages show and keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from data.register_catalogue import Register
from data.said import Said
from data.upload_columns import HOW, Match
from data.upload_tables import SheetTable

EACH, ONCE = "each", "once"
"""What an amount in a merged cell means: so much for each row, or once for all of them."""


@dataclass(frozen=True)
class Decisions:
    """What the person who uploads settled."""

    sheets: tuple[str, ...] = ()
    """Sheets to take; none named: those with the header of the largest."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Title in the file -> column of the register, or "" to leave it out."""
    units: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    """Column of the register -> (from row number, CNY in one unit), instead of what the file says."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Column of amounts -> `EACH` or `ONCE`."""
    months_as_days: frozenset[str] = frozenset()
    """Columns of dates in which a month stands for its first day."""
    without_duplicates: bool = False
    """Whether of rows that are the same in every column one is kept."""


@dataclass(frozen=True)
class Question:
    """What only a person can settle; nothing is stored before."""

    kind: str
    """missing, column, unit or merged."""
    about: str
    """Title in the file, or column of the register."""
    said: Said
    row: int = 0
    """For a unit: the row from which it seems to be another."""


@dataclass(frozen=True)
class ColumnSeen:
    """A column of the file as it was understood."""

    match: Match
    sample: tuple[str, ...]
    """A few values as in the file, personal ones masked."""
    notes: tuple[Said, ...] = ()

    def how(self, language: str) -> str:
        """How it was recognised, in words."""
        return HOW[self.match.how][0 if language == "zh" else 1]


@dataclass(frozen=True)
class Understood:
    """What a file is understood to be; nothing of it is stored."""

    name: str
    """Name of the file."""
    register: Register
    is_own: bool
    """Whether the register is the office's own and not described yet."""
    tables: tuple[SheetTable, ...]
    """The sheets that are taken."""
    left_out: tuple[str, ...]
    """Names of the sheets that are not."""
    columns: tuple[ColumnSeen, ...]
    questions: tuple[Question, ...]
    notes: tuple[Said, ...]
    preview: tuple[Mapping[str, str], ...]
    """The first rows by column of the register, personal values masked."""
    keys: tuple[tuple[str, ...], ...]
    """For an own register: columns that tell every row from every other."""
    n_read: int
    n_duplicates: int
    refused: tuple[Mapping[str, Any], ...]
    """One entry a cell: row_number, column_name, reason, content (JSON of the row as read)."""
    table: pa.Table = field(repr=False)
    decisions: Decisions = field(default_factory=Decisions)

    @property
    def n_taken(self) -> int:
        """Rows that would be stored."""
        return int(self.table.num_rows)

    @property
    def n_refused(self) -> int:
        """Rows that would be kept as refused."""
        return len({(row["row_number"], row["content"]) for row in self.refused})
