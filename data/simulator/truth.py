"""The truth behind alerts: which planted episode each one came from. Never read by the office itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.identity import subject_key
from data.office_time import shanghai_day
from data.simulator.calendar import draw_from
from data.simulator.mechanisms import RECIPES
from data.simulator.verification import Case
from data.simulator.world import World
from data.tables import Alert, AlertEvent, CollisionRun

COUNTY_UNIT = "C-COUNTY"
_PRIOR = {recipe.model: float(np.log(recipe.confirmed / (1 - recipe.confirmed))) for recipe in RECIPES}


@dataclass(frozen=True)
class _Episode:
    number: int
    month: int
    genuine: bool
    mechanism: str
    outcome: str
    cause: str | None


_UNPLANNED = _Episode(1_000_000_000, 0, False, "unplanned", "D1", None)


class TruthOfAlerts:
    """Finds the episode behind each alert: same model, same subject, nearest month."""

    def __init__(self, world: World) -> None:
        episodes = world.truth["episodes"].copy()
        episodes["cause"] = episodes["cause"].astype(object).where(episodes["cause"].notna(), None)
        self._calendar = world.calendar
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

    def cases_of(self, alerts: Sequence[Alert]) -> list[Case]:
        """The cases behind new alerts, in the order of their episodes."""
        found = [(self._behind(alert), alert) for alert in alerts]
        found.sort(key=lambda pair: (pair[0].number, pair[1].rule, pair[1].period or ""))
        return [self._case(episode, alert) for episode, alert in found]

    def _behind(self, alert: Alert) -> _Episode:
        # Only villages and cadres come more than once, and what they did happened in the month of the episode.
        day = alert.happened_on or shanghai_day(alert.raised_at)
        month = int(self._calendar.number(np.array([day], dtype="datetime64[D]"))[0])
        known = self._episodes.get((alert.source, alert.subject_key), [])
        self.n_unplanned += not known
        return min(known, key=lambda episode: abs(episode.month - month), default=_UNPLANNED)

    def _case(self, episode: _Episode, alert: Alert) -> Case:
        duplicate = episode.number in self._seen
        if episode is not _UNPLANNED:
            self._seen.add(episode.number)
        noise = float(self._draw.normal(1.2 if episode.genuine else 0.0, 1.0))
        case = Case(
            alert_id=alert.id,
            number=len(self._cases),
            source=alert.source,
            unit=alert.unit_code or COUNTY_UNIT,
            level=alert.level,
            raised_on=shanghai_day(alert.raised_at),
            recoverable=alert.recoverable or 0.0,
            genuine=episode.genuine,
            mechanism=episode.mechanism,
            outcome=episode.outcome,
            cause=episode.cause,
            duplicate=duplicate,
            likelihood=noise + _PRIOR.get(alert.source, 0.0),
        )
        self._cases[alert.id] = case
        return case

    def reopened(self, session: Session, run: CollisionRun) -> list[Case]:
        """The cases that this run found more rows for after they had been closed."""
        if not run.n_extended:
            return []
        again = select(AlertEvent.alert_id).join(Alert, Alert.id == AlertEvent.alert_id)
        again = again.where(AlertEvent.kind == "reopened", AlertEvent.at == run.as_of, Alert.source == run.model_code)
        return sorted((self._cases[alert_id] for alert_id in session.scalars(again)), key=lambda case: case.number)
