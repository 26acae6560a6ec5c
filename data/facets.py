"""What the queue can be narrowed by, with counts: always of the filtered whole, never of the page shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select
from sqlalchemy.orm import Session

from data.queue import (
    ASSIGNEE,
    DUE,
    LEVELS,
    STATUSES,
    Filter,
    account_of,
    assigned,
    due_conditions,
    inside,
    matching,
)
from data.states import STATES
from data.tables import Alert, Domain, Region, SupervisionModel, Unit


@dataclass(frozen=True)
class Choice:
    """One value of a facet, with how many alerts choosing it would show."""

    code: str
    name: str
    name_en: str
    n: int
    depth: int = 0
    """Steps below the top of the region tree; 0 elsewhere."""


@dataclass(frozen=True)
class Facets:
    """What can be chosen; a facet's own choice does not narrow its own counts."""

    region: tuple[Choice, ...]
    """The way down to the chosen place, then what lies directly inside it."""
    domain: tuple[Choice, ...]
    source: tuple[Choice, ...]
    level: tuple[Choice, ...]
    status: tuple[Choice, ...]
    unit: tuple[Choice, ...]
    assignee: tuple[Choice, ...]
    due: tuple[Choice, ...]


def facets(session: Session, wanted: Filter, *, today: date) -> Facets:
    """Every facet of the queue under a filter; one grouped count each, and one for the places on the way down.

    In a session of a person every count is of what the person may see.
    """
    domains = {d.code: (d.sort, d.name, d.name_en) for d in session.scalars(select(Domain))}
    models = select(SupervisionModel.code, SupervisionModel.name, SupervisionModel.name_en)
    sources = {code: (0, name, name_en) for code, name, name_en in session.execute(models)}
    units = {
        code: (0, name, name_en) for code, name, name_en in session.execute(select(Unit.code, Unit.name, Unit.name_en))
    }
    by = _counter(session, today)
    return Facets(
        region=_region_tree(session, wanted, today),
        domain=_named(by(replace(wanted, domain=()), Alert.domain_code), domains, wanted.domain, lambda c: (c.depth,)),
        source=_named(by(replace(wanted, source=()), Alert.source), sources, wanted.source, lambda c: (-c.n, c.code)),
        level=_fixed(by(replace(wanted, level=()), Alert.level), LEVELS),
        status=_states(by(replace(wanted, status=STATUSES), Alert.status)),
        unit=_named(by(replace(wanted, unit=()), Alert.unit_code), units, wanted.unit, lambda c: (-c.n, c.code)),
        assignee=_assignee(session, replace(wanted, assignee=None), today),
        due=_due(session, replace(wanted, due=None), today),
    )


Counter = Callable[[Filter, SQLColumnExpression[str | None] | SQLColumnExpression[str]], dict[str, int]]


def _counter(session: Session, today: date) -> Counter:
    def count(wanted: Filter, column: SQLColumnExpression[str | None] | SQLColumnExpression[str]) -> dict[str, int]:
        # Grouping by an expression keeps SQLite from walking the column's own index, row by row through the table.
        value = func.coalesce(column, "")
        chosen = matching(wanted, today, me=account_of(session))
        grouped = chosen.with_only_columns(value, func.count(Alert.id)).group_by(value)
        return {code: n for code, n in session.execute(grouped) if code}

    return count


def _sums(session: Session, wanted: Filter, today: date, parts: list[ColumnElement[bool]]) -> list[int]:
    """How many alerts of a filter each condition holds for, in one pass."""
    if not parts:
        return []
    columns = [func.sum(case((part, 1), else_=0)) for part in parts]
    found = session.execute(matching(wanted, today, me=account_of(session)).with_only_columns(*columns)).one()
    return [n or 0 for n in found]


def _due(session: Session, wanted: Filter, today: date) -> tuple[Choice, ...]:
    counted = _sums(session, wanted, today, [and_(*due_conditions(due, today)) for due in DUE])
    return tuple(Choice(due, due, due, n) for due, n in zip(DUE, counted, strict=True))


def _assignee(session: Session, wanted: Filter, today: date) -> tuple[Choice, ...]:
    counted = _sums(session, wanted, today, [assigned(one, account_of(session)) for one in ASSIGNEE])
    return tuple(Choice(one, one, one, n) for one, n in zip(ASSIGNEE, counted, strict=True))


def _states(counted: dict[str, int]) -> tuple[Choice, ...]:
    return tuple(Choice(code, state.name, state.name_en, counted.get(code, 0)) for code, state in STATES.items())


def _fixed(counted: dict[str, int], codes: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(code, code, code, counted.get(code, 0)) for code in codes)


def _named(
    counted: dict[str, int],
    names: dict[str, tuple[int, str, str]],
    chosen: tuple[str, ...],
    sort: Callable[[Choice], tuple[object, ...]],
) -> tuple[Choice, ...]:
    # What is chosen stays listed even where nothing is left of it, so that it can be taken back.
    codes = dict.fromkeys([*counted, *chosen])
    found = []
    for code in codes:
        place, name, name_en = names.get(code, (999, code, code))
        found.append(Choice(code, name, name_en, counted.get(code, 0), place))
    return tuple(replace(choice, depth=0) for choice in sorted(found, key=sort))


def _region_tree(session: Session, wanted: Filter, today: date) -> tuple[Choice, ...]:
    """The places above the chosen one, itself, and what lies directly inside, each with its count."""
    rest = replace(wanted, region=None)
    path = _way_down(session, wanted.region)
    if not path:
        roots = list(session.scalars(select(Region).where(Region.parent_code.is_(None)).order_by(Region.code)))
        # An office of one county starts at its towns, not at a tree of one branch.
        while len(roots) == 1:
            path += roots
            roots = _children(session, roots[0].code)
        inside_it = roots
    else:
        inside_it = _children(session, path[-1].code) or _children(session, path[-1].parent_code)
        if inside_it and inside_it[0].parent_code != path[-1].code:
            path = path[:-1]
    counted = _sums(session, rest, today, [inside(Alert.region_code, place.code) for place in path])
    found = [
        Choice(place.code, place.name, place.name_en, n, depth)
        for depth, (place, n) in enumerate(zip(path, counted, strict=True))
    ]
    return (*found, *_counted_children(session, rest, inside_it, len(path), today, narrowed=bool(wanted.region)))


def _way_down(session: Session, code: str | None) -> list[Region]:
    found: list[Region] = []
    while code and (region := session.get(Region, code)):
        found.insert(0, region)
        code = region.parent_code
    return found


def _children(session: Session, code: str | None) -> list[Region]:
    if code is None:
        return []
    return list(session.scalars(select(Region).where(Region.parent_code == code).order_by(Region.code)))


def _counted_children(
    session: Session, rest: Filter, children: list[Region], depth: int, today: date, *, narrowed: bool
) -> list[Choice]:
    """`narrowed`: a place was chosen, so that only what lies in it need be read."""
    if not children:
        return []
    parent = children[0].parent_code
    within = replace(rest, region=parent) if parent and narrowed else rest
    length = max(len(child.code) for child in children)
    prefix = func.substr(Alert.region_code, 1, length)
    grouped = (
        matching(within, today, me=account_of(session)).with_only_columns(prefix, func.count(Alert.id)).group_by(prefix)
    )
    counted = {code: n for code, n in session.execute(grouped) if code}
    return [Choice(c.code, c.name, c.name_en, counted.get(c.code, 0), depth) for c in children]
