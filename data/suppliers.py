"""Supplier scorecard: how late, how wrong and how far behind the data of each supplier is, always with its counts.

Source: field/other-systems.md, 5 (17).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.register_calendar import LATE, MISSING, ON_TIME, Strip
from data.tables import CorrectionTicket, DatasetFiling, FilingQuality


@dataclass(frozen=True)
class Scorecard:
    """One supplier over the months of the calendar and all that it filed."""

    supplier: str
    n_registers: int
    n_periods: int
    """Months that were due."""
    n_late: int
    n_missing: int
    n_rows: int
    n_refused: int
    n_checked: int
    n_failed: int
    lag_days: float | None
    """Median over its versions of the days from what a row tells of to its receipt."""
    n_open: int
    """Correction tickets not closed."""

    @property
    def wrong_share(self) -> float | None:
        """Rows refused and numbers that fail their check, of all rows and numbers; none where there are none."""
        n = self.n_rows + self.n_refused + self.n_checked
        return (self.n_refused + self.n_failed) / n if n else None

    @property
    def late_share(self) -> float | None:
        """Periods late or missing of those due; none where none was."""
        return (self.n_late + self.n_missing) / self.n_periods if self.n_periods else None


def scorecards(session: Session, strips: Sequence[Strip], *, register: str = "") -> list[Scorecard]:
    """A card for every supplier that filed something, or of one register alone; those with most to mend first."""
    query = (
        select(
            DatasetFiling.name, DatasetFiling.supplier, DatasetFiling.n_rows, DatasetFiling.n_refused,
            FilingQuality.n_checked, FilingQuality.n_failed, FilingQuality.lag_days,
        )
        .outerjoin(FilingQuality, FilingQuality.filing_id == DatasetFiling.id)
        .where(DatasetFiling.kind == "register")
        .order_by(DatasetFiling.id)
    )  # fmt: skip
    rows = [row for row in session.execute(query) if not register or row.name == register]
    supplier_of = {row.name: row.supplier for row in rows}
    open_ = _open_tickets(session, supplier_of)
    cards = []
    for supplier in dict.fromkeys(supplier_of.values()):
        own = [row for row in rows if row.supplier == supplier]
        cells = [c for s in strips if supplier_of.get(s.register.code) == supplier for c in s.cells]
        lags = [row.lag_days for row in own if row.lag_days is not None]
        cards.append(
            Scorecard(
                supplier=supplier,
                n_registers=len({row.name for row in own}),
                n_periods=sum(cell.state in (ON_TIME, LATE, MISSING) for cell in cells),
                n_late=sum(cell.state == LATE for cell in cells),
                n_missing=sum(cell.state == MISSING for cell in cells),
                n_rows=sum(row.n_rows for row in own),
                n_refused=sum(row.n_refused for row in own),
                n_checked=sum(row.n_checked or 0 for row in own),
                n_failed=sum(row.n_failed or 0 for row in own),
                lag_days=median(lags) if lags else None,
                n_open=open_.get(supplier, 0),
            )
        )
    return sorted(cards, key=lambda card: (-(card.late_share or 0), -(card.wrong_share or 0), card.supplier))


def _open_tickets(session: Session, supplier_of: dict[str, str]) -> dict[str, int]:
    query = select(CorrectionTicket.register, func.count()).where(CorrectionTicket.closed_at.is_(None))
    found: dict[str, int] = {}
    for name, n in session.execute(query.group_by(CorrectionTicket.register)):
        supplier = supplier_of.get(name, "")
        found[supplier] = found.get(supplier, 0) + n
    return found
