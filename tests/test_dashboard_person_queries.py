"""The page of person queries: asked with a reason, decided by another, read while it is open, all masked."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dashboard.clearance_forms import compared, verified
from dashboard.pages import clearance as clearance_page
from dashboard.pages.person_queries import asked, body, decided, layout
from dashboard.visitor import visiting
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.identity import subject_key
from data.loop_tables import Responsible
from data.office_time import utc_now
from data.people_tables import ClearanceReport, PersonQuery
from data.rights import Person
from tests.alert_in_miniature import (  # noqa: F401  (fixtures)
    APPROVER,
    NUMBER,
    filled,
    inspector,
    one,
    template,
    written,
)
from tests.people import person, store

pytestmark = pytest.mark.usefixtures("filled")
NAME = "韩小明"


def ask(who: Person | None = None, number: str = NUMBER, reason: str = "核对是否与经办人为同一人") -> str:
    with visiting(who or inspector()):
        return written(asked(f"{NAME} {number}", "", "预警 30", reason, "zh"))


def query() -> PersonQuery:
    with reading() as session:
        return session.scalars(select(PersonQuery)).one()


def decide(approve: bool = True, decision: str = "同意，限本案", who: Person = APPROVER) -> str:
    with visiting(who):
        given = {"id": query().id, "version": query().version}
        return written(decided(given, approve, 24, decision, "zh"))


def seen(who: Person, **address: str) -> str:
    with visiting(who):
        return written(layout("zh", **address))


def test_a_query_is_sent_and_stands_masked_with_asker_and_approver() -> None:
    said = ask()
    assert "已提交，等待审批" in said
    assert "韩某某" in said
    for page in (said, seen(APPROVER)):
        assert NUMBER not in page
        assert NAME not in page
    assert "核对是否与经办人为同一人" in seen(APPROVER)
    assert "没有等您审批的查询" in seen(person("approver", region_code="990101005", code="elsewhere"))


@pytest.mark.parametrize(("number", "reason"), [("123", "核对是否同一人"), (NUMBER, ""), ("", None)])
def test_what_is_missing_is_said_and_the_number_never_repeated(number: str, reason: str) -> None:
    with visiting(inspector()), pytest.raises(InputRefused) as refused:
        asked(f"{NAME} {number}", None, "预警 30", reason, "zh")
    assert NUMBER not in refused.value.words("zh")


def test_approved_it_is_read_by_its_asker_alone_and_only_while_it_is_open() -> None:
    number = one("verifying")
    with writing() as session:
        session.add(
            Responsible(
                alert_id=number, role="handler", subject_key=subject_key("person", NUMBER), display="韩某某", post="",
                unit_name="", source="t", finding="",
            )
        )  # fmt: skip
    ask()
    with visiting(inspector()), pytest.raises(TransitionRefused):
        layout("zh", result=str(query().id))
    assert "已办理" in decide()
    mine = seen(inspector())
    assert "同意，限本案" in mine
    assert f"result={query().id}" in mine
    found = seen(inspector(), result=str(query().id))
    assert f"#{number}" in found
    assert "经办人" in found
    assert NUMBER not in found
    with visiting(APPROVER), pytest.raises(NotPermitted):
        layout("zh", result=str(query().id))
    with writing() as session:
        session.scalars(select(PersonQuery)).one().expires_at = utc_now() - timedelta(minutes=1)
    assert "已过期" in seen(inspector())
    with visiting(inspector()), pytest.raises(TransitionRefused):
        layout("zh", result=str(query().id))


def test_a_refusal_takes_its_reason_and_is_told() -> None:
    ask()
    with pytest.raises(InputRefused):
        decide(approve=False, decision="")
    assert query().state == "asked"
    decide(approve=False, decision="与本案无关")
    assert "已拒绝" in seen(inspector())
    assert "与本案无关" in seen(inspector())


def test_nobody_decides_the_own_query_or_one_that_was_decided() -> None:
    both = Person("both", "兼任", "U1", (*inspector().posts, *APPROVER.posts), None, "127.0.0.1")
    with writing() as session:
        store(session, both)
    ask(both)
    with visiting(both):
        assert "没有等您审批的查询" in written(body("zh"))
    with pytest.raises(NotPermitted):
        decide(who=both)
    decide()
    with pytest.raises(MingjingError):
        decide(approve=False, decision="再想想")


@pytest.mark.parametrize("given", [None, 7, {}, {"id": "x"}, {"id": -1}, {"id": 999999, "version": 1}])
def test_what_no_form_sends_is_refused_in_words(given: object) -> None:
    with visiting(APPROVER), pytest.raises(MingjingError):
        decided(given, True, 24, "", "zh")
    for text in ("x", "-1", "9" * 30, "999999"):
        with visiting(inspector()), pytest.raises(MingjingError):
            layout("zh", result=text)


def report() -> ClearanceReport:
    with reading() as session:
        return session.scalars(select(ClearanceReport)).one()


def sheet(who: Person, language: str = "zh") -> str:
    with visiting(who):
        return written(clearance_page.layout(str(report().id), language))


def test_a_report_is_made_shown_masked_verified_and_refused_once_it_expired() -> None:
    ask()
    with visiting(inspector()), pytest.raises(TransitionRefused):
        compared(query().id, 2, "zh")
    decide()
    with visiting(inspector()):
        for wrong in ((None, 2), (query().id, None), (query().id, "2"), ("x", 2)):
            with pytest.raises(MingjingError):
                compared(*wrong, "zh")
        assert f"/clearance/{report_id(compared(query().id, 2, 'zh'))}" in seen(inspector(), result=str(query().id))
    for who in (inspector(), APPROVER):
        said = sheet(who)
        assert "比对情况报告" in said
        assert "不等于作出没有问题的结论" in said
        assert "同意，限本案" not in said
        for hidden in (NAME, NUMBER):
            assert hidden not in said
    assert "clears only what was compared" in sheet(inspector(), "en")
    code = report().code
    with visiting(APPROVER):
        number = f"{report().made_at.year}-{report().id}"
        told = verified(number, f"{code[:4]}-{code[4:8]} {code[8:].lower()}", "zh")
        assert told.startswith("核验通过")
        assert "请与纸面核对：截至 " in told
        assert "现已过期" in verified(number, code, "zh", at=utc_now() + timedelta(days=9))
        for wrong_number, wrong_code in ((number, "0" * 12), ("1999-1", code), (None, None), ("x", "x")):
            with pytest.raises(NotFound):
                verified(wrong_number, wrong_code, "zh")
    with writing() as session:
        session.scalars(select(PersonQuery)).one().expires_at = utc_now() - timedelta(minutes=1)
    for who in (inspector(), APPROVER):
        with pytest.raises(TransitionRefused):
            sheet(who)
    with visiting(APPROVER), pytest.raises(NotFound):
        # The printed report says another expiry than is kept now.
        verified(number, code, "zh")


def report_id(links: list[object]) -> int:
    assert len(links) == 1
    return report().id


def test_names_show_to_the_asker_for_a_reason_and_to_nobody_else() -> None:
    ask()
    decide()
    with visiting(inspector()):
        compared(query().id, 2, "zh")
    with visiting(inspector()):
        with pytest.raises(InputRefused):
            clearance_page.unmasked(query().id, "", "zh")
        shown = written(clearance_page.unmasked(query().id, "向反映人当面反馈", "zh"))
    assert f"{NAME} {NUMBER}" in shown
    assert "clearance-unmask" in sheet(inspector())
    assert "clearance-unmask" not in sheet(APPROVER)
    with visiting(APPROVER), pytest.raises(MingjingError):
        clearance_page.unmasked(query().id, "向反映人当面反馈", "zh")
    for who in (person("inspector", unit_code="U2", code="u2a"), person("leader", code="county.leader")):
        with pytest.raises(MingjingError):
            sheet(who)
