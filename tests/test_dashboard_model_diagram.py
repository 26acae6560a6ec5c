"""The diagram of a supervision model says what its SQL does, whatever the card."""

import json
from itertools import pairwise

import plotly.utils
import pytest

from dashboard.model_diagram import diagram, draw
from data.cards import Card
from data.model_reading import reading_of
from data.supervision_models import built_in_cards
from tests.tables_in_text import card_named


def test_joins_are_read_through_subqueries_and_what_a_row_shows_is_none() -> None:
    (rule,) = card_named("M11").rules
    (join,) = reading_of(rule).joins
    assert {join.left, join.right} == {("meeting_minute", "project_id"), ("project", "project_id")}
    (rule,) = card_named("M10").rules
    met = {(j.left, j.right, j.kind) for j in reading_of(rule).joins}
    assert (("cash_journal", "amount"), ("cash_journal", "amount"), "same") in met, "a register held against itself"
    assert all({"penalty", "cash_journal"} >= {left[0], right[0]} for left, right, _ in met)


@pytest.mark.parametrize("card", built_in_cards(), ids=lambda card: card.code)
def test_every_card_is_drawn_whole_and_no_box_lies_on_another(card: Card) -> None:
    drawn = draw(card, "zh")
    assert {f"register {name}" for rule in card.rules for name in reading_of(rule).registers} <= set(drawn.boxes)
    assert {key for line in drawn.lines for key in line} <= set(drawn.boxes)
    reached = {last for _, last in drawn.lines}
    assert {key for key, box in drawn.boxes.items() if box.kind != "register"} <= reached
    for kind in ("register", "join", "rule", "alert"):
        column = sorted((b for b in drawn.boxes.values() if b.kind == kind), key=lambda box: box.top)
        for upper, lower in pairwise(column):
            assert upper.top + upper.height < lower.top
    for language, word in (("zh", "监督数据"), ("en", "Registers")):
        told = json.dumps(diagram(card, language), cls=plotly.utils.PlotlyJSONEncoder, ensure_ascii=False)
        assert word in told
