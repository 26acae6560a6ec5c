"""A supervision model in a real browser: copied, back-tested, judged blind, submitted, approved by another, at work."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from data import back_test
from data.collision import collide_card
from data.database import reading, writing
from data.office_time import utc_now
from data.people_tables import UnitDuty
from data.rights import Person
from data.supervision_models import active_cards, install
from data.tables import Alert
from tests.people import person
from tests.staff_in_miniature import furnish
from tests.tables_in_text import card_named, file_tables
from tests.test_data_back_test import JOURNAL

pytestmark = pytest.mark.browser
AUTHOR = person("model_author", unit_code="C", code="clerk", name="编写")
INSPECTOR = person("inspector", unit_code="C", region_code="990101", code="judge", name="核查")
APPROVER = person("model_approver", unit_code="C", code="chief", name="审批")


def prepared() -> None:
    """M10 at work over a journal whose last pair came in last month."""
    furnish()
    now = utc_now()
    last = str(now.year if now.month > 6 else now.year - 1)
    with writing() as session:
        session.add(UnitDuty(unit_code="T1", region_code="990101001", domain_code=None, level=None))
        install(session, card_named("M10"))
        file_tables(session, {"cash_journal": JOURNAL.replace("2024", last).replace("2023", str(int(last) - 1))})


def test_a_model_is_copied_tried_judged_and_approved_before_it_raises_an_alert(
    open_page: Callable[[Person | None], Any],
) -> None:
    prepared()
    author, inspector, approver = (open_page(who) for who in (AUTHOR, INSPECTOR, APPROVER))
    author.goto("/warehouse?lang=zh")
    author.click("text=同日同额支出")
    author.click("summary:has-text('复制为新模型')")
    author.click("#model-copy-do")
    author.wait_for_selector("text=已复制为 L01")
    author.click("#model-try-do")
    author.wait_for_selector("text=正在回测")
    back_test.run_waiting(now=utc_now())
    author.wait_for_selector("text=启用当日")  # the page looks by itself
    inspector.goto("/warehouse/L01?lang=zh")
    inspector.wait_for_selector("#model-would-do")
    n = 0
    while inspector.locator("#model-would-do").count():
        n += 1
        inspector.wait_for_selector(f"text=第 {n} /")
        inspector.click("#model-would-do")
        inspector.wait_for_timeout(250)
        inspector.wait_for_selector(".model-life")
    assert n >= 2
    author.reload()
    author.click("#model-submitted-do")
    author.wait_for_selector("text=已提交审批")
    assert not author.locator("#model-activated-do").count()
    approver.goto("/warehouse/L01?lang=zh")
    approver.click("#model-activated-do")
    approver.wait_for_selector("text=已批准启用")
    with reading() as session:
        card = next(card for card in active_cards(session) if card.code == "L01")
    collide_card(card, as_of=utc_now())
    with reading() as session:
        assert session.scalars(select(Alert.source).distinct()).all() == ["L01"]
