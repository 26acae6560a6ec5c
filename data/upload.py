"""An upload of a register: what it is understood to be, said before anything is kept, and then kept as one version.

`understand` reads a file and stores nothing: which sheets and columns, what was mended, which rows would be refused and
why, and what only a person can settle. The person's decisions go into a second understanding; `store` files one that
leaves nothing to settle, in one transaction. Source: field/simulator.md, 7; field/rules.md, 5.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, RegisterRefused
from data.register_catalogue import Register, define_register, find_register, free_code
from data.registers import file_rows
from data.rights import Person
from data.said import Said
from data.tables import DatasetFiling
from data.upload_look import propose
from data.upload_reading import ROW, SHEET, Reading
from data.upload_sheets import Sheet, read_sheets
from data.upload_tables import SheetTable, read_table, title_in_cny
from data.upload_understood import Decisions, Understood
from data.written import written

_NOTHING = Decisions()


def understand(
    session: Session, path: Path, register: str | Register | None, decisions: Decisions = _NOTHING, *, name: str = ""
) -> Understood:
    """What a file is as a version of `register`; with none, as a new register of the office's own, which is proposed.

    name: what to call the file where the path does not say. A `Register` is one that is not described yet: the proposal
    as somebody changed it. Raises: RegisterRefused where the file is no table, in both languages.
    """
    name = name or path.name
    known = find_register(session, register) if isinstance(register, str) else register
    sheets = read_sheets(path)
    tables, left_out, notes = _choose(sheets.sheets, known, decisions.sheets, name)
    stacked = _stack(tables)
    own = not isinstance(register, str)
    title = Path(name).stem[:60]
    known = known or propose(stacked.drop(columns=ROW), code=free_code(session, title), name=title)
    return Reading(session, known, tables, stacked, decisions).understood(
        name=name, is_own=own, left_out=left_out, notes=[*sheets.notes, *notes]
    )


def _choose(
    sheets: Sequence[Sheet], register: Register | None, wanted: Sequence[str], name: str
) -> tuple[list[SheetTable], tuple[str, ...], list[Said]]:
    titles = [text for c in register.columns.values() for text in (c.label, c.name)] if register else []
    notes = [
        Said(f"Sheet “{one.name}” is hidden and was left out.", f"工作表“{one.name}”处于隐藏状态，未采用。")
        for one in sheets
        if one.hidden
    ]
    tables, fault = [], None
    for sheet in sheets:
        if sheet.hidden or not len(sheet.cells) or (wanted and sheet.name not in wanted):
            continue
        try:
            tables.append(read_table(sheet, titles))
        except RegisterRefused as error:
            fault = error
    if not tables:
        raise fault or RegisterRefused(
            f"{name}: no sheet with records was chosen, or all are hidden. Choose one that is there.",
            f"{name}：没有可用的工作表（未选择，或全部隐藏），请选择含数据的工作表。",
        )
    largest = max(tables, key=lambda table: len(table.frame))
    same = tables if wanted else [one for one in tables if set(one.frame.columns) == set(largest.frame.columns)]
    taken = {table.sheet for table in same}
    left = tuple(sheet.name for sheet in sheets if not sheet.hidden and len(sheet.cells) and sheet.name not in taken)
    if left:
        listed = "、".join(left)
        notes.append(
            Said(f"Left out, with another header or none: {listed}.", f"表头不同或没有表头，未采用：{listed}。")
        )
    return same, (*left, *(one.name for one in sheets if one.hidden)), notes


def _stack(tables: Sequence[SheetTable]) -> pd.DataFrame:
    frames = []
    for table in tables:
        frame = table.frame.copy(deep=False)
        if len(tables) > 1:
            frame[SHEET] = table.sheet
        frame[ROW] = table.frame.index
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0].reset_index(drop=True)


def _in_cny(understood: Understood) -> Register:
    """The register as it is filed: amounts given in 万元 are kept in 元, so that their columns are called so."""
    register = understood.register
    if not understood.is_own:
        return register
    columns = {
        name: replace(column, label=title_in_cny(column.label))
        if column.type == "number" and name not in understood.decisions.units
        else column
        for name, column in register.columns.items()
    }
    return replace(register, columns=columns)


def last_filing(session: Session, code: str) -> DatasetFiling | None:
    """The last filed version of a register."""
    wanted = select(DatasetFiling).where(DatasetFiling.kind == "register", DatasetFiling.name == code)
    return session.scalars(wanted.order_by(DatasetFiling.version.desc())).first()


def store(
    session: Session,
    understood: Understood,
    person: Person,
    *,
    at: datetime,
    legal_basis: str = "",
    purpose: str = "",
    supplier: str = "",
    received_on: date | None = None,
    replaces: bool = False,
) -> DatasetFiling:
    """File what was understood as the next version of its register, on record; the same again changes nothing.

    Legal basis and purpose are those of the last version where none is given; a new register has none. `replaces`:
    whether it stands in place of every version before it.
    Raises: InputRefused where something is still to be settled, or neither is known.
    """
    if understood.questions:
        raise InputRefused(
            f"{understood.name}: still to be settled: {' '.join(q.said.en for q in understood.questions)}",
            f"{understood.name}：尚需您确认：{''.join(q.said.zh for q in understood.questions)}",
        )
    before = None if understood.is_own else last_filing(session, understood.register.code)
    basis = written(legal_basis, name="legal basis", most=200) or (before.legal_basis if before else "")
    use = written(purpose, name="purpose", most=200) or (before.purpose if before else "")
    if not basis or not use:
        raise InputRefused(
            f"{understood.name}: a register is filed with its legal basis and its purpose; give both.",
            f"{understood.name}：数据备案须写明提供依据和使用目的，请填写。",
        )
    register = _in_cny(understood)
    if understood.is_own:
        define_register(session, register, by=person.code, at=at)
    filing = file_rows(
        session,
        register,
        understood.table,
        [dict(row) for row in understood.refused],
        at=at,
        received_on=received_on,
        supplier=supplier or (before.supplier if before else None),
        legal_basis=basis,
        purpose=use,
        replaces=replaces,
    )
    audit.note(
        session,
        person.code,
        "register.filed",
        "register",
        understood.register.code,
        at=at,
        address=person.address,
        detail={
            "version": filing.version,
            "rows": filing.n_rows,
            "refused": filing.n_refused,
            "file": understood.name[:80],
            **({"replaces": True} if filing.replaces else {}),
        },
    )
    return filing
