"""Replays: affairs that were reported in public, rebuilt exactly with invented people, for demonstrations and tests.

What a report tells is as it tells it; what it leaves open (names, days, how a total spreads) is invented.
Source: field/simulator.md, 5.
"""

from collections.abc import Callable, Mapping

from data.errors import InputRefused
from data.simulator.replays.appeals import unsatisfied_appeals
from data.simulator.replays.benefits import allowance_without_hukou, deceased_still_paid, drawn_twice_after_merger
from data.simulator.replays.conduct import repeat_penalties, retired_cadre_in_business, travel_under_association
from data.simulator.replays.enacting import replay_in
from data.simulator.replays.land import land_pension_quotas
from data.simulator.replays.parts import Replay
from data.simulator.replays.ponds import silent_patroller
from data.simulator.replays.procurement import repeat_winner
from data.simulator.replays.villages import (
    cadres_drew_labour_subsidy,
    emergency_project,
    ghost_post,
    twin_expenses,
)

__all__ = ["REPLAYS", "Replay", "find_replay", "listed", "replay_in"]

REPLAYS: Mapping[str, Callable[[], Replay]] = {
    "allowance-without-hukou": allowance_without_hukou,
    "deceased-still-paid": deceased_still_paid,
    "labour-subsidies": cadres_drew_labour_subsidy,
    "twin-expenses": twin_expenses,
    "emergency-project": emergency_project,
    "merged-villages": drawn_twice_after_merger,
    "retired-cadre": retired_cadre_in_business,
    "ghost-post": ghost_post,
    "silent-patroller": silent_patroller,
    "repeat-penalties": repeat_penalties,
    "travel-invoices": travel_under_association,
    "land-pension": land_pension_quotas,
    "repeat-winner": repeat_winner,
    "unsatisfied-appeals": unsatisfied_appeals,
}
"""Name of each replay and how it is made; its docstring's first line says what happened."""


def find_replay(name: str) -> Callable[[], Replay]:
    """How the replay of that name is made.

    Raises: InputRefused for a name that is not a replay's, with what each of them is.
    """
    if name not in REPLAYS:
        raise InputRefused(f"replay: got {name!r}, expected one of these; choose one.\n{listed()}")
    return REPLAYS[name]


def listed() -> str:
    """Every replay and what happened in it, one a line."""
    return "\n".join(f"  {one}: {tell(one)}" for one in REPLAYS)


def tell(name: str) -> str:
    """What happened in a replay, in a sentence."""
    _, _, said = (REPLAYS[name].__doc__ or "").partition("\n")[0].partition(": ")
    return said
