"""Ranking the office's own queue: train on what was verified, score what is not concluded, keep the order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import zip_longest

import numpy as np
from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from data.alert_stream import alert_stream
from data.alert_words import HASHED, alert_words
from data.database import reading, writing
from data.errors import FeatureMismatch, NoLiveRiskModel
from data.order_choice import in_force
from data.plan_tables import OrderChoice
from data.states import NOT_CONCLUDED
from data.tables import Alert, RiskModel, Score
from scoring import order_trade, registry
from scoring.evaluation import back_test, later_slice
from scoring.ranker import Scores, learn
from scoring.wording import Words

HELD_BACK_DAYS = 90
AT_ONCE = 10_000
"""Scores stored in one transaction: others wait a second at most, and a million texts are never in memory together."""
_PLACE = frozenset({"queue_rank", "expected_recoverable"})
IN_QUEUE = Alert.status.in_(NOT_CONCLUDED)


def train(*, now: datetime, seed: int = 0, progress: Callable[[str], None] = lambda _: None) -> RiskModel:
    """Learn from every outcome recorded before `now`, measure on the last 90 days as of their start, make it live."""
    with reading() as session:
        stream = alert_stream(session)
    progress("learning from what was verified")
    ranker = learn(stream, as_of=now, seed=seed)
    progress("measuring on the newest 90 days")
    since = now - timedelta(days=HELD_BACK_DAYS)
    later = later_slice(stream, since=since, until=now, seed=seed)
    metrics = back_test(later) | {"notes": ranker.notes, "dropped": ranker.dropped}
    metrics["orders"] = order_trade.measured(later.ordered, later.rows, later.p, since=since, until=now)
    with writing() as session:
        filed = registry.file_live(session, ranker, metrics=metrics, as_of=now, at=now)
        session.expunge(filed)
    return filed


def score_open(*, now: datetime) -> int:
    """Score every alert that is not concluded and has no score by the live risk model, then put the queue in order.

    Returns: how many alerts were scored; none in an office without alerts.
    Raises NoLiveRiskModel, and FeatureMismatch where the live one was made by another version.
    """
    with reading() as session:
        if session.scalars(select(Alert.id).limit(1)).first() is None:
            return 0
        live = registry.live(session)
        waiting = _unscored(session, live.trained_at)
        if not waiting and not _order_is_stale(session):
            return 0
        stream = alert_stream(session) if waiting else None
        words = Words(*alert_words(session), HASHED)
    scores: Scores | None = None
    if stream is not None:
        chosen = stream.alert_id.isin({str(i) for i in waiting}).to_numpy()
        scores = live.ranker.score(stream, np.flatnonzero(chosen))
    n_scored = 0 if scores is None else len(scores.table)
    for begin in range(0, max(n_scored, 1), AT_ONCE):
        model_id = None if live.ranker.blend is None else live.id
        rows = [] if scores is None else _score_rows(scores, begin, model_id, words, now)
        with writing() as session:
            _replace(session, rows)
            if begin + AT_ONCE >= n_scored:
                put_in_order(session)
    return n_scored


def prior_stands_in() -> bool:
    """Whether the live risk model had too little to learn from, so that the past rate stands in for it."""
    with reading() as session:
        try:
            return registry.live(session).ranker.blend is None
        except (NoLiveRiskModel, FeatureMismatch):
            return False


def _score_rows(
    scores: Scores, begin: int, model_id: int | None, words: Words, now: datetime
) -> list[dict[str, object]]:
    """Up to AT_ONCE rows to store, from a place on."""
    table = scores.table[["alert_id", "p_confirmed", "p_low", "p_high"]].iloc[begin : begin + AT_ONCE]
    return [
        {
            "alert_id": int(alert_id),
            "risk_model_id": model_id,
            "p_confirmed": p,
            "p_low": low,
            "p_high": high,
            "queue_rank": None,
            "expected_recoverable": None,
            "reasons": scores.reasons_text(i, words),
            "scored_at": now,
        }
        for i, (alert_id, p, low, high) in enumerate(table.to_numpy().tolist(), start=begin)
    ]


def _unscored(session: Session, trained_at: datetime) -> set[int]:
    scored = select(Score.alert_id).where(Score.scored_at >= trained_at)
    return set(session.scalars(select(Alert.id).where(IN_QUEUE, Alert.id.not_in(scored))))


def _order_is_stale(session: Session) -> bool:
    highest, ranked = session.execute(select(func.max(Score.queue_rank), func.count(Score.queue_rank))).one()
    if ranked and highest != ranked:
        return True
    if session.scalars(select(OrderChoice.unit_code).where(OrderChoice.applied.is_(False)).limit(1)).first():
        return True
    misplaced = or_(
        and_(~IN_QUEUE, Score.queue_rank.is_not(None)),
        and_(IN_QUEUE, Score.queue_rank.is_(None)),
        and_(IN_QUEUE, Score.expected_recoverable != Score.p_confirmed * Alert.recoverable),
    )
    query = select(Score.alert_id).join(Alert, Alert.id == Score.alert_id).where(misplaced)
    return session.scalars(query.limit(1)).first() is not None


def _replace(session: Session, rows: list[dict[str, object]]) -> None:
    present = set(session.scalars(select(Score.alert_id).where(Score.alert_id.in_([row["alert_id"] for row in rows]))))
    # Those scored again keep their place in the queue until all are in order.
    if again := [{key: row[key] for key in row if key not in _PLACE} for row in rows if row["alert_id"] in present]:
        session.execute(update(Score), again)
    if first := [row for row in rows if row["alert_id"] not in present]:
        session.execute(insert(Score), first)


def put_in_order(session: Session) -> None:
    """Write the queue's order and what each alert may bring back as it stands now. Concluded alerts leave the queue.

    The order is the one in force (`data.order_choice`): that of the office, and inside a unit with an order of its own
    that one. The random check slice takes every second place from the front, the oldest first, whatever its scores,
    until none of it is left.
    """
    columns = (Score.alert_id, Score.p_confirmed, Score.queue_rank, Score.expected_recoverable)
    looked_at = (Alert.status, Alert.level, Alert.raised_at, Alert.recoverable, Alert.unit_code, Alert.drawn)
    rows = session.execute(select(*columns, *looked_at).join(Alert, Alert.id == Score.alert_id)).all()
    in_queue = [row for row in rows if row.status in NOT_CONCLUDED]
    arranged = in_force(session).arranged([row for row in in_queue if not row.drawn])
    checks = sorted((row for row in in_queue if row.drawn), key=lambda row: (row.raised_at, row.alert_id))
    alternating = (row for pair in zip_longest(arranged, checks) for row in pair if row is not None)
    rank = {row.alert_id: position for position, row in enumerate(alternating, start=1)}
    changed = []
    for row in rows:
        expected = None if row.recoverable is None else row.p_confirmed * row.recoverable
        if (row.queue_rank, row.expected_recoverable) != (rank.get(row.alert_id), expected):
            place = {"queue_rank": rank.get(row.alert_id), "expected_recoverable": expected}
            changed.append({"alert_id": row.alert_id} | place)
    if changed:
        session.execute(update(Score), changed)
    session.execute(update(OrderChoice).where(OrderChoice.applied.is_(False)).values(applied=True))


def train_and_score(*, now: datetime, seed: int = 0, progress: Callable[[str], None] = lambda _: None) -> int:
    """Train a risk model, make it live and score the queue. Returns how many alerts were scored."""
    train(now=now, seed=seed, progress=progress)
    progress("scoring the queue")
    return score_open(now=now)
