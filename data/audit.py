"""The audit: everything somebody did or saw, in a chain that shows when a link was changed, taken out or put in.

Entries are noted in a session and sealed when it commits, so that a deed and its record are written together or not at
all. A seal is an HMAC with a key that lies beside the database, not in it: whoever can write to the database alone
cannot make a chain that holds. The chain's end bears a mark made with that key, and is noted in a file day by day, so
that links cut off its end are missed. Source: field/rules.md, 3 and 4.
"""

import hashlib
import hmac
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from data.errors import AuditBroken
from data.identity import secret
from data.office_time import shanghai_day, utc_now
from data.record_tables import AuditEntry, AuditHead
from data.settings import settings

log = logging.getLogger("mingjing.audit")

_SEALED = ("number", "at", "actor", "action", "object_kind", "object_id", "result", "address", "detail", "previous")
START = "0" * 64
"""What the first entry names as the seal before it."""
ENDS = "audit-ends.txt"
"""File of the home folder in which the chain's end is noted: a line `YYYY-MM-DD N:SEAL` each, only ever added to."""
_END_LINE = re.compile(r"(\d{4}-\d\d-\d\d) (\d{1,12}):([0-9a-f]{64})")
_BROKEN = "broken"
"""Mark of an end that followed upon one which was set by hand: it is not made good by what is added later."""
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
    if session.in_nested_transaction():
        # A savepoint is released; the entries wait for the commit of the whole.
        return
    noted = session.info.pop("audit", None)
    session.info.pop("audit_lasting", None)
    if not noted:
        return
    session.flush()
    # The head is taken last and held until the commit: links are added one after the other.
    head = session.get_one(AuditHead, 1, with_for_update=True, populate_existing=True)
    key = secret("audit.key")
    holds = _is_marked(key, head)
    for one in noted:
        entry = {**one, "number": head.number + 1, "previous": head.seal}
        seal = _seal(key, entry)
        session.add(AuditEntry(**entry, seal=seal))
        head.number, head.seal = entry["number"], seal
    head.mark = _mark(key, head.number, head.seal) if holds else _BROKEN
    session.flush()


@event.listens_for(Session, "after_transaction_create")
def _begin_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault("audit_savepoints", []).append(len(session.info.get("audit", ())))


@event.listens_for(Session, "after_transaction_end")
def _end_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info["audit_savepoints"].pop()


@event.listens_for(Session, "after_rollback")
def _keep_lasting(session: Session) -> None:
    if session.in_nested_transaction():
        # Only what was noted since the savepoint is taken back, and of that not what lasts.
        noted, lasting = session.info.get("audit", []), session.info.get("audit_lasting", [])
        since = session.info["audit_savepoints"][-1]
        noted[since:] = [one for one in noted[since:] if any(one is kept for kept in lasting)]
        return
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


def _mark(key: bytes, number: int, seal: str) -> str:
    return hmac.new(key, f"end {number}:{seal}".encode(), hashlib.sha256).hexdigest()


def _is_marked(key: bytes, head: AuditHead) -> bool:
    """Whether the end bears the mark of whoever holds the key; the beginning of all bears none."""
    if (head.number, head.seal) == (0, START):
        return head.mark == ""
    return hmac.compare_digest(_mark(key, head.number, head.seal), head.mark)


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

    So must every end in the file of the home folder. `progress` is told (links walked, of how many) from time to time.

    Raises AuditBroken, which names the first broken link and what is wrong with it.
    """
    ends = {one.n: (one.seal, f"{ENDS}, {day}", f"{ENDS}，{day}") for day, one in noted_ends()}
    if expected:
        ends[expected.n] = (expected.seal, "earlier", "此前")
    key, previous, number = secret("audit.key"), START, 0
    # The end is read first: what others add meanwhile comes after it.
    head = session.get_one(AuditHead, 1, populate_existing=True)
    n, end, marked = head.number, head.seal, _is_marked(key, head)
    for entry in _entries(session, n):
        number += 1
        if progress and number % _CHUNK == 0:
            progress(number, n)
        said = {name: getattr(entry, name) for name in (*_SEALED, "seal")}
        if fault := _fault(key, said, number, previous):
            raise AuditBroken(*fault)
        previous = entry.seal
        if number in ends and ends[number][0] != previous:
            raise AuditBroken(
                f"Audit entry {number} is not the one that was noted as the chain's end ({ends[number][1]}); the chain "
                "was written anew.",
                f"审计记录第 {number} 条与登记的链尾（{ends[number][2]}）不符：整条链被重写过。",
            )
    beyond = session.scalar(select(func.max(AuditEntry.number))) or 0
    if beyond > session.execute(select(AuditHead.number)).scalar_one():
        raise AuditBroken(
            f"Audit entry {beyond} lies beyond the chain's end; it was put in.",
            f"审计记录第 {beyond} 条在链尾之外：系被插入。",
        )
    furthest = max(n, *ends) if ends else n
    if number != n or previous != end or furthest > number:
        why, zh = (f" ({ends[furthest][1]})", f"（{ends[furthest][2]}）") if furthest in ends else ("", "")
        raise AuditBroken(
            f"The audit chain ends at entry {number}, but {furthest} were written{why}; the last ones were taken out.",
            f"审计链止于第 {number} 条，应有 {furthest} 条{zh}：末尾的记录被删除。",
        )
    if not marked:
        raise AuditBroken(
            f"The end of the audit chain, entry {number}, was set by hand: it does not bear the mark made with the "
            "key. Entries after it may have been taken out.",
            f"审计链尾（第 {number} 条）没有密钥签记，系人为改写：其后的记录可能被删除。",
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


def _ends_file() -> Path:
    return settings().home / ENDS


def noted_ends() -> list[tuple[date, Verified]]:
    """The chain's ends as noted in the file of the home folder, with their days; none where there is no file.

    Raises AuditBroken for a line that is none.
    """
    path, found = _ends_file(), []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for place, line in enumerate(lines, start=1):
        said = _END_LINE.fullmatch(line.strip())
        if said is None:
            raise AuditBroken(
                f"Line {place} of {ENDS} in the home folder was changed: got {line[:40]!r}, expected "
                "`YYYY-MM-DD N:SEAL`. Restore the file from the backup.",
                f"主目录中 {ENDS} 第 {place} 行被改动，无法识别，请从备份恢复该文件。",
            )
        found.append((date.fromisoformat(said[1]), Verified(int(said[2]), said[3])))
    return found


def note_end(session: Session, *, at: datetime) -> bool:
    """Add the chain's end to the file beside the database, unless this day's is there. Returns whether it was added.

    An end without its mark is not added: it would make a cut look whole.
    Raises AuditBroken where the file was changed.
    """
    head, today = session.get_one(AuditHead, 1, populate_existing=True), shanghai_day(at)
    if any(day == today for day, _ in noted_ends()) or not _is_marked(secret("audit.key"), head):
        return False
    return _add_end(today, Verified(head.number, head.seal))


def note_verified(verified: Verified, *, at: datetime) -> bool:
    """Add an end that was just verified to the file beside the database, unless it stands there already."""
    if any(one == verified for _, one in noted_ends()):
        return False
    return _add_end(shanghai_day(at), verified)


def _add_end(day: date, end: Verified) -> bool:
    # Entry 0 is no link: there is nothing yet that could be cut off.
    if end.n == 0:
        return False
    with _ends_file().open("a", encoding="utf-8") as file:
        file.write(f"{day} {end.n}:{end.seal}\n")
        file.flush()
        os.fsync(file.fileno())
    return True
