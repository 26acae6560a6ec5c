"""Signing in and staying signed in: password, second factor, lock-out, idle time-out, and the end of it all.

A sign-in lives in the database; the browser holds a random token of which only the hash is kept, and gets a new one at
every step, so that a token slipped to it or seen on the way lets nobody in. A failed try is
committed before it is refused, so that nothing that happens to the request afterwards takes the count back: these
functions want a session of their own. Source: field/rules.md, 4 (8.1.4.1).
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import accounts, audit, passwords, policy, sign_in_ends
from data import second_factor as factor
from data import sign_in_refusals as refusals
from data.database import reading, writing
from data.errors import InputRefused, SignInRefused, TransitionRefused
from data.office_time import shanghai_day
from data.people_tables import Account, PasswordUsed, SignIn
from data.rights import ROLES, Person, find_person

STEPS = ("second_factor", "password", "enrol", "open")
"""What is still to be done: give the code, change the password, set up the second factor; open: signed in."""
_SEEN_EVERY = timedelta(minutes=1)
_CODE = re.compile(r"[a-z0-9._-]{1,40}")


@dataclass(frozen=True)
class Opened:
    """A sign-in just begun: the token for the cookie, and the step that comes next."""

    token: str
    step: str


@dataclass(frozen=True)
class Signed:
    """Who is behind a token. Until the step is `open` the person holds no posts, so may do nothing."""

    person: Person
    step: str


@contextmanager
def changing(session: Session) -> Iterator[Session]:
    """The session itself where it is one for writing, else one for writing that commits at once.

    So that a request which only reads need not hold the write lock for the sake of a time stamp. A session for reading
    gives its connection back first: many who each held one and waited for a second would wait for one another.
    """
    if session.get_bind().get_execution_options().get("writes"):
        yield session
        return
    session.rollback()
    with writing() as own:
        yield own


def hash_of(token: str) -> str:
    """What is kept of a token: SHA-256, hex. Tokens are random, so that they need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in(session: Session, *, code: str, password: str, address: str, at: datetime) -> Opened:
    """Let an account in by its password. `session`: a writing one of its own.

    Raises SignInRefused with one text for a wrong name, a wrong password and a locked account, after the same work.
    """
    code = code.strip().lower()
    code = code if _CODE.fullmatch(code) else ""
    # Before the transaction: hashing takes its time, and nobody should wait for it.
    with reading() as look:
        known = look.scalar(select(Account.password_hash).where(Account.code == code))
        right = passwords.matches(known, password)
    account = session.get(Account, code, with_for_update=True, populate_existing=True) if code else None
    if account is None:
        _refuse(session, "unknown", "unknown", refusals.wrong(session), address, at)
    if _is_locked(account, at):
        _refuse(session, code, "locked", refusals.wrong(session), address, at)
    if not right or account.password_hash != known:
        _count_failure(session, account, "password", address, at)
        _refuse(session, code, "password", refusals.wrong(session), address, at)
    if account.state != "active":
        _refuse(session, code, account.state, refusals.not_active(account), address, at)
    if _has_lapsed(session, account, at):
        _refuse(session, code, "lapsed", refusals.lapsed(), address, at)
    if passwords.is_outdated(account.password_hash or ""):
        account.password_hash = passwords.hash_password(password)
    return _open(session, account, "password", address, at)


def by_oidc(session: Session, subject: str, *, address: str = "", at: datetime) -> Opened:
    """Let in the account that a subject of the identity provider is linked to; never makes one.

    A second factor set up here is asked for here. Raises SignInRefused.
    """
    found = select(Account).where(Account.oidc_subject == subject[:200]).with_for_update()
    account = session.scalar(found) if subject and subject.isprintable() else None
    if account is None:
        text = SignInRefused(
            "The identity provider knows you, but no account here is linked to you. Ask the security administrator.",
            "统一认证已通过，但本系统没有与您绑定的账号，请联系安全管理员。",
        )
        _refuse(session, "unknown", "oidc", text, address, at)
    if account.state != "active":
        _refuse(session, account.code, account.state, refusals.not_active(account), address, at)
    return _open(session, account, "oidc", address, at)


def second_factor(session: Session, token: str, otp: str, *, at: datetime) -> Opened:
    """Take the code of the second factor; gives the new token and the step that comes next. Raises SignInRefused."""
    kept, account = _kept(session, token, at)
    if kept.step != "second_factor":
        return Opened(token, kept.step)
    if account.totp_secret is None or account.totp_since is None:
        kept.ended_at = at
        _refuse(session, account.code, "second_factor", refusals.ended(), kept.address, at)
    _take_code(session, kept, account, otp, at)
    account.n_failed, account.locked_until = 0, None
    kept.step, kept.seen_at = _next_step(session, account, kept.way, at), at
    audit.note(session, account.code, "account.signed_in", "account", account.code, at=at, address=kept.address,
               detail={"by": "second_factor", "step": kept.step})  # fmt: skip
    return _renewed(kept)


def change_password(session: Session, token: str, *, old: str, new: str, at: datetime) -> Opened:
    """Put a password of one's own choice in place of the old one; gives the new token and the step that comes next.

    Every other sign-in of the account ends. Raises SignInRefused, InputRefused for a password against the rules.
    """
    with reading() as look:
        found = look.execute(
            select(Account.code, Account.name, Account.password_hash)
            .join(SignIn, SignIn.account == Account.code)
            .where(SignIn.token_hash == hash_of(token))
        ).one_or_none()
        right = passwords.matches(found.password_hash if found else None, old)
        used = _used(look, found.code, found.password_hash) if found else []
        fault = passwords.fault(look, new, code=found.code, name=found.name, used=used) if found and right else None
    kept, account = _kept(session, token, at)
    if kept.step not in ("password", "open"):
        raise refusals.first(kept.step)
    _refuse_locked(session, kept, account, at)
    if not right or found is None or account.password_hash != found.password_hash:
        _count_failure(session, account, "old_password", kept.address, at)
        _refuse(session, account.code, "old_password", refusals.wrong_old(), kept.address, at)
    if fault is not None:
        raise fault
    accounts.set_password(session, account, new, at=at, must_change=False)
    sign_in_ends.end_all(session, account.code, at, but=kept.token_hash)
    kept.step, kept.seen_at = _next_step(session, account, kept.way, at), at
    _note(session, account, "account.password_changed", kept, at)
    return _renewed(kept)


def begin_totp(session: Session, token: str, *, at: datetime) -> tuple[str, str]:
    """Make a secret for a second factor; gives it and its `otpauth://` address, to be shown once.

    It counts from `confirm_totp` on. Raises SignInRefused, TransitionRefused where one is in use.
    """
    kept, account = _kept(session, token, at)
    if kept.step not in ("enrol", "open"):
        raise refusals.first(kept.step)
    if account.totp_since is not None:
        raise TransitionRefused(
            "A second factor is in use already; stop it first, or ask the security administrator to reset it.",
            "已启用动态口令；请先停用，或请安全管理员重置。",
        )
    secret = factor.make_secret()
    account.totp_secret, account.totp_last = factor.sealed(secret), None
    _note(session, account, "account.second_factor_begun", kept, at)
    return secret, factor.address(secret, account.code)


def confirm_totp(session: Session, token: str, otp: str, *, at: datetime) -> Opened:
    """Take the first code of a device, asked for at every sign-in from now on; gives the new token and the next step.

    Raises SignInRefused, InputRefused where the code is not the one of the secret.
    """
    kept, account = _kept(session, token, at)
    if kept.step not in ("enrol", "open"):
        raise refusals.first(kept.step)
    if account.totp_secret is None or account.totp_since is not None:
        raise TransitionRefused(
            "There is no second factor to confirm; begin anew.", "没有待确认的动态口令，请重新开始。"
        )
    step = factor.step_of(account.totp_secret, otp, at=at, last=account.totp_last)
    if step is None:
        raise InputRefused(
            "The code is not the one of the secret just shown. Check the clock of the device and give the next code.",
            "动态口令与刚才的密钥不符。请核对设备时间，输入下一个口令。",
        )
    account.totp_since, account.totp_last = at, step
    kept.step = _next_step(session, account, kept.way, at)
    _note(session, account, "account.second_factor_set", kept, at)
    return _renewed(kept)


def stop_totp(session: Session, token: str, otp: str, *, at: datetime) -> None:
    """Take off one's second factor, with a code of it. Raises SignInRefused, TransitionRefused where it is required."""
    kept, account = _kept(session, token, at)
    if kept.step != "open":
        raise refusals.first(kept.step)
    if account.totp_secret is None or account.totp_since is None:
        raise TransitionRefused("There is no second factor in use.", "未启用动态口令。")
    if _is_required(session, account, at):
        raise TransitionRefused(
            "The rules of the office require your second factor; it stays. If the device is lost, the security "
            "administrator resets it.",
            "本单位安全策略要求使用动态口令，不能停用；如设备遗失，请安全管理员重置。",
        )
    _take_code(session, kept, account, otp, at)
    account.totp_secret, account.totp_since, account.totp_last = None, None, None
    _note(session, account, "account.second_factor_stopped", kept, at)


def person_of(session: Session, token: str, *, at: datetime, address: str, active: bool = True) -> Signed:
    """Who is behind a token. `session`: reading or writing; a time stamp is written at most once a minute.

    `active`: whether a person did something; False for what a page asks by itself, which must not keep a sign-in alive.
    Raises SignInRefused where there is none, or it has ended: by idling, by age, or because the account was blocked.
    """
    key = hash_of(token)
    kept = session.get(SignIn, key)
    account = session.get(Account, kept.account) if kept is not None else None
    why = _why_over(session, kept, account, at)
    if why or kept is None or account is None:
        if kept is not None and kept.ended_at is None:
            with changing(session) as own:
                _end(own, key, at, why)
            if own is session:
                session.commit()
        raise refusals.ended(why)
    signed = Signed(Person(account.code, account.name, account.unit_code, (), address=address), kept.step)
    if kept.step == "open":
        person = find_person(session, account.code, today=shanghai_day(at), address=address)
        signed = Signed(person, kept.step)
    if active and at - kept.seen_at >= _SEEN_EVERY:
        with changing(session) as own:
            own.get_one(SignIn, key).seen_at = at
    return signed


def sign_out(session: Session, token: str, *, at: datetime) -> None:
    """End a sign-in; nothing happens where there is none."""
    _end(session, hash_of(token), at, "signed_out")


def _open(session: Session, account: Account, by: str, address: str, at: datetime) -> Opened:
    if account.totp_since is None:
        account.n_failed, account.locked_until = 0, None
    step = "second_factor" if account.totp_since is not None else _next_step(session, account, by, at)
    if policy.value(session, "one_session"):
        sign_in_ends.end_all(session, account.code, at)
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hash_of(token),
            account=account.code,
            started_at=at,
            seen_at=at,
            step=step,
            address=address[:60],
            way=by,
        )
    )
    action = "account.password_taken" if step == "second_factor" else "account.signed_in"
    audit.note(session, account.code, action, "account", account.code, at=at, address=address,
               detail={"by": by, "step": step})  # fmt: skip
    return Opened(token, step)


def _renewed(kept: SignIn) -> Opened:
    """A new token for a sign-in that got a step further: whoever saw the one before has nothing."""
    token = secrets.token_urlsafe(32)
    kept.token_hash = hash_of(token)
    return Opened(token, kept.step)


def _next_step(session: Session, account: Account, way: str, at: datetime) -> str:
    days = timedelta(days=policy.value(session, "password_days"))
    old = account.password_set_at is not None and at - account.password_set_at >= days
    # Whom the identity provider vouches for is not held up by a password that was not used.
    if way == "password" and account.password_hash is not None and (account.must_change or old):
        return "password"
    if account.totp_since is None and _is_required(session, account, at):
        return "enrol"
    return "open"


def _is_required(session: Session, account: Account, at: datetime) -> bool:
    wanted = policy.value(session, "second_factor_required")
    if wanted != 1:
        return wanted == 2
    roles = {post.role for post in accounts.posts_of(session, account.code, on=shanghai_day(at))}
    return any(role in ROLES and ROLES[role].administers for role in roles)


def _kept(session: Session, token: str, at: datetime) -> tuple[SignIn, Account]:
    """The sign-in of a token and its account, held until the transaction ends. Raises SignInRefused."""
    code = session.scalar(select(SignIn.account).where(SignIn.token_hash == hash_of(token)))
    # The account first, as everywhere, so that two who change both never wait for one another.
    account = session.get(Account, code, with_for_update=True, populate_existing=True) if code else None
    kept = session.get(SignIn, hash_of(token), with_for_update=True, populate_existing=True) if code else None
    if kept is None or account is None or (why := _why_over(session, kept, account, at)):
        raise refusals.ended(why if kept is not None and account is not None else "")
    return kept, account


def _why_over(session: Session, kept: SignIn | None, account: Account | None, at: datetime) -> str:
    if kept is None or account is None or kept.ended_at is not None:
        return "ended"
    if account.state != "active":
        return account.state
    rules = policy.values(session)
    if at - kept.started_at >= timedelta(hours=rules["longest_hours"]):
        return "age"
    if at - kept.seen_at >= timedelta(minutes=rules["idle_minutes"]):
        return "idle"
    return ""


def _end(session: Session, token_hash: str, at: datetime, why: str) -> None:
    kept = session.get(SignIn, token_hash, with_for_update=True, populate_existing=True)
    if kept is None or kept.ended_at is not None:
        return
    kept.ended_at = at
    audit.note(session, kept.account, "account.signed_out", "account", kept.account, at=at, address=kept.address,
               detail={"why": why})  # fmt: skip


def _take_code(session: Session, kept: SignIn, account: Account, otp: str, at: datetime) -> None:
    _refuse_locked(session, kept, account, at)
    step = factor.step_of(account.totp_secret or "", otp, at=at, last=account.totp_last)
    if step is None:
        _count_failure(session, account, "second_factor", kept.address, at)
        _refuse(session, account.code, "second_factor", refusals.wrong_code(), kept.address, at)
    account.totp_last = step


def _refuse_locked(session: Session, kept: SignIn, account: Account, at: datetime) -> None:
    if _is_locked(account, at):
        kept.ended_at = at
        _refuse(session, account.code, "locked", refusals.wrong(session), kept.address, at)


def _is_locked(account: Account, at: datetime) -> bool:
    return account.locked_until is not None and at < account.locked_until


def _count_failure(session: Session, account: Account, what: str, address: str, at: datetime) -> None:
    if account.locked_until is not None and at >= account.locked_until:
        account.n_failed, account.locked_until = 0, None
    account.n_failed += 1
    if account.n_failed >= policy.value(session, "failures") and account.locked_until is None:
        account.locked_until = at + timedelta(minutes=policy.value(session, "locked_minutes"))
        audit.note(session, account.code, "account.locked", "account", account.code, at=at, result="refused",
                   address=address, detail={"failures": account.n_failed, "last": what})  # fmt: skip


def _refuse(session: Session, code: str, why: str, error: SignInRefused, address: str, at: datetime) -> NoReturn:
    # An unknown name is not kept: people type passwords into the wrong field.
    audit.note(session, code, "account.refused", "account", "" if code == "unknown" else code, at=at,
               result="refused", address=address, detail={"why": why})  # fmt: skip
    session.commit()
    raise error


def _has_lapsed(session: Session, account: Account, at: datetime) -> bool:
    given = account.password_set_at
    days = timedelta(days=policy.value(session, "one_time_days"))
    return account.must_change and given is not None and at - given >= days


def _used(session: Session, code: str, current: str | None) -> list[str]:
    n = policy.value(session, "password_history")
    earlier = session.scalars(
        select(PasswordUsed.password_hash)
        .where(PasswordUsed.account == code)
        .order_by(PasswordUsed.id.desc())
        .limit(max(0, n - 1))
    )
    return [*([current] if current else []), *earlier]


def _note(session: Session, account: Account, action: str, kept: SignIn, at: datetime) -> None:
    audit.note(session, account.code, action, "account", account.code, at=at, address=kept.address)
