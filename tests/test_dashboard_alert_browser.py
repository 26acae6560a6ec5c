"""The alert in a real browser: two people about an elimination, a confirmed alert put right, drafts, files, keys."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from data.database import reading, writing
from data.identities import remember
from data.loop_tables import Attachment, Measure, Responsible
from data.rights import Person
from data.tables import Alert, Unit
from tests.office_in_miniature import fill
from tests.people import person

pytestmark = pytest.mark.browser
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('mingjing.draft')).length"
APPROVER = person("approver", code="county.approver", name="县审批")
LEADER = person("leader", code="county.leader", name="县领导")


def inspector(code: str = "u1a") -> Person:
    return person("inspector", unit_code="U1", code=code, name=code)


def prepared(**values: Any) -> int:
    """An alert of unit U1 that has been signed for, with one person responsible and an identity kept."""
    fill(now=NOW, n_alerts=60)
    with writing() as session:
        session.add(Unit(code="D1", name="民政局", name_en="Civil affairs", kind="department", region_code="990101"))
        alert = session.get_one(Alert, 30)
        alert.status, alert.unit_code, alert.assignee, alert.outcome, alert.cause = "accepted", "U1", None, None, None
        alert.concluded_at, alert.recovered, alert.signed_in_at, alert.subject_kind = None, None, NOW, "person"
        alert.recoverable = 900.0
        for name, value in values.items():
            setattr(alert, name, value)
        session.query(Responsible).filter_by(alert_id=30).delete()
        session.add(
            Responsible(
                alert_id=30, role="handler", subject_key="h", display="孙某", post="民政办主任", unit_name="镇民政办",
                on_date=NOW.date(), source="benefit_payment.handler", finding="",
            )
        )  # fmt: skip
        remember(session, {alert.subject_key: ("韩小明", "990101199001011234")})
    return 30


def alert_of(number: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, number)


def go(page: Any, number: int, **query: str) -> None:
    page.goto(f"/alert/{number}?" + "&".join(f"{k}={v}" for k, v in ({"lang": "zh"} | query).items()))
    page.wait_for_selector("#verdict .step-title")
    page.wait_for_timeout(150)


def choose(page: Any, field: str, value: str) -> None:
    page.locator(f"#verified-{field} input[value='{value}']").check()


def next_to(page: Any, step: str) -> None:
    page.click("#verify-next")
    page.wait_for_selector(f"#verify.at-{step}")


def test_dispatched_to_another_unit_with_a_reason(open_page: Callable[[Person | None], Any]) -> None:
    number = prepared(status="waiting", unit_code=None)
    page = open_page(APPROVER)
    go(page, number)
    page.click(".more summary")
    page.select_option("#dispatched-other_unit", "U5")
    page.click("[data-deed=dispatched]")
    page.wait_for_selector("#step-refused:has-text('理由')")
    assert page.input_value("#dispatched-other_unit") == "U5", "what was chosen is kept, and unfolded"
    page.fill("#dispatched-note", "该单位正在核查同一事项")
    page.click("[data-deed=dispatched]")
    page.wait_for_selector("#done")
    assert (alert_of(number).status, alert_of(number).unit_code) == ("dispatched", "U5")


def test_elimination_by_two_people(open_page: Callable[[Person | None], Any]) -> None:
    number = prepared()
    hers, his = open_page(inspector()), open_page(APPROVER)
    go(hers, number)
    hers.click("[data-deed=taken]")
    hers.wait_for_selector("#verify.at-outcome")

    hers.click("#verify-next")
    hers.wait_for_selector(".error-outcome:visible")
    choose(hers, "outcome", "E1")
    next_to(hers, "cause")
    hers.click("#verify-next")
    hers.wait_for_selector(".error-cause:visible")
    choose(hers, "cause", "F02")
    next_to(hers, "proof")
    assert "区划变更文件" in hers.inner_text(".demand:visible")
    hers.click("#verify-next")
    hers.wait_for_selector(".error-proof:visible")
    hers.fill("#verified-reference", "镇纪委 2026 年第 12 号卷")
    next_to(hers, "note")
    hers.fill("#verified-note", "已调取区划变更文件，属区内迁移。")
    hers.wait_for_function(f"() => ({KEPT})() === 1")

    hers.reload()
    hers.wait_for_selector("#verify.at-note")
    hers.wait_for_function("() => document.querySelector('#verified-note').value.startsWith('已调取')")
    hers.click("#verify-back")
    hers.wait_for_selector("#verify.at-proof")
    assert hers.input_value("#verified-reference") == "镇纪委 2026 年第 12 号卷"
    next_to(hers, "note")
    next_to(hers, "confirm")
    assert "F02" in hers.inner_text("#verify-summary")
    assert alert_of(number).status == "verifying", "nothing is written before the confirmation"
    hers.keyboard.press("Control+Enter")
    hers.wait_for_selector("#withdraw")
    assert alert_of(number).status == "approving"
    assert hers.evaluate(KEPT) == 0

    go(his, number)
    assert "区划变更文件" in his.inner_text("#request")
    his.fill("#decision-decision", "请附新旧代码对照表")
    his.click("#return")
    his.wait_for_selector("#done")
    go(hers, number)
    assert "请附新旧代码对照表" in hers.inner_text("#came-back")

    choose(hers, "outcome", "E1")
    next_to(hers, "cause")
    choose(hers, "cause", "F02")
    next_to(hers, "proof")
    hers.fill("#verified-reference", "镇纪委 2026 年第 12 号卷，含对照表")
    next_to(hers, "note")
    hers.fill("#verified-note", "已调取区划变更文件和新旧代码对照表。")
    next_to(hers, "confirm")
    hers.click("#verify-submit-eliminate button, button#verify-submit-eliminate")
    hers.wait_for_selector("#withdraw")
    go(his, number)
    his.click("#approve")
    his.wait_for_selector("#dialog-approve[open]:has-text('按消除办结')")
    his.click("#dialog-approve [data-close]")
    his.wait_for_selector("#dialog-approve", state="hidden")
    assert alert_of(number).status == "approving", "asked once more, nothing is done yet"
    his.click("#approve")
    his.click("#approve-sure")
    his.wait_for_selector("#done")
    assert "已批准消除" in his.inner_text("#done")
    ended = alert_of(number)
    assert (ended.status, ended.outcome, ended.cause) == ("closed", "E1", "F02")


def test_confirmed_with_people_measures_and_a_file_then_put_right(open_page: Callable[[Person | None], Any]) -> None:
    number = prepared(status="verifying", assignee="u1a")
    page = open_page(inspector())
    go(page, number)
    choose(page, "outcome", "C2")
    next_to(page, "money")
    assert page.input_value("#verified-recoverable") == "900.00"
    page.fill("#verified-recovered", "a lot")
    page.click("#verify-next")
    page.wait_for_selector(".error-money:visible")
    page.fill("#verified-recovered", "500")

    with page.expect_file_chooser() as chooser:
        page.click(".alert-facts-column [data-upload] button")
    chooser.value.set_files({"name": "复函.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 reply"})
    page.wait_for_selector("#files a:has-text('复函.pdf')")
    page.wait_for_selector("#verify.at-money")
    page.wait_for_function("() => document.querySelector('#verified-recovered').value === '500'")
    with page.expect_download() as fetched:
        page.click("#files a")
    assert fetched.value.suggested_filename == "复函.pdf"

    next_to(page, "people")
    page.click("#verify-next")
    page.wait_for_selector(".error-people:visible")
    page.click("[data-open=dialog-added]")
    page.wait_for_selector("#dialog-added[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog-added", state="hidden")
    page.check(".people [data-field^=person] input[value=answerable]")
    next_to(page, "measures")
    page.fill("#verified-measure-talk", "1")
    next_to(page, "note")
    page.fill("#verified-note", "已核对发放表，超发部分追回。")
    next_to(page, "confirm")
    summary = page.inner_text("#verify-summary")
    assert all(words in summary for words in ("C2", "500 元", "1 人", "应当负责", "已核对发放表")), summary
    page.click("#verify-submit-confirmed")
    page.wait_for_selector("#done:has-text('结论已记录')")
    with reading() as session:
        kinds = {m.kind for m in session.scalars(select(Measure).where(Measure.alert_id == number))}
        assert session.scalars(select(Attachment.name).where(Attachment.alert_id == number)).all() == ["复函.pdf"]
        found = session.scalars(select(Responsible.finding).where(Responsible.alert_id == number)).all()
    assert (kinds, found) == ({"talk", "recovery"}, ["answerable"])

    page.click("[data-open=dialog-measured]")
    page.select_option("#measured-kind", "stop_payment")
    page.fill("#measured-quantity", "1")
    page.click("#dialog-measured [data-deed]")
    page.wait_for_selector("#measures:has-text('停发')")
    page.click(".more summary")
    page.fill("#rectified-recovered", "900")
    page.click("#rectify")
    page.wait_for_selector("#dialog-rectify[open]:has-text('预警将办结')")
    page.click("#rectify-sure")
    page.wait_for_selector("#alert-next")
    ended = alert_of(number)
    assert (ended.status, ended.outcome, ended.recovered) == ("closed", "C2", 900.0)
    page.click("#alert-next")
    page.wait_for_url(lambda address: f"/alert/{number}" not in address)
    page.wait_for_selector("#verify.at-outcome")


def test_the_second_of_two_keeps_what_was_typed_and_sends_it_again(open_page: Callable[[Person | None], Any]) -> None:
    number = prepared(status="verifying", assignee="u1a")
    hers, leaders = open_page(inspector()), open_page(LEADER)
    go(hers, number)
    choose(hers, "outcome", "D1")
    next_to(hers, "note")
    hers.fill("#verified-note", "只是登记日期有误，已更正。")
    go(leaders, number)
    leaders.click("[data-open=dialog-ordered]")
    leaders.fill("#ordered-demand", "五日内报送结果")
    leaders.click("#dialog-ordered [data-deed]")
    leaders.wait_for_selector("#order")

    next_to(hers, "confirm")
    hers.click("#verify-submit-plain")
    hers.wait_for_selector("#changed:has-text('县领导')")
    hers.wait_for_selector("#order:has-text('五日内报送结果')")
    hers.wait_for_selector("#verify.at-confirm")
    assert "只是登记日期有误，已更正。" in hers.inner_text("#verify-summary")
    assert alert_of(number).status == "verifying"
    hers.click("#verify-submit-plain")
    hers.wait_for_selector("#done")
    assert alert_of(number).outcome == "D1"


def test_an_identity_is_gone_on_reload_and_leaves_no_draft(open_page: Callable[[Person | None], Any]) -> None:
    number = prepared(status="verifying", assignee="u1a")
    page = open_page(inspector())
    go(page, number)
    page.click("[data-open=dialog-unmasked]")
    page.click("#dialog-unmasked [data-deed]")
    page.wait_for_selector("#dialog-unmasked[open] .error")
    page.fill("#unmasked-reason", "与当事人当面核对身份")
    page.wait_for_timeout(200)
    assert page.evaluate(KEPT) == 0
    page.click("#dialog-unmasked [data-deed]")
    page.wait_for_selector("#identity:has-text('韩小明')")
    page.reload()
    page.wait_for_selector("#verify")
    assert page.locator("#identity").count() == 0


def test_nothing_overflows_in_any_state(open_page: Callable[[Person | None], Any]) -> None:
    prepared()
    page = open_page(person("approver", code="county.approver", name="县审批"))
    with reading() as session:
        shown = {alert.status: alert.id for alert in session.scalars(select(Alert).order_by(Alert.id))}
    for status, number in shown.items():
        for language in ("zh", "en"):
            go(page, number, lang=language)
            for width, height in ((1920, 1080), (1366, 768)):
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(100)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (status, language)
