"""True and innocent mechanisms of cadres and conduct (M19, M25, M26, M27).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

CONDUCT_RECIPES = (
    Recipe(
        "M19",
        "",
        0.01,
        0.6,
        (
            Mechanism("real_role", 0.6, "C0"),
            Mechanism("kept_role", 0.25, "C0"),
            Mechanism("lent_name", 0.15, "C1"),
        ),
        (
            Mechanism("same_name", 0.3, "E1", "F08b"),
            Mechanism("dormant_firm", 0.25, "E1", "F34"),
            Mechanism("stale_registry", 0.3, "E1", "F34"),
            Mechanism("approved_post", 0.15, "E1", "F35"),
        ),
    ),
    Recipe(
        "M27",
        "",
        0.03,
        0.58,
        (
            Mechanism("private_refuel", 0.35, "C0"),
            Mechanism("fuel_card_lent", 0.2, "C0"),
            Mechanism("double_refuel", 0.15, "C0"),
            Mechanism("private_trip", 0.2, "C0"),
            Mechanism("lax_keeper", 0.1, "C1"),
        ),
        (
            Mechanism("machinery", 0.4, "E1", "F36"),
            Mechanism("shared_card", 0.15, "E1", "F36"),
            Mechanism("gps_fault", 0.25, "E1", "F36"),
            Mechanism("clock_drift", 0.2, "E1", "F29"),
        ),
    ),
    Recipe(
        "M25",
        "",
        0.01,
        0.15,
        (Mechanism("duty_failure", 1.0, "C1"),),
        (
            Mechanism("fines_for_rule", 0.53, "G1"),
            Mechanism("many_sites", 0.3, "E1", "F27"),
            Mechanism("many_bodies", 0.17, "E1", "F27"),
        ),
    ),
    Recipe(
        "M26",
        "",
        0.008,
        0.4,
        (Mechanism("public_travel", 0.7, "C0"), Mechanism("disguised_training", 0.3, "C0")),
        (
            Mechanism("recuperation", 0.35, "E1", "F35"),
            Mechanism("study_group", 0.35, "E1", "F35"),
            Mechanism("official_tickets", 0.3, "E1", "F35"),
        ),
    ),
)
