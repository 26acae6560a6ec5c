"""The queue on the screen: what a row says, and an inspector's morning in a real browser."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from dashboard.bulk import chosen_of, told
from dashboard.due import calendar_note, due_word
from dashboard.filters import LISTED, filters
from dashboard.pages.queue import rows, shown_beside, take_next
from dashboard.reasons import read_reasons
from dashboard.visitor import visiting
from data.bulk import Chosen, do, verifiers
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, NotPermitted
from data.facets import Choice, facets
from data.people_tables import Account
from data.queue import Filter
from data.states import STATES, TO_VERIFY
from data.tables import Alert, AlertEvent, Score, Unit
from tests.office_in_miniature import fill
from tests.people import person

NOW = datetime.now(UTC).replace(tzinfo=None)
TODAY = NOW.date()
VIEW = {"query": {}, "order": "likelihood"}


def asked(start: int = 0, end: int = 100) -> dict[str, int]:
    return {"startRow": start, "endRow": end}


@pytest.mark.usefixtures("visiting_everybody")
def test_rows_are_worded_in_the_language_and_ranked(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    answer = rows(asked(0, 5), VIEW, "zh")
    english = rows(asked(0, 5), VIEW, "en")
    with reading() as session:
        n = session.scalar(select(func.count(Alert.id)).where(Alert.status.in_(TO_VERIFY)))
        first = session.scalars(
            select(Alert.id).join(Score, Score.alert_id == Alert.id).where(Alert.status.in_(TO_VERIFY))
            .order_by(Score.queue_rank)
        ).first()  # fmt: skip
    assert answer["rowCount"] == n
    assert [row["id"] for row in answer["rowData"]] == [row["id"] for row in english["rowData"]]
    top = answer["rowData"][0]
    assert top["id"] == str(first)
    assert "请核查" in top["what"]
    assert top["level_word"] in ("红", "橙", "黄")
    assert top["score"][1] <= top["score"][0] <= top["score"][2]
    assert english["rowData"][0]["what"].endswith("?")


@pytest.mark.usefixtures("visiting_everybody")
def test_an_unscored_alert_says_so_and_stands_last(small_office: Path) -> None:
    fill(now=NOW, n_alerts=60)
    with writing() as session:
        session.delete(session.scalars(select(Score).where(Score.queue_rank == 1)).one())
    last = rows(asked(), VIEW, "zh")["rowData"][-1]
    assert (last["score"], last["score_word"], last["reason"]) == (None, "尚未评分", "")


@pytest.mark.usefixtures("visiting_everybody")
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


@pytest.mark.usefixtures("visiting_everybody")
def test_no_more_rows_than_a_block_are_given(small_office: Path) -> None:
    fill(now=NOW, n_alerts=120)
    view = {"query": {"status": ",".join(STATES)}, "order": "urgency"}
    assert len(rows(asked(0, 100_000), view, "zh")["rowData"]) == 100


FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("due_on", "state", "words"),
    [
        (FRIDAY - timedelta(days=1), "late", "超期 1 天"),
        (FRIDAY, "soon", "今日到期"),
        (FRIDAY + timedelta(days=3), "soon", "剩 1 个工作日"),
        (FRIDAY + timedelta(days=5), "soon", "剩 3 个工作日"),
        (FRIDAY + timedelta(days=6), "fine", "剩 4 个工作日"),
        (None, "none", "无期限"),
    ],
)
def test_the_due_lamp_has_a_word(due_on: date | None, state: str, words: str) -> None:
    assert due_word(due_on, FRIDAY, "zh") == (state, words)


def test_years_whose_holidays_are_not_known_are_said() -> None:
    assert calendar_note(date(2026, 12, 20), FRIDAY, "zh") == ""
    assert "2041" in calendar_note(date(2041, 1, 5), date(2040, 12, 31), "zh")


@pytest.mark.usefixtures("visiting_everybody")
def test_a_row_says_where_the_alert_stands_and_who_has_it(small_office: Path) -> None:
    fill(now=NOW, n_alerts=120)
    view = {"query": {"status": ",".join(STATES)}, "order": "urgency"}
    found = {int(one["id"]): one for one in rows(asked(), view, "zh")["rowData"]}
    with reading() as session:
        alerts = {a.id: a for a in session.scalars(select(Alert)) if a.id in found}
        people = {a.code: a.name for a in session.scalars(select(Account))}
        units = {u.code: u.name for u in session.scalars(select(Unit))}
    for alert_id, one in found.items():
        alert = alerts[alert_id]
        assert one["state_word"] == STATES[alert.status].name
        expected = people.get(alert.assignee or "") or units.get(alert.unit_code or "") or "尚未分办"
        assert one["holder"] == expected
        assert one["supervised"] == ("督办" if alert.supervised_at else "")
    assert {alert.status for alert in alerts.values()} >= {"verifying", "rectifying", "closed"}


def test_a_page_shows_what_its_visitor_may_see(small_office: Path) -> None:
    fill(now=NOW, n_alerts=120)
    with visiting(person("inspector", unit_code="U2")):
        shown = rows(asked(), VIEW, "zh")
        other_unit = shown_beside([{"id": str(_any(Alert.unit_code == "U3")), "href": "/"}], "zh")
    with reading() as session:
        own = session.scalars(select(Alert.id).where(Alert.unit_code == "U2", Alert.status.in_(TO_VERIFY))).all()
    assert {int(row["id"]) for row in shown["rowData"]} == set(own)
    assert shown["rowCount"] == len(own)
    assert "这条预警已不存在" in json.dumps(other_unit.to_plotly_json(), default=_plain, ensure_ascii=False)


def _any(*where: Any) -> int:
    with reading() as session:
        return session.scalars(select(Alert.id).where(*where).limit(1)).one()


def _plain(component: Any) -> Any:
    return component.to_plotly_json()


def test_take_the_next_one_gives_it_to_me_and_says_when_none_is_left(small_office: Path) -> None:
    fill(now=NOW, n_alerts=120)
    inspector = person("inspector", unit_code="U1", code="u1a")
    view = {"query": {"unit": "U1"}, "order": "urgency"}
    with reading() as session:
        free = session.scalars(
            select(Alert.id).join(Score, Score.alert_id == Alert.id)
            .where(Alert.unit_code == "U1", Alert.status.in_(("dispatched", "accepted"))).order_by(Score.queue_rank)
        ).all()  # fmt: skip
    taken = []
    with visiting(inspector):
        while (found := take_next(view, "zh"))[0]:
            taken.append(found[0])
    assert taken == [f"/alert/{one}?unit=U1&order=urgency" for one in free]
    assert found == (None, "没有可领取的预警")
    with reading() as session:
        mine = session.scalars(select(Alert).where(Alert.id.in_(free))).all()
        assert {(a.status, a.assignee) for a in mine} == {("verifying", "u1a")}


def test_several_are_signed_for_and_what_is_refused_says_why(small_office: Path) -> None:
    fill(now=NOW)
    mine = [Alert.unit_code == "U1"]
    fresh, signed = _any(Alert.status == "dispatched", *mine), _any(Alert.status == "verifying", *mine)
    seen = [Chosen(fresh, _version(fresh)), Chosen(signed, _version(signed)), Chosen(_any(Alert.unit_code == "U2"), 1)]
    result = do(person("inspector", unit_code="U1", code="u1a"), seen, "sign_in", at=NOW)
    assert result.done == (fresh,)
    reasons = {alert_id: error.words("zh") for alert_id, error in result.refused}
    assert "核查中" in reasons[signed]
    assert "不在您的范围内" in reasons[seen[2].id]
    with reading() as session:
        assert session.get_one(Alert, fresh).status == "accepted"
        last = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == fresh).order_by(AlertEvent.id)).all()[-1]
        assert (last.kind, last.actor) == ("signed_in", "u1a")
    told_of = json.dumps(
        [one.to_plotly_json() for one in told(result, "zh") if one], default=_plain, ensure_ascii=False
    )
    assert "已办 1 条" in told_of
    assert "2 条未办" in told_of


def _version(alert_id: int) -> int:
    with reading() as session:
        return session.get_one(Alert, alert_id).version


def test_several_are_transferred_or_assigned_by_those_who_may(small_office: Path) -> None:
    fill(now=NOW)
    waiting, given = _any(Alert.status == "waiting"), _any(Alert.status == "dispatched", Alert.unit_code == "U1")
    chosen = [Chosen(waiting, _version(waiting)), Chosen(given, _version(given))]
    approver = person("approver", code="county.approver")
    with pytest.raises(NotPermitted):
        do(person("inspector", unit_code="U1"), chosen, "transfer", at=NOW, to="U3", note="r")
    assert do(approver, chosen, "transfer", at=NOW, to="U3", note="属地管辖").done == (waiting, given)
    with reading() as session:
        assert {session.get_one(Alert, one).unit_code for one in (waiting, given)} == {"U3"}
        assert [code for code, _ in verifiers(session, {"U3"}, on=TODAY)] == ["u3a", "u3b"]
    stale = do(approver, chosen, "assign", at=NOW, to="u3a")
    assert stale.done == ()
    assert all(isinstance(error, AlertChanged) for _, error in stale.refused)
    again = [Chosen(one, _version(one)) for one in (waiting, given)]
    assert do(approver, again, "assign", at=NOW, to="u3a").done == (waiting, given)
    with reading() as session:
        assert {session.get_one(Alert, one).assignee for one in (waiting, given)} == {"u3a"}


@pytest.mark.parametrize("chosen", [None, [], [{}], [{"id": "x", "version": 1}], ["1"]])
def test_rows_chosen_by_hand_are_refused_in_words(small_office: Path, chosen: object) -> None:
    with pytest.raises(InputRefused):
        do(person("approver"), chosen_of(chosen), "assign", at=NOW)


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
    drawn = json.dumps(filters(shown, wanted, "in_force", "zh").to_plotly_json(), default=lambda c: c.to_plotly_json())
    assert '/queue?region=990101001"' in drawn, "red again: without the level"
    assert "/queue?region=990101&level=red" in drawn, "the chosen town again: one step up"
    assert "/queue?region=990101001&level=red,orange" in drawn


def test_a_facet_of_many_choices_folds_the_rest_and_nests_no_list(small_office: Path) -> None:
    fill(now=NOW, n_alerts=10)
    with reading() as session:
        shown = facets(session, Filter(), today=TODAY)
    many = tuple(Choice(f"M{n}", f"模型{n}", f"Model {n}", n) for n in range(LISTED + 3))
    section = filters(replace(shown, source=many), Filter(), "in_force", "zh")["facet-source"]
    assert not any(isinstance(child, list) for child in section.children), "a browser draws no list within a list"
    assert "还有 3 个" in json.dumps(section.to_plotly_json(), default=_plain, ensure_ascii=False)


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
                Alert.region_code.startswith("990101001"), Alert.level == "red", Alert.status.in_(TO_VERIFY)
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


@pytest.mark.browser
def test_the_next_one_is_taken_with_one_key(page) -> None:
    fill(now=NOW)
    with reading() as session:
        first = session.scalars(
            select(Alert.id).join(Score, Score.alert_id == Alert.id).where(Alert.status.in_(("dispatched", "accepted")))
            .order_by(Score.queue_rank)
        ).first()  # fmt: skip
    page.goto("/queue?level=red,orange,yellow")
    page.wait_for_selector("#queue-preview h2")
    page.keyboard.press("n")
    page.wait_for_url(f"**/alert/{first}?level=red,orange,yellow")
    with reading() as session:
        taken = session.get_one(Alert, first)
        assert (taken.status, taken.assignee) == ("verifying", "everybody")


@pytest.mark.browser
def test_ticked_rows_are_transferred_after_a_question(page) -> None:
    fill(now=NOW)
    page.goto("/queue?status=dispatched&unit=U1")
    page.wait_for_selector("#queue-preview h2")
    assert not page.is_visible("#queue-bulk"), "a row that is only looked at is not ticked"
    boxes = page.locator("#queue-grid .ag-row input[type=checkbox]")
    for number in (0, 1):
        boxes.nth(number).click()
    page.wait_for_function("() => document.querySelector('#queue-bulk-n')?.innerText === '已选 2 条'")
    page.click("[data-bulk=transfer]")
    page.wait_for_selector("#queue-bulk-do")
    page.click("#queue-bulk-do")
    page.wait_for_function("() => document.querySelector('#queue-bulk-why')?.innerText.includes('尚未选择')")
    page.click(".bulk-to label:has-text('石门镇纪委')")
    page.fill("#queue-bulk-note", "属地管辖")
    page.click("#queue-bulk-do")
    page.wait_for_selector("#queue-bulk-result")
    assert page.inner_text("#queue-bulk-result") == "已办 2 条"
    with reading() as session:
        moved = session.scalars(select(AlertEvent).where(AlertEvent.kind == "transferred")).all()
        assert {session.get_one(Alert, event.alert_id).unit_code for event in moved} == {"U3"}
        assert len(moved) == 2


@pytest.mark.parametrize(
    "row", [{"id": 10**30, "version": 1}, {"id": 1, "version": 10**30}, {"id": float("inf"), "version": 1}]
)
def test_rows_of_endless_numbers_are_refused(row: dict[str, float]) -> None:
    with pytest.raises(InputRefused, match="Reload the queue"):
        chosen_of([row])
