"""Supervision models run for the subjects of one query alone: the same SQL, only the rows that name them.

A model is run only where one of its registers holds a row about them; where none does, it can find nothing, and that
is what the report says. Where its rules do not tell of them by number, it was not compared.
Source: field/models.md, M14 and the SQL under M14: "report rows = 0 with sources and dates".
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import duckdb
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import collision
from data.cards import Card, read_card
from data.clearance_naming import Place, is_told, naming_of, where_it_stands
from data.clearance_ties import PlaceOf
from data.comparison import Value, bind_values
from data.errors import CardRefused, RunStopped
from data.model_states import LIVE
from data.query_subjects import Subject
from data.raising import titles
from data.run_limits import Allowance
from data.tables import SupervisionModel

_CODE = re.compile(r"[0-9]{2,12}")
"""The code of a place: nation-wide numbers down to a village."""
MOST_ROWS = 20
"""Findings of a model told one by one; the rest is counted."""


@dataclass(frozen=True)
class ModelRun:
    """One supervision model as it was run for the subjects."""

    code: str
    version: int
    name: str
    name_en: str
    state: str
    """found, none (nothing found), nothing (its registers hold no row about them) or not (could not be run)."""
    why: str = ""
    """Why it could not be run: paused, lacks (registers), number (its rules do not
    tell of them by number), not_on_file (nothing that was named), elsewhere (in force in
    another region only), stopped (beyond
    its limits) or failed."""
    missing: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    """Subjects whose number stands in its registers, but in no column of which its rules tell."""
    rows: tuple[tuple[str, str, str], ...] = ()
    """What was found, masked: level, and the question in Chinese and English."""
    n_found: int = 0


def live_cards(session: Session) -> list[tuple[Card, SupervisionModel]]:
    """The supervision models in force with their rows, by code."""
    rows = session.scalars(
        select(SupervisionModel).where(SupervisionModel.status.in_(LIVE)).order_by(SupervisionModel.code)
    )
    return [(read_card(row.card), row) for row in rows]


def run(
    session: Session,
    connection: duckdb.DuckDBPyConnection,
    card: Card,
    row: SupervisionModel,
    subjects: Sequence[Subject],
    *,
    filed: frozenset[str],
    stands: Mapping[str, frozenset[Place]],
    region: str,
    as_of: datetime,
    place_of: PlaceOf,
    allowance: Allowance,
) -> ModelRun:
    """Run one supervision model for the subjects that are to be cleared.

    `stands`: in which columns of registers each number stands. `region`: only findings of places inside it count.
    `allowance`: what is left for the whole report.
    """
    said = partial(ModelRun, card.code, card.version, card.name, card.name_en)
    missing = tuple(name for name in card.registers if name not in filed and name not in card.may_lack)
    if row.status != "active":
        return said(state="not", why="paused")
    if missing:
        return said(state="not", why="lacks", missing=missing)
    if not subjects:
        return said(state="not", why="not_on_file")
    where = {one.number: where_it_stands(stands, one.number, card) for one in subjects}
    if not any(where.values()):
        return said(state="nothing")
    own = row.region_code or ""
    if not (region.startswith(own) or own.startswith(region)):
        return said(state="not", why="elsewhere")
    unmatched = tuple(one.display for one in subjects if where[one.number] and not is_told(card, where[one.number]))
    told = {number for number, places in where.items() if places and is_told(card, places)}
    if not told:
        return said(state="not", why="number", unmatched=unmatched)
    try:
        everywhere = collision.find(
            session, card, as_of=as_of, engine=_AboutThem(connection, card, told, allowance)
        )  # fmt: skip
    except RunStopped:
        return said(state="not", why="stopped")
    except CardRefused:
        return said(state="not", why="failed")
    # One of the two begins with the other: inside the longer is inside both.
    found = [one for one in everywhere if _within(one.place(), max(region, own, key=len))]
    shown = tuple((one.level, *titles(one, *place_of(one.place()))) for one in found[:MOST_ROWS])
    # Nothing found about some, and no way to find the others: the model clears nobody.
    state, why = ("found", "") if found else ("not", "number") if unmatched else ("none", "")
    return said(state=state, why=why, rows=shown, n_found=len(found), unmatched=unmatched)


def _within(place: str | None, region: str) -> bool:
    """Whether a finding counts: nobody is cleared because a row says no place, or one that is no code."""
    return not place or not _CODE.fullmatch(place) or place.startswith(region)


class _AboutThem:
    """The report's open registers as an engine: of every rule the rows that name the subjects, and no others."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, card: Card, numbers: Iterable[str], allowance: Allowance
    ) -> None:
        self._connection, self._card, self._allowance = connection, card, allowance
        self._listed = ", ".join("'" + number.replace("'", "''") + "'" for number in sorted(numbers))

    def open(self, session: Session, columns: Mapping[str, Collection[str]], *, as_of: datetime) -> "_AboutThem":
        """The registers, which are open already."""
        del session, columns, as_of
        return self

    def rows_of(self, sql: str, values: Mapping[str, Value], allowance: Allowance) -> Iterator[dict[str, Any]]:
        """The rows of a rule that name them; what it may take is what is left of the report's own allowance."""
        del allowance
        columns = naming_of(self._card, sql).outputs
        if not columns:
            return iter(())
        wanted = " OR ".join(f'"{column}" IN ({self._listed})' for column in columns)
        about = f"SELECT * FROM ({bind_values(sql, values)}) AS found WHERE {wanted}"  # noqa: S608
        return self._allowance.rows_of(self._connection, about)

    def close(self) -> None:
        """Nothing: whoever opened them closes them."""
