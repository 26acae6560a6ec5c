"""Limits on a rule's run: what takes too long or returns too much is stopped, and nothing of it is kept."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import func, select

from data.cards import Card
from data.collision import find
from data.comparison import find_faults
from data.database import reading, writing
from data.engines import settled
from data.engines.on_duckdb import DuckdbEngine
from data.errors import CardRefused, RunStopped
from data.registers import file_register, open_registers
from data.run_limits import Allowance, Limits
from data.tables import Alert, CollisionRun
from tests.tables_in_text import card_named, read_register

HEAD = "row_id | village | entry_date | amount | payee | voucher_hash | received_on\n"
MARCH = datetime(2024, 3, 31)

ENDLESS = """
    SELECT a.row_id AS cash_journal__row_id, a.village AS village, a.entry_date AS day
    FROM cash_journal a
    JOIN cash_journal b ON a.village = b.village
    JOIN cash_journal c ON b.village = c.village
    JOIN cash_journal d ON c.village = d.village
    WHERE a.amount + b.amount + c.amount + d.amount < 0
"""


@pytest.fixture
def crowd(small_office: Path) -> Path:
    """An office whose journal has three thousand rows of one village."""
    rows = "".join(f"{n} | 990101001201 | 2024-03-05 | 6000 | 甲 | v{n} | 2024-03-10\n" for n in range(3000))
    with writing() as session:
        table = read_register("cash_journal", HEAD + rows)
        file_register(session, "cash_journal", table, at=datetime(2024, 6, 1))
    return small_office


def with_sql(sql: str) -> Card:
    card = card_named("M10")
    return replace(card, rules=(replace(card.rules[0], sql=sql), *card.rules[1:]))


def test_a_rule_that_would_never_end_is_stopped_and_nothing_is_written(crowd: Path) -> None:
    endless = with_sql(ENDLESS)
    assert find_faults(ENDLESS, endless.registers, endless.parameters) == []
    with reading() as session, pytest.raises(RunStopped, match="not done within") as stopped:
        find(session, endless, as_of=MARCH, limits=Limits(seconds=0.5))
    assert "0.5 秒内未完成" in stopped.value.words("zh")
    with reading() as session:
        assert session.scalar(select(func.count(CollisionRun.id))) == 0
        assert session.scalar(select(func.count(Alert.id))) == 0


def test_a_rule_that_returns_too_many_rows_is_stopped(crowd: Path) -> None:
    many = with_sql(card_named("M10").rules[0].sql)
    with reading() as session, pytest.raises(RunStopped, match="more than 1 rows"):
        find(session, many, as_of=MARCH, limits=Limits(rows=1))


def test_what_the_registers_are_opened_with_is_limited_and_locked(crowd: Path) -> None:
    with reading() as session, open_registers(session, ["cash_journal"], as_of=MARCH) as connection:
        settings = connection.execute("SELECT current_setting('memory_limit'), current_setting('temp_directory')")
        memory, folder = settings.fetchone() or ("", "")
        with duckdb.connect() as free:
            (whole,) = free.execute("SELECT current_setting('memory_limit')").fetchone() or ("",)
        assert (folder, memory != whole) == ("", True)
        with pytest.raises(duckdb.Error, match="locked"):
            connection.execute("SET memory_limit = '90%'")


def test_an_error_never_quotes_the_value_it_met(crowd: Path) -> None:
    quoting = with_sql("SELECT row_id, village, CAST(payee AS DOUBLE) AS n FROM cash_journal")
    with reading() as session, pytest.raises(CardRefused, match="the value is not shown") as refused:
        find(session, quoting, as_of=MARCH)
    assert "甲" not in refused.value.words("zh") + refused.value.words("en")


def test_a_register_is_opened_with_the_columns_that_a_card_declares_and_no_others(crowd: Path) -> None:
    reading_more = with_sql("SELECT 1 AS voucher_hash, row_id AS village FROM cash_journal WHERE voucher_hash = 'v1'")
    narrow = replace(reading_more, registers={"cash_journal": ("row_id", "village")})
    with reading() as session:
        opened = DuckdbEngine().open(session, narrow.registers, as_of=MARCH)
        shown = opened.rows_of("SELECT * FROM cash_journal LIMIT 1", {}, Allowance("a rule", Limits()))
        assert [*next(iter(shown))] == ["row_id", "village"]
        opened.close()


@pytest.mark.parametrize(
    ("use", "column", "expected"),
    [
        ("amount", "payee", "amount takes the column payee, which holds a text, expected a number"),
        ("happened_on", "amount", "happened_on takes the column amount, which holds a number, expected a date"),
        ("level_column", "village", "expected one of red, orange, yellow"),
    ],
)
def test_rows_whose_types_do_not_fit_their_use_are_refused_in_words(
    crowd: Path, use: str, column: str, expected: str
) -> None:
    card = with_sql("SELECT row_id, village, entry_date, amount, payee FROM cash_journal")
    plain = {"level_column": None, "amount": None, "recoverable": None, "happened_on": None, "registered_on": None}
    bare = replace(card.rules[0], period=None, row=("row_id",), responsible={}, attributes={}, **plain)
    card = replace(card, rules=(replace(bare, **{use: column}),))
    with reading() as session, pytest.raises(CardRefused, match=expected):
        find(session, card, as_of=MARCH, limits=Limits(seconds=60))


def test_what_is_beyond_every_number_is_missing() -> None:
    assert [settled(value) for value in (float("nan"), float("inf"), Decimal("Infinity"), 1.5)] == [None] * 3 + [1.5]
