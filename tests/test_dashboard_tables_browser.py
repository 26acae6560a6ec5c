"""Tables in a real browser: what stands in a column stands under its head."""

from collections.abc import Callable
from typing import Any

import pytest

from data.database import writing
from data.rights import Person
from data.simulator.replays import REPLAYS, replay_in
from tests.people import everybody

pytestmark = pytest.mark.browser
_LEFT = "cells => cells.map(cell => Math.round(cell.getBoundingClientRect().left))"


def test_registers_and_queue_keep_to_their_columns(open_page: Callable[[Person | None], Any]) -> None:
    with writing() as session:
        replay_in(session, REPLAYS["unsatisfied-appeals"]())
    page = open_page(everybody())
    page.goto("/registers?lang=zh")
    table = page.locator("table.registers-table", has=page.get_by_text("hotline")).first
    table.wait_for()
    heads = table.locator("thead th").evaluate_all(_LEFT)
    assert len(heads) == 9
    assert table.locator("tbody tr").first.locator("th, td").evaluate_all(_LEFT) == heads
    page.goto("/queue?lang=zh")
    state = page.locator(".queue-list .row-state").first
    state.wait_for()
    assert state.locator(".supervised").bounding_box()["width"] < state.bounding_box()["width"] / 2
