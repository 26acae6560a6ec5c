"""Ranking the office's own queue: train on what was verified, score what is not concluded, keep the order."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from data import risk_models
from data.alert_stream import alert_stream
from data.alert_words import HASHED, alert_words
from data.database import reading, writing
from data.errors import FeatureMismatch, NoLiveRiskModel
from data.order_choice import in_force
from data.plan_tables import OrderChoice
from data.states import NOT_CONCLUDED
from data.subject_groups import subject_groups
from data.tables import Alert, RiskModel, Score
from scoring import later, order_trade, registry
from scoring.model_card import card
from scoring.ranker import Ranker, Scores, learn, past_rate_alone
from scoring.unbiased import rescored, slice_of
from scoring.wording import Words

Progress = Callable[[str], None]

HELD_BACK_DAYS = 90
AT_ONCE = 10_000
"""Scores stored in one transaction: others wait a second at most, and a million texts are never in memory together."""
_PLACE = frozenset({"queue_rank", "expected_recoverable"})
FEWEST_DAYS = 14
"""A live model younger than this has nothing after its data that another could be compared on."""
IN_QUEUE = Alert.status.in_(NOT_CONCLUDED)


def _silent(_doing: str) -> None:
    """Tell nobody."""


def train(*, now: datetime, seed: int = 0, progress: Progress = _silent) -> RiskModel:
    """Learn from every outcome recorded before `now`, measure on the alerts after its data, and file it.

    It waits as challenger for a person to put it live; the first of an office that could learn is live at once.
    """
    with reading() as session:
        stream = alert_stream(session)
        allowed = tuple(risk_models.allowed_columns(session))
        live = _live_or_none(session)
    progress("learning from what was verified")
    ranker = learn(stream, as_of=now, seed=seed, allowed=allowed)
    progress("measuring on the newest alerts")
    metrics = _measure(stream, ranker, live, now=now, seed=seed, allowed=allowed)
    with writing() as session:
        filed = registry.file_challenger(session, ranker, metrics=metrics, as_of=now, at=now)
        session.expunge(filed)
    return filed


def _measure(
    stream: pd.DataFrame,
    ranker: Ranker,
    live: registry.Live | None,
    *,
    now: datetime,
    seed: int,
    allowed: Collection[str],
) -> dict[str, Any]:
    since = _slice_begins(None if live is None else live.as_of, now)
    twin = later.foretell_later(stream, since=since, until=now, seed=seed, allowed=allowed)
    with reading() as session:
        groups = subject_groups(session, twin.ordered.iloc[twin.rows], on=now)
        words = Words(*alert_words(session), HASHED)
        checks = slice_of(session, since=since)
    metrics = card(ranker, twin, stream, groups, words, now=now)
    metrics["orders"] = order_trade.measured(twin.ordered, twin.rows, twin.p, since=since, until=now)
    metrics["unbiased"] = rescored(checks, twin.ordered["alert_id"].iloc[twin.rows], twin.p).as_dict()
    metrics["compared"] = None
    if live is not None and live.ranker.blend is not None and live.as_of <= since:
        compared = later.compare(twin, live.ranker)
        metrics["compared"] = None if compared is None else compared | {"with": live.id}
    return metrics


def _slice_begins(live_as_of: datetime | None, now: datetime) -> datetime:
    """Where the later slice begins: 90 days ago, but never within what the live model has learnt from.

    Where that one is younger, the outcomes since are halved: one half to learn from, one to compare on.
    """
    begin = now - timedelta(days=HELD_BACK_DAYS)
    if live_as_of is not None and begin < live_as_of < now - timedelta(days=FEWEST_DAYS):
        return live_as_of + (now - live_as_of) / 2
    return begin


def _live_or_none(session: Session) -> registry.Live | None:
    try:
        return registry.live(session)
    except (NoLiveRiskModel, FeatureMismatch):
        return None


def remake(*, now: datetime, seed: int = 0) -> None:
    """Learn anew from the outcomes that the live model learnt from: another version of the program made that one.

    A person approved those data, and the old text cannot be read any more. Nothing newer is learnt from.
    """
    with reading() as session:
        approved = risk_models.live_model(session)
        stream = alert_stream(session)
        allowed = tuple(risk_models.allowed_columns(session))
    if approved is None:
        train(now=now, seed=seed)
        return
    ranker = learn(stream, as_of=approved.as_of, seed=seed, allowed=allowed)
    metrics = _measure(stream, ranker, None, now=approved.as_of, seed=seed, allowed=allowed)
    with writing() as session:
        registry.file_remade(session, ranker, metrics=metrics, as_of=approved.as_of, at=now)


def score_open(*, now: datetime) -> int:
    """Score every alert that is not concluded and has no score by the live risk model, then put the queue in order.

    While scores are withdrawn the past rate of source and domain stands in.
    Returns: how many alerts were scored; none in an office without alerts.
    Raises NoLiveRiskModel, and FeatureMismatch where the live one was made by another version.
    """
    with reading() as session:
        if session.scalars(select(Alert.id).limit(1)).first() is None:
            return 0
        live = registry.live(session)
        withdrawn = risk_models.withdrawn(session) is not None
        waiting = _unscored(session, live.holds_since)
        if not waiting and not _order_is_stale(session):
            return 0
        stream = alert_stream(session) if waiting else None
        words = Words(*alert_words(session), HASHED)
    scores: Scores | None = None
    if stream is not None:
        chosen = stream.alert_id.isin({str(i) for i in waiting}).to_numpy()
        ranker = past_rate_alone(now) if withdrawn else live.ranker
        model_id = None if ranker.blend is None else live.id
        scores = ranker.score(stream, np.flatnonzero(chosen))
    n_scored = 0 if scores is None else len(scores.table)
    for begin in range(0, max(n_scored, 1), AT_ONCE):
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


def _unscored(session: Session, since: datetime) -> set[int]:
    scored = select(Score.alert_id).where(Score.scored_at >= since)
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


def train_and_score(*, now: datetime, seed: int = 0, progress: Progress = _silent) -> int:
    """Train a risk model and score the queue by the live one. Returns how many alerts were scored."""
    train(now=now, seed=seed, progress=progress)
    progress("scoring the queue")
    return score_open(now=now)
