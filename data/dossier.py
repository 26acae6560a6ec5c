"""The dossier: everything one alert is judged on, read in one go and typed."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import log1p
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.actors import names
from data.blind import is_blind
from data.causes import causes
from data.confirmation import wilson
from data.counting import helping
from data.errors import NotFound
from data.loop_tables import Attachment, Elimination, HandlingOrder, Inquiry, LookBack, Measure, Responsible
from data.model_states import EVER_LIVE
from data.outcomes import OUTCOMES
from data.scopes import place_names
from data.tables import (
    Alert,
    AlertEvent,
    AlertEvidence,
    CollisionRun,
    Domain,
    RegisterDefinition,
    RiskModel,
    Score,
    SupervisionModel,
    Table,
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
    clashing: frozenset[str]
    """Columns whose values contradict another register, where the card says which."""


@dataclass(frozen=True)
class KnownCause:
    """An innocent cause worth asking about for this alert."""

    code: str
    name: str
    name_en: str
    ask_for: str
    """The evidence to ask for."""
    ask_for_en: str
    n_met: int
    """Alerts of the same source and rule excluded for it so far."""
    on_card: bool


@dataclass(frozen=True)
class Basis:
    """What the supervision model's card says of itself; empty for an alert of a feed."""

    points: str
    points_en: str
    rule: str
    rule_en: str
    policies: tuple[tuple[str, str], ...]
    """Name and clause of each policy."""


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
    """How alerts of the same source and rule ended so far, of those the reader may see."""

    n_concluded: int
    n_confirmed: int
    """Of a model that leads to help: those served."""
    served: bool
    """Whether its model leads to help, so that this is no confirmation rate."""
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
    """Account, or the part of the office that acted; `Dossier.names` has the name."""
    kind: str
    version: int
    """The alert's version after it."""
    from_status: str | None
    to_status: str
    outcome: str | None
    cause: str | None
    recovered: float | None
    note: str


@dataclass(frozen=True)
class Dossier:
    """An alert with its evidence, score, precedents, history and everything the closed loop keeps with it."""

    alert: Alert
    """As it stands: state, version, assignee, dates."""
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
    places: dict[str, tuple[str, str]]
    """Names zh and en of the places whose codes stand in the evidence."""
    attributes: dict[str, object]
    score: ScoreShown | None
    basis: Basis
    known_causes: tuple[KnownCause, ...]
    """Those the card names, then others met before, the most frequent first."""
    precedents: Precedents
    history: tuple[Event, ...]
    responsible: tuple[Responsible, ...]
    measures: tuple[Measure, ...]
    """The first taken first, as the other tables below."""
    attachments: tuple[Attachment, ...]
    inquiries: tuple[Inquiry, ...]
    eliminations: tuple[Elimination, ...]
    """Every request; the last may still be asked."""
    orders: tuple[HandlingOrder, ...]
    look_backs: tuple[LookBack, ...]
    names: dict[str, tuple[str, str]]
    """Names zh and en of whoever did anything to it, by account or actor."""

    @property
    def asked(self) -> Elimination | None:
        """The elimination request that waits for approval."""
        return next((one for one in self.eliminations if one.state == "asked"), None)

    @property
    def order(self) -> HandlingOrder | None:
        """The order under which its handling is supervised."""
        return next((one for one in reversed(self.orders) if one.lifted_at is None), None)


def dossier(session: Session, alert_id: int) -> Dossier:
    """Everything an inspector needs to judge one alert.

    Raises NotFound, with what to do, also where the alert is outside the scope of the session's person.
    """
    alert = session.scalar(select(Alert).where(Alert.id == alert_id))
    if alert is None:
        raise NotFound(
            f"There is no alert {alert_id}, or it is outside your scope. Open the queue and choose one.",
            f"没有第 {alert_id} 号预警，或者它不在您的范围内。请从队列中选择。",
        )
    place, place_en = place_names(session, {alert.region_code or ""}).get(alert.region_code or "", ("", ""))
    unit = session.get(Unit, alert.unit_code) if alert.unit_code else None
    domain = session.get(Domain, alert.domain_code) if alert.domain_code else None
    card = _card(session, alert)
    content = tomllib.loads(card.card) if card else {}
    precedents = _precedents(session, alert)
    evidence = _evidence(session, alert_id, _clashing(content, alert.rule))
    loop = _Loop(session, alert_id)
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
        evidence=evidence,
        places=_places(session, evidence),
        attributes=_object(alert.attributes),
        score=None if is_blind(alert) else _score(session, alert_id),
        basis=_basis(content, alert.rule),
        known_causes=_known_causes(content, precedents),
        precedents=precedents,
        history=loop.history,
        responsible=loop.responsible,
        measures=loop.measures,
        attachments=loop.attachments,
        inquiries=loop.inquiries,
        eliminations=loop.eliminations,
        orders=loop.orders,
        look_backs=loop.look_backs,
        names=loop.names(session, alert),
    )


Row = TypeVar("Row", bound=Table)


class _Loop:
    """What the closed loop keeps with an alert that was found to be in scope: these tables are not narrowed."""

    def __init__(self, session: Session, alert_id: int) -> None:
        def rows(table: type[Row]) -> tuple[Row, ...]:
            columns = table.__table__.c
            return tuple(session.scalars(select(table).where(columns.alert_id == alert_id).order_by(columns.id)))

        self.history = _history(session, alert_id)
        self.responsible, self.measures = rows(Responsible), rows(Measure)
        self.attachments, self.inquiries = rows(Attachment), rows(Inquiry)
        self.eliminations, self.orders, self.look_backs = rows(Elimination), rows(HandlingOrder), rows(LookBack)

    def names(self, session: Session, alert: Alert) -> dict[str, tuple[str, str]]:
        """Names zh and en of everybody who acted."""
        codes = {alert.assignee, *(event.actor for event in self.history), *(one.actor for one in self.measures)}
        codes |= {one.added_by for one in self.attachments}
        codes |= {code for one in self.inquiries for code in (one.asked_by, one.answered_by)}
        codes |= {code for one in self.eliminations for code in (one.requested_by, one.decided_by)}
        codes |= {code for one in self.orders for code in (one.ordered_by, one.answered_by, one.lifted_by)}
        codes |= {code for one in self.look_backs for code in (one.drawn_by, one.reviewed_by)}
        chinese, english = names(session, codes), names(session, codes, language="en")
        return {code: (chinese[code], english[code]) for code in chinese}


def _object(text: str) -> dict[str, object]:
    read = json.loads(text or "{}")
    return read if isinstance(read, dict) else {}


@lru_cache(maxsize=1)
def _registers() -> dict[str, dict[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "registers.toml").read_text(encoding="utf-8"))


def _evidence(session: Session, alert_id: int, clashing: frozenset[str]) -> tuple[Register, ...]:
    """The evidence rows by register; a row that joins two registers gives each its part, the same part once."""
    query = select(AlertEvidence.content).where(AlertEvidence.alert_id == alert_id).order_by(AlertEvidence.id)
    parts: dict[str, list[dict[str, object]]] = {}
    for content in session.scalars(query):
        for register, row in _split(_object(content)):
            rows = parts.setdefault(register, [])
            if row not in rows:
                rows.append(row)
    own = _own(session, parts)
    return tuple(_register(name, rows, clashing, own.get(name)) for name, rows in parts.items())


def _own(session: Session, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The office's own registers of these names, as tables of registers.toml."""
    wanted = [name for name in names if name not in _registers()]
    query = select(RegisterDefinition.content).where(RegisterDefinition.code.in_(wanted))
    return {code: table for text in session.scalars(query) for code, table in tomllib.loads(text).items()}


def _split(content: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    """A joined row as (register, its part); a register compared with itself gives two parts.

    A column that comes twice is told apart by its name in the rule: `cash_journal.amount (other_amount)`.
    """
    found: list[tuple[str, dict[str, object]]] = []
    for key, value in content.items():
        register, _, column = key.partition(" (")[0].rpartition(".")
        part = next((row for name, row in found if name == register and column not in row), None)
        if part is None:
            found.append((register, part := {}))
        part[column] = value
    return found


def _register(
    name: str, rows: list[dict[str, object]], clashing: frozenset[str], own: dict[str, Any] | None
) -> Register:
    filed = own or _registers().get(name, {})
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
        clashing=frozenset(column for column in ordered if f"{name}.{column}" in clashing),
    )


def _places(session: Session, evidence: tuple[Register, ...]) -> dict[str, tuple[str, str]]:
    values = {value for register in evidence for row in register.rows for value in row.values()}
    codes = {value for value in values if isinstance(value, str) and value.isdigit() and len(value) in (6, 9, 12)}
    return place_names(session, codes)


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


def _card(session: Session, alert: Alert) -> SupervisionModel | None:
    """The card that raised the alert, in the version that did; else the active one, or the last one retired."""
    run = session.get(CollisionRun, alert.run_id) if alert.run_id else None
    raised_by = session.get(SupervisionModel, (run.model_code, run.model_version)) if run else None
    if raised_by is not None:
        return raised_by
    # In order of the letters: active, paused, retired.
    query = select(SupervisionModel).where(
        SupervisionModel.code == alert.source, SupervisionModel.status.in_(EVER_LIVE)
    )
    return session.scalars(query.order_by(SupervisionModel.status, SupervisionModel.version.desc()).limit(1)).first()


def _rule(content: dict[str, Any], code: str) -> dict[str, Any]:
    return next((rule for rule in content.get("rule", []) if rule.get("code") == code), {})


def _clashing(content: dict[str, Any], rule: str) -> frozenset[str]:
    return frozenset(_rule(content, rule).get("clash", []))


def _basis(content: dict[str, Any], rule: str) -> Basis:
    named = _rule(content, rule)
    return Basis(
        points=content.get("points", ""),
        points_en=content.get("points_en", ""),
        rule=named.get("name", ""),
        rule_en=named.get("name_en", ""),
        policies=tuple((policy["name"], policy.get("clause", "")) for policy in content.get("policy", [])),
    )


def _known_causes(content: dict[str, Any], precedents: Precedents) -> tuple[KnownCause, ...]:
    """The card's own words where it has them, else those of the list of causes."""
    on_card = {cause["code"]: cause for cause in content.get("innocent_cause", [])}
    met = precedents.by_cause
    codes = dict.fromkeys([*on_card, *sorted(met, key=lambda code: (-met[code], code))])
    found = []
    for code in codes:
        words = on_card.get(code) or (vars(causes()[code]) if code in causes() else None)
        if words:
            named = {key: str(words[key]) for key in ("name", "name_en", "ask_for", "ask_for_en")}
            found.append(KnownCause(code=code, **named, n_met=met.get(code, 0), on_card=code in on_card))
    return tuple(found)


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
        low, high = wilson(n_confirmed, n_concluded)
    latest = session.scalars(select(Alert).where(*others).order_by(Alert.concluded_at.desc()).limit(CONSIDERED))
    nearest = sorted(latest, key=lambda other: _distance(alert, other))[:6]
    served = alert.source in helping(session)
    return Precedents(n_concluded, n_confirmed, served, low, high, by_outcome, by_cause, _shown(session, nearest))


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
    query = select(AlertEvent).where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.id)
    return tuple(
        Event(e.at, e.actor, e.kind, e.version, e.from_status, e.to_status, e.outcome, e.cause, e.recovered, e.note)
        for e in session.scalars(query)
    )
