"""The factory in a browser: two uploaded files become a supervision model without code, tried and sent for approval."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from dashboard.worker import Worker
from data.database import reading
from data.office_time import utc_now
from data.rights import Person
from data.simulator.numbers import identity_numbers
from data.tables import SupervisionModel
from tests.people import person
from tests.staff_in_miniature import furnish

pytestmark = pytest.mark.browser
AUTHOR = person("model_author", unit_code="C", code="clerk", name="编写")
INSPECTOR = person("inspector", unit_code="C", region_code="990101", code="judge", name="核查")
N = 4


def files() -> tuple[bytes, bytes]:
    """Retired cadres, and who holds what post in which firm, as two departments send them."""
    born = np.arange("1960-01-01", "1960-01-05", dtype="datetime64[D]")
    numbers = identity_numbers(np.full(N, 990101), born, np.ones(N, dtype=bool))
    year = utc_now().year - 2
    cadres = [f"{number},陈{n}立,主任,{year}-03-01" for n, number in enumerate(numbers, 1)]
    roles = [
        f"91990101PGR4GQH690,{numbers[0]},监事,{year}-06-01",
        f"91990101PGR4GQH690,{numbers[1]},董事,{year}-07-01",
        f"91990101PGR4GQH690,{numbers[2]},监事,{year - 3}-06-01",
    ]
    return (
        "\n".join(["身份证号,姓名,原职务,退休日期", *cadres]).encode("gbk"),
        "\n".join(["信用代码,身份证号,职务,任职日期", *roles]).encode("gbk"),
    )


@pytest.fixture
def worker() -> Iterator[None]:
    """The worker, at all of its work."""
    made = Worker()
    thread = threading.Thread(target=made.run)
    thread.start()
    yield
    made.scheduler.shutdown(wait=True)
    thread.join()


def upload(page: Any, draft: str, content: bytes, name: str) -> None:
    page.goto(f"/register-import?draft={draft}&lang=zh")
    page.wait_for_selector("#import-register")
    with page.expect_file_chooser() as chooser:
        page.click("[data-upload] button")
    chooser.value.set_files({"name": f"{name}.csv", "mimeType": "text/csv", "buffer": content})
    page.wait_for_selector("button:has-text('确认入库')")
    for kind, words in {
        "name": name,
        "supplier": "组织部",
        "legal_basis": "《监察法》",
        "purpose": "监督",
    }.items():
        page.fill(f'[id*=\'"kind":"{kind}"\'] , [id*=\'"kind":"{kind}"\'] input', words)
    page.click("button:has-text('确认入库')")
    page.wait_for_selector("#import-done")
    page.click("text=返回正在制作的模型")
    page.wait_for_selector("#factory-form")


def choose(page: Any, path: str, words: str) -> None:
    page.click(f'[id=\'{{"path":"{path}","type":"made"}}\']')
    page.locator(".dash-dropdown-option", has_text=words).first.click()
    page.wait_for_timeout(400)


def write(page: Any, path: str, words: str) -> None:
    box = page.locator(f'input[id=\'{{"path":"{path}","type":"made"}}\']')
    box.fill(words)
    box.press("Tab")
    page.wait_for_timeout(300)


def step(page: Any, name: str) -> None:
    page.click(f".made-step:has-text('{name}')")
    page.wait_for_selector(f".made-here:has-text('{name}')")


def test_two_uploaded_files_become_a_model_that_is_sent_for_approval(
    open_page: Callable[[Person | None], Any],
    worker: None,
) -> None:
    furnish()
    page = open_page(AUTHOR)
    page.goto("/factory?lang=zh")
    page.click("#factory-new")
    page.wait_for_selector("#factory-form")
    draft = page.url.split("?")[0].rstrip("/").rpartition("/")[2]
    for content, name in zip(files(), ("退休干部表", "企业任职表"), strict=True):
        upload(page, draft, content, name)
    choose(page, "main", "退休干部表")
    page.click("text=再加一份数据")
    choose(page, "joins.0.register", "企业任职表")
    page.wait_for_selector("text=3 条预警")
    step(page, "定匹配")
    page.wait_for_selector("text=完全相同")
    step(page, "设条件")
    page.click("text=加一个条件 >> nth=0")
    choose(page, "all_of.0.column", "任职日期")
    choose(page, "all_of.0.op", "不早于字段")
    choose(page, "all_of.0.other", "退休日期")
    page.wait_for_selector("text=2 条预警")
    page.click("text=加一个条件 >> nth=0")
    choose(page, "all_of.1.column", "任职日期")
    page.wait_for_selector("text=2 条预警", timeout=5000)
    choose(page, "all_of.1.op", "不晚于字段")
    choose(page, "all_of.1.other", "退休日期")
    write(page, "all_of.1.value", "3")
    choose(page, "all_of.1.unit", "年")
    step(page, "归并分级")
    page.click("text=加一种原因")
    choose(page, "asks.0.cause", "F34")
    step(page, "名称依据")
    page.click("#factory-save")
    page.wait_for_selector("#factory-save-refused >> text=请填写名称")
    assert page.locator(".made-missing").count() == 7
    write(page, "name", "离退休领导干部违规经商")
    choose(page, "domain", "人员管理")
    write(page, "points", "退休后是否在企业任职")
    write(page, "title", "{subject}退休后是否在企业任职？")
    write(page, "basis.name", "关于规范领导干部经商办企业的规定")
    write(page, "basis.clause", "离职三年内不得在原管辖地区任职")
    write(page, "basis.valid_from", "2018年1月1日")
    page.click("#factory-save")
    page.wait_for_selector(".model-life")
    page.click("#model-try-do")
    page.wait_for_selector("text=正在回测")
    page.wait_for_selector("text=数据今日才收到，过去各月无从回测；按今日数据计 2 条")
    inspector = open_page(INSPECTOR)
    inspector.goto("/warehouse/L01?lang=zh")
    inspector.wait_for_selector(".model-life")
    assert inspector.locator("#model-would-do").count() == 1, "the sample is drawn from what is found today"
    while inspector.locator("#model-would-do").count():
        inspector.click("#model-would-do")
        inspector.wait_for_timeout(300)
        inspector.wait_for_selector(".model-life")
    page.reload()
    page.click("#model-submitted-do")
    page.wait_for_selector("text=已提交审批")
    with reading() as session:
        assert session.get_one(SupervisionModel, ("L01", 1)).status == "submitted"
