"""What a rule's SQL says, read from its syntax tree: which registers it brings together, and by which columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from data.cards import Rule
from data.comparison import DIALECT

Place = tuple[str, str]
"""A register and a column of it."""
_COMPARED = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.NEQ)


@dataclass(frozen=True)
class Join:
    """Two registers brought together: the column of each, and how the columns meet."""

    left: Place
    right: Place
    kind: str
    """same: the values must be equal; compared: one is held against the other (earlier, later, within, unlike)."""

    @property
    def registers(self) -> frozenset[str]:
        """The registers it brings together; one, where a register is held against itself."""
        return frozenset((self.left[0], self.right[0]))


@dataclass(frozen=True)
class Reading:
    """What a rule reads and how it joins it."""

    registers: tuple[str, ...]
    joins: tuple[Join, ...]


@lru_cache(maxsize=256)
def _read(sql: str) -> Reading:
    query = sqlglot.parse_one(sql, read=DIALECT)
    scopes = traverse_scope(query)
    registers = dict.fromkeys(
        source.name for scope in scopes for source in scope.sources.values() if isinstance(source, exp.Table)
    )
    joins: dict[tuple[frozenset[Place], str], Join] = {}
    for scope in scopes:
        for join in _joins(scope):
            joins.setdefault((frozenset((join.left, join.right)), join.kind), join)
    return Reading(tuple(registers), tuple(joins.values()))


def reading_of(rule: Rule) -> Reading:
    """What a rule reads and joins, in the order in which its SQL names it."""
    return _read(rule.sql)


def _joins(scope: Scope) -> Iterator[Join]:
    for node in scope.walk():
        if not _decides(node):
            continue
        if isinstance(node, exp.EQ):
            yield from _meeting(scope, node.this, node.expression, "same")
        elif isinstance(node, _COMPARED):
            others = [node.args[name] for name in ("expression", "low", "high") if node.args.get(name) is not None]
            for other in others:
                yield from _meeting(scope, node.this, other, "compared")


def _decides(node: exp.Expr) -> bool:
    """Whether a node is part of a condition on which rows come together, and not of what a row shows."""
    above = node.parent
    while above is not None and not isinstance(above, exp.Select):
        if isinstance(above, exp.Join | exp.Where | exp.Having):
            return True
        above = above.parent
    return False


def _meeting(scope: Scope, one: exp.Expr, other: exp.Expr, kind: str) -> Iterator[Join]:
    """The registers on the two sides; sides that are more than a plain column are held against each other."""
    plain = isinstance(one, exp.Column) and isinstance(other, exp.Column)
    aliases = [{column.table for column in side.find_all(exp.Column)} for side in (one, other)]
    for left in _origins(scope, one):
        for right in _origins(scope, other):
            if left[0] != right[0] or (aliases[0] and aliases[0].isdisjoint(aliases[1])):
                yield Join(left, right, kind if plain or kind == "compared" else "same")


def _origins(scope: Scope, side: exp.Expr) -> list[Place]:
    return [place for column in side.find_all(exp.Column) if (place := _origin(scope, column)) is not None]


def _origin(scope: Scope | None, column: exp.Column) -> Place | None:
    """The register's column behind a column, through subqueries and WITH, where it is handed on as it is or folded."""
    if scope is None:
        return None
    named = scope.sources.get(column.table) if column.table else _offering(scope, column.name)
    if named is None:
        # A subquery may name what stands around it.
        return _origin(scope.parent, column) if scope.is_subquery else None
    if isinstance(named, exp.Table):
        return named.name, column.name
    selected = named.expression.selects if isinstance(named.expression, exp.Query) else []
    behind = next((one for one in selected if one.alias_or_name == column.name), None)
    inner = list(behind.find_all(exp.Column)) if behind is not None else []
    return _origin(named, inner[0]) if len(inner) == 1 else None


def _offering(scope: Scope, name: str) -> "exp.Table | Scope | None":
    """The source of a column that is named without one, where there is only one it can come from."""
    inner = [
        source
        for source in scope.sources.values()
        if isinstance(source, exp.Table)
        or (isinstance(source.expression, exp.Query) and name in source.expression.named_selects)
    ]
    return inner[0] if len(inner) == 1 else None
