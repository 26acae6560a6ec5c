"""Which commissions a synthetic office has: a county's own, or a city's over those of its counties.

Source: field/vocabulary.md, A.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from data.simulator.places import CITY, COUNTY
from data.simulator.world import World

COUNTY_UNIT, CITY_UNIT = "C-COUNTY", "C-CITY"
"""The commission of a county that is alone, and the one of a city."""
STATIONED_UNIT = "S-AGRI"
"""The group stationed at the department of agriculture; in a city each county has one, its code behind."""


@dataclass(frozen=True)
class Commissions:
    """Who leads the office, and who verifies for a whole county."""

    top: str
    region: str
    """Code of the place that the top leads."""
    of_county: Mapping[str, str]
    """Code of a county to its commission."""
    stationed: Mapping[str, str]
    """Code of a county to its stationed group."""

    def over(self, region: str | None) -> str:
        """The commission of the county in which a place lies; the top where it lies in none."""
        return self.of_county.get((region or "")[:6], self.top)


def commissions_of(world: World) -> Commissions:
    """The commissions of this world's office."""
    if world.preset.n_counties == 1:
        return Commissions(COUNTY_UNIT, COUNTY, {COUNTY: COUNTY_UNIT}, {COUNTY: STATIONED_UNIT})
    counties = sorted(world.regions.loc[world.regions["level"] == 3, "code"])
    return Commissions(
        CITY_UNIT,
        CITY,
        {code: f"C-{code}" for code in counties},
        {code: f"{STATIONED_UNIT}-{code}" for code in counties},
    )
