"""True and innocent mechanisms of aid, posts, pay and housing of people (M06, M07, M09, M31, M34).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

PEOPLE_RECIPES = (
    Recipe(
        "M06",
        "",
        0.015,
        0.4,
        (Mechanism("nepotism", 0.25, "C0"), Mechanism("undisclosed_kin", 0.75, "C1")),
        (
            Mechanism("poor_kin", 0.6, "E1", "F16"),
            Mechanism("wrong_kin", 0.25, "E1", "F17"),
            Mechanism("newly_in_office", 0.15, "E1", "F12"),
        ),
    ),
)
