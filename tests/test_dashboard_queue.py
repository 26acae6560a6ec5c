"""The queue on the screen: what a row says, and an inspector's morning in a real browser."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dashboard.due import due_word
from dashboard.filters import filters
from dashboard.pages.queue import rows
from dashboard.reasons import read_reasons
from data.database import reading, writing
from data.errors import InputRefused
from data.facets import facets
from data.queue import Filter
from data.tables import Alert, Score
from tests.office_in_miniature import fill

NOW = datetime.now(UTC).replace(tzinfo=None)
TODAY = NOW.date()
VIEW = {"query": {}, "order": "likelihood"}


def asked(start: int = 0, end: int = 100) -> dict[str, int]:
    return {"startRow": start, "endRow": end}


def test_rows_are_worded_in_the_language_and_ranked(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    answer = rows(asked(0, 5), VIEW, "zh")
    english = rows(asked(0, 5), VIEW, "en")
    with reading() as session:
        n = session.scalar(select(func.count(Alert.id)).where(Alert.status == "open"))
        first = session.scalars(select(Score.alert_id).where(Score.queue_rank == 1)).one()
    assert answer["rowCount"] == n
    assert [row["id"] for row in answer["rowData"]] == [row["id"] for row in english["rowData"]]
    top = answer["rowData"][0]
    assert top["id"] == str(first)
    assert "请核查" in top["what"]
    assert top["level_word"] in ("红", "橙", "黄")
    assert top["score"][1] <= top["score"][0] <= top["score"][2]
    assert english["rowData"][0]["what"].endswith("?")


def test_an_unscored_alert_says_so_and_stands_last(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    with writing() as session:
        session.delete(session.scalars(select(Score).where(Score.queue_rank == 1)).one())
    last = rows(asked(), VIEW, "zh")["rowData"][-1]
    assert (last["score"], last["score_word"], last["reason"]) == (None, "尚未评分", "")


def test_a_row_leads_to_its_page_and_keeps_the_filter(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    row = rows(asked(0, 1), {"query": {"level": "red"}, "order": "urgency"}, "zh")["rowData"][0]
    assert row["href"] == f"/alert/{row['id']}?level=red&order=urgency"


@pytest.mark.parametrize(
    ("wanted", "view"),
    [
        ({"startRow": -1, "endRow": 5}, VIEW),
        ({"startRow": "0", "endRow": 5}, VIEW),
        ([], VIEW),
        (asked(), None),
        (asked(), {"query": [1]}),
        (asked(), {"query": {"level": 5}}),
        (asked(), {"query": {}, "order": "best"}),
    ],
)
def test_rows_asked_for_by_hand_are_refused_in_words(small_office: Path, wanted: object, view: object) -> None:
    with pytest.raises(InputRefused):
        rows(wanted, view, "zh")


def test_no_more_rows_than_a_block_are_given(small_office: Path) -> None:
    fill(now=NOW, n_alerts=120)
    view = {"query": {"status": "open,held,closed"}, "order": "urgency"}
    assert len(rows(asked(0, 100_000), view, "zh")["rowData"]) == 100


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [(-1, "late", "超期 1 天"), (0, "soon", "今日到期"), (7, "soon", "剩 7 天"), (8, "fine", "剩 8 天")],
)
def test_the_due_lamp_has_a_word(days: int, state: str, words: str) -> None:
    assert due_word(TODAY + timedelta(days=days), TODAY, "zh") == (state, words)


def test_points_of_reasons_add_up_to_the_score(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    with reading() as session:
        for score in session.scalars(select(Score)):
            found = read_reasons(score.reasons)
            assert found is not None
            points = sum(item.points for item in found.items) + found.rest_points
            assert found.p_base * 100 + points == pytest.approx(score.p_confirmed * 100, abs=0.1)
            assert all((item.points >= 0) == (item.contribution >= 0) for item in found.items)


def test_points_are_shown_as_they_are_stored() -> None:
    item = {"feature": "f", "contribution": 1.0, "points": 12.5, "zh": "甲", "en": "a"}
    stored = {"base": 0.0, "margin": 1.5, "items": [item], "rest": 0.5, "rest_points": 5.75}
    found = read_reasons(json.dumps(stored))
    assert found is not None
    assert (found.items[0].points, found.rest_points) == (12.5, 5.75)
    assert read_reasons("{}") is None


def test_choosing_a_choice_again_takes_it_back(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    wanted = Filter(level=("red",), region="990101001")
    with reading() as session:
        shown = facets(session, wanted, today=TODAY)
    drawn = json.dumps(
        filters(shown, wanted, "likelihood", "zh").to_plotly_json(), default=lambda c: c.to_plotly_json()
    )
    assert '/queue?region=990101001"' in drawn, "red again: without the level"
    assert "/queue?region=990101&level=red" in drawn, "the chosen town again: one step up"
    assert "/queue?region=990101001&level=red,orange" in drawn


@pytest.mark.browser
def test_an_inspectors_morning(page) -> None:
    fill(now=NOW)
    page.goto("/queue")
    page.wait_for_selector("#queue-preview h2")
    whole = page.inner_text("#queue-total")

    page.click("#facet-region .choice:has-text('高桥镇')")
    page.wait_for_url("**/queue?region=990101001")
    page.wait_for_function("before => document.querySelector('#queue-total').innerText !== before", arg=whole)
    page.click("#facet-level .choice:has-text('红')")
    page.wait_for_url("**/queue?region=990101001&level=red")
    with reading() as session:
        n = session.scalar(
            select(func.count(Alert.id)).where(
                Alert.region_code.startswith("990101001"), Alert.level == "red", Alert.status == "open"
            )
        )  # fmt: skip
    narrow = f"{n} 条"
    shown = "words => document.querySelector('#queue-total')?.innerText === words"
    page.wait_for_function(shown, arg=narrow)

    page.reload()
    page.wait_for_function(shown, arg=narrow)
    page.wait_for_selector("#queue-preview h2")
    page.go_back()
    page.wait_for_url("**/queue?region=990101001")
    page.wait_for_selector("#queue-preview h2")
    page.wait_for_function("before => document.querySelector('#queue-total').innerText !== before", arg=narrow)

    chosen = "dash_ag_grid.getApi('queue-grid').getSelectedNodes()[0]?.rowIndex"
    page.wait_for_function(f"() => {chosen} === 0")
    for key, row in (("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        page.wait_for_function(f"() => {chosen} === {row}")
    page.keyboard.press("?")
    page.wait_for_selector("#queue-help[open]")
    page.keyboard.press("?")
    page.wait_for_selector("#queue-help:not([open])", state="attached")

    page.keyboard.press("/")
    page.keyboard.type("查无此事")
    page.keyboard.press("Enter")
    page.wait_for_selector("#queue-empty")
    assert "清除" in page.inner_text("#queue-empty")


@pytest.mark.browser
def test_a_wrong_address_says_what_to_do(page) -> None:
    page.goto("/queue?level=purple")
    page.wait_for_selector(".message")
    assert "purple" in page.inner_text(".message")
    page.click(".message .button-main")
    page.wait_for_selector("#queue")
