"""The plan of the week: nobody above capacity, out of scope or recused, the same in any order of rows; confirmed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import orders
from data.capacity import WHOLE, Capacity, Week, capacities, planned_week, put, week_of
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, NotPermitted
from data.loop_tables import Responsible
from data.order_choice import choose
from data.people_tables import RecusalTie
from data.plan import UnitPlan, ground, plans, units_of, unplaced
from data.plan_confirming import confirm, kept_plans
from data.plan_tables import CapacitySet
from data.record_tables import AuditEntry
from data.rights import find_person, seen_by
from data.tables import Alert, AlertEvent, Score, Unit
from tests.office_in_miniature import fill, settle
from tests.people import UNITS, person

NOW = datetime(2026, 11, 23, 6, 0)
TODAY = date(2026, 11, 23)
"""A Monday."""
WEEK = Week(TODAY)
LEADER = person("leader", code="county.leader")


@pytest.fixture
def filled(office: Path) -> Path:
    fill(now=NOW, n_alerts=200)
    return office


def made(session: Session, *codes: str, order: str | None = None) -> list[UnitPlan]:
    units = session.scalars(select(Unit).where(Unit.code.in_(codes or UNITS)).order_by(Unit.code)).all()
    return plans(session, ground(session, units, today=TODAY), order=order, worth=1_000.0)


def shown(found: Sequence[UnitPlan]) -> list[tuple[str, int, str, str | None]]:
    return [(plan.unit.code, one.alert_id, one.why, one.account) for plan in found for one in plan.items]


def set_to(unit: str, n: int, account: str = WHOLE) -> None:
    with writing() as session:
        put(session, LEADER, unit, n, account=account, at=NOW)


def draw(*alert_ids: int) -> None:
    with writing() as session:
        for alert_id in alert_ids:
            session.get_one(Alert, alert_id).drawn = True


def free_of(session: Session, unit: str) -> list[Alert]:
    wanted = select(Alert).where(Alert.unit_code == unit, Alert.status.in_(("dispatched", "accepted")))
    return list(session.scalars(wanted.order_by(Alert.id)))


def test_no_unit_gets_more_than_it_can_nor_what_is_anothers_and_the_sums_add_up(filled: Path) -> None:
    with reading() as session:
        found = made(session)
        alerts = {alert.id: alert for alert in session.scalars(select(Alert))}
        for plan in found:
            assert len(plan.items) <= (plan.room or 0)
            for one in plan.items:
                alert = alerts[one.alert_id]
                assert (alert.region_code or "")[:9] == plan.unit.region_code
                assert alert.unit_code == (None if one.waiting else plan.unit.code)
                assert alert.status == ("waiting" if one.waiting else alert.status)
                assert alert.status in ("waiting", "dispatched", "accepted", "verifying")
            open_ones = [a for a in alerts.values() if a.unit_code == plan.unit.code]
            open_ones += [
                a for a in alerts.values() if a.status == "waiting" and a.region_code[:9] == plan.unit.region_code
            ]
            n_open = sum(a.status in ("waiting", "dispatched", "accepted", "verifying") for a in open_ones)
            assert len(plan.items) + plan.n_beyond == n_open
        numbers = [alert_id for _, alert_id, _, _ in shown(found)]
        assert len(numbers) == len(set(numbers)) > 0
        assert unplaced(session) == 0


@pytest.mark.parametrize("order", sorted(orders.NAMED))
def test_what_is_late_comes_first_then_the_order_of_work(filled: Path, order: str) -> None:
    set_to("U1", 40)
    with reading() as session:
        (plan,) = made(session, "U1", order=order)
        rows = {
            row.alert_id: row
            for row in session.execute(
                select(Alert.id.label("alert_id"), Alert.level, Alert.raised_at, Alert.recoverable, Alert.due_on,
                       Score.p_confirmed).outerjoin(Score, Score.alert_id == Alert.id)
            )
        }  # fmt: skip
    by = {why: [rows[one.alert_id] for one in plan.items if one.why == why] for why in ("overdue", "in_order")}
    assert by["overdue"]
    assert by["in_order"]
    assert [row.due_on for row in by["overdue"]] == sorted(row.due_on for row in by["overdue"])
    assert all(row.due_on < TODAY for row in by["overdue"])
    keys = [orders.key(order, row, 1_000.0) for row in by["in_order"]]
    assert keys == sorted(keys)
    assert not any(row.due_on and row.due_on < TODAY for row in by["in_order"])


def test_the_plan_does_not_depend_on_the_order_the_rows_were_written_in(
    home: Path, tmp_path: Path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    from data import database

    found = []
    for turn in (0, 1):
        monkeypatch.setenv("MINGJING_HOME", str(tmp_path / str(turn)))
        database.migrate()
        fill(now=NOW, n_alerts=150)
        if turn:
            _written_anew()
        set_to("U1", 12)
        with reading() as session:
            found.append(shown(made(session)))
        database.engine().dispose()
    assert found[0] == found[1]


def _written_anew() -> None:
    """Write every score again, the last first, so that the table gives them in another order."""
    with writing() as session:
        kept = [
            {column.name: getattr(score, column.name) for column in Score.__table__.columns}
            for score in session.scalars(select(Score).order_by(Score.alert_id.desc()))
        ]
        for score in session.scalars(select(Score)):
            session.delete(score)
        session.flush()
        session.add_all([Score(**values) for values in kept])


def test_random_checks_are_in_the_plan_before_anything_else(filled: Path) -> None:
    with reading() as session:
        last = [alert.id for alert in sorted(free_of(session, "U1"), key=lambda a: a.raised_at)[-3:]]
    draw(*last)
    set_to("U1", 2)
    with reading() as session:
        (plan,) = made(session, "U1")
    assert [one.alert_id for one in plan.items] == last[:2]
    assert (plan.n_of("drawn"), plan.n_waiting_drawn) == (2, 1)


def test_whoever_is_tied_is_never_given_it_and_what_nobody_may_verify_is_left_out(filled: Path) -> None:
    set_to("U1", 6)
    set_to("U1", 6, "u1a")
    set_to("U1", 6, "u1b")
    with reading() as session:
        (before,) = made(session, "U1")
        given = [one for one in before.items if one.given]
        one, other = (next(i.alert_id for i in given if i.account == who) for who in ("u1a", "u1b"))
        subject = session.get_one(Alert, one).subject_key
    with writing() as session:
        session.add(Responsible(alert_id=other, role="handler", subject_key="k" * 64, display="孙某某", post="",
                                unit_name="镜湖县农机站", source="x", finding=""))  # fmt: skip
        for account in ("u1a", "u1b"):
            session.add(
                RecusalTie(account=account, kind="same_unit", unit_name="镜湖县农机站", noted_at=NOW, noted_by="x")
            )
        session.add(RecusalTie(account="u1a", kind="kin", subject_key=subject, noted_at=NOW, noted_by="x"))
    with reading() as session:
        (plan,) = made(session, "U1")
    accounts = {i.alert_id: i.account for i in plan.items if i.given}
    assert accounts.get(one) != "u1a"
    assert other not in accounts
    assert plan.n_recused >= 1
    assert len(plan.items) == len(before.items), "others move up"


def test_people_get_no_more_than_they_can(filled: Path) -> None:
    set_to("U1", 30)
    set_to("U1", 3, "u1a")
    set_to("U1", 5, "u1b")
    with reading() as session:
        (plan,) = made(session, "U1")
        taken = {a.id: a.assignee for a in session.scalars(select(Alert).where(Alert.status == "verifying"))}
    n_of = {who: sum(one.account == who for one in plan.items) for who in ("u1a", "u1b")}
    assert n_of["u1a"] <= 3
    assert n_of["u1b"] <= 5
    assert sum(n_of.values()) == len(plan.items) <= (plan.room or 0) <= 8
    assert all(taken[one.alert_id] == one.account for one in plan.items if one.why == "going_on")


def test_confirming_dispatches_what_waits_assigns_what_is_dealt_out_and_keeps_it(filled: Path) -> None:
    set_to("U1", 40)
    set_to("U1", 20, "u1a")
    set_to("U1", 20, "u1b")
    with writing() as session:
        waiting = next(a for a in free_of(session, "U1"))
        waiting.status, waiting.unit_code = "waiting", None
        waiting_id = waiting.id
    with reading() as session:
        (plan,) = made(session, "U1")
        assert any(one.waiting for one in plan.items)
    with writing() as session:
        result = confirm(session, LEADER, "U1", at=NOW, seen=plan.fingerprint)
    assert result.refused == ()
    assert (result.n_kept, result.n_assigned) == (len(plan.items), sum(one.given for one in plan.items))
    with reading() as session:
        for one in plan.items:
            alert = session.get_one(Alert, one.alert_id)
            assert (alert.unit_code, alert.status, alert.assignee) == ("U1", "verifying", one.account)
        kinds = session.scalars(
            select(AlertEvent.kind).where(AlertEvent.alert_id == waiting_id).order_by(AlertEvent.id.desc()).limit(2)
        ).all()
        assert kinds == ["assigned", "dispatched"]
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "plan.confirmed")).one()
        assert (noted.actor, noted.object_id) == ("county.leader", "U1")
        kept = kept_plans(session, ["U1"], WEEK)["U1"]
        assert kept.alert_ids == {one.alert_id for one in plan.items}
        (again,) = made(session, "U1")
        assert {one.alert_id for one in again.items} == kept.alert_ids, "what was confirmed stays planned"
        assert again.n_to_give == 0
    with writing() as session:
        settle(session, waiting_id, "C1", at=NOW + timedelta(hours=1))
    with reading() as session:
        kept = kept_plans(session, ["U1"], WEEK)["U1"]
        assert (kept.n_concluded, kept.n_confirmed) == (1, 1)
        (later,) = made(session, "U1")
        assert (later.n_done, later.room) == (plan.n_done + 1, (plan.room or 0) - 1)


def test_a_plan_that_changed_or_is_empty_or_anothers_is_not_confirmed(filled: Path) -> None:
    with reading() as session:
        (plan,) = made(session, "U1")
        assert plan.items
    head = person("leader", region_code="990101002")
    with pytest.raises(NotPermitted), writing() as session:
        confirm(session, head, "U1", at=NOW, seen=plan.fingerprint)
    with writing() as session:
        settle(session, plan.items[0].alert_id, "E1", at=NOW)
    with pytest.raises(AlertChanged), writing() as session:
        confirm(session, LEADER, "U1", at=NOW, seen=plan.fingerprint)
    set_to("U1", 0)
    with reading() as session:
        (empty,) = made(session, "U1")
        assert empty.items == ()
    with pytest.raises(InputRefused), writing() as session:
        confirm(session, LEADER, "U1", at=NOW, seen=empty.fingerprint)
    with reading() as session:
        assert kept_plans(session, UNITS, WEEK) == {}


def test_the_plan_is_the_same_whoever_looks_and_shows_the_units_of_ones_posts(filled: Path) -> None:
    town = person("leader", region_code="990101001")
    inspector = person("inspector", unit_code="U1", code="u1a")
    with reading() as session:
        expected = shown(made(session, "U1"))
        assert [unit.code for unit in units_of(session, LEADER)] == list(UNITS)
    for who in (town, inspector):
        with seen_by(who) as session:
            assert [unit.code for unit in units_of(session, who)] == ["U1"]
            assert shown(made(session, "U1")) == expected


def test_a_capacity_is_the_median_of_the_weeks_for_its_working_days_or_what_its_head_set(filled: Path) -> None:
    with reading() as session:
        found = capacities(session, UNITS, week=WEEK)
        conclusions = session.execute(
            select(AlertEvent.at, Alert.unit_code).join(Alert, Alert.id == AlertEvent.alert_id)
            .where(AlertEvent.kind.in_(("concluded", "eliminated")))
        ).all()  # fmt: skip
    u1 = found["U1", WHOLE]
    assert 0 < len(u1.past) <= 8
    for week, n in u1.past:
        start, end = week.moments
        assert n == sum(unit == "U1" and start <= at < end for at, unit in conclusions)
    assert u1.proposed == pytest.approx(np.median([n * 5 / week.days for week, n in u1.past]))
    people = [found[who].past for who in found if who[0] == "U1" and who[1]]
    assert sum(n for past in people for _, n in past) == sum(n for _, n in u1.past)
    set_to("U1", 10)
    with reading() as session:
        assert capacities(session, ["U1"], week=WEEK)["U1", WHOLE].of(WEEK) == 10
    with writing() as session:
        put(session, LEADER, "U1", None, at=NOW)
    with reading() as session:
        assert session.scalars(select(CapacitySet)).all() == []
        noted = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "capacity.put")).all()
    assert [("after" in said, "before" in said) for said in noted] == [(True, False), (False, True)]


def test_a_short_week_has_its_share_and_a_week_nobody_works_in_is_passed_over() -> None:
    national_day = Week(date(2026, 9, 28))
    assert Capacity((), set_to=10).of(national_day) == 2 * national_day.days
    assert national_day.days < 5
    assert planned_week(date(2026, 11, 22)).first == date(2026, 11, 23), "a Sunday plans the next week"
    assert planned_week(date(2026, 11, 20)) == week_of(date(2026, 11, 20))
    assert planned_week(date(2026, 10, 1)).first == date(2026, 10, 5)


@pytest.mark.parametrize(
    ("who", "unit", "n", "account", "error"),
    [
        ("inspector", "U1", 5, WHOLE, NotPermitted),
        ("head of U2", "U1", 5, WHOLE, NotPermitted),
        ("leader", "U1", -1, WHOLE, InputRefused),
        ("leader", "U1", 10_001, WHOLE, InputRefused),
        ("leader", "U1", 5, "u2a", InputRefused),
        ("leader", "U1", 5, "nobody", InputRefused),
    ],
)
def test_who_may_not_set_a_capacity_and_what_is_none(
    small_office: Path, who: str, unit: str, n: int, account: str, error: type[Exception]
) -> None:
    people = {
        "inspector": person("inspector"),
        "head of U2": person("leader", region_code="990101002"),
        "leader": LEADER,
    }
    fill(now=NOW, n_alerts=2)
    with pytest.raises(error), writing() as session:
        put(session, people[who], unit, n, account=account, at=NOW)


def test_an_office_without_people_or_alerts_or_past_has_a_plan_that_says_so(small_office: Path) -> None:
    fill(now=NOW, n_alerts=0)
    with reading() as session:
        found = made(session)
        assert [plan.room for plan in found] == [None] * len(UNITS)
        assert shown(found) == []
        assert find_person(session, "u1a", today=TODAY).code == "u1a"
    with writing() as session:
        choose(session, LEADER, "U1", "urgency", at=NOW)
    with reading() as session:
        assert [plan.order.order for plan in made(session, "U1", "U2")] == ["urgency", "likelihood"]
