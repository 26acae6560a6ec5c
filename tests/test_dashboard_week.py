"""A week of an office, through its real pages, each person in a browser of their own: from an alert that another
system sends to the audit of everything that was done about it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from data import accounts, audit
from data.database import reading, writing
from data.identity_numbers import check_character
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account
from data.rights import Person
from data.tables import Alert
from tests.browser import Served
from tests.loop_in_miniature import furnish
from tests.people import person, store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "Mirror-in-the-lake-7"
COUNTY = {"unit_code": "C1", "region_code": "990101"}
LEADER = person("leader", code="zhou", name="周领导", **COUNTY)
APPROVER = person("approver", code="chen", name="陈审批", **COUNTY)
LI = person("inspector", unit_code="U1", code="li", name="李核查")
WANG = person("inspector", unit_code="U1", code="wang", name="王核查")
ZHAO = person("inspector", unit_code="U2", code="zhao", name="赵核查")
CONTACT = person("contact", unit_code="D1", code="qian", name="钱联络")
SECURITY = person("security_admin", unit_code="C1", code="sun", name="孙安管")
AUDITOR = person("audit_admin", unit_code="C1", code="wu", name="吴审计")
EVERYONE = (LEADER, APPROVER, LI, WANG, ZHAO, CONTACT, SECURITY, AUDITOR)
NAMES = ("韩小明", "郑大同", "冯三友")
NUMBERS = tuple(
    stem + check_character(stem) for stem in ("99010119680203001", "99010119700405002", "99010119720607003")
)
HANDLER = "99010119750809004" + check_character("99010119750809004")
UNMASKED_FOR = "与当事人当面核对身份"


class Desk:
    """Somebody before a browser of their own, signed in by account and password."""

    def __init__(self, open_page: Callable[[Person | None], Any], who: Person) -> None:
        self.page, self.who = open_page(None), who
        self.page.set_default_timeout(20_000)
        self.page.goto("/sign-in?lang=zh")
        self.page.fill("#code", who.code)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.entrance-go")
        self.page.wait_for_selector(f".badge-name:has-text('{who.name}'), .menu summary:has-text('{who.name}')")

    def go(self, address: str, *, until: str = "#main") -> str:
        """Open an address; what the page says."""
        self.page.goto(address)
        self.page.wait_for_selector(until)
        return str(self.page.inner_text("#main"))

    def alert(self, number: int) -> str:
        """Open an alert; what its page says."""
        said = self.go(f"/alert/{number}", until="#verdict .step-title")
        self.page.wait_for_timeout(150)
        return said

    def says(self, selector: str, words: str) -> None:
        """Wait until a part of the page says something."""
        self.page.wait_for_selector(f"{selector}:has-text('{words}')")

    def dialog(self, deed: str, /, *, until: str = "#done", **fields: str) -> None:
        """Fill in the dialog of a deed and send it."""
        self.page.click(f"[data-open=dialog-{deed}]:visible")
        for field, value in fields.items():
            choice = self.page.locator(f"select#{deed}-{field}")
            if choice.count():
                choice.select_option(value)
            else:
                self.page.fill(f"#{deed}-{field}", value)
        self.page.click(f"#dialog-{deed} [data-deed]")
        self.page.wait_for_selector(until)

    def choose(self, field: str, value: str) -> None:
        """Choose one of a few in the verification form."""
        self.page.locator(f"#verified-{field} input[value='{value}']").check()

    def step(self, name: str) -> None:
        """Go on to a step of the verification form."""
        self.page.click("#verify-next")
        self.page.wait_for_selector(f"#verify.at-{name}")

    def upload(self, name: str, within: str) -> None:
        """Choose a file where the page takes one."""
        with self.page.expect_file_chooser() as chooser:
            self.page.click(f"{within} [data-upload] button")
        chooser.value.set_files(
            {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4 " + b"x" * 2_000_000}
        )


def settle_in() -> None:
    """Places and units, and everybody with an account, a post and a password."""
    furnish()
    with writing() as session:
        for who in EVERYONE:
            store(session, who)
            audit.note(session, "test", "account.created", "account", who.code)
            account = session.get_one(Account, who.code)
            accounts.set_password(session, account, PASSWORD, at=utc_now(), must_change=False)


def sent(
    served: Served, token: str, *numbers: int, prefix: str = "YL", town: str = "990101001"
) -> list[dict[str, Any]]:
    """Alerts about the people of these places in NAMES, sent by another system."""
    alerts = [
        {
            "alert_id": f"{prefix}-{number}",
            "raised_at": (utc_now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "title": f"第{number}户：死亡后仍领取养老金，是否冒领？请核查",
            "source": "养老金发放监督模块", "region": town, "domain": "benefit_funds", "level": "red",
            "amount": 3600.0, "recoverable": 3600.0,
            "subject": {"kind": "person", "number": NUMBERS[number], "name": NAMES[number]},
        }
        for number in numbers
    ]  # fmt: skip
    connection = HTTPConnection(served.address.removeprefix("http://"), timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/alerts", json.dumps({"alerts": alerts}), headers)
    answer = connection.getresponse()
    taken: list[dict[str, Any]] = json.load(answer)["alerts"]
    connection.close()
    return taken


def alert_of(number: int) -> Alert:
    with reading() as session:
        return session.get_one(Alert, number)


def issue_token(security: Desk) -> str:
    """The security administrator issues a token for the pension module; it is shown once."""
    page = security.page
    security.go("/security?part=tokens", until="#api-name")
    page.fill("#api-name", "pension")
    page.click("#api-scopes")
    page.click(".dash-dropdown-option:has-text('写入预警')")
    page.keyboard.press("Escape")
    page.click("#api-region")
    page.click(".dash-dropdown-option:has-text('全部地区')")
    page.click("#api-do")
    page.wait_for_selector("#secret")
    return str(page.inner_text("#secret"))


def test_a_week(open_page: Callable[[Person | None], Any], served: Served, small_office: Path) -> None:
    settle_in()
    leader, approver, li, contact, security, auditor = (
        Desk(open_page, who) for who in (LEADER, APPROVER, LI, CONTACT, SECURITY, AUDITOR)
    )
    token = issue_token(security)
    first = monday(served, token, li, contact)
    second = tuesday(served, token, li, approver)
    third = wednesday(served, token, li, leader, Desk(open_page, ZHAO), first)
    thursday(approver, Desk(open_page, WANG), first, second)
    friday(li, leader, approver, auditor, security, first, third)


def monday(served: Served, token: str, li: Desk, contact: Desk) -> int:
    """An alert comes in, is dispatched by itself, signed for, taken, asked about, confirmed and put right."""
    (taken,) = sent(served, token, 0)
    assert (taken["result"], taken["state"], taken["unit"]) == ("raised", "dispatched", "U1")
    number = int(taken["id"])
    assert "本单位待签收" in li.go("/my-work", until=".pile-to_sign")
    li.page.click(f"a[href='/alert/{number}']")
    li.page.wait_for_selector("#verdict .step-title")
    li.dialog("signed_in")
    li.says("#done", "已签收")
    assert alert_of(number).due_on, "the clock runs"
    assert "本单位待领取" in li.go("/my-work", until=".pile-unit_free")
    li.page.click("#work-take")
    li.page.wait_for_url(f"**/alert/{number}**")
    li.page.wait_for_selector("#verify.at-outcome")

    li.dialog("asked", unit="D1", question="请说明养老金停发的时间和依据，并附审批表。")
    assert "请说明养老金停发的时间" in contact.go("/my-work", until=".pile-inquiries")
    assert NAMES[0] not in contact.page.inner_text("#main")
    assert "死亡后仍领取" not in contact.go(f"/alert/{number}", until="#main h1")
    contact.go("/my-work", until=".pile-inquiries")
    contact.page.click(".pile-inquiries a")
    contact.page.wait_for_selector("#inquiry-send")
    contact.page.fill("#inquiry-answer", "死亡信息五月登记，六月停发；审批表见附件。")
    contact.upload("停发审批表.pdf", "#inquiry-body")
    contact.says("#inquiry-files", "停发审批表.pdf")
    contact.page.click("#inquiry-send")
    contact.says("#inquiry-body", "已答复")
    assert "没有发给贵部门、尚未答复" in contact.go("/my-work", until=".message")

    assert "部门已答复" in li.go("/my-work", until=".pile-answered")
    said = li.alert(number)
    assert "六月停发" in said
    assert "停发审批表.pdf" in said
    assert NAMES[0] not in said
    li.dialog("unmasked", reason=UNMASKED_FOR, until="#identity")
    li.says("#identity", NAMES[0])
    li.alert(number)
    assert li.page.locator("#identity").count() == 0, "for one view only"

    li.choose("outcome", "C2")
    li.step("money")
    li.page.fill("#verified-recovered", "1000")
    li.step("people")
    li.dialog("added", role="handler", name="孙经办", number=HANDLER, unit_name="镇民政办", post="主任")
    li.page.wait_for_selector("#verify.at-people")
    assert "孙经办" not in li.page.inner_text("#main"), "masked as everybody"
    li.page.check(".people [data-field^=person] input[value=answerable]")
    li.step("measures")
    li.page.fill("#verified-measure-talk", "1")
    li.step("note")
    li.page.fill("#verified-note", "死亡后多发三个月，已通知家属退回。")
    li.step("confirm")
    assert "应当负责" in li.page.inner_text("#verify-summary")
    li.page.click("#verify-submit-confirmed")
    li.says("#done", "结论已记录")
    li.page.click(".more summary")
    li.page.fill("#rectified-recovered", "3000")
    li.page.click("#rectify")
    li.page.click("#rectify-sure")
    li.says("#done", "整改完成")
    assert (alert_of(number).status, alert_of(number).recovered) == ("closed", 3000.0)
    return number


def tuesday(served: Served, token: str, li: Desk, approver: Desk) -> int:
    """An elimination is requested, returned, supplemented and approved; its subject raises no more for a month."""
    (taken,) = sent(served, token, 1)
    number, until = int(taken["id"]), str(shanghai_day(utc_now()) + timedelta(days=30))
    li.alert(number)
    li.page.click("[data-deed=taken]")
    li.page.wait_for_selector("#verify.at-outcome")

    def request(reference: str, note: str) -> None:
        li.choose("outcome", "E1")
        li.step("cause")
        li.choose("cause", "F01")
        li.step("proof")
        li.page.fill("#verified-reference", reference)
        li.page.fill("#verified-until", until)
        li.step("note")
        li.page.fill("#verified-note", note)
        li.step("confirm")
        li.page.click("#verify-submit-eliminate")
        li.page.wait_for_selector("#withdraw")

    request("镇纪委 12 号卷", "人在世，死亡登记系同名误录。")
    assert "待我审批" in approver.go("/my-work", until=".pile-approvals")
    approver.page.click(f".pile-approvals a[href='/alert/{number}']")
    approver.page.wait_for_selector("#request")
    assert "同名误录" in approver.page.inner_text("#request")
    approver.page.fill("#decision-decision", "请附派出所更正证明")
    approver.page.click("#return")
    approver.says("#done", "已退回补充")

    assert "退回补充" in li.go("/my-work", until=".pile-returned")
    li.alert(number)
    li.says("#came-back", "请附派出所更正证明")
    request("镇纪委 12 号卷，派出所更正证明", "人在世，死亡登记系同名误录，派出所已更正。")
    approver.alert(number)
    approver.page.click("#approve")
    approver.page.click("#approve-sure")
    approver.says("#done", "已批准消除")
    assert (alert_of(number).status, alert_of(number).outcome) == ("closed", "E1")
    said = approver.go("/suppressions", until="#suppression-body table")
    assert until in said
    assert LI.name in said
    (withheld,) = sent(served, token, 1, prefix="AGAIN")
    assert withheld["result"] == "withheld"
    return number


def wednesday(served: Served, token: str, li: Desk, leader: Desk, zhao: Desk, first: int) -> int:
    """An overdue alert is put under supervised handling, answered for, lifted, and transferred to another unit."""
    (taken,) = sent(served, token, 2)
    number = int(taken["id"])
    with writing() as session:
        session.get_one(Alert, number).due_on = shanghai_day(utc_now()) - timedelta(days=9)
    assert "范围内超期" in leader.go("/my-work", until=".pile-office_overdue")
    leader.page.click(f"a[href='/alert/{number}']")
    leader.page.wait_for_selector("#verdict .step-title")
    leader.dialog("ordered", demand="三日内签收并报送核查方案")
    leader.says("#order", "三日内签收")

    assert "督办" in li.go("/my-work", until=".pile-supervised")
    li.alert(number)
    li.dialog("order_answered", answer="已排期，明日入户核查")
    leader.alert(number)
    leader.says("#order", "明日入户核查")
    leader.dialog("lifted", note="已按要求落实")
    leader.page.wait_for_selector("#order", state="detached")

    leader.dialog("transferred", unit="U2", note="当事人户籍已迁至柳溪镇")
    leader.says("#history", "柳溪镇")
    gone = li.go(f"/alert/{number}", until="#main h1")
    assert "第2户" not in gone
    assert "第2户" not in li.go("/my-work", until=".work")
    assert "第2户" in zhao.go("/my-work", until=".pile-to_sign")
    assert "第0户" not in zhao.go(f"/alert/{first}", until="#main h1"), "an alert out of scope is not there"
    zhao.page.goto("/queue")
    zhao.page.wait_for_selector("#queue-grid .ag-row")
    assert "第0户" not in zhao.page.inner_text("#main")
    return number


def thursday(approver: Desk, wang: Desk, first: int, second: int) -> None:
    """Closings are looked back at by who did not decide about them; a reversed one is verified by somebody else."""
    approver.go("/look-back", until="#look-back-draw")
    approver.page.click("#look-back-draw")
    approver.says("#look-back-body h1", "1 条待复核")
    assert f"#{first}" in approver.page.inner_text("#look-back-body")
    assert f"#{second}" not in approver.page.inner_text(".look-back-columns .pile"), "approved by the same person"
    approver.page.click("#look-back-record")
    approver.page.wait_for_selector("#look-back-refused:not(:empty)")
    approver.page.check("#look-back-finding input[value=reversed]")
    approver.page.fill("#look-back-note", "经办人明知死亡仍签字，性质应为失职失责")
    approver.page.click("#look-back-record")
    approver.says("#look-back-body", "已登记")
    assert alert_of(first).status == "accepted"

    wang.alert(first)
    wang.page.click("[data-deed=taken]")
    wang.page.wait_for_selector("#verify.at-outcome")
    wang.choose("outcome", "C1")
    wang.step("money")
    wang.step("people")
    wang.step("measures")
    wang.page.fill("#verified-measure-criticism", "1")
    wang.step("note")
    wang.page.fill("#verified-note", "经办人明知死亡仍签字，属失职失责。")
    wang.step("confirm")
    wang.page.click("#verify-submit-confirmed")
    wang.says("#done", "结论已记录")
    wang.page.click("#rectify")
    wang.page.click("#rectify-sure")
    wang.says("#done", "整改完成")
    said = wang.alert(first)
    assert "C1" in wang.page.inner_text("#verdict .step-title")
    assert "C2" in wang.page.inner_text("#verdict .reversed"), "both verdicts stay"
    assert "性质应为失职失责" in said


def friday(li: Desk, leader: Desk, approver: Desk, auditor: Desk, security: Desk, first: int, third: int) -> None:
    """The unit's figures, a person looked up with leave, and the audit of it all."""
    leader.go("/assessment", until="#assessed")
    row = leader.page.inner_text("#assessed tbody tr:has-text('高桥镇纪委')")
    assert re.search(r"\b3,000\.00\b", row), row
    assert "1 / 2" in row, f"one of two requests was returned: {row}"
    assert "1 / 1" in row, f"the one look-back reversed the verdict: {row}"
    assert "2 / 3" in row, f"two of three conclusions confirmed: {row}"

    li.go("/person-queries", until="#query-send")
    li.page.fill("#query-subjects", f"{NAMES[0]} {NUMBERS[0]}")
    li.page.fill("#query-reference", f"预警 {first}")
    li.page.fill("#query-reason", "核对其名下是否还有同类预警")
    li.page.click("#query-send")
    li.says("#query-body", "待审批")
    assert "人员查询 1 件待审批" in approver.go("/my-work", until=".work")
    approver.go("/person-queries", until="#query-approve")
    approver.says("#query-body", "核对其名下是否还有同类预警")
    approver.page.click("#query-approve")
    approver.says("#query-body", "已办理")
    li.go("/person-queries", until="a[href*='result=']")
    li.page.click("a[href*='result=']")
    li.says("#main h1", "1 条预警")
    found = li.page.inner_text("#main")
    assert f"#{first}" in found
    assert NUMBERS[0] not in found
    assert NAMES[0] not in found

    said = auditor.go("/audit?action=identity.", until=".audit-rows")
    assert UNMASKED_FOR in said
    assert LI.name in said
    assert NAMES[0] not in said
    said = auditor.go("/audit?action=account.signed_in", until=".audit-rows")
    assert all(who.code in said for who in EVERYONE)
    auditor.go(f"/audit?about=alert+{third}", until=".audit-rows")
    assert "alert.transferred" in auditor.page.inner_text(".audit-rows")
    auditor.page.click("#audit-verify")
    auditor.says("#audit-said", "审计链完整")
    for desk in (security, auditor):
        for address in ("/my-work", f"/alert/{first}", "/queue"):
            assert "第0户" not in desk.go(address, until="#main"), "administrators see no alert"
