"""Need to know: every way of asking for alerts is narrowed to the person's posts, and the two tellings agree."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import exists, func, select, text, union
from sqlalchemy.orm import Session, aliased

from data import attachments, elimination, inquiries, measures, supervision
from data.database import engine, reading, writing
from data.errors import NotFound, NotPermitted
from data.loop import locked
from data.people_tables import Account, Post
from data.rights import (
    RIGHTS,
    RIGHTS_EN,
    ROLES,
    Held,
    Person,
    acting,
    condition,
    find_person,
    seen_by,
    whole_office,
)  # fmt: skip
from data.tables import Alert, AlertEvent
from tests.loop_in_miniature import (
    APPROVER,
    CONTACT,
    ELSEWHERE,
    LEADER,
    NOW,
    RAISED,
    VERIFIER,
    add_alert,
    furnish,
    somebody,
    taken,
)  # fmt: skip

TOWN_LEADER = somebody("leader", "town", region="990101001")
OF_ONE_DOMAIN = somebody("analyst", "domain", domain="village_projects")
TWO_POSTS = Person(
    "two",
    "两",
    "U1",
    (Held(ROLES["inspector"], "U1", "", "village_projects"), Held(ROLES["inspector"], "U2", "", None)),
)
NOBODY = Person("nobody", "无", "U1", ())
PEOPLE = (
    VERIFIER, ELSEWHERE, APPROVER, LEADER, CONTACT, TOWN_LEADER, OF_ONE_DOMAIN, TWO_POSTS, NOBODY,
    *(somebody(role) for role in ROLES),
)  # fmt: skip
PLACES = (
    {"unit_code": "U1", "region_code": "990101001", "domain_code": "benefit_funds"},
    {"unit_code": "U1", "region_code": "990101001", "domain_code": "village_projects"},
    {"unit_code": "U2", "region_code": "990101002", "domain_code": "benefit_funds"},
    {"unit_code": "C1", "region_code": "990101", "domain_code": None},
    {"unit_code": None, "region_code": None, "domain_code": None, "status": "waiting"},
)
EXPECTED = {
    "li": {1, 2}, "zhao": {3}, "chen": {1, 2, 3, 4, 5}, "zhou": {1, 2, 3, 4, 5}, "qian": set(), "town": {1, 2},
    "domain": {2}, "two": {2, 3}, "nobody": set(),
}  # fmt: skip


@pytest.fixture
def places(small_office: Path) -> None:
    furnish()
    with writing() as session:
        for number, place in enumerate(PLACES, start=1):
            assert add_alert(session, number, **place) == number


_WAYS: dict[str, Callable[[Session], set[int]]] = {
    "rows": lambda session: {alert.id for alert in session.scalars(select(Alert))},
    "one column": lambda session: set(session.scalars(select(Alert.id))),
    "get": lambda session: {n for n in range(1, 6) if session.get(Alert, n) is not None},
    "alias": lambda session: set(session.scalars(select(aliased(Alert).id))),
    "join": lambda session: set(
        session.scalars(select(AlertEvent.alert_id).join(Alert, Alert.id == AlertEvent.alert_id))
    ),
    "in a subquery": lambda session: set(
        session.scalars(select(AlertEvent.alert_id).where(AlertEvent.alert_id.in_(select(Alert.id))))
    ),
    "exists": lambda session: set(
        session.scalars(select(AlertEvent.alert_id).where(exists().where(Alert.id == AlertEvent.alert_id)))
    ),
    "a derived table": lambda session: set(session.scalars(select(select(Alert.id).subquery().c.id))),
    "a common table": lambda session: set(session.scalars(select(select(Alert.id).cte().c.id))),
    "grouped": lambda session: {n for n, _ in session.execute(select(Alert.id, func.count()).group_by(Alert.id))},
    "a union": lambda session: {row.id for row in session.execute(union(select(Alert.id), select(Alert.id)))},
    "the old query": lambda session: {alert.id for alert in session.query(Alert)},
}  # fmt: skip


@pytest.mark.usefixtures("places")
def test_every_way_of_asking_is_narrowed() -> None:
    for person in PEOPLE:
        if person.code not in EXPECTED:
            continue
        for name, ask in _WAYS.items():
            with seen_by(person) as session:
                assert ask(session) == EXPECTED[person.code], (person.code, name)
        with seen_by(person) as session:
            assert session.scalar(select(func.count(Alert.id))) == len(EXPECTED[person.code])
            assert session.scalar(select(func.count()).select_from(Alert)) == len(EXPECTED[person.code])


@pytest.mark.usefixtures("places")
def test_the_condition_and_the_method_agree_for_everybody_and_every_right() -> None:
    with reading() as session:
        alerts = session.scalars(select(Alert)).all()
        for person in PEOPLE:
            for right in RIGHTS:
                by_query = set(session.scalars(select(Alert.id).where(condition(person, right))))
                assert by_query == {alert.id for alert in alerts if person.may_on(right, alert)}, (person.code, right)


@pytest.mark.usefixtures("places")
def test_what_one_may_not_see_one_cannot_change() -> None:
    with pytest.raises(NotFound), acting(ELSEWHERE) as session:
        locked(session, 1)
    with acting(ELSEWHERE) as session:
        with whole_office(session):
            assert locked(session, 1).id == 1
        with pytest.raises(NotFound):
            locked(session, 1)


def test_what_hangs_on_an_alert_is_seen_only_with_it(small_office: Path) -> None:
    furnish()
    alert_id = taken()
    with acting(VERIFIER) as session:
        attachments.add(session, alert_id, VERIFIER, at=NOW, name="a.pdf", content=b"%PDF-1.7")
        inquiries.ask(session, alert_id, VERIFIER, at=NOW, unit_code="D1", question="请说明发放依据")
        measures.add(session, alert_id, VERIFIER, at=NOW, kind="letter", quantity=1, done_on=NOW.date())
        elimination.request(session, alert_id, VERIFIER, at=NOW, cause="F01", reason="迁出登记晚于发放，属登记滞后")
    with acting(LEADER) as session:
        supervision.order(
            session, alert_id, LEADER, at=NOW, reason="other", demand="限期查清并报结果", due_on=date(2026, 4, 1)
        )
    for room in (attachments, inquiries, measures, elimination, supervision):
        with seen_by(VERIFIER) as session:
            assert len(room.of_alert(session, alert_id)) == 1, room
        for person in (ELSEWHERE, CONTACT, NOBODY):
            with seen_by(person) as session:
                assert room.of_alert(session, alert_id) == [], room


def test_who_has_no_right_is_told_in_both_languages() -> None:
    with pytest.raises(NotPermitted) as refused:
        VERIFIER.must("approve")
    assert RIGHTS_EN["approve"] in str(refused.value)
    assert RIGHTS["approve"] in refused.value.zh
    VERIFIER.must("verify")


def test_the_three_administrators_carry_no_right_of_another() -> None:
    administrators = [role for role in ROLES.values() if role.administers]
    others = set().union(*(role.rights for role in ROLES.values() if not role.administers))
    assert {role.code for role in administrators} == {"system_admin", "security_admin", "audit_admin"}
    for role in administrators:
        assert role.sees == "nothing"
        assert not role.rights & others
        assert sum(1 for one in administrators if one.rights & role.rights) == 1


def test_every_right_is_carried_by_somebody() -> None:
    assert set().union(*(role.rights for role in ROLES.values())) == set(RIGHTS)


def test_regions_nest() -> None:
    assert TOWN_LEADER.covers("990101001", "see")
    assert TOWN_LEADER.covers("990101001007", "see")
    assert not TOWN_LEADER.covers("990101", "see")
    assert not TOWN_LEADER.covers("", "see")
    assert LEADER.covers("", "see")
    assert LEADER.regions("see") == ("",)


@pytest.mark.usefixtures("places")
def test_a_post_counts_from_its_first_to_its_last_day() -> None:
    with writing() as session:
        session.add(
            Account(
                code="li", name="李", unit_code="U1", state="active", must_change=False, n_failed=0, created_at=RAISED,
                created_by="t",
            )
        )  # fmt: skip
        session.flush()
        days = {"from_on": date(2026, 3, 1), "until_on": date(2026, 3, 31)}
        session.add(Post(account="li", role="inspector", unit_code="U1", granted_by="t", **days))
        session.add(Post(account="li", role="no such role", unit_code="U1", granted_by="t", from_on=date(2020, 1, 1)))
    with reading() as session:
        rights = [
            bool(find_person(session, "li", today=day).rights)
            for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
        ]
    assert rights == [False, True, True, False]
    with writing() as session:
        session.get_one(Account, "li").state = "blocked"
    with reading() as session, pytest.raises(NotFound, match="no active account"):
        find_person(session, "li", today=date(2026, 3, 9))


@pytest.mark.usefixtures("places")
def test_the_filter_is_of_the_session_not_of_the_table() -> None:
    with reading() as session:
        assert len(session.scalars(select(Alert)).all()) == 5
    with engine().connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM alert")).scalar() == 5


@pytest.mark.usefixtures("places")
def test_who_is_bound_to_a_unit_has_the_wall_of_its_region_and_no_wider() -> None:
    with writing() as session:
        session.add(
            Account(
                code="li", name="李", unit_code="U1", state="active", must_change=False, n_failed=0, created_at=RAISED,
                created_by="t",
            )
        )  # fmt: skip
        session.flush()
        for role in ("inspector", "contact"):
            session.add(Post(account="li", role=role, unit_code="U1", granted_by="t", from_on=date(2020, 1, 1)))
    with reading() as session:
        li = find_person(session, "li", today=NOW.date())
    assert li.regions("wall") == ("990101001",)
    assert li.covers("990101001", "wall")
    for wider in ("", "990101", "990101002"):
        assert not li.covers(wider, "wall")
    with seen_by(li) as session:
        assert set(session.scalars(select(Alert.id))) == {1, 2}
