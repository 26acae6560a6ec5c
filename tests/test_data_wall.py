"""The wall's figures against counts made another way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from data.confirmation import rate
from data.database import reading, writing
from data.errors import NotFound
from data.outcomes import OUTCOMES
from data.queue import Filter, total
from data.states import TO_VERIFY
from data.tables import Alert
from data.wall import N_WEEKS, Window, wall
from tests.office_in_miniature import fill

NOW = datetime(2026, 11, 22, 6, 0)
BEIJING = timedelta(hours=8)


def _look(scope: str = "", now: datetime = NOW) -> dict[str, Any]:
    with reading() as session:
        return wall(session, scope=scope, now=now)


def _alerts(session: Session, keep: Callable[[Alert], object]) -> list[Alert]:
    return [alert for alert in session.scalars(select(Alert)) if keep(alert)]


def test_every_panel_equals_a_plain_count(office: Path) -> None:
    fill(now=NOW)
    for scope in ("", "9901", "990101001"):
        _panels_equal_a_plain_count(scope)


def _panels_equal_a_plain_count(scope: str) -> None:
    shown = _look(scope)
    today = (NOW + BEIJING).date()
    with reading() as session:
        here = _alerts(session, lambda a: (a.region_code or "").startswith(scope))
    raised_on = {a.id: (a.raised_at + BEIJING).date() for a in here}
    recent = [a for a in here if raised_on[a.id] > today - timedelta(days=30)]

    assert shown["n_alerts"] == len(here)
    assert shown["kpis"]["new_today"]["n"] == sum(raised_on[a.id] == today for a in here)
    to_verify = [a for a in here if a.status in TO_VERIFY]
    rectifying = [a for a in here if a.status == "rectifying"]
    assert (shown["kpis"]["to_verify"]["n"], shown["kpis"]["to_verify"]["n_rectifying"]) == (
        len(to_verify),
        len(rectifying),
    )
    overdue = shown["kpis"]["overdue"]
    assert overdue["n"] == sum(a.due_on is not None and a.due_on < today for a in to_verify + rectifying)
    assert overdue["of"] == len(to_verify) + len(rectifying)
    assert {d["code"]: d["n"] for d in shown["domains"] if d["n"]} == _tally(recent, lambda a: a.domain_code)
    assert sum(tile["n"] for tile in shown["tiles"]) == len(recent)
    assert sum(tile["rate"]["n"] for tile in shown["tiles"]) == sum(month["n"] for month in shown["months"])
    for month in shown["months"]:
        concluded = [
            a
            for a in here
            if a.concluded_at
            and f"{a.concluded_at + BEIJING:%Y-%m}" == month["month"]
            and OUTCOMES[a.outcome].concluded
        ]
        assert month["n"] == len(concluded)
        assert month["n_confirmed"] == sum(OUTCOMES[a.outcome].confirmed for a in concluded)
    mondays = _tally(here, lambda a: (raised_on[a.id] - timedelta(days=raised_on[a.id].weekday())).isoformat())
    assert len(shown["weeks"]) == N_WEEKS
    for week in shown["weeks"]:
        assert week["n"] == mondays.get(week["monday"], 0) == week["red"] + week["orange"] + week["yellow"]


def _tally(alerts: list[Alert], key: Callable[[Alert], Any]) -> dict[Any, int]:
    counted: dict[Any, int] = {}
    for alert in alerts:
        counted[key(alert)] = counted.get(key(alert), 0) + 1
    return counted


def test_waiting_and_overdue_equal_the_queue(small_office: Path) -> None:
    fill(now=NOW)
    today = (NOW + BEIJING).date()
    for scope in ("", "990101", "990101003"):
        kpis = _look(scope)["kpis"]
        with reading() as session:
            assert kpis["to_verify"]["n"] == total(session, Filter(region=scope or None), today=today)
            overdue = Filter(region=scope or None, due="overdue", status=(*TO_VERIFY, "rectifying"))
            assert kpis["overdue"]["n"] == total(session, overdue, today=today)


def test_tiles_lead_to_walls_with_the_same_counts(small_office: Path) -> None:
    fill(now=NOW)
    for tile in _look("990101")["tiles"]:
        if tile["code"]:
            assert sum(d["n"] for d in _look(tile["code"])["domains"]) == tile["n"]


def test_feed_is_the_best_ranked_of_the_last_days_without_its_subject(small_office: Path) -> None:
    fill(now=NOW)
    feed = _look()["feed"]
    shares = [row["p_confirmed"] for row in feed]
    assert len(feed) == 7
    assert shares == sorted(shares, reverse=True)
    with reading() as session:
        for row in feed:
            alert = session.get_one(Alert, row["alert_id"])
            assert alert.status in TO_VERIFY
            assert NOW - alert.raised_at <= timedelta(days=7)
            assert alert.subject_display not in str(row)
            assert "村" not in row["place"]


def test_cells_of_fewer_than_three_persons_are_marked(small_office: Path) -> None:
    fill(now=NOW, n_alerts=0)
    with writing() as session:
        for number, (region, kind, subject) in enumerate(
            [
                ("990101001", "person", "a"),
                ("990101001", "person", "a"),
                ("990101001", "person", "b"),
                ("990101002", "person", "a"),
                ("990101002", "person", "b"),
                ("990101002", "person", "c"),
                ("990101003", "project", "d"),
            ]
        ):
            session.add(_alert(number, region, kind, subject))
    tiles = {tile["code"]: tile for tile in _look()["tiles"]}
    assert tiles["990101001"]["hidden"]
    assert not tiles["990101002"]["hidden"]
    assert not tiles["990101003"]["hidden"]
    assert not tiles["990101004"]["hidden"]


def _alert(number: int, region: str | None, kind: str = "person", subject: str = "a", at: datetime = NOW) -> Alert:
    return Alert(
        alert_key=f"k{number}", source="M01", rule="R1", domain_code="benefit_funds", region_code=region, level="red",
        status="waiting", subject_kind=kind, subject_key=subject, subject_display="韩某某", title="是否超发？",
        title_en="Over-paid?", raised_at=at, attributes="{}",
    )  # fmt: skip


def test_days_begin_at_midnight_in_beijing(small_office: Path) -> None:
    fill(now=NOW, n_alerts=0)
    with writing() as session:
        session.add(_alert(1, "990101001", at=datetime(2026, 11, 21, 16, 0)))
        session.add(_alert(2, "990101001", at=datetime(2026, 11, 21, 15, 59)))
    assert _look()["kpis"]["new_today"]["n"] == 1
    assert Window.at(datetime(2026, 11, 30, 16, 0)).month_starts[-1] == datetime(2026, 11, 30, 16, 0)


def test_alerts_of_no_region_are_counted_and_stand_in_their_own_tile(small_office: Path) -> None:
    fill(now=NOW, n_alerts=0)
    with writing() as session:
        session.add(_alert(1, None))
    shown = _look()
    assert shown["kpis"]["to_verify"]["n"] == 1
    assert [tile["n"] for tile in shown["tiles"] if tile["code"] is None] == [1]
    assert _look("990101")["kpis"]["to_verify"]["n"] == 0


def test_an_empty_office_has_a_wall(small_office: Path) -> None:
    shown = _look()
    assert shown["n_alerts"] == 0
    assert shown["tiles"] == []
    assert shown["kpis"]["confirmed"]["share"] is None
    assert len(shown["months"]) == 12


def test_a_region_that_does_not_exist_is_said(small_office: Path) -> None:
    with pytest.raises(NotFound, match="990909"):
        _look("990909")


def test_rate_is_wilson() -> None:
    assert rate(0, 0)["low"] is None
    half = rate(5, 10)
    assert (round(half["low"], 4), round(half["high"], 4)) == (0.2366, 0.7634)


def test_reading_the_wall_takes_a_bounded_number_of_statements(small_office: Path) -> None:
    fill(now=NOW)
    with reading() as session:
        session.execute(text("SELECT 1"))
        asked: list[str] = []
        event.listen(session.connection().engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        wall(session, scope="", now=NOW)
    assert len(asked) < 40, len(asked)


def test_the_rate_of_all_alerts_is_that_of_the_random_checks_each_for_as_many_as_its_share_says(
    small_office: Path,
) -> None:
    fill(now=NOW, n_alerts=0)
    with writing() as session:
        for number, (share, drawn, outcome) in enumerate(
            [(0.5, True, "C1")] * 4 + [(0.1, True, "E1")] * 2 + [(0.1, True, "C2")] + [(0.5, False, "C1")] * 50
        ):
            alert = _alert(number, "990101001")
            alert.check_share, alert.drawn, alert.outcome, alert.status = share, drawn, outcome, "closed"
            alert.concluded_at = NOW - timedelta(days=3)
            session.add(alert)
        waiting = _alert(99, "990101001")
        waiting.check_share, waiting.drawn = 0.1, True
        session.add(waiting)
    shown = _look()
    assert shown["checked"]["share"] == pytest.approx((4 * 2 + 1 * 10) / (4 * 2 + 3 * 10))
    assert (shown["checked"]["n"], shown["checked"]["n_confirmed"]) == (7, 5)
    assert shown["checked"]["low"] < shown["checked"]["share"] < shown["checked"]["high"]
    assert shown["kpis"]["confirmed"]["n"] == 57
    assert _look("990101002")["checked"]["share"] is None
