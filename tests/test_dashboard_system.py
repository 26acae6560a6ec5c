"""System administration: accounts, units and webhooks as its page does them, and an account made, granted and used."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import html

from dashboard.app import create_app
from dashboard.pages import system
from dashboard.visitor import visiting
from dashboard.words import LANGUAGES
from data import accounts, duties, webhooks
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted
from data.leases import hold
from data.office_time import utc_now
from data.people_tables import Account
from data.record_tables import Delivery
from data.rights import Person
from data.tables import Alert, AlertEvent, Unit
from tests.office_in_miniature import fill
from tests.people import client_of, person, store
from tests.staff_in_miniature import furnish

ADMIN = person("system_admin", code="sys.admin", name="系管")


@pytest.fixture
def office_with_administrator(small_office: Path) -> Iterator[None]:
    """A filled office, acted in by its system administrator."""
    fill(now=utc_now(), n_alerts=20)
    with writing() as session:
        store(session, ADMIN)
    with visiting(ADMIN):
        yield


def secret_in(shown: list[Any]) -> str:
    """The one-time secret a page shows."""
    found = [part for section in shown for part in section._traverse() if getattr(part, "id", None) == "secret"]
    assert len(found) == 1
    return str(found[0].children)


def _tree(shown: list[Any]) -> list[Any]:
    """The regions of the tree of units, and what is in them."""
    every = [part for section in shown if section is not None for part in section._traverse()]
    tree = next(part for part in every if getattr(part, "className", "") == "card admin-tree")
    return list(tree.children[2:-1])


def account(code: str) -> Account:
    with reading() as session:
        return session.get_one(Account, code)


def made(**given: object) -> list[Any]:
    return system.answered("create", {"code": "han.li", "name": "韩立", "unit": "U1"} | given, {}, "zh")


def test_a_new_account_shows_its_password_once_and_may_do_nothing(office_with_administrator: None) -> None:
    shown = made(code=" Han.Li ")
    secret = secret_in(shown)
    assert len(secret) >= 10
    assert "韩立（han.li）" in str(shown)
    assert "尚无岗位" in str(shown)
    assert secret not in str(system.body("zh", {"account": "han.li"}))
    assert account("han.li").must_change
    with reading() as session:
        assert not accounts.posts_of(session, "han.li")


@pytest.mark.parametrize("given", [{"code": "韩"}, {"unit": ""}, {"name": ""}, {"code": "u1a"}, {"number": "123"}])
def test_a_refused_account_is_a_sentence_and_nothing_is_written(
    office_with_administrator: None, given: dict[str, str]
) -> None:
    with reading() as session:
        before = len(accounts.listed(session))
    with pytest.raises(InputRefused) as refused:
        made(**given)
    assert all(refused.value.words(language) for language in LANGUAGES)
    with reading() as session:
        assert len(accounts.listed(session)) == before


def test_an_account_is_put_right_and_closed_for_good(office_with_administrator: None) -> None:
    view = {"account": "u1a", "q": "u1"}
    system.answered("change", {"name": "改名", "unit": "U2", "number": ""}, view, "zh")
    assert (account("u1a").name, account("u1a").unit_code) == ("改名", "U2")
    shown = str(system.answered("leave", {}, view, "zh"))
    assert account("u1a").state == "left"
    assert "u1a 已永久停用" in shown
    assert "leave-do" not in shown, "what is over is not offered again"


def test_what_a_leaver_was_putting_right_is_said_to_be_handed_on(office_with_administrator: None) -> None:
    with writing() as session:
        first = session.query(Alert).order_by(Alert.id).first()
        first.status, first.assignee = "rectifying", "u2a"
        session.query(Alert).filter(Alert.id != first.id, Alert.assignee == "u2a").update({"assignee": None})
    assert "处置中的 1 条预警" in str(system.answered("leave", {}, {"account": "u2a"}, "zh"))


def test_oneself_is_not_closed(office_with_administrator: None) -> None:
    with pytest.raises(NotPermitted):
        system.answered("leave", {}, {"account": ADMIN.code}, "zh")
    with pytest.raises(NotFound):
        system.answered("leave", {}, {"account": "nobody"}, "zh")


def test_a_new_unit_stands_in_the_tree(office_with_administrator: None) -> None:
    given = {"code": "D1", "name": "民政局", "name-en": "", "kind": "department", "region": "990101"}
    shown = str(system.answered("unit", given, {"new": "unit"}, "zh"))
    assert "“民政局”已新增" in shown
    assert "unit=D1" in shown
    with reading() as session:
        assert session.get_one(Unit, "D1").name_en == "民政局"
    with pytest.raises(InputRefused):
        system.answered("unit", given, {}, "zh")


def test_the_list_is_searched_and_narrowed_to_a_unit(office_with_administrator: None) -> None:
    everybody = str(system.body("zh", {}))
    assert "account=u1a" in everybody
    assert "account=u2a" in everybody
    assert "account=u2a" not in str(system.body("zh", {"unit": "U1"}))
    assert "account=u1a" not in str(system.body("zh", {"q": "U2A"}))
    assert "没有符合条件" in str(system.body("zh", {"q": "no such"}))
    assert "account=u1a" in str(system.body("zh", {"unit": "none", "account": "none", "part": "none", "webhook": "x"}))


def test_units_stand_below_the_nearest_region_that_has_some(small_office: Path) -> None:
    furnish()
    with visiting(ADMIN):
        county = next(part for part in _tree(system.body("zh", {})) if "县纪委" in str(part))
        assert [str(part).count("高桥镇纪委") for part in county._traverse() if isinstance(part, html.Details)] == [
            1,
            0,
        ]


def test_of_many_regions_only_the_one_asked_for_is_opened(
    office_with_administrator: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "_FEW_PLACES", 2)
    shown = str(_tree(system.body("zh", {"place": "990101003"})))
    assert "石门镇纪委" in shown
    assert "柳溪镇纪委" not in shown
    assert "place=990101002" in shown
    assert "云台乡纪委" in str(_tree(system.body("zh", {"unit": "U4"})))


def test_a_webhook_is_added_stopped_resumed_and_sends_again(office_with_administrator: None) -> None:
    given = {"name": "信访", "url": "https://10.1.2.3/told", "kinds": ["raised"], "region": "*"}
    with pytest.raises(InputRefused, match="region"):
        system.answered("webhook", given | {"region": None}, {"part": "interfaces"}, "zh")
    assert len(secret_in(system.answered("webhook", given, {"part": "interfaces"}, "zh"))) > 20
    with writing() as session:
        one = webhooks.webhooks(session)[0]
        event = session.query(AlertEvent.id).order_by(AlertEvent.id).first()
        session.add(
            Delivery(
                webhook_id=one.id, event_id=event[0], state="given_up", n_tries=6, next_at=utc_now(),
                last_at=utc_now(), last_answer="HTTP 503",
            )
        )  # fmt: skip
    view = {"part": "interfaces", "webhook": str(one.id)}
    shown = str(system.body("zh", view))
    assert "1 条推送多次失败" in shown
    assert "HTTP 503" in shown
    assert "1 条将重新推送" in str(system.answered("again", {}, view, "zh"))
    with reading() as session:
        assert [(line.state, line.n_tries) for line in webhooks.listed(session, one.id)] == [("waiting", 0)]
    assert "resume-do" in str(system.answered("stop", {}, view, "zh"))
    assert "stop-do" in str(system.answered("resume", {}, view, "zh"))


def test_a_duty_is_given_listed_and_withdrawn(office_with_administrator: None) -> None:
    given = {"unit": "U1", "region": "990101", "domain": None, "level": "red"}
    shown = str(system.answered("duty", given, {"part": "duties"}, "zh"))
    assert "1 项专门分工" in shown
    with pytest.raises(InputRefused, match="duty of unit U1 already"):
        system.answered("duty", given | {"unit": "U2"}, {"part": "duties"}, "zh")
    with reading() as session:
        (duty,) = duties.listed(session)
    assert (duty.unit_code, duty.region_code, duty.domain_code, duty.level) == ("U1", "990101", None, "red")
    view = {"part": "duties", "duty": str(duty.id)}
    assert "undo-duty-do" in str(system.body("en", view))
    assert "0 项专门分工" in str(system.answered("undo-duty", {}, view, "zh"))
    with reading() as session:
        assert duties.listed(session) == []


def test_a_worker_that_stopped_is_said(office_with_administrator: None) -> None:
    assert "后台任务没有运行" in str(system.body("zh", {}))
    with writing() as session:
        hold(session, "score", holder="worker", now=utc_now(), seconds=60)
    assert "后台任务运行正常" in str(system.body("zh", {}))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"new": "unit"},
        {"account": "u1a"},
        {"part": "interfaces"},
        {"part": "duties"},
        {"q": ["a", "b"]},
        {"unit": "U1"},
    ],
)
def test_every_view_is_drawn(office_with_administrator: None, language: str, query: dict[str, Any]) -> None:
    assert "system-body" in str(system.layout(lang=language, **query))


@pytest.mark.parametrize("form", system.FORMS)
def test_every_form_is_refused_to_who_keeps_no_accounts(office_with_administrator: None, form: str) -> None:
    given = {"code": "x.y", "name": "某", "unit": "U1", "kind": "department", "region": "990101", "url": "http://a/b"}
    with visiting(person("security_admin")), pytest.raises(NotPermitted):
        system.answered(form, given, {"account": "u1a", "webhook": "1", "duty": "1"}, "zh")


def test_the_page_is_closed_to_others(small_office: Path) -> None:
    fill(now=utc_now(), n_alerts=5)
    app = create_app()
    where = {"id": "_pages_location", "property": "pathname", "value": "/system"}
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [where, {"id": "_pages_location", "property": "search", "value": ""}],
        "state": [where],
        "changedPropIds": ["_pages_location.pathname"],
    }
    for role, seen in (("system_admin", True), ("security_admin", False), ("leader", False)):
        answer = client_of(app, person(role)).post("/_dash-update-component", json=body)
        assert ("create-do" in answer.text) is seen, role


@pytest.mark.browser
def test_made_granted_signed_in_with_the_password_changed(
    small_office: Path, open_page: Callable[[Person | None], Any]
) -> None:
    fill(now=utc_now(), n_alerts=60)
    hers, his, new = open_page(ADMIN), open_page(person("security_admin", code="sec.admin")), open_page(None)

    hers.goto("/system?unit=U1&lang=zh")
    hers.wait_for_selector("#create-do")
    hers.fill("#create-name", "韩立")
    hers.fill("#create-code", "u1a")
    hers.click("#create-do")
    hers.wait_for_selector("#create-refused:has-text('u1a 已存在')")
    assert hers.input_value("#create-name") == "韩立"
    hers.fill("#create-code", "han.li")
    hers.click("#create-do")
    secret = hers.wait_for_selector("#secret").inner_text()

    his.goto("/security?lang=zh")
    his.wait_for_selector("h1:has-text('1 个账号等待授予岗位')")
    his.wait_for_selector(".admin-name:has-text('韩立')")
    his.check("input[value=inspector]")
    his.click("#grant-do")
    his.wait_for_selector("#grant-refused:has-text('尚未选择地区')")
    his.click("#grant-region")
    his.click(".dash-dropdown-option:has-text('全部地区')")
    his.click("#grant-do")
    his.wait_for_selector(".said:has-text('已授予韩立“核查员”岗位')")

    new.goto("/sign-in?lang=zh")
    new.fill("[name=code]", "han.li")
    new.fill("[name=password]", secret)
    new.click("button[type=submit]")
    for name, value in (("old", secret), ("new", "Mirror-2026-bright"), ("again", "Mirror-2026-bright")):
        new.fill(f"[name={name}]", value)
    new.click("button[type=submit]")
    new.wait_for_selector(".badge:has-text('韩立'), .menu:has-text('韩立')")
    new.goto("/queue")
    new.wait_for_selector(".queue .ag-row, .queue-bar")
    assert "韩立" in new.inner_text(".badge")
