"""Model health: one sentence on top, who may decide what, and cards that download."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard import model_card_file
from dashboard.pages import model_health as page
from dashboard.visitor import visiting
from data import risk_models
from data.database import reading, writing
from data.errors import NotFound, NotPermitted
from data.tables import RiskModel
from tests.office_in_miniature import fill
from tests.people import everybody, person

NOW = datetime.now(UTC).replace(tzinfo=None)


def interval(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05}


def card(**more: Any) -> dict[str, Any]:
    month = f"{NOW + timedelta(hours=8):%Y-%m}"
    figures = {name: interval(0.7) for name in ("auc", "first_half", "precision_10", "brier")}
    return {
        "figures": figures,
        "past_rate": {name: interval(0.6) for name in figures},
        "gain": {name: interval(0.1) for name in ("auc", "first_half", "average_precision", "brier")},
        "better_than_chance": True,
        "later": {"since": NOW.isoformat(), "until": NOW.isoformat(), "n_alerts": 90, "n_concluded": 80},
        "months": [{"month": month, "first_half": 0.78, "low": 0.6, "high": 0.9, "n": 40, "n_confirmed": 20,
                    "mean_p": 0.5, "share": 0.5}],
        "calibration": [
            {"p": 0.3, "from": 0.2, "to": 0.4, "share": 0.31, "low": 0.2, "high": 0.5, "n": 40},
            {"p": 0.7, "from": 0.6, "to": 0.8, "share": 0.69, "low": 0.5, "high": 0.8, "n": 40},
        ],
        "groups": [
            {"by": "sex", "group": "男", "n": 60, "share": 0.6, "top": interval(0.2), "n_concluded": 50,
             "confirmed": interval(0.5), "mean_p": 0.4, "gap": 0.1, "gap_error": 0.02},
            {"by": "sex", "group": "女", "small": True},
        ],
        "weak": [{"sign": "order", "by": "source", "group": "M04", "n": 40, "auc": 0.45}],
        "importance": [{"fact": "source", "points": 8.0, "zh": "监督模型", "en": "supervision model"}],
        "held_back": [{"column": "fine", "sign": "filled", "auc": 0.93, "n": 400}],
        "window": {"n": 200, "n_confirmed": 100, "first": NOW.isoformat(), "last": NOW.isoformat()},
        "dropped": {"no outcome known by then": 12},
        "notes": ["a note"],
        **more,
    }  # fmt: skip


@pytest.fixture
def filed(small_office: Path, visiting_everybody: None) -> None:
    """The live model 1, and challenger 2 that did better on the same alerts."""
    compared = {"verdict": "better", "n": 80, "with": 1, "gain": {"auc": interval(0.1), "brier": interval(0.1)}}
    with writing() as session:
        fill(session, now=NOW, n_alerts=40)
        session.get_one(RiskModel, 1).metrics = json.dumps(card())
        session.add(
            RiskModel(
                id=2, state="challenger", fingerprint="2" * 64, content="{}", n_rows=300, as_of=NOW, trained_at=NOW,
                metrics=json.dumps(card(compared=compared)),
            )
        )  # fmt: skip
        session.flush()
        risk_models.note_by_itself(session, 2, "filed", at=NOW, note="")


def text_of(parts: Any) -> str:
    return json.dumps([part.to_plotly_json() if hasattr(part, "to_plotly_json") else part for part in parts],
                      ensure_ascii=False, default=lambda one: one.to_plotly_json())  # fmt: skip


def test_the_page_says_in_words_what_the_order_is_worth(filed: None) -> None:
    said = text_of(page.body("zh", {}))
    assert "本月模型排在前一半的预警包含了 78% 的查实预警。" in said
    assert "概率可信：说 70% 的里面有 69% 查实（40 条）。" in said
    assert "第 2 号模型待批准" in said
    assert "This month the first half of the list held 78% of what was confirmed." in text_of(page.body("en", {}))


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (card(better_than_chance=False), "不比随机好"),
        (card(stands_in=True, chance=True), "不比随机好"),
        (card(stands_in=True, chance=False), "核查结论太少"),
        ({}, "随后的结论太少"),
    ],
    ids=["later", "nothing foretold", "too little", "measured by none"],
)
def test_what_is_no_better_than_chance_says_so(filed: None, metrics: dict[str, Any], words: str) -> None:
    with writing() as session:
        session.get_one(RiskModel, 1).metrics = json.dumps(metrics)
    assert words in text_of(page.body("zh", {}))


def test_small_groups_show_no_figures(filed: None) -> None:
    said = text_of(page.body("zh", {}))
    assert "另有 1 个群体太小，不显示。" in said


def test_a_challenger_is_put_live_on_its_page_and_returned_from(filed: None) -> None:
    done = page.answered("risk-promote", {"why": "排序更好"}, {"model": "2"}, "zh")
    assert "第 2 号模型已上线" in text_of(done)
    page.answered("risk-back", {"why": "漏报较多"}, {"model": "1"}, "zh")
    with reading() as session:
        assert risk_models.live_model(session).id == 1


def test_withdrawn_scores_are_said_on_top_until_restored(filed: None) -> None:
    said = text_of(page.answered("risk-withdraw", {"why": "数据来源异常"}, {}, "zh"))
    assert "评分已停用" in said
    assert "数据来源异常" in said
    assert "risk-restore-do" in said
    assert "risk-withdraw-do" in text_of(page.answered("risk-restore", {"why": "数据已恢复"}, {}, "zh"))


def test_a_held_back_column_is_let_in(filed: None) -> None:
    said = text_of(page.answered("risk-allow", {"column": "fine", "why": "立案前已填写"}, {}, "zh"))
    assert "已放行 fine" in said
    with reading() as session:
        assert list(risk_models.allowed_columns(session)) == ["fine"]


def test_who_has_no_right_sees_the_page_without_its_forms(filed: None) -> None:
    with visiting(person("leader")):
        said = text_of(page.body("zh", {"model": "2"}))
        assert "risk-promote-do" not in said
        with pytest.raises(NotPermitted):
            page.answered("risk-promote", {"why": "排序更好"}, {"model": "2"}, "zh")


@pytest.mark.parametrize("asked", ["9", "x", "-1", "1" * 40])
def test_a_model_that_is_not_there_is_refused_in_words(filed: None, asked: str) -> None:
    with pytest.raises(NotFound):
        page.body("zh", {"model": asked})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_is_a_file_that_holds_the_figures(filed: None, language: str) -> None:
    with reading() as session:
        text, media = model_card_file.written(session, 2, "md", language)
        plain = json.loads(model_card_file.written(session, 2, "json", language)[0])
    assert media == "text/markdown"
    assert ("弱点" if language == "zh" else "Weak spots") in text
    assert "12" in text, "rows that were dropped"
    assert "{" not in text
    assert plain["figures"]["auc"]["value"] == 0.7
    assert plain["fingerprint"] == "2" * 64


def test_everybody_is_a_person_of_the_whole_office(filed: None) -> None:
    with reading() as session:
        risk_models.must_govern(session, everybody())


def test_the_plots_are_drawn_and_nothing_is_asked_of_another_host(filed: None, open_page: Any) -> None:
    shown = open_page(everybody())
    shown.goto("/model-health?lang=zh")
    shown.wait_for_selector(".chart .main-svg")
    assert "78%" in shown.inner_text("h1")
