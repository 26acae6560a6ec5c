"""Where a feed's alerts belong in the office: its regions by code or name, its domains found or opened."""

import hashlib
import re
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.tables import Domain, Region

_LEVELS = (2, 4, 6, 9)


def find_regions(session: Session, given: "pd.Series[str]") -> tuple["pd.Series[Any]", list[str]]:
    """Region code of each row, by code (also padded with zeros) or by a name that only one region has; else missing."""
    wanted = given.dropna().unique().tolist()
    if not wanted:
        return pd.Series(None, index=given.index, dtype="object"), []
    regions = session.execute(select(Region.code, Region.name, Region.name_en)).all()
    codes = {region.code for region in regions}
    names: dict[str, set[str]] = {}
    for region in regions:
        for name in (region.name, region.name_en):
            names.setdefault(name.casefold(), set()).add(region.code)
    found = {text: _region_code(text, codes, names) for text in wanted}
    unknown = [text for text, code in found.items() if code is None]
    notes = []
    if unknown:
        shown = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else "")
        notes.append(f"Regions that the office does not have are kept as the attribute feed_region: {shown}.")
    return given.map(found).astype("object"), notes


def name_regions(
    session: Session, codes: "pd.Series[Any]", given: "pd.Series[str]"
) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """What to call each row's region, in Chinese and in English: the office's name, else as given, else empty."""
    used = set(codes.dropna())
    found = session.execute(select(Region.code, Region.name, Region.name_en)).all() if used else []
    chinese = codes.map({region.code: region.name for region in found if region.code in used}).astype("str")
    english = codes.map({region.code: region.name_en for region in found if region.code in used}).astype("str")
    return chinese.fillna(given).fillna(""), english.fillna(given).fillna("")


def _region_code(text: str, codes: set[str], names: dict[str, set[str]]) -> str | None:
    if text in codes:
        return text
    shorter = [text[:length] for length in _LEVELS if text.isdigit() and not text[length:].strip("0")]
    padded = next((code for code in shorter if code in codes), None)
    named = names.get(text.casefold(), set())
    return padded or (next(iter(named)) if len(named) == 1 else None)


def find_domains(session: Session, given: "pd.Series[str]") -> tuple["pd.Series[Any]", list[str]]:
    """Domain code of each row, by code or name; a domain not yet there is opened under its name."""
    wanted = given.dropna().unique().tolist()
    domains = session.execute(select(Domain.code, Domain.name, Domain.name_en)).all()
    known = {word.casefold(): domain.code for domain in domains for word in (domain.name_en, domain.name, domain.code)}
    sort = session.scalar(select(func.max(Domain.sort))) or 0
    taken = {domain.code for domain in domains}
    opened = []
    for name in sorted({text[:80] for text in wanted}):
        if name.casefold() in known:
            continue
        sort += 1
        code = _domain_code(name, taken)
        session.add(Domain(code=code, name=name[:60], name_en=name, sort=sort))
        taken.add(code)
        known[name.casefold()] = code
        opened.append(name)
    session.flush()
    notes = [f"New domains were opened: {', '.join(opened[:8])}{'...' if len(opened) > 8 else ''}."] if opened else []
    return given.map({text: known[text[:80].casefold()] for text in wanted}).astype("object"), notes


def _domain_code(name: str, taken: set[str]) -> str:
    """A code of at most 30 characters made from the name; with a mark of its own where that is empty or taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") if name.isascii() else ""
    if plain and len(plain) <= 30 and plain not in taken:
        return plain
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[:21]}_{mark}" if plain else f"feed_{mark}"
