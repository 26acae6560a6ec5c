"""The catalogue of registers: each with its last version, its models, its level, and the columns nobody reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.column_kinds import LEVELS, level_of
from data.register_catalogue import Register, registers_of
from data.register_usage import Usage
from data.tables import DatasetFiling, FilingQuality


@dataclass(frozen=True)
class Listed:
    """One register of the catalogue."""

    register: Register
    last: DatasetFiling | None
    n_versions: int
    first_at: datetime | None
    n_rows: int
    """Over all versions."""
    used: Mapping[str, tuple[str, ...]]
    """Column -> supervision models in force that read it."""

    @property
    def models(self) -> tuple[str, ...]:
        """Codes of the supervision models in force that read it."""
        return tuple(sorted({code for codes in self.used.values() for code in codes}))

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns that no supervision model in force reads and that are no key: not needed, to be dropped."""
        needed = {*self.used, *self.register.key, self.register.event}
        return tuple(name for name in self.register.columns if name not in needed)

    @property
    def level(self) -> str:
        """The strictest level of its columns."""
        return max((level_of(column) for column in self.register.columns.values()), key=list(LEVELS).index)


def ledger(session: Session, used: Usage) -> list[Listed]:
    """Every register of the office: those filed first, by when they last came; the others after them."""
    filed = DatasetFiling.kind == "register"
    sums = select(
        DatasetFiling.name, func.count(), func.min(DatasetFiling.received_at), func.sum(DatasetFiling.n_rows),
        func.max(DatasetFiling.version),
    ).where(filed).group_by(DatasetFiling.name)  # fmt: skip
    counted = {name: (n, first, rows, version) for name, n, first, rows, version in session.execute(sums)}
    last = {
        one.name: one
        for one in session.scalars(select(DatasetFiling).where(filed))
        if counted[one.name][3] == one.version
    }
    found = []
    for code, register in registers_of(session).items():
        n, first, rows, _ = counted.get(code, (0, None, 0, 0))
        found.append(Listed(register, last.get(code), n, first, rows or 0, used.get(code, {})))
    return sorted(found, key=lambda one: (one.last is None, -(one.last.received_at.timestamp() if one.last else 0)))


def versions(session: Session, code: str) -> list[tuple[DatasetFiling, FilingQuality | None]]:
    """The filed versions of a register, the newest first, with how good each is."""
    query = select(DatasetFiling, FilingQuality).outerjoin(FilingQuality, FilingQuality.filing_id == DatasetFiling.id)
    query = query.where(DatasetFiling.kind == "register", DatasetFiling.name == code)
    return [(one, quality) for one, quality in session.execute(query.order_by(DatasetFiling.version.desc()))]
