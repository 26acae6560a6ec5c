"""The second factor: enrolled with a code, asked for at each sign-in, no code twice, reset on record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from data import accounts, policy, sign_in
from data.database import reading, writing
from data.errors import InputRefused, SignInRefused, TransitionRefused
from data.people_tables import Account
from tests.staff_in_miniature import NOW, PASSWORD, deeds, enter, furnish, hire, settle, somebody

SECURITY = somebody("security_admin", code="sec")
STEP = timedelta(seconds=30)


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at.replace(tzinfo=UTC))


def enrol(token: str, *, at: datetime = NOW) -> tuple[str, str]:
    """Set up a second factor; gives the new token and the secret."""
    with writing() as session:
        secret, address = sign_in.begin_totp(session, token, at=at)
    assert address.startswith("otpauth://totp/")
    with writing() as session:
        return sign_in.confirm_totp(session, token, code(secret, at), at=at).token, secret


def give(token: str, otp: str, *, at: datetime) -> sign_in.Opened:
    with writing() as session:
        return sign_in.second_factor(session, token, otp, at=at)


def step_of(token: str, *, at: datetime = NOW) -> str:
    with reading() as session:
        return sign_in.person_of(session, token, at=at, address="").step


def test_once_confirmed_it_is_asked_for_and_no_code_counts_twice(office: Path) -> None:
    furnish()
    hire("li", "inspector")
    _, secret = enrol(settle("li").token)
    with reading() as session:
        assert secret not in (session.get_one(Account, "li").totp_secret or "")
    opened = enter("li")
    assert opened.step == "second_factor"
    with reading() as session:
        assert not sign_in.person_of(session, opened.token, at=NOW, address="").person.rights
    with pytest.raises(SignInRefused, match="used before"):
        give(opened.token, code(secret, NOW), at=NOW)
    passed = give(opened.token, code(secret, NOW + STEP), at=NOW + STEP)
    assert passed.step == step_of(passed.token) == "open"
    with pytest.raises(SignInRefused):
        step_of(opened.token)
    second = enter("li")
    with pytest.raises(SignInRefused, match="used before"):
        give(second.token, code(secret, NOW + STEP), at=NOW + STEP)
    assert ("account.signed_in", "li", "done") in deeds()


@pytest.mark.parametrize(("off", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(small_office: Path, off: int, taken: bool) -> None:
    furnish()
    hire("li")
    _, secret = enrol(settle("li").token)
    at = NOW + 10 * STEP
    token = enter("li", at=at).token
    if taken:
        otp = code(secret, at + off * STEP)
        assert give(token, f" {otp[:3]} {otp[3:]}", at=at).step == "open"
    else:
        with pytest.raises(SignInRefused):
            give(token, code(secret, at + off * STEP), at=at)


def test_guessing_codes_locks_the_account_and_the_password_does_not_reset_the_count(office: Path) -> None:
    furnish()
    hire("li")
    _, secret = enrol(settle("li").token)
    at = NOW + 10 * STEP
    for _ in range(5):
        token = enter("li", at=at).token
        with pytest.raises(SignInRefused, match="code is not right"):
            give(token, "12345", at=at)
    with pytest.raises(SignInRefused, match="is locked"):
        enter("li", at=at)
    with pytest.raises(SignInRefused, match="is locked"):
        give(token, code(secret, at), at=at)
    later = at + timedelta(minutes=15)
    assert give(enter("li", at=later).token, code(secret, later), at=later).step == "open"


def test_what_is_no_code_confirms_nothing(small_office: Path) -> None:
    furnish()
    hire("li")
    token = settle("li").token
    with writing() as session:
        sign_in.begin_totp(session, token, at=NOW)
    for otp in ("", "000000", "abcdef", "١٢٣", "9" * 999, "²²²²²²"):
        with pytest.raises(InputRefused, match="not the one"), writing() as session:
            sign_in.confirm_totp(session, token, otp, at=NOW)
    assert enter("li").step == "open"


def test_one_in_use_is_not_overwritten(small_office: Path) -> None:
    furnish()
    hire("li")
    token, secret = enrol(settle("li").token)
    with pytest.raises(TransitionRefused, match="in use already"), writing() as session:
        sign_in.begin_totp(session, token, at=NOW)
    with pytest.raises(TransitionRefused, match="to confirm"), writing() as session:
        sign_in.confirm_totp(session, token, code(secret, NOW + STEP), at=NOW)


def test_where_the_rules_require_it_nobody_gets_further_without(small_office: Path) -> None:
    furnish()
    hire("li", "audit_admin")
    hire("wu", "inspector")
    with writing() as session:
        policy.put(session, SECURITY, "second_factor_required", 1, at=NOW)
    assert settle("wu").step == "open"
    opened = settle("li")
    assert opened.step == "enrol"
    token, secret = enrol(opened.token)
    assert step_of(token) == "open"
    with pytest.raises(TransitionRefused, match="require"), writing() as session:
        sign_in.stop_totp(session, token, code(secret, NOW + STEP), at=NOW)
    with writing() as session:
        policy.put(session, SECURITY, "second_factor_required", 2, at=NOW)
    assert enter("wu").step == "enrol"


def test_one_stops_ones_own_with_a_code_of_it(small_office: Path) -> None:
    furnish()
    hire("li")
    token, secret = enrol(settle("li").token)
    with pytest.raises(SignInRefused), writing() as session:
        sign_in.stop_totp(session, token, "000000", at=NOW)
    with writing() as session:
        sign_in.stop_totp(session, token, code(secret, NOW + STEP), at=NOW + STEP)
    assert enter("li").step == "open"


def test_a_lost_device_is_reset_by_the_security_administrator(small_office: Path) -> None:
    furnish()
    hire("li")
    token, _ = enrol(settle("li").token)
    with writing() as session:
        accounts.reset_second_factor(session, SECURITY, "li", at=NOW)
    with pytest.raises(SignInRefused):
        step_of(token)
    assert enter("li").step == "open"
    assert ("account.second_factor_reset", "sec", "done") in deeds()


def test_a_sign_in_that_waits_for_the_code_can_do_nothing_else(small_office: Path) -> None:
    furnish()
    hire("li")
    enrol(settle("li").token)
    token = enter("li").token
    with pytest.raises(SignInRefused, match="comes first"), writing() as session:
        sign_in.change_password(session, token, old=PASSWORD, new="Another-2026-mirror", at=NOW)
    with pytest.raises(SignInRefused, match="comes first"), writing() as session:
        sign_in.begin_totp(session, token, at=NOW)
