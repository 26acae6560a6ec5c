"""Outcome codes: what a verification can end in, and what that teaches the ranker. Version 1 of the mapping.

Source: field/models.md, Z; design.md, 5. The mapping is shown on screen because it changes the headline rate.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One outcome code."""

    code: str
    name: str
    name_en: str
    concluded: bool
    """Counts in the denominator of the confirmation rate."""
    confirmed: bool
    """Counts in the numerator."""
    label: float | None
    """What the ranker learns: 1, 0, or None where the alert teaches nothing."""


OUTCOMES: dict[str, Outcome] = {
    o.code: o
    for o in (
        Outcome("C0", "查实：违纪违规", "Confirmed: misconduct", True, True, 1.0),
        Outcome("C1", "查实：失职失责", "Confirmed: negligence of the handler", True, True, 1.0),
        Outcome("C2", "查实：超发已纠正", "Confirmed: over-payment corrected, no fault", True, True, 1.0),
        Outcome("C3", "查实：性质变更", "Confirmed: nature changed", True, True, 1.0),
        Outcome("G1", "未查实，发现治理问题", "Governance problem found", True, False, None),
        Outcome("D1", "数据纠错", "Data corrected only", True, False, 0.0),
        Outcome("E1", "排除（附原因）", "Excluded, with its cause", True, False, 0.0),
        Outcome("H1", "暂存待查", "Held for later", False, False, None),
        # What a feed says that knows only yes and no.
        Outcome("CX", "查实：类别未注明", "Confirmed, kind not stated", True, True, 1.0),
        Outcome("EX", "排除：原因未注明", "Excluded, cause not stated", True, False, 0.0),
        Outcome("U1", "重复预警", "Duplicate alert", False, False, None),
    )
}
