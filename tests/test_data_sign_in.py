"""Signing in: what is let in, what is refused and counted, and when a sign-in ends."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from data import accounts, audit, passwords, policy, sign_in
from data.database import reading, writing
from data.errors import InputRefused, SignInRefused
from data.people_tables import Account, SignIn
from tests.staff_in_miniature import NOW, PASSWORD, appoint, deeds, enter, furnish, hire, look, settle, somebody

WRONG = "do not go together, or the account is locked"


def step_of(token: str, *, at: datetime = NOW, active: bool = True) -> str:
    with reading() as session:
        return sign_in.person_of(session, token, at=at, address="10.0.0.7", active=active).step


def row(code: str) -> Account:
    with reading() as session:
        return session.get_one(Account, code)


def fail(n: int, code: str = "li", *, at: datetime = NOW) -> None:
    for _ in range(n):
        with pytest.raises(SignInRefused, match=WRONG):
            enter(code, "wrong", at=at)


def test_the_first_sign_in_leads_to_a_password_of_ones_own(office: Path) -> None:
    furnish()
    hire("li", "inspector", unit="T1")
    with writing() as session:
        one_time = accounts.reset_password(session, accounts.AT_THE_MACHINE, "li", at=NOW)
    opened = enter("LI ", one_time)
    assert opened.step == "password"
    with reading() as session:
        signed = sign_in.person_of(session, opened.token, at=NOW, address="")
    assert not signed.person.rights
    with writing() as session:
        own = sign_in.change_password(session, opened.token, old=one_time, new=PASSWORD, at=NOW)
    assert own.step == "open"
    with pytest.raises(SignInRefused, match="has ended"):
        step_of(opened.token)
    with reading() as session:
        assert sign_in.person_of(session, own.token, at=NOW, address="10.0.0.7").person.may("verify")
    with pytest.raises(SignInRefused, match=WRONG):
        enter("li", one_time)
    assert enter("li").step == "open"
    assert ("account.signed_in", "li", "done") in deeds()
    with reading() as session:
        audit.verify(session)
        assert session.scalar(select(SignIn).where(SignIn.token_hash == opened.token)) is None


def test_failures_are_counted_though_the_request_is_rolled_back(office: Path) -> None:
    furnish()
    hire("li")
    settle("li")
    fail(4)
    assert row("li").n_failed == 4
    fail(1)
    assert row("li").locked_until == NOW + timedelta(minutes=15)
    with pytest.raises(SignInRefused, match=WRONG):
        enter("li", at=NOW + timedelta(minutes=14))
    assert enter("li", at=NOW + timedelta(minutes=15)).step == "open"
    assert row("li").n_failed == 0
    assert [action for action, *_ in deeds("locked")] == ["account.locked"]
    assert len(deeds("refused")) == 6


def test_of_many_guesses_at_once_only_five_are_looked_at(office: Path) -> None:
    furnish()
    hire("li")
    settle("li")
    guesses = [threading.Thread(target=fail, args=(1,)) for _ in range(8)]
    for guess in guesses:
        guess.start()
    for guess in guesses:
        guess.join()
    assert row("li").n_failed == 5
    assert row("li").locked_until is not None
    assert len(deeds("account.refused")) == 8


def test_after_the_lock_the_count_begins_anew(small_office: Path) -> None:
    furnish()
    hire("li")
    settle("li")
    fail(5)
    fail(1, at=NOW + timedelta(minutes=16))
    assert row("li").n_failed == 1


def test_an_unknown_name_is_refused_in_the_same_words_after_the_same_work(
    small_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish()
    hire("li")
    settle("li")
    said = []
    checked = []
    real = passwords._HASHER.verify
    monkeypatch.setattr(
        passwords, "_HASHER", type("Counting", (), {"verify": lambda _, *a: checked.append(1) or real(*a)})()
    )
    passwords._nobody.cache_clear()
    monkeypatch.setattr(passwords, "_nobody", lambda: row("li").password_hash)
    for code in ("li", "nobody", "no body; --", "x" * 5000, "\x00"):
        with pytest.raises(SignInRefused) as refused:
            enter(code, "wrong")
        said.append(str(refused.value))
    assert len(set(said)) == 1
    assert len(checked) == 5


def test_the_name_typed_wrong_is_not_kept(small_office: Path) -> None:
    furnish()
    with pytest.raises(SignInRefused):
        enter("my-secret-password", "x")
    assert deeds("refused") == [("account.refused", "unknown", "refused")]


def test_whatever_is_typed_as_a_password_is_only_wrong(small_office: Path) -> None:
    furnish()
    hire("li")
    settle("li")
    for password in ("\ud800", "\x00", "x" * 100_000, ""):
        with pytest.raises(SignInRefused, match=WRONG):
            enter("li", password)


def test_a_one_time_password_lapses(small_office: Path) -> None:
    furnish()
    hire("li")
    with writing() as session:
        one_time = accounts.reset_password(session, accounts.AT_THE_MACHINE, "li", at=NOW)
    assert enter("li", one_time, at=NOW + timedelta(days=6, hours=23)).step == "password"
    with pytest.raises(SignInRefused, match="not used in time"):
        enter("li", one_time, at=NOW + timedelta(days=7))


def test_a_password_is_to_be_changed_after_90_days(small_office: Path) -> None:
    furnish()
    hire("li")
    settle("li")
    assert enter("li", at=NOW + timedelta(days=89)).step == "open"
    assert enter("li", at=NOW + timedelta(days=90)).step == "password"


def test_idling_ends_a_sign_in_and_pages_that_ask_by_themselves_do_not_keep_it(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    minutes = timedelta(minutes=1)
    assert step_of(token, at=NOW + 19 * minutes) == "open"
    assert step_of(token, at=NOW + 38 * minutes, active=False) == "open"
    with pytest.raises(SignInRefused, match="without doing anything"):
        step_of(token, at=NOW + 39 * minutes)
    with pytest.raises(SignInRefused, match="has ended"):
        step_of(token, at=NOW + 39 * minutes)
    assert len(deeds("signed_out")) == 1


def test_a_sign_in_ends_after_12_hours_of_work(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    for n in range(1, 48):
        step_of(token, at=NOW + timedelta(minutes=15 * n))
    with pytest.raises(SignInRefused, match="has ended"):
        step_of(token, at=NOW + timedelta(hours=12))


def test_the_time_stamp_is_written_at_most_once_a_minute(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token

    def seen_at() -> datetime:
        with reading() as session:
            return session.scalars(select(SignIn.seen_at).where(SignIn.token_hash == sign_in.hash_of(token))).one()

    step_of(token, at=NOW + timedelta(seconds=59))
    assert seen_at() == NOW
    step_of(token, at=NOW + timedelta(seconds=60))
    assert seen_at() == NOW + timedelta(seconds=60)


def test_idling_is_noticed_in_a_session_for_writing_too(office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    with pytest.raises(SignInRefused, match="without doing"), writing() as session:
        sign_in.person_of(session, token, at=NOW + timedelta(hours=1), address="")
    with reading() as session:
        kept = session.scalars(select(SignIn).where(SignIn.token_hash == sign_in.hash_of(token))).one()
    assert kept.ended_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("ended", ["sign_out", "block", "leave", "reset"])
def test_signing_out_blocking_and_leaving_end_every_sign_in(small_office: Path, ended: str) -> None:
    furnish()
    hire("li")
    first, second = settle("li").token, enter("li").token
    with writing() as session:
        if ended == "sign_out":
            sign_in.sign_out(session, first, at=NOW)
        elif ended == "block":
            accounts.block(session, somebody("security_admin"), "li", at=NOW)
        elif ended == "leave":
            accounts.leave(session, somebody("system_admin"), "li", at=NOW)
        else:
            accounts.reset_password(session, somebody("security_admin"), "li", at=NOW)
    with pytest.raises(SignInRefused):
        step_of(first)
    if ended == "sign_out":
        assert step_of(second) == "open"
    else:
        with pytest.raises(SignInRefused):
            step_of(second)
        with pytest.raises(SignInRefused):
            enter("li")


def test_one_session_ends_the_earlier_one(small_office: Path) -> None:
    furnish()
    hire("li")
    first = settle("li").token
    with writing() as session:
        policy.put(session, somebody("security_admin"), "one_session", 1, at=NOW)
    second = enter("li").token
    with pytest.raises(SignInRefused):
        step_of(first)
    assert step_of(second) == "open"


def test_changing_the_password_ends_the_other_sign_ins(small_office: Path) -> None:
    furnish()
    hire("li")
    first, second = settle("li").token, enter("li").token
    with writing() as session:
        own = sign_in.change_password(session, first, old=PASSWORD, new="Another-2026-mirror", at=NOW)
    assert step_of(own.token) == "open"
    for token in (first, second):
        with pytest.raises(SignInRefused):
            step_of(token)


def test_a_wrong_old_password_counts(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    with pytest.raises(SignInRefused, match="old password"), writing() as session:
        sign_in.change_password(session, token, old="wrong", new="Another-2026-mirror", at=NOW)
    assert row("li").n_failed == 1
    for _ in range(4):
        with pytest.raises(SignInRefused, match="old password"), writing() as session:
            sign_in.change_password(session, token, old="wrong", new="Another-2026-mirror", at=NOW)
    with pytest.raises(SignInRefused, match="is locked"), writing() as session:
        sign_in.change_password(session, token, old=PASSWORD, new="Another-2026-mirror", at=NOW)
    with pytest.raises(SignInRefused, match="has ended"):
        step_of(token)


def test_the_last_five_passwords_do_not_come_back(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    chosen = [PASSWORD] + [f"Number-{n}-of-my-own" for n in range(5)]
    for old, new in pairwise(chosen):
        with pytest.raises(InputRefused, match="used before"), writing() as session:
            sign_in.change_password(session, token, old=old, new=PASSWORD, at=NOW)
        with writing() as session:
            token = sign_in.change_password(session, token, old=old, new=new, at=NOW).token
    with writing() as session:
        sign_in.change_password(session, token, old=chosen[-1], new=PASSWORD, at=NOW)


def test_a_post_that_ended_is_felt_at_the_next_request(small_office: Path) -> None:
    furnish()
    hire("li", "inspector", unit="T1")
    token = settle("li").token
    post = appoint("li", "analyst")
    with writing() as session:
        accounts.withdraw(session, somebody("security_admin"), post, at=NOW)
    with reading() as session:
        signed = sign_in.person_of(session, token, at=NOW, address="")
    assert {held.role.code for held in signed.person.posts} == {"inspector"}


def test_a_subject_of_the_identity_provider_is_let_in_as_the_account_linked_to_it(small_office: Path) -> None:
    furnish()
    hire("li", "inspector")
    hire("wu")
    with pytest.raises(SignInRefused, match="no account here"), writing() as session:
        sign_in.by_oidc(session, "idp|1", at=NOW)
    with pytest.raises(SignInRefused, match="no account here"), writing() as session:
        sign_in.by_oidc(session, "", at=NOW)
    with writing() as session:
        accounts.link(session, somebody("security_admin"), "li", "idp|1", at=NOW)
    with pytest.raises(InputRefused, match="linked to li"), writing() as session:
        accounts.link(session, somebody("security_admin"), "wu", "idp|1", at=NOW)
    with writing() as session:
        opened = sign_in.by_oidc(session, "idp|1", address="10.0.0.7", at=NOW)
    assert (opened.step, step_of(opened.token)) == ("open", "open")
    with reading() as session:
        assert len(accounts.listed(session)) == 2
    assert look("li").may("verify")


def test_forty_at_once_do_not_wait_for_one_another(office: Path) -> None:
    furnish()
    hire("li", "inspector")
    token = settle("li").token
    together = threading.Barrier(40)
    steps = []

    def ask() -> None:
        together.wait()
        steps.append(step_of(token, at=NOW + timedelta(minutes=2)))

    asking = [threading.Thread(target=ask) for _ in range(40)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert steps == ["open"] * 40


def test_no_token_no_person(small_office: Path) -> None:
    furnish()
    for token in ("", "x", "\ud800", "a" * 9999):
        with pytest.raises(SignInRefused, match="has ended"):
            step_of(token)
        with writing() as session:
            sign_in.sign_out(session, token, at=NOW)
