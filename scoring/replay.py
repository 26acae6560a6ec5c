"""Replay: a walk through time as an office would have gone, learning at each step from what was known by then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.past import Past, put_in_order
from features.plan import Made, Plan
from features.walk import DAY, NEVER, Floats, Rows
from scoring.blend import Heard
from scoring.ranker import Ranker, Scores, learn_made
from scoring.teaching import Choices, recent_weight

CHOOSE_AFTER = 1.5
"""Choose anew when the outcomes learnt from have grown by this factor."""


@dataclass(frozen=True, eq=False)
class Step:
    """One period of a replay: its alerts, and what the ranker of its first moment said of them."""

    number: int
    begin: datetime
    rows: Rows
    """Positions in the ordered stream."""
    ranker: Ranker
    scores: Scores


@dataclass
class _Memory:
    """What a replay carries from step to step: choices, and margins made before their outcomes were known."""

    choices: Choices | None = None
    first: Heard | None = None
    n_learnt: int = 0
    rows: Rows | None = None
    margins: Floats | None = None
    taught: Floats | None = None


def walk(
    alerts: pd.DataFrame,
    *,
    since: datetime,
    every: timedelta,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Iterator[Step]:
    """Walk an ordered stream in steps: learn what was known at each step's beginning, score the alerts of the step.

    Within a step each alert is scored with every outcome known strictly before it was raised and none later; what is
    learnt from (parts, blend, calibration) was known at the step's beginning. Steps without alerts are passed over.
    """
    stream = put_in_order(alerts)
    behind = Past.of(stream)
    begins = _begins(behind, since, every)
    drawn: Plan | None = None
    made: Made | None = None
    memory = _Memory()
    for number, begin in enumerate(begins, start=1):
        progress(number - 1, len(begins))
        moment = pd.Timestamp(begin).value // 1000
        end = moment + int(every / timedelta(microseconds=1))
        rows = np.flatnonzero((behind.raised >= moment) & (behind.raised < end))
        if not len(rows):
            continue
        n_known = int(((behind.known < moment) & ~np.isnan(behind.label)).sum())
        if drawn is None or made is None or n_known >= CHOOSE_AFTER * max(memory.n_learnt, 1):
            drawn = Plan.fit(_told(behind, moment), flowing=True)
            made = drawn.make(behind)
            memory = _Memory()
        ranker = _learn(drawn, behind, made, begin, seed, memory)
        if memory.n_learnt == 0:
            memory.n_learnt = n_known
        scores = ranker.score_made(behind, made, rows)
        _remember(memory, ranker, rows, scores)
        yield Step(number, begin, rows, ranker, scores)
    progress(len(begins), len(begins))


def _begins(behind: Past, since: datetime, every: timedelta) -> list[datetime]:
    begins, begin = [], pd.Timestamp(since)
    last = behind.raised[-1] if len(behind.raised) else -NEVER
    while begin.value // 1000 <= last:
        begins.append(begin.to_pydatetime())
        begin += every
    return begins


def _told(behind: Past, moment: int) -> pd.DataFrame:
    """The alerts raised before a moment with the labels known by then."""
    n = int(np.searchsorted(behind.raised, moment))
    label = np.where(behind.known[:n] < moment, behind.label[:n], np.nan)
    return behind.table.iloc[:n].assign(label=label)


def _learn(drawn: Plan, behind: Past, made: Made, begin: datetime, seed: int, memory: _Memory) -> Ranker:
    moment = pd.Timestamp(begin).value // 1000
    heard = memory.first
    if heard is not None and memory.rows is not None and memory.margins is not None and memory.taught is not None:
        known = (behind.known[memory.rows] < moment) & ~np.isnan(behind.label[memory.rows])
        heard = _add(heard, behind, memory.rows[known], memory.margins[known], memory.taught[known])
    ranker = learn_made(drawn, behind, made, as_of=begin, seed=seed, choices=memory.choices, heard=heard)
    if ranker.heard is not None and memory.choices is None:
        memory.choices, memory.first = ranker.choices, ranker.heard
    return ranker


def _add(heard: Heard, behind: Past, rows: Rows, margins: Floats, taught: Floats) -> Heard:
    if not len(rows):
        return heard
    both = np.concatenate([heard.rows, rows])
    return Heard(
        both,
        np.vstack([heard.margins, margins]),
        np.concatenate([heard.label, behind.label[rows]]),
        np.concatenate([heard.slice_of, np.full(len(rows), heard.slice_of.max() + 1)]),
        np.concatenate([heard.taught, taught]),
        recent_weight(behind, both),
        heard.start,
        # What was chosen, was chosen before these outcomes were known.
        np.concatenate([heard.unchosen, margins @ heard.start]),
    )


def _remember(memory: _Memory, ranker: Ranker, rows: Rows, scores: Scores) -> None:
    if ranker.blend is None:
        return
    taught = np.full(len(rows), ranker.level)
    memory.rows = rows if memory.rows is None else np.concatenate([memory.rows, rows])
    memory.margins = scores.parts if memory.margins is None else np.vstack([memory.margins, scores.parts])
    memory.taught = taught if memory.taught is None else np.concatenate([memory.taught, taught])


def silence_days(begin: pd.Timestamp, end: pd.Timestamp) -> float:
    """Length in days of a period in which no outcome will be heard, at least a month."""
    return max(30.0, (end.value - begin.value) / 1000 / DAY)
