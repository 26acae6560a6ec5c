"""The assessment's page: units in scope with what their shares rest on, the period of the address, the export."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook

from dashboard.pages.assessment import exported, layout, read_period
from dashboard.visitor import visiting
from data.assessment import Period
from data.database import writing
from data.errors import InputRefused
from data.loop_tables import Measure
from data.rights import Person
from tests.alert_in_miniature import LEADER, NOW, filled, inspector, one, template, written  # noqa: F401  (fixtures)

pytestmark = pytest.mark.usefixtures("filled")
TODAY = NOW.date()
YEAR = {"first": str(TODAY.replace(year=TODAY.year - 1)), "last": str(TODAY)}


def seen(who: Person, language: str = "zh", **query: str) -> str:
    with visiting(who):
        return written(layout(language, **query))


def test_a_leader_sees_every_unit_an_inspector_the_own_one() -> None:
    assert all(f"{town}纪委" in seen(LEADER, **YEAR) for town in ("高桥镇", "柳溪镇", "石门镇"))
    own = seen(inspector(), **YEAR)
    assert "高桥镇纪委" in own
    assert "柳溪镇纪委" not in own
    assert "合计" in own
    assert "Gaoqiao" in seen(inspector(), "en", **YEAR)


def test_money_received_in_the_period_stands_with_its_unit() -> None:
    with writing() as session:
        session.add(
            Measure(
                alert_id=one("rectifying", outcome="C2"), kind="recovery", quantity=1234.5, done_on=TODAY, note="",
                actor="u1a", at=NOW,
            )
        )  # fmt: skip
    assert "1,234.50" in seen(inspector(), **YEAR)


def test_the_period_is_that_of_the_address_or_this_quarter() -> None:
    assert read_period("", "", date(2026, 5, 20)) == Period(date(2026, 4, 1), date(2026, 5, 20))
    assert read_period("2026-01-01", "2026-03-31", TODAY) == Period(date(2026, 1, 1), date(2026, 3, 31))
    assert "2001-01-01 至 2001-02-01：没有作出结论的预警" in seen(LEADER, first="2001-01-01", last="2001-02-01")


@pytest.mark.parametrize(("first", "last"), [("yesterday", "2026-01-01"), ("2026-02-30", "2026-03-01"), ("", "2026")])
def test_a_period_that_cannot_be_read_is_refused_in_words(first: str, last: str) -> None:
    with pytest.raises(InputRefused, match="2026-07-01"):
        read_period(first, last, TODAY)


def test_the_export_has_the_rows_of_the_page() -> None:
    with visiting(inspector()):
        content = exported(read_period(*YEAR.values(), TODAY), TODAY, "zh")
    rows = list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert rows[0][0] == "单位"
    assert [row[0] for row in rows[1:]] == ["高桥镇纪委", "合计"]
    assert rows[1][1:] == rows[2][1:]
