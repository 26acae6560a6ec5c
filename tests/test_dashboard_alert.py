"""The alert on the screen: the question, the evidence, the one next step of each state, and what its forms do."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from dashboard.alert_notices import changed_banner
from dashboard.app import create_app
from dashboard.case import Case, read_case
from dashboard.deeds import DEEDS
from dashboard.evidence import _beginning, evidence, timeline
from dashboard.loop_bar import STEPS, stages
from dashboard.next_step import _BODIES, next_step
from dashboard.pages.alert import do, layout
from dashboard.posted import amount_of
from dashboard.reasons import read_reasons
from dashboard.verdict import GROUPS, KINDS, PATHS
from dashboard.visitor import visiting
from dashboard.waterfall import steps
from data import attachments, database
from data.database import reading, writing
from data.dossier import dossier
from data.errors import InputRefused
from data.identities import remember
from data.identity_numbers import check_character
from data.loop_tables import Attachment, Elimination, HandlingOrder, Inquiry, LookBack, Measure, Responsible
from data.outcomes import OUTCOMES
from data.record_tables import AuditEntry
from data.rights import Person
from data.states import STATES, TRANSITIONS
from data.tables import Alert, Score, Unit
from tests.office_in_miniature import fill
from tests.people import client_of, everybody, person

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
APPROVER = person("approver", code="county.approver", name="县审批")
NUMBER = "99010119680203001" + check_character("99010119680203001")
LEADER = person("leader", code="county.leader", name="县领导")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office of 60 alerts, a department among its units, to be copied for each test."""
    folder = tmp_path_factory.mktemp("template") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINGJING_HOME", str(folder))
        patched.delenv("MINGJING_DATABASE_URL", raising=False)
        database.migrate()
        fill(now=NOW, n_alerts=60)
        department = Unit(code="D1", name="民政局", name_en="Civil affairs", kind="department", region_code="990101")
        with writing() as session:
            session.add(department)
        database.engine().dispose()
    return folder


@pytest.fixture
def filled(template: Path, home: Path) -> Iterator[None]:
    """An office of this test's own."""
    shutil.copytree(template, home)
    yield
    database.engine().dispose()


def written(component: Any) -> str:
    return json.dumps(component, default=lambda c: c.to_plotly_json(), ensure_ascii=False)


def one(status: str, **values: Any) -> int:
    """An alert of the office, brought into a state as if it had come there, with the inspector u1a on it."""
    with writing() as session:
        alert = session.scalars(select(Alert).order_by(Alert.id)).first()
        assert alert is not None
        alert.status, alert.unit_code, alert.outcome, alert.cause = status, "U1", None, None
        alert.assignee = None if status in ("waiting", "dispatched", "accepted") else "u1a"
        alert.recovered, alert.concluded_at, alert.signed_in_at = None, None, NOW
        for name, value in values.items():
            setattr(alert, name, value)
        if status == "waiting":
            alert.unit_code = None
        return alert.id


def inspector(code: str = "u1a") -> Person:
    return person("inspector", unit_code="U1", code=code, name=code)


def view(alert_id: int) -> dict[str, Any]:
    return {"alert": alert_id, "query": {}}


def send(who: Person, alert_id: int, deed: str, version: int | None = None, **fields: object) -> str:
    """The page after a deed as it is posted, and what is in the office."""
    with visiting(who):
        children, onward = do({"deed": deed, "version": version, "fields": fields}, view(alert_id), "zh")
    return onward or written(children)


def shown(who: Person, alert_id: int, language: str = "zh") -> str:
    with visiting(who):
        return written(layout(str(alert_id), language))


def now_of(alert_id: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, alert_id)


def case_of(alert_id: int, who: Person, language: str = "zh") -> Case:
    with reading() as session:
        return read_case(session, alert_id, who, language=language, now=NOW)


def test_every_state_has_its_next_step_and_every_outcome_its_path() -> None:
    assert set(_BODIES) == set(STATES)
    offered = {code for codes in GROUPS.values() for code in codes}
    assert offered == set(KINDS) == {code for code in OUTCOMES if not code.endswith("X")}
    assert set(KINDS.values()) == set(PATHS)


def test_every_step_of_the_loop_can_be_done_on_the_page() -> None:
    by_form = {"concluded", "requested", "held"}  # by the verification form, `verified`
    assert {one.action for one in TRANSITIONS if one.right != "system"} - by_form <= set(DEEDS)


def test_the_page_says_the_question_in_both_languages(filled: None) -> None:
    alert = now_of(one("accepted"))
    assert alert.title in shown(inspector(), alert.id)
    assert alert.title_en in shown(inspector(), alert.id, "en")


def test_an_alert_that_is_not_there_is_said_so(filled: None, visiting_everybody: None) -> None:
    for address in ("999", "none", None):
        assert "没有这条预警" in written(layout(address, "zh"))


def test_an_alert_out_of_scope_is_as_if_it_were_not_there(filled: None) -> None:
    alert_id = one("accepted")
    assert "没有这条预警" in shown(person("inspector", unit_code="U2"), alert_id)
    with visiting(person("inspector", unit_code="U2")), pytest.raises(Exception, match="outside your scope"):
        do({"deed": "taken", "version": None, "fields": {}}, view(alert_id), "zh")
    assert now_of(alert_id).status == "accepted"


def test_an_alert_of_every_state_and_model_can_be_shown_to_everybody(filled: None, visiting_everybody: None) -> None:
    with writing() as session:
        session.delete(session.get_one(Score, 5))
        session.get_one(Alert, 3).period = "2026-Q1"
        numbers = [3, 5, *session.scalars(select(func.max(Alert.id)).group_by(Alert.status, Alert.source))]
    for number in numbers:
        assert "alert-body" in written(layout(str(number), "en"))


def test_steps_of_the_waterfall_join_and_end_at_the_score(small_office: Path) -> None:
    fill(now=NOW, n_alerts=30)
    with reading() as session:
        for number in range(1, 31):
            score = dossier(session, number).score
            assert score is not None
            reasons = read_reasons(score.reasons)
            assert reasons is not None
            base, *moves, final = steps(reasons, score, "zh")
            at = base.end
            for move in moves:
                assert move.start == pytest.approx(at)
                at = move.end
            assert at == pytest.approx(final.end, abs=0.001)
            shown = float(base.figure[:-1]) + sum(float(m.figure.replace("−", "-")) for m in moves)
            assert shown == pytest.approx(float(final.figure[:-1]), abs=0.5), "what is printed adds up but for rounding"


def test_a_score_not_on_the_line_of_its_reasons_gets_a_step_for_calibration(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    with writing() as session:
        score = session.get_one(Score, 1)
        score.p_confirmed = score.p_confirmed - 0.02
    with reading() as session:
        shown = dossier(session, 1).score
    assert shown is not None
    reasons = read_reasons(shown.reasons)
    assert reasons is not None
    assert [s.figure for s in steps(reasons, shown, "zh") if s.words == "按近期结论校准"] == ["−2.0"]


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        ("2026", date(2026, 1, 1)),
        ("2026-03", date(2026, 3, 1)),
        ("2026-03-05", date(2026, 3, 5)),
        ("2026-Q1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_period_stands_where_it_begins(period: str | None, begins: date | None) -> None:
    assert _beginning(period) == begins


def test_a_missing_date_is_named(small_office: Path) -> None:
    fill(now=NOW, n_alerts=3)
    with writing() as session:
        session.get_one(Alert, 1).registered_on = None
    with reading() as session:
        assert "无记录：登记" in written(timeline(session.get_one(Alert, 1), "zh"))


def test_evidence_says_what_was_compared_under_its_chinese_names(small_office: Path) -> None:
    fill(now=NOW, n_alerts=3)
    with reading() as session:
        drawn = written(evidence(dossier(session, 1), "zh"))
    assert "惠民资金发放 × 户籍人口" in drawn
    assert "户籍迁出日期" in drawn


def test_an_alert_of_a_feed_shows_what_its_source_said(filled: None, visiting_everybody: None) -> None:
    with writing() as session:
        alert = Alert(
            alert_key="f|1", source="hotline", rule="r", level="yellow", status="waiting", subject_kind="other",
            subject_key="k", subject_display="", title="t", title_en="t", raised_at=NOW,
            attributes='{"channel": "12345"}',
        )  # fmt: skip
        session.add(alert)
        session.flush()
        number = alert.id
    drawn = written(layout(str(number), "zh"))
    assert "12345" in drawn
    assert "尚未评分" in drawn


@pytest.mark.parametrize(("text", "amount"), [("", None), (None, None), ("1,200.50", 1200.5), (" 0 ", 0.0)])
def test_amounts_as_people_write_them(text: str | None, amount: float | None) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["plenty", "-1", "nan", "inf", "1e20", "1_0", "１２", "1" * 13, 5, ["5"]])
def test_what_is_not_an_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        amount_of(text)


STEP = {
    ("waiting", "approver"): "分办给",
    ("waiting", "leader"): "分办给",
    ("dispatched", "inspector"): "签收并领取这条预警",
    ("dispatched", "leader"): "签收",
    ("accepted", "inspector"): "领取这条预警，开始核查",
    ("verifying", "inspector"): "核查的结果是什么？",
    ("verifying", "colleague"): "高桥镇甲 正在核查",
    ("approving", "approver"): "没有待审批的消除申请",
    ("held", "inspector"): "继续核查这条暂存的预警",
    ("rectifying", "inspector"): "落实处置，然后办结",
    ("rectifying", "approver"): "正在处置",
    ("closed", "inspector"): "D1 数据纠错",
}
"""The biggest words of the panel, by state and person."""
WHO = {"approver": APPROVER, "leader": LEADER, "inspector": inspector(), "colleague": inspector("u1b")}


def test_the_next_step_follows_state_and_person(filled: None) -> None:
    for (status, who), words in STEP.items():
        outcome = {"rectifying": "C2", "closed": "D1"}.get(status)
        alert_id = one(status, outcome=outcome, concluded_at=NOW if outcome else None)
        panel = next_step(case_of(alert_id, WHO[who]))
        assert words in written(panel.children[2].children[0]), (status, who)


def test_a_button_that_is_refused_says_the_very_text_of_the_refusal(filled: None) -> None:
    alert_id = one("accepted")
    with writing() as session:
        session.add(
            Responsible(
                alert_id=alert_id, role="handler", subject_key="me", display="王某", post="", unit_name="", source="x",
                finding="",
            )
        )  # fmt: skip
    me = person("inspector", unit_code="U1", code="u1a", subject_key="me")
    panel = written(next_step(case_of(alert_id, me)))
    assert "应当回避" in panel
    assert '"disabled": true' in panel
    assert "应当回避" in send(me, alert_id, "taken")
    assert now_of(alert_id).assignee is None


def test_the_six_steps_say_where_it_stands(filled: None) -> None:
    alert_id = one("verifying")
    states = [stage.state for stage in stages(case_of(alert_id, inspector()))]
    assert (len(states), states[:3], states[3:]) == (len(STEPS), ["done", "done", "here"], ["ahead"] * 3)
    with reading() as session:
        ended = select(Alert.id).where(Alert.status == "closed", Alert.outcome.in_(("E1", "D1")))
        alert_id = session.scalars(ended.order_by(Alert.id)).first()
    assert alert_id is not None
    assert [stage.state for stage in stages(case_of(alert_id, LEADER))][3:] == ["left_out", "here", "done"]


def test_dispatched_signed_for_taken_and_put_back(filled: None) -> None:
    alert_id = one("waiting")
    page = shown(APPROVER, alert_id)
    suggested = case_of(alert_id, APPROVER).suggested_unit
    assert suggested
    assert 'data-open": "dialog-' in page
    send(APPROVER, alert_id, "dispatched", now_of(alert_id).version, unit=suggested, other_unit="", note="")
    assert (now_of(alert_id).status, now_of(alert_id).unit_code) == ("dispatched", suggested)
    me = person("inspector", unit_code=suggested, code="u1a")
    assert "已领取，请开始核查" in send(me, alert_id, "taken", now_of(alert_id).version)
    assert (now_of(alert_id).status, now_of(alert_id).assignee) == ("verifying", "u1a")
    send(me, alert_id, "released", now_of(alert_id).version, note="")
    assert now_of(alert_id).status == "accepted"


def test_another_unit_takes_a_reason_which_is_asked_for_in_words(filled: None) -> None:
    alert_id = one("waiting")
    suggested = case_of(alert_id, APPROVER).suggested_unit
    other = next(code for code, _ in case_of(alert_id, APPROVER).receivers if code != suggested)
    assert "理由：现有 0 个字" in send(APPROVER, alert_id, "dispatched", unit=suggested, other_unit=other, note="")
    send(APPROVER, alert_id, "dispatched", unit=suggested, other_unit=other, note="该单位已在查同一事项")
    assert now_of(alert_id).unit_code == other


def test_an_alert_that_leaves_ones_sight_is_said_to_have_gone(filled: None) -> None:
    alert_id = one("accepted")
    assert "已转出您的范围" in send(inspector(), alert_id, "sent_back", note="不属本镇")
    assert now_of(alert_id).status == "waiting"


def test_confirmed_with_people_and_measures_in_one_go_then_put_right(filled: None) -> None:
    alert_id = one("verifying", recoverable=900.0)
    with writing() as session:
        named = Responsible(
            alert_id=alert_id, role="handler", subject_key="h", display="孙某", post="主任", unit_name="民政办",
            source="benefit_payment.handler", finding="",
        )  # fmt: skip
        session.add(named)
        session.flush()
        number = named.id
    me = inspector()
    drawn = send(
        me, alert_id, "verified", now_of(alert_id).version, outcome="C2", recoverable="1,000", recovered="400",
        note="已核对发放表", done_on=str(date.today()), **{f"person-{number}": "answerable", "measure-talk": "2"},
    )  # fmt: skip
    assert "结论已记录：C2" in drawn
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.outcome, alert.recovered, alert.recoverable) == ("rectifying", "C2", 400.0, 1000.0)
        kinds = {m.kind: m.quantity for m in session.scalars(select(Measure).where(Measure.alert_id == alert_id))}
        assert session.get_one(Responsible, number).finding == "answerable"
    assert kinds == {"talk": 2.0, "recovery": 400.0}
    assert "整改完成，预警办结" in send(me, alert_id, "rectified", recovered="1000", note="")
    assert (now_of(alert_id).status, now_of(alert_id).recovered) == ("closed", 1000.0)


def test_a_verdict_whose_measures_cannot_be_is_not_written_at_all(filled: None) -> None:
    alert_id = one("verifying")
    drawn = send(
        inspector(), alert_id, "verified", outcome="C2", note="已核对", done_on="2001-01-01", **{"measure-talk": "2"}
    )
    assert "措施日期" in drawn
    assert now_of(alert_id).status == "verifying"


def test_elimination_requested_returned_requested_again_and_approved(filled: None) -> None:
    alert_id = one("verifying")
    me = inspector()
    asked = {"outcome": "E1", "cause": "F01", "note": "公安机关已更正登记日期", "reference": "镇纪委第 12 号卷"}
    assert "应有证据" not in send(me, alert_id, "verified", **(asked | {"reference": ""})), "no evidence, no request"
    assert now_of(alert_id).status == "verifying"
    drawn = send(me, alert_id, "verified", **asked, until=str(date(NOW.year + 1, NOW.month, 1)))
    assert "等待另一人审批" in drawn
    assert "撤回申请" in drawn
    page = shown(APPROVER, alert_id)
    assert "是否批准消除？" in page
    assert "数据提供单位出具的登记时间证明" in page, "what the cause demands stands beside what is there"
    assert "须另一人" not in page
    assert "至少 4 个字" in send(APPROVER, alert_id, "returned", decision="")
    send(APPROVER, alert_id, "returned", decision="请附公安机关复函")
    assert "退回补充：请附公安机关复函" in shown(me, alert_id)
    send(me, alert_id, "verified", **asked)
    assert "已批准消除" in send(APPROVER, alert_id, "eliminated", decision="")
    alert = now_of(alert_id)
    assert (alert.status, alert.outcome, alert.cause) == ("closed", "E1", "F01")


def test_one_cannot_approve_ones_own_request(filled: None) -> None:
    alert_id = one("verifying", assignee="everybody")
    both = everybody()
    send(
        both,
        alert_id,
        "verified",
        outcome="E1",
        cause="F01",
        note="公安机关已更正登记日期",
        reference="镇纪委第 12 号卷",
    )
    page = shown(both, alert_id)
    assert "须由另一人审批" in page
    assert "是否批准消除？" not in page
    send(both, alert_id, "eliminated", decision="")
    assert now_of(alert_id).status == "approving"


def test_of_two_the_second_sees_who_did_what_and_keeps_what_was_typed(filled: None) -> None:
    alert_id = one("verifying")
    version = now_of(alert_id).version
    send(LEADER, alert_id, "assigned", version, to="u1b", note="")
    drawn = send(inspector(), alert_id, "verified", version, outcome="D1", note="登记日期有误，已经更正。")
    assert "其他人先作了处理" in drawn
    assert "县领导" in drawn
    assert "指派" in drawn
    assert "登记日期有误，已经更正。" in drawn, "the form is gone, so what was typed stands in the banner"
    assert now_of(alert_id).outcome is None
    case = case_of(alert_id, inspector("u1b"))
    assert "已保留" in written(changed_banner(case, version, {"note": "x" * 9}, "verified")), "the form still stands"


def test_the_next_one_is_taken_and_gone_to(filled: None) -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    onward = send(inspector(), alert_id, "take_next")
    assert onward.startswith("/alert/")
    with reading() as session:
        taken = session.get_one(Alert, int(onward.removeprefix("/alert/").partition("?")[0]))
        assert (taken.status, taken.assignee) == ("verifying", "u1a")


def test_nothing_left_to_take_is_said(filled: None) -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    with writing() as session:
        for alert in session.scalars(select(Alert).where(Alert.id != alert_id)):
            alert.status = "closed"
    assert "没有可领取的预警" in send(inspector(), alert_id, "take_next")


def test_supervised_handling_is_ordered_answered_and_lifted(filled: None) -> None:
    alert_id = one("verifying")
    with writing() as session:
        for order in session.scalars(select(HandlingOrder).where(HandlingOrder.alert_id == alert_id)):
            session.delete(order)
    drawn = send(LEADER, alert_id, "ordered", reason="overdue", demand="五日内报送结果", due_on="2099-01-05")
    assert "督办〔" in drawn
    with reading() as session:
        number = session.scalars(select(HandlingOrder.id).where(HandlingOrder.alert_id == alert_id)).one()
    assert "五日内报送结果" in shown(inspector(), alert_id)
    assert "已约谈并核对账目" in send(
        inspector(), alert_id, "order_answered", id=str(number), answer="已约谈并核对账目"
    )
    send(LEADER, alert_id, "lifted", id=str(number), note="已按要求办理")
    assert now_of(alert_id).supervised_at is None
    assert "order-banner" not in shown(inspector(), alert_id)


def test_a_department_is_asked_and_its_question_shown(filled: None) -> None:
    alert_id = one("verifying")
    assert "请说明发放依据" in send(inspector(), alert_id, "asked", unit="D1", question="请说明发放依据", due_on="")
    with reading() as session:
        assert session.scalars(select(Inquiry.unit_code).where(Inquiry.alert_id == alert_id)).one() == "D1"


def test_an_identity_is_shown_for_a_reason_once_and_is_on_record(filled: None) -> None:
    alert_id = one("verifying", subject_kind="person")
    with writing() as session:
        remember(session, {session.get_one(Alert, alert_id).subject_key: ("韩小明", "990101199001011234")})
    me = inspector()
    assert "韩小明" not in shown(me, alert_id)
    refused = send(me, alert_id, "unmasked", id="", reason="")
    assert "韩小明" not in refused
    assert '"open": "unmasked"' in refused, "the dialog stands open again, with why"
    assert "990101199001011234" in send(me, alert_id, "unmasked", id="", reason="与当事人当面核对身份")
    assert "韩小明" not in shown(me, alert_id), "gone on reload"
    with reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.unmasked")).all()
    assert {entry.result for entry in noted} == {"done", "refused"}
    assert not any("韩小明" in entry.detail for entry in noted)


def test_one_more_person_responsible_is_named_and_masked(filled: None) -> None:
    alert_id = one("verifying")
    drawn = send(
        inspector(), alert_id, "added", role="reviewer", name="周建国", number=NUMBER, post="民政办主任",
        unit_name="镇民政办", on_date="2026-01-05",
    )  # fmt: skip
    assert "民政办主任" in drawn, drawn
    assert "周建国" not in drawn


def test_a_verdict_is_reversed_with_a_reason_and_both_stay(filled: None) -> None:
    alert_id = one("verifying")
    send(inspector(), alert_id, "verified", outcome="D1", note="登记有误，已更正")
    assert "至少 4 个字" in send(APPROVER, alert_id, "reversed", note="")
    send(APPROVER, alert_id, "reversed", note="更正依据不足")
    assert now_of(alert_id).status == "accepted"
    send(inspector("u1b"), alert_id, "taken")
    send(inspector("u1b"), alert_id, "verified", outcome="U1", note="与另一条重复")
    page = shown(APPROVER, alert_id)
    assert "原结论 D1 数据纠错" in page
    assert "U1 重复预警" in page


def test_what_a_look_back_found_stands_with_the_outcome(filled: None) -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    with writing() as session:
        session.add(
            LookBack(
                alert_id=alert_id, drawn_for="sample", drawn_by="county.approver", drawn_at=NOW, outcome="D1",
                finding="flawed", note="缺更正凭证", reviewed_by="county.approver", reviewed_at=NOW,
            )
        )  # fmt: skip
    assert "结论成立，材料有欠缺" in shown(inspector(), alert_id)


def test_an_emergency_project_comes_with_its_request_filled_in(filled: None) -> None:
    alert_id = one(
        "verifying", source="M11", subject_kind="project",
        attributes=json.dumps({"is_emergency": True, "minute_near_start": True}),
    )  # fmt: skip
    drawn = shown(inspector(), alert_id)
    assert '"cause": "F25"' in drawn
    assert "应急工程" in drawn


def test_what_no_form_posts_is_refused_in_words(filled: None, visiting_everybody: None) -> None:
    alert_id = one("accepted")
    taken: dict[str, Any] = {"deed": "taken", "fields": {}, "version": 1}
    for posted in (None, {}, [], taken | {"deed": "explode"}, taken | {"fields": 5}, taken | {"version": "1"}):
        with pytest.raises(InputRefused, match="not whole") as refused:
            do(posted, view(alert_id), "zh")
        assert "未写入任何内容" in refused.value.words("zh")
    for opened in (None, {}, {"alert": "x"}, {"alert": True}, {"alert": "9" * 30}):
        with pytest.raises(InputRefused):
            do(taken, opened, "zh")
    assert now_of(alert_id).status == "accepted"


@pytest.mark.parametrize(
    "junk",
    [{}, {"note": 5, "unit": ["U1"], "to": {}, "id": "x", "outcome": 1, "decision": 0}, {"id": "9", "outcome": "C9"}],
)
def test_forms_filled_with_rubbish_are_refused_in_words(
    filled: None, visiting_everybody: None, junk: dict[str, object]
) -> None:
    alert_id = one("verifying", assignee="everybody")
    before = now_of(alert_id).version
    for deed in set(DEEDS) - {"take_next", "released"}:
        children, _ = do({"deed": deed, "version": None, "fields": junk}, view(alert_id), "zh")
        assert "step-refused" in written(children) or '"role": "alert"' in written(children), deed
    assert now_of(alert_id).version == before


def test_a_page_that_fails_after_the_deed_says_that_it_is_on_record(filled: None) -> None:
    alert_id = one("verifying")
    with writing() as session:
        session.get_one(Score, alert_id).reasons = "no json"
    assert "已写入记录" in send(inspector(), alert_id, "verified", outcome="D1", note="登记有误，已更正")
    assert now_of(alert_id).status == "closed"


def test_files_are_taken_from_the_page_and_given_to_those_in_scope_only(filled: None) -> None:
    alert_id = one("verifying")
    app = create_app()
    mine, others = client_of(app, inspector()), client_of(app, person("inspector", unit_code="U2", code="u2a"))
    name = {"X-Mingjing-Upload": "%E5%A4%8D%E5%87%BD.pdf"}
    sent = mine.post(f"/alert/{alert_id}/attachment", data=b"%PDF-1.4 reply", headers=name)
    assert (sent.status_code, sent.json["name"]) == (200, "复函.pdf")
    number = sent.json["id"]
    got = mine.get(f"/alert/{alert_id}/attachment/{number}")
    assert got.data == b"%PDF-1.4 reply"
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert others.get(f"/alert/{alert_id}/attachment/{number}").status_code == 404
    assert others.post(f"/alert/{alert_id}/attachment", data=b"%PDF-1.4", headers=name).status_code in (403, 404)
    assert mine.get(f"/alert/{alert_id + 1}/attachment/{number}").status_code == 404, "not below another alert"
    assert create_app().server.test_client().get(f"/alert/{alert_id}/attachment/{number}").status_code in (302, 401)
    with reading() as session:
        assert session.scalars(select(Attachment.name).where(Attachment.alert_id == alert_id)).all() == ["复函.pdf"]


def test_files_that_cannot_be_kept_are_refused_in_words(filled: None) -> None:
    alert_id = one("verifying")
    client = client_of(create_app(), inspector())
    large = b"%PDF-" + b"0" * (attachments.MOST_BYTES + 200_000)
    tries = ((None, b"%PDF-1.4", 403), ("virus.exe", b"MZ", 400), ("named.pdf", b"MZ", 400), ("big.pdf", large, 413))
    for name, content, status in tries:
        headers = {"X-Mingjing-Upload": name} if name else {}
        answer = client.post(f"/alert/{alert_id}/attachment", data=content, headers=headers)
        assert answer.status_code == status
    with reading() as session:
        assert session.scalars(select(Attachment)).all() == []


def test_an_elimination_keeps_the_request_of_who_asked(filled: None) -> None:
    alert_id = one("verifying")
    asked = {"outcome": "E1", "cause": "F01", "note": "公安机关已更正登记日期", "reference": "镇纪委第 12 号卷"}
    send(inspector(), alert_id, "verified", **asked)
    send(inspector(), alert_id, "withdrawn")
    with reading() as session:
        assert session.scalars(
            select(Elimination.state).where(Elimination.alert_id == alert_id).order_by(Elimination.id)
        ).all()[-1:] == ["withdrawn"]
    assert now_of(alert_id).status == "verifying"
