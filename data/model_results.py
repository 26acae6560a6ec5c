"""What came of a supervision model's rules, whether that changed of late, and what should therefore be looked at.

Everything is counted over the alerts that the session may see. Source: field/models.md, Y5 and Y6.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist, median
from typing import Any, cast

from scipy.stats import binomtest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cards import Card
from data.outcomes import OUTCOMES
from data.tables import Alert, CollisionRun, DatasetFiling, SupervisionModel
from data.warehouse import rate_of

RECENT, BEFORE = timedelta(days=90), timedelta(days=365)
SILENT = timedelta(days=183)
LATE = timedelta(days=62)
"""How long nothing of a register may have come in before it counts as silent: two months."""
NOISY_SHARE, NOISY_N = 0.30, 50
SURE = 0.01
"""A change is said only where chance would make one as large in less than one case of a hundred."""


@dataclass(frozen=True)
class RuleResult:
    """What came of one rule."""

    rule: str
    n_alerts: int
    rate: dict[str, Any]
    median_days: float | None
    """Days from raising to the outcome."""
    causes: tuple[tuple[str, int], ...]
    """The three commonest causes of elimination, with their number."""
    recovered: float
    """CNY."""
    drift: str
    """few, steady, precision_up, precision_down, volume_up or volume_down."""
    recent: dict[str, Any]
    """Confirmation rate of what was concluded in the last 90 days."""


@dataclass(frozen=True)
class Advice:
    """Something that should be looked at: noisy (a rule), silent (no hits), or late (a register)."""

    kind: str
    about: str
    n: int = 0
    share: float | None = None


_Row = tuple[str, str | None, str | None, datetime, datetime | None, float | None]


def results(session: Session, card: Card, *, now: datetime) -> list[RuleResult]:
    """The results of a card's rules, in its order; rules of earlier versions follow."""
    columns = (Alert.rule, Alert.outcome, Alert.cause, Alert.raised_at, Alert.concluded_at, Alert.recovered)
    by_rule: dict[str, list[_Row]] = {rule.code: [] for rule in card.rules}
    for row in session.execute(select(*columns).where(Alert.source == card.code)):
        by_rule.setdefault(row[0], []).append(cast(_Row, tuple(row)))
    return [_result(rule, rows, now) for rule, rows in by_rule.items()]


def _result(rule: str, rows: Sequence[_Row], now: datetime) -> RuleResult:
    ended = [row for row in rows if row[1] in OUTCOMES and OUTCOMES[row[1]].concluded and row[4] is not None]
    days = [(row[4] - row[3]) / timedelta(days=1) for row in ended if row[4] is not None]
    recent = [row for row in ended if row[4] is not None and row[4] >= now - RECENT]
    before = [row for row in ended if row[4] is not None and now - RECENT - BEFORE <= row[4] < now - RECENT]
    return RuleResult(
        rule=rule,
        n_alerts=len(rows),
        rate=rate_of(Counter(row[1] for row in ended)),
        median_days=median(days) if days else None,
        causes=tuple(Counter(row[2] for row in rows if row[2] is not None).most_common(3)),
        recovered=round(sum(row[5] or 0 for row in rows), 2),
        drift=drift(rate_of(Counter(row[1] for row in recent)), rate_of(Counter(row[1] for row in before)),
                    [row[3] for row in rows], now=now),
        recent=rate_of(Counter(row[1] for row in recent)),
    )  # fmt: skip


def drift(recent: dict[str, Any], before: dict[str, Any], raised: Sequence[datetime], *, now: datetime) -> str:
    """Whether the confirmation rate, or else the number raised a day, of the last 90 days differs from the year before.

    The rate by the test of two proportions, the number by the share of alerts that the 90 days would have by chance.
    """
    if recent["n"] >= 10 and before["n"] >= 10 and p_of_two(recent, before) < SURE:
        return "precision_up" if recent["share"] > before["share"] else "precision_down"
    first = min(raised, default=now)
    span = min(BEFORE, now - RECENT - first)
    if span < RECENT:
        return "few"
    n_recent = sum(now - RECENT <= at <= now for at in raised)
    n_before = sum(now - RECENT - span <= at < now - RECENT for at in raised)
    if n_recent + n_before < 10:
        return "few"
    expected = RECENT / (RECENT + span)
    if binomtest(n_recent, n_recent + n_before, expected).pvalue < SURE:
        return "volume_up" if n_recent / (n_recent + n_before) > expected else "volume_down"
    return "steady"


def p_of_two(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How likely chance makes two shares differ as much (two proportions, two-sided)."""
    pooled = (one["n_confirmed"] + other["n_confirmed"]) / (one["n"] + other["n"])
    spread = sqrt(pooled * (1 - pooled) * (1 / one["n"] + 1 / other["n"]))
    if not spread:
        return 1.0
    return 2 * (1 - NormalDist().cdf(abs(one["share"] - other["share"]) / spread))


def advise(
    session: Session, row: SupervisionModel, card: Card, found: Sequence[RuleResult], *, now: datetime
) -> list[Advice]:
    """What should be looked at about a live version."""
    noisy = [
        Advice("noisy", one.rule, one.rate["n"], one.rate["share"])
        for one in found
        if one.rate["n"] >= NOISY_N and one.rate["share"] < NOISY_SHARE
    ]
    filed = select(DatasetFiling.name, func.max(DatasetFiling.received_at)).where(
        DatasetFiling.kind == "register", DatasetFiling.name.in_(card.registers)
    )
    newest = dict(session.execute(filed.group_by(DatasetFiling.name)).all())
    late = [
        Advice("late", name, (now - newest[name]).days if name in newest else 0)
        for name in card.registers
        if name not in card.may_lack and (name not in newest or newest[name] < now - LATE)
    ]
    hit = select(func.max(CollisionRun.as_of)).where(CollisionRun.model_code == row.code)
    last_hit = session.scalar(hit.where(CollisionRun.n_new + CollisionRun.n_extended > 0))
    since = last_hit or row.activated_at
    silent = [Advice("silent", row.code, (now - since).days)] if since and since < now - SILENT else []
    return [*noisy, *silent, *late]
