"""Tokens that stand for a screen (kiosk) or another system (api): narrow, expiring, revocable, shown once."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, NotFound, SignInRefused
from data.people_tables import AccessToken
from data.record_tables import AuditEntry
from data.rights import Held, Person, Role
from data.sign_in import changing, hash_of
from data.tables import Region

SCOPES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "kiosk": {"wall.see": frozenset({"wall"})},
    "api": {
        "alerts.read": frozenset({"see", "alerts.read"}),
        "alerts.write": frozenset({"alerts.write"}),
        "outcomes.write": frozenset({"see", "verify", "outcomes.write"}),
    },
}
"""Kind of token -> what it may be given, and the rights each stands for; the name of a scope is a right of its own."""
MOST_DAYS = 366
_USED_EVERY = timedelta(minutes=1)
_REFUSED_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 50


def issue(
    session: Session,
    by: Person,
    *,
    kind: str,
    name: str,
    scopes: Sequence[str],
    region_code: str | None = None,
    days: int,
    at: datetime,
) -> str:
    """Make a token for a region (None: the whole office) and a number of days; shown once, kept as its hash.

    Raises NotPermitted, InputRefused for what such a token cannot be given.
    """
    by.must("grants")
    name = name.strip()
    _check(session, kind, name, scopes, region_code, days)
    token = f"{kind}-{secrets.token_urlsafe(32)}"
    made = AccessToken(
        kind=kind,
        name=name,
        token_hash=hash_of(token),
        scopes=",".join(sorted(set(scopes))),
        region_code=region_code or None,
        created_by=by.code[:40],
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    said = {"kind": kind, "name": name, "scopes": made.scopes, "region": region_code, "until": made.expires_at}
    audit.note(session, by.code, "token.issued", "token", made.id, at=at, address=by.address, detail=said)
    return token


def person_of_token(session: Session, token: str, *, kind: str, at: datetime, address: str) -> Person:
    """Who acts with a token: `token:NAME`, with the rights of its scopes over its region and nothing else.

    `session`: reading or writing; `used_at` is written at most once a minute. Raises SignInRefused, which is on record
    at most once a minute an address.
    """
    found = session.scalar(select(AccessToken).where(AccessToken.token_hash == hash_of(token)))
    if found is None or found.kind != kind or found.revoked_at is not None or at >= found.expires_at:
        # The name says which one was revoked or ran out; of one that is not known there is nothing to say.
        _note_refused(session, found.name if found else "", kind=kind, at=at, address=address)
        raise SignInRefused(
            "The token is not known here, has expired or was revoked. Ask the security administrator for a new one.",
            "令牌无效、已过期或已撤销，请向安全管理员重新申领。",
        )
    person, number = _person(found, address), found.id
    if found.used_at is None or at - found.used_at >= _USED_EVERY:
        with changing(session) as own:
            own.get_one(AccessToken, number).used_at = at
    return person


def _note_refused(session: Session, name: str, *, kind: str, at: datetime, address: str) -> None:
    """Put it on record that somebody came with a token that opens nothing; never the token."""
    lately = select(AuditEntry.number).where(
        AuditEntry.action == "token.refused", AuditEntry.address == address[:60], AuditEntry.at > at - _REFUSED_EVERY
    )
    if session.scalar(lately.limit(1)) is not None:
        return
    with changing(session) as own:
        audit.note(
            own, "unknown", "token.refused", "token", name, at=at, result="refused", address=address,
            detail={"kind": kind},
        )  # fmt: skip


def revoke(session: Session, by: Person, token_id: int, *, at: datetime) -> None:
    """End a token from now on. Raises NotPermitted, NotFound."""
    by.must("grants")
    found = session.get(AccessToken, token_id, with_for_update=True)
    if found is None:
        raise NotFound(f"There is no token {token_id}. Choose one from the list.", f"没有第 {token_id} 号令牌。")
    if found.revoked_at is None:
        found.revoked_at = at
        said = {"name": found.name}
        audit.note(session, by.code, "token.revoked", "token", token_id, at=at, address=by.address, detail=said)


def listed(session: Session, *, kind: str | None = None) -> Sequence[AccessToken]:
    """Every token, or those of a kind, the newest first; revoked and expired ones too."""
    wanted = select(AccessToken).order_by(AccessToken.id.desc())
    return session.scalars(wanted.where(AccessToken.kind == kind) if kind else wanted).all()


def _person(found: AccessToken, address: str) -> Person:
    known = SCOPES[found.kind]
    rights = frozenset().union(*(known.get(scope, frozenset()) for scope in found.scopes.split(",")))
    role = Role(found.kind, "令牌", "Token", rights, "region")
    post = Held(role, "", found.region_code or "", None)
    return Person(f"token:{found.name}", found.name, "", (post,), address=address)


def _names_a_system(name: str) -> bool:
    """Whether the alerts of the system it stands for are told from every other's; see `received.system_of`."""
    system, at, turn = name.partition("@")
    if "|" in name or "@" in turn:
        return False
    return not at or (bool(system) and bool(turn) and system == system.strip() and turn == turn.strip())


def _check(session: Session, kind: str, name: str, scopes: Sequence[str], region_code: str | None, days: int) -> None:
    known = SCOPES.get(kind)
    if known is None or not scopes or not set(scopes) <= set(known):
        expected = "; ".join(f"{one}: {', '.join(SCOPES[one])}" for one in SCOPES)
        raise InputRefused(
            f"A {kind[:10]!r} token cannot be given {', '.join(scopes)[:100] or 'nothing'}; expected {expected}.",
            "令牌类型与权限范围不符：大屏令牌只能看大屏，接口令牌可读预警、写预警、写结论。",
        )
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputRefused(
            f"The name of the token has {len(name)} characters; expected 1 to {_LONGEST_NAME} that can be printed.",
            f"令牌名称为 {len(name)} 个字符，应为 1 至 {_LONGEST_NAME} 个可见字符。",
        )
    if not _names_a_system(name):
        raise InputRefused(
            f"The name of the token is {name!r}; expected no '|', and an '@' only once, between the name of the system "
            "and which token of it this is, as in `feeds@2027`.",
            f"令牌名称“{name}”不可用：不得含“|”；“@”最多一个，前为系统名、后为批次，例如“feeds@2027”。",
        )
    if session.scalar(select(AccessToken.id).where(AccessToken.name == name)) is not None:
        raise InputRefused(
            f"There was a token {name!r} already; the audit tells tokens apart by name. Choose another.",
            f"令牌名称“{name}”已使用过；审计按名称区分令牌，请另取名称。",
        )
    if not 1 <= days <= MOST_DAYS:
        raise InputRefused(
            f"The token would last {days} days; expected 1 to {MOST_DAYS}.", f"有效期应为 1 至 {MOST_DAYS} 天。"
        )
    if region_code and not (region_code.isprintable() and session.get(Region, region_code) is not None):
        raise InputRefused(
            f"There is no region {region_code[:12]!r}. Choose one from the tree.",
            f"没有地区“{region_code[:12]}”，请重选。",
        )
