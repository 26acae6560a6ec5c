"""Whoever is tied to an alert leaves it to others, and is told why in both languages."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import inquiries, measures, responsible, supervision, verification
from data.database import reading, writing
from data.errors import Recused, TransitionRefused
from data.loop import advance, locked, refusal
from data.loop_tables import Responsible
from data.people_tables import Account, RecusalTie
from data.recusal import recusal
from data.rights import ROLES, Held, Person, acting
from data.tables import Alert, Unit
from tests.loop_in_miniature import APPROVER, COLLEAGUE, NOW, RAISED, VERIFIER, an_alert, furnish, kinds, somebody

SUBJECT, HANDLER = "s" * 64, "h" * 64


@pytest.fixture
def alert_id(small_office: Path) -> int:
    furnish()
    with writing() as session:
        session.add(Unit(code="B1", name="高桥镇经办中心", name_en="B1", kind="department", region_code="990101001"))
    number = an_alert(subject_key=SUBJECT)
    with writing() as session:
        session.add(
            Responsible(
                alert_id=number, role="handler", subject_key=HANDLER, display="何某某", post="经办员",
                unit_name="高桥镇经办中心", on_date=date(2026, 1, 5), source="benefit_payment.handler_id", finding="",
            )
        )  # fmt: skip
    return number


def _tie(kind: str, *, key: str | None = None, unit: str | None = None) -> None:
    with writing() as session:
        session.add(
            Account(
                code="li", name="李", unit_code="U1", state="active", must_change=False, n_failed=0, created_at=RAISED,
                created_by="t",
            )
        )  # fmt: skip
        session.flush()
        session.add(RecusalTie(account="li", kind=kind, subject_key=key, unit_name=unit, noted_at=RAISED, noted_by="t"))


def _recused(alert_id: int, person: Person) -> Recused | None:
    with reading() as session:
        return recusal(session, session.get_one(Alert, alert_id), person)


@pytest.mark.parametrize(
    ("person", "en", "zh"),
    [
        (somebody("inspector", "self", key=SUBJECT), "the person concerned", "本人"),
        (somebody("inspector", "he", key=HANDLER), "its former handler", "原经办人"),
        (somebody("inspector", "colleague", unit="B1"), "of one unit", "同单位"),
    ],
)
def test_ties_of_the_person_itself(alert_id: int, person: Person, en: str, zh: str) -> None:
    refused = _recused(alert_id, person)
    assert refused is not None
    assert en in refused.words("en")
    assert zh in refused.words("zh")


@pytest.mark.parametrize(
    ("kind", "key", "unit", "en", "zh"),
    [
        ("kin", SUBJECT, None, "kin of", "亲属"),
        ("kin", HANDLER, None, "kin of", "亲属"),
        ("household", SUBJECT, None, "one household", "同户"),
        ("same_unit", None, "高桥镇经办中心", "of one unit", "同单位"),
    ],
)
def test_declared_ties(alert_id: int, kind: str, key: str | None, unit: str | None, en: str, zh: str) -> None:
    assert _recused(alert_id, VERIFIER) is None
    _tie(kind, key=key, unit=unit)
    refused = _recused(alert_id, VERIFIER)
    assert refused is not None
    assert en in refused.words("en")
    assert zh in refused.words("zh")
    assert _recused(alert_id, COLLEAGUE) is None


def test_the_tied_neither_take_nor_are_given_it_and_the_button_says_so(alert_id: int) -> None:
    _tie("kin", key=SUBJECT)
    with reading() as session:
        shown = refusal(session, session.get_one(Alert, alert_id), "taken", VERIFIER, at=NOW)
    with pytest.raises(Recused) as refused, acting(VERIFIER) as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=NOW)
    assert shown is not None
    assert shown.zh == refused.value.zh
    with pytest.raises(Recused), acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "assigned", APPROVER, at=NOW, to=VERIFIER)
    with acting(APPROVER) as session:
        advance(session, locked(session, alert_id), "assigned", APPROVER, at=NOW, to=COLLEAGUE)
    with reading() as session:
        assert kinds(session, alert_id) == ["raised", "assigned"]


def test_a_tie_to_others_is_none_to_this(alert_id: int) -> None:
    _tie("kin", key="x" * 64, unit="别的单位")
    assert _recused(alert_id, VERIFIER) is None


def test_the_units_of_every_post_count(alert_id: int) -> None:
    also_there = Person(
        "li", "李", "U1", (Held(ROLES["inspector"], "U1", "", None), Held(ROLES["leader"], "B1", "", None))
    )
    refused = _recused(alert_id, also_there)
    assert refused is not None
    assert "同单位" in refused.words("zh")


def test_a_tie_found_since_keeps_from_all_work_on_it_but_not_from_putting_it_back(alert_id: int) -> None:
    tied = somebody("inspector", VERIFIER.code, key=SUBJECT)
    day = NOW.date()
    with writing() as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=NOW)
        supervision.order(
            session, alert_id, APPROVER, at=NOW, reason="other", demand="五日内报送结果", due_on=day + timedelta(days=9)
        )
        named = session.scalars(select(Responsible.id)).one()
        for work in (
            lambda: verification.hold(session, alert_id, tied, at=NOW, note="等待公安复函"),
            lambda: measures.add(session, alert_id, tied, at=NOW, kind="talk", quantity=1, done_on=day),
            lambda: inquiries.ask(session, alert_id, tied, at=NOW, unit_code="D1", question="请说明发放依据"),
            lambda: responsible.mark(session, named, tied, at=NOW, finding="cleared"),
            lambda: responsible.add(session, alert_id, tied, at=NOW, role="handler", name="某某", number="x"),
            lambda: supervision.answer(session, 1, tied, at=NOW, answer="已约谈经办人"),
        ):
            with pytest.raises(Recused):
                work()
        advance(session, locked(session, alert_id), "released", tied, at=NOW)


def test_who_answers_is_not_changed_once_it_is_closed(alert_id: int) -> None:
    with writing() as session:
        advance(session, locked(session, alert_id), "taken", VERIFIER, at=NOW)
        named = session.scalars(select(Responsible.id)).one()
        responsible.mark(session, named, VERIFIER, at=NOW, finding="answerable")
        verification.conclude(session, alert_id, VERIFIER, at=NOW, outcome="D1", note="登记日期录错")
        with pytest.raises(TransitionRefused, match="is found while"):
            responsible.mark(session, named, VERIFIER, at=NOW, finding="cleared")
        with pytest.raises(TransitionRefused, match="is found while"):
            responsible.add(session, alert_id, VERIFIER, at=NOW, role="handler", name="某某", number="x")
        assert session.get_one(Responsible, named).finding == "answerable"
