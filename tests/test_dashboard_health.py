"""`/health` where something is wrong that a select of one row does not show."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select, text, update

from dashboard.app import create_app
from dashboard.worker import Job, Worker
from data.database import engine, reading, writing
from data.office_time import utc_now
from data.tables import Lease


def test_a_column_that_is_missing_is_named(office: Path) -> None:
    with engine().begin() as connection:
        connection.execute(text("ALTER TABLE attachment RENAME COLUMN name TO other"))
    client = create_app().server.test_client()
    for _ in range(2):
        answer = client.get("/health")
        assert answer.status_code == 503
        assert "attachment.name" in answer.json["reason"]
    with engine().begin() as connection:
        connection.execute(text("ALTER TABLE attachment RENAME COLUMN other TO name"))
    assert client.get("/health").json["status"] == "ok"


def test_a_worker_that_wrote_nothing_for_long_is_said_and_the_wall_is_seen(small_office: Path) -> None:
    client = create_app().server.test_client()
    assert client.get("/health").json["status"] == "ok"
    with reading() as session:
        name = session.scalars(select(Lease.name).limit(1)).one()
    for minutes, status in ((0, "ok"), (10, "degraded")):
        with writing() as session:
            until = utc_now() - timedelta(minutes=minutes)
            session.execute(update(Lease).where(Lease.name == name).values(holder="w", until_at=until))
        answer = client.get("/health")
        assert (answer.status_code, answer.json["status"]) == (200, status)
    assert "wrote nothing since" in answer.json["reason"]


def test_work_that_fails_is_said_until_it_goes_well(office: Path) -> None:
    client, worker = create_app().server.test_client(), Worker()
    worker.take(Job("back_test", lambda: 1 // 0, 3))
    answer = client.get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert "back_test failed" in answer.json["reason"]
    assert "ZeroDivisionError" in answer.json["reason"]
    worker.take(Job("back_test", lambda: 1, 3))
    assert client.get("/health").json["status"] == "ok"


def test_work_without_its_lease_is_said(small_office: Path) -> None:
    with writing() as session:
        session.execute(delete(Lease).where(Lease.name == "back_test"))
    answer = create_app().server.test_client().get("/health")
    assert answer.json["status"] == "degraded"
    assert "cannot do back_test" in answer.json["reason"]
