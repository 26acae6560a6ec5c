"""What the rows of a rule must hold for its findings to become alerts: types are known only once they are there."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from data.cards import LEVELS, Card, Rule
from data.errors import CardRefused
from data.said import Said

Row = Mapping[str, Any]
"""One row that a rule found: output column to value."""

_NUMBER, _DAY = Said("a number", "数字"), Said("a date", "日期")
_LEVEL = Said(f"one of {', '.join(LEVELS)}", f"其中之一：{'、'.join(LEVELS)}")
_KINDS: Mapping[type, Said] = {
    str: Said("a text", "文字"),
    bool: Said("true or false", "是或否"),
    datetime: Said("a moment", "时刻"),
    date: _DAY,
    int: _NUMBER,
    float: _NUMBER,
    type(None): Said("nothing", "空"),
}


def must_fit(card: Card, rule: Rule, rows: Sequence[Row]) -> None:
    """Raises CardRefused where a column holds what its use cannot be; the value is not told, as it may be personal."""
    summed = [(f"attribute {name}", column) for name, (fold, column) in rule.attributes.items() if fold == "sum"]
    for use, column in (("amount", rule.amount), ("recoverable", rule.recoverable), *summed):
        _demand(
            card, rule, use, column, _NUMBER, [row[column] for row in rows if column and not _is_number(row[column])]
        )
    for use, column in (("happened_on", rule.happened_on), ("registered_on", rule.registered_on)):
        _demand(card, rule, use, column, _DAY, [row[column] for row in rows if column and not _is_day(row[column])])
    level = rule.level_column
    _demand(
        card, rule, "level_column", level, _LEVEL, [row[level] for row in rows if level and row[level] not in LEVELS]
    )


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, int | float)


def _is_day(value: object) -> bool:
    return value is None or (isinstance(value, date) and not isinstance(value, datetime))


def _demand(card: Card, rule: Rule, use: str, column: str | None, expected: Said, wrong: Sequence[object]) -> None:
    if not wrong:
        return
    got = _KINDS.get(type(wrong[0]), Said(type(wrong[0]).__name__, type(wrong[0]).__name__))
    raise CardRefused(
        f"{card.code}, rule {rule.code}, cannot be run: {use} takes the column {column}, which holds {got.en}, "
        f"expected {expected.en}. Mend the rule's SQL, or name another column.",
        f"{card.code}，规则 {rule.code} 无法运行：{use} 取自字段 {column}，其值为{got.zh}，应为{expected.zh}。"
        "请修改规则的 SQL，或另选字段。",
    )
