"""Back-tests in a planted world: what was known when, what overlaps, what became of it, and a blind sample."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import back_test
from data.back_test import VERDICTS, ask, judge, judged_rate, month_ends, newest, run, run_waiting, to_judge
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.identity import subject_key
from data.model_life import advance, refusal, save_draft, submit
from data.model_requirements import unmet
from data.model_tables import BackTest, SampleVerdict
from data.model_work import model_tasks
from data.my_work import my_work
from data.people_tables import UnitDuty
from data.rights import Person
from data.tables import Alert
from tests.staff_in_miniature import furnish, somebody
from tests.tables_in_text import file_tables
from tests.test_data_model_life import LOCAL, approver, author

NOW = datetime(2024, 7, 3, 2)
HERE, THERE = "990101001", "990101002"
JOURNAL = """
    row_id | village      | entry_date | amount | voucher_hash | received_on
    1      | 990101001201 | 2023-06-05 | 6000   | a1           | 2023-06-10
    2      | 990101001201 | 2023-06-05 | 6000   | a2           | 2023-06-10
    3      | 990101001201 | 2024-02-05 | 7000   | b1           | 2024-03-10
    4      | 990101001201 | 2024-02-05 | 7000   | b2           | 2024-03-10
    5      | 990101002201 | 2024-06-05 | 8000   | c1           | 2024-06-10
    6      | 990101002201 | 2024-06-05 | 8000   | c2           | 2024-06-10
    7      | 990101001201 | 2024-07-01 | 9000   | d1           | 2024-07-01
    8      | 990101001201 | 2024-07-01 | 9000   | d2           | 2024-07-01
"""
"""Pairs known in June 2023, in March and in June 2024, and one after the last month's end."""
LATE = """
    row_id | village      | entry_date | amount | voucher_hash | received_on
    1      | 990101001201 | 2024-02-05 | 6000   | a1           | 2024-07-01
    2      | 990101001201 | 2024-02-05 | 6000   | a2           | 2024-07-01
"""
"""A pair of long ago that nobody knew of before July."""
INSPECTOR = somebody("inspector", region="990101", code="inspector")


@pytest.fixture
def tried(office: Path) -> BackTest:
    furnish()
    with writing() as session:
        for unit, region in (("T1", HERE), ("T2", THERE)):
            session.add(UnitDuty(unit_code=unit, region_code=region, domain_code=None, level=None))
        file_tables(session, {"cash_journal": JOURNAL})
        save_draft(session, LOCAL, author(), at=NOW)
        number = ask(session, "L01", 1, author(), at=NOW).id
    assert run_waiting(now=NOW) == 1
    with reading() as session:
        found = session.get_one(BackTest, number)
        session.expunge(found)
        return found


def test_month_ends_are_those_of_the_office() -> None:
    ends = month_ends(datetime(2024, 2, 29, 17))  # in Shanghai it is March
    assert (len(ends), ends[0], ends[-1]) == (13, datetime(2023, 2, 28, 15, 59, 59), datetime(2024, 2, 29, 15, 59, 59))


def test_what_would_have_been_raised_is_told_by_month_and_unit(tried: BackTest) -> None:
    assert (tried.state, tried.n_done, tried.n_total) == ("done", 13, 13)
    result = json.loads(tried.result)
    assert (result["before"], result["now"]) == (1, 3), "what came in July is not looked at"
    assert {one["month"]: one["n"] for one in result["months"] if one["n"]} == {"2024-03": 1, "2024-06": 1}
    assert [(one["unit"], one["now"], one["n"]) for one in result["units"]] == [("T1", 2, 1), ("T2", 1, 1)]
    assert result["per_week"] == pytest.approx(2 / 52.3, abs=0.01)
    assert result["recoverable"] == 21000
    with reading() as session:
        assert session.scalar(select(func.count(Alert.id))) == 0, "nothing is raised"


def test_overlap_and_expected_rate_come_from_the_alerts_that_are_there(tried: BackTest) -> None:
    with writing() as session:
        for number, (village, period, outcome) in enumerate(
            (("990101001201", "2023-06-05", "C1"), ("990101001201", None, "E1"), ("990101002201", "2020-01-01", None))
        ):
            alert(session, number, subject_key("village", village), period, outcome)
        again = ask(session, "L01", 1, author(), at=NOW).id
    run(again, now=NOW)
    with reading() as session:
        result = json.loads(session.get_one(BackTest, again).result)
    assert result["overlap"] == {
        "n": 3, "subject": 3, "period": 1, "own": 0, "models": [{"source": "M99", "subject": 3, "period": 1}],
    }  # fmt: skip
    assert (result["expected"]["n_confirmed"], result["expected"]["n"]) == (2, 2), "the third has no outcome yet"
    assert 0.3 < result["expected"]["low"] < result["expected"]["high"] <= 1


def alert(session: Session, number: int, key: str, period: str | None, outcome: str | None) -> None:
    session.add(
        Alert(
            alert_key=f"M99|R|{number}", source="M99", rule="R", region_code=HERE, level="red", status="closed",
            outcome=outcome, subject_kind="village", subject_key=key, subject_display="村", title="？", title_en="?",
            period=period, raised_at=NOW - timedelta(days=90), attributes="{}",
        )
    )  # fmt: skip


def test_only_hits_within_the_region_count(tried: BackTest) -> None:
    with writing() as session:
        save_draft(session, LOCAL, author(), at=NOW, region=THERE)
        number = ask(session, "L01", 1, author(), at=NOW).id
    run(number, now=NOW)
    with reading() as session:
        assert json.loads(session.get_one(BackTest, number).result)["now"] == 1


def test_what_came_after_the_last_month_end_is_tried_by_what_is_known_today(office: Path) -> None:
    furnish()
    with writing() as session:
        file_tables(session, {"cash_journal": LATE})
        save_draft(session, LOCAL, author(), at=NOW)
        number = ask(session, "L01", 1, author(), at=NOW).id
    run(number, now=NOW)
    with reading() as session:
        test = session.get_one(BackTest, number)
        result, rows = json.loads(test.result), json.loads(test.sample)
        waits = unmet(session, back_test.find_version(session, "L01", 1), at=NOW)
    assert (result["now"], result["as_of"], result["late"]) == (1, "today", {"cash_journal": "2024-07-01"})
    assert len(rows) == 1, "the sample is drawn from what is found today"
    assert [one.code for one in waits] == ["sample"]
    with writing() as session:
        session.get_one(BackTest, number).sample = "[]"
        row = back_test.find_version(session, "L01", 1)
        assert [one.code for one in unmet(session, row, at=NOW)] == ["back_test"], "hits without a sample are not seen"


def test_where_no_month_end_shows_a_hit_today_is_tried(office: Path) -> None:
    furnish()
    with writing() as session:
        file_tables(
            session, {"cash_journal": JOURNAL.replace("2023-06-10", "2024-07-02").replace("2024-03-10", "2024-07-02")}
        )
        save_draft(session, LOCAL, author(), at=NOW, region=HERE)
        number = ask(session, "L01", 1, author(), at=NOW).id
    run(number, now=NOW)
    with reading() as session:
        result = json.loads(session.get_one(BackTest, number).result)
    assert (result["now"], result["as_of"], result["late"]) == (2, "today", {})


def test_the_sample_is_seeded_and_blind(tried: BackTest) -> None:
    rows = json.loads(tried.sample)
    assert [row["number"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {"number", "rule", "subject", "region", "period", "n_rows", "rows"}
    with reading() as session:
        found = {one.alert_key: one for one in back_test.find(session, back_test.read_card(LOCAL), as_of=NOW)}
    draws = [[row["rows"] for row in back_test.draw_sample(found, seed)] for seed in (1, 1, 2, 3, 4)]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws[2:])


def test_an_inspector_judges_the_sample_before_it_is_submitted(tried: BackTest) -> None:
    with writing() as session:
        row = back_test.find_version(session, "L01", 1)
        assert "3 rows" in str(refusal(session, row, "submitted", author(), at=NOW))
        for number, verdict in enumerate(("would", "would_not", "unsure"), start=1):
            judge(session, tried.id, number, verdict, INSPECTOR, at=NOW)
        found = judged_rate(session, tried)
        assert (found["n_confirmed"], found["n"]) == (1, 2), "what nobody can tell is outside"
        submit(session, "L01", 1, author(), at=NOW)
        assert refusal(session, row, "activated", approver(), at=NOW) is None
    assert set(VERDICTS) == {"would", "would_not", "unsure"}


def waiting(who: Person) -> list[tuple[str, int, str]]:
    with reading() as session:
        found = [(one.kind, one.n, one.note) for one in model_tasks(session, who)]
        assert my_work(session, who, today=NOW.date()).n >= len(found)
    return found


def test_my_work_says_who_has_to_do_what_about_a_model(tried: BackTest) -> None:
    town = somebody("inspector", region=THERE, unit="T2", code="town")
    assert (waiting(author()), waiting(approver())) == ([("draft", 0, "")], [])
    assert (waiting(INSPECTOR), waiting(town)) == ([("judge", 3, "")], [("judge", 1, "")])
    assert waiting(somebody("inspector", region="990101", code="author")) == [], "nobody judges a model of their own"
    with writing() as session:
        for number in (1, 2, 3):
            judge(session, tried.id, number, "would", INSPECTOR, at=NOW)
        submit(session, "L01", 1, author(), at=NOW)
    assert (waiting(INSPECTOR), waiting(author()), waiting(approver())) == ([], [], [("approve", 0, "")])
    assert waiting(somebody("model_approver", code="author")) == [], "nor decides about it"
    with writing() as session:
        advance(session, "L01", 1, "returned", approver(), at=NOW, note="补充政策依据")
    assert (waiting(author()), waiting(approver())) == ([("returned", 0, "补充政策依据")], [])


def test_rows_are_judged_once_by_somebody_who_may_see_them(tried: BackTest) -> None:
    town = somebody("inspector", region=THERE, unit="T2", code="town")
    with writing() as session:
        places = {row["region"][:9] for row in to_judge(session, tried, town)}
        assert places == {THERE}
        other = next(row["number"] for row in json.loads(tried.sample) if row["region"].startswith(HERE))
        with pytest.raises(NotFound, match="outside your scope"):
            judge(session, tried.id, other, "would", town, at=NOW)
        with pytest.raises(NotPermitted):
            judge(session, tried.id, other, "would", author(), at=NOW)
        with pytest.raises(InputRefused):
            judge(session, tried.id, other, "perhaps", INSPECTOR, at=NOW)
        judge(session, tried.id, other, "would", INSPECTOR, at=NOW)
        with pytest.raises(TransitionRefused, match="was judged"):
            judge(session, tried.id, other, "would_not", INSPECTOR, at=NOW)
        with pytest.raises(NotPermitted, match="You wrote"):
            judge(session, tried.id, 3 if other != 3 else 1, "would", somebody("inspector", code="author"), at=NOW)
        assert session.scalar(select(func.count(SampleVerdict.id))) == 1


def test_one_that_was_broken_off_is_run_again_and_one_that_cannot_run_says_why(tried: BackTest) -> None:
    with writing() as session:
        session.get_one(BackTest, tried.id).state = "running"
        broken = LOCAL.replace("j.amount >= :min_amount", "j.amount + j.payee >= :min_amount")
        save_draft(session, broken, author(), at=NOW)
    assert run_waiting(now=NOW) == 1
    with reading() as session:
        again = session.get_one(BackTest, tried.id)
        assert again.state == "failed"
        assert "cannot be run" in json.loads(again.failure)["en"]


def test_a_back_test_asked_for_twice_is_one(tried: BackTest) -> None:
    with writing() as session:
        assert ask(session, "L01", 1, author(), at=NOW).id == ask(session, "L01", 1, author(), at=NOW).id != tried.id
        with pytest.raises(NotPermitted):
            ask(session, "L01", 1, approver(), at=NOW)
        assert newest(session, "L01", 1) is not None
