"""Accounts and posts: who makes them, who grants them, and what excludes what."""

from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from data import accounts, audit, dispatch, ties, units, verification
from data.accounts import ADMINISTRATORS, AT_THE_MACHINE
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import RIGHTS, ROLES, Person, acting, find_person
from data.tables import Alert, AlertEvent
from tests.staff_in_miniature import NOW, TODAY, appoint, deeds, furnish, hire, look, raise_alert, somebody

SYSTEM, SECURITY = somebody("system_admin", code="sys"), somebody("security_admin", code="sec")
OTHERS = [role for role in ROLES if role not in ADMINISTRATORS]
OWN, KIN = "11010519491231002X", "440524188001010014"


def test_whoever_makes_accounts_grants_nothing_and_the_other_way_round(office: Path) -> None:
    furnish()
    with writing() as session:
        accounts.create(session, SYSTEM, code="li", name="李某", unit_code="T1", at=NOW)
    with pytest.raises(NotPermitted), writing() as session:
        accounts.grant(session, SYSTEM, account="li", role="inspector", unit_code="T1", from_on=TODAY, at=NOW)
    with pytest.raises(NotPermitted), writing() as session:
        accounts.create(session, SECURITY, code="wu", name="吴某", unit_code="T1", at=NOW)
    assert not look("li").rights
    with writing() as session:
        accounts.grant(session, SECURITY, account="li", role="inspector", unit_code="T1", from_on=TODAY, at=NOW)
    assert look("li").units("verify") == {"T1"}
    assert [action for action, *_ in deeds()] == ["account.created", "post.granted"]
    with reading() as session:
        audit.verify(session)


def test_no_other_role_touches_accounts(small_office: Path) -> None:
    furnish()
    hire("li", "inspector")
    for role in ROLES:
        if role not in ("system_admin", "security_admin"):
            touch_nothing(somebody(role))


def touch_nothing(who: Person) -> None:
    for deed in (
        lambda session: accounts.create(session, who, code="wu", name="吴", unit_code="T1", at=NOW),
        lambda session: accounts.grant(session, who, account="li", role="leader", unit_code="C", from_on=TODAY, at=NOW),
        lambda session: accounts.withdraw(session, who, 1, at=NOW),
        lambda session: accounts.block(session, who, "li", at=NOW),
        lambda session: accounts.unblock(session, who, "li", at=NOW),
        lambda session: accounts.leave(session, who, "li", at=NOW),
        lambda session: accounts.reset_password(session, who, "li", at=NOW),
        lambda session: accounts.reset_second_factor(session, who, "li", at=NOW),
        lambda session: accounts.link(session, who, "li", "x", at=NOW),
        lambda session: accounts.change(session, who, "li", name="x", at=NOW),
        lambda session: ties.declare(session, who, account="li", kind="kin", number=KIN, at=NOW),
        lambda session: units.create(session, who, code="X", name="x", kind="department", region_code="99", at=NOW),
    ):
        with pytest.raises(NotPermitted), writing() as session:
            deed(session)


def test_the_three_administrators_exclude_one_another_and_every_role(small_office: Path) -> None:
    furnish()
    for role in ROLES:
        hire(role.replace("_", "-"), role)
    for administrator in ADMINISTRATORS:
        appoint(administrator.replace("_", "-"), administrator, unit="T1")
        for other in ROLES:
            if other != administrator:
                with pytest.raises(TransitionRefused, match="exclude"):
                    appoint(administrator.replace("_", "-"), other)
                with pytest.raises(TransitionRefused, match="exclude"):
                    appoint(other.replace("_", "-"), administrator)


def test_of_two_posts_that_exclude_each_other_granted_at_once_one_is_given(office: Path) -> None:
    furnish()
    hire("li")
    together, given, refused = Barrier(4), [], []

    def give(role: str) -> None:
        together.wait()
        try:
            given.append(appoint("li", role))
        except TransitionRefused:
            refused.append(role)

    giving = [
        Thread(target=give, args=(role,)) for role in ("audit_admin", "inspector", "system_admin", "security_admin")
    ]
    for one in giving:
        one.start()
    for one in giving:
        one.join()
    assert (len(given), len(refused)) == (1, 3)
    assert len(look("li").posts) == 1


def test_of_two_accounts_of_one_name_made_at_once_one_is_made(office: Path) -> None:
    furnish()
    together, refused = Barrier(3), []

    def make() -> None:
        together.wait()
        try:
            hire("li")
        except InputRefused as error:
            refused.append(str(error))

    making = [Thread(target=make) for _ in range(3)]
    for one in making:
        one.start()
    for one in making:
        one.join()
    assert len(refused) == 2
    assert len(deeds("account.created")) == 1


def test_who_was_an_administrator_may_be_something_else_afterwards(small_office: Path) -> None:
    furnish()
    hire("li")
    appoint("li", "audit_admin", until_on=TODAY + timedelta(days=9))
    with pytest.raises(TransitionRefused):
        appoint("li", "inspector", from_on=TODAY + timedelta(days=9))
    appoint("li", "inspector", from_on=TODAY + timedelta(days=10))
    with pytest.raises(TransitionRefused):
        appoint("li", "audit_admin", from_on=TODAY + timedelta(days=5))
    with reading() as session:
        later = find_person(session, "li", today=TODAY + timedelta(days=10))
    assert later.rights == ROLES["inspector"].rights


def test_authors_and_approvers_of_models_may_be_one_account(small_office: Path) -> None:
    furnish()
    assert hire("li", "model_author", "model_approver").may("approve_models")


def test_nobody_grants_to_or_acts_on_oneself(small_office: Path) -> None:
    furnish()
    who = hire("sec", "security_admin")
    post = accounts_post("sec")
    for deed in (
        lambda session: accounts.grant(
            session, who, account="sec", role="leader", unit_code="C", from_on=TODAY, at=NOW
        ),
        lambda session: accounts.withdraw(session, who, post, at=NOW),
        lambda session: accounts.block(session, who, "sec", at=NOW),
        lambda session: accounts.unblock(session, who, "sec", at=NOW),
        lambda session: accounts.reset_password(session, who, "sec", at=NOW),
        lambda session: accounts.reset_second_factor(session, who, "sec", at=NOW),
        lambda session: accounts.link(session, who, "sec", "x", at=NOW),
    ):
        with pytest.raises(NotPermitted, match="own"), writing() as session:
            deed(session)


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_the_last_administrator_of_a_kind_stays(office: Path, role: str) -> None:
    furnish()
    hire("one", role)
    hire("two", role)

    def ends(code: str, *, by: Person = AT_THE_MACHINE) -> list:
        return [
            lambda session: accounts.leave(session, by, code, at=NOW),
            lambda session: accounts.block(session, by, code, at=NOW),
            lambda session: accounts.withdraw(session, by, accounts_post(code), at=NOW),
        ]

    with writing() as session:
        accounts.block(session, AT_THE_MACHINE, "two", at=NOW)
        accounts.block(session, AT_THE_MACHINE, "two", at=NOW)
    for end in ends("one"):
        with pytest.raises(TransitionRefused, match="to another account first"), writing() as session:
            end(session)
    with writing() as session:
        accounts.unblock(session, AT_THE_MACHINE, "two", at=NOW)
    with writing() as session:
        accounts.withdraw(session, AT_THE_MACHINE, accounts_post("one"), at=NOW)
    for end in ends("two"):
        with pytest.raises(TransitionRefused, match="only"), writing() as session:
            end(session)


def test_a_post_is_withdrawn_from_the_account_that_is_shown(small_office: Path) -> None:
    furnish()
    hire("li", "inspector")
    hire("wu", "inspector")
    with pytest.raises(NotFound, match="of this account"), writing() as session:
        accounts.withdraw(session, SECURITY, accounts_post("wu"), at=NOW, account="li")
    with writing() as session:
        accounts.withdraw(session, SECURITY, accounts_post("wu"), at=NOW, account="wu")
    assert not look("wu").rights


def accounts_post(code: str) -> int:
    with reading() as session:
        return accounts.posts_of(session, code)[0].id


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"role": "king"}, "no role"),
        ({"unit_code": "a\x00"}, "no unit"),
        ({"region_code": "a\x00"}, "no region"),
        ({"unit_code": "nowhere"}, "no unit"),
        ({"region_code": "11"}, "no region"),
        ({"domain_code": "none"}, "no domain"),
        ({"until_on": TODAY - timedelta(days=1)}, "before it begins"),
    ],
)
def test_a_post_of_what_does_not_exist_is_refused(small_office: Path, what: dict, said: str) -> None:
    furnish()
    hire("li")
    with pytest.raises(InputRefused, match=said), writing() as session:
        accounts.grant(
            session,
            SECURITY,
            at=NOW,
            **({"account": "li", "role": "leader", "unit_code": "C", "from_on": TODAY} | what),
        )
    with pytest.raises(NotFound), writing() as session:
        accounts.grant(session, SECURITY, account="nobody", role="leader", unit_code="C", from_on=TODAY, at=NOW)


def test_a_sign_in_name_that_cannot_be_used(small_office: Path) -> None:
    furnish()
    for code in ("", "a", "7up", "worker", "token:x", "a b", "李四", "a" * 41, "collision", "a\x00b"):
        with pytest.raises(InputRefused, match="cannot be used"), writing() as session:
            accounts.create(session, SYSTEM, code=code, name="x", unit_code="C", at=NOW)
    for code in ("system", "unknown", "demo"):
        with pytest.raises(InputRefused, match="stands for a part of the system"), writing() as session:
            accounts.create(session, SYSTEM, code=code, name="x", unit_code="C", at=NOW)


def test_a_sign_in_name_is_never_given_twice(small_office: Path) -> None:
    furnish()
    hire("li", "inspector")
    with writing() as session:
        accounts.leave(session, SYSTEM, "li", at=NOW)
    with pytest.raises(InputRefused, match="never given twice"), writing() as session:
        accounts.create(session, SYSTEM, code="LI", name="x", unit_code="C", at=NOW)
    with pytest.raises(TransitionRefused, match="closed for good"), writing() as session:
        accounts.unblock(session, SECURITY, "li", at=NOW)
    with pytest.raises(TransitionRefused, match="closed for good"):
        appoint("li", "leader")
    with reading() as session:
        assert accounts.posts_of(session, "li", on=TODAY) == []
        assert session.get_one(Account, "li").password_hash is None


def test_who_leaves_leaves_nothing_in_hand_unsaid(office: Path) -> None:
    furnish()
    li = hire("li", "inspector", unit="T1")
    hire("wu", "inspector", unit="T1")
    taken, concluded, other = (raise_alert(number, f"k{number}", "990101001") for number in (1, 2, 3))
    with acting(li) as session:
        for number in (taken, concluded):
            dispatch.take(session, number, li, at=NOW)
        verification.conclude(session, concluded, li, at=NOW, outcome="G1", note="制度缺陷，已转主管部门")
    with acting(look("wu")) as session:
        dispatch.take(session, other, look("wu"), at=NOW)
    with acting(SYSTEM) as session:
        assert accounts.leave(session, SYSTEM, "li", at=NOW) == 1
    with reading() as session:
        found = [session.get_one(Alert, number) for number in (taken, concluded, other)]
        assert [(one.status, one.assignee) for one in found] == [
            ("accepted", None), ("rectifying", "li"), ("verifying", "wu"),
        ]  # fmt: skip
        last = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == taken)).all()[-1]
        assert (last.kind, last.actor, last.version) == ("put_back", "system", found[0].version)
        (left,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.left"))
        assert '"put_back":1' in left.detail.replace(" ", "")
        assert '"to_hand_on":1' in left.detail.replace(" ", "")


def test_one_person_has_one_account(small_office: Path) -> None:
    furnish()
    hire("li", number=OWN)
    with pytest.raises(InputRefused, match="the account li already") as refused:
        hire("wu", number=f" {OWN.lower()} ")
    assert OWN not in str(refused.value)
    hire("wu", number=KIN)
    assert look("wu").subject_key not in (None, look("li").subject_key)


def test_ties_are_declared_by_the_holder_or_noted_by_the_security_administrator(small_office: Path) -> None:
    furnish()
    li, wu = hire("li", "inspector"), hire("wu", "inspector")
    with writing() as session:
        ties.declare(session, li, account="li", kind="kin", number=KIN, at=NOW)
        tie = ties.declare(session, SECURITY, account="li", kind="same_unit", unit_name="县民政局", at=NOW).id
    with pytest.raises(NotPermitted), writing() as session:
        ties.withdraw(session, li, tie, at=NOW)
    with writing() as session:
        ties.withdraw(session, SECURITY, tie, at=NOW)
    with pytest.raises(NotFound), writing() as session:
        ties.withdraw(session, SECURITY, tie, at=NOW)
    assert len(deeds("tie_withdrawn")) == 1
    for bad in ({"kind": "friend", "number": KIN}, {"kind": "kin"}, {"kind": "kin", "number": KIN, "unit_name": "x"}):
        with pytest.raises(InputRefused), writing() as session:
            ties.declare(session, li, account="li", at=NOW, **bad)
    with pytest.raises(NotPermitted), writing() as session:
        ties.declare(session, wu, account="li", kind="kin", number=KIN, at=NOW)


def test_units_are_added_by_the_system_administrator(small_office: Path) -> None:
    furnish()
    with writing() as session:
        units.create(session, SYSTEM, code="T3", name="石门镇纪委", kind="town_commission",
                             region_code="990101002", at=NOW)  # fmt: skip
    for bad in ({"code": "T3"}, {"code": ""}, {"kind": "club"}, {"region_code": "11"}, {"name": " "}):
        wanted = {"code": "T4", "name": "x", "kind": "department", "region_code": "990101"} | bad
        with pytest.raises(InputRefused, match="cannot be added"), writing() as session:
            units.create(session, SYSTEM, at=NOW, **wanted)


def test_an_account_moves_to_another_unit(small_office: Path) -> None:
    furnish()
    hire("li")
    with writing() as session:
        accounts.change(session, SYSTEM, "li", unit_code="T2", name="李某某", number=OWN, at=NOW)
    assert (look("li").unit_code, look("li").name) == ("T2", "李某某")


def test_refusals_are_worded_in_both_languages(small_office: Path) -> None:
    furnish()
    hire("li", "audit_admin")
    with pytest.raises(MingjingError) as refused:
        appoint("li", "leader")
    assert "三员" in refused.value.words("zh")
    assert AT_THE_MACHINE.rights <= set(RIGHTS)
    assert date(2026, 11, 20) == TODAY
