"""The demonstration office: a synthetic world filed, compared and verified day by day, as an office would have done.

Everything goes through the doors the office itself uses: filing, cards, collisions, verdicts. The truth is written to
the folder `truth` of the home and to nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.cards import Card, built_in_cards, install
from data.collision import collide
from data.database import migrate, reading, writing
from data.errors import InputRefused
from data.identity import subject_key
from data.registers import file_register, shanghai_day
from data.settings import settings
from data.simulator.calendar import draw_from
from data.simulator.manifest import write_manifest, write_truth
from data.simulator.mechanisms import RECIPES
from data.simulator.places import COUNTY
from data.simulator.presets import Preset
from data.simulator.verification import GO_LIVE, Case, Verdict, VerifyingOffice
from data.simulator.world import World, simulate
from data.tables import Alert, AlertEvent, CollisionRun, DatasetFiling, Region, Unit
from data.verification import conclude

Progress = Callable[[str, int, int], None]
"""Called with the stage (simulate, file, verify), what is done and what there is to do."""
_NIGHT = time(16, 5)
"""Collisions start at 00:05 in Shanghai, which is 16:05 UTC of the day before; each model three minutes later."""
_DEPARTMENTS = (
    ("D-PSB", "县公安局", "County Public Security Bureau"),
    ("D-HEALTH", "县卫健局", "County Health Bureau"),
    ("D-CIVIL", "县民政局", "County Civil Affairs Bureau"),
    ("D-FINANCE", "县财政局", "County Finance Bureau"),
    ("D-HRSS", "县人社局", "County Human Resources and Social Security Bureau"),
    ("D-ORG", "县委组织部", "County Organisation Department"),
    ("D-AGRI", "县农业农村局", "County Agriculture and Rural Affairs Bureau"),
    ("D-ENFORCE", "县综合执法局", "County Law Enforcement Bureau"),
    ("D-HOUSING", "县住建局", "County Housing and Construction Bureau"),
)
_DAYS_OF_MONTH = {"M01": 2, "M02": 3, "M03": 4, "M04": 4, "M05": 5, "M08": 6, "M10": 8, "M11": 9}
COUNTY_UNIT = "C-COUNTY"
_PRIOR = {recipe.model: float(np.log(recipe.confirmed / (1 - recipe.confirmed))) for recipe in RECIPES}
_WEEKLY_DAYS, _DAILY_DAYS = 24, 5
"""In its last 24 days the office compares weekly, in its last five every night."""


@dataclass(frozen=True)
class _Episode:
    number: int
    month: int
    genuine: bool
    mechanism: str
    outcome: str
    cause: str | None


_UNPLANNED = _Episode(1_000_000_000, 0, False, "unplanned", "D1", None)


@dataclass(frozen=True)
class Built:
    """What was built."""

    n_alerts: int
    n_concluded: int
    n_confirmed: int
    n_unplanned: int
    """Alerts behind which no planted episode stands; they are taken as innocent."""


def is_built() -> bool:
    """Whether the office of the settings has alerts or filings already."""
    with reading() as session:
        return bool(session.scalar(select(func.count(DatasetFiling.id)))) or bool(
            session.scalar(select(func.count()).select_from(Region))
        )


def build_office(preset: Preset, *, seed: int, end_on: date, progress: Progress | None = None) -> Built:
    """Build the demonstration office in the database of the settings.

    Raises: InputRefused when the office is not empty; nothing is changed then.
    """
    say = progress or (lambda _stage, _done, _total: None)
    migrate()
    if is_built():
        raise InputRefused(
            f"The office in {settings().home} is not empty; a demonstration office needs an empty one. "
            "Choose another MINGJING_HOME, or `mingjing demo --fresh`."
        )
    say("simulate", 0, 1)
    world = simulate(preset, seed=seed, end_on=end_on)
    write_truth(world, settings().home / "truth")
    write_manifest(world, settings().home / "truth")
    say("simulate", 1, 1)
    units = _furnish(world)
    _file_registers(world, say)
    return _live_through(world, units, say)


def _furnish(world: World) -> dict[str, str]:
    """Regions, units and cards. Returns code and name of every unit that verifies."""
    regions = world.places.regions.astype(object)
    regions = regions.where(regions.notna(), None)
    towns = regions[(regions["level"] == 4) & regions["valid_to"].isna()]
    verifying = {
        COUNTY_UNIT: "县纪委监委",
        **{f"T-{row.code}": f"{row.name_zh}纪委" for row in towns.rename(columns={"name": "name_zh"}).itertuples()},
    }
    names_en = {f"T-{row.code}": f"{row.name_en} Commission" for row in towns.itertuples()}
    with writing() as session:
        for level in (1, 2, 3, 4, 5):
            # Places that were merged away point to today's, which must be there first.
            rows = regions[regions["level"] == level].to_dict("records")
            rows.sort(key=lambda row: row["merged_into"] is not None)
            for row in rows:
                session.add(Region(**{str(key): value for key, value in row.items()}))
                session.flush()
        for code, name in verifying.items():
            county = code == COUNTY_UNIT
            session.add(
                Unit(
                    code=code,
                    name=name,
                    name_en="County Commission" if county else names_en[code],
                    kind="commission" if county else "town_commission",
                    region_code=COUNTY if county else code[2:],
                )
            )
        for code, name, name_en in _DEPARTMENTS:
            session.add(Unit(code=code, name=name, name_en=name_en, kind="department", region_code=COUNTY))
        for card in built_in_cards():
            install(session, card)
    return verifying


def _file_registers(world: World, say: Progress) -> None:
    """File every register as one load of history, then the two months before the last, then the last."""
    end = world.calendar.end_on
    last = world.calendar.last_month
    bounds = np.append(np.array([last - np.timedelta64(2, "M"), last]).astype("datetime64[D]"), end + 1)
    total = len(world.registers)
    for done, (name, frame) in enumerate(world.registers.items()):
        say("file", done, total)
        chunk = np.searchsorted(bounds, frame["received_on"].to_numpy().astype("datetime64[D]"), side="right")
        with writing() as session:
            for number in np.unique(chunk):
                until: date = (bounds[min(number, len(bounds) - 1)] - 1).astype(object)
                file_register(
                    session,
                    name,
                    frame[chunk == number],
                    at=datetime.combine(until, time(9)),
                    legal_basis="《监察法》第十八条",
                    purpose="大数据监督",
                )
    say("file", total, total)


def _nights(world: World, cards: list[Card]) -> Iterator[tuple[date, list[Card]]]:
    """Every day of the office, and the cards compared in the night before it."""
    end: date = world.calendar.end_on.astype(object)
    day: date = world.calendar.first_day.astype(object)
    while day <= end:
        left = (end - day).days
        due = [
            card
            for card in cards
            if left < _DAILY_DAYS
            or (left < _WEEKLY_DAYS and day.weekday() == 0)
            or day.day == _DAYS_OF_MONTH.get(card.code, 2)
        ]
        yield day, due
        day += timedelta(days=1)


def _live_through(world: World, units: dict[str, str], say: Progress) -> Built:
    start: date = world.calendar.first_day.astype(object)
    end: date = world.calendar.end_on.astype(object)
    desk = VerifyingOffice(seed=world.seed, units=units, go_live_on=start + (end - start) * GO_LIVE)
    truth = _TruthOfAlerts(world)
    cards = built_in_cards()
    total = (end - start).days + 1
    for done, (day, due) in enumerate(_nights(world, cards)):
        night = datetime.combine(day - timedelta(days=1), _NIGHT)
        _record(desk.verdicts_until(night))
        for number, card in enumerate(due):
            with writing() as session:
                run = collide(session, card, as_of=night + timedelta(minutes=3 * number))
                new = session.scalars(select(Alert).where(Alert.run_id == run.id).order_by(Alert.alert_key)).all()
                for case in [*truth.cases_of(new), *truth.reopened(session, run)]:
                    desk.take_in(case)
        desk.work(day)
        say("verify", done + 1, total)
    return _count(truth)


def _record(verdicts: list[Verdict]) -> None:
    if not verdicts:
        return
    with writing() as session:
        for verdict in verdicts:
            conclude(
                session,
                verdict.alert_id,
                outcome=verdict.outcome,
                cause=verdict.cause,
                note=verdict.note,
                actor=verdict.actor,
                at=verdict.at,
                recovered=verdict.recovered,
            )


def _count(truth: "_TruthOfAlerts") -> Built:
    with reading() as session:
        outcomes = list(session.scalars(select(Alert.outcome).where(Alert.status == "closed")))
        n_alerts = session.scalar(select(func.count(Alert.id))) or 0
    confirmed = sum(1 for outcome in outcomes if outcome is not None and outcome[0] == "C")
    return Built(n_alerts, len(outcomes), confirmed, truth.n_unplanned)


class _TruthOfAlerts:
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
        raised_on = np.array([shanghai_day(alert.raised_at)], dtype="datetime64[D]")
        month = int(self._calendar.number(raised_on)[0])
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
