"""How large a synthetic world is: its people, places, months and expected alerts.

Source: field/simulator.md, 2 and 5.
"""

from dataclasses import dataclass

from data.errors import InputRefused


@dataclass(frozen=True)
class Preset:
    """One size of the synthetic world."""

    name: str
    n_persons: int
    n_towns: int
    n_villages: int
    n_months: int
    """Months in which the office works; the last one is the month of the end date."""
    n_alerts: int
    """Alerts aimed at."""
    n_counties: int = 1


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("xs", 3_000, 2, 12, 12, 190),
        Preset("s", 60_000, 8, 110, 24, 2_500),
        Preset("m", 270_000, 10, 158, 36, 6_000),
        Preset("l", 1_200_000, 92, 1_250, 36, 22_000, n_counties=10),
    )
}


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises: InputRefused for a name that is not a preset.
    """
    if name not in PRESETS:
        raise InputRefused(f"preset: got {name!r}, expected one of {', '.join(PRESETS)}; choose one of these")
    return PRESETS[name]
