"""Where a subject stands by number in registers, and which of these columns a rule's own rows carry.

A rule tells of somebody only where its rows carry a column in which they stand, or one that it compares with it for
equality. Otherwise its finding nothing about them means nothing. Source: field/models.md, M14.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

from data.cards import Card
from data.column_kinds import kind_of
from data.comparison import DIALECT
from data.register_catalogue import REGISTERS, Register

_CODES = frozenset({"tender_id", "project_id", "subject_ref"})
"""Columns that hold the number of a tender or a project."""
_CHOOSING = (exp.Min, exp.Max, exp.Coalesce, exp.Greatest, exp.Least, exp.Nullif, exp.Lag, exp.Lead)
Place = tuple[str, str]
"""Register and column."""


def naming(register: Register) -> list[str]:
    """The columns of a register in which a person, an enterprise, a tender or a project stands by number."""
    columns = register.columns.values()
    return [one.name for one in columns if kind_of(one) in ("identity", "credit") or one.name in _CODES]


@dataclass(frozen=True)
class Naming:
    """What the rows of a rule say by number."""

    outputs: tuple[str, ...]
    """Columns of its rows that hold numbers of people, enterprises, tenders or projects."""
    places: frozenset[Place]
    """Columns of registers whose numbers stand in them."""


def naming_of(card: Card, sql: str) -> Naming:
    """The naming columns that the rows of a card's rule carry, and those of its registers that they tell of."""
    described = {**REGISTERS, **card.own_registers}
    registers = tuple((name, tuple(described[name].columns)) for name in card.registers if name in described)
    named = frozenset((name, column) for name, _ in registers for column in naming(described[name]))
    return _traced(sql, registers, named)


@lru_cache(maxsize=512)
def _traced(sql: str, registers: tuple[tuple[str, tuple[str, ...]], ...], named: frozenset[Place]) -> Naming:
    schema: dict[str, object] = {
        name: {**dict.fromkeys(columns, "VARCHAR"), "received_on": "DATE"} for name, columns in registers
    }
    query = qualify(
        sqlglot.parse_one(sql, read=DIALECT), schema=schema, dialect=DIALECT, quote_identifiers=False,
        validate_qualify_columns=False, expand_alias_refs=False,
    )  # fmt: skip
    root = build_scope(query)
    if root is None or not isinstance(query, exp.Query):
        return Naming((), frozenset())
    trace = _Trace()
    equals = [pair for scope in traverse_scope(query) for pair in trace.equalities(scope)]
    outputs, reached = [], set[Place]()
    for column in query.selects:
        found = _grown(trace.sources(column, root), equals)
        if found & named:
            outputs.append(column.alias_or_name)
            reached |= found & named
    return Naming(tuple(outputs), frozenset(reached))


def _grown(places: frozenset[Place], equals: Iterable[tuple[frozenset[Place], frozenset[Place]]]) -> frozenset[Place]:
    """These places and those that hold the same numbers, as far as the rule compares them."""
    if not places:
        return places
    while True:
        more = places.union(*(one | other for one, other in equals if places & (one | other)))
        if more == places:
            return places
        places = more


class _Trace:
    """What the columns of one rule are taken from; what it has looked up is forgotten with it."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, str, str], frozenset[Place]] = {}

    def equalities(self, scope: Scope) -> list[tuple[frozenset[Place], frozenset[Place]]]:
        """What a scope compares with what for equality."""
        found = [
            (self.sources(one.this, scope), self.sources(one.expression, scope)) for one in scope.find_all(exp.EQ)
        ] + [
            (self.sources(one.this, scope), self.sources(one.args["query"], scope))
            for one in scope.find_all(exp.In)
            if one.args.get("query")
        ]  # fmt: skip
        return [(one, other) for one, other in found if one and other]

    def sources(self, value: exp.Expr | None, scope: Scope) -> frozenset[Place]:
        """The columns of registers that a value is taken from as it stands; nothing for what is made of them."""
        if isinstance(value, exp.Column):
            # A scope lives as long as the tree that is traced: its identity names it.
            wanted = (id(scope), value.table, value.name)
            if wanted not in self._held:
                self._held[wanted] = self._column(scope, value.table, value.name)
            return self._held[wanted]
        if isinstance(value, exp.Alias | exp.Paren | exp.Cast | exp.Window | exp.Filter | exp.Distinct):
            return self.sources(value.this, scope)
        parts: list[exp.Expr | None] = []
        if isinstance(value, exp.Case):
            parts = [*(one.args.get("true") for one in value.args["ifs"]), value.args.get("default")]
        elif isinstance(value, exp.If):
            parts = [value.args.get("true"), value.args.get("false")]
        elif isinstance(value, _CHOOSING):
            parts = [value.this, *value.expressions]
        elif isinstance(value, exp.Subquery):
            inner = next((one for one in scope.subquery_scopes if one.expression is value.this), None)
            return self._selected(inner, 0) if inner else frozenset()
        return frozenset().union(*(self.sources(part, scope) for part in parts))

    def _column(self, scope: Scope, table: str, name: str) -> frozenset[Place]:
        at: Scope | None = scope
        while at is not None:
            source = at.sources.get(table)
            if isinstance(source, exp.Table):
                return frozenset({(source.name, name)})
            if isinstance(source, Scope):
                names = _query(source).named_selects
                return self._selected(source, names.index(name)) if name in names else frozenset()
            at = at.parent
        return frozenset()

    def _selected(self, scope: Scope, at: int) -> frozenset[Place]:
        """What the column at this position of a query is taken from; of a union, in every part."""
        if scope.set_operation_scopes:
            return frozenset().union(*(self._selected(one, at) for one in scope.set_operation_scopes))
        selects = _query(scope).selects
        return self.sources(selects[at], scope) if at < len(selects) else frozenset()


def _query(scope: Scope) -> exp.Query:
    query = scope.expression
    if not isinstance(query, exp.Query):
        raise TypeError(f"a scope is a query, got {type(query).__name__}")
    return query


def reached(card: Card) -> frozenset[Place]:
    """The naming columns of a card's registers of which its rules tell."""
    return frozenset().union(*(naming_of(card, rule.sql).places for rule in card.rules))


def is_told(card: Card, stands: Iterable[Place]) -> bool:
    """Whether the card's rules tell of a subject that stands in these columns: in one that they carry at least."""
    return not reached(card).isdisjoint(stands)


def where_it_stands(stands: Mapping[str, frozenset[Place]], number: str, card: Card) -> frozenset[Place]:
    """The columns of the card's registers in which a number stands."""
    return frozenset(place for place in stands.get(number, frozenset()) if place[0] in card.registers)
