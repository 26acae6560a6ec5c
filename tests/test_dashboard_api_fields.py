"""What is sent over the interface is said in characters that show, and in numbers that can be kept."""

import marshmallow as ma
import pytest

from dashboard.api.fields import Row, Text


@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u200d", "\u3164", "\u2800\u2800", "金\u2060额"])
def test_a_title_is_to_be_seen(title: str) -> None:
    with pytest.raises(ma.ValidationError):
        Text(300, least=1).deserialize(title)
    assert Text(300, least=1).deserialize("金额是否相符") == "金额是否相符"


@pytest.mark.parametrize("number", [10**400, -(10**400), float("inf"), float("nan"), 10**16])
def test_a_number_that_cannot_be_kept_is_refused(number: float) -> None:
    with pytest.raises(ma.ValidationError, match="a number"):
        Row(60).deserialize({"n": number})
    assert Row(60).deserialize({"n": 10**15}) == {"n": 10**15}
