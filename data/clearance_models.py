"""Supervision models run for the subjects of one query alone: the same SQL, only the rows that name them.

A model is run only where one of its registers holds a row about them; where none does, it can find nothing, and that is
what the report says. Source: field/models.md, M14 and the SQL under M14: "report rows = 0 with sources and dates".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import duckdb
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.cards import Card, Rule, read_card
from data.clearance_ties import PlaceOf
from data.column_kinds import kind_of
from data.comparison import bind_values
from data.errors import CardRefused, RunStopped
from data.folding import Finding, fold_hits
from data.model_states import LIVE
from data.office_time import shanghai_day
from data.query_subjects import Subject
from data.raising import titles
from data.register_catalogue import REGISTERS, Register
from data.run_limits import Allowance, Limits
from data.tables import SupervisionModel

EACH = Limits(seconds=60.0, rows=10_000)
"""What one rule may take: somebody waits."""
MOST_ROWS = 20
"""Findings of a model told one by one; the rest is counted."""
_CODES = frozenset({"tender_id", "project_id", "subject_ref"})
"""Columns that hold the number of a tender or a project."""


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
    """Why it could not be run: paused, lacks (registers), not_on_file (nothing that was named), elsewhere (in force in
    another region only), stopped (beyond
    its limits) or failed."""
    missing: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()
    """What was found, masked: level, and the question in Chinese and English."""
    n_found: int = 0


def naming(register: Register) -> list[str]:
    """The columns of a register in which a person, an enterprise, a tender or a project stands by number."""
    columns = register.columns.values()
    return [one.name for one in columns if kind_of(one) in ("identity", "credit") or one.name in _CODES]


def live_cards(session: Session) -> list[tuple[Card, SupervisionModel]]:
    """The supervision models in force with their rows, by code."""
    rows = session.scalars(
        select(SupervisionModel).where(SupervisionModel.status.in_(LIVE)).order_by(SupervisionModel.code)
    )
    return [(read_card(row.card), row) for row in rows]


def run(
    connection: duckdb.DuckDBPyConnection,
    card: Card,
    row: SupervisionModel,
    subjects: Sequence[Subject],
    *,
    filed: frozenset[str],
    about: Mapping[str, int],
    region: str,
    as_of: datetime,
    place_of: PlaceOf,
) -> ModelRun:
    """Run one supervision model for the subjects that are to be cleared.

    `about`: how many rows of each register name one of them. `region`: only findings of places inside it count.
    """
    said = partial(ModelRun, card.code, card.version, card.name, card.name_en)
    missing = tuple(name for name in card.registers if name not in filed and name not in card.may_lack)
    if row.status != "active":
        return said(state="not", why="paused")
    if missing:
        return said(state="not", why="lacks", missing=missing)
    if not subjects:
        return said(state="not", why="not_on_file")
    if not any(about.get(name) for name in card.registers):
        return said(state="nothing")
    reach = (region, row.region_code or "")
    if not (reach[0].startswith(reach[1]) or reach[1].startswith(reach[0])):
        return said(state="not", why="elsewhere")
    try:
        found = [one for rule in card.rules for one in _find(connection, card, rule, subjects, as_of, reach)]
    except RunStopped:
        return said(state="not", why="stopped")
    except CardRefused:
        return said(state="not", why="failed")
    shown = tuple(
        (one.level, *titles(one, *place_of(one.commonest(one.rule.region) or ""))) for one in found[:MOST_ROWS]
    )
    return said(state="found" if found else "none", rows=shown, n_found=len(found))


def _find(
    connection: duckdb.DuckDBPyConnection, card: Card, rule: Rule, subjects: Sequence[Subject], as_of: datetime,
    reach: Sequence[str],
) -> list[Finding]:  # fmt: skip
    day, numbers = shanghai_day(as_of), {one.number for one in subjects}
    columns = _columns_naming(card, rule)
    if not columns:
        return []
    listed = ", ".join("'" + number.replace("'", "''") + "'" for number in sorted(numbers))
    wanted = " OR ".join(f'"{column}" IN ({listed})' for column in columns)
    found: list[Finding] = []
    places = {one.region for parameter in card.parameters.values() for one in parameter.own if one.region} | {""}
    for place in places:
        inner = tuple(other for other in places if other.startswith(place) and other != place)
        values = {**_values(card, place, day), "as_of": day}
        sql = f"SELECT * FROM ({bind_values(rule.sql, values)}) AS found WHERE {wanted}"  # noqa: S608
        rows = Allowance(f"{card.code}, {rule.code}", EACH).rows_of(connection, sql)
        here = [row for row in rows if _is_here(str(row[rule.region] or ""), place, inner)]
        found += fold_hits(card, rule, here)
    return [one for one in found if all((one.commonest(rule.region) or "").startswith(code) for code in reach)]


def _values(card: Card, place: str, day: date) -> dict[str, Any]:
    return {name: one.in_force(place, day) for name, one in card.parameters.items()}


def _is_here(code: str, place: str, inner: tuple[str, ...]) -> bool:
    return code.startswith(place) and not (inner and code.startswith(inner))


def _columns_naming(card: Card, rule: Rule) -> list[str]:
    """The rule's output columns in which somebody or something stands by number."""
    described = {**card.own_registers, **REGISTERS}
    columns = dict.fromkeys(rule.responsible.values())
    if rule.subject_kind in ("person", "enterprise", "project") or rule.subject in _CODES:
        columns[rule.subject] = None
    for one in rule.evidence:
        if one.register in described and one.column in naming(described[one.register]):
            columns[one.output] = None
    return list(columns)
