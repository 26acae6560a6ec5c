"""Since when registers are known: the day their first rows were received, whatever happened long before."""

from collections.abc import Iterable
from datetime import date

import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from data.registers import latest_filings
from data.settings import settings


def known_since(session: Session, names: Iterable[str]) -> dict[str, date | None]:
    """Register to the day its first row was received, as the filed versions tell; None where nothing was filed."""
    return {
        name: min(filter(None, (_first(settings().registers / str(one.path)) for one in filings)), default=None)
        for name, filings in latest_filings(session, names).items()
    }


def _first(path: object) -> date | None:
    footer = pq.read_metadata(path)
    column = footer.schema.names.index("received_on")
    told = [footer.row_group(number).column(column).statistics for number in range(footer.num_row_groups)]
    return min((one.min for one in told if one is not None and one.has_min_max), default=None)
