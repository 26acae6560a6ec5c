"""The demonstration office: volumes, rates, what is open, what a ranker can and cannot learn."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from dashboard.doors.demo import demo
from data import audit, database
from data.errors import InputRefused
from data.loop_tables import Elimination, Inquiry, LookBack, Measure
from data.office_time import shanghai_day, utc_now
from data.outcomes import OUTCOMES
from data.people_tables import Account, Post
from data.record_tables import AuditEntry
from data.recusal import recusal
from data.rights import ROLES, find_person
from data.sham_closing import signals
from data.sign_in import sign_in
from data.simulator.calendar import Calendar
from data.simulator.commissions import COUNTY_UNIT, STATIONED_UNIT
from data.simulator.furnishing import STATIONED_DOMAIN
from data.simulator.manifest import MANIFEST
from data.simulator.notes import NOTES
from data.simulator.office import build_office, holds_work_of_others, is_broken_off, is_built, is_demonstration
from data.simulator.presets import PRESETS
from data.simulator.recipes import RECIPES
from data.simulator.staff import FOUNDER
from data.states import CONCLUDED, STATES, TO_VERIFY, TRANSITIONS
from data.tables import Alert, AlertEvent, DatasetFiling, Region, RiskModel, Score, Unit
from data.working_days import is_working_day

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
        (tmp_path_factory.getbasetemp() / "demo.out").write_text(result.stdout, encoding="utf-8")
        yield home
        database.engine().dispose()


@pytest.fixture(scope="module")
def printed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Login and password of every account that the door printed."""
    text = (tmp_path_factory.getbasetemp() / "demo.out").read_text(encoding="utf-8")
    lines = text.partition("login")[2].partition("The passwords")[0].splitlines()[1:]
    return {line.split()[0]: line.split()[1] for line in lines if line.strip()}


@pytest.fixture(scope="module")
def events(built: Path) -> pd.DataFrame:
    with database.reading() as session:
        return pd.read_sql(select(AlertEvent).order_by(AlertEvent.id), session.connection())


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
    assert set(ranked) == set(alerts.loc[~alerts["status"].isin(CONCLUDED), "id"])
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


def test_days_before_the_rules_are_refused_before_anything_is_deleted(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "office.db").write_text("kept")
    with pytest.raises(InputRefused, match="expected 2015-01-01 or later"):
        CliRunner().invoke(demo, ["--end", "0001-01-01", "--fresh"], catch_exceptions=False)
    assert (home / "office.db").read_text() == "kept"


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
    open_ones = alerts[alerts["status"].isin(TO_VERIFY)]
    assert (raised >= END - timedelta(days=7)).sum() >= 3
    assert raised.max() <= END
    assert (open_ones["due_on"] < END).any() and (open_ones["due_on"] >= END).any()


def test_every_alert_has_a_unit_and_a_place_and_a_past_that_fits(alerts: pd.DataFrame) -> None:
    assert alerts[["region_code", "domain_code"]].notna().all().all()
    assert (alerts["unit_code"].isna() == (alerts["status"] == "waiting")).all()
    closed = alerts[alerts["status"].isin(CONCLUDED)]
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
    assert len(filings) <= 4 * len({filing.name for filing in filings})
    assert kinds == {"commission", "town_commission", "stationed_group", "department"}
    assert merged


def test_an_office_with_something_in_it_is_refused_and_left_as_it_is(built: Path, alerts: pd.DataFrame) -> None:
    assert is_built()
    assert is_demonstration()
    assert not holds_work_of_others(), "nobody but the build has written here"
    with pytest.raises(InputRefused, match="is not empty"):
        build_office(PRESETS["xs"], seed=8, end_on=END)
    with database.reading() as session:
        assert len(session.scalars(select(Alert.id)).all()) == len(alerts)


def test_each_account_is_one_invented_person_with_one_post(built: Path) -> None:
    with database.reading() as session:
        accounts = session.scalars(select(Account)).all()
        posts = session.scalars(select(Post)).all()
    assert sorted(post.account for post in posts) == sorted(account.code for account in accounts)
    assert len({account.subject_key for account in accounts}) == len(accounts)
    assert {account.created_by for account in accounts} == {FOUNDER}
    assert {post.role for post in posts} == set(ROLES)
    kept = pd.DataFrame([(post.unit_code, post.role) for post in posts], columns=["unit", "role"]).value_counts()
    for unit in {unit for unit, role in kept.index if role == "inspector"}:
        assert 2 <= kept[unit, "inspector"] <= 4
        assert kept[unit, "approver"] == (2 if unit == COUNTY_UNIT else 1)


def test_the_printed_passwords_let_in_at_once_and_stand_nowhere_else(built: Path, printed: dict[str, str]) -> None:
    with database.reading() as session:
        roles = {post.account: post.role for post in session.scalars(select(Post))}
        usable = set(session.scalars(select(Account.code).where(Account.password_hash.is_not(None))))
    assert set(printed) == usable
    assert {roles[code] for code in printed} == set(ROLES)
    for code in ("leader", "yantian1"):
        with database.writing() as session:
            opened = sign_in(session, code=code, password=printed[code], address="", at=utc_now())
        assert opened.step == "open"
    kept = b"".join(path.read_bytes() for path in built.rglob("*") if path.is_file())
    assert not any(password.encode() in kept for password in printed.values())


def test_every_step_is_one_the_table_of_states_allows(events: pd.DataFrame) -> None:
    allowed = {(t.action, source, t.target) for t in TRANSITIONS for source in t.sources}
    for _, own in events.groupby("alert_id"):
        came = own["from_status"].to_list()[1:]
        assert came == own["to_status"].to_list()[:-1]
        moved = own[own["from_status"].notna() & (own["from_status"] != own["to_status"])]
        steps = set(moved[["kind", "from_status", "to_status"]].itertuples(index=False, name=None))
        assert steps <= allowed
        assert own["at"].is_monotonic_increasing


def test_people_work_on_working_days_and_the_audit_has_all_they_did(built: Path, events: pd.DataFrame) -> None:
    with database.reading() as session:
        codes = set(session.scalars(select(Account.code)))
        deeds = session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "alert")).all()
        assert audit.verify(session).n > len(events[events["actor"].isin(codes)])
    theirs = events[events["actor"].isin(codes)]
    assert set(events["actor"]) - codes <= {"collision", "dispatch", "worker"}
    assert all(is_working_day(shanghai_day(at)) for at in theirs["at"])
    assert set(theirs["kind"]) <= {action.removeprefix("alert.") for action in deeds}


def test_nobody_verifies_whom_they_are_tied_to_and_somebody_is_tied(built: Path, events: pd.DataFrame) -> None:
    today = date(2026, 11, 22)
    with database.reading() as session:
        inspectors = session.scalars(select(Post.account).where(Post.role == "inspector")).all()
        people = [find_person(session, code, today=today) for code in inspectors]
        taken = events[events["kind"] == "taken"]
        tied = set()
        for alert in session.scalars(select(Alert)):
            for person in people:
                if person.may_on("verify", alert) and recusal(session, alert, person) is not None:
                    tied.add(person.code)
                    assert person.code not in set(taken.loc[taken["alert_id"] == alert.id, "actor"])
    assert "xian2" in tied, "the former handler"
    assert tied & {"yantian1", "moyuan1"}, "kin"


def test_an_elimination_is_approved_by_another_than_who_asked(built: Path, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        asked = session.scalars(select(Elimination)).all()
    assert {one.state for one in asked} >= {"asked", "approved"}
    assert all(one.decided_by != one.requested_by for one in asked)
    excluded = alerts[alerts["outcome"] == "E1"]
    assert set(excluded["id"]) <= {one.alert_id for one in asked if one.state == "approved"}


def test_money_is_the_sum_of_its_entries(built: Path, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        sums = select(Measure.alert_id, func.sum(Measure.quantity)).where(Measure.kind == "recovery")
        received = pd.Series(dict(session.execute(sums.group_by(Measure.alert_id)).all()))
    kept = alerts.loc[alerts["recovered"].notna()].set_index("id")
    assert len(kept) > 50
    assert (received.reindex(kept.index).fillna(0.0) - kept["recovered"]).abs().max() < 0.01
    assert (kept["recovered"] <= kept["recoverable"] + 0.01).all()


def test_everybody_finds_something_to_do(built: Path, alerts: pd.DataFrame) -> None:
    assert set(alerts["status"]) == set(STATES)
    with database.reading() as session:
        assert session.scalar(select(func.count(Inquiry.id)).where(Inquiry.answered_at.is_(None)))
        assert session.scalar(select(func.count(LookBack.id)).where(LookBack.finding.is_not(None)))
        assert signals(session, since=datetime.combine(END - timedelta(days=365), datetime.min.time()))


def test_projects_go_to_the_stationed_group_and_red_hardship_aid_to_the_county(alerts: pd.DataFrame) -> None:
    owned = alerts[alerts["unit_code"].notna()]
    assert (owned.loc[owned["domain_code"] == STATIONED_DOMAIN, "unit_code"] == STATIONED_UNIT).all()
    red = owned[(owned["domain_code"] == "hardship_aid") & (owned["first_level"] == "red")]
    assert len(red) and (red["unit_code"] == COUNTY_UNIT).all()


def test_verdicts_are_recorded_with_their_events(built: Path, alerts: pd.DataFrame) -> None:
    with database.reading() as session:
        kinds = pd.Series(list(session.scalars(select(AlertEvent.kind)))).value_counts()
    assert kinds["raised"] == len(alerts)
    closed = alerts["status"].isin(CONCLUDED).sum()
    assert kinds["concluded"] + kinds["eliminated"] >= closed


def test_what_is_confirmed_is_worded_as_a_wrong_of_its_own_model(events: pd.DataFrame, alerts: pd.DataFrame) -> None:
    source = alerts.set_index("id")["source"]
    confirmed = events[(events["kind"] == "concluded") & events["outcome"].isin(["C0", "C1", "C2", "C3"])]
    wrongs = {recipe.model: set[str]() for recipe in RECIPES}
    for recipe in RECIPES:
        wrongs[recipe.model] |= {sentence for mechanism in recipe.true for sentence in NOTES[mechanism.name]}
    for event in confirmed.itertuples():
        model = source[event.alert_id]
        assert any(wrong in event.note for wrong in wrongs[model]), (model, event.note)


@pytest.mark.usefixtures("built")
def test_a_department_reads_whom_where_and_when_it_is_asked_about() -> None:
    with database.reading() as session:
        asked = session.execute(select(Inquiry.question, Alert).join(Alert, Alert.id == Inquiry.alert_id)).all()
    assert asked
    for question, alert in asked:
        assert question.startswith("关于")
        assert alert.subject_display in question.partition("：")[0]
        assert (alert.period or "20") in question.partition("：")[0]
