"""Suppressions: what is on the list is not raised again, is counted, and never hides what is there."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.collision import collide
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.identity import subject_key
from data.loop_tables import Suppression
from data.record_tables import AuditEntry
from data.rights import Person, acting, seen_by
from data.supervision_models import install
from data.suppressions import create, lift, listed, review, standing
from data.tables import Alert, CollisionRun
from tests.people import person
from tests.tables_in_text import card_named
from tests.test_data_collision import A_THIRD, APRIL, JOURNAL, MARCH, MAY, TWINS, give, journal
from tests.test_data_dispatch import HAN, furnish, put_alert

OWNER = HAN
CHIEF = person("approver", unit_code="C1", region_code="990101", code="chief")
ELSEWHERE = person("approver", unit_code="C2", region_code="990102", code="elsewhere")
AT = datetime(2024, 3, 15, 2)


@pytest.fixture
def village(office: Path) -> Path:
    with writing() as session:
        furnish(session)
        install(session, card_named("M10"))
        journal(session, TWINS)
    return office


def village_key() -> str:
    return subject_key("village", "990101001201")


_OF_THE_ALERT = ("source", "rule", "subject_key")


def eliminated(session: Session, **values: object) -> int:
    """An alert of the village that was eliminated before; what is found now is another."""
    alert = session.get_one(Alert, put_alert(session, status="closed", subject=village_key()))
    for name, value in ({"rule": "twin_expenses", "outcome": "E1", "concluded_at": AT} | values).items():
        setattr(alert, name, value)
    session.flush()
    return alert.id


def raised(session: Session) -> Alert:
    """The one alert that a run raised."""
    return session.scalars(select(Alert).where(Alert.run_id.is_not(None))).one()


def put(session: Session, person: Person = CHIEF, **changes: object) -> Suppression:
    of = {name: changes.pop(name) for name in _OF_THE_ALERT if name in changes}
    alert_id = changes.pop("alert_id", None) or eliminated(session, **of)
    said = {"at": AT, "reason": "已批准的应急工程", "until_on": date(2024, 6, 30), "owner": "han"}
    return create(session, person, alert_id=alert_id, **(said | changes))


def run(as_of: datetime) -> tuple[int, int, int]:
    with writing() as session:
        filed = collide(session, card_named("M10"), as_of=as_of)
        return filed.n_new, filed.n_extended, filed.n_withheld


def test_a_suppressed_subject_is_not_raised_and_is_counted(village: Path) -> None:
    with writing() as session:
        put(session)
    assert run(MARCH) == (0, 0, 1)
    assert run(APRIL) == (0, 0, 1)
    with reading() as session:
        assert session.scalar(select(func.count(Alert.id)).where(Alert.run_id.is_not(None))) == 0
        assert session.scalars(select(Suppression.n_withheld)).one() == 2
        assert list(session.scalars(select(CollisionRun.n_withheld))) == [1, 1]
    assert run(datetime(2024, 7, 1)) == (1, 0, 0), "it ended the day before"


@pytest.mark.parametrize(
    "changes",
    [{"rule": "another"}, {"source": "M11"}, {"subject_key": "x" * 64}, {"until_on": date(2024, 3, 30)}],
)
def test_what_is_not_on_the_list_is_raised(village: Path, changes: dict[str, object]) -> None:
    with writing() as session:
        put(session, **changes)
    assert run(MARCH) == (1, 0, 0)


def test_every_rule_may_be_meant_and_what_is_lifted_counts_no_more(village: Path) -> None:
    with writing() as session:
        number = put(session, every_rule=True).id
    assert run(MARCH) == (0, 0, 1)
    with acting(OWNER) as session:
        lift(session, number, OWNER, at=datetime(2024, 4, 1, 2))
        with pytest.raises(TransitionRefused, match="lifted by han"):
            lift(session, number, OWNER, at=datetime(2024, 4, 1, 2))
    assert run(APRIL) == (1, 0, 0)
    with reading() as session:
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "suppression")))
        assert actions == ["suppression.created", "suppression.lifted"]


def test_it_changes_no_alert_that_is_there_and_keeps_a_closed_one_closed(village: Path) -> None:
    assert run(MARCH) == (1, 0, 0)
    with writing() as session:
        journal(session, A_THIRD)
        put(session, at=datetime(2024, 4, 1))
    assert run(APRIL) == (0, 1, 0), "an alert that is verified takes its new rows"
    with writing() as session:
        give(session, raised(session).id, at=datetime(2024, 5, 6, 1))
        journal(session, JOURNAL + "4 | 990101001201 | 2024-03-05 | 6000 | 丁 | v4 | 2024-05-10")
    assert run(MAY) == (0, 0, 1)
    with reading() as session:
        assert (raised(session).status, raised(session).amount) == ("closed", 18000)
    assert run(datetime(2024, 7, 1)) == (0, 1, 0), "the rows were not lost"
    with reading() as session:
        assert (raised(session).status, raised(session).amount) == ("dispatched", 24000)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"owner": "chief"}, TransitionRefused, "a second person"),
        ({"reason": "好"}, InputRefused, "the reason"),
        ({"until_on": date(2024, 3, 15)}, InputRefused, "expected a day after 2024-03-15"),
        ({"until_on": date(2025, 3, 16)}, InputRefused, "up to 2025-03-15"),
        ({"alert_id": 99}, NotFound, "alert 99"),
    ],
)
def test_it_takes_an_owner_another_who_approves_a_reason_and_a_day(
    village: Path, changes: dict[str, object], error: type[Exception], said: str
) -> None:
    with writing() as session, pytest.raises(error, match=said):
        put(session, **changes)


@pytest.mark.parametrize("person", [OWNER, ELSEWHERE])
def test_who_acts_approves_and_must_have_the_right_over_the_alert(village: Path, person: Person) -> None:
    with writing() as session:
        with pytest.raises(NotPermitted, match="has no right to approve"):
            put(session, person, owner="li")
        made = put(session, owner="li")
        assert (made.owner, made.approved_by, made.source, made.rule) == ("li", "chief", "M10", "twin_expenses")


def test_the_list_says_how_long_and_what_is_to_be_reviewed_this_quarter(village: Path) -> None:
    with writing() as session:
        own = put(session).id
        put(session, subject_key="y" * 64, until_on=date(2024, 4, 30))
        on = date(2024, 6, 20)
        assert [(line.days_left, line.to_review) for line in listed(session, on=on)] == [(11, True), (0, False)]
        review(session, own, CHIEF, at=datetime(2024, 6, 19, 1))
        assert [(line.days_left, line.to_review) for line in listed(session, on=on)] == [(11, False), (0, False)]
        assert [one.id for one in standing(session, "M10", [village_key()], on)] == [own]
    with seen_by(ELSEWHERE) as session:
        assert listed(session, on=on) == []
    with acting(ELSEWHERE) as session, pytest.raises(NotFound):
        lift(session, own, ELSEWHERE, at=datetime(2024, 6, 20, 1))
