"""The office's alerts as a feed: what was known when, and values of the kinds the feed had."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select

from data.alert_stream import COLUMNS, alert_stream
from data.collision import collide
from data.database import reading, writing
from data.feed_import import import_feed
from data.feeds import read_feed
from data.loop import advance, locked
from data.loop_tables import Measure
from data.registers import file_register
from data.supervision_models import install
from data.tables import Alert
from tests.office_in_miniature import SECOND, VERIFIER, fill, settle
from tests.tables_in_text import card_named, read_register

JOURNAL = """
    row_id | village | entry_date | amount | payee | voucher_hash | received_on
    1 | 990101001201 | 2024-03-05 | 6000 | 甲 | v1 | 2024-03-10
    2 | 990101001201 | 2024-03-05 | 6000 | 乙 | v2 | 2024-03-10
    3 | 990101001201 | 2024-03-05 | 6000 | 甲 | v3 | 2024-04-10
"""
MARCH, APRIL, NOW = datetime(2024, 3, 31), datetime(2024, 4, 30), datetime(2024, 7, 1)
VERDICT_AT = datetime(2024, 4, 5, 9)


@pytest.fixture
def reopened(office: Path) -> int:
    """An alert raised in March, confirmed and put right in April, and opened again by a row received since."""
    with writing() as session:
        install(session, card_named("M10"))
        file_register(session, "cash_journal", read_register("cash_journal", JOURNAL), at=NOW)
        collide(session, card_named("M10"), as_of=MARCH)
        alert_id = session.scalars(select(Alert.id)).one()
    with writing() as session:
        settle(session, alert_id, "C2", at=VERDICT_AT)
        session.add(
            Measure(
                alert_id=alert_id, kind="talk", quantity=1, done_on=date(2024, 4, 5), note="", actor="verifier",
                at=VERDICT_AT,
            )
        )  # fmt: skip
        session.flush()
        advance(session, locked(session, alert_id), "rectified", VERIFIER, at=VERDICT_AT)
    with writing() as session:
        collide(session, card_named("M10"), as_of=APRIL)
    return alert_id


def test_the_money_and_the_level_are_those_the_alert_was_raised_with(reopened: int) -> None:
    with reading() as session:
        now = session.get_one(Alert, reopened)
        assert (now.amount, now.recoverable, now.level) == (18000, 12000, "red")
        row = alert_stream(session).iloc[0]
    assert (row.raised_at, row.amount, row.recoverable, row.level) == (MARCH, 12000, 6000, "orange")


def test_an_alert_that_is_open_again_keeps_what_was_known_of_it(reopened: int) -> None:
    with reading() as session:
        row = alert_stream(session).iloc[0]
    assert (row.outcome, row.label, row.known_at) == ("C2", 1.0, VERDICT_AT)
    with writing() as session:
        settle(session, reopened, "H1", at=datetime(2024, 5, 2))
    with reading() as session:
        row = alert_stream(session).iloc[0]
    assert (row.label, row.known_at) == (1.0, VERDICT_AT)


def test_the_second_conclusion_replaces_the_first(reopened: int) -> None:
    again = datetime(2024, 5, 2)
    with writing() as session:
        settle(session, reopened, "E1", cause="F24", at=again)
    with reading() as session:
        row = alert_stream(session).iloc[0]
    assert (row.outcome, row.label, row.known_at) == ("E1", 0.0, again)


REVERSED_AT, SECOND_AT = datetime(2024, 6, 3), datetime(2024, 6, 20)


@pytest.fixture
def confirmed(office: Path) -> int:
    """An alert of the miniature office whose conclusion was recorded at VERDICT_AT. Its number."""
    fill(now=datetime(2024, 4, 1), n_alerts=30)
    with writing() as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.status == "accepted").limit(1)).one()
        settle(session, alert_id, "C1", at=VERDICT_AT)
    return alert_id


def row_of(alert_id: int) -> Any:
    with reading() as session:
        stream = alert_stream(session)
    return stream[stream.alert_id == str(alert_id)].iloc[0]


def test_a_second_verdict_is_not_known_before_it_was_recorded(confirmed: int) -> None:
    with writing() as session:
        advance(session, locked(session, confirmed), "reversed", SECOND, at=REVERSED_AT, note="证据不足")
    row = row_of(confirmed)
    assert pd.isna(row.outcome)
    assert pd.isna(row.label), "what was taken back teaches nothing"
    assert pd.isna(row.known_at)
    with writing() as session:
        advance(session, locked(session, confirmed), "taken", SECOND, at=SECOND_AT)
        advance(session, locked(session, confirmed), "concluded", SECOND, at=SECOND_AT, outcome="D1")
    row = row_of(confirmed)
    assert (row.outcome, row.label, row.known_at) == ("D1", 0.0, SECOND_AT)
    with reading() as session:
        stream = alert_stream(session)
    teaches = stream[stream.known_at < pd.Timestamp(SECOND_AT)]
    assert str(confirmed) not in set(teaches.alert_id), "learning as of before it hears of no verdict of this alert"


def test_an_elimination_only_asked_for_teaches_nothing(confirmed: int) -> None:
    with writing() as session:
        alert = locked(session, confirmed)
        advance(session, alert, "reversed", SECOND, at=REVERSED_AT)
        advance(session, alert, "taken", SECOND, at=REVERSED_AT)
        advance(session, alert, "requested", SECOND, at=REVERSED_AT)
        asked = [a.id for a in session.scalars(select(Alert).where(Alert.status == "approving"))]
    assert pd.isna(row_of(confirmed).label), "nor does what was taken back"
    never_concluded = [one for one in asked if one != confirmed]
    assert never_concluded
    for one in never_concluded:
        row = row_of(one)
        assert pd.isna(row.label)
        assert pd.isna(row.known_at)


def test_an_approved_elimination_teaches_from_its_approval(confirmed: int) -> None:
    with writing() as session:
        alert_id = session.scalars(select(Alert.id).where(Alert.status == "approving").limit(1)).one()
        advance(session, locked(session, alert_id), "eliminated", SECOND, at=SECOND_AT, outcome="E1", cause="F01")
    row = row_of(alert_id)
    assert (row.outcome, row.label, row.known_at) == ("E1", 0.0, SECOND_AT)
    with writing() as session:
        advance(session, locked(session, alert_id), "reopened", SECOND, at=datetime(2024, 6, 30))
    row = row_of(alert_id)
    assert (row.outcome, row.label, row.known_at) == ("E1", 0.0, SECOND_AT), "reopened: remembered"


def test_an_alert_never_concluded_has_no_outcome(small_office: Path) -> None:
    fill(now=NOW, n_alerts=40)
    with reading() as session:
        stream = alert_stream(session)
        n_open = session.scalar(select(func.count()).where(Alert.concluded_at.is_(None)))
    assert 0 < stream.known_at.isna().sum() == n_open < len(stream)
    assert stream.amount.notna().all()


def test_an_office_without_alerts_has_an_empty_stream(small_office: Path) -> None:
    with reading() as session:
        stream = alert_stream(session)
    assert list(stream.columns) == [*COLUMNS, "label"]
    assert stream.empty


def test_a_feed_comes_back_with_the_kinds_of_values_it_had(office: Path, tmp_path: Path) -> None:
    path = tmp_path / "clues.csv"
    rows = [
        f"{n},2024-05-{n:02},{100 + n},2023-01-{n:02},2023-02-{n:02} 08:30,,{n / 4},00{n},true,甲公司"
        for n in range(1, 21)
    ]
    rows[3] = "4,2024-05-04,,,2023-02-04 08:30,2024-01-01,,004,false,"
    header = "alert_id,raised_at,amount,registered,called_at,withdrawn,score,number,urgent,company"
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    feed = read_feed(path, now=NOW)
    with writing() as session:
        import_feed(session, feed, at=NOW)
    with reading() as session:
        stream = alert_stream(session)
    names = ["amount", "registered", "called_at", "withdrawn", "score", "number", "urgent", "company"]
    assert stream.registered.dtype == "datetime64[us]"
    pd.testing.assert_frame_equal(stream[names], feed.alerts[names])


def test_a_column_that_is_mostly_dates_is_one_of_dates_and_one_of_few_is_not(small_office: Path) -> None:
    fill(now=NOW, n_alerts=100)
    with writing() as session:
        for number, alert in enumerate(session.scalars(select(Alert))):
            checked = "unknown" if number == 0 else "2024-01-02"
            remark = "2024-01-02" if number < 90 else "seen again"
            alert.attributes = f'{{"checked": "{checked}", "remark": "{remark}"}}'
    with reading() as session:
        stream = alert_stream(session)
    assert stream.checked.dtype == "datetime64[us]"
    assert stream.checked.isna().sum() == 1
    assert set(stream.remark) == {"2024-01-02", "seen again"}
