"""A verdict is one transaction of state, event and money; nothing is lowered or closed before something is done."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from data import measures, verification
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, MingjingError, NotFound, NotPermitted, Recused, TransitionRefused
from data.loop import advance, locked, refusal
from data.loop_tables import Measure, Responsible
from data.people_tables import Account, RecusalTie
from data.record_tables import AuditEntry
from data.rights import Person, acting
from data.tables import Alert, AlertEvent, DatasetFiling
from data.verification import conclude, downgrade, hold, rectify
from data.working_days import working_days_after
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    ELSEWHERE,
    NOW,
    RAISED,
    VERIFIER,
    an_alert,
    furnish,
    kinds,
    later,
    somebody,
    taken,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _found(alert_id: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, alert_id)


def _conclude(alert_id: int, outcome: str, person: Person = VERIFIER, **values: object) -> None:
    with acting(person) as session:
        conclude(session, alert_id, person, **({"at": later(1), "outcome": outcome} | values))


def _measure(alert_id: int, kind: str = "criticism", quantity: float = 1, note: str = "") -> None:
    with acting(VERIFIER) as session:
        measures.add(
            session, alert_id, VERIFIER, at=later(2), kind=kind, quantity=quantity, done_on=date(2026, 3, 10), note=note
        )


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("C0", "rectifying"), ("C1", "rectifying"), ("C2", "rectifying"), ("C3", "rectifying"), ("G1", "rectifying"),
        ("D1", "closed"), ("U1", "closed"),
    ],
)  # fmt: skip
def test_each_outcome_leads_to_its_state(outcome: str, status: str) -> None:
    alert_id = taken()
    _conclude(alert_id, outcome, note="已逐户核对")
    alert = _found(alert_id)
    assert (alert.status, alert.outcome, alert.concluded_at) == (status, outcome, later(1))
    with reading() as session:
        event = session.scalars(select(AlertEvent).order_by(AlertEvent.id.desc())).first()
    assert event is not None
    assert (event.kind, event.from_status, event.to_status, event.actor) == ("concluded", "verifying", status, "li")


@pytest.mark.parametrize(
    ("outcome", "error", "en", "zh"),
    [
        ("E1", TransitionRefused, "request the elimination", "申请预警消除"),
        ("X9", TransitionRefused, "not known", "没有结论"),
        ("H1", TransitionRefused, "cannot be given here", "不能作出结论"),
        ("D1", InputRefused, "at least 4", "至少 4 个字"),
    ],
)
def test_what_is_no_verdict_is_refused_in_both_languages(
    outcome: str, error: type[MingjingError], en: str, zh: str
) -> None:
    alert_id = taken()
    with pytest.raises(error) as refused:
        _conclude(alert_id, outcome)
    assert en in refused.value.words("en")
    assert zh in refused.value.words("zh")
    with reading() as session:
        assert kinds(session, alert_id) == ["raised", "taken"]


def test_only_whoever_took_it_concludes() -> None:
    alert_id = taken()
    with pytest.raises(TransitionRefused, match="only whoever took it"):
        _conclude(alert_id, "C1", COLLEAGUE)
    with pytest.raises(NotFound, match="outside your scope"):
        _conclude(alert_id, "C1", ELSEWHERE)
    with pytest.raises(NotPermitted, match="has no right to sign for"):
        _conclude(alert_id, "C1", APPROVER)


def test_the_second_of_two_is_told_and_nothing_is_written() -> None:
    alert_id = taken()
    seen = _found(alert_id).version
    with acting(VERIFIER) as session:
        measures.add(
            session, alert_id, VERIFIER, at=NOW, kind="talk", quantity=1, done_on=date(2026, 3, 9), version=seen
        )
    with pytest.raises(AlertChanged, match="li measured"):
        _conclude(alert_id, "C1", version=seen)
    assert _found(alert_id).outcome is None


def test_holding_is_no_conclusion_and_leaves_no_outcome_behind() -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        hold(session, alert_id, VERIFIER, at=NOW, note="等待公安复函")
    held = _found(alert_id)
    assert (held.status, held.outcome, held.concluded_at) == ("held", "H1", None)
    assert held.due_on == working_days_after(NOW.date(), 60), "what is held is to be taken up again some day"
    with acting(VERIFIER) as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=later(1))
    again = _found(alert_id)
    assert (again.status, again.outcome) == ("verifying", None)


def test_recovered_above_recoverable_is_refused_with_both_figures() -> None:
    alert_id = taken()
    with pytest.raises(TransitionRefused) as refused:
        _conclude(alert_id, "C2", recovered=9_000.0)
    assert "9,000.00" in str(refused.value)
    assert "8,000.00" in str(refused.value)
    assert "已追回 9,000.00 元，超过应追 8,000.00 元" in refused.value.zh
    _conclude(alert_id, "C2", recovered=9_000.0, recoverable=9_500.0)
    alert = _found(alert_id)
    assert (alert.recovered, alert.recoverable, alert.first_recoverable) == (9_000.0, 9_500.0, 8_000.0)


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf"), 2e12])
def test_an_amount_that_is_none_is_refused(amount: float) -> None:
    alert_id = taken()
    with pytest.raises(InputRefused, match="Recovered: got"):
        _conclude(alert_id, "C2", recovered=amount)


def test_what_was_recovered_is_the_sum_of_its_entries() -> None:
    alert_id = taken()
    _conclude(alert_id, "C2", recovered=1_000.0)
    _measure(alert_id, "recovery", 2_500.5)
    assert _found(alert_id).recovered == 3_500.5
    with acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(3), note="已全部退回", recovered=8_000.0)
    with reading() as session:
        entries = session.scalars(select(Measure.quantity).where(Measure.kind == "recovery").order_by(Measure.id)).all()
    assert entries == [1_000.0, 2_500.5, 4_499.5]
    assert (_found(alert_id).recovered, _found(alert_id).status) == (8_000.0, "closed")


def test_no_amount_with_an_outcome_that_knows_no_excess() -> None:
    alert_id = taken()
    with pytest.raises(InputRefused, match="takes no amounts"):
        _conclude(alert_id, "D1", note="登记日期录错", recovered=5.0)


def test_closing_takes_a_measure() -> None:
    alert_id = taken()
    _conclude(alert_id, "C1")
    with reading() as session:
        shown = refusal(session, _found(alert_id), "rectified", VERIFIER, at=NOW)
    with pytest.raises(TransitionRefused, match="No measure is recorded") as refused, acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(2), note="已整改到位")
    assert shown is not None
    assert shown.zh == refused.value.zh
    _measure(alert_id)
    with acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(3), note="")
    assert _found(alert_id).status == "closed"


def test_a_governance_problem_closes_with_a_note_that_says_why_none_is_due() -> None:
    alert_id = taken()
    _conclude(alert_id, "G1")
    with pytest.raises(InputRefused, match="at least 4"), acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(2), note="")
    with acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(2), note="制度已由县里统一修订")
    assert _found(alert_id).status == "closed"


def test_a_level_falls_one_step_a_time_only_after_a_measure_and_by_another() -> None:
    alert_id = taken()

    def lower(person: Person) -> None:
        with acting(person) as session:
            downgrade(session, alert_id, person, at=later(3), note="资金已追回")

    with pytest.raises(TransitionRefused, match="Being verified"):
        lower(APPROVER)
    _conclude(alert_id, "C2")
    due_on = _found(alert_id).due_on
    _measure(alert_id)
    with pytest.raises(TransitionRefused, match="Nothing that puts it right"):
        lower(APPROVER)
    _measure(alert_id, "correction")
    _measure(alert_id, "correction", -1, note="登记有误")
    with pytest.raises(TransitionRefused, match="Nothing that puts it right"):
        lower(APPROVER)
    _measure(alert_id, "correction")
    with pytest.raises(NotPermitted):
        lower(VERIFIER)
    lower(APPROVER)
    assert (_found(alert_id).level, _found(alert_id).first_level) == ("orange", "red")
    lower(APPROVER)
    assert _found(alert_id).level == "yellow"
    with pytest.raises(TransitionRefused, match="lowest level"):
        lower(APPROVER)
    assert _found(alert_id).due_on == due_on, "lowering a level must not put the due date off"


def test_a_measure_of_a_reversed_verdict_does_not_close_the_next() -> None:
    alert_id = taken()
    _conclude(alert_id, "C1")
    _measure(alert_id)
    with acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(10))
    with acting(COLLEAGUE) as session:
        advance(session, locked(session, alert_id), "taken", COLLEAGUE, at=later(11))
    _conclude(alert_id, "C2", COLLEAGUE, at=later(12))
    with pytest.raises(TransitionRefused, match="No measure"), acting(COLLEAGUE) as session:
        rectify(session, alert_id, COLLEAGUE, at=later(13), note="已整改到位")


def test_what_was_taken_back_altogether_is_no_measure() -> None:
    alert_id = taken()
    _conclude(alert_id, "C1")
    _measure(alert_id, "talk")
    _measure(alert_id, "talk", -1, note="登记有误")
    with pytest.raises(TransitionRefused, match="No measure"), acting(VERIFIER) as session:
        rectify(session, alert_id, VERIFIER, at=later(3), note="已整改到位")


def test_a_corrected_figure_leaves_the_old_one_on_record() -> None:
    alert_id = taken()
    _conclude(alert_id, "C2", recovered=5, recoverable=10)
    with reading() as session:
        event = session.scalars(
            select(AlertEvent).where(AlertEvent.alert_id == alert_id, AlertEvent.kind == "measured")
        ).one()
        entries = session.scalars(select(AuditEntry).where(AuditEntry.object_id == str(alert_id)))
        told = {entry.action: json.loads(entry.detail) for entry in entries}
    assert event.note == "追缴 5.00 元；应追 8,000 → 10"
    assert told["alert.measured"]["recoverable"] == [8000.0, 10.0]
    assert told["alert.measured"]["recovered"] == [None, 5.0]
    assert told["alert.concluded"]["recovered"] == 5.0
    assert told["alert.taken"]["assignee"] == [None, VERIFIER.code]


def test_a_reversed_alert_has_its_time_anew() -> None:
    alert_id = taken()
    _conclude(alert_id, "D1", note="登记日期录错")
    with acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(200))
    alert = _found(alert_id)
    assert alert.due_on is not None
    assert alert.due_on > later(200).date()


def test_a_tie_found_after_taking_keeps_from_concluding() -> None:
    tied = somebody("inspector", "he", key="k" * 64)
    alert_id = taken(by=tied)
    with writing() as session:
        session.add(
            Responsible(
                alert_id=alert_id, role="handler", subject_key="k" * 64, display="何某某", post="", unit_name="",
                source="x", finding="",
            )
        )  # fmt: skip
    with pytest.raises(Recused, match="former handler") as refused:
        _conclude(alert_id, "C1", tied)
    assert "原经办人" in refused.value.zh


def test_kin_of_whom_it_is_about_leaves_it_to_others() -> None:
    alert_id = an_alert(subject_key="s" * 64)
    with writing() as session:
        session.add(
            Account(
                code="li", name="李", unit_code="U1", state="active", must_change=False, n_failed=0,
                created_at=RAISED, created_by="t",
            )
        )  # fmt: skip
        session.flush()
        session.add(RecusalTie(account="li", kind="kin", subject_key="s" * 64, noted_at=RAISED, noted_by="t"))
    with pytest.raises(Recused, match="kin"), acting(VERIFIER) as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=NOW)


def test_nobody_ends_an_alert_on_data_of_the_own_unit() -> None:
    with writing() as session:
        filing = DatasetFiling(
            kind="feed", name="f", version=1, content_hash="h", supplier="高桥镇纪委", legal_basis="", purpose="",
            n_rows=1, n_refused=0, received_at=RAISED,
        )  # fmt: skip
        session.add(filing)
        session.flush()
        number = filing.id
    alert_id = taken(filing_id=number)
    with pytest.raises(NotPermitted, match="supplies data") as refused:
        _conclude(alert_id, "C1")
    assert "高桥镇纪委" in refused.value.zh


def test_where_the_paper_is_stands_in_the_note() -> None:
    alert_id = taken()
    _conclude(alert_id, "C1", note="见卷", evidence="镇纪委档案柜 3-12")
    with reading() as session:
        note = session.scalars(select(AlertEvent.note).where(AlertEvent.kind == "concluded")).one()
    assert note == f"见卷\n{verification.KEPT_AT}镇纪委档案柜 3-12"
