"""Blueprints: what an author without code chose in the factory, step by step, before it is a card.

A blueprint may be half made; reading one never fails, and `data/blueprint_faults.py` says what is still missing. The
first register is called t1, the joined ones t2, t3... in order; a column is named `t2.start_date`.
Source: field/inventory.md, S-25 and S-32; issue of the factory: exact, period, prefix, near-name, kin.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from data.register_catalogue import Register, RegisterColumn

MODES = ("must", "must_not", "lowers")
"""A joined register must hold a matching row, must hold none, or lowers the level where it holds one."""
HOWS = ("exact", "month", "prefix", "similar", "kin", "between")
"""How two fields match: equal; the same month; the same first characters; a near name; kin of each other; a day that
lies from one date of the joined row to another."""
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "text": ("is", "is_not", "one_of", "contains", "same_as", "other_than", "empty", "filled"),
    "number": ("ge", "le", "gt", "lt", "eq", "ge_of", "le_of", "gt_of", "lt_of", "empty", "filled"),
    "date": ("within_months", "older_days", "on_or_after", "on_or_before", "ge_of", "le_of", "empty", "filled"),
    "month": ("within_months", "on_or_after", "on_or_before", "ge_of", "le_of", "empty", "filled"),
    "flag": ("yes", "no"),
}
"""What a column of each type may be asked. Those that end in _of, same_as and other_than compare two columns."""
OF_COLUMNS = ("same_as", "other_than", "ge_of", "le_of", "gt_of", "lt_of")
WITHOUT_VALUE = ("empty", "filled", "yes", "no")
ALL_OF, BY_NUMBER = "all:", "number:"
"""A place that is no column: every row belongs to one region (`all:990101`), or to that of the first six digits of an
identity number (`number:t1.id_no`)."""
UNITS: Mapping[str, tuple[str, ...]] = {
    "within_months": ("month", "year"),
    "older_days": ("day", "month", "year"),
    "shift": ("day", "month", "year"),
}
"""Units a time span may be told in: of the two operators that take one, and of days added to another date."""
PERIODS = ("each", "month", "year")
AT_LEAST = ("rows", "sum")


@dataclass(frozen=True)
class Match:
    """A field of what was joined so far, and the field of the joined register that it must match."""

    left: str = ""
    how: str = "exact"
    right: str = ""
    until: str = ""
    """For between: the joined register's column with the last day; an empty one is open."""
    value: str = ""
    """For prefix the number of characters, for similar the least similarity."""


@dataclass(frozen=True)
class Join:
    """A register compared with those before it."""

    register: str = ""
    mode: str = "must"
    matches: tuple[Match, ...] = (Match(),)
    level: str = "orange"
    """For lowers: the level of rows it holds a match for."""
    cause: str = ""
    """For lowers: the innocent cause that it helps to recognise."""


@dataclass(frozen=True)
class Condition:
    """A question to a column: a value as it was typed, or another column."""

    column: str = ""
    op: str = ""
    value: str = ""
    """What was typed; for a comparison of two columns the days, months or factor added to the other."""
    other: str = ""
    unit: str = ""
    """Of a time span: one of `UNITS`; empty: the first that the comparison takes."""


@dataclass(frozen=True)
class Ask:
    """An innocent cause and the evidence to ask for."""

    cause: str = ""
    ask_for: str = ""
    ask_for_en: str = ""


@dataclass(frozen=True)
class Basis:
    """A clause the model rests on; dates as YYYY-MM-DD."""

    name: str = ""
    clause: str = ""
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True)
class Blueprint:
    """Everything chosen so far. Empty texts are what was not chosen yet."""

    code: str = ""
    name: str = ""
    name_en: str = ""
    points: str = ""
    points_en: str = ""
    domain: str = ""
    phase: str = "post"
    level: str = "orange"
    main: str = ""
    joins: tuple[Join, ...] = ()
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    at_least: str = "rows"
    at_least_column: str = ""
    at_least_value: str = "1"
    subject: str = ""
    subject_kind: str = "person"
    shown: str = ""
    period: str = ""
    period_by: str = "each"
    region: str = ""
    """A column, or what begins with `ALL_OF` or `BY_NUMBER`."""
    amount: str = ""
    happened_on: str = ""
    handler: str = ""
    evidence: tuple[str, ...] = ()
    clash: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    documents: str = ""
    """Separated by commas."""
    basis: Basis = Basis()
    title: str = ""
    title_en: str = ""
    sql: str = ""
    """An expert's own SELECT in place of joins and conditions; columns are then those of its rows."""

    @property
    def expert(self) -> bool:
        """Whether the SQL is the author's own."""
        return bool(self.sql.strip())

    def aliases(self) -> dict[str, str]:
        """t1, t2... to the register behind each."""
        return {f"t{n}": name for n, name in enumerate([self.main, *(join.register for join in self.joins)], 1)}

    def reading(self) -> dict[str, str]:
        """The aliases whose columns stand in the found rows: the main register and those that must match."""
        joined = {f"t{n}": join for n, join in enumerate(self.joins, 2)}
        return {a: r for a, r in self.aliases().items() if a not in joined or joined[a].mode == "must"}

    def kin(self) -> list[str]:
        """The aliases that are joined by kinship and stand in the found rows."""
        return [
            f"t{n}"
            for n, join in enumerate(self.joins, 2)
            if join.mode == "must" and any(match.how == "kin" for match in join.matches)
        ]


T = TypeVar("T")


def read_blueprint(content: object) -> Blueprint:
    """A blueprint from its JSON content; what does not fit is left out."""
    return _read(Blueprint, content)


def _read(kind: type[T], content: object) -> T:
    given = content if isinstance(content, dict) else {}
    types = get_type_hints(kind)
    found = {f.name: _value(types[f.name], given[f.name]) for f in fields(kind) if f.name in given}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in found.items() if value is not None})


def _value(kind: Any, value: object) -> Any:
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        items = value if isinstance(value, list) else []
        return tuple(read for item in items if (read := _value(inner, item)) is not None)
    if is_dataclass(kind):
        return _read(kind, value)  # type: ignore[arg-type]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)


def column_of(blueprint: Blueprint, registers: Mapping[str, Register], place: str) -> RegisterColumn | None:
    """The column that `t2.start_date` names; None where there is none."""
    alias, _, name = place.partition(".")
    register = registers.get(blueprint.aliases().get(alias, ""))
    return register.columns.get(name) if register else None


def output(place: str) -> str:
    """What a column is called in the found rows: `t2.start_date` becomes t2_start_date; a name stays as it is."""
    return place.replace(".", "_")


def choices(blueprint: Blueprint, registers: Mapping[str, Register], *, before: int | None = None) -> Iterator[str]:
    """The columns one may choose from, in order. `before`: only of the registers before that join (0 is the first)."""
    aliases = blueprint.aliases()
    named = list(blueprint.reading())
    if before is not None:
        named = [alias for alias in named if int(alias[1:]) < before + 2]
    for alias in named:
        register = registers.get(aliases[alias])
        yield from (f"{alias}.{name}" for name in (register.columns if register else ()))
