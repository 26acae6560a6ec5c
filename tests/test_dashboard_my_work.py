"""My work as each role sees it: its piles, what is said where there are none, the big button."""

from datetime import date

import pytest

from dashboard.pages.my_work import body, layout, take
from dashboard.visitor import visiting
from data import look_back, person_queries
from data.database import writing
from data.identity_numbers import check_character
from data.my_work import MyWork
from data.office_time import utc_now
from data.query_subjects import read_subjects
from data.rights import ROLES, Person, acting
from data.tables import Alert
from tests.alert_in_miniature import (  # noqa: F401  (fixtures)
    APPROVER,
    LEADER,
    NOW,
    filled,
    inspector,
    now_of,
    one,
    template,
    written,
)
from tests.people import person

pytestmark = pytest.mark.usefixtures("filled")
CHECKER = person("approver", code="checker", name="复核")
"""Has decided about nothing yet."""
NOTHING = MyWork(piles=(), inquiries=(), n_look_backs=0, n_person_queries=0)


def seen(who: Person, language: str = "zh") -> str:
    with visiting(who):
        return written(layout(language))


def test_each_role_is_shown_what_it_is_to_do_and_nothing_else() -> None:
    number = one("approving", due_on=date(2020, 1, 2))
    approver, verifier, leader = seen(APPROVER), seen(inspector()), seen(LEADER)
    assert "待我审批" in approver
    assert f"/alert/{number}" in approver
    assert "领取下一条" not in approver
    assert "领取下一条" in verifier
    assert "待我审批" not in verifier
    assert "范围内超期" in leader
    assert "待我审批" not in leader


def test_an_alert_out_of_scope_is_on_no_ones_page() -> None:
    number = one("accepted")
    assert f"/alert/{number}" in seen(inspector())
    assert f'/alert/{number}"' not in seen(person("inspector", unit_code="U2", code="u2a"))


@pytest.mark.parametrize("role", [code for code, role in ROLES.items() if role.rights & {"see", "answer"}])
def test_where_nothing_waits_it_is_said_what_to_do(role: str) -> None:
    who = person(role)
    for language in ("zh", "en"):
        with visiting(who):
            said = written(body(NOTHING, who, language, NOW.date()))
        assert {"zh": "手头没有待办", "en": "Nothing waits for you"}[language] in said
        assert ("/queue" in said) == who.may("see")
        assert ("work-take" in said) == who.may("verify")


def test_look_backs_and_person_queries_lead_to_their_pages() -> None:
    number = "99010119680203001" + check_character("99010119680203001")
    asker = inspector()
    with acting(CHECKER) as session:
        assert look_back.draw(session, CHECKER, at=utc_now(), n=2, seed=1)
    with acting(asker) as session:
        about = read_subjects(number, "subject")
        person_queries.ask(session, asker, at=utc_now(), subjects=about, reference="预警 1", reason="核对经办人身份")
    said = seen(CHECKER)
    assert "回头看 2 条待复核" in said
    assert "人员查询 1 件待审批" in said


def test_the_big_button_gives_the_next_alert_or_says_that_there_is_none() -> None:
    who = inspector()
    with visiting(who):
        address, _ = take("zh")
    number = int(address.rpartition("/")[2])
    assert (now_of(number).status, now_of(number).assignee) == ("verifying", who.code)
    with writing() as session:
        session.query(Alert).filter(Alert.status.in_(("waiting", "dispatched", "accepted"))).update({"status": "held"})
    with visiting(who):
        _, said = take("zh")
    assert "没有可以领取的预警" in said


def test_a_year_that_the_calendar_does_not_know_is_said_aloud() -> None:
    with visiting(LEADER):
        assert "2091" in written(body(NOTHING, LEADER, "zh", date(2091, 3, 1)))
