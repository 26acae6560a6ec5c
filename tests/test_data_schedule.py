"""Which supervision models run by themselves, and that one which cannot run keeps no other waiting."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from data.database import reading, writing
from data.schedule import collide_due, due_cards
from data.supervision_models import install
from data.tables import Alert, Region, SupervisionModel
from tests.tables_in_text import card_named, file_tables

NOW = datetime(2024, 4, 1, 2)
TWINS = """
    row_id | village      | entry_date | amount | received_on
    1      | 990101001201 | 2024-03-05 | 6000   | 2024-03-06
    2      | 990101001201 | 2024-03-05 | 6000   | 2024-03-06
"""


@pytest.fixture
def journal(office: Path) -> None:
    with writing() as session:
        for level, code in enumerate(("99", "9901", "990101", "990101001", "990101001201"), start=1):
            session.add(Region(code=code, name=code, name_en=code, level=level, valid_from=datetime(2020, 1, 1).date()))
        for code in ("M08", "M10"):
            install(session, card_named(code))
        file_tables(session, {"cash_journal": TWINS})


def due(now: datetime) -> list[str]:
    with reading() as session:
        return [card.code for card in due_cards(session, now=now)]


def test_a_register_that_only_helps_may_be_absent_and_one_that_is_needed_may_not(journal: None) -> None:
    assert due(NOW) == ["M10"], "M10 may lack penalties; M08 has no register at all"
    assert collide_due(now=NOW) == 1


def test_a_model_runs_again_when_a_register_grew_or_a_day_has_passed(journal: None) -> None:
    collide_due(now=NOW)
    run_at = datetime.now()
    assert due(run_at - timedelta(days=2)) == []
    with writing() as session:
        file_tables(session, {"cash_journal": TWINS.replace("6000", "7000")})
    assert due(run_at - timedelta(days=2)) == ["M10"]
    assert due(run_at + timedelta(days=3)) == ["M10"]


def test_a_model_that_cannot_run_is_logged_and_the_next_one_runs(
    journal: None, caplog: pytest.LogCaptureFixture
) -> None:
    with writing() as session:
        text = card_named("M10").text.replace('code = "M10"', 'code = "M09"', 1)
        broken = text.replace("WHERE", "WHERE CAST('x' AS INTEGER) = 1 AND", 1)
        install(session, card_named("M10"))
        model = session.scalars(select(SupervisionModel).where(SupervisionModel.code == "M10")).one()
        values = {c.name: getattr(model, c.name) for c in SupervisionModel.__table__.columns}
        session.add(SupervisionModel(**(values | {"code": "M09", "card": broken})))
    assert due(NOW) == ["M09", "M10"]
    with caplog.at_level("WARNING", logger="mingjing.schedule"):
        assert collide_due(now=NOW) == 1
    assert "M09" in caplog.text
    with reading() as session:
        assert session.scalars(select(Alert.source)).all() == ["M10"]


def test_a_retired_model_does_not_run(journal: None) -> None:
    with writing() as session:
        session.execute(update(SupervisionModel).values(status="retired"))
    assert due(NOW) == []
