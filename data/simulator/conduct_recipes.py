"""True and innocent mechanisms of cadres and conduct (M19).

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
)
