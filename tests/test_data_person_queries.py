"""Looking a person up: reasoned, approved by another, for hours; and the watchers are watched."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data import audit, person_queries, policy, query_subjects, ties
from data.database import reading, writing
from data.errors import AlertChanged, InputRefused, NotFound, NotPermitted, TransitionRefused
from data.identity import subject_key
from data.loop_tables import Responsible
from data.people_tables import PersonQuery
from data.query_subjects import read_subjects
from data.record_tables import AuditEntry
from data.rights import Person, acting
from data.tables import Alert
from data.watch import saw, watch
from tests.staff_in_miniature import NOW, deeds, furnish, hire, raise_alert, somebody

NUMBER = "11010519491231002X"
OTHER = "440524188001010014"
KEY_OF = {"reference": "#12", "reason": "核对该人其他预警"}


def staff() -> tuple[Person, Person]:
    """An inspector of the first town and an approver over the county."""
    furnish()
    return hire("li", "inspector", unit="T1"), hire("wu", "approver", region="990101")


def ask(person: Person, *, at: datetime = NOW, number: str = NUMBER, name: str = "韩立") -> int:
    with acting(person) as session:
        about = read_subjects(f"{name} {number}", "subject")
        return person_queries.ask(session, person, at=at, subjects=about, **KEY_OF).id


def decide(query_id: int, person: Person, *, approve: bool = True, at: datetime = NOW, **more: object) -> None:
    with acting(person) as session:
        person_queries.decide(session, query_id, person, at=at, approve=approve, **more)


def read(query_id: int, person: Person, *, at: datetime = NOW) -> list[person_queries.Found]:
    with acting(person) as session:
        return person_queries.results(session, query_id, person, at=at)


def test_an_approved_query_shows_the_alerts_of_every_unit_under_the_approver(office: Path) -> None:
    li, wu = staff()
    key = subject_key("person", NUMBER)
    own, other, outside = raise_alert(1, key, "990101001"), raise_alert(2, key, "990101002"), raise_alert(3, key, "99")
    raise_alert(4, "somebody else", "990101001")
    answers = raise_alert(5, "somebody else", "990101002")
    with writing() as session:
        session.add(
            Responsible(
                alert_id=answers, role="handler", subject_key=key, display="韩某某", post="", unit_name="", source="x",
                finding="",
            )
        )  # fmt: skip
    query = ask(li)
    with pytest.raises(TransitionRefused, match="not decided yet"):
        read(query, li)
    decide(query, wu)
    found = {one.alert_id: one.role for one in read(query, li)}
    assert found == {own: "subject", other: "subject", answers: "handler"}
    assert outside not in found
    actions = [action for action, *_ in deeds("person_query")]
    assert actions == ["person_query.asked", "person_query.read", "person_query.approved", "person_query.read"]


def test_everybody_who_answers_for_an_alert_is_told_and_the_subject_too(office: Path) -> None:
    li, wu = staff()
    other = "990101195001010010"
    keys = [subject_key("person", number) for number in (NUMBER, other)]
    alert = raise_alert(1, keys[0], "990101001")
    with writing() as session:
        session.add_all(
            Responsible(
                alert_id=alert, role=role, subject_key=key, display="某", post="", unit_name="", source="x", finding=""
            )
            for role, key in zip(("handler", "reviewer"), keys, strict=True)
        )
    with acting(li) as session:
        about = read_subjects(f"韩立 {NUMBER}\n赵立 {other}", "subject")
        query = person_queries.ask(session, li, at=NOW, subjects=about, **KEY_OF).id
    decide(query, wu)
    found = [(one.role, one.about.split()[0]) for one in read(query, li)]
    assert found == [("subject", "韩某某"), ("handler", "韩某某"), ("reviewer", "赵某某")]


def test_the_asker_sees_no_more_than_before_in_the_same_session(small_office: Path) -> None:
    li, wu = staff()
    elsewhere = raise_alert(1, subject_key("person", NUMBER), "990101002")
    query = ask(li)
    decide(query, wu)
    with acting(li) as session:
        assert len(person_queries.results(session, query, li, at=NOW)) == 1
        assert session.scalars(select(Alert)).all() == []
        assert session.get(Alert, elsewhere) is None


def test_a_read_is_on_record_though_the_page_then_fails(office: Path) -> None:
    li, wu = staff()
    query = ask(li, at=NOW - timedelta(hours=9))
    decide(query, wu)
    with pytest.raises(ZeroDivisionError), acting(li) as session:
        person_queries.results(session, query, li, at=NOW)
        raise ZeroDivisionError
    assert deeds("person_query.read") == [("person_query.read", "li", "done")]
    with reading() as session:
        audit.verify(session)


def test_it_expires_and_says_so(office: Path) -> None:
    li, wu = staff()
    query = ask(li)
    decide(query, wu, hours=2)
    assert read(query, li, at=NOW + timedelta(minutes=119)) == []
    with pytest.raises(TransitionRefused, match="expired at 2026-11-20 04:00"):
        read(query, li, at=NOW + timedelta(hours=2))
    assert deeds("person_query.read") == [("person_query.read", "li", "done"), ("person_query.read", "li", "refused")]


def test_a_refused_one_says_why(small_office: Path) -> None:
    li, wu = staff()
    query = ask(li)
    with pytest.raises(InputRefused, match="decision"):
        decide(query, wu, approve=False)
    decide(query, wu, approve=False, decision="与案件无关")
    with pytest.raises(TransitionRefused, match="refused by wu: 与案件无关"):
        read(query, li)
    with pytest.raises(TransitionRefused, match="refused already"):
        decide(query, wu)


def test_nobody_reads_the_query_of_another(small_office: Path) -> None:
    li, wu = staff()
    query = ask(li)
    decide(query, wu)
    for other in (wu, hire("zhao", "inspector", unit="T1")):
        with pytest.raises(NotPermitted, match="somebody else"):
            read(query, other)
    with pytest.raises(NotFound):
        read(999, li)


def test_who_may_decide(small_office: Path) -> None:
    li, wu = staff()
    town = hire("sun", "approver", unit="T2", region="990101002")
    both = hire("zhou", "inspector", "approver", region="990101")
    query = ask(li)
    with pytest.raises(NotPermitted, match="yourself"):
        decide(query, li)
    for person in (town, hire("zheng", "leader", region="99")):
        with pytest.raises(NotFound):
            decide(query, person)
    own = ask(both)
    with pytest.raises(NotPermitted, match="second person"):
        decide(own, both)
    with reading() as session:
        assert [one.id for one in person_queries.to_decide(session, wu)] == [query, own]
        assert [one.id for one in person_queries.to_decide(session, both)] == [query]
        assert person_queries.to_decide(session, town) == []
        assert (person_queries.n_to_decide(session, wu), person_queries.n_to_decide(session, town)) == (2, 0)
        assert [one.id for one in person_queries.asked_by(session, both)] == [own]
    with pytest.raises(InputRefused, match="999 hours"):
        decide(query, wu, hours=999)
    with pytest.raises(AlertChanged):
        decide(query, wu, version=7)
    decide(query, wu, version=1)


def test_an_approver_tied_to_the_person_leaves_it_to_another(small_office: Path) -> None:
    li, wu = staff()
    with writing() as session:
        ties.declare(session, wu, account="wu", kind="kin", number=NUMBER, at=NOW)
    with pytest.raises(NotPermitted, match="kin"):
        decide(ask(li), wu)


@pytest.mark.parametrize("tie", ["self", "kin", "household", "same_unit"])
def test_oneself_ones_kin_and_ones_unit_are_refused_and_noted(office: Path, tie: str) -> None:
    furnish()
    li = hire("li", "inspector", unit="T1", number=NUMBER if tie == "self" else None)
    with writing() as session:
        if tie in ("kin", "household"):
            ties.declare(session, li, account="li", kind=tie, number=NUMBER, at=NOW)
    if tie == "same_unit":
        hire("wang", "inspector", unit="T1", number=NUMBER)
    with pytest.raises(NotPermitted, match="put on record") as refused:
        ask(li)
    assert refused.value.zh
    assert deeds("person_query") == [("person_query.asked", "li", "refused")]
    assert deeds("watch") == [("watch.tied", "li", "done")]
    with reading() as session:
        assert session.scalars(select(PersonQuery)).all() == []
    ask(li, number=OTHER)


def test_the_number_is_nowhere_in_the_clear(small_office: Path) -> None:
    li, _ = staff()
    query = ask(li)
    with reading() as session:
        kept = session.get_one(PersonQuery, query)
        (subject,) = query_subjects.kept(session, [query])[query]
        assert subject.display == "韩某某 110***********002X"
        for row in (kept, subject):
            assert NUMBER not in str(vars(row))
            assert "韩立" not in str(vars(row))


def shown(query: int, person: Person, *, at: datetime = NOW, reason: str = "核对身份") -> tuple[str, str]:
    with acting(person) as session:
        ((name, number),) = [
            (one.name, one.number) for one in person_queries.unmask(session, query, person, at=at, reason=reason)
        ]
        return name, number


def test_who_it_is_shows_to_the_asker_once_approved_and_to_the_approver_until_then(small_office: Path) -> None:
    li, wu = staff()
    query = ask(li)
    with pytest.raises(TransitionRefused, match="not decided yet"):
        shown(query, li)
    with pytest.raises(InputRefused, match="reason"):
        shown(query, wu, reason="")
    assert shown(query, wu) == ("韩立", NUMBER)
    decide(query, wu, hours=2)
    assert shown(query, li) == ("韩立", NUMBER)
    with pytest.raises(TransitionRefused, match="approved already"):
        shown(query, wu)
    with pytest.raises(TransitionRefused, match="expired"):
        shown(query, li, at=NOW + timedelta(hours=2))
    with pytest.raises(NotPermitted):
        shown(query, somebody("leader"))
    assert [one[1:] for one in deeds("unmasked")] == [
        ("li", "refused"), ("wu", "refused"), ("wu", "done"), ("li", "done"), ("wu", "refused"), ("li", "refused"),
        ("leader", "refused"),
    ]  # fmt: skip


def test_whose_post_has_ended_gets_nothing_from_an_approved_query(small_office: Path) -> None:
    li, wu = staff()
    query = ask(li)
    decide(query, wu)
    without = replace(li, posts=())
    with pytest.raises(NotPermitted, match="no right"):
        read(query, without)
    with pytest.raises(NotPermitted, match="no right"):
        shown(query, without)
    assert [one[1:] for one in deeds("person_query")][-2:] == [("li", "refused"), ("li", "refused")]


def test_what_cannot_be_asked(small_office: Path) -> None:
    li, _ = staff()
    for what, said in (
        ({"subjects": "韩立 110105194912310021"}, "Line 1: .*check digit"),
        ({"subjects": "韩立"}, "A name alone"),
        ({"subjects": "韩立 1101051949"}, "A name alone"),
        ({"subjects": " \n"}, "Nobody"),
        ({"subjects": "\n".join(f"招标 {n}" for n in range(21))}, "21 people and things"),
        ({"others": f"韩立 {NUMBER}"}, "both sides"),
        ({"reference": " "}, "alert or case"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 1001}, "1001 characters"),
        ({"reason": "a\x00b"}, "does not show"),
    ):
        given = {"subjects": f"韩立 {NUMBER}", "others": ""} | KEY_OF | what
        with pytest.raises(InputRefused, match=said) as refused, acting(li) as session:
            about = read_subjects(given.pop("subjects"), "subject") + read_subjects(given.pop("others"), "other")
            person_queries.ask(session, li, at=NOW, subjects=about, **given)
        assert refused.value.zh
        assert NUMBER not in str(refused.value)


def test_people_enterprises_tenders_and_projects_are_read_line_by_line() -> None:
    lines = f"韩立，{NUMBER.lower()}\n\n明州检测公司 91350100M000100Y43\n招标 T-2026-001\n工程：P 7\n{NUMBER}"
    found = [(one.kind, one.name, one.number) for one in read_subjects(lines, "subject")]
    assert found == [
        ("person", "韩立", NUMBER), ("enterprise", "明州检测公司", "91350100M000100Y43"), ("tender", "", "T-2026-001"),
        ("project", "", "P 7"),
    ]  # fmt: skip


def test_who_may_not_ask(small_office: Path) -> None:
    furnish()
    for role in ("leader", "analyst", "contact", "system_admin", "security_admin", "audit_admin"):
        with pytest.raises(NotPermitted, match="no right"):
            ask(somebody(role))


def test_odd_hours_stand_out(small_office: Path) -> None:
    li, _ = staff()
    n = 0
    for local, odd in (
        ("2026-11-20 07:59", True),
        ("2026-11-20 08:00", False),
        ("2026-11-20 17:59", False),
        ("2026-11-20 18:00", True),
        ("2026-11-21 10:00", True),
        ("2026-10-10 10:00", False),
        ("2026-10-01 10:00", True),
    ):
        ask(li, at=datetime.fromisoformat(local) - timedelta(hours=8))
        n += odd
        assert len(deeds("watch.off_hours", "li")) == n, local


def test_a_look_at_somebody_who_works_here_stands_out(small_office: Path) -> None:
    li, _ = staff()
    hire("chen", "leader", unit="C", number=NUMBER)
    ask(li)
    ask(li, number=OTHER)
    assert deeds("watch") == [("watch.staff", "li", "done")]


def test_an_alert_that_is_opened_is_on_record_once_a_day_a_person(office: Path) -> None:
    li, wu = staff()
    number = raise_alert(1, "k", "990101001")
    for who, hours in ((li, 0), (li, 5), (wu, 5), (li, 24 * 3), (li, 24 * 3 + 1)):
        saw(who, number, at=NOW + timedelta(hours=hours))
    assert deeds("alert.seen") == [
        ("alert.seen", "li", "done"),
        ("alert.seen", "wu", "done"),
        ("alert.seen", "li", "done"),
    ]
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.seen")).first()
        assert (entry.object_kind, entry.object_id, entry.address) == ("alert", str(number), li.address)


def test_alerts_opened_in_bulk_or_at_night_stand_out_by_a_rule_of_their_own(small_office: Path) -> None:
    li, _ = staff()
    with writing() as session:
        policy.put(session, somebody("security_admin"), "bulk_looks", 3, at=NOW)
        policy.put(session, somebody("security_admin"), "bulk_reads", 1, at=NOW)
    night = NOW + timedelta(hours=10)
    for number in range(1, 6):
        saw(li, raise_alert(number, "k", "990101001"), at=night)
        assert len(deeds("watch.bulk")) == (number > 3)
    assert deeds("watch.off_hours") == [("watch.off_hours", "li", "done")]
    ask(li)
    assert len(deeds("watch.bulk")) == 1


def test_bulk_stands_out_once_and_again_when_it_goes_on(office: Path) -> None:
    li, _ = staff()
    with writing() as session:
        policy.put(session, somebody("security_admin"), "bulk_reads", 3, at=NOW)
    for n in range(8):
        ask(li, at=NOW + timedelta(minutes=n))
        assert len(deeds("watch.bulk")) == (0 if n < 3 else 1 if n < 6 else 2)
    ask(li, at=NOW + timedelta(days=3))
    assert len(deeds("watch.bulk")) == 2
    with writing() as session:
        watch(session, li, at=NOW + timedelta(days=3))
    assert len(deeds("watch.bulk")) == 2


def test_a_mistyped_identity_number_never_passes_for_a_credit_code() -> None:
    # Its last character is the right one of a credit code, as of one number in 31; those are shown unmasked.
    with pytest.raises(InputRefused, match=r"Line 1: .*identity number") as refused:
        read_subjects("韩立 110101195003070020", "subject")
    assert "身份证号" in refused.value.words("zh")
    assert read_subjects("某公司 91350100M000100Y43", "subject")[0].kind == "enterprise"
