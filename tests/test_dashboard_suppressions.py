"""The list of suppressions: who answers for each, which are to be reviewed, reviewed and lifted from the page."""

from datetime import datetime, timedelta

import pytest

from dashboard.pages.suppressions import body, handled, layout
from dashboard.visitor import visiting
from data import suppressions
from data.database import reading, writing
from data.errors import MingjingError, NotFound
from data.loop_tables import Suppression
from data.rights import Person
from tests.alert_in_miniature import APPROVER, NOW, filled, inspector, one, template, written  # noqa: F401  (fixtures)
from tests.people import person

pytestmark = pytest.mark.usefixtures("filled")
REASON = "户籍登记滞后，派出所已出具证明"


def suppressed(*, at: datetime = NOW, days: int = 40) -> int:
    """A suppression that came of an alert of unit U1."""
    number = one("closed", outcome="E1", cause="F01")
    with writing() as session:
        made = suppressions.create(
            session, APPROVER, at=at, alert_id=number, owner=inspector().code, reason=REASON,
            until_on=(at + timedelta(days=days)).date(), every_rule=True,
        )  # fmt: skip
        return made.id


def seen(who: Person = APPROVER, **address: str) -> str:
    with visiting(who):
        return written(layout("zh", **address))


def test_the_empty_list_says_how_one_gets_there() -> None:
    assert "清单是空的" in seen()


def test_each_stands_with_its_reason_owner_approver_and_days() -> None:
    suppressed()
    said = seen()
    assert all(words in said for words in (REASON, "免报清单：1 条生效", "县审批", "全部规则"))
    assert "剩 40 天" in said or "剩 41 天" in said
    assert "待复核" not in said


def test_one_that_nobody_reviewed_for_a_quarter_is_pointed_out_until_it_is() -> None:
    number = suppressed(at=NOW - timedelta(days=100), days=200)
    assert "待复核" in seen()
    with visiting(APPROVER):
        said = written(handled(number, "keep", "zh"))
    assert "已登记复核" in said
    assert "待复核" not in seen()


def test_lifted_it_stands_no_more_and_stays_in_the_list() -> None:
    number = suppressed()
    chosen = seen(one=str(number))
    assert f"第 {number} 号免报" in chosen
    with visiting(APPROVER):
        said = written(handled(number, "lift", "zh"))
    assert "已解除" in said
    assert "免报清单：0 条生效" in said
    with reading() as session:
        assert session.get_one(Suppression, number).lifted_by == APPROVER.code
    with visiting(APPROVER), pytest.raises(MingjingError):
        handled(number, "lift", "zh")


def test_an_unknown_one_is_refused_in_words() -> None:
    for number in (None, "1", 999999):
        with visiting(APPROVER), pytest.raises(NotFound):
            handled(number, "lift", "zh")
    assert "免报清单" in seen(one="x")


def test_another_units_suppressions_are_not_listed() -> None:
    suppressed()
    with visiting(person("inspector", unit_code="U3", code="u3a")):
        assert REASON not in written(body("zh"))
    assert REASON in seen(inspector())
