"""The SQL of comparison rules: one SELECT in a portable dialect, checked before it is kept and bound before it is run.

What a rule may use is listed here; everything else is refused by name. Beside the functions of every SQL dialect a
rule may call the calendar words of `MACROS` and the statistical words of `data/statistical_words.py`, which each engine
gets as macros or functions of the same name.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import sqlglot
from duckdb.func import FunctionNullHandling, PythonUDFType
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from data.join_checks import loose_joins
from data.rule_size import TOO_DEEP, faults_of_growth, faults_of_text, is_too_deep
from data.said import Said
from data.statistical_words import STATISTICAL_WORDS, StatisticalWord
from data.translation import in_dialect

DIALECT = "duckdb"
Value = str | int | float | bool | date | tuple[str, ...]

MACROS: Mapping[str, str] = {
    "month_of": "(day) AS strftime(day, '%Y-%m')",
    "month_start": "(month) AS CAST(month || '-01' AS DATE)",
    "month_end": "(month) AS last_day(CAST(month || '-01' AS DATE))",
    "month_after": "(month, n) AS strftime(CAST(month || '-01' AS DATE) + to_months(CAST(n AS INTEGER)), '%Y-%m')",
    "months_from": "(first, last) AS (CAST(substr(last, 1, 4) AS INTEGER) - CAST(substr(first, 1, 4) AS INTEGER)) * 12"
    " + CAST(substr(last, 6, 2) AS INTEGER) - CAST(substr(first, 6, 2) AS INTEGER)",
    "days_from": "(first, last) AS datediff('day', first, last)",
    "years_from": "(first, last) AS datesub('year', first, last)",
    "day_after": "(day, n) AS CAST(day + to_days(CAST(n AS INTEGER)) AS DATE)",
}
"""Calendar words of the rules, as DuckDB macros. Months are texts YYYY-MM; days are dates.

month_of(day), month_start(month), month_end(month); month_after(month, n) and day_after(day, n) go n on;
months_from, days_from and years_from(first, last) count whole ones from the first to the last.
"""

_FUNCTIONS = (
    *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Median, exp.StddevSamp),
    *(exp.RowNumber, exp.Lag, exp.Lead),
    *(exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least, exp.Abs, exp.Round, exp.Cast, exp.Case, exp.If),
    *(exp.Sqrt, exp.Ln),
    *(exp.Substring, exp.Length, exp.Upper, exp.Lower, exp.Trim, exp.StartsWith, exp.Exists),
)
_SYNTAX = (
    *(exp.Select, exp.Union, exp.With, exp.CTE, exp.Subquery, exp.From, exp.Join, exp.Where, exp.Group, exp.Having),
    *(exp.Order, exp.Ordered, exp.Distinct, exp.Window, exp.WindowSpec, exp.Filter, exp.Table, exp.TableAlias),
    *(exp.Column, exp.Identifier, exp.Alias, exp.Literal, exp.Boolean, exp.Null, exp.Placeholder, exp.DataType),
    *(exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In),
    *(exp.Between, exp.Like, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe, exp.Tuple, exp.Star),
)

_TYPES = ("TEXT", "INT", "BIGINT", "DOUBLE", "DATE", "BOOLEAN")
"""What a value may be turned into: the types that every engine has and an alert can keep."""
_MOST_DIGITS = 15
"""Decimals that a double holds."""


def find_faults(sql: str, registers: Mapping[str, Iterable[str]], parameters: Iterable[str]) -> list[Said]:
    """Everything that forbids running this SQL, one sentence each; empty for a lawful rule.

    `registers` are the card's registers with the columns it declares; `parameters` its placeholders' names.
    """
    if faults := faults_of_text(sql):
        return faults
    try:
        statements = [s for s in sqlglot.parse(sql, read=DIALECT) if s is not None]
    except sqlglot.errors.SqlglotError as error:
        first = str(error).splitlines()[0][:200]
        return [Said(f"the SQL cannot be read: {first}", f"SQL 无法读取，请检查语法：{first}")]
    except RecursionError:
        return [TOO_DEEP]
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        got = ", ".join(type(s).__name__.upper() for s in statements) or "nothing"
        return [Said(f"a rule is one SELECT, got {got}", f"一条规则只能是一个 SELECT，现为 {got}")]
    query = statements[0]
    if is_too_deep(query):
        return [TOO_DEEP]
    faults = [*_forbidden(query), *_unknown_placeholders(query, parameters)]
    if faults:
        return faults
    faults = _unknown_names(query, {name: frozenset(columns) for name, columns in registers.items()})
    return faults or faults_of_growth(query)


def _forbidden(query: exp.Select) -> list[Said]:
    faults = []
    for node in query.walk():
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in {*MACROS, *STATISTICAL_WORDS}:
                faults.append(Said(f"function {node.name} is not allowed", f"不能使用函数 {node.name}"))
        elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            faults.append(Said("* is not allowed: name the columns", "不能使用 *：请逐个写出字段"))
        elif isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            what = node.sql(DIALECT)
            faults.append(
                Said(f"{what} is not allowed: only registers can be read", f"不能读取 {what}：只能读取登记数据")
            )
        elif isinstance(node, exp.Round) and not _are_decimals(node.args.get("decimals")):
            part = node.sql(DIALECT)[:60]
            faults.append(
                Said(
                    f"{part}: the decimals of ROUND are a number written out, 0 to {_MOST_DIGITS}",
                    f"{part}：ROUND 的小数位数须直接写成 0 至 {_MOST_DIGITS} 的整数",
                )
            )
        elif isinstance(node, exp.Substring) and not _is_lawful_part(node):
            part = node.sql(DIALECT)[:60]
            faults.append(
                Said(
                    f"{part}: the positions of SUBSTR start at 1, and its length is not negative",
                    f"{part}：SUBSTR 的起始位置从 1 开始，长度不能为负数",
                )
            )
        elif isinstance(node, exp.Cast) and node.to.sql(DIALECT) not in _TYPES:
            what = node.to.sql(DIALECT)[:60]
            faults.append(
                Said(
                    f"a value cannot be turned into {what}: expected one of {', '.join(_TYPES)}",
                    f"不能转换为 {what} 类型，应为其中之一：{'、'.join(_TYPES)}",
                )
            )
        elif isinstance(node, exp.TableAlias) and node.args.get("columns"):
            part = node.sql(DIALECT)[:60]
            faults.append(
                Said(
                    f"{part}: columns are not renamed behind a source; write AS behind each column of its SELECT",
                    f"{part}：不能在来源之后给字段改名，请在其 SELECT 中逐个写 AS",
                )
            )
        elif isinstance(node, exp.Join) and node.side and _has_statistical_word(node.args.get("on")):
            faults.append(
                Said(
                    f"a statistical word is not allowed in the ON of a {node.side} JOIN: compute it in a SELECT before",
                    f"{node.side} JOIN 的 ON 中不能使用统计函数：请先在一个 SELECT 中算出",
                )
            )
        elif isinstance(node, exp.With) and node.recursive:
            faults.append(
                Said("WITH RECURSIVE is not allowed: it may never end", "不能使用 WITH RECURSIVE：可能永不结束")
            )
        elif type(node) not in (*_FUNCTIONS, *_SYNTAX):
            word, part = node.key.upper(), node.sql(DIALECT)[:60]
            faults.append(Said(f"{word} is not allowed in a rule: {part}", f"规则中不能使用 {word}：{part}"))
    return list(dict.fromkeys(faults))


def _are_decimals(node: exp.Expr | None) -> bool:
    """Whether an argument is left out, or a whole number written out that all engines take alike."""
    if node is None:
        return True
    lawful = isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal()
    return lawful and int(node.name) <= _MOST_DIGITS


def _is_lawful_part(node: exp.Substring) -> bool:
    """Whether no position or length of a SUBSTR that is written out counts from the end, where engines disagree."""
    start, length = node.args.get("start"), node.args.get("length")
    if isinstance(start, exp.Neg) or isinstance(length, exp.Neg):
        return False
    return not isinstance(start, exp.Literal) or (start.name.isdecimal() and int(start.name) >= 1)


def _has_statistical_word(condition: exp.Expr | None) -> bool:
    """Whether one is in a condition: Spark runs those as Python, which it cannot do in an outer join."""
    words = condition.find_all(exp.Anonymous) if condition else ()
    return any(word.name.lower() in STATISTICAL_WORDS for word in words)


def _unknown_placeholders(query: exp.Select, parameters: Iterable[str]) -> list[Said]:
    known = {*parameters, "as_of"}
    used = dict.fromkeys(node.name for node in query.find_all(exp.Placeholder))
    return [
        Said(f":{name} is not a parameter of the card", f":{name} 不是卡片的参数") for name in used if name not in known
    ]


def _unknown_names(query: exp.Select, registers: Mapping[str, frozenset[str]]) -> list[Said]:
    faults: list[Said] = []
    for scope in traverse_scope(query):
        faults += [
            Said(
                f"register {source.sql(DIALECT)} is not declared by the card", f"卡片没有声明数据 {source.sql(DIALECT)}"
            )
            for source in scope.sources.values()
            if isinstance(source, exp.Table) and (source.name not in registers or source.db)
        ]
        offered = {alias: _columns_of(source, registers) for alias, source in _in_reach(scope)}
        faults += loose_joins(scope, offered)
        selected = scope.expression.selects if isinstance(scope.expression, exp.Query) else []
        own_names = {e.alias for e in selected if isinstance(e, exp.Alias)}
        faults += [fault for column in scope.columns if (fault := _fault_of(column, offered, own_names))]
    return list(dict.fromkeys(faults))


def _columns_of(source: object, registers: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    """The columns a source offers; None where it is not known and already a fault."""
    if isinstance(source, Scope) and isinstance(source.expression, exp.Query):
        return frozenset(source.expression.named_selects)
    return registers.get(source.name) if isinstance(source, exp.Table) and not source.db else None


def _in_reach(scope: Scope) -> list[tuple[str, object]]:
    """The sources a SELECT can name: its own, and those around it where it is a subquery."""
    around = _in_reach(scope.parent) if scope.is_subquery and scope.parent else []
    return [*around, *scope.sources.items()]


def _fault_of(column: exp.Column, offered: Mapping[str, frozenset[str] | None], own: set[str]) -> Said | None:
    if None in offered.values() and not column.table:
        return None
    if column.table:
        if column.table not in offered:
            return Said(
                f"{column.sql(DIALECT)}: there is no {column.table} in reach",
                f"{column.sql(DIALECT)}：此处没有名为 {column.table} 的来源",
            )
        columns = offered[column.table]
        if columns is None or column.name in columns:
            return None
        return _undeclared(column.sql(DIALECT))
    if any(column.name in columns for columns in offered.values() if columns):
        return None
    named = column.find_ancestor(exp.Alias)
    if column.name in own and (named is None or named.alias != column.name):
        return None
    return _undeclared(column.name)


def _undeclared(column: str) -> Said:
    return Said(f"column {column} is not declared by the card", f"卡片没有声明字段 {column}")


_ANY_DAY = date(1, 1, 1)
"""Stands for the day of a run until that is known; no rule names this day."""


def output_columns(sql: str) -> list[str]:
    """The names a rule's rows come out with, in order."""
    return list(read_select(sql).named_selects)


def read_select(sql: str) -> exp.Query:
    """The syntax tree of a rule's SQL in which `find_faults` finds nothing."""
    query = sqlglot.parse_one(sql, read=DIALECT)
    return query if isinstance(query, exp.Query) else exp.select()


def bind_values(sql: str, values: Mapping[str, Value], *, dialect: str = DIALECT) -> str:
    """The rule's SQL in an engine's dialect, each `:name` replaced by its value as a literal of the syntax tree.

    A tuple stands for the members of an IN list. Values are quoted by sqlglot, so a text stays a text.
    """
    # The day changes with every run and nothing else does: its literal is put in last, the rest is made once.
    moving = {"as_of": _ANY_DAY} if type(values.get("as_of")) is date else {}
    settled = tuple((name, type(value), value) for name, value in {**values, **moving}.items())
    bound = _bound(sql, settled, dialect)
    return bound.replace(f"'{_ANY_DAY}'", f"'{values['as_of']}'") if moving else bound


@lru_cache(maxsize=512)
def _bound(sql: str, settled: tuple[tuple[str, type, Value], ...], dialect: str) -> str:
    values = {name: value for name, _, value in settled}

    def bind(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return _literal(values[node.name])
        if isinstance(node, exp.In):
            members = [m for e in node.expressions for m in _members(e, values)]
            return exp.In(this=node.this, expressions=members) if node.expressions else node
        return node

    tree = sqlglot.parse_one(sql, read=DIALECT).transform(bind, copy=False)
    return in_dialect(tree, dialect).sql(dialect, comments=False)


def _members(node: exp.Expr, values: Mapping[str, Value]) -> list[exp.Expr]:
    value = values.get(node.name) if isinstance(node, exp.Placeholder) else None
    return [_literal(item) for item in value] if isinstance(value, tuple) else [node]


def _literal(value: Value) -> exp.Expr:
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    return exp.convert(value)


def teach_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a DuckDB connection the calendar and statistical words of the rules."""
    for name, body in MACROS.items():
        connection.execute(f"CREATE MACRO {name}{body}")
    for name, word in STATISTICAL_WORDS.items():
        types: list[Any] = ["DOUBLE" if kind == "number" else "VARCHAR" for kind in word.arguments]
        connection.create_function(
            name,
            on_columns(word),
            types,
            "DOUBLE",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )


def on_columns(word: StatisticalWord) -> Callable[..., pa.Array]:
    """The word on Arrow columns; where an argument is missing, so is the result.

    DuckDB counts the parameters it sees, so there is one function for each number of arguments.
    """

    def apply(*columns: pa.Array) -> pa.Array:
        known = np.logical_and.reduce([column.is_valid().to_numpy(zero_copy_only=False) for column in columns])
        result = np.full(len(known), np.nan)
        result[known] = word.function(*(column.to_numpy(zero_copy_only=False)[known] for column in columns))
        return pa.array(result, mask=np.isnan(result))

    def on_two(first: pa.Array, second: pa.Array) -> pa.Array:
        return apply(first, second)

    def on_three(first: pa.Array, second: pa.Array, third: pa.Array) -> pa.Array:
        return apply(first, second, third)

    return on_two if len(word.arguments) == 2 else on_three
