"""True and innocent mechanisms of procurement (M13 to M16).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

PROCUREMENT_RECIPES = (
    Recipe(
        "M13",
        "",
        0.006,
        0.38,
        (
            Mechanism("steered", 0.6, "C0"),
            Mechanism("lax_review", 0.4, "C1"),
        ),
        (
            Mechanism("only_qualified", 0.35, "E1", "F30"),
            Mechanism("framework", 0.25, "E1", "F30"),
            Mechanism("emergency_continued", 0.15, "E1", "F30"),
            Mechanism("few_firms", 0.25, "E1", "F30"),
        ),
    ),
    Recipe(
        "M14",
        "",
        0.009,
        0.42,
        (
            Mechanism("kin_in_winner", 0.65, "C0"),
            Mechanism("own_share", 0.15, "C0"),
            Mechanism("undeclared_tie", 0.2, "C1"),
        ),
        (
            Mechanism("namesake", 0.3, "E1", "F08b"),
            Mechanism("role_ended", 0.35, "E1", "F31"),
            Mechanism("kin_outdated", 0.35, "E1", "F17"),
        ),
    ),
    Recipe(
        "M15",
        "",
        0.009,
        0.3,
        (
            Mechanism("ring", 0.6, "C0"),
            Mechanism("cover_bids", 0.4, "C0"),
        ),
        (
            Mechanism("shared_agent_network", 0.55, "E1", "F32"),
            Mechanism("small_pool", 0.3, "E1", "F32"),
            Mechanism("framework", 0.15, "E1", "F30"),
        ),
    ),
    Recipe(
        "M16",
        "",
        0.006,
        0.33,
        (
            Mechanism("overpriced", 0.5, "C0"),
            Mechanism("one_hand", 0.3, "C0"),
            Mechanism("shell_quotes", 0.2, "C1"),
        ),
        (
            Mechanism("spec_differs", 0.3, "E1", "F33"),
            Mechanism("price_surge", 0.2, "E1", "F33"),
            Mechanism("tax_basis", 0.15, "E1", "F33"),
            Mechanism("price_list", 0.2, "E1", "F33"),
            Mechanism("scope_wider", 0.15, "E1", "F26"),
        ),
    ),
)
