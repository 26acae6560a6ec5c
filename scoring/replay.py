"""Replay: a walk through time as an office would have gone, learning at each step from what was known by then."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.past import Past, put_in_order
from features.plan import Made, Plan
from features.walk import DAY, NEVER, Floats, Rows
from scoring.blend import Heard
from scoring.leaks import Leak, draw
from scoring.ranker import CUTS_FLOWING, Ranker, Scores, learn_made
from scoring.teaching import Choices

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


@dataclass(frozen=True, eq=False)
class _Said:
    """What one step said of its alerts, before their outcomes were known."""

    number: int
    rows: Rows
    margins: Floats
    """(n, parts)"""
    level: float
    """Log-odds of the share confirmed among the rows the step had learnt from."""


@dataclass
class _Memory:
    """What a replay carries from step to step: choices, and what was said before outcomes were known."""

    choices: Choices | None = None
    first: Heard | None = None
    n_learnt: int = 0
    said: list[_Said] = field(default_factory=list)


def walk(
    alerts: pd.DataFrame,
    *,
    since: datetime,
    every: timedelta,
    seed: int = 0,
    allowed: Collection[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Iterator[Step]:
    """Walk an ordered stream in steps: learn what was known at each step's beginning, score the alerts of the step.

    Within a step each alert is scored with every outcome known strictly before it was raised and none later; what is
    learnt from (parts, blend, calibration) was known at the step's beginning. Steps without alerts are passed over.
    allowed: columns that the leak test does not hold back.
    """
    stream = put_in_order(alerts)
    behind = Past.of(stream)
    begins = _begins(behind, since, every)
    drawn: Plan | None = None
    made: Made | None = None
    leaks: list[Leak] = []
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
            drawn, leaks = draw(_told(behind, moment), flowing=True, allowed=allowed)
            made = drawn.make(behind)
            memory = _Memory()
        ranker = replace(_learn(drawn, behind, made, begin, seed, memory), held_back=leaks)
        if memory.n_learnt == 0:
            memory.n_learnt = n_known
        scores = ranker.score_made(behind, made, rows)
        if ranker.blend is not None:
            memory.said.append(_Said(number, rows, scores.parts, ranker.level))
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
    if heard is not None:
        for said in memory.said:
            heard = _add(heard, behind, said, moment)
    ranker = learn_made(drawn, behind, made, as_of=begin, seed=seed, choices=memory.choices, heard=heard)
    if ranker.heard is not None and memory.choices is None:
        memory.choices, memory.first = ranker.choices, ranker.heard
    return ranker


def _add(heard: Heard, behind: Past, said: _Said, moment: int) -> Heard:
    known = (behind.known[said.rows] < moment) & ~np.isnan(behind.label[said.rows])
    rows, margins = said.rows[known], said.margins[known]
    return Heard(
        np.concatenate([heard.rows, rows]),
        np.vstack([heard.margins, margins]),
        np.concatenate([heard.label, behind.label[rows]]),
        np.concatenate([heard.slice_of, np.full(len(rows), len(CUTS_FLOWING) + said.number)]),
        np.concatenate([heard.taught, np.full(len(rows), said.level)]),
        np.concatenate([heard.days, behind.raised[rows] / DAY]),
        np.concatenate([heard.known_days, behind.known[rows] / DAY]),
        heard.start,
        # What was chosen, was chosen before these outcomes were known.
        np.concatenate([heard.unchosen, margins @ heard.start]),
    )


def silence_days(begin: pd.Timestamp, end: pd.Timestamp) -> float:
    """Length in days of a period in which no outcome will be heard, at least a month."""
    return max(30.0, (end.value - begin.value) / 1000 / DAY)
