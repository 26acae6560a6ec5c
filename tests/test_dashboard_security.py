"""Security administration: posts, blocks, passwords, ties, tokens and policy as its page does them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.account_keeping import not_over
from dashboard.pages import security
from dashboard.visitor import visiting
from dashboard.words import LANGUAGES
from data import access_tokens, accounts, policy
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotPermitted, TransitionRefused
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account, RecusalTie
from data.record_tables import AuditEntry
from data.rights import ROLES
from tests.office_in_miniature import fill
from tests.people import person, store
from tests.test_dashboard_system import secret_in

ADMIN = person("security_admin", code="sec.admin", name="安管")
U1A = {"account": "u1a"}


@pytest.fixture(autouse=True)
def office_with_administrator(small_office: Path) -> Iterator[None]:
    """A filled office with an account nobody gave a post, acted in by its security administrator."""
    fill(now=utc_now(), n_alerts=5)
    with writing() as session:
        store(session, ADMIN)
        accounts.create(session, accounts.AT_THE_MACHINE, code="new.one", name="新来", unit_code="U1", at=utc_now())
    with visiting(ADMIN):
        yield


def account(code: str) -> Account:
    with reading() as session:
        return session.get_one(Account, code)


def posts(code: str) -> list[tuple[str, str, str | None]]:
    with reading() as session:
        return [(post.role, post.unit_code, post.region_code) for post in not_over(session, code)]


def granted(**given: object) -> str:
    asked = {"role": "inspector", "unit": "U2", "region": "990101", "domain": None, "from": "", "until": ""}
    return str(security.answered("grant", asked | given, {"account": "new.one"}, "zh"))


def test_who_waits_for_a_post_comes_first() -> None:
    shown = str(security.body("zh", {}))
    assert "1 个账号等待授予岗位" in shown
    assert "grant-do" in shown, "the first who waits is open to be granted one"
    assert "account=u1a" not in shown
    assert "account=u1a" in str(security.body("zh", {"show": "all"}))
    assert "account=u1a" in str(security.body("zh", {"q": "u1a"})), "a search looks everywhere"
    assert "account=u1b" in str(security.body("zh", {"account": "u1a"})), "the list holds whom the address names"


def test_whoever_works_through_the_list_stays_in_it() -> None:
    view: dict[str, str] = {}
    security.body("zh", view)
    assert view == {"account": "new.one", "show": "waiting"}
    asked = {"role": "inspector", "unit": "U2", "region": "990101"}
    shown = str(security.answered("grant", asked, view, "zh"))
    assert "所有在用账号都有岗位" in shown
    assert "没有等待授岗的账号" in shown
    assert "没有这样的账号" not in shown
    assert "account=u1a" not in shown


def test_a_post_is_granted_with_its_reach_and_withdrawn() -> None:
    assert "已授予新来“核查员”岗位" in granted()
    assert posts("new.one") == [("inspector", "U2", "990101")]
    with reading() as session:
        number = accounts.posts_of(session, "new.one")[0].id
    view = {"account": "new.one", "post": str(number)}
    assert "withdraw-do" in str(security.body("zh", view))
    assert "withdraw-do" not in str(security.body("zh", {"account": "new.one"})), "nothing is withdrawn in one step"
    shown = str(security.answered("withdraw", {}, view, "zh"))
    assert posts("new.one") == []
    assert "等待授予岗位" in shown


def test_the_whole_office_is_said_and_never_left_empty() -> None:
    with pytest.raises(InputRefused, match="region"):
        granted(region=None)
    granted(region="*")
    assert posts("new.one") == [("inspector", "U2", None)]
    granted_to_nothing = {"role": "contact", "region": None}
    granted(**granted_to_nothing)
    assert ("contact", "U2", None) in posts("new.one")


@pytest.mark.parametrize(
    "given",
    [
        {"role": None}, {"unit": None}, {"from": "tomorrow"}, {"until": "2020-01-01"}, {"domain": "none"},
        {"role": "x"}, {"region": "none"},
    ],
)  # fmt: skip
def test_a_refused_post_is_a_sentence_and_nothing_is_written(given: dict[str, str]) -> None:
    with pytest.raises(InputRefused) as refused:
        granted(**given)
    assert all(refused.value.words(language) for language in LANGUAGES)
    assert posts("new.one") == []


def test_administrators_are_kept_apart_from_everything_else() -> None:
    granted(role="audit_admin")
    with pytest.raises(TransitionRefused):
        granted()


def test_nobody_keeps_the_own_account() -> None:
    shown = str(security.body("zh", {"account": ADMIN.code}))
    assert "另一名安全管理员" in shown
    assert "grant-do" not in shown
    with pytest.raises(NotPermitted):
        security.answered("block", {"reason": "x"}, {"account": ADMIN.code}, "zh")


def test_block_with_a_reason_and_unblock() -> None:
    with pytest.raises(InputRefused):
        security.answered("block", {"reason": " "}, U1A, "zh")
    assert "unblock-do" in str(security.answered("block", {"reason": "调查中"}, U1A, "zh"))
    assert account("u1a").state == "blocked"
    with reading() as session:
        said = session.scalar(select(AuditEntry.detail).where(AuditEntry.action == "account.blocked"))
    assert "调查中" in str(said)
    assert "account=u1a" in str(security.body("zh", {"show": "blocked"}))
    security.answered("unblock", {}, U1A, "zh")
    assert account("u1a").state == "active"


def test_who_is_locked_for_failures_is_listed_and_let_in() -> None:
    with writing() as session:
        session.get_one(Account, "u1a").locked_until = utc_now() + timedelta(minutes=9)
    shown = str(security.body("zh", {"show": "blocked"}))
    assert "account=u1a" in shown
    assert "锁定至" in shown
    security.answered("unblock", {}, U1A, "zh")
    assert account("u1a").locked_until is None


def test_password_and_second_factor_are_reset() -> None:
    with writing() as session:
        session.get_one(Account, "u1a").totp_since = utc_now()
    assert "factor-do" in str(security.body("zh", U1A))
    security.answered("factor", {}, U1A, "zh")
    assert account("u1a").totp_since is None
    secret = secret_in(security.answered("password", {}, U1A, "zh"))
    assert account("u1a").must_change
    assert secret not in str(security.body("zh", U1A))


def test_a_subject_is_linked_and_unlinked() -> None:
    security.answered("link", {"subject": "sub-1"}, U1A, "zh")
    assert account("u1a").oidc_subject == "sub-1"
    with pytest.raises(InputRefused):
        security.answered("link", {"subject": "sub-1"}, {"account": "u1b"}, "zh")
    security.answered("link", {"subject": ""}, U1A, "zh")
    assert account("u1a").oidc_subject is None


def test_a_tie_is_noted_and_taken_back_in_two_steps() -> None:
    with pytest.raises(InputRefused):
        security.answered("tie", {"kind": "kin", "number": "", "unit": ""}, U1A, "zh")
    shown = str(security.answered("tie", {"kind": "same_unit", "number": "", "unit": "东村合作社"}, U1A, "zh"))
    assert "东村合作社" in shown
    assert "untie-do" not in shown
    with reading() as session:
        number = session.scalar(select(RecusalTie.id))
    security.answered("untie", {}, U1A | {"tie": str(number)}, "zh")
    with reading() as session:
        assert session.scalar(select(RecusalTie.id)) is None


def test_tokens_are_issued_shown_once_and_revoked() -> None:
    view = {"part": "tokens"}
    shown = security.answered("kiosk", {"name": "大厅屏", "region": "990101", "days": 30}, view, "zh")
    assert "/kiosk#token=kiosk-" in secret_in(shown)
    given = {"name": "信访", "scopes": ["alerts.read"], "region": "*", "days": 30}
    token = secret_in(security.answered("api", given, view, "zh"))
    with reading() as session:
        found = access_tokens.person_of_token(session, token, kind="api", at=utc_now(), address="")
        number = access_tokens.listed(session, kind="api")[0].id
    assert found.rights == {"see", "alerts.read"}
    assert "revoke-do" not in str(security.body("zh", view))
    assert token not in str(security.body("zh", view))
    shown = security.answered("revoke", {}, view | {"token": str(number)}, "zh")
    assert "1 个令牌有效" in str(shown)
    for wrong in ({"scopes": []}, {"days": "many"}, {"days": 4000}, {"region": None}, {"name": "大厅屏"}):
        with pytest.raises(InputRefused):
            security.answered("api", given | {"name": "另"} | wrong, view, "zh")


def test_everything_a_token_lacks_is_named_at_once() -> None:
    for form, lacking in (("kiosk", "名称、地区、有效天数"), ("api", "名称、允许做什么、地区、有效天数")):
        with pytest.raises(InputRefused) as refused:
            security.answered(form, {"name": " ", "scopes": []}, {"part": "tokens"}, "zh")
        assert refused.value.words("zh") == f"还缺：{lacking}，请补全。"


def test_a_rule_is_changed_within_its_range() -> None:
    view = {"part": "policy", "rule": "failures"}
    assert "“连续失败多少次后锁定”已改为 7" in str(security.answered("rule", {"value": 7}, view, "zh"))
    for wrong in (1, "", None, "7.5"):
        with pytest.raises(InputRefused):
            security.answered("rule", {"value": wrong}, view, "zh")
    with pytest.raises(MingjingError):
        security.answered("rule", {"value": 7}, {"part": "policy", "rule": "none"}, "zh")
    with reading() as session:
        assert policy.value(session, "failures") == 7
    assert "1 项已改动" in str(security.body("zh", view))


def test_every_role_says_what_it_may_do() -> None:
    for language in LANGUAGES:
        shown = str(security.body(language, U1A))
        for role in ROLES.values():
            assert (role.name if language == "zh" else role.name_en) in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_is_drawn(language: str) -> None:
    queries: list[dict[str, Any]] = [
        {}, U1A, {"part": "tokens"}, {"part": "tokens", "token": "x"}, {"part": "policy"}, {"part": "none"},
        {"part": "policy", "rule": "none"}, {"account": "none"}, {"q": ["a"]}, {"show": "none"}, {"post": "x"} | U1A,
    ]  # fmt: skip
    for query in queries:
        assert "security-body" in str(security.layout(lang=language, **query))


@pytest.mark.parametrize("form", security.FORMS)
def test_every_form_is_refused_to_who_grants_nothing(form: str) -> None:
    today = shanghai_day(utc_now()).isoformat()
    given = {"role": "leader", "unit": "U1", "region": "*", "from": today, "reason": "x", "kind": "kin", "name": "n",
             "scopes": ["alerts.read"], "days": 3, "value": 7, "subject": "s"}  # fmt: skip
    view = U1A | {"post": "1", "tie": "1", "token": "1", "rule": "failures"}
    with visiting(person("system_admin")), pytest.raises(NotPermitted):
        security.answered(form, given, view, "zh")
