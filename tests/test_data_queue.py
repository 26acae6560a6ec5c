"""The queue: filters in addresses, named orders without a gap or a repeat, and counts of the filtered whole."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from data.database import engine, reading, writing
from data.errors import InputRefused
from data.facets import facets
from data.queue import ORDERS, Filter, address, listed, next_alert, order_of, page, total
from data.rights import Person, seen_by
from data.states import FREE, STATES, TO_VERIFY
from data.tables import Alert, Score
from data.working_days import working_days_between
from tests.office_in_miniature import fill, settle
from tests.people import person

NOW = datetime(2026, 11, 22, 6, 0)
TODAY = date(2026, 11, 22)
ALL = Filter(status=tuple(STATES))


@pytest.fixture
def filled(office: Path) -> Path:
    fill(now=NOW, n_alerts=120)
    return office


def ids(session: Session, wanted: Filter, order: str = "in_force", step: int = 7) -> list[int]:
    """The whole view, read in pages as the grid does."""
    found: list[int] = []
    n = total(session, wanted, today=TODAY)
    for start in range(0, n, step):
        rows, everything = page(session, wanted, order=order, start=start, end=start + step, today=TODAY)
        assert everything == n
        found += [row.id for row in rows]
    return found


def test_pages_show_every_alert_once(filled: Path) -> None:
    with writing() as session:
        for score in session.scalars(select(Score).where(Score.queue_rank.in_((2, 9, 11)))):
            session.delete(score)
    with reading() as session:
        for wanted in (
            Filter(),
            ALL,
            Filter(status=("closed",)),
            Filter(region="990101001"),
            Filter(level=("red", "yellow")),
        ):
            for order in ORDERS:
                shown = ids(session, wanted, order)
                assert len(shown) == len(set(shown)) == total(session, wanted, today=TODAY) > 0, (wanted, order)


def test_likelihood_follows_the_stored_rank_and_the_unscored_come_last(filled: Path) -> None:
    with writing() as session:
        gone = session.scalars(select(Score).where(Score.queue_rank.in_((1, 4)))).all()
        unscored = {score.alert_id for score in gone}
        for score in gone:
            session.delete(score)
    with reading() as session:
        n = total(session, Filter(), today=TODAY)
        rows, _ = page(session, Filter(), order="in_force", start=0, end=n, today=TODAY)
    ranks = [row.rank for row in rows if row.rank is not None]
    assert ranks == sorted(ranks)
    assert {row.id for row in rows[-2:]} == unscored
    assert all(row.p_confirmed is None for row in rows[-2:])


def test_concluded_alerts_leave_no_gap_in_the_pages(filled: Path) -> None:
    with writing() as session:
        for rank in (1, 2, 6):
            alert_id = session.scalars(select(Score.alert_id).where(Score.queue_rank == rank)).one()
            settle(session, alert_id, "H1" if rank == 2 else "C1", at=NOW)
        assert session.scalars(select(Score.queue_rank).where(Score.queue_rank <= 3)).all() == [2, 3], "held keeps it"
    with reading() as session:
        shown = ids(session, Filter(), step=3)
        ranked = session.scalars(
            select(Alert.id).join(Score, Score.alert_id == Alert.id).where(Alert.status.in_(TO_VERIFY))
            .order_by(Score.queue_rank)
        ).all()  # fmt: skip
        assert shown == list(ranked)


def test_urgency_is_level_then_the_oldest(filled: Path) -> None:
    with reading() as session:
        n = total(session, ALL, today=TODAY)
        rows, _ = page(session, ALL, order="urgency", start=0, end=n, today=TODAY)
    keys = [(("red", "orange", "yellow").index(row.level), row.raised_at) for row in rows]
    assert keys == sorted(keys)


def test_recoverable_is_the_largest_expected_amount_first(filled: Path) -> None:
    with reading() as session:
        rows, _ = page(session, Filter(), order="recoverable", start=0, end=50, today=TODAY)
    amounts = [row.expected_recoverable or 0 for row in rows]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > 0


def test_a_filter_keeps_only_what_it_says(filled: Path) -> None:
    wanted = Filter(
        region="990101001", level=("red",), source=("M01", "M02"), status=(*TO_VERIFY, "rectifying", "closed")
    )
    with reading() as session:
        rows, n = page(session, wanted, order="in_force", start=0, end=100, today=TODAY)
        recounted = session.scalar(
            select(func.count(Alert.id)).where(
                Alert.region_code.startswith("990101001"), Alert.level == "red",
                Alert.source.in_(("M01", "M02")), Alert.status != "held",
            )
        )  # fmt: skip
    assert n == len(rows) == recounted > 0
    assert {row.place.split()[0] for row in rows} == {"高桥镇"}


def test_text_finds_title_place_and_number(filled: Path) -> None:
    with reading() as session:
        some = session.scalars(select(Alert).where(Alert.source == "M11")).first()
        assert some is not None
        assert ids(session, Filter(status=ALL.status, q=f"#{some.id}")) == [some.id]
        by_title = set(ids(session, Filter(status=ALL.status, q="未批先建")))
        assert by_title == set(ids(session, Filter(status=ALL.status, source=("M11",))))
        assert set(ids(session, Filter(status=ALL.status, q="高桥镇"))) <= set(
            ids(session, Filter(status=ALL.status, region="990101001"))
        )
        assert ids(session, Filter(q="100%_no such words")) == []


def test_due_is_counted_from_today(filled: Path) -> None:
    with reading() as session:
        rows, _ = page(session, Filter(due="overdue"), order="urgency", start=0, end=200, today=TODAY)
        assert rows
        assert all(row.due_on is not None and row.due_on < TODAY for row in rows)
        soon, _ = page(session, Filter(due="soon"), order="urgency", start=0, end=200, today=TODAY)
        assert soon
        assert all(row.due_on and 0 <= working_days_between(TODAY, row.due_on) <= 3 for row in soon)


def test_facets_count_what_choosing_them_would_show(filled: Path) -> None:
    wanted = Filter(region="990101001", level=("red",))
    with reading() as session:
        shown = facets(session, wanted, today=TODAY)
        for choice in shown.level:
            assert choice.n == total(session, Filter(region="990101001", level=(choice.code,)), today=TODAY)
        for choice in shown.region:
            assert choice.n == total(session, Filter(region=choice.code, level=("red",)), today=TODAY)
        for choice in shown.source:
            only = Filter(region="990101001", level=("red",), source=(choice.code,))
            assert choice.n == total(session, only, today=TODAY)
        for choice in shown.status:
            assert choice.n == total(session, replace(wanted, status=(choice.code,)), today=TODAY)
        assert [(c.code, c.name) for c in shown.status] == [(s.code, s.name) for s in STATES.values()]
        for choice in shown.unit:
            assert choice.n == total(session, replace(wanted, unit=(choice.code,)), today=TODAY)
        assert shown.unit[0].name == "高桥镇纪委"
    assert [c.name for c in shown.region][:4] == ["明州省", "清源市", "镜湖县", "高桥镇"]
    assert [c.depth for c in shown.region] == [0, 1, 2, 3, 4, 4, 4, 4]


def test_next_alert_is_the_highest_ranked_one_that_nobody_took(filled: Path) -> None:
    with reading() as session:
        free = session.scalars(
            select(Alert.id).join(Score, Score.alert_id == Alert.id).where(Alert.status.in_(FREE))
            .order_by(Score.queue_rank)
        ).all()  # fmt: skip
        assert next_alert(session, Filter(), today=TODAY) == free[0]
        assert next_alert(session, Filter(status=("closed",)), today=TODAY) == free[0]
        assert next_alert(session, Filter(), today=TODAY, after=free[0]) == free[1]
        assert next_alert(session, Filter(q="no such words"), today=TODAY) is None


SCOPED: dict[str, tuple[Person, Callable[[Alert], bool]]] = {
    "inspector": (person("inspector", unit_code="U2"), lambda a: a.unit_code == "U2"),
    "leader of a town": (
        person("leader", region_code="990101003"),
        lambda a: (a.region_code or "").startswith("990101003"),
    ),
    "analyst of a domain": (
        person("analyst", domain_code="village_funds"),
        lambda a: a.domain_code == "village_funds",
    ),
    "leader of all": (person("leader"), lambda _: True),
    "department": (person("contact", unit_code="U2"), lambda _: False),
}


def test_a_person_sees_and_counts_what_is_in_scope_and_nothing_else(filled: Path) -> None:
    with reading() as session:
        everything = {alert.id: alert for alert in session.scalars(select(Alert))}
    for who, (somebody, belongs) in SCOPED.items():
        mine = {alert.id: alert for alert in everything.values() if belongs(alert)}
        with seen_by(somebody) as session:
            _sees_only(session, mine, who)


def _sees_only(session: Session, mine: dict[int, Alert], who: str) -> None:
    to_verify = {alert.id for alert in mine.values() if alert.status in TO_VERIFY}
    assert set(ids(session, Filter(), step=30)) == to_verify, who
    for order in ORDERS:
        assert set(ids(session, ALL, order, step=50)) == set(mine), (who, order)
    ranks = [row.rank for row in page(session, Filter(), order="in_force", start=0, end=99, today=TODAY)[0]]
    assert ranks == sorted(ranks), "the order is the office's"
    shown = facets(session, ALL, today=TODAY)
    for counted in (shown.level, shown.status, shown.domain, shown.source):
        assert sum(choice.n for choice in counted) == len(mine), who
    assert sum(choice.n for choice in shown.unit) == sum(a.unit_code is not None for a in mine.values())
    assert shown.region[0].n == len(mine)
    nobodys = {choice.code: choice.n for choice in shown.assignee}["nobody"]
    assert nobodys == sum(a.assignee is None for a in mine.values())
    next_one = next_alert(session, Filter(), today=TODAY)
    assert next_one is None or next_one in mine
    assert {row.id for row in listed(session, range(1, 121))} == set(mine)


def test_mine_is_of_the_person_the_session_acts_for(filled: Path) -> None:
    with reading() as session:
        taken = {a.id for a in session.scalars(select(Alert).where(Alert.assignee == "u1a", Alert.status != "closed"))}
        assert total(session, Filter(assignee="mine"), today=TODAY) == 0, "the office has none of its own"
    wanted = Filter(status=tuple(code for code in STATES if code != "closed"), assignee="mine")
    with seen_by(person("inspector", unit_code="U1", code="u1a")) as session:
        assert set(ids(session, wanted)) == taken != set()
        shown = facets(session, replace(wanted, assignee=None), today=TODAY)
        assert {choice.code: choice.n for choice in shown.assignee}["mine"] == len(taken)


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(region="990101", level=("red", "yellow"), status=("held",), q="死亡 & more", due="overdue"),
        Filter(unit=("U1", "U2"), assignee="nobody", due="soon"),
        Filter(source=("a, b", "50% off"), domain=("village_funds",)),
    ],
)
def test_a_filter_survives_its_address(wanted: Filter) -> None:
    from urllib.parse import parse_qsl

    written = address(wanted, "urgency")
    read = dict(parse_qsl(written.removeprefix("?")))
    assert Filter.of(read) == wanted
    assert order_of(read) == "urgency"
    assert address(Filter()) == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"level": "purple"}, "level='purple' is not known; expected red, orange, yellow"),
        ({"status": "accepted,lost"}, "status='lost'"),
        ({"due": "never"}, "expected overdue, soon"),
        ({"assignee": "somebody"}, "expected mine, nobody"),
        ({"region": "9" * 13}, "at most 12"),
        ({"region": ["99", "9901"]}, "expected one text"),
        ({"level": 5}, "level=5 cannot be read"),
        ({"level": ["red", 5]}, "level=5 cannot be read"),
        ({"q": "\ud800"}, "cannot be read"),
        ({"source": "a%00b"}, "cannot be read"),
        ({"domain": ",".join(f"d{i}" for i in range(51))}, "domain names 51 values; expected at most 50"),
        ({"source": "s" * 201}, "has 201 characters; expected at most 200"),
    ],
)
def test_a_wrong_address_is_refused_in_words(query: dict[str, Any], words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        Filter.of(query)


def test_a_key_of_several_values_may_be_repeated() -> None:
    assert Filter.of({"level": ["red", "orange,yellow"]}).level == ("red", "orange", "yellow")
    assert len(Filter.of({"domain": ",".join(f"d{i}" for i in range(50))}).domain) == 50


def test_a_number_that_is_none_is_looked_for_as_words(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    with reading() as session:
        for words in ("#" + "9" * 23, "#²", "#", "#-1", "#1_0"):
            assert total(session, Filter(q=words, status=ALL.status), today=TODAY) == 0, words


def test_a_wrong_order_is_refused_in_words() -> None:
    with pytest.raises(InputRefused, match="order='best'"):
        order_of({"order": "best"})


def test_the_plain_view_walks_the_stored_rank(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    asked: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *said: asked.append(said[2]))
    with reading() as session:
        page(session, Filter(), order="in_force", start=4, end=8, today=TODAY)
        walked = next(sql for sql in asked if "score.queue_rank >" in sql)
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {walked}", ("held", 4, 4, 0)).all()
    assert any("ix_score_queue_rank (queue_rank>?)" in row[-1] for row in plan), plan
    assert not any("TEMP B-TREE" in row[-1] or "SCAN" in row[-1] for row in plan), plan
