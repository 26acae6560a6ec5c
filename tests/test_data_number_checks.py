"""Check digits of identity numbers and credit codes, with the vectors of field/rules.md, 5."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import credit_codes, identity_numbers
from data.number_checks import number_faults


@pytest.mark.parametrize(
    ("kind", "number", "fault"),
    [
        ("identity", "11010519491231002X", ""),
        ("identity", "440524188001010014", ""),
        ("identity", "110105194912310021", "digit"),
        ("identity", "11010519491331002X", "date"),
        ("identity", "110105190002290029", "date"),
        ("identity", "110105491231002", "form"),
        ("identity", "1.10105E+17", "form"),
        ("credit", "91350100M000100Y43", ""),
        ("credit", "91990101PGR4GQH690", ""),
        ("credit", "91350100M000100Y4Z", "form"),
        ("credit", "91350100M000100Y44", "digit"),
        ("credit", "91350100M000100Y4", "form"),
        ("credit", "91350100M000100YXE", "organisation"),
    ],
)
def test_the_vectors_of_the_standards(kind: str, number: str, fault: str) -> None:
    if fault == "organisation":
        number = number[:17] + credit_codes.check_character(number[:17])
    assert number_faults(pd.Series([number, None]), kind).tolist() == [fault, ""]


@given(st.from_regex(r"[1-9][0-9]{5}19[5-9][0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_a_column_is_checked_as_one_number_is(first: str) -> None:
    good = first + identity_numbers.check_character(first)
    bad = first + ("1" if good[17] != "1" else "2")
    assert number_faults(pd.Series([good, bad]), "identity").tolist() == ["", "digit"]


@given(st.text(st.sampled_from(credit_codes.ALPHABET), min_size=17, max_size=17))
def test_one_check_character_fits_a_credit_code(first: str) -> None:
    fitting = [c for c in credit_codes.ALPHABET if credit_codes.fault_of(first + c) != "digit"]
    assert fitting == [credit_codes.check_character(first)]
