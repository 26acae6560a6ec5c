"""The warehouse and the page of a supervision model: what is seen, by whom, what is done, and a card as a file."""

import base64
import json
from datetime import datetime
from pathlib import Path

import pytest

from dashboard.pages.supervision_model import FORMS, answered, body, exported
from dashboard.pages.warehouse import body as grid
from dashboard.pages.warehouse import faults, imported, read_file
from dashboard.visitor import visiting
from data import back_test
from data.database import reading, writing
from data.errors import CardRefused, InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.model_compare import compare_sql, differences
from data.model_life import find, new_version, save_draft
from data.office_time import utc_now
from data.people_tables import UnitDuty
from data.rights import Person
from data.supervision_models import install, offer_built_in
from data.tables import Alert
from tests.alert_in_miniature import written
from tests.staff_in_miniature import furnish, somebody
from tests.tables_in_text import card_named, file_tables
from tests.test_data_back_test import JOURNAL
from tests.test_data_model_life import LOCAL, approver, author

LEADER = somebody("leader", region="990101")
INSPECTOR = somebody("inspector", region="990101", code="inspector")


@pytest.fixture
def stocked(small_office: Path) -> None:
    """M10 active, all others drafts; a journal with pairs, the newest known since 2024."""
    furnish()
    with writing() as session:
        session.add(UnitDuty(unit_code="T1", region_code="990101001", domain_code=None, level=None))
        offer_built_in(session, at=utc_now())
        install(session, card_named("M10"))
        years = utc_now().year - 2024
        file_tables(
            session, {"cash_journal": JOURNAL.replace("2024", str(2024 + years)).replace("2023", str(2023 + years))}
        )


def page(who: Person, code: str = "M10", language: str = "zh", **view: str) -> str:
    with visiting(who):
        return written(body(language, {"code": code, **view}))


def do(who: Person, form: str, code: str = "L01", v: str = "1", **given: str) -> str:
    with visiting(who):
        return written(answered(form, given, {"code": code, "v": v}, "zh"))


def test_the_grid_shows_every_model_and_narrows(stocked: None) -> None:
    with visiting(LEADER):
        said = written(grid("zh", {}))
        assert "个运行中" in said
        assert "同日同额支出" in said
        assert "导入卡片文件" not in said, "a leader writes no supervision models"
        assert "没有符合条件" in written(grid("zh", {"q": "无此模型"}))
        narrowed = written(grid("en", {"status": "active"}))
        assert "Same-day" in narrowed or "M10" in narrowed
        assert "M02" not in narrowed
    with visiting(author()):
        assert "导入卡片文件" in written(grid("zh", {}))


def test_an_empty_warehouse_says_what_to_do(small_office: Path) -> None:
    with visiting(LEADER):
        assert "仓库是空的" in written(grid("zh", {}))


def test_the_page_tells_the_three_elements_to_everybody_and_deeds_to_those_who_may(stocked: None) -> None:
    said = page(LEADER)
    for words in ("监督点", "监督数据", "监督规则", "政策依据", "参数", "模型图", "没有审批记录", "您的范围内尚无"):
        assert words in said, words
    assert "model-paused-do" not in said
    assert "model-paused-do" in page(author())
    assert "model-retired-do" in page(approver())
    with pytest.raises(NotFound), visiting(LEADER):
        body("zh", {"code": "M99"})
    for language in ("zh", "en"):
        for code in ("M01", "M10"):
            assert page(author(), code, language)


def test_a_draft_goes_from_back_test_to_activation_by_the_one_next_step(stocked: None) -> None:
    with writing() as session:
        save_draft(session, LOCAL, author(), at=utc_now())
    assert "开始回测" in page(author(), "L01")
    assert "正在回测" in do(author(), "model-try")
    back_test.run_waiting(now=utc_now())
    said = page(author(), "L01")
    assert "启用当日" in said
    assert "model-submitted-do" not in said, "the sample is not judged yet"
    sample = page(INSPECTOR, "L01")
    assert "请您盲评" in sample
    assert "查实率" not in sample.partition("盲评样本")[2].partition("三要素")[0]
    with reading() as session:
        test = back_test.newest(session, "L01", 1)
        assert test is not None
        rows = json.loads(test.sample)
    for row in rows:
        with visiting(INSPECTOR):
            answered(
                "model-would", {}, {"code": "L01", "v": "1", "test": str(test.id), "row": str(row["number"])}, "zh"
            )
    assert "model-submitted-do" in page(author(), "L01")
    assert "已提交审批" in do(author(), "model-submitted")
    with pytest.raises(NotPermitted):
        do(author(), "model-activated")
    with pytest.raises(InputRefused):
        do(approver(), "model-returned", why="")
    assert "已批准启用" in do(approver(), "model-activated")
    with reading() as session:
        assert find(session, "L01", 1).status == "active"


def test_every_form_refuses_in_words_what_cannot_be_done(stocked: None) -> None:
    for form in FORMS:
        if form in ("model-paused", "model-version", "model-copy"):
            continue
        with pytest.raises(MingjingError) as refused, visiting(LEADER):
            answered(form, dict.fromkeys(FORMS[form], ""), {"code": "M10", "v": "2"}, "zh")
        assert refused.value.words("zh"), form


def test_running_is_planned_paused_and_widened_from_the_page(stocked: None) -> None:
    assert "每周，周1" in do(author(), "model-schedule", "M10", "2", kind="weekly", day="1")
    assert "已暂停" in do(author(), "model-paused", "M10", "2", why="数据正在更正，暂停运行")
    assert "暂停中" in page(LEADER)
    assert "已恢复" in do(approver(), "model-resumed", "M10", "2")
    with pytest.raises(TransitionRefused):
        do(approver(), "model-resumed", "M10", "2")


def test_a_card_goes_out_as_a_file_and_comes_in_with_every_fault_named(stocked: None) -> None:
    with visiting(author()):
        file = exported({"code": "M10"})
        assert file == {"content": card_named("M10").text, "filename": "M10-v2.toml"}
        assert imported(as_sent(LOCAL)) == "/warehouse/L01?v=1"
        broken = LOCAL.replace('phase = "post"', 'phase = "past"').replace("points_en", "pints_en")
        with pytest.raises(CardRefused) as refused:
            imported(as_sent(broken))
        assert written(faults(refused.value, "zh")).count('"Li"') >= 3
        for wrong in ("", "data:;base64,", "data:;base64,//8=", None):
            with pytest.raises(InputRefused, match="expected a card"):
                read_file(wrong)
    with visiting(LEADER), pytest.raises(NotPermitted):
        imported(as_sent(LOCAL))


def as_sent(text: str) -> str:
    return f"data:application/toml;base64,{base64.b64encode(text.encode()).decode()}"


def test_two_versions_are_compared_field_by_field_and_line_by_line(stocked: None) -> None:
    before = card_named("M10").text
    after = before.replace("default = 5000", "default = 6000").replace(
        "j.amount >= :min_amount", "j.amount > :min_amount"
    )
    (found,) = differences(before, after)
    assert (found.place, found.before, found.after) == (("parameters", "min_amount", "default"), "5000", "6000")
    lines = compare_sql("SELECT a\nFROM t\nWHERE x", "SELECT a\nFROM t\nWHERE y\nAND z")
    assert [line.kind for line in lines] == ["same", "same", "changed", "added"]
    assert compare_sql("a", "a") == []
    with writing() as session:
        row = new_version(session, "M10", author(), at=utc_now())
        save_draft(session, after.replace("version = 2", "version = 3"), author(), at=utc_now())
        assert row.version == 3
    said = page(LEADER, v="3", compare="2")
    assert "1 处字段不同" in said
    assert "行不同" in said


def test_typical_cases_are_masked_and_within_scope(stocked: None) -> None:
    with writing() as session:
        for number, region in enumerate(("990101001201", "990101002201")):
            session.add(
                Alert(
                    alert_key=f"M10|x|{number}", source="M10", rule="twin_expenses", region_code=None, level="red",
                    status="closed", outcome="C1", subject_kind="village", subject_key="k", subject_display="村",
                    title=f"{region}？", title_en="?", attributes="{}", raised_at=datetime(2026, 1, 1),
                    concluded_at=datetime(2026, 1, 9), recovered=10.0, unit_code=f"T{number + 1}",
                )
            )  # fmt: skip
    said = page(somebody("inspector", unit="T1", region="990101001", code="one"))
    assert "典型案例" in said
    assert "990101001201？" in said
    assert "990101002201？" not in said
