"""My work: who sees which pile, as alerts go through the loop."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from data import dispatch, elimination, inquiries, supervision, verification
from data.database import writing
from data.my_work import MyWork, my_work
from data.people_tables import Account
from data.rights import Person, acting, seen_by
from data.tables import Alert, Region, Unit
from tests.people import person, store

AT = datetime(2026, 3, 2, 2)
TODAY = date(2026, 3, 2)
LI = person("inspector", unit_code="U", region_code="9901", code="li")
WU = person("inspector", unit_code="U", region_code="9901", code="wu")
ELSEWHERE = person("inspector", unit_code="V", region_code="9901", code="far")
CHIEF = person("approver", unit_code="U", region_code="9901", code="chief")
CIVIL = person("contact", unit_code="D", code="civil")


@pytest.fixture
def alerts(office: Path) -> Path:
    with writing() as session:
        session.add(Region(code="9901", name="清源市", name_en="Qingyuan", level=2, valid_from=date(2020, 1, 1)))
        session.flush()
        for code, kind in (("U", "commission"), ("V", "commission"), ("D", "department")):
            session.add(Unit(code=code, name=f"单位{code}", name_en=code, kind=kind, region_code="9901"))
        session.flush()
        for who in (LI, WU, ELSEWHERE, CHIEF, CIVIL):
            store(session, who)
        for number in range(1, 5):
            session.add(
                Alert(
                    id=number, alert_key=f"{number}", source="M01", rule="r", unit_code="U", region_code="9901",
                    level="red", status="dispatched", subject_kind="person", subject_key=f"k{number}",
                    subject_display="韩某某", title=f"第{number}条", title_en=f"No. {number}", raised_at=AT,
                    dispatched_at=AT, due_on=TODAY + timedelta(days=2), attributes="{}", version=2,
                )
            )  # fmt: skip
    return office


def work(who: Person, today: date = TODAY) -> MyWork:
    with seen_by(who) as session:
        return my_work(session, who, today=today)


def piles(who: Person, today: date = TODAY) -> dict[str, list[int]]:
    return {pile.code: [row.id for row in pile.rows] for pile in work(who, today).piles}


def test_what_is_dispatched_waits_for_its_unit_only(alerts: Path) -> None:
    assert piles(LI) == {"to_sign": [1, 2, 3, 4]}
    assert work(ELSEWHERE).n == 0
    assert work(CIVIL).n == 0


def test_what_i_take_is_mine_and_leaves_the_units_pile(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        dispatch.sign_in(session, 2, LI, at=AT)
    assert piles(LI) == {"mine": [1], "to_sign": [3, 4], "unit_free": [2]}
    assert piles(WU) == {"to_sign": [3, 4], "unit_free": [2]}


def test_a_request_waits_for_the_approver_and_comes_back_returned(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        elimination.request(
            session, 1, LI, at=AT, cause="F01", reason="迁出登记滞后，已核对", evidence="公安回函 12 号"
        )
    assert piles(CHIEF)["approvals"] == [1]
    assert "mine" not in piles(LI)
    with acting(CHIEF) as session:
        elimination.send_back(session, 1, CHIEF, at=AT, decision="补充派出所登记时间的原件")
    assert piles(LI)["returned"] == [1]
    assert "mine" not in piles(LI), "what was returned stands in its own pile"


def test_overdue_shows_to_colleagues_and_to_whoever_may_supervise(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
    later = TODAY + timedelta(days=60)
    assert piles(WU, later) == {"to_sign": [2, 3, 4], "unit_overdue": [1]}, "what nobody took lies in its own pile"
    assert piles(LI, later) == {"mine": [1], "to_sign": [2, 3, 4]}
    assert work(LI, later).piles[0].n_overdue == 1
    assert (work(LI, later).n, work(LI, later).n_overdue) == (4, 4)
    assert sorted(piles(CHIEF, later)["office_overdue"]) == [1, 2, 3, 4]


def test_an_alert_lies_in_one_pile_only_the_most_pressing(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        due_on = session.get_one(Alert, 1).due_on
        assert due_on
        inquiries.ask(session, 1, LI, at=AT, unit_code="D", question="请说明停发时间", due_on=due_on)
    assert piles(LI, due_on)["due_soon"] == [1]
    (asked,) = work(CIVIL).inquiries
    with acting(CIVIL) as session:
        inquiries.answer(session, asked.id, CIVIL, at=AT, answer="已于三月停发")
    found = piles(LI, due_on)
    assert found["answered"] == [1]
    assert not {"mine", "due_soon"} & set(found)
    assert work(LI, due_on).n == 4


def test_an_order_comes_first_until_it_is_answered(alerts: Path) -> None:
    with acting(CHIEF) as session:
        order = supervision.order(
            session, 3, CHIEF, at=AT, reason="other", demand="三日内报结果", due_on=TODAY + timedelta(days=3)
        )
        number = order.id
    assert next(iter(piles(LI))) == "supervised"
    with acting(LI) as session:
        dispatch.take(session, 3, LI, at=AT)
        supervision.answer(session, number, LI, at=AT, answer="正在核对银行流水")
    assert "supervised" not in piles(LI)


def test_a_department_sees_what_it_is_asked_until_it_answers(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        inquiries.ask(session, 1, LI, at=AT, unit_code="D", question="请说明停发时间")
    (asked,) = work(CIVIL).inquiries
    assert asked.question == "请说明停发时间"
    assert work(CIVIL).piles == ()
    with acting(CIVIL) as session:
        inquiries.answer(session, asked.id, CIVIL, at=AT, answer="已于三月停发")
    assert work(CIVIL).n == 0
    assert piles(LI)["answered"] == [1]


def test_a_confirmed_alert_waits_to_be_put_right(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        verification.conclude(session, 1, LI, at=AT, outcome="C2", note="多领三个月，已通知退回")
    assert piles(LI)["to_put_right"] == [1]


def test_what_somebody_who_left_has_in_hand_waits_for_whoever_dispatches(alerts: Path) -> None:
    with acting(LI) as session:
        for number in (1, 2):
            dispatch.take(session, number, LI, at=AT)
        verification.conclude(session, 2, LI, at=AT, outcome="C2", note="多领三个月，已通知退回")
    assert "left_behind" not in piles(CHIEF)
    with writing() as session:
        session.get_one(Account, "li").state = "blocked"
    assert piles(CHIEF)["left_behind"] == [1, 2]
    assert "left_behind" not in piles(WU)


def test_an_inquiry_overdue_waits_for_whoever_asked(alerts: Path) -> None:
    with acting(LI) as session:
        dispatch.take(session, 1, LI, at=AT)
        inquiries.ask(session, 1, LI, at=AT, unit_code="D", question="请说明停发时间", due_on=TODAY + timedelta(days=1))
    assert "inquiries_overdue" not in piles(LI, TODAY + timedelta(days=1))
    late = TODAY + timedelta(days=2)
    assert piles(LI, late)["inquiries_overdue"] == [1]
    assert "inquiries_overdue" not in piles(WU, late)
    with acting(CIVIL) as session:
        inquiries.answer(session, work(CIVIL).inquiries[0].id, CIVIL, at=AT, answer="已于三月停发")
    assert "inquiries_overdue" not in piles(LI, late)
