"""The dossier: everything one alert is judged on, read in one go and typed."""

import json
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import log1p
from pathlib import Path
from typing import Any

from scipy.stats import binomtest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.causes import causes
from data.errors import NotFound
from data.outcomes import OUTCOMES
from data.queue import place_names
from data.tables import (
    Alert,
    AlertEvent,
    AlertEvidence,
    Domain,
    RiskModel,
    Score,
    SupervisionModel,
    Unit,
)

CONSIDERED = 400
"""How many of the latest concluded alerts of one source and rule are looked at for the nearest."""


@dataclass(frozen=True)
class Register:
    """One register's part of the evidence: a table of the rows that were compared."""

    name: str
    """As filed; empty where the evidence does not say."""
    title: str
    title_en: str
    supplier: str
    columns: tuple[tuple[str, str], ...]
    """Code and Chinese name of each column, in the order of the filing."""
    rows: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class ScoreShown:
    """The stored score of an alert, and what gave it."""

    p_confirmed: float
    p_low: float
    p_high: float
    rank: int | None
    expected_recoverable: float | None
    reasons: str
    """JSON object as stored."""
    scored_at: datetime
    trained_at: datetime | None
    """None: by the past confirmation rate, for want of a risk model."""
    n_learned: int | None
    """Rows the risk model was trained on."""


@dataclass(frozen=True)
class Past:
    """An earlier alert of the same source and rule, and how it ended."""

    id: int
    title: str
    title_en: str
    place: str
    place_en: str
    level: str
    amount: float | None
    outcome: str
    cause: str | None
    concluded_at: datetime


@dataclass(frozen=True)
class Precedents:
    """How alerts of the same source and rule ended so far."""

    n_concluded: int
    n_confirmed: int
    low: float | None
    """Wilson 95 % interval of the confirmation rate; None before the first conclusion."""
    high: float | None
    by_outcome: dict[str, int]
    by_cause: dict[str, int]
    nearest: tuple[Past, ...]


@dataclass(frozen=True)
class Event:
    """Something that was done to the alert, and by whom."""

    at: datetime
    actor: str
    kind: str
    outcome: str | None
    cause: str | None
    note: str


@dataclass(frozen=True)
class Dossier:
    """An alert with its evidence, score, precedents and history."""

    alert: Alert
    place: str
    place_en: str
    unit: str
    unit_en: str
    domain: str
    domain_en: str
    model: str
    """Name of the supervision model; the source's own name where no card has its code."""
    model_en: str
    evidence: tuple[Register, ...]
    attributes: dict[str, object]
    score: ScoreShown | None
    known_causes: tuple[str, ...]
    """Codes of the innocent causes the card names, then those met before, the most frequent first."""
    precedents: Precedents
    history: tuple[Event, ...]


def dossier(session: Session, alert_id: int) -> Dossier:
    """Everything an inspector needs to judge one alert. Raises NotFound, with what to do."""
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise NotFound(f"There is no alert {alert_id}. Open the queue and choose one.")
    place, place_en = place_names(session, {alert.region_code or ""}).get(alert.region_code or "", ("", ""))
    unit = session.get(Unit, alert.unit_code) if alert.unit_code else None
    domain = session.get(Domain, alert.domain_code) if alert.domain_code else None
    card = _card(session, alert.source)
    precedents = _precedents(session, alert)
    return Dossier(
        alert=alert,
        place=place,
        place_en=place_en,
        unit=unit.name if unit else "",
        unit_en=unit.name_en if unit else "",
        domain=domain.name if domain else "",
        domain_en=domain.name_en if domain else "",
        model=card.name if card else alert.source,
        model_en=card.name_en if card else alert.source,
        evidence=_evidence(session, alert_id),
        attributes=_object(alert.attributes),
        score=_score(session, alert_id),
        known_causes=_known_causes(card, precedents),
        precedents=precedents,
        history=_history(session, alert_id),
    )


def _object(text: str) -> dict[str, object]:
    read = json.loads(text or "{}")
    return read if isinstance(read, dict) else {}


@lru_cache(maxsize=1)
def _registers() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "registers.toml").read_text(encoding="utf-8"))


def _evidence(session: Session, alert_id: int) -> tuple[Register, ...]:
    """The evidence rows by register; a row that joins two registers gives each its part, the same part once."""
    query = select(AlertEvidence.content).where(AlertEvidence.alert_id == alert_id).order_by(AlertEvidence.id)
    parts: dict[str, list[dict[str, object]]] = {}
    for content in session.scalars(query):
        split: dict[str, dict[str, object]] = {}
        for name, value in _object(content).items():
            register, _, column = name.rpartition(".")
            split.setdefault(register, {})[column] = value
        for register, row in split.items():
            rows = parts.setdefault(register, [])
            if row not in rows:
                rows.append(row)
    return tuple(_register(name, rows) for name, rows in parts.items())


def _register(name: str, rows: list[dict[str, object]]) -> Register:
    filed = _registers().get(name, {})
    named = {column: words["name"] for column, words in filed.get("columns", {}).items()}
    present = dict.fromkeys(column for row in rows for column in row)
    ordered = [column for column in named if column in present] + [c for c in present if c not in named]
    return Register(
        name=name,
        title=filed.get("name", name),
        title_en=filed.get("name_en", name),
        supplier=filed.get("supplier", ""),
        columns=tuple((column, named.get(column, column)) for column in ordered),
        rows=tuple(rows),
    )


def _score(session: Session, alert_id: int) -> ScoreShown | None:
    score = session.get(Score, alert_id)
    if score is None:
        return None
    model = session.get(RiskModel, score.risk_model_id) if score.risk_model_id else None
    return ScoreShown(
        p_confirmed=score.p_confirmed,
        p_low=score.p_low,
        p_high=score.p_high,
        rank=score.queue_rank,
        expected_recoverable=score.expected_recoverable,
        reasons=score.reasons,
        scored_at=score.scored_at,
        trained_at=model.trained_at if model else None,
        n_learned=model.n_rows if model else None,
    )


def _card(session: Session, source: str) -> SupervisionModel | None:
    query = select(SupervisionModel).where(SupervisionModel.code == source).order_by(SupervisionModel.version.desc())
    return session.scalars(query.limit(1)).first()


def _known_causes(card: SupervisionModel | None, precedents: Precedents) -> tuple[str, ...]:
    named: list[str] = []
    if card:
        listed = tomllib.loads(card.card).get("innocent_causes", [])
        named = [str(one["code"] if isinstance(one, dict) else one) for one in listed]
    met = sorted(precedents.by_cause, key=lambda code: (-precedents.by_cause[code], code))
    return tuple(code for code in dict.fromkeys([*named, *met]) if code in causes())


def _precedents(session: Session, alert: Alert) -> Precedents:
    """Outcomes of the same source and rule recorded so far; the alert itself is left out."""
    same = (Alert.source == alert.source, Alert.rule == alert.rule, Alert.concluded_at.is_not(None))
    others = (*same, Alert.id != alert.id)
    counted = select(Alert.outcome, Alert.cause, func.count(Alert.id)).where(*others)
    by_outcome: dict[str, int] = {}
    by_cause: dict[str, int] = {}
    for outcome, cause, n in session.execute(counted.group_by(Alert.outcome, Alert.cause)):
        code = outcome or ""
        by_outcome[code] = by_outcome.get(code, 0) + n
        if cause:
            by_cause[cause] = n
    n_concluded = sum(n for code, n in by_outcome.items() if code in OUTCOMES and OUTCOMES[code].concluded)
    n_confirmed = sum(n for code, n in by_outcome.items() if code in OUTCOMES and OUTCOMES[code].confirmed)
    low = high = None
    if n_concluded:
        interval = binomtest(n_confirmed, n_concluded).proportion_ci(0.95, method="wilson")
        low, high = float(interval.low), float(interval.high)
    latest = session.scalars(select(Alert).where(*others).order_by(Alert.concluded_at.desc()).limit(CONSIDERED))
    nearest = sorted(latest, key=lambda other: _distance(alert, other))[:6]
    return Precedents(n_concluded, n_confirmed, low, high, by_outcome, by_cause, _shown(session, nearest))


def _distance(alert: Alert, other: Alert) -> float:
    """How unlike two alerts are: digits of the place not shared (of 12), another level, and the ratio of amounts."""
    shared = 0
    for mine, theirs in zip(alert.region_code or "", other.region_code or "", strict=False):
        if mine != theirs:
            break
        shared += 1
    apart = 1 - shared / 12
    levels = 0.0 if alert.level == other.level else 0.5
    if alert.amount is None or other.amount is None:
        return apart + levels + (alert.amount is not other.amount) * 0.5
    return apart + levels + min(1.0, abs(log1p(max(0, alert.amount)) - log1p(max(0, other.amount))) / 4)


def _shown(session: Session, nearest: list[Alert]) -> tuple[Past, ...]:
    places = place_names(session, {other.region_code for other in nearest if other.region_code})
    return tuple(
        Past(
            id=other.id,
            title=other.title,
            title_en=other.title_en,
            place=places.get(other.region_code or "", ("", ""))[0],
            place_en=places.get(other.region_code or "", ("", ""))[1],
            level=other.level,
            amount=other.amount,
            outcome=other.outcome or "",
            cause=other.cause,
            concluded_at=other.concluded_at or other.raised_at,
        )
        for other in nearest
    )


def _history(session: Session, alert_id: int) -> tuple[Event, ...]:
    query = select(AlertEvent).where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.at, AlertEvent.id)
    return tuple(Event(e.at, e.actor, e.kind, e.outcome, e.cause, e.note) for e in session.scalars(query))
