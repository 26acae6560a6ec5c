"""The page of random checks: all alerts beside those verified, the rule followed again, nothing claimed too early."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dashboard.pages.random_checks import body
from dashboard.visitor import visiting
from data import check_slice
from data.database import reading, writing
from data.tables import Alert, Score
from tests.alert_in_miniature import APPROVER, written
from tests.office_in_miniature import fill
from tests.staff_in_miniature import NOW

DAYS = 120


@pytest.fixture
def checked(small_office: Path) -> Iterator[None]:
    """Alerts of four months as drawn from at a share of 40 %: those drawn and the likeliest third concluded."""
    with writing() as session:
        fill(session, now=NOW)
        alerts = list(session.scalars(select(Alert).order_by(Alert.id)))
        check_slice.plant_seed(session, 11)
        seed = check_slice.seed(session)
        for place, alert in enumerate(alerts):
            alert.raised_at = NOW - timedelta(days=DAYS * (place + 1) / (len(alerts) + 1))
            alert.check_share, alert.drawn = 0.4, check_slice.lot(seed, alert.id, alert.raised_at) < 0.4
            likely = place % 3 == 0
            known = alert.drawn or likely
            alert.status = "closed" if known else "accepted"
            alert.outcome = ("C1" if likely else "E1") if known else None
            session.merge(Score(alert_id=alert.id, **scored(0.9 if likely else 0.1)))
    yield


def scored(p: float) -> dict[str, object]:
    return {"p_confirmed": p, "p_low": p, "p_high": p, "reasons": "{}", "scored_at": NOW, "queue_rank": None}


def seen(language: str = "zh", *, now: datetime = NOW) -> str:
    with visiting(APPROVER):
        return written(body(language, now=now))


def test_an_office_without_a_draw_claims_nothing(small_office: Path) -> None:
    said = seen()
    assert "还不能说全部预警的查实率" in said
    assert "还没有抽取过" in said
    assert "现行比例 5%" in said


@pytest.mark.usefixtures("checked")
def test_the_rate_of_all_alerts_stands_beside_that_of_the_verified() -> None:
    said = seen("en")
    # A third of all is confirmed; of those verified (the likely third, and 40 % of the rest) more than half.
    told = re.search(r"Of all alerts about (\d+)% would be confirmed \((\d+)%–(\d+)%\)", said)
    assert told
    value, low, high = map(int, told.groups())
    assert low <= 33 <= high < 50
    assert low < value < high
    with reading() as session:
        outcomes = list(session.scalars(select(Alert.outcome).where(Alert.outcome.is_not(None))))
    naive = sum(code == "C1" for code in outcomes) / len(outcomes)
    assert naive > 0.5
    assert f"Of what was verified {naive:.1%} was confirmed" in said
    assert "Everything drawn is concluded" in said
    assert "all as recorded" in said


@pytest.mark.usefixtures("checked")
def test_a_draw_that_was_tampered_with_and_what_is_open_are_said() -> None:
    with writing() as session:
        drawn = session.scalars(select(Alert.id).where(Alert.drawn.is_(True)).order_by(Alert.id)).all()
        session.execute(update(Alert).where(Alert.id == drawn[0]).values(drawn=False))
        session.execute(update(Alert).where(Alert.id == drawn[1]).values(status="accepted", outcome=None))
    said = seen("en")
    assert f"1 are not as the rule has them: #{drawn[0]}" in said
    assert "1 drawn alerts wait to be verified" in said
