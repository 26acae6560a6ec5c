"""Engines: what compares registers by a card's rules. DuckDB on one machine, Spark where a province outgrows it.

An engine opens registers as known at a moment and gives the rows of a rule, within its allowance; both give the same.
"""

from collections.abc import Iterator, Mapping
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

    def open(self, session: Session, names: list[str], *, as_of: datetime) -> OpenRegisters:
        """The registers with these names, as known at `as_of`."""


def settled(value: Any) -> Any:
    """A value as every engine gives it: sums keep 12 digits, as the last ones depend on the order of adding."""
    if isinstance(value, float | Decimal):
        return float(f"{value:.12g}") + 0.0
    return value
