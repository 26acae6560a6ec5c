"""What the forms of an alert do, as they are posted: each deed, its refusals, two people at one alert, files."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.alert_notices import changed_banner
from dashboard.app import create_app
from dashboard.deeds import DEEDS
from dashboard.pages.alert import do
from data import attachments
from data.database import reading, writing
from data.errors import InputRefused
from data.identities import remember
from data.loop_tables import Attachment, Elimination, HandlingOrder, Inquiry, LookBack, Measure, Responsible
from data.record_tables import AuditEntry
from data.tables import Alert, Score
from tests.alert_in_miniature import (  # noqa: F401  (fixtures)
    APPROVER,
    LEADER,
    NOW,
    NUMBER,
    case_of,
    filled,
    inspector,
    now_of,
    one,
    send,
    shown,
    template,
    view,
    written,
)
from tests.people import client_of, everybody, person

pytestmark = pytest.mark.usefixtures("filled")


def test_dispatched_signed_for_taken_and_put_back() -> None:
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


def test_another_unit_takes_a_reason_which_is_asked_for_in_words() -> None:
    alert_id = one("waiting")
    suggested = case_of(alert_id, APPROVER).suggested_unit
    other = next(code for code, _ in case_of(alert_id, APPROVER).receivers if code != suggested)
    assert "理由：现有 0 个字" in send(APPROVER, alert_id, "dispatched", unit=suggested, other_unit=other, note="")
    send(APPROVER, alert_id, "dispatched", unit=suggested, other_unit=other, note="该单位已在查同一事项")
    assert now_of(alert_id).unit_code == other


def test_an_alert_that_leaves_ones_sight_is_said_to_have_gone() -> None:
    alert_id = one("accepted")
    assert "已转出您的范围" in send(inspector(), alert_id, "sent_back", note="不属本镇")
    assert now_of(alert_id).status == "waiting"


def test_confirmed_with_people_and_measures_in_one_go_then_put_right() -> None:
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


def test_an_entry_made_in_error_is_taken_back_from_the_page() -> None:
    alert_id = one("verifying", recoverable=900.0)
    me = inspector()
    send(me, alert_id, "verified", outcome="C2", recovered="400", note="已核对发放表", done_on=str(date.today()))
    assert "更正误登的措施" in shown(me, alert_id)
    with reading() as session:
        number = session.scalars(select(Measure.id).where(Measure.alert_id == alert_id)).one()
    assert "理由：现有 0 个字" in send(me, alert_id, "taken_back", id=str(number), note="")
    drawn = send(me, alert_id, "taken_back", id=str(number), note="金额录错，重新登记")
    assert "误登的措施已更正" in drawn
    assert "更正误登的措施" not in drawn, "nothing is left to take back"
    assert now_of(alert_id).recovered == 0


def test_what_the_page_did_not_show_is_not_done() -> None:
    alert_id = one("verifying")
    version = now_of(alert_id).version
    send(inspector(), alert_id, "asked", unit="D1", question="请说明发放依据", due_on="")
    before = now_of(alert_id).version
    for deed in ("added", "marked", "order_answered", "lifted", "measured", "released"):
        send(
            inspector(), alert_id, deed, version, id="1", finding="cleared", note="已按要求办理", answer="已按要求办理"
        )
    assert now_of(alert_id).version == before


def test_a_verdict_whose_measures_cannot_be_is_not_written_at_all() -> None:
    alert_id = one("verifying")
    drawn = send(
        inspector(), alert_id, "verified", outcome="C2", note="已核对", done_on="2001-01-01", **{"measure-talk": "2"}
    )
    assert "措施日期" in drawn
    assert now_of(alert_id).status == "verifying"


def test_elimination_requested_returned_requested_again_and_approved() -> None:
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


def test_one_cannot_approve_ones_own_request() -> None:
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


def test_of_two_the_second_sees_who_did_what_and_keeps_what_was_typed() -> None:
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


def test_the_next_one_is_taken_and_gone_to() -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    onward = send(inspector(), alert_id, "take_next")
    assert onward.startswith("/alert/")
    with reading() as session:
        taken = session.get_one(Alert, int(onward.removeprefix("/alert/").partition("?")[0]))
        assert (taken.status, taken.assignee) == ("verifying", "u1a")


def test_nothing_left_to_take_is_said() -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    with writing() as session:
        for alert in session.scalars(select(Alert).where(Alert.id != alert_id)):
            alert.status = "closed"
    assert "没有可领取的预警" in send(inspector(), alert_id, "take_next")


def test_supervised_handling_is_ordered_answered_and_lifted() -> None:
    alert_id = one("verifying")
    with writing() as session:
        for order in session.scalars(select(HandlingOrder).where(HandlingOrder.alert_id == alert_id)):
            session.delete(order)
    drawn = send(
        LEADER,
        alert_id,
        "ordered",
        reason="overdue",
        demand="五日内报送结果",
        due_on=str(date.today() + timedelta(days=9)),
    )
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


def test_a_department_is_asked_and_its_question_shown() -> None:
    alert_id = one("verifying")
    assert "请说明发放依据" in send(inspector(), alert_id, "asked", unit="D1", question="请说明发放依据", due_on="")
    with reading() as session:
        assert session.scalars(select(Inquiry.unit_code).where(Inquiry.alert_id == alert_id)).one() == "D1"


def test_an_identity_is_shown_for_a_reason_once_and_is_on_record() -> None:
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


def test_one_more_person_responsible_is_named_and_masked() -> None:
    alert_id = one("verifying")
    drawn = send(
        inspector(), alert_id, "added", role="reviewer", name="周建国", number=NUMBER, post="民政办主任",
        unit_name="镇民政办", on_date="2026-01-05",
    )  # fmt: skip
    assert "民政办主任" in drawn, drawn
    assert "周建国" not in drawn


def test_a_verdict_is_reversed_with_a_reason_and_both_stay() -> None:
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


def test_what_a_look_back_found_stands_with_the_outcome() -> None:
    alert_id = one("closed", outcome="D1", concluded_at=NOW)
    with writing() as session:
        session.add(
            LookBack(
                alert_id=alert_id, drawn_for="sample", drawn_by="county.approver", drawn_at=NOW, outcome="D1",
                finding="flawed", note="缺更正凭证", reviewed_by="county.approver", reviewed_at=NOW,
            )
        )  # fmt: skip
    assert "结论成立，材料有欠缺" in shown(inspector(), alert_id)


def test_an_emergency_project_comes_with_its_request_filled_in() -> None:
    alert_id = one(
        "verifying", source="M11", subject_kind="project",
        attributes=json.dumps({"is_emergency": True, "minute_near_start": True}),
    )  # fmt: skip
    drawn = shown(inspector(), alert_id)
    assert '"cause": "F25"' in drawn
    assert "应急工程" in drawn


def test_what_no_form_posts_is_refused_in_words(visiting_everybody: None) -> None:
    alert_id = one("accepted")
    taken: dict[str, Any] = {"deed": "taken", "fields": {}, "version": 1}
    for posted in (
        None,
        {},
        [],
        taken | {"deed": "explode"},
        taken | {"fields": 5},
        taken | {"version": "1"},
        taken | {"version": None},
    ):
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
def test_forms_filled_with_rubbish_are_refused_in_words(visiting_everybody: None, junk: dict[str, object]) -> None:
    alert_id = one("verifying", assignee="everybody")
    before = now_of(alert_id).version
    for deed in set(DEEDS) - {"take_next", "released"}:
        children, _ = do({"deed": deed, "version": before, "fields": junk}, view(alert_id), "zh")
        assert "step-refused" in written(children) or '"role": "alert"' in written(children), deed
    assert now_of(alert_id).version == before


def test_a_page_that_fails_after_the_deed_says_that_it_is_on_record() -> None:
    alert_id = one("verifying")
    with writing() as session:
        session.get_one(Score, alert_id).reasons = "no json"
    assert "已写入记录" in send(inspector(), alert_id, "verified", outcome="D1", note="登记有误，已更正")
    assert now_of(alert_id).status == "closed"


def test_files_are_taken_from_the_page_and_given_to_those_in_scope_only() -> None:
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


def test_files_that_cannot_be_kept_are_refused_in_words() -> None:
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


def test_an_elimination_keeps_the_request_of_who_asked() -> None:
    alert_id = one("verifying")
    asked = {"outcome": "E1", "cause": "F01", "note": "公安机关已更正登记日期", "reference": "镇纪委第 12 号卷"}
    send(inspector(), alert_id, "verified", **asked)
    send(inspector(), alert_id, "withdrawn")
    with reading() as session:
        assert session.scalars(
            select(Elimination.state).where(Elimination.alert_id == alert_id).order_by(Elimination.id)
        ).all()[-1:] == ["withdrawn"]
    assert now_of(alert_id).status == "verifying"


def test_a_refusal_is_shown_on_top_where_its_form_is_gone() -> None:
    alert_id = one("verifying")
    drawn = send(inspector(), alert_id, "lifted", id="999", note="已查清，解除督办")
    assert '"id": "refused"' in drawn
    assert "没有第 999 号督办单" in drawn
