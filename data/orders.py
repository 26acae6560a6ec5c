"""The named orders of the queue: what each puts first, what it maximises and what it gives up, in one place.

An order is total: after what it looks at come the graver level, the older alert and the lower number, so that the same
alerts stand in the same order on every database. `key` sorts in Python, `by` is its twin in SQL. Which order is in
force is chosen in `data.order_choice`; what the orders are worth is measured in `scoring.order_trade`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Protocol

from sqlalchemy import ColumnElement, case, func

from data.tables import Alert, Score

GRADES: Mapping[str, int] = {"red": 0, "orange": 1, "yellow": 2}
"""Levels, the gravest first; an unknown one comes after them."""


@dataclass(frozen=True)
class Order:
    """A named order, in words zh and en."""

    code: str
    words: tuple[str, str]
    aim: tuple[str, str]
    """What it maximises."""
    price: tuple[str, str]
    """What it gives up."""

    def called(self, language: str) -> str:
        """Its name."""
        return _of(self.words, language)

    def sentences(self, language: str) -> tuple[str, str]:
        """What it maximises and what it gives up."""
        return _of(self.aim, language), _of(self.price, language)


def _of(words: tuple[str, str], language: str) -> str:
    return words[0] if language == "zh" else words[1]


NAMED: Mapping[str, Order] = {
    order.code: order
    for order in (
        Order(
            "likelihood",
            ("查实可能性", "Likelihood"),
            (
                "同样的核查量，查实的条数最多：可能性大的在前。",
                "The most confirmed alerts for the work done: the likeliest first.",
            ),
            ("金额大而把握小的往后排。", "Large amounts that are less certain wait."),
        ),
        Order(
            "recoverable",
            ("预计可追回", "Recoverable"),
            (
                "同样的核查量，追回的金额最多：查实可能性 × 可追回金额，多的在前。",
                "The most money for the work done: likelihood × recoverable amount, the largest first.",
            ),
            (
                "查实的条数较少；不涉及金额的问题排在最后。",
                "Fewer alerts are confirmed; what is not about money comes last.",
            ),
        ),
        Order(
            "urgency",
            ("等级与时长", "Level and age"),
            (
                "高等级的不久等，谁也不会一直排不上：先红后橙再黄，同级先到先办。",
                "What is grave does not wait, and nothing waits for ever: red, orange, yellow, the oldest first.",
            ),
            (
                "不看评分，查实的条数和金额都顾不上。",
                "It does not look at the score: neither confirmed alerts nor money are sought.",
            ),
        ),
        Order(
            "mixed",
            ("条数与金额兼顾", "Both"),
            (
                "条数与金额合起来最多：查实一条折合一笔钱，加上可追回金额，再乘以查实可能性。",
                "The most of both: a confirmed alert counts as a sum of its own, added to what is recoverable, "
                "times the likelihood.",
            ),
            (
                "条数不及“查实可能性”，金额不及“预计可追回”。",
                "Fewer alerts than by likelihood, less money than by the recoverable amount.",
            ),
        ),
    )
}


def worth_of(amounts: Sequence[float]) -> float:
    """What a confirmed alert may be counted as in the mixed order: the median of what such alerts could bring back.

    Returns: CNY with two figures that are not 0; 0 where there are no amounts.
    """
    return float(f"{median(amounts):.1e}") if amounts else 0.0


class Placed(Protocol):
    """What an order looks at in an alert; a row of a query will do."""

    @property
    def alert_id(self) -> int: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102
    @property
    def raised_at(self) -> datetime: ...  # noqa: D102
    @property
    def p_confirmed(self) -> float | None: ...  # noqa: D102
    @property
    def recoverable(self) -> float | None: ...  # noqa: D102


Key = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1)


def key(order: str, one: Placed, worth: float = 0.0) -> Key:
    """Where an alert stands in a named order: sort by it. `worth`: CNY that a confirmed alert counts in `mixed`.

    What the order cannot place (no score; for `recoverable` no amount) follows what it can, the newest first.
    """
    p, money = one.p_confirmed, one.recoverable
    rest = (GRADES.get(one.level, len(GRADES)), one.raised_at, one.alert_id)
    if order == "urgency":
        return (0, 0.0, *rest)
    if p is None:
        return (2, 0.0, _EPOCH - one.raised_at, -one.alert_id)
    if order == "likelihood":
        return (0, -p, *rest)
    if order == "mixed":
        return (0, -(p * (worth + (money or 0.0))), *rest)
    return (1, -p, *rest) if money is None else (0, -(p * money), *rest)


def by(order: str, worth: float = 0.0) -> tuple[ColumnElement[Any], ...]:
    """The twin of `key` in SQL, for alerts that the order can place (of `recoverable`: those with an amount)."""
    rest = (case(GRADES, value=Alert.level, else_=len(GRADES)), Alert.raised_at.asc(), Alert.id.asc())
    if order == "urgency":
        return rest
    first = {
        "likelihood": Score.p_confirmed,
        "recoverable": Score.expected_recoverable,
        "mixed": Score.p_confirmed * (worth + func.coalesce(Alert.recoverable, 0.0)),
    }[order]
    return (first.desc(), *rest)
