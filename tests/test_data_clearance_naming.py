"""Of whom a supervision model's rules tell by number: nobody is cleared by a model that could not name them."""

import pytest

from data.cards import Card
from data.clearance_naming import is_told, naming, naming_of, reached
from data.comparison import output_columns
from data.register_catalogue import REGISTERS
from data.supervision_models import built_in_cards

CARDS = {card.code: card for card in built_in_cards()}


@pytest.mark.parametrize(
    ("code", "register", "column", "told"),
    [
        ("M01", "benefit_payment", "id_no", True),
        ("M01", "person", "id_no", True),
        ("M01", "benefit_payment", "handler_id", True),
        ("M04", "public_employee", "id_no", True),
        ("M14", "tender", "tender_id", True),
        ("M14", "enterprise_role", "id_no", True),
        ("M19", "enterprise_role", "uscc", True),
        ("M18", "purchase", "supplier_uscc", True),
        ("M22", "land_pension_enrol", "id_no", False),
        ("M25", "enterprise_penalty", "uscc", True),
        ("M26", "invoice", "buyer_uscc", True),
        ("M26", "invoice", "seller_uscc", False),
        ("M28", "asset_lease", "tenant_id", False),
        ("M28", "asset_lease", "handler_id", True),
    ],
)
def test_a_rule_tells_of_whom_its_rows_carry_or_compare(code: str, register: str, column: str, told: bool) -> None:
    assert is_told(CARDS[code], [(register, column)]) == told


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_what_a_card_tells_of_is_carried_by_rows_of_its_rules(card: Card) -> None:
    described = {**REGISTERS, **card.own_registers}
    everywhere = {(name, column) for name in card.registers for column in naming(described[name])}
    assert reached(card) <= everywhere
    for rule in card.rules:
        found = naming_of(card, rule.sql)
        assert set(found.outputs) <= set(output_columns(rule.sql))
        assert bool(found.outputs) == bool(found.places)
        # Whom the card calls responsible, and the subject where it is somebody, are carried in any case.
        carried = {
            *rule.responsible.values(),
            *([rule.subject] if rule.subject_kind in ("person", "enterprise") else []),
        }
        assert carried <= set(found.outputs)
