"""A verdict is one transaction of state and event; what the state does not allow is refused in words."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.database import reading, writing
from data.errors import NotFound, TransitionRefused
from data.tables import Alert, AlertEvent
from data.verification import conclude, refusal

RAISED = datetime(2026, 3, 1, 8)
LATER = RAISED + timedelta(days=3)


@pytest.fixture
def alert_id(office: Path) -> int:
    with writing() as session:
        alert = Alert(
            alert_key="feed|1", source="s", rule="r", level="red", status="open", subject_kind="other", subject_key="k",
            subject_display="", title="t", title_en="t", raised_at=RAISED, attributes="{}",
        )  # fmt: skip
        session.add(alert)
        session.flush()
        return alert.id


def test_a_conclusion_closes_and_is_on_record(alert_id: int) -> None:
    with writing() as session:
        conclude(session, alert_id, outcome="E1", cause="F01", note="迁出登记晚", actor="李", at=LATER)
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        event = session.scalars(select(AlertEvent)).one()
    assert (alert.status, alert.outcome, alert.cause, alert.concluded_at) == ("closed", "E1", "F01", LATER)
    assert (event.kind, event.from_status, event.to_status, event.actor) == ("concluded", "open", "closed", "李")


def test_holding_is_not_a_conclusion(alert_id: int) -> None:
    with writing() as session:
        conclude(session, alert_id, outcome="H1", actor="李", at=LATER)
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.concluded_at) == ("held", None)
    with writing() as session:
        conclude(session, alert_id, outcome="C2", actor="李", at=LATER, recovered=100.0)
    with reading() as session:
        assert session.get_one(Alert, alert_id).recovered == 100.0
        query = select(AlertEvent.kind, AlertEvent.recovered).order_by(AlertEvent.id)
        assert [tuple(row) for row in session.execute(query)] == [("held", None), ("concluded", 100.0)]


@pytest.mark.parametrize(
    ("outcome", "cause", "at", "words"),
    [
        ("X9", None, LATER, "not known"),
        ("E1", None, LATER, "needs the code"),
        ("C1", "F01", LATER, "E1 .excluded. only"),
        ("C1", None, RAISED - timedelta(seconds=1), "before alert"),
    ],
)
def test_what_is_not_allowed_is_refused_and_leaves_no_trace(
    alert_id: int, outcome: str, cause: str | None, at: datetime, words: str
) -> None:
    with pytest.raises(TransitionRefused, match=words), writing() as session:
        conclude(session, alert_id, outcome=outcome, cause=cause, actor="李", at=at)
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "open"
        assert session.scalars(select(AlertEvent)).all() == []


def test_the_second_verdict_is_refused(alert_id: int) -> None:
    with writing() as session:
        conclude(session, alert_id, outcome="C1", actor="李", at=LATER)
    with pytest.raises(TransitionRefused, match="already closed with C1"), writing() as session:
        conclude(session, alert_id, outcome="E1", cause="F01", actor="王", at=LATER)
    with reading() as session:
        assert refusal(session.get_one(Alert, alert_id), "C1", at=LATER) is not None


def test_an_alert_that_is_not_there(office: Path) -> None:
    with pytest.raises(NotFound, match="no alert 9"), writing() as session:
        conclude(session, 9, outcome="C1", actor="李", at=LATER)
