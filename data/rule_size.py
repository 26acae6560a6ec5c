"""How large the SQL of a rule may be: what is small to write may be endless to run, and no time limit stops planning.

DuckDB looks at its time limit between batches of rows, and counts neither the plan nor the texts of a batch as memory:
what would outgrow both is refused before it is run.
"""

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from data.lineage import Lineage
from data.said import Said

MOST_CHARACTERS = 20_000
"""Of the SQL of one rule."""
_MOST_LEVELS, _MOST_TERMS = 60, 150
"""How deep brackets, functions and subqueries may be nested, and that with the terms of a sum or chain."""
_MOST_READS = 200
"""How often registers are read once every named SELECT is written out where it is used."""
_MOST_GROWTH = 200
"""How many values one text may be joined of by ||, through every name."""
_PER_LITERAL = 50
"""Characters of a literal that count as one value."""


def faults_of_text(sql: str) -> list[Said]:
    """What forbids even reading this text as SQL."""
    if len(sql) > MOST_CHARACTERS:
        return [
            Said(
                f"the SQL has {len(sql):,} characters, expected {MOST_CHARACTERS:,} at most: shorten it",
                f"SQL 共 {len(sql):,} 个字符，最多 {MOST_CHARACTERS:,} 个，请精简",
            )
        ]
    strange = next((c for c in sql if (c < " " and c not in "\t\n\r\f\v") or "\ud800" <= c <= "\udfff"), None)
    if strange is not None:
        return [
            Said(
                f"the SQL holds the character U+{ord(strange):04X}, which no text has: write it anew",
                f"SQL 中含有不可用的字符 U+{ord(strange):04X}，请删除后重新书写",
            )
        ]
    return []


TOO_DEEP = Said(
    f"the SQL is nested too deeply: expected {_MOST_LEVELS} levels at most, and {_MOST_TERMS} terms in one chain; name "
    "parts of it in WITH, and write long lists as IN",
    f"SQL 嵌套过深：最多 {_MOST_LEVELS} 层、一串最多 {_MOST_TERMS} 项，请用 WITH 分步书写，长列表请用 IN",
)


def is_too_deep(query: exp.Expr) -> bool:
    """Whether a query is nested more deeply than everything that reads it can follow."""
    waiting: list[tuple[exp.Expr, int, int]] = [(query, 1, 1)]
    while waiting:
        node, levels, terms = waiting.pop()
        if levels > _MOST_LEVELS or terms > _MOST_TERMS:
            return True
        waiting += [
            # AND and OR are followed by loops, however many there are.
            (part, levels + (not isinstance(part, exp.Binary)), terms + (not isinstance(part, exp.Connector)))
            for part in node.iter_expressions()
        ]
    return False


def faults_of_growth(query: exp.Select) -> list[Said]:
    """What makes a small query read registers, or lengthen texts, without end."""
    faults = []
    known: dict[int, int] = {}
    if (reads := _reads(traverse_scope(query)[-1], known)) > _MOST_READS:
        faults.append(
            Said(
                f"the SQL reads registers {reads:,} times, once its named SELECTs are written out, expected "
                f"{_MOST_READS} at most: use each of them less often",
                f"SQL 展开后读取数据 {reads:,} 次，最多 {_MOST_READS} 次，请减少重复引用",
            )
        )
    grown = Lineage[int](query, leaf=lambda _r, _c: 1, made=_length, together=lambda parts: max(parts, default=1))
    longest = max(grown.every_one(), default=1)
    if longest > _MOST_GROWTH:
        faults.append(
            Said(
                f"a text is joined of {longest:,} values by ||, expected {_MOST_GROWTH} at most: join fewer",
                f"用 || 连接的文字由 {longest:,} 个值组成，最多 {_MOST_GROWTH} 个，请减少连接",
            )
        )
    return faults


def _reads(scope: Scope, known: dict[int, int]) -> int:
    if id(scope) not in known:
        sources = [source for _node, source in scope.selected_sources.values()]
        inner = [
            *scope.subquery_scopes,
            *scope.set_operation_scopes,
            *(one for one in sources if isinstance(one, Scope)),
        ]
        tables = sum(isinstance(one, exp.Table) for one in sources)
        known[id(scope)] = tables + sum(_reads(one, known) for one in inner)
    return known[id(scope)]


def _length(node: exp.Expr, parts: list[int]) -> int:
    if isinstance(node, exp.Literal):
        return 1 + len(node.name) // _PER_LITERAL
    return sum(parts) if isinstance(node, exp.DPipe) else max(parts, default=1)
