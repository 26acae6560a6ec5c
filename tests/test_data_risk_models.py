"""The life of a risk model: a person puts it live, with a reason, on record; back to an earlier one; withdrawn."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from data import risk_models
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.record_tables import AuditEntry
from data.tables import Region, RiskModel, Unit
from tests.people import person

AT = datetime(2026, 11, 22, 6)
APPROVER = person("model_approver")


@pytest.fixture
def filed(office: Path) -> None:
    """A live model 1, a challenger 2 that did better, a challenger 3 that did worse, and 4 that was passed over."""
    with writing() as session:
        place = {"name": "某县", "name_en": "A county", "level": 3, "valid_from": AT.date()}
        session.add(Region(code="990101", **place))
        session.flush()
        session.add(Unit(code="U1", name="一室", name_en="One", kind="commission", region_code="990101"))
        for number, state, verdict in (
            (1, "live", ""), (2, "challenger", "better"), (3, "challenger", "worse"), (4, "retired", "alike"),
        ):  # fmt: skip
            metrics = {"compared": {"verdict": verdict} if verdict else None}
            session.add(
                RiskModel(
                    id=number, state=state, fingerprint=str(number) * 64, content="{}", metrics=json.dumps(metrics),
                    n_rows=200, as_of=AT, trained_at=AT,
                )
            )  # fmt: skip
        session.flush()
        for number, kind in ((1, "began"), (2, "filed"), (3, "filed"), (4, "filed")):
            risk_models.note_by_itself(session, number, kind, at=AT, note="")


def states() -> dict[int, str]:
    with reading() as session:
        return dict(session.execute(select(RiskModel.id, RiskModel.state)).all())


def test_a_person_puts_a_challenger_live_and_goes_back_and_both_are_on_record(filed: None) -> None:
    with writing() as session:
        risk_models.promote(session, 2, APPROVER, at=AT + timedelta(hours=1), reason="排序更好，校准可信")
    assert states() == {1: "retired", 2: "live", 3: "challenger", 4: "retired"}
    with writing() as session:
        risk_models.roll_back(session, 1, APPROVER, at=AT + timedelta(hours=2), reason="新模型漏报较多")
    assert states() == {1: "live", 2: "retired", 3: "challenger", 4: "retired"}
    with reading() as session:
        done = session.execute(
            select(AuditEntry.action, AuditEntry.actor, AuditEntry.object_id).where(
                AuditEntry.action.in_(("risk_model.promoted", "risk_model.rolled_back"))
            )
        ).all()
        assert [tuple(row) for row in done] == [
            ("risk_model.promoted", "model_approver", "2"),
            ("risk_model.rolled_back", "model_approver", "1"),
        ]
        assert risk_models.holds_since(session) == AT + timedelta(hours=2)


@pytest.mark.parametrize(
    ("number", "who", "reason", "error"),
    [
        (2, person("leader"), "排序更好", NotPermitted),
        (2, person("model_approver", region_code="990101001"), "排序更好", NotPermitted),
        (2, APPROVER, "好", InputRefused),
        (3, APPROVER, "排序更好", TransitionRefused),
        (4, APPROVER, "排序更好", TransitionRefused),
        (9, APPROVER, "排序更好", NotFound),
    ],
    ids=["no right", "one town only", "no reason", "it did worse", "no challenger", "no such model"],
)
def test_what_is_not_put_live(filed: None, number: int, who: object, reason: str, error: type[Exception]) -> None:
    with pytest.raises(error), writing() as session:
        risk_models.promote(session, number, who, at=AT, reason=reason)
    assert states()[1] == "live"


def test_back_leads_only_to_a_model_that_was_live(filed: None) -> None:
    with pytest.raises(TransitionRefused, match="was live before"), writing() as session:
        risk_models.roll_back(session, 4, APPROVER, at=AT, reason="先前较好")


def test_scores_are_withdrawn_and_restored_once_each(filed: None) -> None:
    with writing() as session:
        risk_models.withdraw(session, APPROVER, at=AT, reason="数据来源异常")
    with pytest.raises(TransitionRefused), writing() as session:
        risk_models.withdraw(session, APPROVER, at=AT, reason="数据来源异常")
    with reading() as session:
        assert risk_models.withdrawn(session).note == "数据来源异常"
    with writing() as session:
        risk_models.restore(session, APPROVER, at=AT + timedelta(days=1), reason="数据已恢复")
    with reading() as session:
        assert risk_models.withdrawn(session) is None
        assert risk_models.holds_since(session) == AT + timedelta(days=1)


def test_a_column_is_let_back_in_until_that_is_taken_back(filed: None) -> None:
    with writing() as session:
        risk_models.allow_column(session, "fine", APPROVER, at=AT, reason="立案前已填写")
        risk_models.allow_column(session, "height", APPROVER, at=AT, reason="现场测量值")
    with writing() as session:
        risk_models.hold_back_column(session, "fine", APPROVER, at=AT, reason="核实为事后填写")
    with reading() as session:
        assert list(risk_models.allowed_columns(session)) == ["height"]
    with pytest.raises(NotFound), writing() as session:
        risk_models.hold_back_column(session, "fine", APPROVER, at=AT, reason="核实为事后填写")


@pytest.mark.parametrize("statement", ["UPDATE risk_model_event SET note = 'x'", "DELETE FROM risk_model_event"])
def test_what_was_done_cannot_be_changed(filed: None, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), writing() as session:
        session.execute(text(statement))
