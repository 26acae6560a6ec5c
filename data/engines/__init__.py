"""Engines: what compares registers by a card's rules. DuckDB on one machine, Spark where a province outgrows it.

An engine opens registers as known at a moment and gives the rows of a rule, within its allowance; both give the same.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy.orm import Session

from data.comparison import Value
from data.run_limits import Allowance


class OpenRegisters(Protocol):
    """Registers as known at one moment, ready to be compared."""

    def rows_of(self, sql: str, values: Mapping[str, Value], allowance: Allowance) -> Iterator[dict[str, Any]]:
        """The rows of a rule, values put in.

        Raises: RunStopped beyond the allowance, CardRefused for SQL that the engine cannot run.
        """

    def close(self) -> None:
        """Let go of what was opened."""


class Engine(Protocol):
    """Where registers are compared."""

    def open(self, session: Session, columns: Mapping[str, Collection[str]], *, as_of: datetime) -> OpenRegisters:
        """The registers of these names as known at `as_of`, each with these of its columns and no others."""


def settled(value: Any) -> Any:
    """A value as every engine gives it: sums keep 12 digits, as the last ones depend on the order of adding.

    What is no number, or beyond every number, is missing, as what is divided by zero.
    """
    if isinstance(value, float | Decimal):
        return float(f"{value:.12g}") + 0.0 if math.isfinite(value) else None
    return value
