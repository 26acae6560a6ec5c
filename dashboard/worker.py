"""The worker: scores what came in, collides when registers changed, reminds of due dates, tells other systems.

Once a day it looks at the live risk model, and proposes another where that pays. At night it clears what is over. Its
state is the database, nothing else.

Several workers may run on one database: the holder of the lease works, the others stand by.
"""

import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from data import audit, back_fill, leases, shadow, sign_in_ends
from data.back_test import run_waiting
from data.database import reading, writing
from data.errors import FeatureMismatch, MingjingError, NoLiveRiskModel
from data.leases import hold
from data.office_time import utc_now
from data.reminders import remind_due
from data.schedule import collide_due
from data.webhooks import tell
from scoring import office, watch_over

log = logging.getLogger("mingjing.worker")

LEASE_SECONDS = 30
SCORE_EVERY_SECONDS = 2
COLLIDE_EVERY_SECONDS = 60
TRY_EVERY_SECONDS = 3
LEARN_EVERY_SECONDS = 3600
LOOK_EVERY_SECONDS = 600
"""How often it is asked whether the live risk model is to be looked at; it is once a day."""
REMIND_EVERY_SECONDS = 900
DELIVER_EVERY_SECONDS = 5
NOTE_END_EVERY_SECONDS = 3600
"""How often it is looked whether this day's end of the audit is noted; a machine may be off at night."""
AT_NIGHT = 3
"""Hour in Asia/Shanghai of what is done once a day."""


def _score() -> None:
    try:
        office.score_open(now=utc_now())
    except NoLiveRiskModel as error:
        # A new office may not be without an order: what was verified is there to learn from.
        log.warning("%s Learning from the verified alerts.", error)
        office.train(now=utc_now())
    except FeatureMismatch as error:
        log.warning("%s Learning anew from the outcomes it was put live with.", error)
        office.remake(now=utc_now())


def _outgrow_prior() -> None:
    if office.prior_stands_in():
        office.train(now=utc_now())


def _remind() -> None:
    with writing() as session:
        remind_due(session, now=utc_now())


def _clear() -> None:
    with writing() as session:
        sign_in_ends.clear(session, now=utc_now())


def _note_end() -> None:
    with reading() as session:
        audit.note_end(session, at=utc_now())


@dataclass(frozen=True)
class Job:
    """Something the worker does again and again, by the name of the lease it holds meanwhile (`data.leases.WORK`)."""

    name: str
    work: Callable[[], object]
    every: int | None
    """Seconds; None: once a day, at night."""


JOBS = (
    Job("score", _score, SCORE_EVERY_SECONDS),
    Job("learn", _outgrow_prior, LEARN_EVERY_SECONDS),
    Job("look", lambda: watch_over.look_if_due(now=utc_now()), LOOK_EVERY_SECONDS),
    Job("collide", lambda: collide_due(now=utc_now()), COLLIDE_EVERY_SECONDS),
    Job("back_fill", lambda: back_fill.run_waiting(now=utc_now()), COLLIDE_EVERY_SECONDS),
    Job("shadow", shadow.run_due, COLLIDE_EVERY_SECONDS),
    Job("back_test", lambda: run_waiting(now=utc_now()), TRY_EVERY_SECONDS),
    Job("remind", _remind, REMIND_EVERY_SECONDS),
    Job("deliver", lambda: tell(now=utc_now()), DELIVER_EVERY_SECONDS),
    Job("note_end", _note_end, NOTE_END_EVERY_SECONDS),
    Job("clear", _clear, None),
)


def do(job: Job) -> None:
    """Do the work; a failure is logged, kept for `/health`, and the next run tries again."""
    failure = ""
    try:
        job.work()
    except MingjingError as error:
        log.warning("%s: %s", job.name, error)
        failure = type(error).__name__
    except Exception as error:
        log.exception("%s failed; it is tried again at its next time", job.name)
        failure = type(error).__name__
    with writing() as session:
        leases.note_failure(session, job.name, failure, now=utc_now())


class Worker:
    """One worker process: a schedule of jobs, each done only while this worker holds the job's lease."""

    def __init__(self, *, parent: int | None = None) -> None:
        """`parent`: process id to live and die with; none for a worker of its own."""
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.parent = parent
        self.working: set[str] = set()
        self.scheduler = BlockingScheduler(timezone="Asia/Shanghai")

    def run(self) -> None:
        """Work until stopped."""
        for job in JOBS:
            self._add(job)
        self.scheduler.add_job(self._renew, IntervalTrigger(seconds=LEASE_SECONDS // 3), misfire_grace_time=None)
        if self.parent is not None:
            self.scheduler.add_job(self._follow_parent, IntervalTrigger(seconds=1))
        log.info("worker %s started", self.holder)
        self.scheduler.start()

    def _add(self, job: Job) -> None:
        when: dict[str, Any] = {"next_run_time": datetime.now(UTC)} if job.every else {}
        trigger: BaseTrigger = (
            IntervalTrigger(seconds=job.every) if job.every else CronTrigger(hour=AT_NIGHT, timezone="Asia/Shanghai")
        )
        # One run at a time; runs missed while one was long are made up for by the next.
        self.scheduler.add_job(
            self.take, trigger, (job,), id=job.name, max_instances=1, coalesce=True, misfire_grace_time=None, **when
        )

    def take(self, job: Job) -> None:
        """Do a job if nobody else is at it."""
        with writing() as session:
            held = hold(session, job.name, holder=self.holder, now=utc_now(), seconds=LEASE_SECONDS)
        if held:
            self.working.add(job.name)
            try:
                do(job)
            finally:
                self.working.discard(job.name)

    def _renew(self) -> None:
        """Keep the leases of jobs that take longer than a lease lasts."""
        for name in tuple(self.working):
            with writing() as session:
                hold(session, name, holder=self.holder, now=utc_now(), seconds=LEASE_SECONDS)

    def _follow_parent(self) -> None:
        if os.getppid() != self.parent:
            log.info("the web application is gone; the worker stops")
            self.scheduler.shutdown(wait=False)
