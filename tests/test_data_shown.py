"""Whom an alert shows: what is personal is masked whatever kind of subject a card claims, and a number always is."""

from datetime import datetime
from pathlib import Path

import pytest

from data.cards import read_card
from data.collision import find
from data.database import writing
from tests.tables_in_text import CARDS, file_tables

NUMBER = "990101195001010010"


@pytest.mark.parametrize(("kind", "shown", "told"), [
    ("person", "name", "陈某某"), ("other", "name", "陈某某"), ("village", "id_no", "990***********0010"),
])  # fmt: skip
def test_a_card_that_claims_another_kind_still_shows_nobody(
    small_office: Path, kind: str, shown: str, told: str
) -> None:
    text = (CARDS / "M03.toml").read_text(encoding="utf-8")
    text = text.replace('subject_kind = "person"', f'subject_kind = "{kind}"').replace(
        'shown = "name"', f'shown = "{shown}"'
    )
    card = read_card(text)
    with writing() as session:
        tables = {
            "person": f"id_no | name | birth_date | hukou_region\n {NUMBER} | 陈一明 | 1990-01-01 | 990101",
            "scheme_rule": "scheme | county | effective_from | min_age\n senior_allowance | 990101 | 2015-01-01 | 80",
            "benefit_payment": "pay_id | scheme | id_no | name | region | pay_month | paid_date | amount\n"
            f" 1 | senior_allowance | {NUMBER} | 陈一明 | 990101001201 | 2024-03 | 2024-03-10 | 100",
        }
        file_tables(session, {**dict.fromkeys(card.registers, ""), **tables})
        found = find(session, card, as_of=datetime(2024, 6, 1))
    assert [one.shown() for one in found] == [told]
