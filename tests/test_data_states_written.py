"""What runs, files and systems write in bulk is a row of the table of states too, or changes no state."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.collision import collide
from data.database import reading, writing
from data.feed_import import import_feed
from data.feeds import read_feed
from data.states import TRANSITIONS
from data.supervision_models import install
from data.tables import Alert, AlertEvent
from tests.office_in_miniature import fill
from tests.tables_in_text import card_named
from tests.test_data_collision import A_THIRD, TWINS, journal

ALLOWED = {(one.action, source, one.target) for one in TRANSITIONS for source in one.sources}
FEED = "alert_id,raised_at,region,domain,source,amount,outcome,known_at\n"


def _strange(session: Session) -> set[tuple[str, str | None, str]]:
    """Changes of state that the table does not have."""
    query = select(AlertEvent.kind, AlertEvent.from_status, AlertEvent.to_status).distinct()
    moved = {(kind, before, after) for kind, before, after in session.execute(query) if before not in (None, after)}
    return moved - ALLOWED


def test_the_miniature_office(small_office: Path) -> None:
    fill(now=datetime(2026, 3, 2), n_alerts=200)
    with reading() as session:
        assert _strange(session) == set()


def test_runs_that_raise_and_reopen_with_and_without_a_unit(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
        collide(session, card_named("M10"), as_of=datetime(2024, 3, 31))
    with writing() as session:
        one = session.scalars(select(Alert)).one()
        one.status, one.outcome, one.concluded_at = "closed", "D1", datetime(2024, 4, 5)
        journal(session, A_THIRD)
    with writing() as session:
        collide(session, card_named("M10"), as_of=datetime(2024, 4, 30))
    with reading() as session:
        assert {"reopened", "unplaced"} <= set(session.scalars(select(AlertEvent.kind)))
        assert _strange(session) == set()


@pytest.mark.parametrize("state", ["waiting", "dispatched", "accepted", "verifying", "approving", "held"])
def test_files_that_conclude_from_every_state(small_office: Path, tmp_path: Path, state: str) -> None:
    for day, outcome in (("2024-06-01", ""), ("2024-07-01", "E1")):
        path = tmp_path / f"{day}.csv"
        rows = f"1,2024-05-01,,,巡察,,{outcome},\n2,2024-05-01,,,巡察,,H1,\n3,2024-05-01,,,巡察,,C1,\n"
        path.write_text(FEED + rows, encoding="utf-8")
        with writing() as session:
            now = datetime.fromisoformat(day)
            import_feed(session, read_feed(path, now=now), at=now, name="clues")
            one = session.scalars(select(Alert).where(Alert.alert_key == "clues|1")).one()
            one.status, one_id = state if not outcome else one.status, one.id
    with reading() as session:
        assert {"imported", "deferred"} <= set(session.scalars(select(AlertEvent.kind)))
        assert session.get_one(Alert, one_id).status == "closed"
        assert _strange(session) == set()
