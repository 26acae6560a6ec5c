"""Accounts and posts: who may sign in, and what for. Whoever makes an account grants nothing, and the other way round.

The three administrators exclude one another and every other role. Source: field/rules.md, 4 (8.1.5.1-3).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import audit, dispatch, passwords, sign_in_ends
from data.actors import SYSTEM
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.identity import subject_key
from data.identity_numbers import read_number
from data.office_time import shanghai_day
from data.people_tables import Account, PasswordUsed, Post
from data.rights import ROLES, Held, Person, Role
from data.tables import Domain, Region, Unit
from data.written import written

ADMINISTRATORS = tuple(role.code for role in ROLES.values() if role.administers)
_CODE = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_MACHINE = Role("machine", "服务器", "Server", frozenset({"accounts", "grants"}), "nothing")
AT_THE_MACHINE = Person("command_line", "服务器命令行", "", (Held(_MACHINE, "", "", None),))
"""Whoever may start commands on the server: sets up an office that nobody can sign in to yet, on record."""


def create(
    session: Session, by: Person, *, code: str, name: str, unit_code: str, at: datetime, number: str | None = None
) -> str:
    """Make an account without any post; gives its one-time password, which is kept nowhere.

    `number`: the person's own identity number, kept as a keyed hash for recusal. Raises NotPermitted, InputRefused.
    """
    by.must("accounts")
    code, name = code.strip().lower(), written(name, name="name", least=1, most=60)
    if code in SYSTEM:
        raise InputRefused(
            f"The sign-in name {code!r} cannot be used: on record it stands for a part of the system. Choose another.",
            f"登录名“{code}”不可用：该名称在记录中代表系统自身，请另选。",
        )
    if not _CODE.fullmatch(code):
        raise InputRefused(
            f"The sign-in name {code[:40]!r} cannot be used; expected 2 to 40 small letters, digits, dots, dashes or "
            "underscores, the first a letter. Choose another.",
            f"登录名“{code[:40]}”不可用：应为 2 至 40 个小写字母、数字、点、短横或下划线，且以字母开头。请另选。",
        )
    if session.get(Account, code) is not None:
        raise _taken(code)
    _unit(session, unit_code)
    password = passwords.make_one_time()
    session.add(
        Account(
            code=code,
            name=name,
            unit_code=unit_code,
            state="active",
            password_hash=passwords.hash_password(password),
            password_set_at=at,
            must_change=True,
            n_failed=0,
            subject_key=_own_key(session, code, number) if number else None,
            created_at=at,
            created_by=by.code[:40],
        )
    )
    try:
        session.flush()
    except IntegrityError:
        # Somebody else was given it a moment ago.
        raise _taken(code) from None
    _note(session, by, "account.created", code, at, {"unit": unit_code})
    return password


def change(
    session: Session,
    by: Person,
    code: str,
    *,
    at: datetime,
    name: str | None = None,
    unit_code: str | None = None,
    number: str | None = None,
) -> None:
    """Put an account's name, unit or identity number right; what is None stays. Raises NotPermitted, NotFound."""
    by.must("accounts")
    account = held(session, code)
    if name is not None:
        account.name = written(name, name="name", least=1, most=60)
    if unit_code:
        _unit(session, unit_code)
        account.unit_code = unit_code
    if number:
        account.subject_key = _own_key(session, code, number)
    said = {"name": bool(name), "unit": unit_code, "number": bool(number)}
    _note(session, by, "account.changed", code, at, {key: value for key, value in said.items() if value})


def leave(session: Session, by: Person, code: str, *, at: datetime) -> int:
    """Close an account for good: posts and sign-ins end, the code is never given again. Raises NotPermitted.

    What it was verifying is put back for others; returns how many alerts it was putting right have to be handed on.
    """
    by.must("accounts")
    account = held(session, code)
    not_oneself(by, code)
    _keep_an_administrator(session, code, at)
    account.state, account.password_hash, account.totp_secret, account.totp_since = "left", None, None, None
    account.oidc_subject = None
    yesterday = shanghai_day(at) - timedelta(days=1)
    ends = or_(Post.until_on.is_(None), Post.until_on > yesterday)
    session.execute(update(Post).where(Post.account == code, ends).values(until_on=yesterday))
    sign_in_ends.end_all(session, code, at)
    n_put_back, n_to_hand_on = dispatch.put_back(session, code, at=at)
    _note(session, by, "account.left", code, at, {"put_back": n_put_back, "to_hand_on": n_to_hand_on})
    return n_to_hand_on


def block(session: Session, by: Person, code: str, *, at: datetime, reason: str = "") -> None:
    """Let an account in no more until it is unblocked; its sign-ins end at once. Raises NotPermitted, NotFound."""
    by.must("grants")
    reason = written(reason, name="reason", most=200)
    account = held(session, code)
    not_oneself(by, code)
    _not_left(account)
    _keep_an_administrator(session, code, at)
    account.state = "blocked"
    sign_in_ends.end_all(session, code, at)
    _note(session, by, "account.blocked", code, at, {"reason": reason} if reason else {})


def unblock(session: Session, by: Person, code: str, *, at: datetime) -> None:
    """Let an account in again, also one locked for failed sign-ins. Raises NotPermitted, TransitionRefused."""
    by.must("grants")
    account = held(session, code)
    not_oneself(by, code)
    _not_left(account)
    account.state, account.n_failed, account.locked_until = "active", 0, None
    _note(session, by, "account.unblocked", code, at)


def reset_password(session: Session, by: Person, code: str, *, at: datetime) -> str:
    """Give an account a one-time password in place of its own; every sign-in of it ends. Raises NotPermitted."""
    by.must("grants")
    account = held(session, code)
    not_oneself(by, code)
    _not_left(account)
    password = passwords.make_one_time()
    set_password(session, account, password, at=at, must_change=True)
    account.n_failed, account.locked_until = 0, None
    sign_in_ends.end_all(session, code, at)
    _note(session, by, "account.password_reset", code, at)
    return password


def reset_second_factor(session: Session, by: Person, code: str, *, at: datetime) -> None:
    """Take the second factor off an account whose device is lost; every sign-in of it ends. Raises NotPermitted."""
    by.must("grants")
    account = held(session, code)
    not_oneself(by, code)
    account.totp_secret, account.totp_since, account.totp_last = None, None, None
    sign_in_ends.end_all(session, code, at)
    _note(session, by, "account.second_factor_reset", code, at)


def link(session: Session, by: Person, code: str, subject: str | None, *, at: datetime) -> None:
    """Let a subject of the identity provider sign in as this account; None ends it. Raises NotPermitted."""
    by.must("grants")
    account = held(session, code)
    not_oneself(by, code)
    _not_left(account)
    subject = written(subject or "", name="name", most=200) or None
    taken = session.scalar(select(Account.code).where(Account.oidc_subject == subject)) if subject else None
    if taken not in (None, code):
        raise InputRefused(
            f"This subject of the identity provider is linked to {taken} already. Unlink it there first.",
            f"该统一认证标识已绑定账号 {taken}，请先解除。",
        )
    account.oidc_subject = subject
    _note(session, by, "account.linked" if subject else "account.unlinked", code, at)


def grant(
    session: Session,
    by: Person,
    *,
    account: str,
    role: str,
    unit_code: str,
    region_code: str | None = None,
    domain_code: str | None = None,
    from_on: date,
    until_on: date | None = None,
    at: datetime,
) -> Post:
    """Give an account a post: a role in a unit, for a region (None: the whole office) and perhaps one domain.

    Raises NotPermitted (never to oneself), TransitionRefused where the three administrators would mix with other roles,
    InputRefused for what does not exist.
    """
    by.must("grants")
    not_oneself(by, account)
    holder = held(session, account)
    _not_left(holder)
    _check_post(session, role, unit_code, region_code, domain_code, from_on, until_on)
    _keep_apart(session, account, role, from_on, until_on)
    post = Post(
        account=account,
        role=role,
        unit_code=unit_code,
        region_code=region_code or None,
        domain_code=domain_code or None,
        from_on=from_on,
        until_on=until_on,
        granted_by=by.code[:40],
    )
    session.add(post)
    session.flush()
    said: dict[str, object] = {
        "post": post.id,
        "role": role,
        "unit": unit_code,
        "region": region_code,
        "domain": domain_code,
    }
    said |= {"from": from_on, "until": until_on}
    _note(session, by, "post.granted", account, at, {key: value for key, value in said.items() if value})
    return post


def withdraw(session: Session, by: Person, post_id: int, *, at: datetime, account: str | None = None) -> None:
    """End a post from now on; with `account` only where it is a post of that account. Raises NotPermitted, NotFound.

    The last holder of an administrator's post keeps it: TransitionRefused.
    """
    by.must("grants")
    post = session.get(Post, post_id, with_for_update=True)
    if post is None or account not in (None, post.account):
        raise NotFound(
            f"There is no post {post_id} of this account. Choose one from the list.",
            f"该账号没有第 {post_id} 号岗位，请从列表中选择。",
        )
    not_oneself(by, post.account)
    _keep_an_administrator(session, post.account, at, post_id)
    yesterday = shanghai_day(at) - timedelta(days=1)
    if post.until_on is None or post.until_on > yesterday:
        post.until_on = yesterday
    _note(session, by, "post.withdrawn", post.account, at, {"post": post_id, "role": post.role})


def listed(session: Session, *, unit_code: str | None = None) -> Sequence[Account]:
    """Every account, or those of a unit, in order of code."""
    wanted = select(Account).order_by(Account.code)
    return session.scalars(wanted.where(Account.unit_code == unit_code) if unit_code else wanted).all()


def posts_of(session: Session, account: str | None = None, *, on: date | None = None) -> Sequence[Post]:
    """The posts of an account, or of everybody; with `on` those held on that day."""
    wanted = select(Post).order_by(Post.account, Post.id)
    if account is not None:
        wanted = wanted.where(Post.account == account)
    if on is not None:
        wanted = wanted.where(Post.from_on <= on, or_(Post.until_on.is_(None), Post.until_on >= on))
    return session.scalars(wanted).all()


def held(session: Session, code: str) -> Account:
    """The account, held until the transaction ends. Raises NotFound."""
    account = session.get(Account, code, with_for_update=True, populate_existing=True) if code.isprintable() else None
    if account is None:
        raise NotFound(
            f"There is no account {code[:40]!r}. Choose one from the list.", f"没有账号“{code[:40]}”，请从列表中选择。"
        )
    return account


def set_password(session: Session, account: Account, password: str, *, at: datetime, must_change: bool) -> None:
    """Put a password in place of the one there is, which is remembered as used."""
    if account.password_hash:
        session.add(
            PasswordUsed(
                account=account.code, password_hash=account.password_hash, set_at=account.password_set_at or at
            )
        )
    account.password_hash, account.password_set_at = passwords.hash_password(password), at
    account.must_change = must_change


def _taken(code: str) -> InputRefused:
    return InputRefused(
        f"There is an account {code} already; a sign-in name is never given twice. Choose another.",
        f"登录名 {code} 已存在，且不得再给他人使用，请另选。",
    )


def _own_key(session: Session, code: str, number: str) -> str:
    key = subject_key("person", read_number(number))
    other = session.scalar(
        select(Account.code).where(Account.subject_key == key, Account.code != code, Account.state != "left")
    )
    if other is not None:
        raise InputRefused(
            f"The person of this identity number has the account {other} already; one person has one account.",
            f"该身份证号的人员已有账号 {other}，一人只能有一个账号。",
        )
    return key


def _unit(session: Session, code: str) -> Unit:
    unit = session.get(Unit, code) if code.isprintable() else None
    if unit is None:
        raise InputRefused(
            f"There is no unit {code[:30]!r}. Choose one from the list.", f"没有单位“{code[:30]}”，请从列表中选择。"
        )
    return unit


def _check_post(
    session: Session,
    role: str,
    unit_code: str,
    region_code: str | None,
    domain_code: str | None,
    from_on: date,
    until_on: date | None,
) -> None:
    if role not in ROLES:
        raise InputRefused(
            f"There is no role {role[:20]!r}; expected one of {', '.join(ROLES)}.",
            f"没有“{role[:20]}”这一角色，请从列表中选择。",
        )
    _unit(session, unit_code)
    if region_code and not (region_code.isprintable() and session.get(Region, region_code) is not None):
        raise InputRefused(
            f"There is no region {region_code[:12]!r}. Choose one from the tree.",
            f"没有地区“{region_code[:12]}”，请重新选择。",
        )
    if domain_code and not (domain_code.isprintable() and session.get(Domain, domain_code) is not None):
        raise InputRefused(
            f"There is no domain {domain_code[:30]!r}. Choose one from the list.",
            f"没有领域“{domain_code[:30]}”，请重新选择。",
        )
    if until_on is not None and until_on < from_on:
        raise InputRefused(
            f"The post would end on {until_on} before it begins on {from_on}. Mend the dates.",
            f"岗位截止日 {until_on} 早于起始日 {from_on}，请更正。",
        )


def _keep_apart(session: Session, account: str, role: str, from_on: date, until_on: date | None) -> None:
    meets = or_(Post.until_on.is_(None), Post.until_on >= from_on)
    others = select(Post.role).where(Post.account == account, Post.role != role, meets)
    if until_on is not None:
        others = others.where(Post.from_on <= until_on)
    for known in (ROLES[other] for other in session.scalars(others) if other in ROLES):
        if ROLES[role].administers or known.administers:
            raise TransitionRefused(
                f"{account} is {known.name_en} at that time; the system, security and audit administrators exclude one "
                "another and every other role. Withdraw that post first, or choose another person.",
                f"{account} 同期担任{known.name}；系统、安全、审计三员相互独立，不得兼任其他角色。请先撤岗或另选他人。",
            )


def _keep_an_administrator(session: Session, code: str, at: datetime, post_id: int | None = None) -> None:
    """Raises TransitionRefused where the office would be left without one of its three administrators.

    Counts who holds the post today with an account in use. The posts are held, so that of two taken away at once the
    second is counted after the first. `post_id`: the one post that would end; None: all posts of the account.
    """
    today = shanghai_day(at)
    posts = session.execute(
        select(Post, Account.state)
        .join(Account, Account.code == Post.account)
        .where(Post.role.in_(ADMINISTRATORS), Post.from_on <= today)
        .where(or_(Post.until_on.is_(None), Post.until_on >= today))
        .order_by(Post.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    in_use = [post for post, state in posts if state == "active"]
    ending = [post for post in in_use if post.account == code and post_id in (None, post.id)]
    for role in (ROLES[post.role] for post in ending):
        if all(post in ending for post in in_use if post.role == role.code):
            raise TransitionRefused(
                f"{code} is the only {role.name_en} of this office, which would be left without one. Give the post to "
                "another account first, or unblock another one that holds it, then do this.",
                f"{code} 是本系统唯一的{role.name}，岗位不能空缺。请先将该岗位授予另一账号，或解锁另一名{role.name}。",
            )


def not_oneself(by: Person, code: str) -> None:
    """Raises NotPermitted where somebody would do this to an account of their own."""
    if by.code == code:
        raise NotPermitted(
            "Nobody does this to an account of their own; ask another administrator.",
            "不得对本人账号进行此项操作，请由另一名管理员办理。",
        )


def _not_left(account: Account) -> None:
    if account.state == "left":
        raise TransitionRefused(
            f"The account {account.code} was closed for good; make a new one.",
            f"账号 {account.code} 已注销，请新建账号。",
        )


def _note(
    session: Session, by: Person, action: str, code: str, at: datetime, detail: Mapping[str, object] | None = None
) -> None:
    audit.note(session, by.code, action, "account", code, at=at, address=by.address, detail=detail)
