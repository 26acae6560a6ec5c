"""Comparing on one machine with DuckDB."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import duckdb
from sqlalchemy.orm import Session

from data.comparison import Value, bind_values, teach_words
from data.registers import open_registers
from data.run_limits import Allowance


class DuckdbEngine:
    """DuckDB in this process: every opening has a connection of its own."""

    def open(self, session: Session, columns: Mapping[str, Collection[str]], *, as_of: datetime) -> "DuckdbRegisters":
        """The registers as views."""
        connection = open_registers(session, columns, as_of=as_of, columns=columns)
        teach_words(connection)
        return DuckdbRegisters(connection)


class DuckdbRegisters:
    """Registers as views of a DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows_of(self, sql: str, values: Mapping[str, Value], allowance: Allowance) -> Iterator[dict[str, Any]]:
        """The rows of a rule; see `OpenRegisters`."""
        return allowance.rows_of(self._connection, bind_values(sql, values))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
