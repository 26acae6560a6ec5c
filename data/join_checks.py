"""Joins of comparison rules: an equality must tie every source to the others, or the rows multiply without end."""

from collections.abc import Iterator, Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from data.said import Said

_AROUND = ""
"""Stands for whatever surrounds a subquery: a row of it is settled while the subquery is looked at."""


def loose_joins(scope: Scope, offered: Mapping[str, frozenset[str] | None]) -> list[Said]:
    """One sentence for every source of a SELECT that no equality ties to the others.

    `offered`: the names in reach with their columns. Equalities count in ON, USING and WHERE, where they hold for every
    row (not under OR or NOT); one row, an aggregate without GROUP BY, multiplies nothing.
    """
    query = scope.expression
    if not isinstance(query, exp.Select) or not query.args.get("joins"):
        return []
    if query.args.get("from_") is None:
        return [Said("a JOIN needs a FROM before it", "JOIN 之前须有 FROM")]
    own = [name for name, source in scope.selected_sources.items() if not _is_one_row(source[1])]
    faults = [
        Said(
            f"{join.args.get('method')} JOIN is not allowed: join with ON and an equality",
            f"不能使用 {join.args.get('method')} JOIN：请用 ON 写明相等的字段",
        )
        for join in query.args["joins"]
        if join.args.get("method")
    ]
    tied = {name: name for name in own} | {_AROUND: _AROUND}
    for left, right in _ties(query, scope, offered):
        if left in tied and right in tied:
            old, new = tied[left], tied[right]
            tied = {name: new if group == old else group for name, group in tied.items()}
    first = tied[own[0]] if own else ""
    return faults + [
        Said(
            f"{name} is joined without an equality between its columns and those of {own[0]} or another source: add "
            "one to ON, such as a.id_no = b.id_no",
            f"{name} 与 {own[0]} 或其他来源之间没有相等的字段，结果会无限增多：请在 ON 中补充，例如 a.id_no = b.id_no",
        )
        for name in own
        if tied[name] != first
    ]


def _ties(query: exp.Select, scope: Scope, offered: Mapping[str, frozenset[str] | None]) -> Iterator[tuple[str, str]]:
    """Pairs of sources that an equality ties."""
    before = [query.args["from_"].alias_or_name]
    for join in query.args["joins"]:
        name = join.alias_or_name
        if join.args.get("using"):
            yield before[-1], name
        before.append(name)
    where = query.args.get("where")
    for condition in (*(join.args.get("on") for join in query.args["joins"]), where.this if where else None):
        for part in _always(condition):
            if isinstance(part, exp.EQ):
                left, right = (_owners(side, scope, offered) for side in (part.left, part.right))
                if len(left) == len(right) == 1:
                    yield left.pop(), right.pop()


def _always(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a condition that hold for every row it lets pass."""
    inner = condition.unnest() if condition is not None else None
    if isinstance(inner, exp.And):
        yield from _always(inner.left)
        yield from _always(inner.right)
    elif inner is not None:
        yield inner


def _owners(side: exp.Expr, scope: Scope, offered: Mapping[str, frozenset[str] | None]) -> set[str]:
    """The sources whose columns stand on one side of an equality."""
    names = set()
    for column in side.find_all(exp.Column):
        holders = [n for n, columns in offered.items() if columns and column.name in columns]
        owner = column.table or (holders[-1] if holders else _AROUND)
        names.add(owner if owner in scope.selected_sources else _AROUND)
    return names


def _is_one_row(source: object) -> bool:
    query = source.expression if isinstance(source, Scope) else None
    if not isinstance(query, exp.Select) or query.args.get("group") or not query.selects:
        return False
    return all(
        any(not node.find_ancestor(exp.Window) for node in chosen.find_all(exp.AggFunc)) for chosen in query.selects
    )
