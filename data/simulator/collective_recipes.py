"""True and innocent mechanisms of the villages' assets, cards, seals and purchases (M18, M28, M29, M33).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

COLLECTIVE_RECIPES = (
    Recipe(
        "M18",
        "a",
        0.005,
        0.45,
        (Mechanism("beside_the_platform", 0.7, "C1"), Mechanism("favoured_supplier", 0.3, "C0")),
        (
            Mechanism("platform_down", 0.4, "E1", "F29"),
            Mechanism("urgent_purchase", 0.35, "E1", "F25"),
            Mechanism("entered_late", 0.25, "D1"),
        ),
    ),
    Recipe(
        "M18",
        "b",
        0.003,
        0.45,
        (Mechanism("favoured_supplier", 0.6, "C0"), Mechanism("beside_the_platform", 0.4, "C1")),
        (Mechanism("sole_agent", 0.6, "E1", "F30"), Mechanism("urgent_purchase", 0.4, "E1", "F25")),
    ),
    Recipe(
        "M18",
        "c",
        0.003,
        0.45,
        (Mechanism("settled_beforehand", 1.0, "C0"),),
        (
            Mechanism("framework_call", 0.4, "E1", "F30"),
            Mechanism("platform_down", 0.3, "E1", "F29"),
            Mechanism("urgent_purchase", 0.3, "E1", "F25"),
        ),
    ),
    Recipe(
        "M18",
        "d",
        0.003,
        0.45,
        (Mechanism("split_to_evade", 0.8, "C1"), Mechanism("favoured_supplier", 0.2, "C0")),
        (Mechanism("several_users", 0.7, "E1", "F27"), Mechanism("urgent_purchase", 0.3, "E1", "F25")),
    ),
    Recipe(
        "M28",
        "a",
        0.016,
        0.6,
        (
            Mechanism("favoured_tenant", 0.35, "C0"),
            Mechanism("rent_not_pursued", 0.5, "C1"),
            Mechanism("rent_uncollected", 0.15, "C2"),
        ),
        (
            Mechanism("rent_free", 0.25, "E1", "F28"),
            Mechanism("rent_sued", 0.25, "E1", "F28"),
            Mechanism("disaster_reduction", 0.2, "E1", "F28"),
            Mechanism("offset_by_works", 0.15, "E1", "F28"),
            Mechanism("booked_elsewhere", 0.15, "E1", "F06"),
        ),
    ),
    Recipe(
        "M28",
        "b",
        0.005,
        0.6,
        (Mechanism("held_over", 0.7, "C1"), Mechanism("favoured_tenant", 0.3, "C0")),
        (Mechanism("rent_sued", 0.4, "E1", "F28"), Mechanism("renewed_unentered", 0.6, "E1", "F26")),
    ),
    Recipe(
        "M28",
        "c",
        0.004,
        0.6,
        (Mechanism("let_to_favourite", 0.5, "C0"), Mechanism("never_bid", 0.5, "C1")),
        (Mechanism("bid_unentered", 0.6, "E1", "F26"), Mechanism("renewed_by_right", 0.4, "E1", "F35")),
    ),
    Recipe(
        "M29",
        "",
        0.035,
        0.5,
        (
            Mechanism("approved_later", 0.3, "C1"),
            Mechanism("slips_for_invoices", 0.25, "C1"),
            Mechanism("cash_drawn", 0.1, "C0"),
            Mechanism("feasting", 0.2, "C0"),
            Mechanism("paid_relatives", 0.15, "C0"),
        ),
        (
            Mechanism("emergency_purchase", 0.35, "E1", "F29"),
            Mechanism("approved_on_paper", 0.3, "E1", "F29"),
            Mechanism("bank_clock", 0.15, "E1", "F29"),
            Mechanism("farm_produce", 0.2, "E1", "F21"),
        ),
    ),
    Recipe(
        "M33",
        "",
        0.008,
        0.3,
        (
            Mechanism("sealed_unapproved", 0.45, "C1"),
            Mechanism("sealed_blank", 0.2, "C0"),
            Mechanism("contract_backdated", 0.35, "C0"),
        ),
        (
            Mechanism("urgent_seal", 0.35, "E1", "F29"),
            Mechanism("seal_approved_on_paper", 0.4, "E1", "F29"),
            Mechanism("signed_elsewhere_first", 0.25, "E1", "F26"),
        ),
    ),
)
