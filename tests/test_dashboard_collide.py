"""`mingjing collide`: a line a supervision model, and one sentence where something cannot be run."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from dashboard.doors.collide import collide
from dashboard.doors.models import models
from data.database import reading, writing
from data.errors import InputRefused, NotFound, RegisterRefused
from data.registers import file_register
from data.supervision_models import install
from data.tables import Alert, CollisionRun, SupervisionModel
from tests.tables_in_text import card_named, read_register

TWINS = """
    row_id | village      | entry_date | amount | payee | voucher_hash | received_on
    1      | 990101001201 | 2024-03-05 | 6000   | 甲    | v1           | 2024-03-10
    2      | 990101001201 | 2024-03-05 | 6000   | 甲    | v2           | 2024-03-10
"""


@pytest.fixture
def with_journal(small_office: Path) -> Path:
    with writing() as session:
        file_register(session, "cash_journal", read_register("cash_journal", TWINS), at=datetime(2024, 6, 1))
        install(session, card_named("M10"))
        install(session, card_named("M11"))
    return small_office


def run(*arguments: str) -> str:
    result = CliRunner().invoke(collide, arguments, catch_exceptions=False, standalone_mode=False)
    return result.output


def test_all_models_whose_registers_were_filed_run_and_the_others_say_why_not(with_journal: Path) -> None:
    output = run("--as-of", "2024-03-31")
    assert "M10       2 hits      1 new      0 extended  同日同额支出" in output
    assert "M11 cannot run: register project was never filed" in output
    with reading() as session:
        assert session.scalars(select(CollisionRun.as_of)).all() == [datetime(2024, 3, 31, 15, 59, 59)]


def test_what_was_received_after_the_day_is_not_looked_at(with_journal: Path) -> None:
    assert "M10       0 hits" in run("m10", "--as-of", "2024-03-09")
    assert "M10       2 hits" in run("m10", "--as-of", "2024-03-10")
    with reading() as session:
        assert len(session.scalars(select(Alert)).all()) == 1


def test_a_code_that_is_not_active_and_a_model_without_its_registers_are_refused(with_journal: Path) -> None:
    with pytest.raises(NotFound, match=r"No active supervision model M01, M77; active are M10, M11\. .*warehouse"):
        run("M10", "M01", "M77")
    with pytest.raises(RegisterRefused, match="M11 cannot run"):
        run("M11")


def test_a_new_office_is_offered_the_cards_and_told_what_comes_before_the_first_run(small_office: Path) -> None:
    with pytest.raises(NotFound, match=r"active are none.*back-test"):
        run()
    with reading() as session:
        assert set(session.scalars(select(SupervisionModel.status))) == {"draft"}


def model(*arguments: str) -> str:
    return CliRunner().invoke(models, arguments, catch_exceptions=False, standalone_mode=False).output


def test_cards_go_out_and_in_as_files_and_are_tried_without_raising_anything(
    with_journal: Path, tmp_path: Path
) -> None:
    assert "M10    v2   Active" in model("list")
    file = tmp_path / "card.toml"
    model("export", "m10", "--out", str(file))
    with pytest.raises(InputRefused, match="version 2 is in the warehouse; expected 3"):
        model("import", str(file))
    file.write_text(file.read_text(encoding="utf-8").replace('code = "M10"', 'code = "L01"', 1), encoding="utf-8")
    assert "L01 version 2 is a draft" in model("import", str(file))
    assert "nothing raised" in model("back-test", "L01")
    with pytest.raises(NotFound, match="no supervision model M77"):
        model("back-test", "M77")
    with reading() as session:
        assert session.scalars(select(Alert)).all() == []
