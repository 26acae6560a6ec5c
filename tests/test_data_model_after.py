"""After activation: schedules, missed months, shadows, wider regions, and what the results say."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data import back_fill, model_scope, schedule, shadow
from data.cards import read_card
from data.collision import collide
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.model_life import advance, new_version, save_draft
from data.model_results import advise, drift, p_of_two, results
from data.model_tables import BackFill
from data.schedule import Plan
from data.supervision_models import install
from data.tables import Alert, SupervisionModel
from data.warehouse import counted_by, narrowed, stored
from tests.staff_in_miniature import furnish
from tests.tables_in_text import card_named, file_tables
from tests.test_data_back_test import JOURNAL, NOW
from tests.test_data_model_life import TOWN, approver, author, seen, submitted

TODAY = date(2024, 7, 3)
"""A Wednesday."""


@pytest.fixture
def running(office: Path) -> None:
    """M10 active, run in the first days of April and of June 2024."""
    furnish()
    with writing() as session:
        row = install(session, card_named("M10"))
        row.activated_at = datetime(2024, 2, 1)
        file_tables(session, {"cash_journal": JOURNAL}, at=datetime(2024, 6, 1))
        for at in (datetime(2024, 4, 2), datetime(2024, 6, 2)):
            collide(session, card_named("M10"), as_of=at)


@pytest.mark.parametrize(
    ("plan", "last_run", "expected"),
    [
        (Plan("daily", 0), TODAY, date(2024, 7, 4)),
        (Plan("daily", 0), date(2024, 7, 1), TODAY),
        (Plan("weekly", 1), date(2024, 7, 1), date(2024, 7, 8)),
        (Plan("weekly", 1), date(2024, 6, 30), TODAY),
        (Plan("weekly", 5), date(2024, 6, 28), date(2024, 7, 5)),
        (Plan("monthly", 3), TODAY, date(2024, 8, 3)),
        (Plan("monthly", 28), date(2024, 6, 28), date(2024, 7, 28)),
        (Plan("monthly", 28), date(2024, 5, 28), TODAY),
        (Plan("monthly", 1), None, TODAY),
    ],
)
def test_the_next_run_is_the_next_day_or_today_where_one_was_missed(
    plan: Plan, last_run: date | None, expected: date
) -> None:
    assert plan.next_day(TODAY, last_run) == expected


def test_a_schedule_is_kept_to_and_set_by_those_who_may(running: None) -> None:
    run_at = datetime.now()
    with writing() as session:
        schedule.put(session, "M10", "weekly", run_at.isoweekday() % 7 + 1, author(), at=NOW)
        for kind, day in (("hourly", 0), ("weekly", 8), ("monthly", 31)):
            with pytest.raises(InputRefused, match="expected growth"):
                schedule.put(session, "M10", kind, day, author(), at=NOW)
        with pytest.raises(NotPermitted, match="may not schedule"):
            schedule.put(session, "M10", "daily", 0, author(region=TOWN), at=NOW)
        with pytest.raises(NotFound):
            schedule.put(session, "M02", "daily", 0, author(), at=NOW)
    with reading() as session:
        assert schedule.due_cards(session, now=run_at) == [], "a day does not pass the plan"
        assert [card.code for card in schedule.due_cards(session, now=run_at + timedelta(days=7))] == ["M10"]
    with writing() as session:
        advance(session, "M10", 2, "paused", author(), at=NOW, note="登记数据正在更正")
    with reading() as session:
        assert schedule.due_cards(session, now=run_at + timedelta(days=7)) == []


def test_missed_months_are_made_up_for_as_of_then_and_raised_now(running: None) -> None:
    with writing() as session:
        ends = back_fill.missed(session, "M10", now=NOW)
        assert [f"{end:%Y-%m}" for end in ends] == ["2024-02", "2024-03", "2024-05"]
        back_fill.ask(session, "M10", author(), at=NOW)
        with pytest.raises(InputRefused, match="missed no month"):
            back_fill.ask(session, "M10", author(), at=NOW)
        session.execute(update(Alert).values(alert_key="other" + Alert.alert_key))
    assert back_fill.run_waiting(now=NOW) == 2
    with reading() as session:
        made = session.scalars(select(Alert).where(Alert.alert_key.startswith("M10"))).all()
        assert {alert.raised_at for alert in made} == {NOW}, "nobody knew of it before"
        assert set(session.scalars(select(BackFill.state))) == {"done"}
        last = schedule.last_run(session, "M10")
        assert last is not None
        assert last.as_of == datetime(2024, 6, 2), "what is made up for is no run in its time"


def test_a_shadow_says_what_only_one_of_two_versions_finds_and_raises_nothing(running: None) -> None:
    with writing() as session:
        new_version(session, "M10", author(), at=NOW)
        stricter = (
            card_named("M10").text.replace("version = 2", "version = 3").replace("default = 5000", "default = 6500")
        )
        save_draft(session, stricter, author(), at=NOW)
        shadow.switch(session, "M10", 3, author(), on=True, at=NOW)
        n_before = len(session.scalars(select(Alert)).all())
        with pytest.raises(TransitionRefused):
            shadow.switch(session, "M10", 2, author(), on=True, at=NOW)
    assert (shadow.run_due(), shadow.run_due()) == (1, 0)
    with reading() as session:
        (found,) = shadow.runs(session, "M10", 3)
        assert (found.n_both, found.n_only_new, found.n_only_live) == (1, 0, 1)
        assert len(json.loads(found.detail)["only_live"]) == 1
        assert len(session.scalars(select(Alert)).all()) == n_before


def test_a_region_is_widened_by_somebody_whose_post_covers_it(office: Path) -> None:
    furnish()
    clerk, county = author("clerk", region=TOWN), approver("county", region="990101")
    with writing() as session:
        submitted(session, region=TOWN, by=clerk)
        advance(session, "L01", 1, "activated", county, at=NOW)
        with pytest.raises(InputRefused, match="is not wider"):
            model_scope.ask(session, "L01", "990101002", "全县推广使用", clerk, at=NOW)
        model_scope.ask(session, "L01", "990101", "全县推广使用", clerk, at=NOW)
        with pytest.raises(TransitionRefused, match="waits already"):
            model_scope.ask(session, "L01", "9901", "全市推广使用", clerk, at=NOW)
        with pytest.raises(NotPermitted):
            model_scope.decide(session, "L01", approver("town", region=TOWN), approve=True, at=NOW)
        with pytest.raises(TransitionRefused, match="second person"):
            model_scope.decide(session, "L01", approver("clerk"), approve=True, at=NOW)
        assert model_scope.decide(session, "L01", county, approve=True, at=NOW).region_code == "990101"
        model_scope.ask(session, "L01", "", "全部地区推广使用", author("clerk"), at=NOW)
        assert model_scope.decide(
            session, "L01", approver(), approve=False, at=NOW, decision="先看一年效果"
        ).region_code


def test_a_card_raises_alerts_in_its_region_only(office: Path) -> None:
    furnish()
    with writing() as session:
        install(session, card_named("M10")).region_code = "990101002"
        file_tables(session, {"cash_journal": JOURNAL})
        collide(session, card_named("M10"), as_of=NOW)
        assert {alert.region_code for alert in session.scalars(select(Alert))} == {"990101002"}


def concluded(session: Session, n: int, n_confirmed: int, *, days_ago: int, number: int = 0) -> None:
    session.add_all(
        Alert(
            alert_key=f"M10|x|{number}|{i}", source="M10", rule="twin_expenses", level="red", status="closed",
            outcome="C1" if i < n_confirmed else "E1", cause=None if i < n_confirmed else "F30", subject_kind="village",
            subject_key="k", subject_display="村", title="？", title_en="?", attributes="{}", recovered=10.0,
            raised_at=NOW - timedelta(days=days_ago + 10), concluded_at=NOW - timedelta(days=days_ago),
        )
        for i in range(n)
    )  # fmt: skip


def test_results_say_what_came_of_a_rule_and_what_changed(running: None) -> None:
    with writing() as session:
        concluded(session, 60, 12, days_ago=30, number=1)
        concluded(session, 60, 48, days_ago=200, number=2)
    with reading() as session:
        row, card = session.get_one(SupervisionModel, ("M10", 2)), card_named("M10")
        (one,) = results(session, card, now=NOW)
        assert (one.n_alerts, one.rate["n"], one.rate["n_confirmed"]) == (122, 120, 60)
        assert (one.median_days, one.causes, one.recovered) == (10, (("F30", 60),), 1200)
        assert (one.drift, one.recent["n"]) == ("precision_down", 60)
        assert advise(session, row, card, [one], now=NOW) == []
        assert [a.kind for a in advise(session, row, card, [one], now=NOW + timedelta(days=400))] == ["silent", "late"]


def test_a_noisy_rule_is_named_from_fifty_verdicts_on(running: None) -> None:
    with writing() as session:
        concluded(session, 49, 5, days_ago=30)
    card = card_named("M10")
    with reading() as session:
        row = session.get_one(SupervisionModel, ("M10", 2))
        assert advise(session, row, card, results(session, card, now=NOW), now=NOW) == []
    with writing() as session:
        concluded(session, 1, 0, days_ago=30, number=9)
    with reading() as session:
        (found,) = advise(session, row, card, results(session, card, now=NOW), now=NOW)
        assert (found.kind, found.about, found.n) == ("noisy", "twin_expenses", 50)


def test_drift_is_said_only_where_chance_would_hardly_make_it() -> None:
    nothing = {"n": 0, "n_confirmed": 0, "share": None}
    steady = [NOW - timedelta(days=day) for day in range(0, 450, 5)]
    assert drift(nothing, nothing, steady, now=NOW) == "steady"
    assert drift(nothing, nothing, [*steady, *[NOW - timedelta(days=3)] * 40], now=NOW) == "volume_up"
    assert drift(nothing, nothing, [at for at in steady if at < NOW - timedelta(days=88)], now=NOW) == "volume_down"
    assert drift(nothing, nothing, steady[:10], now=NOW) == "few"
    half = {"n": 100, "n_confirmed": 50, "share": 0.5}
    assert p_of_two(half, half) == pytest.approx(1.0)
    assert p_of_two(half, half | {"n_confirmed": 30, "share": 0.3}) == pytest.approx(0.0039, abs=2e-4)


def test_the_warehouse_shows_the_version_that_counts_and_narrows_by_facets(running: None) -> None:
    with writing() as session:
        row = new_version(session, "M10", author(), at=NOW)
        seen(session, row)
        install(session, card_named("M02"))
    with reading() as session:
        found = stored(session)
        assert [(one.shown.code, one.shown.version) for one in found] == [("M02", 2), ("M10", 2)]
        ten = found[1]
        assert ten.under_way is not None
        assert (ten.under_way.version, ten.n_versions, ten.n_alerts) == (3, 2, 2)
        assert [one.shown.code for one in narrowed(found, {"q": "同日"})] == ["M10"]
        assert [one.shown.code for one in narrowed(found, {"domain": "benefit_funds"})] == ["M02"]
        assert counted_by(found, "domain", {"domain": "benefit_funds"}) == {"benefit_funds": 1, "village_funds": 1}
    assert read_card(card_named("M10").text).code == "M10"


def test_a_parameter_has_its_own_value_in_a_region_for_a_time() -> None:
    own = """
[[parameters.min_amount.own]]
value = 6500
valid_from = 2024-01-01
valid_to = 2024-12-31

[[parameters.min_amount.own]]
region = "990102"
value = 100
valid_from = 2024-07-01

[parameters.penalty_days]"""
    text = card_named("M10").text
    first = next(line for line in text.splitlines() if line.startswith("[parameters.") and "min_amount" not in line)
    parameter = read_card(text.replace(first, own.replace("[parameters.penalty_days]", first), 1)).parameters[
        "min_amount"
    ]
    county, town = "990101", "990102001"
    cases = {
        (county, date(2023, 12, 31)): 5000, (county, date(2024, 1, 1)): 6500, (town, date(2024, 6, 30)): 6500,
        (town, date(2024, 7, 1)): 100, ("990102", date(2025, 7, 1)): 100, (county, date(2025, 1, 1)): 5000,
    }  # fmt: skip
    assert {place: parameter.in_force(*place) for place in cases} == cases
    assert "expected 0 to 1000000" in getattr(parameter.fault_of(-1), "en", "")
