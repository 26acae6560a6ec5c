"""What the factory fills in by itself: the likely fields, so that the preview shows hits from the first choice on.

Only what is empty or no longer among the fields is filled; what an author chose stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from data.blueprint import ALL_OF, BY_NUMBER, Blueprint, Join, Match, choices, column_of
from data.blueprint_faults import offered_columns
from data.causes import causes
from data.register_catalogue import PLACE_WORDS, Register

_NUMBERS = ("id_no", "uscc", "person_id", "owner_id", "tenant_id", "buyer_uscc", "winner_uscc")
_NAMES = ("name", "enterprise", "owner_name", "tenant", "user", "asset")
_PLACES = ("region", "village", "jurisdiction", "hukou_region", "place", "county")
_DATES = ("paid_date", "start_date", "entry_date", "pay_date", "work_date")
_LEAST_EVIDENCE, _MOST_EVIDENCE = 5, 12
_SERIALS = ("序号", "编号", "行号")
"""Labels of a number that only counts the rows of a file."""


def suggested(blueprint: Blueprint, registers: Mapping[str, Register], *, before: Blueprint | None = None) -> Blueprint:
    """The blueprint with likely fields where nothing lawful is chosen yet.

    Evidence that was only filled in, as it would be for the blueprint `before` the last choice, is filled in anew.
    """
    joins = tuple(_joined(blueprint, registers, index, join) for index, join in enumerate(blueprint.joins))
    asks = tuple(
        replace(ask, ask_for=ask.ask_for or causes()[ask.cause].ask_for) if ask.cause in causes() else ask
        for ask in blueprint.asks
    )
    blueprint = replace(blueprint, joins=joins, asks=asks)
    offered = offered_columns(blueprint, registers)
    if not offered:
        return blueprint
    subject = (
        _kept(blueprint.subject, offered) or _likely(offered, _NUMBERS) or _key_of(blueprint, registers) or offered[0]
    )
    person = blueprint.expert or _personal(blueprint, registers, subject)
    evidence = tuple(place for place in blueprint.evidence if place in offered)
    if before is not None and blueprint.evidence == _telling(before, registers, offered_columns(before, registers)):
        evidence = ()
    shown = _kept(blueprint.shown, offered) or _likely(offered, _NAMES) or subject
    telling = _telling(replace(blueprint, subject=subject, shown=shown), registers, offered)
    return replace(
        blueprint,
        subject=subject,
        subject_kind=blueprint.subject_kind if blueprint.subject in offered else "person" if person else "other",
        shown=shown,
        region=_placed(blueprint, offered) or _likely(offered, _PLACES) or _by_label(blueprint, registers, offered),
        happened_on=_kept(blueprint.happened_on, offered) or _likely(offered, _DATES),
        period=_kept(blueprint.period, offered),
        amount=_kept(blueprint.amount, offered),
        handler=_kept(blueprint.handler, offered) or _likely(offered, ("handler_id",)),
        evidence=evidence or telling,
        clash=tuple(place for place in blueprint.clash if place in offered),
    )


def _joined(blueprint: Blueprint, registers: Mapping[str, Register], index: int, join: Join) -> Join:
    """A join whose matches nobody touched gets the field both sides have under one name."""
    register = registers.get(join.register)
    if register is None or any(match.left or match.right for match in join.matches):
        return join
    before = list(choices(blueprint, registers, before=index))
    for name in (*_NUMBERS, *register.key, *register.columns):
        left = next((place for place in before if place.partition(".")[2] == name), None)
        if left and name in register.columns and _same_type(blueprint, registers, left, register, name):
            return replace(join, matches=(Match(left, "exact", name),))
    return join


def _same_type(
    blueprint: Blueprint, registers: Mapping[str, Register], left: str, register: Register, name: str
) -> bool:
    column = column_of(blueprint, registers, left)
    return column is not None and column.type == register.columns[name].type


def _kept(place: str, offered: Iterable[str]) -> str:
    return place if place in offered else ""


def _placed(blueprint: Blueprint, offered: list[str]) -> str:
    region = blueprint.region
    if blueprint.expert or not region.startswith((ALL_OF, BY_NUMBER)):
        return _kept(region, offered)
    return region if region.startswith(ALL_OF) or region.removeprefix(BY_NUMBER) in offered else ""


def _likely(offered: Iterable[str], names: Iterable[str]) -> str:
    last = {place.rpartition(".")[2]: place for place in reversed(list(offered))}
    return next((last[name] for name in names if name in last), "")


def _by_label(blueprint: Blueprint, registers: Mapping[str, Register], offered: Iterable[str]) -> str:
    """The first field that an office calls a place."""
    for place in offered:
        column = column_of(blueprint, registers, place)
        if column is not None and column.type == "text" and any(word in column.label for word in PLACE_WORDS):
            return place
    return ""


def _key_of(blueprint: Blueprint, registers: Mapping[str, Register]) -> str:
    register = registers.get(blueprint.main)
    return f"t1.{register.key[0]}" if register and register.key and not blueprint.expert else ""


def _personal(blueprint: Blueprint, registers: Mapping[str, Register], place: str) -> bool:
    column = column_of(blueprint, registers, place)
    return column is not None and column.personal


def _telling(blueprint: Blueprint, registers: Mapping[str, Register], offered: list[str]) -> tuple[str, ...]:
    """Whom it is about, what the conditions ask and what was matched, once each; the first fields where that is little.

    A number that only counts rows tells nothing.
    """
    told = [blueprint.subject, blueprint.shown]
    told += [place for one in (*blueprint.all_of, *blueprint.any_of) for place in (one.column, one.other)]
    for n, join in enumerate(blueprint.joins, 2):
        for match in join.matches if join.mode == "must" else ():
            told += [match.left, f"t{n}.{match.right}"]
    found = list(dict.fromkeys(place for place in told if place in offered))[:_MOST_EVIDENCE]
    rest = (place for place in offered if place not in found and not _counts_rows(blueprint, registers, place))
    return (*found, *islice(rest, max(0, _LEAST_EVIDENCE - len(found))))


def _counts_rows(blueprint: Blueprint, registers: Mapping[str, Register], place: str) -> bool:
    column = column_of(blueprint, registers, place)
    return column is not None and column.label.strip() in _SERIALS
