"""Tables leaving the office: no cell becomes a formula, nothing else is changed."""

from pathlib import Path

import pandas as pd
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputRefused
from data.tabular_export import neutralise, write_table

DANGEROUS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "＝1",
    "=HYPERLINK(1)",
    "-",
    "+86 1",
]
HARMLESS = ["-12", "+3.5", "-1,234.50", "-1e5", "-5%", "a=b", "明镜", "", "2024-05-01"]


@pytest.mark.parametrize("cell", DANGEROUS)
def test_what_a_spreadsheet_would_run_is_led_by_an_apostrophe(cell: str) -> None:
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*HARMLESS, None, -12.5, 3])
def test_anything_else_stays(cell: object) -> None:
    assert neutralise(cell) == cell


@settings(deadline=None)
@given(st.text())
def test_no_text_starts_like_a_formula_unless_it_is_a_number(text: str) -> None:
    safe = neutralise(text)
    if safe.lstrip(" ")[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} and safe.lstrip(" "):
        assert float(safe.strip().rstrip("%").replace(",", "")) is not None


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_files_carry_the_neutralised_cells_and_headers(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    write_table(pd.DataFrame({"=name": ["=1+1", "滨江区"], "amount": [-3.5, None]}), path)
    if suffix == ".csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf'=name,amount\r\n'=1+1,-3.5\r\n")
        assert "滨江区" in path.read_text(encoding="utf-8-sig")
    else:
        rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        assert rows == [["'=name", "amount"], ["'=1+1", -3.5], ["滨江区", ""]]


def test_a_sheet_takes_long_texts_and_control_characters(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"text": ["x" * 40_000, "a\x01b"]}), tmp_path / "rows.xlsx")
    rows = python_calamine.CalamineWorkbook.from_path(tmp_path / "rows.xlsx").get_sheet_by_index(0).to_python()
    assert [len(str(row[0])) for row in rows] == [4, 32_767, 3]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"\.csv or \.xlsx"):
        write_table(pd.DataFrame(), tmp_path / "rows.ods")
