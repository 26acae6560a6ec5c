"""The alert on the screen: the question, the evidence, a score that adds up, and the one next step of each state."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dashboard.deeds import DEEDS
from dashboard.evidence import _beginning, evidence, timeline
from dashboard.formats import day
from dashboard.loop_bar import STEPS, stages, step_of
from dashboard.next_step import _BODIES, next_step
from dashboard.pages.alert import do, layout
from dashboard.posted import amount_of
from dashboard.reasons import read_reasons
from dashboard.verdict import GROUPS, KINDS, PATHS
from dashboard.visitor import visiting
from dashboard.waterfall import steps
from data.database import reading, writing
from data.dossier import dossier
from data.loop_tables import Responsible
from data.outcomes import OUTCOMES
from data.states import STATES, TRANSITIONS
from data.tables import Alert, AlertEvent, Score
from tests.alert_in_miniature import (  # noqa: F401  (fixtures)
    APPROVER,
    LEADER,
    NOW,
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
from tests.office_in_miniature import fill
from tests.people import everybody, person


def test_every_state_has_its_next_step_and_every_outcome_its_path() -> None:
    assert set(_BODIES) == set(STATES)
    offered = {code for codes in GROUPS.values() for code in codes}
    assert offered == set(KINDS) == {code for code in OUTCOMES if not code.endswith("X")}
    assert set(KINDS.values()) == set(PATHS)


def test_every_step_of_the_loop_can_be_done_on_the_page() -> None:
    by_form = {"concluded", "requested", "held"}  # by the verification form, `verified`
    assert {one.action for one in TRANSITIONS if one.right != "system"} - by_form <= set(DEEDS)


@pytest.mark.usefixtures("filled")
def test_the_page_says_the_question_in_both_languages() -> None:
    alert = now_of(one("accepted"))
    assert alert.title in shown(inspector(), alert.id)
    assert alert.title_en in shown(inspector(), alert.id, "en")


@pytest.mark.usefixtures("filled")
def test_an_alert_that_is_not_there_is_said_so(visiting_everybody: None) -> None:
    for address in ("999", "none", None):
        assert "没有这条预警" in written(layout(address, "zh"))


@pytest.mark.usefixtures("filled")
def test_an_alert_out_of_scope_is_as_if_it_were_not_there() -> None:
    alert_id = one("accepted")
    assert "没有这条预警" in shown(person("inspector", unit_code="U2"), alert_id)
    with visiting(person("inspector", unit_code="U2")), pytest.raises(Exception, match="outside your scope"):
        do({"deed": "taken", "version": 1, "fields": {}}, view(alert_id), "zh")
    assert now_of(alert_id).status == "accepted"


@pytest.mark.usefixtures("filled")
def test_an_alert_of_every_state_and_model_can_be_shown_to_everybody(visiting_everybody: None) -> None:
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


@pytest.mark.usefixtures("filled")
def test_an_alert_of_a_feed_shows_what_its_source_said(visiting_everybody: None) -> None:
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


@pytest.mark.usefixtures("filled")
def test_the_next_step_follows_state_and_person() -> None:
    for (status, who), words in STEP.items():
        outcome = {"rectifying": "C2", "closed": "D1"}.get(status)
        alert_id = one(status, outcome=outcome, concluded_at=NOW if outcome else None)
        panel = next_step(case_of(alert_id, WHO[who]))
        assert words in written(panel.children[2].children[0]), (status, who)


@pytest.mark.usefixtures("filled")
def test_a_button_that_is_refused_says_the_very_text_of_the_refusal() -> None:
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


@pytest.mark.usefixtures("filled")
def test_a_tie_found_since_stands_in_the_form_before_anything_is_filled_in() -> None:
    alert_id = one("verifying", subject_key="me")
    me = person("inspector", unit_code="U1", code="u1a", subject_key="me")
    panel = written(next_step(case_of(alert_id, me)))
    assert panel.index("应当回避") < panel.index("核查的结果是什么？")


@pytest.mark.usefixtures("filled")
def test_a_request_that_waits_is_not_said_to_be_with_its_requester() -> None:
    alert_id = one("approving")
    for language, words in (("zh", "待审批（申请人 "), ("en", "awaiting approval (requested by ")):
        panel = written(next_step(case_of(alert_id, inspector(), language)))
        assert words in panel
        assert "手中" not in panel
        assert "with u1a" not in panel


@pytest.mark.usefixtures("filled")
def test_the_six_steps_say_where_it_stands() -> None:
    alert_id = one("verifying")
    states = [stage.state for stage in stages(case_of(alert_id, inspector()))]
    assert (len(states), states[:3], states[3:]) == (len(STEPS), ["done", "done", "here"], ["ahead"] * 3)
    with reading() as session:
        ended = select(Alert.id).where(Alert.status == "closed", Alert.outcome.in_(("E1", "D1")))
        alert_id = session.scalars(ended.order_by(Alert.id)).first()
    assert alert_id is not None
    assert [stage.state for stage in stages(case_of(alert_id, LEADER))][3:] == ["left_out", "here", "done"]


@pytest.mark.usefixtures("filled")
def test_the_six_steps_name_who_verified_and_the_day_of_dispatch() -> None:
    sent_on, signed_on = NOW - timedelta(days=9), NOW - timedelta(days=6)
    alert_id = one("closed", outcome="E1", dispatched_at=sent_on, signed_in_at=signed_on, assignee=None)
    deeds = (
        (sent_on, "reminded", "worker", "dispatched"), (signed_on, "signed_in", "u1b", "accepted"),
        (signed_on, "requested", "u1a", "approving"), (NOW, "eliminated", "county.approver", "closed"),
    )  # fmt: skip
    with writing() as session:
        for at, kind, actor, status in deeds:
            session.add(AlertEvent(alert_id=alert_id, at=at, actor=actor, kind=kind, to_status=status, note=""))
    case = case_of(alert_id, LEADER)
    said = [stage.said for stage in stages(case)]
    assert said[1] == f"{case.unit('U1')} {day(sent_on)[5:]}"
    assert said[2] == f"{case.name('u1a')} {day(signed_on)[5:]}"
    assert [step_of(event) for event in case.found.history[-4:]] == [1, 1, 2, 2]


def test_the_page_and_its_deeds_on_both_databases(office: Path, visiting_everybody: None) -> None:
    fill(now=NOW, n_alerts=20)
    alert_id = one("waiting")
    for language in ("zh", "en"):
        assert "alert-body" in shown(everybody(), alert_id, language)
    suggested = case_of(alert_id, everybody()).suggested_unit
    send(everybody(), alert_id, "dispatched", now_of(alert_id).version, unit=suggested)
    send(everybody(), alert_id, "taken", now_of(alert_id).version)
    send(everybody(), alert_id, "verified", now_of(alert_id).version, outcome="C2", recovered="5", note="已核对")
    assert (now_of(alert_id).status, now_of(alert_id).recovered) == ("rectifying", 5.0)
    assert send(everybody(), alert_id, "take_next").startswith("/alert/")
