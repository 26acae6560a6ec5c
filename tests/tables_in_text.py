"""Small tables as text: what a register holds and what a run should find, readable by an inspector."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.cards import Card, read_card
from data.collision import collide
from data.database import writing
from data.register_catalogue import REGISTERS
from data.registers import file_register
from data.supervision_models import install
from data.tables import Alert, Region

CARDS = Path(__file__).parent.parent / "data" / "cards"
_BY_TYPE: Mapping[str, object] = {"text": "-", "month": "2024-01", "date": "2024-01-01", "number": 0, "flag": "false"}


def read_table(text: str) -> list[dict[str, str]]:
    """Rows of a table whose cells are parted by `|`; the first line names the columns."""
    lines = [line for line in text.strip().splitlines() if line.strip() and not line.strip().startswith("#")] or [""]
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_register(name: str, text: str) -> pd.DataFrame:
    """A register from a table that shows only the columns that matter; the others get something unremarkable.

    A blank cell of an optional column is missing. `received_on` is 2015-01-01 where the table does not show it.
    """
    rows = read_table(text)
    register = REGISTERS[name]
    for column in register.columns.values():
        for number, row in enumerate(rows):
            default = f"{number + 1}" if column.name in _NUMBERS else _BY_TYPE[column.type]
            row.setdefault(column.name, "" if column.optional else str(default))
        for row in rows:
            row.setdefault("received_on", "2015-01-01")
    return pd.DataFrame(rows, columns=[*register.columns, "received_on"])


_NUMBERS = {"pay_id", "row_id", "minute_id"}
"""Columns that number a register's rows."""


def card_named(code: str) -> Card:
    """A built-in card."""
    return read_card((CARDS / f"{code}.toml").read_text(encoding="utf-8"))


def file_tables(session: Session, tables: Mapping[str, str], *, at: datetime = datetime(2024, 1, 1)) -> None:
    """File every register of the tables."""
    for name, text in tables.items():
        file_register(session, name, read_register(name, text), at=at)


def run_card(
    code: str, tables: Mapping[str, str], *, as_of: str, regions: str = "", **parameters: object
) -> list[Alert]:
    """File the tables in the office of the test, collide one card, and return every alert there is, by subject."""
    with writing() as session:
        _add_regions(session, regions)
        card = card_named(code)
        install(session, card)
        file_tables(session, {**dict.fromkeys(sorted({*card.registers} - {*tables, *card.may_lack}), ""), **tables})
        collide(session, card, as_of=datetime.fromisoformat(as_of), parameters=parameters)
    with writing() as session:
        alerts = list(session.scalars(select(Alert).order_by(Alert.rule, Alert.subject_display, Alert.period)))
        session.expunge_all()
        return alerts


def _add_regions(session: Session, text: str) -> None:
    for row in read_table(text) if text else []:
        session.add(
            Region(
                code=row["code"],
                name=row["name"],
                name_en=row["name"],
                level={2: 1, 4: 2, 6: 3, 9: 4, 12: 5}[len(row["code"])],
                valid_from=datetime(1999, 1, 1).date(),
            )
        )
        session.flush()


def show(alerts: list[Alert], columns: str) -> list[list[str]]:
    """The alerts as rows of text: fields of the alert, or of its attributes."""
    return [[_cell(alert, name.strip()) for name in columns.split("|")] for alert in alerts]


def _cell(alert: Alert, name: str) -> str:
    value = getattr(alert, name) if hasattr(alert, name) else json.loads(alert.attributes)[name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def expect(alerts: list[Alert], text: str) -> None:
    """Compare the alerts with a table of what was expected, cell by cell."""
    expected = read_table(text)
    columns = [cell.strip() for cell in next(line for line in text.strip().splitlines() if line.strip()).split("|")]
    found, wanted = show(alerts, "|".join(columns)), [list(row.values()) for row in expected]
    assert found == wanted, "\n".join(
        ["found:", *map(" | ".join, [columns, *found]), "expected:", *map(" | ".join, wanted)]
    )
