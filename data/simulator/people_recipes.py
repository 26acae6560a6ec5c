"""True and innocent mechanisms of aid, posts, pay and housing of people (M06, M07, M09, M31).

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
    Recipe(
        "M07",
        "",
        0.012,
        0.55,
        (
            Mechanism("ghost", 0.5, "C0"),
            Mechanism("drawn_by_cadre", 0.2, "C0"),
            Mechanism("left_post", 0.3, "C1"),
        ),
        (
            Mechanism("family_card", 0.4, "E1", "F10"),
            Mechanism("insurance_lag", 0.3, "E1", "F18"),
            Mechanism("seasonal", 0.2, "E1", "F18"),
            Mechanism("remote_duty", 0.1, "E1", "F19"),
        ),
    ),
    Recipe(
        "M09",
        "",
        0.04,
        0.62,
        (Mechanism("extra_pay", 0.7, "C2"), Mechanism("bonus_for_oneself", 0.3, "C0")),
        (Mechanism("reimbursement", 0.65, "E1", "F21"), Mechanism("allowed_pay", 0.35, "E1", "F20")),
    ),
    Recipe(
        "M31",
        "a",
        0.008,
        0.5,
        (Mechanism("concealed_home", 0.6, "C0"), Mechanism("unchecked_home", 0.4, "C2")),
        (
            Mechanism("unusable_home", 0.2, "E1", "F22"),
            Mechanism("small_share", 0.25, "E1", "F22"),
            Mechanism("inherited_home", 0.2, "E1", "F22"),
            Mechanism("sold_untransferred", 0.15, "E1", "F22"),
            Mechanism("car_for_disabled", 0.2, "E1", "F16"),
        ),
    ),
    Recipe(
        "M31",
        "b",
        0.004,
        0.5,
        (Mechanism("official_tenant", 1.0, "C0"),),
        (
            Mechanism("unusable_home", 0.3, "E1", "F22"),
            Mechanism("small_share", 0.4, "E1", "F22"),
            Mechanism("inherited_home", 0.3, "E1", "F22"),
        ),
    ),
)
