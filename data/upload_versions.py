"""A file against what is filed: the key a new register should have, and whether a file corrects a version."""

from dataclasses import dataclass

import duckdb
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from data.column_kinds import kind_of
from data.register_catalogue import REGISTERS, Register, registers_of
from data.settings import settings
from data.tables import DatasetFiling
from data.upload_look import CODES
from data.upload_understood import Understood

_SERIAL = ("序号", "行号", "编号")
"""Labels of columns that count the lines of one file."""


def usual_key(understood: Understood) -> tuple[str, ...]:
    """The key to propose: a column whose values name whom or what a row is about, each row another; none: no key.

    A number of the line is none: it names another row in the next file.
    """
    columns = understood.register.columns
    alone = [columns[names[0]] for names in understood.keys if len(names) == 1]
    alone = [one for one in alone if one.label.strip() not in _SERIAL]
    best = [one for kind in ("credit", "identity") for one in alone if kind_of(one) == kind]
    best += [one for one in alone if CODES.search(one.label) and kind_of(one) not in ("phone", "account")]
    return (best[0].name,) if best else ()


def alike(session: Session, proposed: Register) -> Register | None:
    """The office's own register with the same columns, of which a file may be another version."""
    labels = {column.label for column in proposed.columns.values()}
    own = [one for code, one in registers_of(session).items() if code not in REGISTERS]
    return next((one for one in own if {column.label for column in one.columns.values()} == labels), None)


@dataclass(frozen=True)
class Against:
    """A file held against the last version of its register."""

    version: int
    n_same: int
    """Rows of the file that stand in that version, the same in every column."""
    n_before: int
    """Rows of that version."""

    @property
    def corrects(self) -> bool:
        """Whether the file looks like that version put right: most of it again."""
        return self.n_same * 2 >= self.n_before > 0


def against(understood: Understood, before: DatasetFiling) -> Against:
    """Count the rows of a file that its register's last version has already."""
    path = settings().registers / str(before.path)
    names = [name for name in understood.table.column_names if name in pq.read_schema(path).names]
    listed = ", ".join(f'"{name}"' for name in names)
    with duckdb.connect() as connection:
        connection.register("arrived", understood.table)
        connection.execute("CREATE TABLE filed AS SELECT * FROM read_parquet(?)", [str(path)])
        rows = connection.execute(
            f"SELECT COUNT(*) FROM (SELECT {listed} FROM arrived INTERSECT ALL SELECT {listed} FROM filed)"  # noqa: S608
        ).fetchone()
    return Against(before.version, int((rows or (0,))[0]), before.n_rows)
