"""Registers as filed: versions that never change, refused rows with reasons, and what was known on a day."""

import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.database import reading, writing
from data.errors import RegisterRefused
from data.register_catalogue import REGISTERS
from data.registers import (
    file_register,
    mask_personal,
    open_registers,
    shanghai_day,
)
from data.settings import settings
from data.tables import DatasetFiling, RefusedRow
from tests.tables_in_text import read_register

AT = datetime(2024, 1, 31, 9)
RETURNS = """
    pay_id | returned_on | amount
    P1     | 2024-01-05  | 100
    P2     | 2024-01-06  | 60.5
"""


def returns(text: str = RETURNS) -> pd.DataFrame:
    return read_register("benefit_return", text).drop(columns="received_on")


def known(session: Session, sql: str, *, as_of: datetime, names: tuple[str, ...] = ("benefit_return",)) -> list[object]:
    connection = open_registers(session, names, as_of=as_of)
    try:
        return [row[0] if len(row) == 1 else row for row in connection.execute(sql).fetchall()]
    finally:
        connection.close()


def test_a_register_is_filed_with_its_supplier_hash_and_rows(office: Path) -> None:
    with writing() as session:
        filing = file_register(
            session, "benefit_return", returns(), at=AT, legal_basis="监察法第十八条", purpose="核对退回"
        )
        assert (filing.version, filing.n_rows, filing.n_refused) == (1, 2, 0)
        assert (filing.supplier, filing.legal_basis, filing.received_at) == ("财政局", "监察法第十八条", AT)
        assert (settings().registers / str(filing.path)).exists()
    with reading() as session:
        assert known(session, "SELECT SUM(amount) FROM benefit_return", as_of=AT) == [160.5]


def test_the_same_content_again_changes_nothing_and_other_content_is_the_next_version(small_office: Path) -> None:
    with writing() as session:
        first = file_register(session, "benefit_return", returns(), at=AT)
        again = file_register(session, "benefit_return", returns(), at=datetime(2024, 2, 2))
        assert again.id == first.id
        other = file_register(session, "benefit_return", returns(RETURNS.replace("P1", "P9")), at=AT)
        assert (other.version, session.scalar(select(func.count(DatasetFiling.id)))) == (2, 2)
        assert known(session, "SELECT COUNT(*) FROM benefit_return", as_of=AT) == [4]


def test_a_failed_transaction_leaves_neither_filing_nor_file(small_office: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing() as session:
        filing = file_register(session, "benefit_return", returns(), at=AT)
        path = settings().registers / str(filing.path)
        assert path.exists()
        raise ZeroDivisionError
    assert not path.exists()
    with reading() as session:
        assert session.scalar(select(func.count(DatasetFiling.id))) == 0
        assert known(session, "SELECT COUNT(*) FROM benefit_return", as_of=AT) == [0]


def test_rows_that_do_not_fit_are_kept_with_a_reason_for_every_cell(small_office: Path) -> None:
    frame = returns("""
        pay_id | returned_on | amount
        P1     | 2024-01-05  | 100
               | 五月一日    | 100
        P3     | 2024-01-06  | 一百元
    """)
    with writing() as session:
        filing = file_register(session, "benefit_return", frame, at=AT)
        assert (filing.n_rows, filing.n_refused) == (1, 2)
        rows = session.scalars(select(RefusedRow).order_by(RefusedRow.id)).all()
        assert [(r.row_number, r.column_name, r.reason) for r in rows] == [
            (3, "pay_id", "发放编号: got nothing, expected a text（应为文字）"),
            (3, "returned_on", "退回日期: got '五月一日', expected a date as YYYY-MM-DD（应为年-月-日）"),
            (4, "amount", "退回金额: got '一百元', expected a number（应为数字）"),
        ]
        assert json.loads(rows[2].content) == {"pay_id": "P3", "returned_on": "2024-01-06", "amount": "一百元"}


@pytest.mark.parametrize(
    ("column", "kind", "lawful", "unlawful"),
    [
        ("pay_month", "benefit_payment", ["2024-01", "2024-12"], ["2024-13", "202401", "24-01"]),
        ("paid_date", "benefit_payment", ["2024-01-31", "20240131"], ["2024-02-30", "45047"]),
        ("amount", "benefit_payment", ["12", "-3.5", "1e3"], ["12元", "inf", "NaN"]),
        ("has_invoice", "cash_journal", ["true", "0", "是", "N"], ["2", "perhaps"]),
    ],
)
def test_what_is_taken_for_each_type(
    small_office: Path, column: str, kind: str, lawful: list[str], unlawful: list[str]
) -> None:
    rows = "\n".join([column, *lawful, *unlawful])
    with writing() as session:
        filing = file_register(session, kind, read_register(kind, rows), at=AT)
        assert (filing.n_rows, filing.n_refused) == (len(lawful), len(unlawful))


def test_columns_are_checked_all_at_once(small_office: Path) -> None:
    frame = returns().rename(columns={"amount": "money"}).drop(columns="returned_on")
    with writing() as session, pytest.raises(RegisterRefused) as refused:
        file_register(session, "benefit_return", frame, at=AT)
    for fault in ("returned_on (退回日期) is missing", "amount (退回金额) is missing", "column money is not one"):
        assert fault in str(refused.value)


def test_a_file_without_one_good_row_and_an_unknown_register_are_refused(small_office: Path) -> None:
    with writing() as session, pytest.raises(RegisterRefused, match="none of the 2 rows could be taken"):
        file_register(session, "benefit_return", returns().assign(amount="?"), at=AT)
    with writing() as session, pytest.raises(RegisterRefused, match="no register 'bank'"):
        file_register(session, "bank", returns(), at=AT)


def test_rows_are_stamped_with_the_shanghai_day_they_were_received(small_office: Path) -> None:
    late = datetime(2024, 1, 31, 16, 30)
    assert shanghai_day(late) == date(2024, 2, 1)
    with writing() as session:
        file_register(session, "benefit_return", returns(), at=late)
        assert known(session, "SELECT COUNT(*) FROM benefit_return", as_of=datetime(2024, 1, 31, 15, 59)) == [0]
        assert known(session, "SELECT COUNT(*) FROM benefit_return", as_of=datetime(2024, 1, 31, 16, 0)) == [2]


def test_of_a_key_the_row_received_last_is_known_within_a_version_and_across_versions(small_office: Path) -> None:
    people = """
        id_no | residence_region | received_on
        A     | home             | 2024-01-01
        B     | home             | 2024-01-01
        A     | away             | 2024-03-01
        B     | mistyped         | 2024-03-01
        B     | away             | 2024-03-01
    """
    query = "SELECT id_no, residence_region FROM person ORDER BY id_no"
    with writing() as session:
        file_register(session, "person", read_register("person", people), at=AT)
        february, april = datetime(2024, 2, 1), datetime(2024, 4, 1)
        assert known(session, query, as_of=february, names=("person",)) == [("A", "home"), ("B", "home")]
        assert known(session, query, as_of=april, names=("person",)) == [("A", "away"), ("B", "away")]
        later = "id_no | residence_region | received_on\nA | abroad | 2024-03-15"
        file_register(session, "person", read_register("person", later), at=AT)
        assert known(session, query, as_of=february, names=("person",)) == [("A", "home"), ("B", "home")]
        assert known(session, query, as_of=april, names=("person",)) == [("A", "abroad"), ("B", "away")]


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 9), st.integers(0, 99)), min_size=1, max_size=12),
    day=st.integers(0, 10),
    n_first=st.integers(0, 12),
)
def test_what_is_known_is_what_a_plain_reading_of_the_rows_gives(
    small_office: Path, rows: list[tuple[str, int, int]], day: int, n_first: int
) -> None:
    def frame(part: list[tuple[str, int, int]]) -> pd.DataFrame:
        lines = [f"{person} | H{value} | 2024-01-{received:02d}" for person, received, value in part]
        return read_register("person", "\n".join(["id_no | household_no | received_on", *lines]))

    expected: dict[str, tuple[int, int, str]] = {}
    for version, part in enumerate((rows[:n_first], rows[n_first:])):
        for person, received, value in part:
            if received <= day and (received, version) >= expected.get(person, (0, 0, ""))[:2]:
                expected[person] = (received, version, f"H{value}")
    with writing() as session:
        for part in (rows[:n_first], rows[n_first:]):
            if part:
                file_register(session, "person", frame(part), at=AT)
        as_of = datetime(2023, 12, 31, 20) + pd.Timedelta(days=day - 1).to_pytimedelta()
        query = "SELECT id_no, household_no FROM person"
        found = known(session, query, as_of=as_of, names=("person",))
        assert sorted(found) == sorted((person, value) for person, (_, _, value) in expected.items())
        session.rollback()


def test_an_opened_register_can_be_read_and_nothing_else(small_office: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with writing() as session:
        file_register(session, "benefit_return", returns(), at=AT)
        for statement in (
            f"FROM read_csv('{secret}')",
            f"COPY benefit_return TO '{tmp_path / 'out.csv'}'",
            f"ATTACH '{tmp_path / 'other.db'}'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(Exception, match=r"(?i)permission|disabled|locked|not allowed"):
                known(session, statement, as_of=AT)
    assert not (tmp_path / "out.csv").exists()


def test_numbers_and_names_are_masked_by_what_they_are() -> None:
    assert mask_personal("99010119500101001X") == "990***********001X"
    assert mask_personal("欧阳立") == "欧某某"


def test_every_register_names_its_columns_and_a_key_among_them() -> None:
    for register in REGISTERS.values():
        assert set(register.key) <= set(register.columns)
        assert all(column.label for column in register.columns.values())


def test_typed_columns_are_taken_as_they_are(small_office: Path) -> None:
    frame = pd.DataFrame(
        {
            "pay_id": ["P1", "P2"],
            "returned_on": np.array(["2024-01-05", "2024-01-06"], dtype="datetime64[s]"),
            "amount": [1, 2],
            "received_on": [date(2024, 1, 7), date(2024, 1, 8)],
        }
    )
    with writing() as session:
        assert file_register(session, "benefit_return", frame, at=AT).n_rows == 2
        assert known(session, "SELECT MAX(returned_on) FROM benefit_return", as_of=AT) == [date(2024, 1, 6)]
