"""A case: an alert as one person meets it, with what that person may do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from data import look_back
from data.bulk import verifiers
from data.dispatch import VERIFYING, owners
from data.dossier import Dossier, dossier
from data.elimination import Draft, draft
from data.loop import refusal
from data.office_time import shanghai_day
from data.recusal import recusal
from data.rights import Person
from data.states import TRANSITIONS
from data.tables import Alert, Unit


@dataclass(frozen=True)
class Case:
    """An alert with its dossier, and what the person before the screen may do about it."""

    found: Dossier
    person: Person
    language: str
    now: datetime
    refusals: Mapping[str, str | None]
    """Of every action that the alert's state knows: why this person cannot do it; None where it can be done."""
    units: Mapping[str, Unit]
    """Those named here, those it can be given to and the departments around, in order of place."""
    suggested_unit: str | None
    """The unit on duty for it."""
    colleagues: tuple[tuple[str, str], ...]
    """Accounts of the alert's unit that may verify, with their names."""
    prefilled: Draft | None
    """The elimination request the office drafted."""
    tied: str | None = None
    """Why recusal keeps this person from working on it; None where nothing does."""

    @property
    def alert(self) -> Alert:
        """The alert itself."""
        return self.found.alert

    @property
    def today(self) -> date:
        """The office's date."""
        return shanghai_day(self.now)

    def is_known(self, action: str) -> bool:
        """Whether the alert's state knows the action, whoever may do it."""
        return action in self.refusals

    def may(self, right: str) -> bool:
        """Whether the person has a right for this alert."""
        return self.person.may_on(right, self.alert)

    @property
    def receivers(self) -> list[tuple[str, str]]:
        """Code and name of the units it can be given to, those of its own county first."""
        county = (self.alert.region_code or "")[:6]
        units = [unit for unit in self.units.values() if unit.kind in VERIFYING]
        units.sort(key=lambda unit: (not unit.region_code.startswith(county), unit.region_code, unit.code))
        return [(unit.code, self.unit(unit.code)) for unit in units]

    @property
    def departments(self) -> list[tuple[str, str]]:
        """Code and name of the departments that can be asked."""
        return [(unit.code, self.unit(unit.code)) for unit in self.units.values() if unit.kind == "department"]

    def name(self, code: str | None) -> str:
        """Name of an account that acted."""
        known = self.found.names.get(code or "")
        return known[self.language != "zh"] if known else code or ""

    def unit(self, code: str | None) -> str:
        """Name of a unit."""
        unit = self.units.get(code or "")
        if unit is None:
            return code or ""
        return unit.name if self.language == "zh" else unit.name_en


def read_case(session: Session, alert_id: int, person: Person, *, language: str, now: datetime) -> Case:
    """Everything the page of one alert shows to one person. Raises NotFound, also where the person may not see it."""
    found = dossier(session, alert_id)
    alert = found.alert
    tie = recusal(session, alert, person)
    return Case(
        found=found,
        person=person,
        language=language,
        now=now,
        refusals=_refusals(session, alert, person, language, now),
        units=_units(session, found),
        suggested_unit=owners(session, [(alert.region_code, alert.domain_code, alert.level)])[0],
        colleagues=tuple(verifiers(session, {alert.unit_code or ""}, on=shanghai_day(now))),
        prefilled=draft(session, alert),
        tied=tie.words(language) if tie else None,
    )


def _refusals(session: Session, alert: Alert, person: Person, language: str, now: datetime) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for one in TRANSITIONS:
        if alert.status not in one.sources or one.right == "system" or one.action in found:
            continue
        outcome = one.outcomes[0] if one.outcomes else None
        error = refusal(session, alert, one.action, person, at=now, outcome=outcome)
        if one.action == "reversed":
            error = error or look_back.refusal(session, alert, person)
        found[one.action] = error.words(language) if error else None
    return found


def _units(session: Session, found: Dossier) -> dict[str, Unit]:
    """Units of the alert's own county, and of counties and above anywhere: a town elsewhere is for its county."""
    county = (found.alert.region_code or "")[:6]
    query = select(Unit).where(or_(func.length(Unit.region_code) <= 6, Unit.region_code.startswith(county)))
    around = {unit.code: unit for unit in session.scalars(query.order_by(Unit.region_code, Unit.code))}
    named = {found.alert.unit_code, *(one.unit_code for one in found.inquiries)} - {None} - around.keys()
    return around | {unit.code: unit for unit in session.scalars(select(Unit).where(Unit.code.in_(named)))}
