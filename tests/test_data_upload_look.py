"""What a column of an unknown file is taken for: codes of places are no numbers, amounts are."""

import pandas as pd
import pytest

from data.upload_look import look_of


@pytest.mark.parametrize(
    ("title", "values", "type_"),
    [
        ("管辖镇", ["990101001", "990101002"], "text"),
        ("所在村", ["990101001201", "990101001202"], "text"),
        ("县", ["990101", "990102"], "text"),
        ("全镇人口", ["31000", "28500"], "number"),
        ("金额", ["990101", "120000"], "number"),
    ],
)
def test_codes_of_places_are_no_numbers(title: str, values: list[str], type_: str) -> None:
    assert look_of(pd.Series(values), title).type == type_
