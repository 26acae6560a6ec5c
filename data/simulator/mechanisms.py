"""What truly lies behind an alert: the true and the innocent mechanisms of each supervision model, with their shares.

Source: field/simulator.md, 5; field/models.md, Z.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanism:
    """One way in which an alert comes to be, and the outcome a faultless verifier would record."""

    name: str
    share: float
    outcome: str
    cause: str | None = None


@dataclass(frozen=True)
class Recipe:
    """How one rule of a supervision model behaves in the synthetic world."""

    model: str
    rule: str
    volume: float
    """Share of all alerts; the volumes of all recipes add up to 1."""
    confirmed: float
    """Confirmation rate aimed at, after verification."""
    true: tuple[Mechanism, ...]
    innocent: tuple[Mechanism, ...]


RECIPES = (
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
        (Mechanism("concealed_job", 0.6, "C0"), Mechanism("lax_audit", 0.4, "C1")),
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
)
