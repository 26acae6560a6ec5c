"""The demonstration office: volumes, rates, what is open, what a ranker can and cannot learn."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from dashboard.doors.demo import demo
from data import database
from data.errors import InputRefused
from data.outcomes import OUTCOMES
from data.simulator.calendar import Calendar
from data.simulator.manifest import MANIFEST
from data.simulator.mechanisms import RECIPES
from data.simulator.office import build_office, holds_work_of_others, is_broken_off, is_built, is_demonstration
from data.simulator.presets import PRESETS
from data.tables import Alert, AlertEvent, DatasetFiling, Region, RiskModel, Score, Unit

END = date(2026, 11, 22)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of one xs office, built through its door, for every test of this file; they only read."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("demo") / "home"
        patch.setenv("MINGJING_HOME", str(home))
        patch.delenv("MINGJING_DATABASE_URL", raising=False)
        result = CliRunner().invoke(demo, ["--preset", "xs", "--end", str(END)], catch_exceptions=False)
        assert result.exit_code == 0
        assert "concluded" in result.stdout
        yield home
        database.engine().dispose()


@pytest.fixture(scope="module")
def alerts(built: Path) -> pd.DataFrame:
    with database.reading() as session:
        return pd.read_sql(select(Alert), session.connection())


def test_an_xs_office_has_its_alerts(alerts: pd.DataFrame) -> None:
    assert 150 <= len(alerts) <= 250


def test_the_queue_is_scored_by_a_live_risk_model(built: Path, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        ranked = session.scalars(select(Score.alert_id).where(Score.queue_rank.is_not(None))).all()
        live = session.scalars(select(RiskModel).where(RiskModel.state == "live")).all()
    assert set(ranked) == set(alerts.loc[alerts["status"] != "closed", "id"])
    assert len(live) == 1


def test_the_door_does_nothing_where_the_office_is_built(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (built / "registers").rglob("*.parquet")}
    result = CliRunner().invoke(demo, ["--preset", "xs"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "is built already; nothing was done" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in (built / "registers").rglob("*.parquet")} == before


def test_the_future_is_refused(built: Path) -> None:
    with pytest.raises(InputRefused, match="expected today or earlier"):
        CliRunner().invoke(demo, ["--end", "2999-01-01"], catch_exceptions=False)


def test_a_build_broken_off_is_known_by_its_missing_manifest(home: Path) -> None:
    assert not is_broken_off()
    (home / "truth").mkdir(parents=True)
    assert is_broken_off()
    (home / "truth" / MANIFEST).write_text("{}")
    assert not is_broken_off()


def test_12_to_18_percent_are_without_a_label(alerts: pd.DataFrame) -> None:
    labelled = alerts["outcome"].isin([code for code, outcome in OUTCOMES.items() if outcome.concluded])
    assert 0.12 <= 1 - labelled.mean() <= 0.18


def test_the_pooled_confirmation_rate_is_an_offices(alerts: pd.DataFrame) -> None:
    concluded = alerts[alerts["outcome"].isin([code for code, outcome in OUTCOMES.items() if outcome.concluded])]
    assert 0.62 <= concluded["outcome"].str.startswith("C").mean() <= 0.84


def test_every_supervision_model_and_every_month_has_alerts(alerts: pd.DataFrame) -> None:
    assert set(alerts["source"]) == {recipe.model for recipe in RECIPES}
    months = (alerts["raised_at"] + timedelta(hours=8)).dt.strftime("%Y-%m")
    calendar = Calendar(PRESETS["xs"], END)
    expected = {str(calendar.month(np.array([number]))[0]) for number in range(PRESETS["xs"].n_months)}
    assert set(months) == expected


def test_the_office_is_alive_on_its_last_day(alerts: pd.DataFrame) -> None:
    raised = (alerts["raised_at"] + timedelta(hours=8)).dt.date
    open_ones = alerts[alerts["status"] == "open"]
    assert (raised >= END - timedelta(days=7)).sum() >= 3
    assert raised.max() <= END
    assert (open_ones["due_on"] < END).any() and (open_ones["due_on"] >= END).any()


def test_every_alert_has_a_unit_and_a_place_and_a_past_that_fits(alerts: pd.DataFrame) -> None:
    assert alerts[["unit_code", "region_code", "domain_code"]].notna().all().all()
    closed = alerts[alerts["status"] == "closed"]
    assert (closed["concluded_at"] > closed["raised_at"]).all()
    assert closed["concluded_at"].max() < datetime.combine(END, datetime.min.time())
    assert (closed["cause"].notna() == (closed["outcome"] == "E1")).all()
    assert closed.loc[closed["recovered"].notna(), "outcome"].str.startswith("C").all()


def test_no_truth_reaches_the_attributes(built: Path, alerts: pd.DataFrame) -> None:
    truth = {column for file in (built / "truth").glob("*.parquet") for column in pd.read_parquet(file).columns} - {
        "month"
    }
    words = {"genuine", "mechanism", "badness", "data_error", "verifier", "outcome"}
    attributes = {key for text in alerts["attributes"] for key in json.loads(text)}
    assert truth >= {"genuine", "mechanism", "badness"}
    assert not attributes & (truth | words)


def test_filings_carry_a_legal_basis_and_units_and_merged_places_are_there(built: Path) -> None:
    with database.reading() as session:
        filings = session.scalars(select(DatasetFiling)).all()
        kinds = set(session.scalars(select(Unit.kind)))
        merged = session.scalars(select(Region).where(Region.merged_into.is_not(None))).all()
    assert all(filing.legal_basis and filing.n_refused == 0 for filing in filings)
    assert len(filings) <= 16 * 4
    assert kinds == {"commission", "town_commission", "department"}
    assert merged


def test_an_office_with_something_in_it_is_refused_and_left_as_it_is(built: Path, alerts: pd.DataFrame) -> None:
    assert is_built()
    assert is_demonstration()
    assert not holds_work_of_others(), "nobody but the build has written here"
    with pytest.raises(InputRefused, match="is not empty"):
        build_office(PRESETS["xs"], seed=8, end_on=END)
    with database.reading() as session:
        assert len(session.scalars(select(Alert.id)).all()) == len(alerts)


def test_verdicts_are_recorded_with_their_events(built: Path, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        kinds = pd.Series(list(session.scalars(select(AlertEvent.kind)))).value_counts()
    assert kinds["raised"] == len(alerts)
    assert kinds["concluded"] >= (alerts["status"] == "closed").sum()
