"""The worker of a site: reminds of due dates and tells other systems, and one that is killed leaves nothing lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from data import webhooks
from data.database import reading, writing
from data.loop import locked, record
from data.record_tables import Delivery
from data.tables import Alert, AlertEvent, Lease
from tests.office_in_miniature import fill
from tests.people import everybody, person
from tests.receiver import Receiver

PATIENCE_SECONDS = 60


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def until(ask: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ask():
        assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s"
        time.sleep(0.1)


def start(home: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"MINGJING_HOME": str(home), "NUMBA_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-m", "dashboard.doors.serve"], env=environment, start_new_session=True)


def end(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@pytest.mark.slow
def test_the_worker_reminds_and_tells_and_one_that_is_killed_is_made_up_for(
    small_office: Path, receiver: Receiver
) -> None:
    fill(now=now(), n_alerts=20)
    with writing() as session:
        webhooks.register(session, person("system_admin"), name="told", url=receiver.url, at=now())
        due = session.scalars(select(Alert.id).where(Alert.status == "dispatched").limit(1)).one()
        session.execute(update(Alert).where(Alert.id != due).values(due_on=None))
        session.execute(update(Alert).where(Alert.id == due).values(due_on=now().date(), reminded_on=None))
    receiver.slow = 3.0
    worker = start(small_office)
    try:
        # Killed while the receiver is still thinking about the first one.
        until(lambda: bool(receiver.got))
    finally:
        end(worker)
    with reading() as session:
        kinds = list(session.scalars(select(AlertEvent.kind).where(AlertEvent.alert_id == due)))
        assert kinds.count("reminded") == 1
        assert session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "delivered")) == 0
    receiver.slow = 0.0
    with writing() as session:
        record(session, locked(session, due), "noted", everybody(), at=now())
        session.execute(update(Lease).values(until_at=now() - timedelta(seconds=1)))
    worker = start(small_office)

    def all_delivered() -> bool:
        with reading() as session:
            states = list(session.scalars(select(Delivery.state)))
        return len(states) == 2 and set(states) == {"delivered"}

    try:
        until(all_delivered)
    finally:
        end(worker)
    numbers = [headers["X-Mingjing-Delivery"] for headers, _ in receiver.got]
    assert numbers[0] in numbers[1:]
    assert len(set(numbers)) == 2
