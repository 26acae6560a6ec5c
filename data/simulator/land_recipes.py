"""True and innocent mechanisms of land, ponds, hospitals and farmland (M20 to M24, M30, M32).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

LAND_RECIPES = (
    Recipe(
        "M20",
        "",
        0.02,
        0.55,
        (Mechanism("quota_sold", 0.4, "C0"), Mechanism("quota_exceeded", 0.6, "C1")),
        (Mechanism("renumbered", 0.7, "E1", "F37"), Mechanism("village_merged", 0.3, "E1", "F14")),
    ),
    Recipe(
        "M21",
        "",
        0.015,
        0.5,
        (Mechanism("never_met", 1.0, "C1"),),
        (Mechanism("minute_not_uploaded", 0.6, "E1", "F26"), Mechanism("met_in_group", 0.4, "E1", "F35")),
    ),
    Recipe(
        "M22",
        "",
        0.015,
        0.25,
        (Mechanism("held_back", 1.0, "C1"),),
        (
            Mechanism("allotted_slowly", 0.47, "G1"),
            Mechanism("in_litigation", 0.3, "E1", "F28"),
            Mechanism("compensation_awaited", 0.23, "E1", "F03"),
        ),
    ),
    Recipe(
        "M23",
        "",
        0.012,
        0.35,
        (Mechanism("kin_without_land", 0.5, "C0"), Mechanism("kin_first", 0.5, "C1")),
        (
            Mechanism("kin_lost_land", 0.6, "E1", "F16"),
            Mechanism("household_split", 0.12, "E1", "F16"),
            Mechanism("kin_wrong", 0.28, "E1", "F17"),
        ),
    ),
    Recipe(
        "M24",
        "",
        0.012,
        0.4,
        (Mechanism("hidden_workshop", 0.7, "C1"), Mechanism("workshop_back", 0.3, "C0")),
        (
            Mechanism("heat_aerator", 0.35, "E1", "F38"),
            Mechanism("cold_store", 0.25, "E1", "F38"),
            Mechanism("hatchery", 0.1, "E1", "F38"),
            Mechanism("charging_pile", 0.1, "E1", "F38"),
            Mechanism("two_users", 0.2, "E1", "F38"),
        ),
    ),
    Recipe(
        "M24",
        "patroller_silent",
        0.003,
        0.2,
        (Mechanism("looked_away", 0.4, "C0"), Mechanism("never_patrolled", 0.6, "C1")),
        (
            Mechanism("told_by_phone", 0.5, "E1", "F26"),
            Mechanism("harmless_sites", 0.3, "E1", "F38"),
            Mechanism("new_in_charge", 0.2, "E1", "F12"),
        ),
    ),
    Recipe(
        "M30",
        "",
        0.015,
        0.52,
        (Mechanism("sham_stay", 0.7, "C0"), Mechanism("card_lent", 0.3, "C3")),
        (
            Mechanism("day_ward", 0.4, "E1", "F18"),
            Mechanism("settled_late", 0.45, "E1", "F01"),
            Mechanism("number_clash_stay", 0.15, "E1", "F08"),
        ),
    ),
    Recipe(
        "M32",
        "",
        0.015,
        0.55,
        (Mechanism("inflated_area", 0.6, "C0"), Mechanism("area_unchecked", 0.4, "C2")),
        (
            Mechanism("unfiled_lease", 0.5, "E1", "F16"),
            Mechanism("resurvey", 0.3, "E1", "F01"),
            Mechanism("unit_error", 0.2, "E1", "F26"),
        ),
    ),
)
