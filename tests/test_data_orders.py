"""Named orders of the queue: total, the same in Python and on both databases, chosen by whom it concerns, followed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from data import orders
from data.database import reading, writing
from data.dispatch import take_next
from data.errors import InputRefused, NotPermitted
from data.order_choice import OFFICE, Chosen, InForce, choose, in_force, proposed_worth
from data.orders import NAMED
from data.queue import IN_FORCE, ORDERS, Filter, page
from data.record_tables import AuditEntry
from data.rights import acting
from data.states import TO_VERIFY
from data.tables import Alert, Score
from scoring.office import put_in_order
from tests.office_in_miniature import fill
from tests.people import person

NOW = datetime(2026, 11, 22, 6, 0)
TODAY = date(2026, 11, 22)
WORTH = 2_000.0


@dataclass(frozen=True)
class One:
    """An alert as an order sees it."""

    alert_id: int
    level: str
    raised_at: datetime
    p_confirmed: float | None
    recoverable: float | None
    unit_code: str | None


ALERTS = st.builds(
    One,
    alert_id=st.integers(1, 10**6),
    level=st.sampled_from(["red", "orange", "yellow", "blue"]),
    raised_at=st.integers(0, 3).map(lambda days: NOW - timedelta(days=days)),
    p_confirmed=st.sampled_from([None, 0.1, 0.5, 0.9]),
    recoverable=st.sampled_from([None, 0.0, 100.0, 5_000.0]),
    unit_code=st.sampled_from([None, "U1", "U2", "U3"]),
)
MANY = st.lists(ALERTS, unique_by=lambda one: one.alert_id, max_size=30)


@settings(deadline=None)
@given(MANY, st.sampled_from(sorted(NAMED)), st.randoms(use_true_random=False))
def test_an_order_is_total_whatever_the_order_of_the_rows(alerts: list[One], order: str, chance: object) -> None:
    keys = [orders.key(order, one, WORTH) for one in alerts]
    assert len(set(keys)) == len(keys)
    mixed = list(alerts)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    placed = sorted(alerts, key=lambda one: orders.key(order, one, WORTH))
    assert placed == sorted(mixed, key=lambda one: orders.key(order, one, WORTH))


@settings(deadline=None)
@given(MANY, st.sampled_from(sorted(NAMED)), st.sampled_from(sorted(NAMED)))
def test_a_unit_with_an_order_of_its_own_changes_places_among_its_own(alerts: list[One], all_by: str, by: str) -> None:
    ruled = InForce(Chosen(all_by, WORTH), {"U1": Chosen(by, WORTH)})
    placed = ruled.arranged(alerts)
    plain = InForce(Chosen(all_by, WORTH), {}).arranged(alerts)
    assert sorted(one.alert_id for one in placed) == sorted(one.alert_id for one in alerts)
    theirs = [one for one in placed if one.unit_code == "U1"]
    assert theirs == sorted(theirs, key=lambda one: orders.key(by, one, WORTH))
    assert [one.unit_code == "U1" for one in placed] == [one.unit_code == "U1" for one in plain]
    assert [one for one in placed if one.unit_code != "U1"] == [one for one in plain if one.unit_code != "U1"]


@pytest.fixture
def tied(office: Path) -> Path:
    """An office with ties: probabilities of two digits, three amounts, some without, one alert without a score."""
    with writing() as session:
        fill(session, now=NOW, n_alerts=120)
        for score in session.scalars(select(Score)):
            score.p_confirmed = round(score.p_confirmed, 1)
        for number, alert in enumerate(session.scalars(select(Alert).order_by(Alert.id))):
            alert.recoverable = (None, 1_000.1, 2_500.0, 40_000.3)[number % 4]
            alert.raised_at = NOW - timedelta(days=number % 9)
        session.flush()
        put_in_order(session)
        session.delete(session.scalars(select(Score).where(Score.queue_rank == 5)).one())
    return office


def test_a_view_stands_as_the_key_says_on_both_databases(tied: Path) -> None:
    columns = (Alert.id.label("alert_id"), Alert.level, Alert.raised_at, Alert.recoverable, Score.p_confirmed)
    query = select(*columns).outerjoin(Score, Score.alert_id == Alert.id).where(Alert.status.in_(TO_VERIFY))
    with reading() as session:
        alerts = session.execute(query).all()
        for order in NAMED:
            shown, n = page(session, Filter(), order=order, start=0, end=500, today=TODAY, worth=WORTH)
            placed = sorted(alerts, key=lambda one: orders.key(order, one, WORTH))
            assert n == len(shown) == len(alerts)
            assert [row.id for row in shown] == [one.alert_id for one in placed], order


def test_the_ranks_follow_what_was_chosen_for_the_office_and_for_a_unit(tied: Path) -> None:
    leader, inspector = person("leader"), person("inspector", unit_code="U1", code="u1a")
    with writing() as session:
        choose(session, leader, OFFICE, "recoverable", at=NOW)
        choose(session, leader, "U1", "mixed", at=NOW, worth=WORTH)
        put_in_order(session)
    with reading() as session:
        shown, _ = page(session, Filter(), order=IN_FORCE, start=0, end=500, today=TODAY)
        looked, _ = page(session, Filter(), order="recoverable", start=0, end=500, today=TODAY)
        others = [row.id for row in shown if row.unit_code != "U1" and row.rank]
        assert others == [row.id for row in looked if row.unit_code != "U1" and row.rank]
        only = Filter(unit=("U1",))
        mine, _ = page(session, only, order="mixed", start=0, end=500, today=TODAY, worth=WORTH)
        assert [row.id for row in shown if row.unit_code == "U1"] == [row.id for row in mine]
        free = [row.id for row in mine if row.status in ("dispatched", "accepted") and row.rank]
    with acting(inspector) as session:
        assert take_next(session, inspector, Filter(), at=NOW) == free[0]


def test_a_unit_follows_the_office_again(office: Path) -> None:
    leader = person("leader")
    with writing() as session:
        fill(session, now=NOW, n_alerts=20)
        choose(session, leader, "U1", "urgency", at=NOW)
        choose(session, leader, "U1", "", at=NOW)
    with reading() as session:
        assert in_force(session) == InForce(Chosen(), {})
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.chosen")).all()
        assert [(entry.actor, entry.object_id) for entry in noted] == [("leader", "U1")] * 2


@pytest.mark.parametrize(
    ("who", "unit", "order", "worth", "error"),
    [
        ("inspector", "U1", "urgency", None, NotPermitted),
        ("leader of a town", OFFICE, "urgency", None, NotPermitted),
        ("leader of a town", "U2", "urgency", None, NotPermitted),
        ("leader of a domain", "U1", "urgency", None, NotPermitted),
        ("leader", "U99", "urgency", None, NotPermitted),
        ("leader", "U1", "best", None, InputRefused),
        ("leader", OFFICE, "", None, InputRefused),
        ("leader", OFFICE, "mixed", None, InputRefused),
        ("leader", OFFICE, "mixed", 0.0, InputRefused),
        ("leader", OFFICE, "mixed", float("nan"), InputRefused),
        ("leader", OFFICE, "mixed", 1e12, InputRefused),
    ],
)
def test_who_may_not_choose_and_what_is_none(
    small_office: Path, who: str, unit: str, order: str, worth: float | None, error: type[Exception]
) -> None:
    people = {
        "inspector": person("inspector"),
        "leader": person("leader"),
        "leader of a town": person("leader", region_code="990101001"),
        "leader of a domain": person("leader", domain_code="procurement"),
    }
    fill(now=NOW, n_alerts=2)
    with pytest.raises(error), writing() as session:
        choose(session, people[who], unit, order, at=NOW, worth=worth)
    with reading() as session:
        assert in_force(session) == InForce(Chosen(), {})


def test_the_proposed_worth_is_the_median_of_what_was_confirmed(small_office: Path) -> None:
    fill(now=NOW, n_alerts=40)
    with writing() as session:
        session.execute(update(Alert).values(recoverable=None))
        confirmed = session.scalars(select(Alert).where(Alert.outcome.in_(("C0", "C1", "C2", "C3"))).limit(3)).all()
        assert proposed_worth(session) == 0.0, "nobody knows yet"
        for alert, amount in zip(confirmed, (90.0, 1_234.0, 800_000.0), strict=True):
            alert.recoverable = amount
        excluded = session.scalars(select(Alert).where(Alert.outcome == "E1").limit(1)).one()
        excluded.recoverable = 9.0
    with reading() as session:
        assert proposed_worth(session) == 1_200.0


def test_every_order_says_what_it_maximises_and_what_it_gives_up() -> None:
    assert (IN_FORCE, *NAMED) == ORDERS
    said = [one for order in NAMED.values() for language in ("zh", "en") for one in order.sentences(language)]
    assert all(said)
    assert len(set(said)) == len(said)
