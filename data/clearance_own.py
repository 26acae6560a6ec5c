"""The office's own registers searched for whom is to be cleared: lists it took in itself, of which no comparison knows.

A row in such a list is a fact and no finding, but whoever stands in one is not cleared of what the list is about.
Source: field/models.md, M14 (a report names what was compared, with sources); field/inventory.md, Z-28.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import duckdb

from data.clearance_naming import naming
from data.errors import RunStopped
from data.query_subjects import Subject
from data.register_catalogue import REGISTERS, Register
from data.run_limits import Allowance


@dataclass(frozen=True)
class Listed:
    """One of the office's own registers, as it was searched."""

    code: str
    name: str
    name_en: str
    state: str
    """held (it has rows about them), none (it has not) or not (it could not be searched)."""
    why: str = ""
    """Why it could not be: lacks (never supplied), number (no column holds numbers), nobody (nothing to search for) or
    stopped."""
    rows: tuple[tuple[str, int], ...] = ()
    """Subject, masked, and rows that name it or, of an enterprise, whoever stands behind it."""
    n_found: int = 0
    people: bool = False
    """Whether a row names a person among them."""


def own_registers(described: Mapping[str, Register]) -> list[Register]:
    """The registers that the office made itself."""
    return [register for code, register in described.items() if code not in REGISTERS]


def search(
    connection: duckdb.DuckDBPyConnection, registers: Sequence[Register], subjects: Sequence[Subject],
    filed: frozenset[str], allowance: Allowance,
) -> list[Listed]:  # fmt: skip
    """Search each register for the subjects by number; over the tables that `clearance_ties.settle` made."""
    connection.execute(
        "CREATE TEMP TABLE sought AS SELECT n, id_no AS number, TRUE AS human FROM people WHERE side = 'subject' "
        "UNION SELECT n, number, FALSE FROM asked WHERE side = 'subject' AND kind <> 'person'"
    )
    anybody = bool(connection.execute("SELECT 1 FROM sought LIMIT 1").fetchall())
    return [_search(connection, one, subjects, filed, allowance, anybody=anybody) for one in registers]


def unsearched(registers: Sequence[Register]) -> list[Listed]:
    """The registers, none of which was searched because the report had used up what it may take."""
    return [Listed(one.code, one.name, one.name_en, "not", "stopped") for one in registers]


def _search(
    connection: duckdb.DuckDBPyConnection, register: Register, subjects: Sequence[Subject], filed: frozenset[str],
    allowance: Allowance, *, anybody: bool,
) -> Listed:  # fmt: skip
    said = partial(Listed, register.code, register.name, register.name_en)
    columns = naming(register)
    if register.code not in filed:
        return said("not", "lacks")
    if not columns:
        return said("not", "number")
    if not anybody:
        return said("not", "nobody")
    same = " OR ".join(f'r."{column}" = s.number' for column in columns)
    sql = (
        # A row that names a subject in two columns is one row.
        f"SELECT n, COUNT(DISTINCT row_no) AS n_rows, BOOL_OR(human) AS human FROM sought s "  # noqa: S608
        f"JOIN (SELECT ROW_NUMBER() OVER () AS row_no, * FROM {register.code}) r ON {same} GROUP BY n ORDER BY n"
    )
    try:
        found = list(allowance.rows_of(connection, sql))
    except RunStopped:
        return said("not", "stopped")
    return said(
        "held" if found else "none",
        rows=tuple((subjects[row["n"]].display, int(row["n_rows"])) for row in found),
        n_found=sum(int(row["n_rows"]) for row in found),
        people=any(row["human"] for row in found),
    )
