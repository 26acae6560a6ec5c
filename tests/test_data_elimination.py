"""Nothing is excluded silently: cause, reason and evidence are asked for, and a second person approves."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import attachments, elimination, inquiries, measures, supervision, suppressions
from data.database import reading, writing
from data.elimination import approve, draft, pending, request, send_back, withdraw
from data.errors import InputRefused, MingjingError, NotPermitted, TransitionRefused
from data.loop import advance, locked
from data.loop_tables import Elimination, Suppression
from data.rights import ROLES, Held, Person, acting, seen_by
from data.supervision_models import built_in_cards, install
from data.tables import Alert, AlertEvent, CollisionRun, DatasetFiling, Table
from data.verification import conclude, rectify
from data.written import written
from tests.loop_in_miniature import (
    APPROVER,
    COLLEAGUE,
    CONTACT,
    NOW,
    RAISED,
    SECOND_APPROVER,
    VERIFIER,
    an_alert,
    furnish,
    kinds,
    later,
    somebody,
    taken,
)  # fmt: skip

REASON = "迁出登记晚于发放，属登记滞后"


@pytest.fixture(autouse=True)
def _furnished(small_office: Path) -> None:
    furnish()


def _request(alert_id: int, person: Person = VERIFIER, **values: object) -> None:
    with acting(person) as session:
        given = {"at": NOW, "cause": "F01", "reason": REASON, "evidence": "镇纪委档案柜 3-12"} | values
        request(session, alert_id, person, **given)


def _approve(alert_id: int, person: Person = APPROVER, **values: object) -> None:
    with acting(person) as session:
        approve(session, alert_id, person, **({"at": later(1)} | values))


def _alert(alert_id: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, alert_id)


def _requests(alert_id: int) -> list[tuple[str, str | None]]:
    with reading() as session:
        return [(one.state, one.decided_by) for one in reversed(elimination.of_alert(session, alert_id))]


def test_asked_and_approved_by_two_people_it_is_closed_with_its_cause() -> None:
    alert_id = taken()
    _request(alert_id)
    assert (_alert(alert_id).status, _alert(alert_id).outcome) == ("approving", None)
    _approve(alert_id, decision="材料齐全，同意")
    alert = _alert(alert_id)
    assert (alert.status, alert.outcome, alert.cause, alert.concluded_at) == ("closed", "E1", "F01", later(1))
    assert _requests(alert_id) == [("approved", "chen")]
    with reading() as session:
        assert kinds(session, alert_id) == ["raised", "taken", "requested", "eliminated"]
        said = session.scalars(select(AlertEvent).order_by(AlertEvent.id.desc())).first()
    assert said is not None
    assert (said.actor, said.outcome, said.cause, said.note) == ("chen", "E1", "F01", "材料齐全，同意")


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"cause": "F99"}, InputRefused, "expected one of F01 to F38"),
        ({"cause": ""}, InputRefused, "expected one of F01 to F38"),
        ({"reason": "同意"}, InputRefused, "at least 10"),
        ({"evidence": ""}, TransitionRefused, "The supplier's time stamp"),
        ({"suppress_until": date(2026, 3, 9)}, InputRefused, "expected a day after today"),
        ({"suppress_until": date(2027, 3, 20)}, InputRefused, "no later than"),
    ],
)
def test_a_request_that_says_too_little_is_refused(
    values: dict[str, object], error: type[MingjingError], words: str
) -> None:
    alert_id = taken()
    with pytest.raises(error, match=words) as refused:
        _request(alert_id, **values)
    assert refused.value.zh
    assert _alert(alert_id).status == "verifying"
    assert _requests(alert_id) == []


def test_an_attachment_is_the_evidence_too() -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        attachments.add(session, alert_id, VERIFIER, at=NOW, name="登记时间证明.pdf", content=b"%PDF-1.7")
    _request(alert_id, evidence="")
    assert _alert(alert_id).status == "approving"


@pytest.mark.parametrize("said", ["没有", "无", "无纸质材料", "none at all", "待定", "文件"])
def test_that_there_is_no_paper_is_no_evidence(said: str) -> None:
    alert_id = taken()
    with pytest.raises(InputRefused, match="expected a place"):
        _request(alert_id, evidence=said)


def test_a_file_of_an_earlier_verdict_is_no_evidence_of_this_one() -> None:
    alert_id = taken()
    with acting(VERIFIER) as session:
        attachments.add(session, alert_id, VERIFIER, at=NOW, name="old.txt", content=b"old")
        conclude(session, alert_id, VERIFIER, at=later(1), outcome="D1", note="登记日期录错")
    with acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "reversed", APPROVER, at=later(2))
    with acting(COLLEAGUE) as session:
        advance(session, locked(session, alert_id), "taken", COLLEAGUE, at=later(3))
    with pytest.raises(TransitionRefused, match="demands evidence"):
        _request(alert_id, COLLEAGUE, evidence="", at=later(4))
    with acting(COLLEAGUE) as session:
        attachments.add(session, alert_id, COLLEAGUE, at=later(4), name="new.txt", content=b"new")
    _request(alert_id, COLLEAGUE, evidence="", at=later(5))


def test_no_identity_number_stays_in_the_clear_whatever_door_it_comes_by() -> None:
    number = "11010519491231002X"
    alert_id, other = taken(1), taken(2)
    said, at = f"王某某 {number} 已核对情况", later(1)
    with acting(VERIFIER) as session:
        attachments.add(session, alert_id, VERIFIER, at=NOW, name=f"{number}.txt", content=b"x")
        inquiries.ask(session, alert_id, VERIFIER, at=NOW, unit_code="D1", question=said)
        request(session, alert_id, VERIFIER, at=NOW, cause="F01", reason=said, evidence=said)
        conclude(session, other, VERIFIER, at=at, outcome="C1", note=said, evidence=said)
        measures.add(session, other, VERIFIER, at=at, kind="talk", quantity=1, done_on=at.date(), note=said)
        rectify(session, other, VERIFIER, at=at, note=said)
    with acting(CONTACT) as session:
        inquiries.answer(session, 1, CONTACT, at=at, answer=said)
    with acting(APPROVER) as session:
        supervision.order(session, alert_id, APPROVER, at=at, reason="other", demand=said, due_on=later(9).date())
        send_back(session, alert_id, APPROVER, at=at, decision=said)
        advance(session, locked(session, other), "reversed", APPROVER, at=at, note=written(said))
    with reading() as session:
        kept = [
            str(value)
            for table in Table.metadata.sorted_tables
            for row in session.execute(select(table))
            for value in row
        ]
    assert any("110***********002X" in value for value in kept)
    assert [value for value in kept if number in value] == []


def test_nobody_approves_the_own_request() -> None:
    both = Person(
        "both", "兼", "U1", (Held(ROLES["inspector"], "U1", "", None), Held(ROLES["approver"], "U1", "", None))
    )
    alert_id = taken(by=both)
    _request(alert_id, both)
    with pytest.raises(TransitionRefused, match="second person") as refused:
        _approve(alert_id, both)
    assert "须由另一人" in refused.value.zh
    with pytest.raises(TransitionRefused, match="second person"), acting(both) as session:
        send_back(session, alert_id, both, at=later(1), decision="退回补充材料")


def test_a_verifier_has_no_right_to_approve() -> None:
    alert_id = taken()
    _request(alert_id)
    with pytest.raises(NotPermitted):
        _approve(alert_id, COLLEAGUE)


def test_the_second_of_two_approvers_is_refused() -> None:
    alert_id = taken()
    _request(alert_id)
    _approve(alert_id)
    with pytest.raises(TransitionRefused, match="Closed"):
        _approve(alert_id, SECOND_APPROVER)
    assert _requests(alert_id) == [("approved", "chen")]


def test_what_is_returned_is_worked_on_and_asked_anew() -> None:
    alert_id = taken()
    _request(alert_id)
    with pytest.raises(InputRefused, match="at least 4"), acting(APPROVER) as session:
        send_back(session, alert_id, APPROVER, at=later(1), decision="")
    with acting(APPROVER) as session:
        send_back(session, alert_id, APPROVER, at=later(1), decision="缺少登记时间证明")
    alert = _alert(alert_id)
    assert (alert.status, alert.assignee, alert.outcome) == ("verifying", "li", None)
    _request(alert_id, at=later(2))
    with acting(VERIFIER) as session:
        withdraw(session, alert_id, VERIFIER, at=later(3))
    _request(alert_id, at=later(4))
    _approve(alert_id, at=later(5))
    assert _requests(alert_id) == [("returned", "chen"), ("withdrawn", "li"), ("approved", "chen")]


def test_while_one_is_asked_there_is_no_second() -> None:
    alert_id = taken()
    _request(alert_id)
    with pytest.raises(TransitionRefused, match="o be approved"):
        _request(alert_id)
    assert _requests(alert_id) == [("asked", None)]


def test_only_the_requester_withdraws() -> None:
    alert_id = taken()
    _request(alert_id)
    with pytest.raises(TransitionRefused, match="only whoever took it"), acting(COLLEAGUE) as session:
        withdraw(session, alert_id, COLLEAGUE, at=later(1))


def test_requests_wait_for_those_who_see_the_alert() -> None:
    first, second = taken(1), taken(2)
    _request(second)
    _request(first, at=later(0.5))
    with seen_by(APPROVER) as session:
        assert [one.alert_id for one in pending(session)] == [second, first]
    with seen_by(somebody("approver", "far", unit="U2", region="990101002")) as session:
        assert pending(session) == []


def test_a_suppression_comes_with_the_approval_and_belongs_to_who_asked() -> None:
    alert_id = taken()
    _request(alert_id, suppress_until=date(2026, 9, 30))
    with reading() as session:
        assert session.scalars(select(Suppression)).all() == []
    _approve(alert_id)
    with reading() as session:
        (standing,) = suppressions.standing(session, "M01", [f"{1:064d}"], date(2026, 9, 1))
    assert (standing.owner, standing.approved_by, standing.until_on) == ("li", "chen", date(2026, 9, 30))
    assert (standing.alert_id, standing.reason) == (alert_id, REASON)


def test_a_suppression_whose_day_passed_while_it_waited_is_not_made() -> None:
    alert_id = taken()
    _request(alert_id, suppress_until=date(2026, 3, 12))
    _approve(alert_id, at=later(30))
    with reading() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_a_department_approves_no_elimination() -> None:
    alert_id = taken()
    _request(alert_id)
    with pytest.raises(NotPermitted, match="supplies data") as refused:
        _approve(alert_id, somebody("approver", "insider", unit="D1"))
    assert "镜湖县民政局" in refused.value.zh


def test_nobody_approves_on_data_the_own_unit_supplied() -> None:
    with writing() as session:
        filing = DatasetFiling(
            kind="register", name="person", version=1, content_hash="h", supplier="镜湖县纪委", legal_basis="",
            purpose="", n_rows=1, n_refused=0, received_at=RAISED,
        )  # fmt: skip
        session.add(filing)
        session.flush()
        run = CollisionRun(
            model_code="M01", model_version=1, as_of=RAISED, parameters="{}", filings=json.dumps({"person": filing.id}),
            n_hits=1, n_new=1, n_extended=0, started_at=RAISED, ended_at=RAISED,
        )  # fmt: skip
        session.add(run)
        session.flush()
        number = run.id
    alert_id = taken(run_id=number)
    _request(alert_id)
    with pytest.raises(NotPermitted, match="supplies data"):
        _approve(alert_id)


@pytest.fixture
def _cards() -> None:
    with writing() as session:
        for card in built_in_cards():
            if card.code == "M11":
                install(session, card)


@pytest.mark.usefixtures("_cards")
def test_an_emergency_project_comes_prefilled_and_a_person_sends_it_on() -> None:
    attributes = json.dumps({"is_emergency": True, "minute_near_start": True, "not_approved": False})
    alert_id = taken(source="M11", domain_code="village_projects", attributes=attributes)
    with reading() as session:
        drafted = draft(session, session.get_one(Alert, alert_id))
    assert drafted is not None
    assert (drafted.cause, drafted.ask_for, drafted.ask_for_en) == (
        "F25", "会议记录、补办手续", "Meeting minute, later filing",
    )  # fmt: skip
    assert "应急工程，开工前后有会议记录，批准手续已补办" in drafted.reason
    with pytest.raises(TransitionRefused, match="demands evidence"):
        _request(alert_id, cause=drafted.cause, reason=drafted.reason, evidence="")
    _request(alert_id, cause=drafted.cause, reason=drafted.reason)
    with reading() as session:
        assert session.scalars(select(Elimination.prefilled)).all() == [True]
    assert _alert(alert_id).status == "approving"


@pytest.mark.usefixtures("_cards")
@pytest.mark.parametrize(
    "values",
    [
        {"source": "M11", "attributes": '{"is_emergency": false}'},
        {"source": "M11", "attributes": "{}"},
        {"source": "M01", "attributes": '{"is_emergency": true}'},
    ],
)
def test_no_other_alert_is_prefilled(values: dict[str, str]) -> None:
    alert_id = an_alert(**values)
    with reading() as session:
        assert draft(session, session.get_one(Alert, alert_id)) is None


def test_a_year_is_the_longest_a_subject_is_left_alone() -> None:
    alert_id = taken()
    _request(alert_id, suppress_until=NOW.date() + timedelta(days=suppressions.MOST_DAYS))
    _approve(alert_id, at=NOW)
    with reading() as session:
        assert len(session.scalars(select(Suppression)).all()) == 1
