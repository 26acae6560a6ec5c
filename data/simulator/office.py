"""The demonstration office: a synthetic world filed, compared and verified day by day, as an office would have done.

Everything goes through the doors the office itself uses: filing, cards, collisions, verdicts. The truth is written to
the folder `truth` of the home and to nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import check_slice, policy
from data.actors import SYSTEM
from data.cards import Card
from data.collision import collide
from data.counting import OF_MISCONDUCT
from data.database import migrate, reading, writing
from data.errors import InputRefused
from data.people_tables import Account
from data.reminders import remind_due
from data.settings import settings
from data.simulator.approval import approve_drafts
from data.simulator.commissions import commissions_of
from data.simulator.diary import Diary
from data.simulator.disposal import Disposal
from data.simulator.drift import strict_from
from data.simulator.furnishing import LEGAL_BASIS, Progress, file_registers, furnish
from data.simulator.manifest import MANIFEST, write_manifest, write_truth
from data.simulator.oversight import Oversight
from data.simulator.presets import Preset
from data.simulator.staff import FOUNDER, Colleague, enrol, recruit
from data.simulator.truth import TruthOfAlerts
from data.simulator.verification import GO_LIVE, VerifyingOffice
from data.simulator.world import World, simulate
from data.states import CONCLUDED
from data.supervision_models import built_in_cards
from data.tables import Alert, AlertEvent, DatasetFiling, Region, Unit
from data.working_days import is_working_day

_NIGHT = time(16, 5)
"""Collisions start at 00:05 in Shanghai, which is 16:05 UTC of the day before; each model three minutes later."""
_OPENING = time(1)
_BEFORE_THE_FIRST = timedelta(minutes=4)
"""How long before the first night's collisions the supervision models were approved."""
_DAYS_OF_MONTH = {
    "M01": 2,
    "M02": 3,
    "M03": 4,
    "M04": 4,
    "M05": 5,
    "M06": 5,
    "M07": 6,
    "M08": 6,
    "M09": 7,
    "M10": 8,
    "M11": 9,
    "M12": 9,
    "M13": 10,
    "M16": 9,
    "M17": 9,
    "M18": 8,
    "M19": 10,
    "M20": 10,
    "M21": 10,
    "M22": 11,
    "M23": 12,
    "M24": 6,
    "M25": 12,
    "M26": 12,
    "M27": 11,
    "M28": 9,
    "M29": 8,
    "M30": 11,
    "M31": 12,
    "M32": 12,
    "M33": 7,
    "M34": 6,
}
_REMINDED_DAYS, _AFTER_COLLISIONS = 10, timedelta(hours=2)
"""Reminders go out on the last days only: older ones would tell nobody anything any more."""
_WEEKLY_DAYS, _DAILY_DAYS = 24, 5
"""In its last 24 days the office compares weekly, in its last five every night."""


@dataclass(frozen=True)
class Built:
    """What was built."""

    n_alerts: int
    n_concluded: int
    """Of misconduct: what leads to help is in no rate."""
    n_confirmed: int
    n_unplanned: int
    """Alerts behind which no planted episode stands; they are taken as innocent."""


def comparable(world: World) -> list[Card]:
    """The built-in cards whose registers the office has: the others wait until theirs are supplied."""
    return [c for c in built_in_cards() if {*c.registers} - {*c.may_lack} <= {*world.registers}]


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
        founders = set(session.scalars(select(Account.created_by).distinct()))
        own = {*SYSTEM, *session.scalars(select(Account.code))}
        actors = set(session.scalars(select(AlertEvent.actor).distinct()))
        return not (founders <= {FOUNDER} and actors <= own)


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
    colleagues = recruit(world, units)
    life = _Life(world, colleagues, start, end)
    before = datetime.combine(start - timedelta(days=1), _OPENING)
    with writing() as session:
        enrol(session, colleagues, at=before)
        check_slice.plant_seed(session, world.seed)
        life.check_at_random(session, 0, at=before)
    opening = datetime.combine(start - timedelta(days=1), _NIGHT) - _BEFORE_THE_FIRST
    top = commissions_of(world).top
    author, inspector, approver = (
        next(one for one in colleagues if one.role == role and one.unit == top).person()
        for role in ("model_author", "inspector", "model_approver")
    )
    approve_drafts(author, inspector, approver, seed=world.seed, at=opening)
    total = (end - start).days + 1
    for done, (day, due) in enumerate(_nights(world, comparable(world))):
        night = datetime.combine(day - timedelta(days=1), _NIGHT)
        life.act_until(night)
        for number, card in enumerate(due):
            life.compare(card, night + timedelta(minutes=3 * number))
        if (end - day).days < _REMINDED_DAYS:
            with writing() as session:
                remind_due(session, now=night + _AFTER_COLLISIONS)
        life.plan(day)
        say("verify", done + 1, total)
    return _count(life.truth)


class _Life:
    """The office as it lives on: its staff, what they plan, and the doors through which they do it."""

    def __init__(self, world: World, colleagues: list[Colleague], start: date, end: date) -> None:
        self.truth, top = TruthOfAlerts(world), commissions_of(world).top
        self._end = end
        self._people = {one.code: one.person() for one in colleagues}
        self._diary = Diary(world.seed)
        self._go_live_on = start + (end - start) * GO_LIVE
        self._desk = VerifyingOffice(
            self._diary, colleagues, go_live_on=self._go_live_on, end_on=end, strict=strict_from(world.calendar)
        )
        self._security = next(one.person() for one in colleagues if one.role == "security_admin")
        reviewers = [one.person() for one in colleagues if one.role == "approver" and one.unit == top]
        self._oversight = Oversight(self._diary, self._desk, reviewers, end_on=end)
        approvers = {one.unit: one.code for one in colleagues if one.role == "approver"}
        self._desk.followers += [Disposal(self._diary, approvers).follow, self._oversight.follow]
        self._desk.suppress_until = self._oversight.suppress_until
        self._last_working_day = next(day for back in range(1, 15) if is_working_day(day := end - timedelta(days=back)))

    def act_until(self, night: datetime) -> None:
        """Do what is due, a day's steps in one transaction: the audit chain grows once a commit."""
        step = self._diary.next_step(night)
        if step is None:
            return
        with writing() as session, session.no_autoflush:
            # Held, so that the session reads each once and not at every step.
            _units = session.scalars(select(Unit)).all()
            written: set[int] = set()
            while step is not None:
                # What one step wrote must be there for the next one about the same alert; for others it can wait.
                if step.alert_id in written or not step.alert_id:
                    session.flush()
                    written.clear()
                written.add(step.alert_id)
                step.door(session, step.alert_id, self._people[step.actor], at=step.at, **step.values)
                step = self._diary.next_step(night)

    def compare(self, card: Card, at: datetime) -> None:
        """Run a supervision model; what it raises or opens again goes to its unit."""
        with writing() as session:
            run = collide(session, card, as_of=at)
            new = session.scalars(select(Alert).where(Alert.run_id == run.id).order_by(Alert.alert_key)).all()
            again = self.truth.reopened(session, run)
            for case in again:
                self._diary.open_again(case.alert_id)
            for case in [*self.truth.cases_of(new, session), *again]:
                self._desk.take_in(case)
                self._oversight.take_in(case)

    def check_at_random(self, session: Session, percent: int, *, at: datetime) -> None:
        """Have the security administrator set the share of the random check slice."""
        policy.put(session, self._security, check_slice.SHARE, percent, at=at)

    def plan(self, day: date) -> None:
        """Have everybody plan what they do on a day and after it."""
        if day == self._go_live_on:
            with writing() as session:
                self.check_at_random(session, policy.DEFAULTS[check_slice.SHARE], at=datetime.combine(day, _OPENING))
        if day == self._last_working_day:
            self._oversight.leave_open(day)
        self._desk.work(day)
        self._oversight.work(day)


def _count(truth: TruthOfAlerts) -> Built:
    with reading() as session:
        outcomes = list(session.scalars(select(Alert.outcome).where(Alert.status.in_(CONCLUDED), OF_MISCONDUCT)))
        n_alerts = session.scalar(select(func.count(Alert.id))) or 0
    confirmed = sum(1 for outcome in outcomes if outcome is not None and outcome[0] == "C")
    return Built(n_alerts, len(outcomes), confirmed, truth.n_unplanned)
