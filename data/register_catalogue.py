"""What registers there are: supplier, key and columns of each, built in or made by the office.

`data/registers.toml` holds the built-in ones. An office's own register is described in the same form; its description
is kept in the database and travels inside every card that reads it, so that an exported card is whole.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.card_fields import Fields
from data.column_kinds import KINDS, LEVELS
from data.errors import RegisterRefused
from data.said import Said
from data.tables import RegisterDefinition

PLACE_WORDS = ("村", "镇", "乡", "街道", "社区", "辖区", "地区", "县")
"""What the label of a column says that holds a place."""
TYPES = ("text", "date", "month", "number", "flag")
RHYTHMS = ("month", "quarter", "year", "change")
"""How often a register is expected: once a month, quarter or year, or whenever something changes."""
EXPECTED_BY = 10
"""Day of the month after a period by which its file is due, where the register says nothing else."""
_ALIKE = 3
"""Characters in a row that a title must share with the name of a built-in register to be called after it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")


@dataclass(frozen=True)
class RegisterColumn:
    """A column of a register: its type, its name on the screen, whether it is personal."""

    name: str
    type: str
    """One of `TYPES`; a month is YYYY-MM."""
    label: str
    personal: bool = False
    optional: bool = False
    kind: str = ""
    """What its values are, one of `column_kinds.KINDS`; empty: what its name and label tell."""
    strict: bool = False
    """Whether a number that fails its check digit refuses the row, instead of being noted."""
    sensitivity: str = ""
    """One of `column_kinds.LEVELS`; empty: what follows from `personal` and the kind."""


@dataclass(frozen=True)
class Register:
    """What a register is: who supplies it, its key, its columns."""

    code: str
    name: str
    name_en: str
    supplier: str
    columns: Mapping[str, RegisterColumn]
    key: tuple[str, ...] = ()
    """A row received later with the same key replaces the earlier one; without a key rows only add up."""
    expected_every: str = "change"
    """One of `RHYTHMS`."""
    expected_by: int = EXPECTED_BY
    """Day of the month after a period by which the period's file is due."""
    event: str = ""
    """The date or month column that says when what a row tells of happened; empty: none does."""


def read_register_fields(code: str, fields: Fields) -> Register:
    """A register from its table, as in registers.toml; what is wrong is added to the faults of `fields`."""
    if not _NAME.fullmatch(code):
        fields.faults.append(
            Said(
                f"register {code}: expected up to 30 small letters, digits and _, a letter first",
                f"数据代码 {code}：应为不超过 30 个小写字母、数字和下划线，以字母开头",
            )
        )
    columns = {name: _read_column(name, table) for name, table in fields.named_tables("columns")}
    key = fields.texts("key", needed=False)
    register = Register(
        code=code,
        name=fields.text("name"),
        name_en=fields.text("name_en"),
        supplier=fields.text("supplier"),
        columns=columns,
        key=key,
        expected_every=fields.choice("expected_every", RHYTHMS, needed=False) or "change",
        expected_by=fields.integer("expected_by", needed=False) or EXPECTED_BY,
        event=fields.text("event", needed=False),
    )
    if register.event and getattr(columns.get(register.event), "type", "") not in ("date", "month"):
        fields.faults.append(
            Said(
                f"register {code}: event {register.event} is not among its columns of dates or months",
                f"数据 {code}：event {register.event} 不是其日期或月份字段",
            )
        )
    if not columns:
        fields.faults.append(Said(f"register {code} has no columns", f"数据 {code} 没有字段"))
    fields.faults += [
        Said(f"register {code}: key column {name} is not among its columns", f"数据 {code}：主键 {name} 不是其字段")
        for name in key
        if name not in columns
    ]
    fields.faults += [
        Said(f"register {code}: column {name} cannot be called so", f"数据 {code}：字段不能命名为 {name}")
        for name in columns
        if not _lawful(name)
    ]
    fields.refuse_the_rest()
    return register


def _lawful(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in ("received_on", "replaced_on")


def _read_column(name: str, fields: Fields) -> RegisterColumn:
    column = RegisterColumn(
        name=name,
        type=fields.choice("type", TYPES),
        label=fields.text("name"),
        personal=fields.flag("personal"),
        optional=fields.flag("optional"),
        kind=fields.choice("kind", tuple(KINDS), needed=False),
        strict=fields.flag("strict"),
        sensitivity=fields.choice("sensitivity", tuple(LEVELS), needed=False),
    )
    fields.refuse_the_rest()
    return column


def read_definitions(text: str) -> dict[str, Register]:
    """Registers from TOML in the form of registers.toml.

    Raises: RegisterRefused, naming every fault at once.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegisterRefused(
            f"The description of a register is not TOML: {error}. Mend that line.",
            f"数据说明不是有效的 TOML：{error}。请改正该行。",
        ) from error
    faults: list[Said] = []
    found = {
        code: read_register_fields(code, Fields(entry if isinstance(entry, dict) else {}, code, faults))
        for code, entry in content.items()
    }
    if faults:
        raise RegisterRefused(
            f"The description of a register cannot be used: {'; '.join(one.en for one in faults)}. Mend it.",
            f"数据说明不能使用：{'；'.join(one.zh for one in faults)}。请修改。",
        )
    return found


REGISTERS: Mapping[str, Register] = read_definitions(
    (Path(__file__).parent / "registers.toml").read_text(encoding="utf-8")
)
"""The built-in ones, which the built-in supervision models compare."""


def describe(register: Register) -> str:
    """The TOML text of a register, as `read_definitions` reads it."""
    return tomli_w.dumps({register.code: described(register)})


def described(register: Register) -> dict[str, Any]:
    """A register as a table of registers.toml."""
    marks = ("personal", "optional", "strict")
    words = ("kind", "sensitivity")
    return {
        "name": register.name,
        "name_en": register.name_en,
        "supplier": register.supplier,
        **({"key": list(register.key)} if register.key else {}),
        **({"expected_every": register.expected_every} if register.expected_every != "change" else {}),
        **({"expected_by": register.expected_by} if register.expected_by != EXPECTED_BY else {}),
        **({"event": register.event} if register.event else {}),
        "columns": {
            column.name: {"type": column.type, "name": column.label}
            | {mark: True for mark in marks if getattr(column, mark)}
            | {word: getattr(column, word) for word in words if getattr(column, word)}
            for column in register.columns.values()
        },
    }


def registers_of(session: Session) -> dict[str, Register]:
    """Every register of the office, the built-in ones first."""
    own = select(RegisterDefinition.content).order_by(RegisterDefinition.code)
    found: dict[str, Register] = dict(REGISTERS)
    for content in session.scalars(own):
        found |= read_definitions(content)
    return found


def find_register(session: Session, code: str) -> Register:
    """A register of the office. Raises: RegisterRefused where there is none of that name."""
    if code in REGISTERS:
        return REGISTERS[code]
    own = session.get(RegisterDefinition, code)
    if own is None:
        raise RegisterRefused(
            f"There is no register {code[:30]!r}; the registers are {', '.join(sorted(registers_of(session)))}.",
            f"没有代码为“{code[:30]}”的登记数据，请从数据目录中选择。",
        )
    return read_definitions(own.content)[code]


def free_code(session: Session, title: str) -> str:
    """A code that no register of the office has, for one so called: after the built-in register of the nearest name.

    `own_retired_cadre` for 退休干部花名册, `own_register` where no name is near; numbered where that is taken.
    """
    longest = [
        (difflib.SequenceMatcher(None, title, name).find_longest_match().size, code)
        for code, register in REGISTERS.items()
        for name in (register.name, *register.name.split("（"))
    ]
    size, nearest = max(longest, key=lambda one: (one[0], -len(one[1])))
    wanted = f"own_{nearest if size >= _ALIKE else 'register'}"[:26]
    taken = {*REGISTERS, *session.scalars(select(RegisterDefinition.code))}
    return next(code for code in (wanted, *(f"{wanted}_{n}" for n in range(2, 1000))) if code not in taken)


def define_register(session: Session, register: Register, *, by: str, at: datetime) -> None:
    """Keep the description of an office's own register; the same one again changes nothing.

    Raises: RegisterRefused for a name that is taken by another description.
    """
    content = describe(register)
    read_definitions(content)
    known = session.get(RegisterDefinition, register.code)
    if register.code in REGISTERS or (known is not None and known.content != content):
        if register == REGISTERS.get(register.code):
            return
        raise RegisterRefused(
            f"Register {register.code} is here with another description. Give this one another name, or use the "
            "columns of the one that is here.",
            f"数据“{register.code}”已按另一种结构登记，请换一个名称，或使用已登记的字段。",
        )
    if known is None:
        session.add(RegisterDefinition(code=register.code, content=content, made_by=by, made_at=at))
        session.flush()
