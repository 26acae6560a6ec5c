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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Text, cast, event, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from data.errors import AuditBroken, KeyLost, MingjingError
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
_NO_HEAD = (
    "The head of the audit (audit_head) is gone; somebody took it out. Restore the database from the backup.",
    "审计链头（audit_head）缺失：系被删除，请从备份恢复数据库。",
)


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
    head = session.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        raise AuditBroken(*_NO_HEAD)
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
    except (SQLAlchemyError, MingjingError):
        # What made the transaction fail is told to the caller; this must not take its place.
        log.exception("could not be put on record: %s", [one["action"] for one in kept])


def _seal(key: bytes, entry: Mapping[str, Any]) -> str:
    said = json.dumps([_plain(entry[name]) for name in _SEALED], ensure_ascii=False)
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def _mark(key: bytes, number: int, seal: str) -> str:
    return hmac.new(key, f"end {number}:{seal}".encode(), hashlib.sha256).hexdigest()


def _is_marked(key: bytes, head: "AuditHead | _End") -> bool:
    """Whether the end bears the mark of whoever holds the key; the beginning of all bears none."""
    if (head.number, head.seal) == (0, START):
        return head.mark == ""
    return _same(_mark(key, head.number, head.seal), head.mark)


def _same(made: str, found: object) -> bool:
    """Whether what was made with the key is what stands there, which may be anything."""
    return hmac.compare_digest(made.encode(), str(found).encode("utf-8", "replace"))


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
    key, previous, number = _key(), START, 0
    # The end is read first: what others add meanwhile comes after it.
    head = _end(session)
    n, end, marked = head.number, head.seal, _is_marked(key, head)
    for entry in _entries(session, n):
        number += 1
        if progress and number % _CHUNK == 0:
            progress(number, n)
        if fault := _fault(key, entry, number, previous):
            raise AuditBroken(*fault)
        previous = entry["seal"]
        if number in ends and ends[number][0] != previous:
            raise AuditBroken(
                f"Audit entry {number} is not the one that was noted as the chain's end ({ends[number][1]}); the chain "
                "was written anew.",
                f"审计记录第 {number} 条与登记的链尾（{ends[number][2]}）不符：整条链被重写过。",
            )
    (last,) = _read(session, select(func.max(AuditEntry.number).label("number")), after=number)
    beyond = last["number"] or 0
    if beyond > _end(session).number:
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


def _key() -> bytes:
    try:
        return secret("audit.key")
    except KeyLost as error:
        raise AuditBroken(str(error), error.zh) from None


@dataclass(frozen=True)
class _End:
    """The chain's end as it stands in the database, whoever wrote it there."""

    number: int
    seal: str
    mark: str


def _end(session: Session) -> _End:
    """The one row of the head. Raises AuditBroken where it is not one row that can be read."""
    found = _read(
        session, select(AuditHead.id, *(_raw(session, AuditHead, name) for name in ("number", "seal", "mark")))
    )
    if not found:
        raise AuditBroken(*_NO_HEAD)
    if len(found) > 1:
        raise AuditBroken(
            f"The head of the audit (audit_head) has {len(found)} rows, expected one; somebody put rows in.",
            f"审计链头（audit_head）有 {len(found)} 行，应为一行：系被插入。",
        )
    number = _number(found[0]["number"])
    if number is None:
        raise AuditBroken(
            "The head of the audit (audit_head) does not say where the chain ends; it was changed by hand.",
            "审计链头（audit_head）未说明链尾位置：系人为改写。",
        )
    return _End(number, str(found[0]["seal"]), str(found[0]["mark"]))


def _number(text: object) -> int | None:
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,12}", text) else None


def _raw(session: Session, table: type[AuditEntry] | type[AuditHead], name: str) -> ColumnElement[str]:
    """A column as text, whatever somebody wrote into it; a moment as ISO 8601."""
    column = getattr(table, name)
    if name == "at" and session.get_bind().dialect.name == "postgresql":
        return func.to_char(column, 'YYYY-MM-DD"T"HH24:MI:SS.US').label(name)
    return cast(column, Text).label(name)


def _read(session: Session, query: Select[*tuple[Any, ...]], after: int | None = None) -> Sequence[RowMapping]:
    """What a query of the audit's tables finds. Raises AuditBroken where they are not there or cannot be read."""
    session.connection()
    try:
        return session.execute(query).mappings().all()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        where, zh = ("head", "链头") if after is None else (f"entries after {after}", f"第 {after} 条之后的记录")
        raise AuditBroken(
            f"The audit's {where} cannot be read: a table or a column of it was taken away, or holds what is no text.",
            f"审计{zh}无法读取：数据表或列被删除，或内容已被破坏。",
        ) from error


def _entries(session: Session, n: int) -> Iterator[dict[str, Any]]:
    """The entries up to number n in order, some at a time, as they stand in the database."""
    # Below any number, so that one put in before the first is met too.
    last, walked = -(2**31), 0
    columns = [AuditEntry.number, *(_raw(session, AuditEntry, name) for name in (*_SEALED[1:], "seal"))]
    query = select(*columns).where(AuditEntry.number <= n).order_by(AuditEntry.number).limit(_CHUNK)
    while entries := _read(session, query.where(AuditEntry.number > last), after=walked):
        for entry in entries:
            yield {**entry, "at": _moment(entry["at"])}
        last, walked = entries[-1]["number"], walked + len(entries)


def _moment(text: str | None) -> object:
    """The moment that a text says; the text itself where it says none, which no seal fits."""
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return text


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
    if not _same(_seal(key, entry), entry["seal"]):
        at, actor, action = (str(entry[name])[:60] for name in ("at", "actor", "action"))
        return (
            f"Audit entry {number} ({at} UTC, {actor}, {action}) was changed after it was written.",
            f"审计记录第 {number} 条（{at} UTC，{actor}，{action}）写入后被改动。",
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
    head, today = _end(session), shanghai_day(at)
    if any(day == today for day, _ in noted_ends()) or not _is_marked(_key(), head):
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
