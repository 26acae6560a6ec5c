"""True and innocent mechanisms of village money and projects (M08, M10, M11, M12, M17).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

VILLAGE_RECIPES = (
    Recipe(
        "M08",
        "",
        0.12,
        0.663,
        (Mechanism("barred_drawing", 0.8, "C2"), Mechanism("proxy", 0.2, "C0")),
        (Mechanism("allowed_duty", 0.55, "E1", "F20"), Mechanism("election_gap", 0.45, "E1", "F12")),
    ),
    Recipe(
        "M10",
        "",
        0.06,
        0.5,
        (
            Mechanism("double_payment", 0.5, "C2"),
            Mechanism("split", 0.2, "C0"),
            Mechanism("nature_changed", 0.3, "C3"),
        ),
        (Mechanism("fixed_rate_batch", 0.6, "E1", "F24"), Mechanism("transfer", 0.4, "D1")),
    ),
    Recipe(
        "M11",
        "",
        0.05,
        0.48,
        (Mechanism("started_early", 0.7, "C1"), Mechanism("approval_afterwards", 0.3, "C0")),
        (
            Mechanism("emergency", 0.5, "E1", "F25"),
            Mechanism("late_entry", 0.35, "E1", "F26"),
            Mechanism("governance", 0.15, "G1"),
        ),
    ),
    Recipe(
        "M12",
        "",
        0.01,
        0.45,
        (
            Mechanism("split_works", 0.6, "C0"),
            Mechanism("shaved_budget", 0.15, "C1"),
            Mechanism("raised_later", 0.25, "C0"),
        ),
        (
            Mechanism("separate_works", 0.35, "E1", "F27"),
            Mechanism("framework_calls", 0.12, "E1", "F30"),
            Mechanism("emergency_repairs", 0.15, "E1", "F25"),
            Mechanism("tendered_in_parts", 0.1, "G1"),
            Mechanism("price_book_budget", 0.1, "E1", "F33"),
            Mechanism("design_change", 0.18, "E1", "F33"),
        ),
    ),
    Recipe(
        "M17",
        "",
        0.009,
        0.4,
        (
            Mechanism("borrowed_name", 0.35, "C0"),
            Mechanism("assigned_whole", 0.35, "C0"),
            Mechanism("cadre_took_work", 0.3, "C0"),
        ),
        (
            Mechanism("labour_subcontract", 0.35, "E1", "F35"),
            Mechanism("dispatch_staff", 0.2, "E1", "F18"),
            Mechanism("material_supplier", 0.25, "E1", "F33"),
            Mechanism("kin_labourer", 0.2, "E1", "F17"),
        ),
    ),
)
