"""The office of a city: its commission over those of its counties, each verifying what lies in its own places."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select

from data import database
from data.people_tables import Account, Post
from data.simulator.commissions import CITY_UNIT, STATIONED_UNIT
from data.simulator.office import Built, build_office
from data.simulator.places import CITY
from data.simulator.presets import Preset
from data.simulator.staff import open_accounts
from data.tables import Alert, AlertEvent, Unit

pytestmark = pytest.mark.slow
COUNTIES = (f"{CITY}01", f"{CITY}02")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A city of two counties in its third month."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINGJING_HOME", str(tmp_path_factory.mktemp("city") / "home"))
        patch.delenv("MINGJING_DATABASE_URL", raising=False)
        preset = Preset("two", 6_000, 4, 24, 3, 160, n_counties=2)
        yield build_office(preset, seed=7, end_on=date(2026, 11, 22))
        database.engine().dispose()


@pytest.fixture(scope="module")
def alerts(built: Built) -> pd.DataFrame:
    with database.reading() as session:
        return pd.read_sql(select(Alert), session.connection())


def test_every_alert_of_a_city_has_an_episode_behind_it_and_most_are_concluded(
    built: Built, alerts: pd.DataFrame
) -> None:
    assert built.n_unplanned == 0
    assert len(alerts) == built.n_alerts >= 120
    assert built.n_concluded > built.n_alerts / 3


def test_each_county_verifies_its_own(built: Built, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        region_of = {unit.code: unit.region_code for unit in session.scalars(select(Unit))}
    assert built.n_alerts and region_of[CITY_UNIT] == CITY
    for county in COUNTIES:
        assert region_of[f"C-{county}"] == region_of[f"{STATIONED_UNIT}-{county}"] == county
    owned = alerts[alerts["unit_code"].notna()]
    assert set(owned["region_code"].str[:6]) == set(COUNTIES)
    assert (owned["unit_code"].map(region_of).str[:6] == owned["region_code"].str[:6]).all()


def test_who_acts_on_an_alert_is_of_its_county_or_of_the_city(built: Built, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        acted = session.execute(select(AlertEvent.alert_id, AlertEvent.actor).distinct()).all()
        region_of = {post.account: post.region_code for post in session.scalars(select(Post))}
    county = alerts.set_index("id")["region_code"].str[:6]
    locals_of = [
        (county[alert_id], region) for alert_id, actor in acted if (region := region_of.get(actor)) not in (None, CITY)
    ]
    assert built.n_alerts and len(locals_of) > 200
    assert all(region.startswith(own) for own, region in locals_of)


def test_the_city_leads_and_its_first_county_keeps_its_logins(built: Built) -> None:
    with database.writing() as session:
        shown = {one.code: one for one in open_accounts(session, at=pd.Timestamp("2026-11-22").to_pydatetime())}
        whole = set(session.scalars(select(Post.account).where(Post.region_code == CITY)))
        people = list(session.scalars(select(Account.subject_key)))
    assert built.n_alerts
    assert {"leader", "yantian1", "yantian-sp", "xian1", "xian-sp1", "civil"} <= set(shown)
    assert "市" in shown["civil"].unit_name and "市" in shown["leader"].unit_name
    assert whole >= {"leader", "analyst", "model-author", "model-approver", "shi1", "shi-sp1", "shi-sp2"}
    assert len(set(people)) == len(people)
