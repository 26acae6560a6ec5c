"""The places around a place: codes nest, so what is not known by its own code is known by the nearest one around it."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.tables import Region

_LENGTHS = (12, 9, 6, 4, 2)
_CHUNK = 500


def around(code: str) -> list[str]:
    """The code and the codes of the places around it, the nearest first; empty for no code."""
    return [code, *(code[:length] for length in _LENGTHS if length < len(code))] if code else []


def chunks_around(codes: Iterable[str]) -> Iterator[list[str]]:
    """Every code and the codes around them, without repeats, in lists that a query can carry."""
    wanted = sorted({place for code in codes for place in around(code)})
    for start in range(0, len(wanted), _CHUNK):
        yield wanted[start : start + _CHUNK]


def find_regions(session: Session, codes: Iterable[str]) -> dict[str, Region]:
    """For each code the region of that code, or the nearest region around it that is known; absent where none is."""
    wanted = set(codes)
    known: dict[str, Region] = {}
    for chunk in chunks_around(wanted):
        known |= {region.code: region for region in session.scalars(select(Region).where(Region.code.in_(chunk)))}
    nearest = {code: next((known[place] for place in around(code) if place in known), None) for code in wanted}
    return {code: region for code, region in nearest.items() if region is not None}
