"""The demonstration office: a synthetic world filed, compared and verified day by day, as an office would have done.

Everything goes through the doors the office itself uses: filing, cards, collisions, verdicts. The truth is written to
the folder `truth` of the home and to nowhere else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from data.cards import Card, built_in_cards
from data.collision import ACTOR, collide
from data.database import migrate, reading, writing
from data.errors import InputRefused
from data.settings import settings
from data.simulator.furnishing import LEGAL_BASIS, Progress, file_registers, furnish
from data.simulator.manifest import MANIFEST, write_manifest, write_truth
from data.simulator.presets import Preset
from data.simulator.truth import TruthOfAlerts
from data.simulator.verification import DUTY_HEAD, GO_LIVE, VERIFIER, Verdict, VerifyingOffice
from data.simulator.world import World, simulate
from data.tables import Alert, AlertEvent, DatasetFiling, Region, Unit
from data.verification import conclude

_NIGHT = time(16, 5)
"""Collisions start at 00:05 in Shanghai, which is 16:05 UTC of the day before; each model three minutes later."""
_DAYS_OF_MONTH = {"M01": 2, "M02": 3, "M03": 4, "M04": 4, "M05": 5, "M08": 6, "M10": 8, "M11": 9}
_WEEKLY_DAYS, _DAILY_DAYS = 24, 5
"""In its last 24 days the office compares weekly, in its last five every night."""


@dataclass(frozen=True)
class Built:
    """What was built."""

    n_alerts: int
    n_concluded: int
    n_confirmed: int
    n_unplanned: int
    """Alerts behind which no planted episode stands; they are taken as innocent."""


def is_broken_off() -> bool:
    """Whether a build of the demonstration office began in this home and did not come to its end."""
    truth = settings().home / "truth"
    return truth.exists() and not (truth / MANIFEST).exists()


def is_demonstration() -> bool:
    """Whether a demonstration office was built in this home to its end."""
    return (settings().home / "truth" / MANIFEST).exists()


def holds_work_of_others() -> bool:
    """Whether the database holds what no build put there: a feed, a register file or what a person recorded."""
    with reading() as session:
        filings = session.execute(select(DatasetFiling.kind, DatasetFiling.legal_basis).distinct()).all()
        if any(kind == "feed" or basis != LEGAL_BASIS for kind, basis in filings):
            return True
        units = [re.escape(name) for name in session.scalars(select(Unit.name))]
        own = re.compile(f"{ACTOR}|{DUTY_HEAD}|(?:{'|'.join(units)}){VERIFIER}[0-9]+")
        return any(not own.fullmatch(actor) for actor in session.scalars(select(AlertEvent.actor).distinct()))


def is_built() -> bool:
    """Whether the office of the settings has places or filings already."""
    with reading() as session:
        return bool(session.scalar(select(func.count(DatasetFiling.id)))) or bool(
            session.scalar(select(func.count()).select_from(Region))
        )


def build_office(preset: Preset, *, seed: int, end_on: date, progress: Progress | None = None) -> Built:
    """Build the demonstration office in the database of the settings.

    The manifest is written last: without it the build was broken off.
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
    say("simulate", 1, 1)
    units = furnish(world)
    file_registers(world, say)
    built = _live_through(world, units, say)
    write_manifest(world, settings().home / "truth")
    return built


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
    truth = TruthOfAlerts(world)
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


def _count(truth: TruthOfAlerts) -> Built:
    with reading() as session:
        outcomes = list(session.scalars(select(Alert.outcome).where(Alert.status == "closed")))
        n_alerts = session.scalar(select(func.count(Alert.id))) or 0
    confirmed = sum(1 for outcome in outcomes if outcome is not None and outcome[0] == "C")
    return Built(n_alerts, len(outcomes), confirmed, truth.n_unplanned)
