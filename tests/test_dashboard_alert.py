"""The alert on the screen: the question, the evidence, a score that adds up, and a verdict given in a real browser."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.app import create_app
from dashboard.evidence import _beginning, evidence, timeline
from dashboard.pages.alert import layout, record
from dashboard.reasons import read_reasons
from dashboard.verdict import GROUPS, LOCAL_USER, amount_of, refused_words
from dashboard.waterfall import steps
from data.database import reading, writing
from data.dossier import dossier
from data.errors import InputRefused
from data.outcomes import OUTCOMES
from data.tables import Alert, AlertEvent, Score
from data.verification import conclude
from tests.office_in_miniature import fill

NOW = datetime.now(UTC).replace(tzinfo=None)
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('mingjing.draft')).length"


def top_alert() -> int:
    """The highest-ranked open alert."""
    with reading() as session:
        return session.scalars(select(Score.alert_id).where(Score.queue_rank == 1)).one()


def written(component: Any) -> str:
    return json.dumps(component, default=lambda c: c.to_plotly_json(), ensure_ascii=False)


def view(alert_id: int) -> dict[str, Any]:
    return {"alert": alert_id, "query": {}}


def test_the_page_says_the_question_in_both_languages(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    alert_id = top_alert()
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
    assert alert.title in written(layout(str(alert_id), "zh"))
    assert alert.title_en in written(layout(str(alert_id), "en"))


@pytest.mark.parametrize("address", ["999", "none", None])
def test_an_alert_that_is_not_there_is_said_so(small_office: Path, address: str | None) -> None:
    assert "没有这条预警" in written(layout(address, "zh"))


def test_every_open_alert_of_the_office_can_be_shown(small_office: Path) -> None:
    fill(now=NOW, n_alerts=30)
    with writing() as session:
        session.delete(session.get_one(Score, top_alert()))
        session.get_one(Alert, 3).period = "2026-Q1"
        numbers = list(session.scalars(select(Alert.id)))
    for number in numbers:
        assert "alert-body" in written(layout(str(number), "zh"))


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


def test_an_alert_of_a_feed_shows_what_its_source_said(small_office: Path) -> None:
    with writing() as session:
        session.add(
            Alert(
                alert_key="f|1", source="hotline", rule="r", level="yellow", status="open", subject_kind="other",
                subject_key="k", subject_display="", title="t", title_en="t", raised_at=NOW,
                attributes='{"channel": "12345"}',
            )
        )  # fmt: skip
    drawn = written(layout("1", "zh"))
    assert "12345" in drawn
    assert "尚未评分" in drawn


def test_a_verdict_closes_frees_its_place_and_offers_the_next(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    alert_id = top_alert()
    drawn = written(record(view(alert_id), "C2", "F01", " 已核对发放表 ", "1,200.50", "zh"))
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        assert (alert.status, alert.outcome, alert.cause, alert.recovered) == ("closed", "C2", None, 1200.5)
        assert session.get_one(Score, alert_id).queue_rank is None
        second = session.scalars(select(Score.alert_id).where(Score.queue_rank == 2)).one()
    assert "已记录：C2 查实：超发已纠正" in drawn
    assert f"/alert/{second}" in drawn


def test_a_second_verdict_is_refused_in_words_and_writes_nothing(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    alert_id = top_alert()
    record(view(alert_id), "C1", None, "", None, "zh")
    drawn = written(record(view(alert_id), "E1", "F01", "", None, "zh"))
    assert "已有结论（C1 查实：失职失责），本次未写入任何内容" in drawn
    with reading() as session:
        events = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == alert_id)).all()
    assert [event.kind for event in events] == ["raised", "concluded"]


@pytest.mark.parametrize(("outcome", "recovered"), [("E1", None), ("", None), ("C2", "plenty"), ("C2", "-5")])
def test_what_is_incomplete_is_not_written(small_office: Path, outcome: str, recovered: str | None) -> None:
    fill(now=NOW, n_alerts=60)
    alert_id = top_alert()
    drawn = written(record(view(alert_id), outcome, None, "", recovered, "zh"))
    assert "verify-submit" in drawn, "the form is still there"
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "open"
        assert session.get_one(Score, alert_id).queue_rank == 1


@pytest.mark.parametrize(("text", "amount"), [("", None), (None, None), ("1,200.50", 1200.5), (" 0 ", 0.0)])
def test_amounts_as_people_write_them(text: str | None, amount: float | None) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize("text", ["plenty", "-1", "nan", "inf", "1e20", "1_0", "１２", "1" * 13, 5, ["5"]])
def test_what_is_not_an_amount_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        amount_of(text)


@pytest.mark.parametrize(
    ("outcome", "cause", "note", "recovered", "words"),
    [
        ("E1", "F99", "", None, "没有编号为“F99”的原因"),
        ("E1", ["F01"], "", None, "没有编号为"),
        ("C2", None, "n" * 2001, None, "说明有 2,001 个字"),
        ("C2", None, "\ud800", None, "说明中有无法保存的字符"),
        ("C2", None, "a\x00b", "5", "说明中有无法保存的字符"),
        ("C2", None, 7, None, "说明中有无法保存的字符"),
        ("C2", None, "", "1_0", "金额须为"),
        (["C2"], None, "", None, "Outcome"),
    ],
)
def test_a_verdict_posted_by_hand_is_checked_and_refused_in_words(
    small_office: Path, outcome: object, cause: object, note: object, recovered: object, words: str
) -> None:
    fill(now=NOW, n_alerts=30)
    alert_id = top_alert()
    assert words in str(record(view(alert_id), outcome, cause, note, recovered, "zh"))
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "open"


@pytest.mark.parametrize("query", [{"q": "#" + "9" * 23}, {"level": 5}, [1], None, {"order": "best"}, {"q": "\ud800"}])
def test_a_verdict_from_a_view_that_is_not_understood_is_written_and_said(small_office: Path, query: object) -> None:
    fill(now=NOW, n_alerts=30)
    alert_id = top_alert()
    said = written(record({"alert": alert_id, "query": query}, "C2", None, "一行\r\n又一行", "5", "zh"))
    assert "已记录：C2" in said
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "closed"
        notes = session.scalars(select(AlertEvent.note).where(AlertEvent.alert_id == alert_id)).all()
    assert "一行\n又一行" in notes


def test_a_verdict_whose_page_then_fails_is_said_to_be_on_record(small_office: Path) -> None:
    fill(now=NOW, n_alerts=30)
    alert_id = top_alert()
    with writing() as session:
        session.get_one(Score, alert_id).reasons = "no json"
    said = written(record(view(alert_id), "C2", None, "", None, "zh"))
    assert f"预警 #{alert_id} 的结论已写入记录" in said
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "closed"


@pytest.mark.parametrize("posted", [None, {}, {"alert": "x"}, {"alert": True}, {"alert": "9" * 30}])
def test_a_verdict_that_does_not_say_which_alert_is_refused(small_office: Path, posted: object) -> None:
    with pytest.raises(InputRefused, match="未写入任何内容"):
        record(posted, "C2", None, "", None, "zh")


def test_a_held_alert_cannot_be_held_again_and_the_choice_says_so(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    alert_id = top_alert()
    with writing() as session:
        conclude(session, alert_id, outcome="H1", actor="t", at=NOW)
    with reading() as session:
        found = dossier(session, alert_id)
    assert refused_words(found, "H1", "zh", NOW) == "已在暂存中"
    assert refused_words(found, "E1", "zh", NOW) is None


def test_a_person_may_give_every_outcome_that_names_its_kind() -> None:
    offered = {code for codes in GROUPS.values() for code in codes}
    assert offered == {code for code in OUTCOMES if not code.endswith("X")}


def test_the_page_is_served(small_office: Path) -> None:
    assert create_app().server.test_client().get("/alert/1").status_code == 200


@pytest.mark.browser
def test_a_verdict_from_queue_to_record(page) -> None:
    fill(now=NOW)
    alert_id = top_alert()
    page.goto("/queue")
    page.wait_for_selector("#queue-preview h2")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alert/{alert_id}")
    page.wait_for_selector("#verify.at-1")

    page.click("#verify-next")
    page.wait_for_selector(".error-outcome:visible")
    page.click("#verify-outcome label:has-text('E1')")
    page.click("#verify-next")
    page.wait_for_selector("#verify.at-2")
    page.click("#verify-next")
    page.wait_for_selector(".error-cause:visible")
    page.click("#verify-cause label:has-text('F02')")
    page.click("#verify-next")
    page.fill("#verify-note", "已调取区划变更文件。")
    page.wait_for_function(f"() => ({KEPT})() === 1")

    page.reload()
    page.wait_for_selector("#verify.at-3.is-restored")
    assert page.input_value("#verify-note") == "已调取区划变更文件。"
    page.click("#verify-back")
    page.wait_for_selector("#verify.at-2")
    assert page.is_checked("#verify-cause input[value='F02']")
    page.click("#verify-next")
    page.click("#verify-next")
    page.wait_for_selector("#verify.at-4")
    assert "F02" in page.inner_text("#verify-summary")
    with reading() as session:
        assert session.get_one(Alert, alert_id).status == "open", "nothing is written before the confirmation"

    page.click("#verify-submit")
    page.wait_for_selector(".done")
    assert page.evaluate(KEPT) == 0, "nothing of the verdict stays on the machine"
    with reading() as session:
        alert = session.get_one(Alert, alert_id)
        event = session.scalars(
            select(AlertEvent).where(AlertEvent.alert_id == alert_id, AlertEvent.kind == "concluded")
        ).one()
    assert (alert.status, alert.outcome, alert.cause) == ("closed", "E1", "F02")
    assert (event.note, event.actor, event.to_status) == ("已调取区划变更文件。", LOCAL_USER, "closed")

    page.click("#alert-next")
    page.wait_for_selector("#verify.at-1")
    assert f"/alert/{alert_id}" not in page.url


@pytest.mark.browser
def test_two_inspectors_at_one_alert(page) -> None:
    fill(now=NOW)
    alert_id = top_alert()
    page.goto(f"/alert/{alert_id}?level=red")
    page.wait_for_selector("#verify.at-1")
    page.click("#verify-outcome label:has-text('C2')")
    page.click("#verify-next")
    page.fill("#verify-recovered", "a lot")
    page.click("#verify-next")
    page.wait_for_selector(".error-recovered:visible")
    page.fill("#verify-recovered", "500")
    for step in (3, 4):
        page.click("#verify-next")
        page.wait_for_selector(f"#verify.at-{step}")
    with writing() as session:
        conclude(session, alert_id, outcome="C1", actor="another inspector", at=NOW)
    page.click("#verify-submit")
    page.wait_for_selector("#verify-refused")
    assert "未写入" in page.inner_text("#verify-refused")
    with reading() as session:
        assert session.get_one(Alert, alert_id).outcome == "C1"
    page.click("#alert-back")
    page.wait_for_url("**/queue?level=red")


@pytest.mark.browser
def test_nothing_overflows(page) -> None:
    fill(now=NOW)
    alert_id = top_alert()
    for address in (f"/alert/{alert_id}?lang=zh", f"/alert/{alert_id}?lang=en", "/queue?lang=zh", "/queue?lang=en"):
        page.goto(address)
        page.wait_for_selector("#verify.at-1, #queue-grid .row-title")
        for width, height in ((1920, 1080), (3840, 2160), (1366, 768)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(150)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (address, width)
