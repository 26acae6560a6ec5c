"""The page of the week's plan: what it says, what its forms do, and what it says where there is nothing to plan."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard import plan_deeds
from dashboard.administration import View
from dashboard.pages.plan import answered, body, layout
from dashboard.visitor import visiting
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, NotPermitted
from data.office_time import utc_now
from data.order_choice import in_force
from data.plan_tables import CapacitySet, WeekPlan
from data.rights import Person
from data.tables import Alert, RiskModel, Unit
from tests.office_in_miniature import fill, settle
from tests.people import person

LEADER = person("leader", code="county.leader")
HEAD = person("leader", code="town.leader", region_code="990101001")
INSPECTOR = person("inspector", code="u1a", unit_code="U1")


def text_of(drawn: Any) -> str:
    return json.dumps(drawn, default=lambda one: one.to_plotly_json(), ensure_ascii=False)


def view_of(drawn: list[Any]) -> View:
    return dict(drawn[0].data)


@pytest.fixture
def filled(small_office: Path) -> Path:
    fill(now=utc_now(), n_alerts=300)
    with writing() as session:
        for unit in ("U1", "U2"):
            session.add(CapacitySet(unit_code=unit, account="", per_week=12, set_by="x", set_at=utc_now()))
    return small_office


def test_the_page_names_the_week_its_figures_and_every_order(filled: Path) -> None:
    with visiting(LEADER):
        said, english = text_of(layout("zh")), text_of(layout("en"))
    for words in (
        "周计划",
        "预计查实",
        "高桥镇纪委",
        "查实可能性",
        "预计可追回",
        "等级与时长",
        "条数与金额兼顾",
        "在用",
    ):
        assert words in said, words
    assert "Plan of the week" in english
    assert "Gaoqiao commission" in english
    assert "还没有实绩" in said


def test_a_head_sees_and_confirms_the_own_unit_and_an_inspector_only_looks(filled: Path) -> None:
    with visiting(HEAD):
        head = text_of(body("zh", {}))
    with visiting(INSPECTOR):
        looked = text_of(body("zh", {"unit": "U2"}))
    assert "plan-confirm-do" in head
    assert "plan-confirm-all-do" not in head
    assert "柳溪镇纪委" not in head + looked
    assert "高桥镇纪委" in looked
    for form in plan_deeds.FORMS:
        assert f"{form}-do" not in looked, form


def test_an_order_is_tried_without_being_put_in_force_and_then_is(filled: Path) -> None:
    with visiting(LEADER):
        tried = body("zh", {"look": "urgency"})
        assert "按“等级与时长”试排" in text_of(tried)
        assert "plan-confirm-do" not in text_of(tried), "what is only tried is not confirmed"
        with reading() as session:
            assert in_force(session).office.order == "likelihood"
        given = {"where": "*", "order": "mixed", "worth": ""}
        said = text_of(answered("plan-order", given, view_of(tried), "zh"))
        assert "全部单位：采用“条数与金额兼顾”。" in said
        answered("plan-order", {"where": "U1", "order": "urgency", "worth": ""}, view_of(tried), "zh")
        with reading() as session:
            ruled = in_force(session)
        assert (ruled.office.order, ruled.of("U1").order) == ("mixed", "urgency")
        assert ruled.office.worth > 0
        answered("plan-order", {"where": "U1", "order": "follow", "worth": ""}, view_of(tried), "zh")
        with reading() as session:
            assert in_force(session).of("U1").order == "mixed"
        with pytest.raises(InputRefused):
            answered("plan-order", {"where": "*", "order": "mixed", "worth": "viel"}, view_of(tried), "zh")
    with visiting(INSPECTOR), pytest.raises(NotPermitted):
        answered("plan-order", {"where": "U1", "order": "urgency", "worth": ""}, {}, "zh")


def test_a_capacity_is_set_for_the_unit_and_a_person_and_taken_back(filled: Path) -> None:
    with visiting(HEAD):
        view = view_of(body("zh", {"unit": "U1"}))
        assert "每五个工作日 3 条" in text_of(answered("plan-capacity", {"value": 3}, view, "zh"))
        answered("plan-person", {"account": "u1b", "value": "2"}, view, "zh")
        with reading() as session:
            kept = {(one.unit_code, one.account): one.per_week for one in session.scalars(select(CapacitySet))}
        assert kept == {("U1", ""): 3, ("U1", "u1b"): 2, ("U2", ""): 12}
        answered("plan-capacity", {"value": ""}, view, "zh")
        for given in ({"account": "", "value": "2"}, {"account": "u1b", "value": "-2"}, {"account": "u2a", "value": 2}):
            with pytest.raises(InputRefused):
                answered("plan-person", given, view, "zh")
        with pytest.raises(NotPermitted):
            answered("plan-capacity", {"value": 9}, {"unit": "U2"}, "zh")
    with reading() as session:
        assert session.get(CapacitySet, ("U1", "")) is None
        assert session.get_one(CapacitySet, ("U2", "")).per_week == 12


def test_one_plan_and_all_are_confirmed_as_they_were_seen(filled: Path) -> None:
    with visiting(LEADER):
        view = view_of(body("zh", {"unit": "U2"}))
        assert "柳溪镇纪委：已确认" in text_of(answered("plan-confirm", {}, view, "zh"))
        view = view_of(body("zh", {}))
        waiting = set(json.loads(view["all"]))
        assert "U1" in waiting
        assert "U2" not in waiting, "confirmed already"
        with writing() as session:
            mine = session.scalars(select(Alert).where(Alert.unit_code == "U1", Alert.status == "verifying")).all()
            settle(session, mine[0].id, "C1", at=utc_now() + timedelta(minutes=1))
        with pytest.raises(AlertChanged):
            answered("plan-confirm", {}, view | {"unit": "U1", "seen": json.loads(view["all"])["U1"]}, "zh")
        said = text_of(answered("plan-confirm-all", {}, view, "zh"))
        assert "高桥镇纪委：您查看期间该单位的计划已有变化" in said
        with reading() as session:
            confirmed = set(session.scalars(select(WeekPlan.unit_code)))
        assert confirmed == waiting - {"U1"} | {"U2"}
        with pytest.raises(InputRefused):
            answered("plan-confirm-all", {}, {"all": "?"}, "zh")


def test_measured_shares_are_shown_with_n_interval_and_what_ties_could_change(filled: Path) -> None:
    figure = {"value": 0.5, "low": 0.41, "high": 0.6, "tie_low": 0.49, "tie_high": 0.52}
    told = {"first": "2026-08-01", "last": "2026-10-30", "n": 321, "n_confirmed": 123, "own_share": 0.4, "share": 0.4,
            "per_week": 10.0,
            "figures": {"likelihood": {"found": figure, "money": figure | {"value": None}}}}  # fmt: skip
    with writing() as session:
        session.scalars(select(RiskModel)).one().metrics = json.dumps({"orders": told})
    with visiting(LEADER):
        said = text_of(body("zh", {}))
    for words in ("321", "123", "41%–60%", "前 40%", "并列若全往坏处排 49.0%"):
        assert words in said, words


def test_an_empty_office_and_a_unit_without_a_past_say_what_to_do(small_office: Path) -> None:
    fill(now=utc_now(), n_alerts=0)
    with visiting(LEADER):
        assert "本周没有可排的预警" in text_of(body("zh", {}))
    with writing() as session:
        unit = session.get_one(Unit, "U1")
        session.add(
            Alert(
                alert_key="x|1", source="M04", rule="R1", domain_code="hardship_aid", region_code="990101001",
                unit_code=unit.code, level="red", status="accepted", subject_kind="person", subject_key="k",
                subject_display="韩某某", title="疑似？", title_en="Suspected?", attributes="{}", raised_at=utc_now(),
            )
        )  # fmt: skip
    with visiting(LEADER):
        said = text_of(body("zh", {}))
    assert "先设定能力" in said
    assert "能力无从得知" in said


@pytest.mark.browser
def test_a_head_sets_a_capacity_and_confirms_the_week_by_the_keyboard(
    open_page: Callable[[Person], Any],
) -> None:
    fill(now=utc_now(), n_alerts=120)
    page = open_page(LEADER)
    page.goto("/plan?unit=U1")
    page.fill("#plan-capacity-value", "9")
    page.press("#plan-capacity-value", "Tab")
    page.focus("#plan-capacity-do")
    page.keyboard.press("Enter")
    page.locator(".said", has_text="每五个工作日 9 条").wait_for()
    page.focus(".plan-week summary")
    page.keyboard.press("Enter")
    page.focus("#plan-confirm-do")
    page.keyboard.press("Enter")
    page.locator(".said", has_text="高桥镇纪委：已确认").wait_for()
    page.locator(".plan-kept").wait_for()
    page.get_by_role("link", name="试排").nth(2).click()
    page.locator(".notice", has_text="只供查看").wait_for()
