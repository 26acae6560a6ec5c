"""The warehouse: every supervision model once, in the version that counts, with what came of it within one's scope."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.confirmation import rate
from data.model_states import LIVE, UNDER_WAY
from data.outcomes import OUTCOMES
from data.tables import Alert, SupervisionModel

_WEIGHT = {"active": 0, "paused": 1, "submitted": 2, "draft": 3, "retired": 4, "discarded": 5}
FACETS = ("domain", "status", "level", "unit")


@dataclass(frozen=True)
class Stored:
    """A supervision model as one card of the grid."""

    shown: SupervisionModel
    """The live version, else the one under way, else the newest that was live."""
    under_way: SupervisionModel | None
    """A version that is drafted or submitted beside it."""
    n_versions: int
    n_alerts: int
    rate: Mapping[str, Any]

    def facet(self, name: str) -> str:
        """Its value in a facet."""
        one = self.shown
        return {"domain": one.domain_code, "status": one.status, "level": one.level, "unit": one.unit_code or ""}[name]


def stored(session: Session) -> list[Stored]:
    """Every supervision model but those that were only ever discarded, the live ones first, by code."""
    by_code: dict[str, list[SupervisionModel]] = {}
    for row in session.scalars(select(SupervisionModel).order_by(SupervisionModel.code, SupervisionModel.version)):
        by_code.setdefault(row.code, []).append(row)
    counted = _counted(session)
    found = [
        _one(rows, counted.get(code, Counter()))
        for code, rows in by_code.items()
        if any(row.status != "discarded" for row in rows)
    ]
    return sorted(found, key=lambda one: (one.shown.status not in LIVE, one.shown.code))


def _one(rows: Sequence[SupervisionModel], outcomes: Counter[str | None]) -> Stored:
    shown = shown_of(rows)
    beside = next((row for row in reversed(rows) if row.status in UNDER_WAY and row is not shown), None)
    return Stored(shown, beside, len(rows), sum(outcomes.values()), rate_of(outcomes))


def shown_of(rows: Iterable[SupervisionModel]) -> SupervisionModel:
    """Of the versions of a code the one that counts."""
    return min(rows, key=lambda row: (_WEIGHT[row.status], -row.version))


def rate_of(outcomes: Mapping[str | None, int]) -> dict[str, Any]:
    """The confirmation rate of alerts counted by outcome."""
    concluded = {code: n for code, n in outcomes.items() if code in OUTCOMES and OUTCOMES[code].concluded}
    confirmed = sum(n for code, n in concluded.items() if OUTCOMES[code or ""].confirmed)
    return rate(confirmed, sum(concluded.values()))


def _counted(session: Session) -> dict[str, Counter[str | None]]:
    query = select(Alert.source, Alert.outcome, func.count(Alert.id)).group_by(Alert.source, Alert.outcome)
    found: dict[str, Counter[str | None]] = {}
    for source, outcome, n in session.execute(query):
        found.setdefault(source, Counter())[outcome] = n
    return found


def narrowed(found: Sequence[Stored], asked: Mapping[str, str]) -> list[Stored]:
    """Those whose facets have the values asked for, and whose code or name contains what is searched (`q`)."""
    wanted = asked.get("q", "").strip().lower()
    return [
        one
        for one in found
        if all(one.facet(name) == asked[name] for name in FACETS if asked.get(name))
        and wanted in f"{one.shown.code} {one.shown.name} {one.shown.name_en}".lower()
    ]


def counted_by(found: Sequence[Stored], facet: str, asked: Mapping[str, str]) -> Counter[str]:
    """How many there are of each value of a facet, with everything else that was asked for."""
    others = {name: value for name, value in asked.items() if name != facet}
    return Counter(one.facet(facet) for one in narrowed(found, others))
