"""The rules of the house: their defaults, their ranges, and who sets them."""

from pathlib import Path

import pytest

from data import policy
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted
from tests.staff_in_miniature import NOW, deeds, somebody

SECURITY = somebody("security_admin", code="sec")


def test_every_default_lies_within_its_range_and_has_words() -> None:
    for rule in policy.RULES.values():
        assert rule.least <= rule.default <= rule.most
        assert rule.zh
        assert rule.en
    assert policy.DEFAULTS["failures"] == 5
    assert policy.DEFAULTS["password_length"] == 10


def test_a_rule_is_set_and_set_again_on_record(office: Path) -> None:
    for value in (30, 15):
        with writing() as session:
            policy.put(session, SECURITY, "idle_minutes", value, at=NOW)
        with reading() as session:
            assert policy.value(session, "idle_minutes") == value
            assert policy.values(session) == {**policy.DEFAULTS, "idle_minutes": value}
    with reading() as session:
        assert policy.value(session, "failures") == 5
    assert deeds() == [("policy.put", "sec", "done")] * 2


def test_what_is_out_of_range_or_unknown_or_not_ones_business(small_office: Path) -> None:
    with writing() as session:
        with pytest.raises(InputRefused, match="got 99, expected 3 to 20"):
            policy.put(session, SECURITY, "failures", 99, at=NOW)
        with pytest.raises(NotFound):
            policy.put(session, SECURITY, "colour", 1, at=NOW)
        for role in ("system_admin", "audit_admin", "leader"):
            with pytest.raises(NotPermitted):
                policy.put(session, somebody(role), "failures", 4, at=NOW)
    with reading() as session, pytest.raises(KeyError):
        policy.value(session, "colour")
