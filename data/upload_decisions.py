"""What a person settled about an upload, as the form of the import page sends it: `kind|about` -> value."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from data.register_catalogue import TYPES, Register
from data.upload_tables import UNITS
from data.upload_understood import EACH, ONCE, Decisions

SAME = "same"
"""That amounts are in one unit throughout."""


def decisions_of(settled: Mapping[str, Any]) -> Decisions:
    """The decisions in a form; what cannot be one is left out, as if it had not been settled."""
    found = {kind: _of(settled, kind) for kind in ("column", "unit", "merged", "months")}
    sheets = settled.get("sheets|")
    return Decisions(
        sheets=tuple(str(name) for name in sheets) if isinstance(sheets, list) else (),
        columns={title: str(value or "") for title, value in found["column"].items()},
        units={column: _units(str(value)) for column, value in found["unit"].items() if value},
        merged={column: str(value) for column, value in found["merged"].items() if value in (EACH, ONCE)},
        months_as_days=frozenset(column for column, value in found["months"].items() if value),
        without_duplicates=bool(settled.get("duplicates|")),
    )


def _of(settled: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name.partition("|")[2]: value for name, value in settled.items() if name.startswith(f"{kind}|")}


def _units(value: str) -> tuple[tuple[int, float], ...]:
    """`row:unit before:unit from there` as decided; the same throughout where it says so."""
    found = re.fullmatch(r"(\d{1,9}):(\S+):(\S+)", value)
    if not found or found[2] not in UNITS or found[3] not in UNITS:
        return ((0, 1.0),)
    return (0, UNITS[found[2]]), (int(found[1]), UNITS[found[3]])


def own_register(proposed: Register, settled: Mapping[str, Any], usual_key: tuple[str, ...] = ()) -> Register:
    """The proposed register as the form has it: code, name, supplier, key; columns left out, types changed.

    usual_key: the key until the form names one, or none.
    """
    columns = {}
    for name, column in proposed.columns.items():
        if settled.get(f"column|{column.label}", name) in (None, ""):
            continue
        type_ = settled.get(f"type|{name}")
        changed = type_ if type_ in TYPES else column.type
        columns[name] = replace(column, type=changed, kind=column.kind if changed == column.type else "")
    key = str(settled.get("key|") or "") if "key|" in settled else ",".join(usual_key)
    names = tuple(name for name in key.split(",") if name in columns)
    return replace(
        proposed,
        code=str(settled.get("code|") or proposed.code).strip().lower(),
        name=str(settled.get("name|") or proposed.name).strip(),
        name_en=str(settled.get("name|") or proposed.name_en).strip(),
        supplier=str(settled.get("supplier|") or proposed.supplier).strip(),
        columns=columns or proposed.columns,
        key=names,
    )
