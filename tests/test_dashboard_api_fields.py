"""What is sent over the interface is said in characters that show, and in numbers that can be kept."""

import marshmallow as ma
import pytest

from dashboard.api.fields import Text


@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u200d", "\u3164", "\u2800\u2800", "金\u2060额"])
def test_a_title_is_to_be_seen(title: str) -> None:
    with pytest.raises(ma.ValidationError):
        Text(300, least=1).deserialize(title)
    assert Text(300, least=1).deserialize("金额是否相符") == "金额是否相符"
