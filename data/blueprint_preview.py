"""A look at what a blueprint would find now: counted and shown masked, while nothing is raised or kept."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from data.blueprint import ALL_OF, OF_COLUMNS, WITHOUT_VALUE, Ask, Basis, Blueprint, Condition
from data.blueprint_card import write_card
from data.blueprint_faults import Fault, faults_of
from data.cards import DOMAINS, Card, read_card
from data.causes import causes
from data.collision import find, reach
from data.folding import Finding
from data.register_catalogue import Register
from data.run_limits import PREVIEW

SHOWN = 12
"""Findings that are shown; the others are counted."""


_NOWHERE = f"{ALL_OF}0"
_ANY_ASK = Ask("F01", "预览")


@dataclass(frozen=True)
class Shown:
    """A finding as it may be shown before anything is raised."""

    subject: str
    level: str
    region: str
    period: str
    amount: float | None
    n_rows: int
    evidence: tuple[tuple[str, str], ...]
    """Column as `register.column` to its value in the first row, personal values masked."""


@dataclass(frozen=True)
class Preview:
    """What would be found, or what keeps it from being looked for."""

    faults: tuple[Fault, ...]
    n_alerts: int = 0
    n_rows: int = 0
    levels: Mapping[str, int] | None = None
    """Level to alerts."""
    regions: tuple[tuple[str, int], ...] = ()
    """Place and alerts, most first."""
    shown: tuple[Shown, ...] = ()
    n_elsewhere: int = 0
    """Of those found besides: outside the region where the author's models raise alerts."""
    n_unplaced: int = 0
    """Of those found: without a place of the office."""
    seconds: float = 0.0


def stand_in(blueprint: Blueprint) -> Blueprint:
    """The blueprint with something harmless where a look needs nothing: name, place, basis, question, evidence."""
    return replace(
        blueprint,
        code=blueprint.code or "S000",
        name=blueprint.name or "预览",
        points=blueprint.points or "预览",
        domain=blueprint.domain if blueprint.domain in DOMAINS else next(iter(DOMAINS)),
        region=blueprint.region or (blueprint.subject if blueprint.expert else _NOWHERE),
        basis=Basis("预览", "预览", "2000-01-01", ""),
        title="预览？",
        title_en="",
        all_of=tuple(one for one in blueprint.all_of if _is_begun(one)),
        any_of=tuple(one for one in blueprint.any_of if _is_begun(one)),
        asks=tuple(a for a in blueprint.asks if a.cause in causes() and a.ask_for.strip()) or (_ANY_ASK,),
    )


def _is_begun(one: Condition) -> bool:
    """Whether a condition says enough to be tried or refused; one just added leaves the look as it was."""
    if not one.column or not one.op:
        return False
    return bool(one.other) if one.op in OF_COLUMNS else one.op in WITHOUT_VALUE or bool(one.value.strip())


def card_to_try(blueprint: Blueprint, registers: Mapping[str, Register]) -> Card | tuple[Fault, ...]:
    """The card to look with, or what keeps the blueprint from being one yet."""
    faults = tuple(faults_of(stand_in(blueprint), registers))
    return faults or read_card(write_card(stand_in(blueprint), registers, version=1, author="preview"))


def preview(session: Session, card: Card | tuple[Fault, ...], *, as_of: datetime, region: str = "") -> Preview:
    """Run what `card_to_try` made of a blueprint over the registers as known at `as_of`.

    region: prefix of the places whose hits are counted as alerts; what lies elsewhere is counted apart.
    Raises: what `data.collision.find` raises (a register that was never filed, a rule beyond the limits).
    """
    if not isinstance(card, Card):
        return Preview(card)
    began = time.monotonic()
    reached = reach(session, find(session, card, as_of=as_of, limits=PREVIEW), region)
    found = reached.inside
    levels = Counter(one.level for one in found)
    places = Counter(filter(None, map(_place, found)))
    return Preview(
        (),
        n_alerts=len(found),
        n_rows=sum(len(one.rows) for one in found),
        levels=dict(levels),
        regions=tuple(places.most_common(5)),
        shown=tuple(_shown(one) for one in found[:SHOWN]),
        seconds=time.monotonic() - began,
        n_elsewhere=reached.n_elsewhere,
        n_unplaced=reached.n_unplaced,
    )


def _shown(found: Finding) -> Shown:
    first = next(iter(found.rows.values()))
    evidence = json.loads(found.evidence(first))
    return Shown(
        subject=found.shown(),
        level=found.level,
        region=_place(found),
        period=found.period or "",
        amount=found.total(found.rule.amount),
        n_rows=len(found.rows),
        evidence=tuple((place.partition(" (")[0], "" if v is None else str(v)) for place, v in evidence.items()),
    )


def _place(found: Finding) -> str:
    """The code of the place it is about; empty where the column holds something else, which may be personal."""
    code = found.commonest(found.rule.region) or ""
    return code if code.isdigit() and len(code) in (2, 4, 6, 9, 12) else ""
