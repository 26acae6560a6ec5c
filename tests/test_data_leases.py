"""Of two workers on one database, one works."""

from datetime import datetime, timedelta
from pathlib import Path

from dashboard.worker import JOBS
from data.database import writing
from data.leases import WORK, hold

NOW = datetime(2026, 1, 1)


def test_one_holder_until_the_lease_runs_out(office: Path) -> None:
    def ask(holder: str, after: int) -> bool:
        with writing() as session:
            return hold(session, "score", holder=holder, now=NOW + timedelta(seconds=after), seconds=30)

    assert ask("a", 0)
    assert not ask("b", 10)
    assert ask("a", 20), "the holder renews"
    assert not ask("b", 45), "the renewed lease counts from its renewal"
    assert ask("b", 51)
    assert not ask("a", 52)


def test_every_piece_of_the_workers_work_has_its_lease_from_the_schema_on(office: Path) -> None:
    assert {job.name for job in JOBS} == set(WORK)
    with writing() as session:
        assert all(hold(session, name, holder="a", now=NOW, seconds=30) for name in WORK)
