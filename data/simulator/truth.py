"""The truth behind alerts: which planted episode each one came from. Never read by the office itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.identity import subject_key
from data.loop_tables import Responsible
from data.office_time import shanghai_day
from data.simulator.calendar import draw_from
from data.simulator.commissions import commissions_of
from data.simulator.recipes import RECIPES
from data.simulator.world import World
from data.tables import Alert, AlertEvent, CollisionRun

_PRIOR = {recipe.model: float(np.log(recipe.confirmed / (1 - recipe.confirmed))) for recipe in RECIPES}


@dataclass(frozen=True)
class Case:
    """An alert as the office takes it in, with the truth behind it that its verifiers only partly see."""

    alert_id: int
    number: int
    """Order of intake: the same in every build, which the alert's id need not be."""
    source: str
    unit: str
    commission: str
    """The one of the county it lies in."""
    level: str
    raised_on: date
    recoverable: float
    genuine: bool
    mechanism: str
    outcome: str
    cause: str | None
    duplicate: bool
    likelihood: float
    """What a fair ranker might make of it: used for the order after go-live only."""
    urgent: bool
    """Whether it is about an emergency project."""
    drawn: bool
    """Whether it is of the random check slice."""
    concerned: frozenset[str]
    """Keys of everybody it is about."""
    not_by: str | None = None
    """Who verified it before, where a look-back reversed that."""


@dataclass(frozen=True)
class _Episode:
    number: int
    month: int
    genuine: bool
    mechanism: str
    outcome: str
    cause: str | None


_UNPLANNED = _Episode(1_000_000_000, 0, False, "unplanned", "D1", None)


def _responsible(session: Session, alert_ids: Sequence[int]) -> dict[int, set[str]]:
    """Keys of those who answer for each alert."""
    found: dict[int, set[str]] = {}
    for start in range(0, len(alert_ids), 500):
        rows = select(Responsible.alert_id, Responsible.subject_key)
        for alert_id, key in session.execute(rows.where(Responsible.alert_id.in_(alert_ids[start : start + 500]))):
            found.setdefault(alert_id, set()).add(key)
    return found


class TruthOfAlerts:
    """Finds the episode behind each alert: same model, same subject, nearest month."""

    def __init__(self, world: World) -> None:
        episodes = world.truth["episodes"].copy()
        episodes["cause"] = episodes["cause"].astype(object).where(episodes["cause"].notna(), None)
        self._calendar, self._commissions = world.calendar, commissions_of(world)
        self._draw = draw_from(world.seed, "likelihood")
        self._episodes: dict[tuple[str, str], list[_Episode]] = {}
        for number, row in enumerate(episodes.to_dict("records")):
            key = (row["model"], subject_key(row["subject_kind"], row["number"]))
            cause = None if row["cause"] is None else str(row["cause"])
            found = _Episode(number, row["month"], row["genuine"], row["mechanism"], row["outcome"], cause)
            self._episodes.setdefault(key, []).append(found)
        self._seen: set[int] = set()
        self._cases: dict[int, Case] = {}
        self.n_unplanned = 0

    def cases_of(self, alerts: Sequence[Alert], session: Session | None = None) -> list[Case]:
        """The cases behind new alerts, in the order of their episodes; with a session, also who answers for them."""
        responsible = {} if session is None else _responsible(session, [alert.id for alert in alerts])
        found = [(self._behind(alert), alert) for alert in alerts]
        found.sort(key=lambda pair: (pair[0].number, pair[1].rule, pair[1].period or ""))
        return [self._case(episode, alert, responsible.get(alert.id, ())) for episode, alert in found]

    def _behind(self, alert: Alert) -> _Episode:
        # Only villages and cadres come more than once, and what they did happened in the month of the episode.
        day = alert.happened_on or shanghai_day(alert.raised_at)
        month = int(self._calendar.number(np.array([day], dtype="datetime64[D]"))[0])
        known = self._episodes.get((alert.source, alert.subject_key), [])
        self.n_unplanned += not known
        return min(known, key=lambda episode: abs(episode.month - month), default=_UNPLANNED)

    def _case(self, episode: _Episode, alert: Alert, responsible: Iterable[str]) -> Case:
        duplicate = episode.number in self._seen
        if episode is not _UNPLANNED:
            self._seen.add(episode.number)
        noise = float(self._draw.normal(1.2 if episode.genuine else 0.0, 1.0))
        case = Case(
            alert_id=alert.id,
            number=len(self._cases),
            source=alert.source,
            unit=alert.unit_code or self._commissions.over(alert.region_code),
            commission=self._commissions.over(alert.region_code),
            level=alert.level,
            raised_on=shanghai_day(alert.raised_at),
            recoverable=alert.recoverable or 0.0,
            genuine=episode.genuine,
            mechanism=episode.mechanism,
            outcome=episode.outcome,
            cause=episode.cause,
            duplicate=duplicate,
            likelihood=noise + _PRIOR.get(alert.source, 0.0),
            urgent='"is_emergency": true' in alert.attributes,
            drawn=alert.drawn,
            concerned=frozenset({alert.subject_key, *responsible}),
        )
        self._cases[alert.id] = case
        return case

    def reopened(self, session: Session, run: CollisionRun) -> list[Case]:
        """The cases that this run found more rows for after they had been closed."""
        if not run.n_extended:
            return []
        again = select(Alert.id, Alert.unit_code).join(AlertEvent, Alert.id == AlertEvent.alert_id)
        again = again.where(AlertEvent.kind == "reopened", AlertEvent.at == run.as_of, Alert.source == run.model_code)
        cases = [
            replace(case, unit=unit or case.commission, raised_on=shanghai_day(run.as_of))
            for case, unit in ((self._cases[alert_id], unit) for alert_id, unit in session.execute(again))
        ]
        return sorted(cases, key=lambda case: case.number)
