"""A scope: the place a screen looks at, the way down to it and what lies directly inside it."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import NotFound
from data.tables import Region

TOWN = 4


@dataclass(frozen=True)
class Place:
    """A region as a screen names it; code None stands for alerts that lie in none of the places beside it."""

    code: str | None
    name: str
    name_en: str
    level: int
    tile_row: int | None = None
    tile_column: int | None = None

    @classmethod
    def of(cls, region: Region) -> "Place":
        """The place of a filed region."""
        return cls(region.code, region.name, region.name_en, region.level, region.tile_row, region.tile_column)

    def as_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


OFFICE = Place("", "", "", 0)
"""The whole office, where it is not one region."""


@dataclass(frozen=True)
class Scope:
    """A place with its surroundings."""

    shown: Place
    path: tuple[Place, ...]
    """From the top region down to `shown`, both included."""
    children: tuple[Place, ...]

    def child_of(self, region: str | None) -> str | None:
        """Code of the child in which a region lies; None when it lies in none of them."""
        if region is None:
            return None
        codes = self._codes()
        return next((region[:n] for n in sorted({len(c) for c in codes}, reverse=True) if region[:n] in codes), None)

    def _codes(self) -> frozenset[str]:
        return frozenset(child.code for child in self.children if child.code)


def _children(session: Session, parent: str | None) -> list[Region]:
    """Regions in force directly inside a place, in order of code. Source: field/vocabulary.md, J6."""
    condition = Region.parent_code == parent if parent else Region.parent_code.is_(None)
    return list(session.scalars(select(Region).where(condition, Region.valid_to.is_(None)).order_by(Region.code)))


def find_scope(session: Session, code: str) -> Scope:
    """The scope of a region code; "" is the whole office, shown as the lowest region that contains all others.

    Raises NotFound for a code that is not filed.
    """
    if code:
        region = session.get(Region, code)
        if region is None:
            raise NotFound(f"There is no region {code!r}. Open the wall without a scope and choose a tile.")
        return Scope(Place.of(region), _path(session, region), tuple(map(Place.of, _children(session, code))))
    path: list[Region] = []
    inside = _children(session, None)
    while len(inside) == 1 and (below := _children(session, inside[0].code)):
        path.append(inside[0])
        inside = below
    shown = Place.of(path[-1]) if path else OFFICE
    return Scope(shown, tuple(map(Place.of, path)) or (OFFICE,), tuple(map(Place.of, inside)))


def _path(session: Session, region: Region) -> tuple[Place, ...]:
    steps = [region]
    while (parent := steps[0].parent_code) and (above := session.get(Region, parent)):
        steps.insert(0, above)
    return tuple(map(Place.of, steps))


def town_of(session: Session, code: str | None) -> Place | None:
    """The place of a code, no finer than its town, for screens on which a village would say too much."""
    region = session.get(Region, code) if code else None
    while region and region.level > TOWN and region.parent_code:
        region = session.get(Region, region.parent_code)
    return Place.of(region) if region else None


def place_names(session: Session, codes: set[str]) -> dict[str, tuple[str, str]]:
    """Names zh and en of places by code; a village carries its town's name in front of its own."""
    above = select(Region).subquery()
    query = (
        select(Region.code, Region.level, Region.name, Region.name_en, above.c.name, above.c.name_en)
        .outerjoin(above, above.c.code == Region.parent_code)
        .where(Region.code.in_(codes))
    )
    return {
        code: (f"{town} {name}", f"{name_en}, {town_en}") if level == 5 and town else (name, name_en)
        for code, level, name, name_en, town, town_en in session.execute(query)
    }
