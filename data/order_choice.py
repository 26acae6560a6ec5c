"""Which named order is in force: chosen for the office or for a unit, by a named person, on record.

The ranks of the queue follow the choice when it is next put in order. A unit that chose none follows the office.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit, orders
from data.errors import InputRefused, NotPermitted
from data.orders import NAMED
from data.outcomes import OUTCOMES
from data.plan_tables import OrderChoice
from data.rights import Person, whole_office
from data.tables import Alert, RiskModel, Unit

OFFICE = "*"
RIGHT = "dispatch"
DEFAULT = "likelihood"
MOST_WORTH = 10**9
_LOOKED_AT = 5_000
"""Confirmed alerts, the newest, that the proposed worth is taken from."""
_CONFIRMED = tuple(code for code, outcome in OUTCOMES.items() if outcome.confirmed)


@dataclass(frozen=True)
class Chosen:
    """An order as it holds for the office or a unit; nobody chose the default."""

    order: str = DEFAULT
    worth: float = 0.0
    by: str = ""
    at: datetime | None = None

    def key(self, one: orders.Placed) -> orders.Key:
        """Where an alert stands."""
        return orders.key(self.order, one, self.worth)


class PlacedInUnit(orders.Placed, Protocol):
    """An alert with the unit that has it."""

    @property
    def unit_code(self) -> str | None: ...  # noqa: D102


_Row = TypeVar("_Row", bound=PlacedInUnit)


@dataclass(frozen=True)
class InForce:
    """The orders in force."""

    office: Chosen
    units: Mapping[str, Chosen]
    """Those of units that chose one of their own."""

    def of(self, unit_code: str | None) -> Chosen:
        """The order that a unit works by."""
        return self.units.get(unit_code or "", self.office)

    def arranged(self, rows: Sequence[_Row]) -> list[_Row]:
        """Alerts in the order of the office; the places of a unit with an order of its own are filled in that order."""
        placed = sorted(rows, key=self.office.key)
        for unit, chosen in self.units.items():
            places = [place for place, row in enumerate(placed) if row.unit_code == unit]
            for place, row in zip(places, sorted((placed[place] for place in places), key=chosen.key), strict=True):
                placed[place] = row
        return placed


def in_force(session: Session) -> InForce:
    """Which orders are in force now."""
    found = {
        one.unit_code: Chosen(one.order_code, one.worth or 0.0, one.chosen_by, one.chosen_at)
        for one in session.scalars(select(OrderChoice).order_by(OrderChoice.unit_code))
        if one.order_code in NAMED
    }
    return InForce(found.pop(OFFICE, Chosen()), found)


def proposed_worth(session: Session) -> float:
    """What a confirmed alert may be counted as, going by the newest confirmed ones (`data.orders.worth_of`)."""
    newest = (
        select(Alert.recoverable)
        .where(Alert.outcome.in_(_CONFIRMED), Alert.recoverable > 0)
        .order_by(Alert.concluded_at.desc(), Alert.id.desc())
        .limit(_LOOKED_AT)
    )
    with whole_office(session):
        amounts = [amount for amount in session.scalars(newest) if amount is not None]
    return orders.worth_of(amounts)


def worth(session: Session) -> float:
    """What a confirmed alert counts where somebody looks at the mixed order: as chosen for the office, or proposed."""
    chosen = in_force(session).office
    return chosen.worth if chosen.order == "mixed" else proposed_worth(session)


def measured(session: Session) -> Mapping[str, Any] | None:
    """What each order was worth on the alerts after the live risk model's data; None: it was not measured."""
    metrics = session.scalar(select(RiskModel.metrics).where(RiskModel.state == "live").order_by(RiskModel.id.desc()))
    return json.loads(metrics or "{}").get("orders") or None


def may_choose(session: Session, person: Person, unit_code: str) -> bool:
    """Whether this person may choose the order of a unit (`*`: of the office): it lies wholly within a post of theirs.

    A post for one domain does not reach over a unit's whole queue.
    """
    unit = None if unit_code == OFFICE else session.get(Unit, unit_code)
    region = "" if unit_code == OFFICE else unit.region_code if unit else None
    return region is not None and any(
        RIGHT in post.role.rights and not post.domain_code and region.startswith(post.region_code)
        for post in person.posts
    )


def choose(
    session: Session, person: Person, unit_code: str, order: str, *, at: datetime, worth: float | None = None
) -> None:
    """Put a named order in force for a unit or the office (`*`); an empty `order` has a unit follow the office again.

    `worth`: CNY that a confirmed alert counts, for the mixed order. Raises NotPermitted, InputRefused.
    """
    person.must(RIGHT)
    if not may_choose(session, person, unit_code):
        raise NotPermitted(
            f"{person.code} cannot choose the order of work of {unit_code!r}: it is not wholly within a post that "
            "dispatches. Ask somebody whose post reaches over it.",
            "该单位（或全部单位）不在您的分办范围内，不能更改其核查次序，请由负责该范围的人员更改。",
        )
    worth = _checked(order, unit_code, worth)
    kept = session.get(OrderChoice, unit_code, with_for_update=True)
    before = kept.order_code if kept else ""
    if kept is None:
        kept = OrderChoice(unit_code=unit_code)
        session.add(kept)
    kept.order_code, kept.worth, kept.applied = order, worth, False
    kept.chosen_by, kept.chosen_at = person.code[:40], at
    session.flush()
    said = {"before": before, "after": order, "worth": worth}
    audit.note(session, person.code, "order.chosen", "unit", unit_code, at=at, address=person.address,
               detail={key: value for key, value in said.items() if value})  # fmt: skip


def _checked(order: str, unit_code: str, worth: float | None) -> float | None:
    if not (order in NAMED or (order == "" and unit_code != OFFICE)):
        raise InputRefused(
            f"There is no order {order[:20]!r}; expected one of {', '.join(NAMED)}. Choose one of them.",
            f"没有“{order[:20]}”这种次序，请从列出的次序中选择。",
        )
    if order != "mixed":
        return None
    if worth is None or not 0 < worth <= MOST_WORTH:
        raise InputRefused(
            f"What a confirmed alert counts: got {worth}, expected more than 0 and at most {MOST_WORTH:,} CNY. "
            "Mend it.",
            f"“查实一条折合”应大于 0 元，且不超过 {MOST_WORTH:,} 元，请改正。",
        )
    return worth
