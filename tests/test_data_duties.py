"""Duties: who is given what to verify where, by whom, and that dispatch follows at once."""

from pathlib import Path

import pytest

from data import duties
from data.database import reading, writing
from data.dispatch import owners
from data.errors import InputRefused, NotFound, NotPermitted
from data.rights import ROLES
from data.tables import Unit
from tests.staff_in_miniature import NOW, deeds, furnish, somebody

SYSTEM = somebody("system_admin", code="sys")
TOWN = "990101001"


@pytest.fixture(autouse=True)
def _furnished(office: Path) -> None:
    furnish()
    with writing() as session:
        session.add(Unit(code="G", name="派驻组", name_en="G", kind="stationed_group", region_code="990101"))


def put(unit: str = "G", region: str = "990101", **what: str) -> int:
    with writing() as session:
        return duties.put(session, SYSTEM, unit_code=unit, region_code=region, at=NOW, **what).id


def owner(domain: str | None, level: str) -> str | None:
    with reading() as session:
        return owners(session, [(TOWN, domain, level)])[0]


def test_dispatch_follows_a_duty_from_the_moment_it_is_put_until_it_is_withdrawn() -> None:
    assert owner("aid", "red") == "T1"
    number = put(domain_code="aid")
    put("C", TOWN, level="orange")
    assert [owner("aid", "red"), owner(None, "red"), owner(None, "orange")] == ["G", "T1", "C"]
    with writing() as session:
        duties.withdraw(session, SYSTEM, number, at=NOW)
    assert owner("aid", "red") == "T1"
    with reading() as session:
        assert [(one.unit_code, one.level) for one in duties.listed(session)] == [("C", "orange")]
    assert deeds("duty") == [("duty.put", "sys", "done")] * 2 + [("duty.withdrawn", "sys", "done")]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"unit_code": "D"}, "verifies nothing"),
        ({"unit_code": "X"}, "verifies nothing"),
        ({"region_code": "11"}, "no region"),
        ({"region_code": "99\x00"}, "no region"),
        ({"domain_code": "tea"}, "no domain"),
        ({"level": "blue"}, "no level"),
    ],
)
def test_what_is_no_duty_is_refused(wanted: dict[str, str], said: str) -> None:
    with pytest.raises(InputRefused, match=said), writing() as session:
        duties.put(session, SYSTEM, **({"unit_code": "G", "region_code": "990101", "at": NOW} | wanted))
    assert deeds("duty") == []


@pytest.mark.parametrize("what", [{}, {"domain_code": "aid"}, {"level": "red"}, {"domain_code": "aid", "level": "red"}])
def test_one_duty_has_one_unit(what: dict[str, str]) -> None:
    number = put(**what)
    for unit in ("G", "C"):
        with pytest.raises(InputRefused, match="duty of unit G already"):
            put(unit, **what)
    with writing() as session:
        duties.withdraw(session, SYSTEM, number, at=NOW)
    with pytest.raises(NotFound), writing() as session:
        duties.withdraw(session, SYSTEM, number, at=NOW)
    put("C", **what)


def test_only_the_system_administrator_gives_duties_out() -> None:
    number = put()
    for role in set(ROLES) - {"system_admin"}:
        with pytest.raises(NotPermitted), writing() as session:
            duties.put(session, somebody(role), unit_code="C", region_code=TOWN, at=NOW)
        with pytest.raises(NotPermitted), writing() as session:
            duties.withdraw(session, somebody(role), number, at=NOW)
