"""Identity numbers as people write them, by the standard's own examples."""

import pytest

from data.errors import InputRefused
from data.identity_numbers import read_number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        ("440524188001010014", "440524188001010014"),
        (" 11010519491231002x ", "11010519491231002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("'440524188001010014", "440524188001010014"),
        ("110105 19491231 002X", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
    ],
)
def test_one_number_has_one_form(written: str, number: str) -> None:
    assert read_number(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "110105194912310021",
        "11010519491331002X",
        "1.10105E+17",
        "11010519491231002",
        "李四",
        "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X",
        "X" * 18,
    ],
)
def test_what_is_none_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_number(written)
    assert not written or written not in str(refused.value)
