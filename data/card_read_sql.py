"""Which registers and columns an expert's SQL reads, so that its card declares those and no others."""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from data.comparison import DIALECT
from data.register_catalogue import Register
from data.rule_size import faults_of_text


def registers_in(sql: str, registers: Mapping[str, Register]) -> dict[str, tuple[str, ...]]:
    """The registers the SQL names, each with those of its columns that it names; empty for what cannot be read."""
    if faults_of_text(sql):
        return {}
    try:
        statements = sqlglot.parse(sql, read=DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return {}
    tables = dict.fromkeys(t.name for s in statements if s for t in s.find_all(exp.Table) if t.name in registers)
    named = {c.name for s in statements if s for c in s.find_all(exp.Column)}
    return {
        table: tuple(name for name in (*registers[table].columns, "received_on") if name in named) for table in tables
    }
