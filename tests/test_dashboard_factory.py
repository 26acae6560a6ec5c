"""The factory page: choices are kept as they are made, hits are shown masked, and the card goes into the warehouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.factory_steps import Bench, form_of
from dashboard.pages import factory, supervision_model
from dashboard.visitor import visiting
from data.blueprint import read_blueprint
from data.database import reading, writing
from data.errors import CardRefused, MingjingError, NotFound
from data.factory_drafts import new_draft, read_draft
from data.office_time import utc_now
from data.register_catalogue import REGISTERS, Register, RegisterColumn
from data.rights import Person
from data.tables import SupervisionModel
from tests.blueprint_in_miniature import RETIRED
from tests.people import person
from tests.tables_in_text import file_tables
from tests.test_data_blueprint import APPROVED, CADRES, FIRMS
from tests.test_data_blueprint import ROLES as HELD

AUTHOR = person("model_author", code="author")


@pytest.fixture(autouse=True)
def author(small_office: Path) -> Iterator[Person]:
    with visiting(AUTHOR):
        yield AUTHOR


def draft(content: dict[str, Any] | None = None) -> int:
    with writing() as session:
        return new_draft(session, AUTHOR, at=utc_now(), blueprint=read_blueprint(content) if content else None)


def told(found: Any) -> str:
    return str(found)


def post(number: int, **changed: object) -> tuple[Any, Any, Any, Any]:
    triggered = [
        {"prop_id": f'{{"path":"{path.replace("__", ".")}","type":"made"}}.value', "value": value}
        for path, value in changed.items()
    ]
    return factory.answer(triggered, [], {"id": number, "step": "registers"}, 4, "zh")


def test_a_choice_is_kept_and_only_forms_that_offer_other_fields_are_drawn_anew() -> None:
    number = draft()
    form, steps, n, refused = post(number, main="retired_cadre")
    assert "退休日期" in told(form) and "还差" in told(steps) and (n, refused) == (5, "")
    form, _, n, _ = post(number, name="退休经商")
    assert form is factory.no_update and n == 5
    with reading() as session:
        kept = read_draft(session, number, AUTHOR).blueprint
    assert (kept.main, kept.name) == ("retired_cadre", "退休经商")


def test_a_form_that_tells_what_is_kept_already_changes_nothing() -> None:
    number = draft(RETIRED)
    assert post(number, main="retired_cadre", period_by="year", amount="-") == (factory.no_update,) * 4


def test_entries_come_and_go_by_buttons() -> None:
    number = draft(RETIRED)
    press = [{"prop_id": '{"deed":"remove","path":"joins.2","type":"made-do"}.n_clicks', "value": 1}]
    factory.answer(press, [], {"id": number, "step": "registers"}, 0, "zh")
    press = [{"prop_id": '{"deed":"add","path":"all_of.4","type":"made-do"}.n_clicks', "value": 1}]
    _, steps, _, _ = factory.answer(press, [], {"id": number, "step": "conditions"}, 0, "zh")
    assert "还差 1 项" in told(steps)
    with reading() as session:
        kept = read_draft(session, number, AUTHOR).blueprint
    assert (len(kept.joins), len(kept.all_of)) == (2, 5)


def test_long_texts_are_kept_when_they_are_left() -> None:
    number, sql = draft(RETIRED), "SELECT p.id_no, p.name, p.hukou_region FROM person p"
    left = [{"prop_id": '{"path":"sql","type":"made-text"}.n_blur', "value": 1}]
    texts = [{"id": {"path": "sql", "type": "made-text"}, "value": sql}]
    factory.answer(left, texts, {"id": number, "step": "registers"}, 0, "zh")
    with reading() as session:
        assert read_draft(session, number, AUTHOR).blueprint.subject == "id_no"


def test_hits_are_shown_masked_with_the_diagram() -> None:
    with writing() as session:
        tables = {"retired_cadre": CADRES, "enterprise_role": HELD, "enterprise": FIRMS, "part_time_approval": APPROVED}
        file_tables(session, tables)
    content = {**RETIRED, "all_of": RETIRED["all_of"][1:]}
    panel, picture = factory.seen_now(draft(content), "zh", utc_now())
    assert "4 条预警" in told(panel) and "陈某某" in told(panel) and "陈一" not in told(panel)
    assert "离退休领导干部" in told(picture)


def test_what_keeps_hits_from_being_seen_is_said() -> None:
    panel, _ = factory.seen_now(draft(), "zh", utc_now())
    assert "请选择要逐行检查的数据" in told(panel)
    panel, _ = factory.seen_now(draft(RETIRED), "en", utc_now())
    assert "never filed" in told(panel) or "Nothing found" in told(panel)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("step", factory.STEPS)
@pytest.mark.parametrize(
    "content", [None, RETIRED, {**RETIRED, "sql": "SELECT p.id_no FROM person p"}, {"joins": [{}]}]
)
def test_every_step_is_drawn_for_every_state_of_a_draft(step: str, language: str, content: dict[str, Any]) -> None:
    assert "factory-form" in told(factory.editor(draft(content), step, language))


def test_a_draft_becomes_a_card_in_the_warehouse_or_says_what_it_lacks() -> None:
    assert factory.saved(draft(RETIRED)) == "/warehouse/S001?v=1"
    with reading() as session:
        assert session.get_one(SupervisionModel, ("S001", 1)).status == "draft"
    with pytest.raises(CardRefused) as refused:
        factory.saved(draft())
    assert "请选择要逐行检查的数据" in refused.value.words("zh")


def test_drafts_of_others_are_as_if_they_were_not_there() -> None:
    number = draft(RETIRED)
    with visiting(person("model_author", code="other")):
        for look in (factory.bench_of, factory.dropped):
            with pytest.raises(NotFound):
                look(number, "zh")
        assert post(number, main="person")[3]
        assert "S001" not in told(factory.listing("zh"))


@pytest.mark.parametrize("path", ["joins.99.register", "nothing", "joins.x.y"])
def test_rubbish_from_a_browser_is_refused_in_words(path: str) -> None:
    with pytest.raises(MingjingError):
        factory.changed(draft(), path, "x", "zh")


def test_a_draft_is_thrown_away() -> None:
    number = draft(RETIRED)
    assert "S001" in told(factory.listing("zh"))
    assert "S001" not in told(factory.dropped(number, "zh"))


@pytest.mark.parametrize("store", [None, 7, {}, {"id": "1", "step": 5}])
def test_a_page_that_lost_its_draft_says_so(store: object) -> None:
    assert factory.answer([], [], store, 0, "zh")[3] == "您没有第 0 号草稿，请从列表中选择。"


def test_a_model_made_here_is_opened_again_in_its_steps_and_changed_lands_on_its_next_version() -> None:
    number = draft(RETIRED)
    factory.saved(number)
    assert f"/factory/{number}" in told(supervision_model.body("zh", {"code": "S001"}))
    with writing() as session:
        session.get_one(SupervisionModel, ("S001", 1)).status = "active"
    assert "第 1 版" in told(factory.listing("zh")) and "运行中" in told(factory.listing("zh"))
    assert f"/factory/{number}" in told(supervision_model.body("zh", {"code": "S001"}))
    post(number, name="改名后")
    assert factory.saved(number) == "/warehouse/S001?v=2"


def test_lists_stay_open_speak_chinese_and_begin_with_what_was_uploaded() -> None:
    own = Register("own_list", "名册", "List", "本单位", {"a": RegisterColumn("a", "text", "甲")})
    bench = Bench(1, read_blueprint(RETIRED), {**REGISTERS, "own_list": own}, {"person": 3}, "zh")
    first = told(form_of("registers", bench)).partition("'value': ")[2]
    assert first.startswith("'own_list'")
    many = told(form_of("grouping", bench))
    assert "closeOnSelect=False" in many and "输入查找" in many


def test_what_keeps_a_model_from_the_warehouse_is_marked_and_led_to() -> None:
    number = draft({**RETIRED, "name": "", "asks": []})
    form, said = factory.not_saved(number, "zh") or ([], [])
    assert told(form).count("made-missing") == 1
    assert f"/factory/{number}?step=grouping" in told(said) and "请填写名称" in told(said)
    assert factory.not_saved(draft(RETIRED), "zh") is None


def test_a_condition_just_begun_leaves_the_look_as_it_was_and_steps_without_a_choice_are_not_done() -> None:
    with writing() as session:
        file_tables(session, {"retired_cadre": CADRES})
    begun = {"main": "retired_cadre", "all_of": [{"column": "t1.retire_date"}]}
    number = draft()
    post(number, main="retired_cadre")
    before, _ = factory.seen_now(number, "zh", utc_now())
    post(number, all_of__0={"column": "t1.retire_date"})
    after, _ = factory.seen_now(number, "zh", utc_now())
    assert "7 条预警" in told(before) and "7 条预警" in told(after)
    steps = factory.steps_bar(factory.bench_of(draft(begun), "zh"), "registers").children
    assert ["made-done" in one.className for one in steps[:3]] == [True, False, False]
