"""Where the rows of a half-made supervision model belong: which columns hold places of this office, what else serves.

A place decides who verifies. A column whose values are no place of the office would leave every alert without anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.blueprint import ALL_OF, BY_NUMBER, Blueprint, choices, column_of
from data.column_kinds import kind_of
from data.errors import InputRefused
from data.register_catalogue import REGISTERS, Register
from data.registers import open_registers
from data.rights import Person
from data.tables import Region, Unit
from data.upload_places import Places

_MOST_VALUES = 5000
_TITLES = ("区划", "地区", "辖区", "所在区")
"""What the label of the column says that is taken before others."""


@dataclass(frozen=True)
class Fit:
    """How many different values a column has, and how many of them are no place of the office."""

    n: int
    n_unknown: int

    @property
    def usable(self) -> bool:
        """Whether at least every second value is a place of the office."""
        return self.n > 0 and 2 * self.n_unknown <= self.n


def fits(
    session: Session, blueprint: Blueprint, registers: Mapping[str, Register], *, at: datetime
) -> dict[str, Fit | None]:
    """Every column that may be a place (`t1.region`), with how it fits; None for those of built-in registers."""
    columns = {place: column_of(blueprint, registers, place) for place in choices(blueprint, registers)}
    aliases = blueprint.aliases()
    open_ones = [p for p, c in columns.items() if c is not None and c.type == "text" and not c.personal]
    own = [place for place in open_ones if aliases[place.partition(".")[0]] not in REGISTERS]
    found: dict[str, Fit | None] = {
        place: None
        for place in open_ones
        if place not in own and (column := columns[place]) is not None and kind_of(column) in ("region", "")
    }
    known = Places(session)
    if not own or not known:
        return found | dict.fromkeys(own)
    with open_registers(session, {aliases[place.partition(".")[0]] for place in own}, as_of=at) as connection:
        for place in own:
            alias, _, name = place.partition(".")
            query = f"SELECT DISTINCT {name} FROM {aliases[alias]} WHERE {name} IS NOT NULL LIMIT {_MOST_VALUES}"  # noqa: S608
            found[place] = _fit(known, (str(value) for (value,) in connection.execute(query).fetchall()))
    return {place: found[place] for place in columns if place in found}


def _fit(known: Places, values: Iterable[str]) -> Fit:
    told = [known.find(value)[0] is not None for value in values]
    return Fit(len(told), told.count(False))


def numbers_of(blueprint: Blueprint, registers: Mapping[str, Register]) -> list[str]:
    """The columns of identity numbers, whose first six digits are a county."""
    found = ((place, column_of(blueprint, registers, place)) for place in choices(blueprint, registers))
    return [place for place, column in found if column is not None and kind_of(column) == "identity"]


def home_of(session: Session, person: Person) -> str:
    """The region an author works for: that of the post, of the unit where the post knows no bounds, else the widest."""
    unit = session.get(Unit, person.unit_code) if person.unit_code else None
    widest = session.scalar(select(Region.code).order_by(func.length(Region.code), Region.code).limit(1))
    return next(filter(None, (*person.regions("models"), unit.region_code if unit else "", widest)), "")


def with_place(
    session: Session,
    blueprint: Blueprint,
    registers: Mapping[str, Register],
    person: Person,
    *,
    at: datetime,
    chosen: bool,
) -> Blueprint:
    """The blueprint with a place that serves: a column of places, else the author's own region for all.

    chosen: whether the place it has was chosen, and stays where it serves.
    """
    if blueprint.expert or blueprint.main not in registers:
        return blueprint
    found = fits(session, blueprint, registers, at=at)
    region = blueprint.region
    if region.startswith((ALL_OF, BY_NUMBER)) or (chosen and _serves(found, region)):
        return blueprint
    columns = {place: column_of(blueprint, registers, place) for place in found}
    ours = [place for place, fit in found.items() if fit is not None and fit.usable]
    ours.sort(key=lambda place: not any(word in getattr(columns[place], "label", "") for word in _TITLES))
    if not ours and _serves(found, region):
        return blueprint
    home = home_of(session, person)
    return replace(blueprint, region=next(iter(ours), f"{ALL_OF}{home}" if home else ""))


def _serves(found: Mapping[str, Fit | None], place: str) -> bool:
    fit = found.get(place)
    return place in found and (fit is None or fit.usable)


def must_serve(
    session: Session, blueprint: Blueprint, registers: Mapping[str, Register], place: str, *, at: datetime
) -> None:
    """Raises InputRefused for a column whose values are no places of the office, with how many are not."""
    fit = fits(session, blueprint, registers, at=at).get(place)
    if fit is not None and not fit.usable:
        column = column_of(blueprint, registers, place)
        name, label = (column.name, column.label) if column else (place, place)
        raise InputRefused(
            f"{name}: {fit.n_unknown} of its {fit.n} values are no region of this office. Choose a column of region "
            "codes or names, your own region for all, or the first six digits of the identity number.",
            f"“{label}”的 {fit.n} 个值中有 {fit.n_unknown} 个不是已知地区，不能决定由谁核查。"
            "请选择行政区划字段、“全部归本地区”或“按证号前六位”。",
        )
