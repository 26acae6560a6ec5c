"""The look-back's page: a sample is drawn, signs are put down, a finding is recorded, a refusal loses nothing."""

import pytest
from sqlalchemy import func, select

from dashboard.pages.look_back import body, drawn_at_random, drawn_for_signals, layout, recorded
from dashboard.visitor import visiting
from data import look_back
from data.database import reading
from data.errors import InputRefused, TransitionRefused
from data.loop_tables import LookBack
from data.rights import Person, acting
from tests.alert_in_miniature import NOW, filled, now_of, template, written  # noqa: F401  (fixtures)
from tests.people import person

CHECKER = person("approver", code="checker", name="复核")
"""Has decided about nothing yet."""
pytestmark = pytest.mark.usefixtures("filled")


def n_drawn() -> int:
    with reading() as session:
        return session.scalar(select(func.count(LookBack.id))) or 0


def a_drawn_one(who: Person = CHECKER) -> tuple[int, int]:
    with acting(who) as session:
        (looked,) = look_back.draw(session, who, at=NOW, n=1, seed=5)
        return looked.id, looked.alert_id


def test_a_sample_is_drawn_and_listed_with_its_form() -> None:
    with visiting(CHECKER):
        assert "没有待复核的回头看" in written(body("zh"))
        said = written(drawn_at_random(3, "zh"))
    assert "已抽取 3 条" in said
    assert "回头看：3 条待复核" in said
    assert n_drawn() == 3


def test_a_number_that_is_none_draws_nothing() -> None:
    for n in (None, "", 2.5):
        with visiting(CHECKER), pytest.raises(InputRefused, match="whole number"):
            drawn_at_random(n, "zh")
    with visiting(CHECKER), pytest.raises(InputRefused):
        drawn_at_random(501, "zh")
    assert n_drawn() == 0


def test_signs_of_sham_closing_are_put_down_once() -> None:
    with visiting(CHECKER):
        drawn_for_signals("zh")
        found = n_drawn()
        assert found > 0
        assert "没有发现信号" in written(drawn_for_signals("zh"))
    assert n_drawn() == found


def test_a_reversal_sends_the_alert_back_and_the_form_goes_on_to_the_next() -> None:
    number, alert_id = a_drawn_one()
    before = now_of(alert_id).outcome
    other = "C2" if before != "C2" else "E1"
    with visiting(CHECKER):
        said = written(recorded(number, "reversed", other, "材料与结论不符，原件缺失", "zh"))
    assert "已登记：撤销原结论" in said
    alert = now_of(alert_id)
    assert (alert.status, alert.outcome) == ("accepted", None)
    with reading() as session:
        looked = session.get_one(LookBack, number)
        assert (looked.outcome, looked.outcome_found, looked.finding) == (before, other, "reversed")


def test_an_outcome_chosen_before_changing_ones_mind_is_no_obstacle() -> None:
    number, alert_id = a_drawn_one()
    with visiting(CHECKER):
        recorded(number, "upheld", "C3", "卷宗齐全，结论成立", "zh")
    assert now_of(alert_id).status == "closed"


@pytest.mark.parametrize(("finding", "note"), [("", "卷宗齐全"), ("upheld", ""), ("burnt", "卷宗齐全")])
def test_a_finding_without_what_it_takes_is_refused(finding: str, note: str) -> None:
    number, _ = a_drawn_one()
    with visiting(CHECKER), pytest.raises(InputRefused):
        recorded(number, finding, None, note, "zh")
    with reading() as session:
        assert session.get_one(LookBack, number).finding is None


def test_what_is_done_is_not_done_twice_and_its_address_leads_to_the_next() -> None:
    number, _ = a_drawn_one()
    with visiting(CHECKER):
        recorded(number, "upheld", None, "卷宗齐全，结论成立", "zh")
        with pytest.raises(TransitionRefused):
            recorded(number, "flawed", None, "卷宗齐全，结论成立", "zh")
        assert "回头看：0 条待复核" in written(layout("zh", one=str(number)))


def test_nobody_is_shown_closings_of_another_place() -> None:
    here = person("approver", region_code="990101001", code="here")
    with acting(CHECKER) as session:
        drawn = look_back.draw(session, CHECKER, at=NOW, n=500, seed=1)
        elsewhere = {one.alert_id for one in drawn if one.unit_code != "U1"}
        own = {one.alert_id for one in drawn} - elsewhere
    assert elsewhere
    assert own
    with visiting(here):
        said = written(body("zh"))
    assert not [one for one in elsewhere if f'"/alert/{one}"' in said]
    assert f"回头看：{len(own)} 条待复核" in said
