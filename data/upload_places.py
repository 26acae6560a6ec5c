"""Places of an uploaded register: names, old names and padded codes made the office's own codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.feed_values import by_unique, narrow
from data.tables import Region

_LEVELS = (2, 4, 6, 9)
_ENDS = re.compile(r"(?:省|市|县|区|镇|乡|街道|街道办事处|村|社区|村委会|居委会)$")


@dataclass(frozen=True)
class PlacesRead:
    """A column of places as codes.

    named: how many cells were names; old: old name -> today's name; unknown: what no place of the office is called,
    kept as it was written.
    """

    values: "pd.Series[Any]"
    named: int = 0
    old: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


class Places:
    """The regions of the office, by code, name and shortened name."""

    def __init__(self, session: Session) -> None:
        wanted = select(Region.code, Region.name, Region.name_en, Region.valid_to, Region.merged_into)
        rows = session.execute(wanted).all()
        self._names = {row.code: row.name for row in rows}
        self._into = {row.code: row.merged_into for row in rows if row.merged_into}
        self._gone = {row.code for row in rows if row.valid_to is not None}
        self._by_name: dict[str, set[str]] = {}
        for row in rows:
            for name in {row.name, _ENDS.sub("", row.name), row.name_en}:
                if len(name) >= 2:
                    self._by_name.setdefault(name.casefold(), set()).add(row.code)

    def __bool__(self) -> bool:
        return bool(self._names)

    def name_of(self, code: str) -> str:
        """Name of a region, or the code where it has none."""
        return str(self._names.get(code, code))

    def find(self, text: str, *, within: str = "") -> tuple[str | None, str]:
        """The code of a place by code, name or path of names (县镇村), and the old name where it goes by one.

        Of several places of one name the one `within` a region is taken; where that leaves several, none is.
        """
        plain = re.sub(r"\s", "", narrow(text))
        if plain in self._names:
            return plain, ""
        if plain.isdigit():
            shorter = [plain[:length] for length in _LEVELS if not plain[length:].strip("0")]
            return next((code for code in shorter if code in self._names), None), ""
        codes = self._by_name.get(plain.casefold()) or self._by_path(plain)
        return self._settle(codes, within)

    def _settle(self, codes: set[str], within: str) -> tuple[str | None, str]:
        for chosen in (codes - self._gone, codes & self._gone):
            inside = {code for code in chosen if code.startswith(within)} if within else chosen
            for several in (inside, chosen):
                if len(several) == 1:
                    code = next(iter(several))
                    today = self._today(code)
                    return today, self._names[code] if today != code else ""
        return None, ""

    def _today(self, code: str) -> str:
        seen = set()
        while code in self._into and code not in seen:
            seen.add(code)
            code = self._into[code]
        return code

    def _by_path(self, text: str) -> set[str]:
        """Places whose name ends the text and whose surrounding places make up what stands before."""
        found = set()
        for start in range(1, len(text) - 1):
            for code in self._by_name.get(text[start:].casefold(), ()):
                around = [self._names[code[:length]] for length in _LEVELS if code[:length] in self._names]
                before = text[:start]
                for name in around[: -1 if len(code) in _LEVELS else None]:
                    before = before.replace(name, "", 1)
                if not before:
                    found.add(code)
        return found

    def read(self, cells: "pd.Series[Any]", *, within: str = "") -> PlacesRead:
        """A column of places as codes; what cannot be told stays as written and is named."""
        found: dict[str, str | None] = {}
        old: dict[str, str] = {}

        def code_of(text: str) -> str:
            code, old_name = self.find(text, within=within)
            found[text] = code
            if code and old_name:
                old[old_name] = self.name_of(code)
            return code or text

        values = by_unique(cells, code_of)
        named = {text for text, code in found.items() if code and not narrow(text).isdigit()}
        unknown = tuple(text for text, code in found.items() if code is None)
        return PlacesRead(values.astype("str"), int(cells.isin(named).sum()), old, unknown)
