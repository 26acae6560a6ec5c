"""True and innocent mechanisms of benefits and aid (M01 to M05, M34).

Source: field/simulator.md, 5; field/models.md, Z.
"""

from data.simulator.mechanisms import Mechanism, Recipe

BENEFIT_RECIPES = (
    Recipe(
        "M01",
        "",
        0.34,
        0.929,
        (
            Mechanism("not_stopped", 0.5, "C2"),
            Mechanism("handler_idle", 0.3, "C1"),
            Mechanism("family_concealed", 0.2, "C0"),
        ),
        (
            Mechanism("hukou_lag", 0.5, "E1", "F01"),
            Mechanism("boundary_change", 0.3, "E1", "F02"),
            Mechanism("grace", 0.2, "E1", "F03"),
        ),
    ),
    Recipe(
        "M02",
        "",
        0.2,
        0.624,
        (
            Mechanism("late_stop", 0.55, "C2"),
            Mechanism("no_stop_report", 0.25, "C1"),
            Mechanism("withdrawn", 0.05, "C0"),
            Mechanism("concealed", 0.15, "C0"),
        ),
        (
            Mechanism("netted", 0.4, "E1", "F06"),
            Mechanism("date_error", 0.25, "D1"),
            Mechanism("arrears", 0.25, "E1", "F05"),
            Mechanism("number_clash", 0.1, "E1", "F08"),
        ),
    ),
    Recipe(
        "M03",
        "",
        0.06,
        0.8,
        (Mechanism("forged_age", 0.3, "C0"), Mechanism("lax_audit", 0.7, "C1")),
        (Mechanism("document_birth", 0.6, "E1", "F07"), Mechanism("local_age", 0.4, "E1", "F09")),
    ),
    Recipe(
        "M04",
        "a",
        0.06,
        0.78,
        (Mechanism("concealed_job", 0.6, "C0"), Mechanism("lax_visit", 0.4, "C1")),
        (
            Mechanism("temporary_post", 0.5, "E1", "F11"),
            Mechanism("left_service", 0.3, "E1", "F12"),
            Mechanism("same_month", 0.2, "E1", "F13"),
        ),
    ),
    Recipe(
        "M04",
        "b",
        0.04,
        0.45,
        (Mechanism("concealed_income", 1.0, "C2"),),
        (Mechanism("temporary_post", 0.6, "E1", "F11"), Mechanism("left_service", 0.4, "E1", "F12")),
    ),
    Recipe(
        "M05",
        "",
        0.07,
        0.6,
        (Mechanism("lax_list", 0.7, "C2"), Mechanism("double_claim", 0.3, "C0")),
        (
            Mechanism("merger", 0.35, "E1", "F14"),
            Mechanism("semesters", 0.45, "E1", "F15"),
            Mechanism("back_pay", 0.2, "D1"),
        ),
    ),
    Recipe(
        "M34",
        "a",
        0.006,
        0.7,
        (Mechanism("not_entered", 0.6, "C1"), Mechanism("not_told", 0.4, "C2")),
        (
            Mechanism("declined", 0.35, "E1", "F16"),
            Mechanism("lives_away", 0.35, "E1", "F02"),
            Mechanism("chose_other", 0.3, "E1", "F16"),
        ),
    ),
    Recipe(
        "M34",
        "b",
        0.004,
        0.7,
        (Mechanism("not_entered", 0.6, "C1"), Mechanism("not_told", 0.4, "C2")),
        (
            Mechanism("declined", 0.35, "E1", "F16"),
            Mechanism("lives_away", 0.35, "E1", "F02"),
            Mechanism("chose_other", 0.3, "E1", "F16"),
        ),
    ),
    Recipe(
        "M34",
        "c",
        0.004,
        0.7,
        (Mechanism("not_entered", 0.6, "C1"), Mechanism("not_told", 0.4, "C2")),
        (
            Mechanism("declined", 0.35, "E1", "F16"),
            Mechanism("lives_away", 0.35, "E1", "F02"),
            Mechanism("chose_other", 0.3, "E1", "F16"),
        ),
    ),
)
