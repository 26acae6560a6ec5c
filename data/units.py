"""Which unit verifies an alert: the commission nearest to the place it is about."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.tables import Region, Unit

_PREFIXES = (12, 9, 6, 4, 2)
_KINDS = ("town_commission", "commission")
"""Units that verify, the nearer to the ground first. Source: field/vocabulary.md, A."""
_CHUNK = 500


def _around(codes: Iterable[str]) -> list[str]:
    """Each code and the codes of the places around it, without repeats."""
    return sorted({code[:length] for code in codes for length in _PREFIXES if len(code) >= length})


def _chunks(codes: list[str]) -> list[list[str]]:
    return [codes[start : start + _CHUNK] for start in range(0, len(codes), _CHUNK)]


def find_regions(session: Session, codes: Iterable[str]) -> dict[str, Region]:
    """For each code the region of that code, or the nearest region around it that is known; absent where none is."""
    wanted = set(codes)
    known: dict[str, Region] = {}
    for chunk in _chunks(_around(wanted)):
        known |= {region.code: region for region in session.scalars(select(Region).where(Region.code.in_(chunk)))}
    nearest = {code: [known[code[:n]] for n in _PREFIXES if len(code) >= n and code[:n] in known] for code in wanted}
    return {code: regions[0] for code, regions in nearest.items() if regions}


def find_units(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """For each region code the unit that verifies there: its town's commission, else the one of the place around it.

    Codes without any commission around them are absent: their alerts wait for a person to dispatch them.
    """
    wanted = set(codes)
    known: dict[str, list[tuple[int, str]]] = {}
    for chunk in _chunks(_around(wanted)):
        units = session.execute(
            select(Unit.region_code, Unit.kind, Unit.code).where(Unit.region_code.in_(chunk), Unit.kind.in_(_KINDS))
        )
        for region, kind, unit in units:
            known.setdefault(region, []).append((_KINDS.index(kind), unit))
    around = {code: [code[:n] for n in _PREFIXES if len(code) >= n and code[:n] in known] for code in wanted}
    return {code: min(known[places[0]])[1] for code, places in around.items() if places}
