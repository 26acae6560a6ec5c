"""The SQL of a rule in an engine's dialect, with what engines disagree on defined.

What is defined for all: a number with a fraction is a double (no decimals, which round otherwise); dividing by zero
gives a missing value; a root or logarithm that does not exist is missing. DuckDB knows the calendar words as macros;
for the others they are written out here. SQLite is only there to be measured against.
"""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

_MONTHS_FROM = (
    "(CAST(substr({1}, 1, 4) AS INTEGER) - CAST(substr({0}, 1, 4) AS INTEGER)) * 12"
    " + CAST(substr({1}, 6, 2) AS INTEGER) - CAST(substr({0}, 6, 2) AS INTEGER)"
)
_CALENDAR: Mapping[str, Mapping[str, str]] = {
    "spark": {
        "month_of": "date_format({0}, 'yyyy-MM')",
        "month_start": "CAST({0} || '-01' AS DATE)",
        "month_end": "last_day(CAST({0} || '-01' AS DATE))",
        "month_after": "date_format(add_months(CAST({0} || '-01' AS DATE), CAST(rint({1}) AS INT)), 'yyyy-MM')",
        "months_from": _MONTHS_FROM,
        "days_from": "datediff({1}, {0})",
        "years_from": "CAST((year({1}) * 10000 + month({1}) * 100 + day({1})"
        " - year({0}) * 10000 - month({0}) * 100 - day({0})) / 10000 AS INT)",
        "day_after": "date_add({0}, CAST(rint({1}) AS INT))",
    },
    "sqlite": {
        "month_of": "substr({0}, 1, 7)",
        "month_start": "{0} || '-01'",
        "month_end": "date({0} || '-01', '+1 month', '-1 day')",
        "month_after": "substr(date({0} || '-01', CAST(round({1}) AS INTEGER) || ' months'), 1, 7)",
        "months_from": _MONTHS_FROM,
        "days_from": "CAST(julianday({1}) - julianday({0}) AS INTEGER)",
        "years_from": "CAST((CAST(strftime('%Y%m%d', {1}) AS INTEGER)"
        " - CAST(strftime('%Y%m%d', {0}) AS INTEGER)) / 10000 AS INTEGER)",
        "day_after": "date({0}, CAST(round({1}) AS INTEGER) || ' days')",
    },
}
"""Dialect to the calendar words in it; {0} and {1} stand for a word's arguments."""


def in_dialect(tree: exp.Expr, dialect: str) -> exp.Expr:
    """A rule's syntax tree, read as DuckDB's, as it is to be written in a dialect; the tree itself is used up."""
    tree = tree.transform(_define, copy=False)
    if dialect == "spark":
        tree = tree.transform(_for_spark, copy=False)
    # From the innermost word outwards, so that what stands for a word's argument is done already.
    for node in reversed(list(tree.find_all(exp.Anonymous))):
        if node.name.lower() in _CALENDAR.get(dialect, {}):
            node.replace(_calendar_word(node, dialect))
    return tree


def _define(node: exp.Expr) -> exp.Expr:
    """What engines take in different ways, written so that all take it in one."""
    if isinstance(node, exp.Literal) and not node.is_string and not node.name.isdecimal():
        inside = isinstance(node.parent, exp.Cast)
        return node if inside else exp.cast(node, "double")
    if isinstance(node, exp.Div | exp.Mod) and not _is_never_zero(node.expression):
        node.set("expression", exp.Nullif(this=node.expression, expression=exp.Literal.number(0)))
    elif isinstance(node, exp.Sqrt) and not isinstance(node.parent, exp.If):
        return _where(exp.GTE(this=node.this.copy(), expression=exp.Literal.number(0)), node)
    elif isinstance(node, exp.Ln) and not isinstance(node.parent, exp.If):
        return _where(exp.GT(this=node.this.copy(), expression=exp.Literal.number(0)), node)
    return node


def _is_never_zero(divisor: exp.Expr) -> bool:
    if isinstance(divisor, exp.Literal):
        return divisor.is_string or float(divisor.name) != 0
    return isinstance(divisor, exp.Nullif)


def _where(lawful: exp.Expr, node: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=lawful, true=node.copy())])


def _calendar_word(node: exp.Anonymous, dialect: str) -> exp.Expr:
    template = _CALENDAR[dialect][node.name.lower()].format(*(f"argument_{i}" for i in range(len(node.expressions))))
    tree = exp.paren(sqlglot.parse_one(template, read=dialect), copy=False)
    for column in list(tree.find_all(exp.Column)):
        if column.name.startswith("argument_"):
            column.replace(exp.paren(node.expressions[int(column.name.removeprefix("argument_"))].copy()))
    return tree


def _for_spark(node: exp.Expr) -> exp.Expr:
    """What Spark's function of the same name does otherwise than DuckDB's."""
    if isinstance(node, exp.Round) and not node.meta.get("settled"):
        # DuckDB rounds the scaled double, half away from zero; Spark rounds what the double is written as.
        scale = exp.Literal.number(10 ** int(node.args["decimals"].name)) if node.args.get("decimals") else None
        scaled = exp.Mul(this=exp.paren(node.this.copy()), expression=exp.cast(scale, "double")) if scale else node.this
        whole = exp.Round(this=scaled.copy())
        whole.meta["settled"] = True
        return exp.paren(exp.Div(this=whole, expression=exp.cast(scale, "double"))) if scale else whole
    if isinstance(node, exp.Cast) and node.to.this.name in ("INT", "BIGINT") and not node.meta.get("settled"):
        # DuckDB rounds to the nearest whole number, half to even; Spark cuts off.
        # By way of a double, which a flag can be cast to as well.
        number = exp.cast(node.this.copy(), "double")
        whole_number = exp.cast(exp.Anonymous(this="rint", expressions=[number]), node.to.copy())
        whole_number.meta["settled"] = True
        return whole_number
    return node
