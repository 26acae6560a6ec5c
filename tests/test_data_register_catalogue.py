"""What registers there are: built-in ones, the office's own, and their description as text."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from data.database import reading, writing
from data.errors import RegisterRefused
from data.register_catalogue import (
    REGISTERS,
    Register,
    RegisterColumn,
    define_register,
    describe,
    find_register,
    read_definitions,
    registers_of,
)
from data.registers import file_register, open_registers

AT = datetime(2024, 1, 31, 9)
OWN = Register(
    "lunch_subsidy",
    '午餐补贴"表"',
    "Lunch subsidies",
    "教育局",
    {
        "id_no": RegisterColumn("id_no", "text", "证号", personal=True),
        "month": RegisterColumn("month", "month", "月份"),
        "amount": RegisterColumn("amount", "number", "金额", optional=True),
    },
    ("id_no", "month"),
)


@pytest.mark.parametrize("register", [OWN, *REGISTERS.values()], ids=lambda one: one.code)
def test_a_register_is_what_its_description_says(register: Register) -> None:
    assert read_definitions(describe(register)) == {register.code: register}


def test_an_own_register_is_filed_and_compared_like_any_other(small_office: Path) -> None:
    rows = pd.DataFrame([{"id_no": "A", "month": "2024-01", "amount": ""}])
    with writing() as session:
        define_register(session, OWN, by="author", at=AT)
        define_register(session, OWN, by="author", at=AT)
        assert file_register(session, "lunch_subsidy", rows, at=AT).n_rows == 1
    with reading() as session:
        assert find_register(session, "lunch_subsidy") == OWN
        assert list(registers_of(session))[-1] == "lunch_subsidy"
        with open_registers(session, ["lunch_subsidy"], as_of=AT) as connection:
            assert connection.execute("SELECT id_no, amount FROM lunch_subsidy").fetchall() == [("A", None)]


def test_a_name_stands_for_one_description_only(small_office: Path) -> None:
    with writing() as session:
        define_register(session, OWN, by="author", at=AT)
        define_register(session, REGISTERS["death"], by="author", at=AT)
        for other in (replace(OWN, supplier="卫健局"), replace(REGISTERS["death"], supplier="教育局")):
            with pytest.raises(RegisterRefused, match="another description"):
                define_register(session, other, by="author", at=AT)
        with pytest.raises(RegisterRefused, match="no register 'dinner'"):
            find_register(session, "dinner")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a", "not TOML"),
        ('["A b"]\nname="x"\nname_en="x"\nsupplier="x"\n["A b".columns]\nb={type="text",name="b"}', "small letters"),
        ('[a]\nname="x"\nname_en="x"\nsupplier="x"', "has no columns"),
        ('[a]\nname="x"\nname_en="x"\nsupplier="x"\nkey=["c"]\n[a.columns]\nb={type="text",name="b"}', "key column c"),
        ('[a]\nname="x"\nname_en="x"\nsupplier="x"\n[a.columns]\nb={type="money",name="b"}', "one of text, date"),
        ('[a]\nname="x"\nname_en="x"\nsupplier="x"\n[a.columns]\nreceived_on={type="date",name="b"}', "called so"),
    ],
)
def test_a_description_that_is_wrong_is_refused_in_words(text: str, fault: str) -> None:
    with pytest.raises(RegisterRefused, match=fault):
        read_definitions(text)


def test_a_column_added_since_is_missing_in_versions_filed_before(small_office: Path) -> None:
    rows = pd.DataFrame([{"id_no": "A", "month": "2024-01"}])
    with writing() as session:
        define_register(session, OWN, by="author", at=AT)
        filing = file_register(session, "lunch_subsidy", rows, at=AT)
        path = small_office / "registers" / str(filing.path)
        path = path if path.exists() else next(small_office.rglob(str(filing.path)))
        pd.read_parquet(path).drop(columns="amount").to_parquet(path)
    with reading() as session, open_registers(session, ["lunch_subsidy"], as_of=AT) as connection:
        assert connection.execute("SELECT id_no, amount FROM lunch_subsidy").fetchall() == [("A", None)]


def test_a_register_and_a_column_may_be_called_like_words_of_sql(small_office: Path) -> None:
    column = RegisterColumn("select", "text", "选")
    word = Register("order", "订单", "Orders", "采购办", {"select": column}, key=("select",))
    with writing() as session:
        define_register(session, word, by="author", at=AT)
        for value in ("A", "B"):
            file_register(session, "order", pd.DataFrame([{"select": value}]), at=AT)
        with open_registers(session, ["order"], as_of=AT, columns={"order": ["select"]}) as connection:
            assert sorted(connection.execute('SELECT "select" FROM "order"').fetchall()) == [("A",), ("B",)]
