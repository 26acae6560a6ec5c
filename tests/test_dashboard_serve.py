"""`mingjing serve` and its worker as a site runs them: own processes, one database."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select, text

from data.database import reading, writing
from data.settings import settings
from data.states import TO_VERIFY
from data.tables import Alert, Lease, Score
from scoring import office
from tests.office_in_miniature import fill

PATIENCE_SECONDS = 60


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def serving(small_office: Path, now: datetime) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with writing() as session:
        fill(session, now=now)
        session.execute(text("DELETE FROM score"))
        session.execute(text("DELETE FROM risk_model"))
    office.train(now=now)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MINGJING_HOME": str(small_office), "NUMBA_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "dashboard.command_line", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    yield process, port
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


T = TypeVar("T")


def until(ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert answer, f"not within {PATIENCE_SECONDS} s"
    return answer


def health(port: int) -> dict[str, object] | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            found: dict[str, object] = json.load(answer)
            return found
    except OSError:
        return None


def copy_of_an_alert(now: datetime) -> int:
    with writing() as session:
        pattern = session.scalars(select(Alert).where(Alert.status.in_(TO_VERIFY)).limit(1)).one()
        values = {
            c.name: getattr(pattern, c.name) for c in Alert.__table__.columns if c.name not in {"id", "alert_key"}
        }
        alert = Alert(**(values | {"alert_key": "another process|1", "raised_at": now}))
        session.add(alert)
        session.flush()
        return alert.id


@pytest.mark.slow
def test_a_new_alert_from_another_process_is_scored_and_in_the_queue(
    serving: tuple[subprocess.Popen[bytes], int], now: datetime
) -> None:
    _, port = serving
    assert until(lambda: health(port))["status"] == "ok"
    alert_id = copy_of_an_alert(now)

    def rank() -> int | None:
        with reading() as session:
            return session.scalar(select(Score.queue_rank).where(Score.alert_id == alert_id))

    assert until(rank) >= 1


@pytest.mark.slow
def test_the_worker_does_not_outlive_a_killed_server(serving: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = serving
    until(lambda: health(port))

    def worker() -> int | None:
        with reading() as session:
            holder = session.scalar(select(Lease.holder).where(Lease.name == "score"))
        return int(holder.split(":")[1]) if holder else None

    pid = until(worker)
    process.kill()
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


@pytest.mark.slow
def test_serving_a_network_says_what_is_missing_for_it(small_office: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboard.command_line", "serve", "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104
    environment = os.environ | {"MINGJING_HOME": str(small_office)}
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: health(port))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as turned:
            assert turned.url == f"http://127.0.0.1:{port}/sign-in"
    finally:
        process.terminate()
        said, warned = process.communicate(timeout=30)
    assert "TLS" in warned
    assert "mingjing account add" in warned
    assert "no sign-in" not in said + warned


def test_a_port_in_use_is_said_in_one_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "dashboard.command_line", "serve", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"MINGJING_HOME": str(home)})
    assert done.returncode == 2
    assert done.stderr.startswith("mingjing: Cannot listen on 127.0.0.1")
    assert "Traceback" not in done.stderr
    assert str(settings().home) not in done.stderr
