"""Where the columns of a rule's rows come from: its SELECTs are followed through names and subqueries to the registers.

What is followed is up to who asks: which register columns a value is taken from, or how long a text may grow. Only
SQL that `data.comparison` knows to be lawful is followed.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from data.statistical_words import STATISTICAL_WORDS

T = TypeVar("T")

_COUNTED = ("months_from", "days_from", "years_from", *STATISTICAL_WORDS)
"""Words of the rules whose result no longer tells the values it was made of."""
_TELLS_NOTHING = (exp.Count, exp.Predicate, exp.Connector, exp.Not, exp.Length, exp.RowNumber, exp.StddevSamp)


class Lineage(Generic[T]):
    """What the output columns of a query are made of.

    `leaf`: what a register's column is. `made`: what an expression is, of what the parts are that it may tell.
    `together`: what a name is that stands for several; for none, where it is of no register.
    """

    def __init__(
        self,
        query: exp.Expr,
        *,
        leaf: Callable[[str, str], T],
        made: Callable[[exp.Expr, list[T]], T],
        together: Callable[[list[T]], T],
    ) -> None:
        self._leaf, self._made, self._together = leaf, made, together
        scopes = traverse_scope(query)
        self._of_select = {id(scope.expression): scope for scope in scopes}
        self._root = scopes[-1]
        self._known: dict[int, dict[str, T]] = {}

    def outputs(self) -> dict[str, T]:
        """Output column to what it is made of."""
        return self._outputs(self._root)

    def every_one(self) -> list[T]:
        """What each output column of every SELECT in the query is made of."""
        return [value for scope in self._of_select.values() for value in self._outputs(scope).values()]

    def _outputs(self, scope: Scope) -> dict[str, T]:
        if id(scope) not in self._known:
            if isinstance(scope.expression, exp.SetOperation):
                parts = [list(self._outputs(one).values()) for one in scope.set_operation_scopes]
                values = [self._together(list(same)) for same in zip(*parts, strict=False)]
                self._known[id(scope)] = dict(zip(scope.expression.named_selects, values, strict=False))
            else:
                self._known[id(scope)] = self._of_selects(scope)
        return self._known[id(scope)]

    def _of_selects(self, scope: Scope) -> dict[str, T]:
        own: dict[str, T] = {}
        for chosen in getattr(scope.expression, "selects", ()):
            value, name = self._value(chosen.unalias(), scope, own), chosen.alias_or_name
            own[name] = self._together([own[name], value]) if name in own else value
        return own

    def _value(self, node: exp.Expr, scope: Scope, own: Mapping[str, T]) -> T:
        if isinstance(node, exp.Column):
            return self._of_column(node, scope, own)
        inner = node.unnest() if isinstance(node, exp.Subquery) else node
        if id(inner) in self._of_select:
            return self._together(list(self._outputs(self._of_select[id(inner)]).values()))
        return self._made(node, [self._value(part, scope, own) for part in telling(node)])

    def _of_column(self, column: exp.Column, scope: Scope, own: Mapping[str, T]) -> T:
        found: list[T] = []
        around: Scope | None = scope
        while around is not None and not found:
            for name, source in around.sources.items():
                if column.table in ("", name):
                    if isinstance(source, exp.Table):
                        found.append(self._leaf(source.name, column.name))
                    elif column.name in (offered := self._outputs(source)):
                        found.append(offered[column.name])
            around = around.parent if around.is_subquery else None
        if not column.table and column.name in own:
            found.append(own[column.name])
        return self._together(found)


def telling(node: exp.Expr) -> list[exp.Expr]:
    """The parts of an expression whose values its own value may tell."""
    if isinstance(node, _TELLS_NOTHING) or (isinstance(node, exp.Anonymous) and node.name.lower() in _COUNTED):
        return []
    if isinstance(node, exp.Window | exp.Filter):
        return [node.this]
    if isinstance(node, exp.Case):
        return [part for part in (*(one.args["true"] for one in node.args["ifs"]), node.args.get("default")) if part]
    if isinstance(node, exp.If):
        return [part for part in (node.args["true"], node.args.get("false")) if part]
    return [part for part in node.iter_expressions() if not isinstance(part, exp.DataType | exp.Identifier)]


Place = tuple[str, str]
"""A register and a column of it."""


def places_of(query: exp.Expr) -> dict[str, frozenset[Place]]:
    """Output column to the register columns whose values it may tell: what was only counted or compared is not there.

    An unqualified name counts for every register in reach, whether that has such a column or not.
    """

    def union(parts: list[frozenset[Place]]) -> frozenset[Place]:
        return frozenset[Place]().union(*parts)

    return Lineage[frozenset[Place]](
        query,
        leaf=lambda register, column: frozenset({(register, column)}),
        made=lambda _node, parts: union(parts),
        together=union,
    ).outputs()
