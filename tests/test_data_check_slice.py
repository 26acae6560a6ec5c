"""The random check slice: drawn by the rule and by nothing else, its propensity kept, in front of the queue, blind."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from data import check_slice, policy
from data.database import reading, writing
from data.dossier import dossier
from data.feed_import import import_feed
from data.feeds import read_feed
from data.queue import listed
from data.tables import Alert, Score
from scoring import office as ranking
from tests.office_in_miniature import fill, settle
from tests.staff_in_miniature import NOW, somebody

MONDAY = datetime(2026, 11, 22, 16)
"""00:00 on Monday 2026-11-23 in Shanghai."""
SECURITY = somebody("security_admin", code="sec")


def test_the_rule_is_the_one_that_is_told() -> None:
    digest = hashlib.sha256(b"7|12|2026-W48").hexdigest()
    assert check_slice.lot(7, 12, MONDAY) == pytest.approx(int(digest[:16], 16) / 2**64)
    assert check_slice.week(MONDAY - timedelta(seconds=1)) == "2026-W47", "weeks begin in Shanghai"
    assert check_slice.lot(7, 12, MONDAY + timedelta(days=6)) == check_slice.lot(7, 12, MONDAY)
    assert check_slice.lot(8, 12, MONDAY) != check_slice.lot(7, 12, MONDAY) != check_slice.lot(7, 13, MONDAY)


def test_the_lots_are_even() -> None:
    lots = [check_slice.lot(1, number, MONDAY) for number in range(20_000)]
    for share in (0.01, 0.05, 0.2):
        drawn = sum(lot < share for lot in lots)
        assert abs(drawn - 20_000 * share) < 4 * (20_000 * share * (1 - share)) ** 0.5


def feed_of(folder: Path, n: int, name: str) -> Path:
    rows = [f"{name}{i},2026-11-{2 + i % 20:02},{'confirmed' if i % 5 == 0 else ''}" for i in range(n)]
    path = folder / f"{name}.csv"
    path.write_text("alert_id,raised_at,outcome\n" + "\n".join(rows), encoding="utf-8")
    return path


def take_in(folder: Path, n: int, name: str) -> list[Alert]:
    feed = read_feed(feed_of(folder, n, name), now=datetime(2026, 11, 28))
    with writing() as session:
        import_feed(session, feed, at=NOW, name=name)
    with reading() as session:
        return list(session.scalars(select(Alert).where(Alert.alert_key.startswith(f"{name}|")).order_by(Alert.id)))


def test_a_feed_is_drawn_from_as_it_is_raised_and_anybody_can_follow_it(office: Path, tmp_path: Path) -> None:
    alerts = take_in(tmp_path, 600, "a")
    with reading() as session:
        seed = check_slice.seed(session)
        assert check_slice.misdrawn(session, since=datetime(2026, 1, 1)) == []
    for alert in alerts:
        if alert.outcome:
            assert (alert.check_share, alert.drawn) == (None, False), "what comes with its outcome is not verified"
        else:
            assert alert.check_share == 0.05
            assert alert.drawn == (check_slice.lot(seed, alert.id, alert.raised_at) < 0.05)
    assert any(alert.drawn for alert in alerts)
    with writing() as session:
        cheated = next(alert.id for alert in alerts if alert.drawn)
        session.execute(update(Alert).where(Alert.id == cheated).values(drawn=False))
    with reading() as session:
        assert check_slice.misdrawn(session, since=datetime(2026, 1, 1)) == [cheated]


def test_the_share_is_set_on_record_and_counts_for_what_comes_after(small_office: Path, tmp_path: Path) -> None:
    for share in (50, 0):
        with writing() as session:
            policy.put(session, SECURITY, "check_share", share, at=NOW)
        alerts = [alert for alert in take_in(tmp_path, 100, f"s{share}") if not alert.outcome]
        assert {alert.check_share for alert in alerts} == {share / 100}
        assert any(alert.drawn for alert in alerts) == bool(share)
    with reading() as session:
        found = check_slice.weeks(session, since=datetime(2026, 1, 1))
        n_drawn = len(session.scalars(select(Alert.id).where(Alert.drawn.is_(True))).all())
        assert check_slice.waiting(session, now=NOW).n == n_drawn
    assert [one.week for one in found] == sorted({one.week for one in found}, reverse=True)
    assert sum(one.n_alerts for one in found) == 80, "weeks count what was raised with a share"
    assert sum(one.n_drawn for one in found) == n_drawn
    assert {one.share for one in found} == {0.5}


def test_checks_take_every_second_place_oldest_first_and_their_score_is_kept_back(office: Path) -> None:
    with writing() as session:
        fill(session, now=NOW)
        opened = session.scalars(
            select(Score.alert_id).where(Score.queue_rank.is_not(None)).order_by(Score.queue_rank.desc())
        ).all()
        chosen = list(opened[:5])
        session.execute(update(Alert).where(Alert.id.in_(chosen)).values(drawn=True, check_share=0.05))
        ranking.put_in_order(session)
    with reading() as session:
        order = session.execute(
            select(Alert).join(Score).where(Score.queue_rank.is_not(None)).order_by(Score.queue_rank)
        ).scalars()
        alerts = list(order)
        assert [alert.drawn for alert in alerts[:11]] == [False, True] * 5 + [False]
        checks = [alert for alert in alerts if alert.drawn]
        assert [alert.id for alert in checks] == sorted(chosen, key=lambda i: (session.get_one(Alert, i).raised_at, i))
        line = listed(session, [checks[0].id])[0]
        assert (line.drawn, line.p_confirmed, line.reasons, line.expected_recoverable) == (True, None, "", None)
        assert dossier(session, checks[0].id).score is None
        assert listed(session, [alerts[0].id])[0].p_confirmed is not None
    with writing() as session:
        settle(session, checks[0].id, "C1", at=NOW)
    with reading() as session:
        assert dossier(session, checks[0].id).score is not None, "once there is an outcome the score is told"
