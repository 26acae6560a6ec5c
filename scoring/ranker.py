"""The ranker: learns from what was known before a moment and says how likely an alert is to be confirmed, and why."""

import hashlib
import importlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from data.errors import FeatureMismatch
from features.past import Past, instants, put_in_order
from features.plan import Made, Plan
from features.walk import DAY, Floats, Rows
from scoring.blend import Blend, Heard, foretells, log_odds_of_share, recent_weight
from scoring.leaks import Leak, draw
from scoring.linear import LinearPart
from scoring.rates import LevelPart, PriorPart
from scoring.reasons import CHUNK, KEPT, Kept, Reasons, tell
from scoring.teaching import Choices, Part, Teacher, later_slices
from scoring.trees import PARAMETERS, TreePart
from scoring.wording import FEED_WORDS, Words

FEWEST_LABELLED = 60
FEWEST_OF_A_KIND = 10
LONG_HALF_LIFE_DAYS = 1500.0
CUTS_FLOWING = (0.55, 0.7, 0.85, 1.0)
CUTS_SILENT = (0.5, 0.75, 1.0)

_CODE = (
    "features.attributes",
    "features.history",
    "features.past",
    "features.plan",
    "features.walk",
    "scoring.blend",
    "scoring.forest",
    "scoring.interval",
    "scoring.lanes",
    "scoring.leaks",
    "scoring.linear",
    "scoring.quadrature",
    "scoring.rates",
    "scoring.teaching",
    "scoring.trees",
)
"""Modules that decide what a score is: a ranker made with other versions of them is refused."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of some alerts and the reasons for them."""

    table: pd.DataFrame
    """alert_id, p_confirmed, p_low, p_high, margin (log-odds of p_confirmed)."""
    explained: Reasons
    parts: Floats
    """(n, parts) margins before blending; no columns where the prior rate stands in."""

    def reasons(self, i: int, n: int = KEPT, words: Words = FEED_WORDS) -> dict[str, Any]:
        """Why alert i scored as it did: base + contributions + rest == margin, in log-odds, strongest first."""
        return self.explained.of(i, n, words)

    def reasons_text(self, i: int, words: Words = FEED_WORDS) -> str:
        """The reasons of alert i as JSON, as they are stored and written."""
        return self.explained.text(i, KEPT, words)


@dataclass(frozen=True, eq=False)
class Ranker:
    """A trained ranker: the plan of features, the parts, and the blend that calibrates them."""

    plan: Plan
    parts: dict[str, Part]
    blend: Blend | None
    """None where there was too little history: the past rate of source and domain stands in."""
    choices: Choices | None
    as_of: datetime
    prints: dict[str, str]
    """SHA-256 of features, data, code and parameters."""
    n_rows: int
    """Alerts with a known outcome that were learnt from."""
    notes: list[str] = field(default_factory=list)
    """Fallbacks and choices, each one sentence."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Rows seen that were not learnt from, by reason."""
    heard: Heard | None = None
    """What the blend was chosen by; kept while learning goes on, not filed."""

    level: float = 0.0
    """Log-odds of the share confirmed among the rows learnt from."""

    held_back: list[Leak] = field(default_factory=list)
    """Columns not learnt from because they foretell too well; not filed."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over features, data, code and parameters."""
        return _digest(self.prints)

    def score(self, alerts: pd.DataFrame, rows: Rows) -> Scores:
        """Score some rows of a stream, each with every outcome known before it was raised and none later.

        alerts: the whole stream, past and new, with `label` and `known_at`; rows: positions to score.
        Raises FeatureMismatch where the stream lacks a column the ranker was trained on.
        """
        missing = [a.name for a in self.plan.attributes if a.name not in alerts.columns]
        if missing:
            raise FeatureMismatch(
                f"These alerts lack the column {', '.join(missing[:5])}, which the risk model was trained on; "
                "expected the same columns. Supply them or train a new risk model."
            )
        order = np.lexsort((alerts["alert_id"].to_numpy(dtype=object), instants(alerts["raised_at"])))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        behind = Past.of(alerts.iloc[order].reset_index(drop=True))
        return self.score_made(behind, self.plan.make(behind), place[np.asarray(rows, dtype=np.int64)])

    def score_made(self, behind: Past, made: Made, rows: Rows) -> Scores:
        """Score and explain rows of an ordered stream whose features are made already."""
        if self.blend is None:
            prior = PriorPart.of(behind, rows)
            margins, (low, high) = prior.margins(), prior.interval()
            parts = np.zeros((len(rows), 0))
            base: Floats = np.log(prior.overall / (1 - prior.overall))
            kept = Kept.empty(len(rows), base, ["source"])
            kept.keep(0, (margins - base)[:, None])
        else:
            parts, kept = self._tell(self.blend, behind, made, rows)
            margins = self.blend.margins(parts)
            low, high = self.blend.interval(margins)
        table = pd.DataFrame(
            {
                "alert_id": behind.table["alert_id"].to_numpy()[rows],
                "p_confirmed": expit(margins),
                "p_low": low,
                "p_high": high,
                "margin": margins,
            }
        )
        return Scores(table, Reasons(self.plan, self.parts, self.blend, behind, made, rows, margins, kept), parts)

    def _tell(self, blend: Blend, behind: Past, made: Made, rows: Rows) -> tuple[Floats, Kept]:
        """The margins of the parts and the strongest reasons, a chunk of rows at a time."""
        parts = np.zeros((len(rows), len(self.parts)))
        kept: Kept | None = None
        for begin in range(0, max(len(rows), 1), CHUNK):
            told = tell(self.parts, blend, behind, made, rows[begin : begin + CHUNK])
            if kept is None:
                kept = Kept.empty(len(rows), np.broadcast_to(told.base, len(rows)), told.facts)
            parts[begin : begin + CHUNK] = told.parts
            kept.keep(begin, told.shares)
        return parts, kept or Kept.empty(0, np.zeros(0), [])

    def to_json(self) -> str:
        """The ranker as a JSON object: no pickles; the booster is LightGBM's own text."""
        content = {
            "fingerprint": self.fingerprint,
            "prints": self.prints,
            "as_of": self.as_of.isoformat(),
            "plan": self.plan.to_json(),
            "parts": {name: part.to_json() for name, part in self.parts.items()},
            "blend": None if self.blend is None else self.blend.to_json(),
            "choices": None if self.choices is None else vars(self.choices),
            "n_rows": self.n_rows,
            "notes": self.notes,
            "dropped": self.dropped,
        }
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The ranker that `to_json` wrote.

        Raises FeatureMismatch where other code made it, or its features are not those of its fingerprint.
        """
        content = json.loads(text)
        prints = content["prints"]
        # Before anything is read: what another version wrote may have another form.
        _expect("code version", prints["code"], code_print())
        _expect("parameters", prints["parameters"], _digest(PARAMETERS))
        ranker = cls(
            Plan.from_json(content["plan"]),
            {name: _part_from_json(name, part) for name, part in content["parts"].items()},
            None if content["blend"] is None else Blend.from_json(content["blend"]),
            None if content["choices"] is None else Choices(**content["choices"]),
            datetime.fromisoformat(content["as_of"]),
            prints,
            content["n_rows"],
            content["notes"],
            content["dropped"],
        )
        _expect("fingerprint", content["fingerprint"], ranker.fingerprint)
        _expect("features", prints["features"], _digest(ranker.plan.to_json()))
        return ranker


def _expect(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise FeatureMismatch(
            f"The risk model's {what} is {found[:12]}, expected {expected[:12]}: another version made it "
            "or it has been altered. Train a new risk model."
        )


def past_rate_alone(as_of: datetime) -> Ranker:
    """A ranker that knows nothing but the past rate of source and domain."""
    nothing = Plan(attributes=[], pairs=[], prefixes=[], cells=[], moments=[], flowing=True)
    return Ranker(nothing, {}, None, None, as_of, {}, 0)


def learn(
    alerts: pd.DataFrame, *, as_of: datetime, seed: int = 0, silent_days: float = 0.0, allowed: Collection[str] = ()
) -> Ranker:
    """Learn from a stream what was known before a moment.

    alerts: the stream; only alerts raised before as_of are seen, and only outcomes known before it; an alert without
    one counts for load and repeats, never as a negative. silent_days: length of the coming period in which no outcome
    will be heard (0: they keep coming in). allowed: columns that the leak test (scoring/leaks.py) does not hold back.
    """
    moment = pd.Timestamp(as_of)
    stream = put_in_order(alerts[alerts["raised_at"] < moment])
    behind = Past.of(stream, as_of=moment, gap_days=_gaps(len(stream), silent_days, seed))
    drawn, leaks = draw(behind.told(), flowing=silent_days == 0, allowed=allowed)
    return replace(learn_made(drawn, behind, drawn.make(behind), as_of=as_of, seed=seed), held_back=leaks)


def learn_made(
    drawn: Plan,
    behind: Past,
    made: Made,
    *,
    as_of: datetime,
    seed: int = 0,
    choices: Choices | None = None,
    heard: Heard | None = None,
) -> Ranker:
    """Learn from features that are made already, using no row raised and no outcome known at or after as_of.

    choices and heard: taken over from an earlier moment instead of choosing anew; heard grows as outcomes come in.
    """
    moment = pd.Timestamp(as_of).value // 1000
    seen, told = behind.raised < moment, behind.known < moment
    rows = np.flatnonzero(seen & told & ~np.isnan(behind.label))
    dropped = {
        "no outcome known by then": int((seen & ~told).sum()),
        "outcome teaches nothing": int((seen & told & np.isnan(behind.label)).sum()),
    }
    dropped = {reason: n for reason, n in dropped.items() if n}
    prints = {
        "features": _digest(drawn.to_json()),
        "data": _data_print(behind, rows),
        "code": code_print(),
        "parameters": _digest(PARAMETERS),
        "seed": str(seed),
    }
    label = behind.label[rows]
    n_confirmed = int(label.sum())
    teacher = Teacher(drawn, behind, made, seed)
    notes = list(drawn.notes)
    enough = len(rows) >= FEWEST_LABELLED and min(n_confirmed, len(rows) - n_confirmed) >= FEWEST_OF_A_KIND
    if enough and (choices is None or heard is None):
        slices = later_slices(teacher, rows, CUTS_FLOWING if drawn.flowing else CUTS_SILENT)
        enough = bool(slices)
        if slices:
            choices, heard = teacher.choose(slices)
    if not enough or choices is None or heard is None:
        notes.append(
            f"too little history to learn from: {len(rows)} known outcomes, {n_confirmed} of them confirmed; expected "
            f"{FEWEST_LABELLED} with {FEWEST_OF_A_KIND} of each kind. Ranked by the past rate of source and domain"
        )
        return Ranker(drawn, {}, None, None, as_of, prints, len(rows), notes, dropped)
    blend = Blend.fit(heard)
    level = log_odds_of_share(label)
    if not foretells(heard):
        notes.append(
            "nothing in the feed foretold later outcomes better than chance: ranked by the past rate of source and "
            "domain"
        )
        return Ranker(drawn, {}, None, choices, as_of, prints, len(rows), notes, dropped, heard, level)
    parts = teacher.fit(rows, choices)
    if not drawn.flowing:
        # Nothing will correct the level in a long silence, and the last slices are no better guide than all of it.
        weight = recent_weight(behind.raised[rows] / DAY, half_life_days=LONG_HALF_LIFE_DAYS)
        share = (float(weight @ label) + 0.5) / (float(weight.sum()) + 1.0)
        blend = blend.levelled(heard, float(np.log(share / (1.0 - share))) - level)
    notes.append(_tell(parts, blend, choices))
    return Ranker(drawn, parts, blend, choices, as_of, prints, len(rows), notes, dropped, heard, level)


def _tell(parts: dict[str, Part], blend: Blend, choices: Choices) -> str:
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in zip(parts, blend.weights, strict=True))
    return f"blend chosen on later slices: {weights}; rounds {choices.rounds}; penalties {choices.penalties}"


def _part_from_json(name: str, content: dict[str, Any]) -> Part:
    if name == "level":
        return LevelPart.from_json(content)
    return TreePart.from_json(content) if name.startswith("trees") else LinearPart.from_json(content)


def _gaps(n: int, silent_days: float, seed: int) -> Floats | None:
    """How long before its raised_at each alert stops hearing of outcomes: up to the length of the silent period."""
    if silent_days == 0:
        return None
    return np.random.Generator(np.random.PCG64(seed)).uniform(0.0, silent_days, n)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _data_print(behind: Past, rows: Rows) -> str:
    ids = behind.table["alert_id"].to_numpy()[rows]
    told = pd.DataFrame({"id": ids, "raised": behind.raised[rows], "label": behind.label[rows]})
    return hashlib.sha256(pd.util.hash_pandas_object(told, index=False).to_numpy().tobytes()).hexdigest()


@cache
def code_print() -> str:
    """SHA-256 of the source of the modules that decide what a score is."""
    digest = hashlib.sha256()
    for name in _CODE:
        source = importlib.import_module(name).__file__
        digest.update(Path(str(source)).read_bytes())
    return digest.hexdigest()
