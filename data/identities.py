"""Identities: who stands behind a keyed hash, kept sealed, and shown to whoever has the right, for a stated reason.

Alerts hold keys and masked names only. What an office must be able to show again lies here, encrypted with a key that
lies beside the database. Every look, and every try that was refused, is on record. Source: field/rules.md, 1 and 3.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data import audit
from data.errors import MingjingError, NotFound, NotPermitted
from data.identity import seals, unseal
from data.loop_tables import Responsible
from data.people_tables import SealedIdentity
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person, condition
from data.tables import Alert
from data.watch import watch
from data.written import written

LEAST_REASON = 5
"""Characters of the reason for looking at who somebody is."""
_CHUNK = 500
_TRIES = 5


def remember(session: Session, people: Mapping[str, tuple[str, str]]) -> int:
    """Seal name and number of the people (by subject key) who are not kept yet. Returns how many were new.

    Two runs that meet the same people at once keep them once. What is kept is never changed.
    """
    # In one order everywhere, so that two who add the same people do not wait for each other in a circle.
    keys = sorted(people)
    for tries_left in reversed(range(_TRIES)):
        unknown = [key for chunk in _chunks(keys) for key in _unknown(session, chunk)]
        if not unknown:
            break
        said = [dict(zip(("name", "number"), people[key], strict=True)) for key in unknown]
        sealed = seals(json.dumps(one, ensure_ascii=False) for one in said)
        rows = [{"subject_key": key, "sealed": text} for key, text in zip(unknown, sealed, strict=True)]
        try:
            with session.begin_nested():
                session.execute(insert(SealedIdentity), rows)
            return len(rows)
        except IntegrityError:
            # Somebody else kept one of them since; the others are still to be kept.
            if not tries_left:
                raise
    return 0


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _unknown(session: Session, keys: list[str]) -> list[str]:
    kept = set(session.scalars(select(SealedIdentity.subject_key).where(SealedIdentity.subject_key.in_(keys))))
    return [key for key in keys if key not in kept]


def unmask(
    session: Session,
    subject_key: str | None,
    person: Person,
    *,
    at: datetime,
    reason: str,
    alert_id: int,
    responsible_id: int | None = None,
) -> tuple[str, str]:
    """Name and number of somebody an alert is about, or who is named in it as responsible.

    Without a key: those of the responsible person of that number, or of the alert's own subject. Takes the right to
    unmask over that alert, no tie to anybody in it, and a reason. The look, and a try that was refused, goes on record
    even where the caller's transaction is taken back. Neither record holds the identity.
    Raises: NotFound where the alert is outside the person's scope or the key has nothing to do with it, NotPermitted
    without the right, Recused, InputRefused for a reason that is too short, KeyLost where it cannot be opened.
    """
    key = subject_key or ""
    try:
        alert = _alert(session, person, alert_id)
        key = subject_key or _key(session, alert, responsible_id)
        reason = written(reason, name="reason", least=LEAST_REASON)
        found = _open(session, key, person, alert)
    except MingjingError as error:
        said = {"reason": reason[:200] if isinstance(reason, str) else "", "why": str(error)}
        _note(session, key, person, alert_id, at=at, result="refused", **said)
        raise
    _note(session, key, person, alert_id, at=at, result="done", reason=reason)
    watch(session, person, at=at)
    return found


def _note(session: Session, key: str, person: Person, alert_id: int, *, at: datetime, result: str, **said: str) -> None:
    audit.note(
        session,
        person.code,
        "identity.unmasked",
        "person",
        key,
        at=at,
        result=result,
        address=person.address,
        detail={"alert": alert_id, **said},
        lasting=True,
    )


def _alert(session: Session, person: Person, alert_id: int) -> Alert:
    # Narrowed here as well: the caller's session may see more than the person.
    alert = session.scalar(select(Alert).where(Alert.id == alert_id, condition(person)))
    if alert is None:
        raise NotFound(
            f"There is no alert {alert_id}, or it is outside your scope.",
            f"没有第 {alert_id} 号预警，或者它不在您的范围内。",
        )
    return alert


def _key(session: Session, alert: Alert, responsible_id: int | None) -> str:
    if responsible_id is None:
        return alert.subject_key
    row = session.get(Responsible, responsible_id)
    if row is None or row.alert_id != alert.id:
        raise NotFound(
            "There is no such person with this alert. Reload the page.", "这条预警没有这个人员。请刷新后重试。"
        )
    return row.subject_key


def _open(session: Session, subject_key: str, person: Person, alert: Alert) -> tuple[str, str]:
    if not person.may_on("unmask", alert):
        raise NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['unmask']} in alert {alert.id}.",
            f"{person.name}对第 {alert.id} 号预警没有“{RIGHTS['unmask']}”的权限。",
        )
    if tied := recusal(session, alert, person):
        raise tied
    named = select(Responsible.id).where(Responsible.alert_id == alert.id, Responsible.subject_key == subject_key)
    kept = session.get(SealedIdentity, subject_key)
    if kept is None or (subject_key != alert.subject_key and session.scalar(named.limit(1)) is None):
        raise NotFound(
            f"Alert {alert.id} names nobody under this key whose identity is kept.",
            f"第 {alert.id} 号预警没有登记此人的姓名和证号。",
        )
    content = json.loads(unseal(kept.sealed))
    return content["name"], content["number"]
