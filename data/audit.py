"""The audit: everything somebody did or saw, in a chain that shows when a link was changed, taken out or put in.

Entries are noted in a session and sealed when it commits, so that a deed and its record are written together or not at
all. A seal is an HMAC with a key that lies beside the database, not in it: whoever can write to the database alone
cannot make a chain that holds. Source: field/rules.md, 3 and 4.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.errors import AuditBroken
from data.identity import secret
from data.office_time import utc_now
from data.record_tables import AuditEntry, AuditHead

log = logging.getLogger("mingjing.audit")

_SEALED = ("number", "at", "actor", "action", "object_kind", "object_id", "result", "address", "detail", "previous")
START = "0" * 64
"""What the first entry names as the seal before it."""
_CHUNK = 5000


def note(
    session: Session,
    actor: str,
    action: str,
    object_kind: str = "",
    object_id: object = "",
    *,
    at: datetime | None = None,
    result: str = "done",
    address: str = "",
    detail: Mapping[str, Any] | None = None,
    lasting: bool = False,
) -> None:
    """Put a deed on record with this session's commit. `action` is `room.verb`; `detail` never holds a secret.

    What was refused (`result`) and what is `lasting`, such as a look, goes on record even where the transaction is
    taken back.
    """
    said = {
        "at": (at or utc_now()).replace(microsecond=0),
        "actor": actor[:60],
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id)[:80],
        "result": result,
        "address": address[:60],
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str),
    }
    session.info.setdefault("audit", []).append(said)
    if lasting or result == "refused":
        session.info.setdefault("audit_lasting", []).append(said)


@event.listens_for(Session, "before_commit")
def _seal_noted(session: Session) -> None:
    noted = session.info.pop("audit", None)
    session.info.pop("audit_lasting", None)
    if not noted:
        return
    session.flush()
    # The head is taken last and held until the commit: links are added one after the other.
    head = session.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    key = secret("audit.key")
    for one in noted:
        entry = {**one, "number": head.number + 1, "previous": head.seal}
        seal = _seal(key, entry)
        session.add(AuditEntry(**entry, seal=seal))
        head.number, head.seal = entry["number"], seal
    session.flush()


@event.listens_for(Session, "after_rollback")
def _keep_lasting(session: Session) -> None:
    session.info.pop("audit", None)
    kept = session.info.pop("audit_lasting", None)
    if not kept:
        return
    try:
        with Session(session.get_bind()) as own, own.begin():
            own.info["audit"] = kept
    except SQLAlchemyError:
        # What made the transaction fail is told to the caller; this must not take its place.
        log.exception("could not be put on record: %s", [one["action"] for one in kept])


def _seal(key: bytes, entry: Mapping[str, Any]) -> str:
    said = json.dumps([_plain(entry[name]) for name in _SEALED], ensure_ascii=False)
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(frozen=True)
class Verified:
    """A chain that holds: how many links, and the seal it ends with."""

    n: int
    seal: str


def verify(
    session: Session, *, expected: Verified | None = None, progress: Callable[[int, int], None] | None = None
) -> Verified:
    """Walk the chain from its first link. `expected`: an end noted earlier, which must still be a link of it.

    `progress` is told (links walked, of how many) from time to time.

    Raises AuditBroken, which names the first broken link and what is wrong with it.
    """
    key, previous, number = secret("audit.key"), START, 0
    # The end is read first: what others add meanwhile comes after it.
    n, end = session.execute(select(AuditHead.number, AuditHead.seal)).one()
    for entry in _entries(session, n):
        number += 1
        if progress and number % _CHUNK == 0:
            progress(number, n)
        said = {name: getattr(entry, name) for name in (*_SEALED, "seal")}
        if fault := _fault(key, said, number, previous):
            raise AuditBroken(*fault)
        previous = entry.seal
        if expected and expected.n == number and expected.seal != previous:
            raise AuditBroken(
                f"Audit entry {number} is not the one that was noted as the chain's end; the chain was written anew.",
                f"审计记录第 {number} 条与此前登记的链尾不符：整条链被重写过。",
            )
    beyond = session.scalar(select(func.max(AuditEntry.number))) or 0
    if beyond > session.execute(select(AuditHead.number)).scalar_one():
        raise AuditBroken(
            f"Audit entry {beyond} lies beyond the chain's end; it was put in.",
            f"审计记录第 {beyond} 条在链尾之外：系被插入。",
        )
    if number != n or previous != end or (expected and expected.n > number):
        named = max(n, expected.n if expected else 0)
        raise AuditBroken(
            f"The audit chain ends at entry {number}, but {named} were written; the last ones were taken out.",
            f"审计链止于第 {number} 条，应有 {named} 条：末尾的记录被删除。",
        )
    return Verified(number, previous)


def _entries(session: Session, n: int) -> Iterator[AuditEntry]:
    """The entries up to number n in order, some at a time."""
    # Below any number, so that one put in before the first is met too.
    last = -(2**31)
    query = select(AuditEntry).where(AuditEntry.number <= n).order_by(AuditEntry.number).limit(_CHUNK)
    while entries := session.scalars(query.where(AuditEntry.number > last)).all():
        yield from entries
        last = entries[-1].number


def _fault(key: bytes, entry: Mapping[str, Any], number: int, previous: str) -> tuple[str, str] | None:
    if entry["number"] != number:
        return (
            f"Audit entry {number} is missing; the next one there is {entry['number']}.",
            f"审计记录第 {number} 条缺失，其后为第 {entry['number']} 条。",
        )
    if entry["previous"] != previous:
        return (
            f"Audit entry {number} does not follow the one before it.",
            f"审计记录第 {number} 条与上一条不衔接。",
        )
    if not hmac.compare_digest(_seal(key, entry), entry["seal"]):
        return (
            f"Audit entry {number} ({entry['at']:%Y-%m-%d %H:%M:%S} UTC, {entry['actor']}, {entry['action']}) was "
            "changed after it was written.",
            f"审计记录第 {number} 条（{entry['at']:%Y-%m-%d %H:%M:%S} UTC，{entry['actor']}，{entry['action']}）"
            "写入后被改动。",
        )
    return None
