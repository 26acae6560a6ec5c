"""What the page of the week's plan draws from, read once for one visitor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from data.capacity import Week
from data.expected import Expected, confirmed
from data.order_choice import OFFICE, RIGHT, InForce, in_force, may_choose, measured, worth
from data.orders import NAMED
from data.plan import UnitPlan, chances, ground, plans, units_of, unplaced
from data.plan_confirming import Kept, kept_plans
from data.queue import Listed, listed
from data.rights import Person

MOST_TRIED = 40
"""Of more units than this the orders are not tried one by one."""


@dataclass(frozen=True)
class Tried:
    """What the week's alerts would bring in one order."""

    expected: Expected
    recoverable: float


@dataclass(frozen=True)
class Drawn:
    """Everything the page shows."""

    week: Week
    plans: Sequence[UnitPlan]
    """Of the units that have something to plan or a past; in order of place."""
    kept: Mapping[str, Kept]
    here: UnitPlan | None
    rows: Mapping[int, Listed]
    """Of the chosen unit's alerts those that the visitor may see."""
    in_force: InForce
    look: str
    """Named order that is tried; empty: the orders in force."""
    worth: float
    tried: Mapping[str, Tried]
    """Order to what it would bring; empty where there are too many units."""
    measured: Mapping[str, Any] | None
    n_unplaced: int
    mine: frozenset[str]
    """Units whose plan the visitor may confirm; `*`: the office's order is theirs to choose."""

    @property
    def expected(self) -> Expected:
        """Of everything planned."""
        return confirmed(chances(self.plans))

    def n_of(self, why: str) -> int:
        """How many alerts are planned for a reason."""
        return sum(plan.n_of(why) for plan in self.plans)

    @property
    def to_confirm(self) -> list[UnitPlan]:
        """Plans that wait for the visitor to confirm them."""
        if self.look:
            return []
        return [plan for plan in self.plans if plan.unit.code in self.mine and plan.items and news(plan, self.kept)]


def news(plan: UnitPlan, kept: Mapping[str, Kept]) -> int:
    """How many alerts of a plan are not in the one that was confirmed."""
    known = kept[plan.unit.code].alert_ids if plan.unit.code in kept else frozenset()
    return sum(one.alert_id not in known for one in plan.items)


def read(session: Session, person: Person, *, unit: str, look: str, today: date) -> Drawn:
    """Read the plan for whoever looks; `unit`: the one that is shown in full, `look`: a named order to try."""
    units, look = units_of(session, person), look if look in NAMED else ""
    counts = worth(session)
    on = ground(session, units, today=today)
    found = plans(session, on, order=look or None, worth=counts)
    kept = kept_plans(session, [one.code for one in units], on.week)
    busy = [one for one in found if one.items or one.n_beyond or one.room or one.unit.code in kept]
    here = next((one for one in busy if one.unit.code == unit), next((one for one in busy if one.items), None))
    tried: dict[str, Tried] = {}
    if len(units) <= MOST_TRIED:
        for order in NAMED:
            tries = found if order == look else plans(session, on, order=order, worth=counts)
            tried[order] = Tried(confirmed(chances(tries)), sum(one.recoverable for one in tries))
    mine = {one.code for one in units if person.may(RIGHT) and may_choose(session, person, one.code)}
    if may_choose(session, person, OFFICE):
        mine.add(OFFICE)
    shown = here or next(iter(busy), None)
    rows = listed(session, [one.alert_id for one in shown.items]) if shown else []
    return Drawn(
        week=on.week, plans=busy, kept=kept, here=shown, rows={row.id: row for row in rows},
        in_force=in_force(session), look=look, worth=counts, tried=tried, measured=measured(session),
        n_unplaced=unplaced(session) if "dispatch" in person.rights else 0, mine=frozenset(mine),
    )  # fmt: skip
