"""Looking a person up: asked for with a reason and a case, approved by somebody else, for hours, on record.

There is no free search for people. Source: field/rules.md, 3.2 and 3.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import ColumnElement, false, func, or_, select, true
from sqlalchemy.orm import Session

from data import audit, policy
from data.errors import AlertChanged, InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop_tables import Responsible
from data.people_tables import Account, PersonQuery, RecusalTie
from data.query_subjects import Subject, check, keep, kept, named, opened
from data.queue import inside
from data.rights import Person, whole_office
from data.tables import Alert, Unit
from data.watch import watch, watched
from data.written import written

HOURS = 72
"""How long an approved query stays open, where the approver says nothing."""
_LONGEST = {"reference": 100, "reason": 1000, "decision": 1000}
_MOST = 500


@dataclass(frozen=True)
class Found:
    """An alert that a person query found, masked: once for each of those asked about and each role they have in it."""

    alert_id: int
    about: str
    """Which of the people or things that were asked about, masked."""
    role: str
    """subject; or handler, reviewer, approver, patroller: the person answered for something in it."""
    source: str
    title: str
    title_en: str
    subject_display: str
    level: str
    status: str
    outcome: str | None
    unit_code: str | None
    region_code: str | None
    raised_at: datetime
    amount: float | None


def ask(
    session: Session, person: Person, *, at: datetime, subjects: Sequence[Subject], reference: str, reason: str
) -> PersonQuery:
    """Ask to look up people, enterprises, tenders or projects. `reference`: number of the alert or case it is for.

    Raises NotPermitted for oneself, one's kin and one's own unit on either side, which is on record all the same;
    InputRefused, which never repeats a number.
    """
    person.must("query_person")
    reference, reason = _said(reference, "reference"), _said(reason, "reason")
    check(subjects)
    people = [one.key for one in subjects if one.kind == "person"]
    if tie := next(filter(None, (_tie(session, person, key) for key in people)), None):
        zh, en = _TIED[tie]
        error = NotPermitted(
            f"A query about {en} is not made by {person.code}; it was put on record. Leave it to a colleague.",
            f"不得查询{zh}，本次申请已记录在案。确需查询的，请由他人申请。",
        )
        watched(session, person, "watch.tied", at, {"why": tie})
        _refuse(session, person, "person_query.asked", "", error, at, {"why": tie, "reference": reference})
    query = PersonQuery(
        asked_by=person.code,
        asked_at=at,
        unit_code=_unit_of(person),
        reference=reference,
        reason=reason,
        state="asked",
        decision="",
        version=1,
    )
    session.add(query)
    session.flush()
    keep(session, query.id, subjects)
    said = {"subject": [one.display for one in subjects], "reference": reference, "reason": reason}
    _note(session, person, "person_query.asked", query.id, at, said)
    watch(session, person, at=at, about=people)
    return query


def decide(
    session: Session,
    query_id: int,
    person: Person,
    *,
    at: datetime,
    approve: bool,
    decision: str = "",
    hours: int = HOURS,
    version: int | None = None,
) -> PersonQuery:
    """Approve a query for some hours, or refuse it with the reason; by whoever approves over the asker's whole region.

    Raises NotFound where another approves, NotPermitted (the asker never, nor anybody tied to the person),
    TransitionRefused where it was decided.
    """
    query = _query(session, query_id)
    if query.asked_by != person.code and _region_of(session, query, person) is _NOWHERE:
        raise _no_query(query_id)
    if fault := refusal(session, query, person):
        raise fault
    if version is not None and version != query.version:
        raise AlertChanged(
            f"Person query {query_id} changed meanwhile; nothing of yours was written. Look at it again.",
            f"第 {query_id} 号人员查询已有变化，您的内容尚未写入，请重新查看。",
        )
    most = policy.value(session, "query_hours")
    if approve and not 1 <= hours <= most:
        raise InputRefused(
            f"The query would stay open {hours} hours; expected 1 to {most}.", f"有效期应为 1 至 {most} 小时。"
        )
    decision = written(decision, name="decision", least=0 if approve else 2, most=_LONGEST["decision"])
    query.state, query.decided_by, query.decided_at = "approved" if approve else "refused", person.code, at
    query.decision, query.version = decision, query.version + 1
    if approve:
        query.expires_at = at + timedelta(hours=hours)
        query.region_code = _region_of(session, query, person)
    said = {"asked_by": query.asked_by, "until": query.expires_at, "region": query.region_code, "decision": decision}
    action = "person_query.approved" if approve else "person_query.refused"
    _note(session, person, action, query_id, at, {key: value for key, value in said.items() if value})
    return query


def refusal(session: Session, query: PersonQuery, person: Person) -> MingjingError | None:
    """Why this person cannot decide a query; None where it can be: the text of the disabled button and of the error."""
    if query.state != "asked":
        return TransitionRefused(
            f"Person query {query.id} was {query.state} already by {query.decided_by}.",
            f"第 {query.id} 号人员查询已由 {query.decided_by} {'批准' if query.state == 'approved' else '拒绝'}。",
        )
    if query.asked_by == person.code:
        return NotPermitted(
            "You asked for this query yourself; a second person must decide.", "本人申请的查询须由另一人审批。"
        )
    if _region_of(session, query, person) is _NOWHERE:
        return NotPermitted(
            f"{person.code} has no right to approve for the unit {query.unit_code}; it belongs to another post.",
            f"{person.name}没有审批该单位人员查询的权限。",
        )
    keys = [one.subject_key for one in kept(session, [query.id])[query.id] if one.kind == "person"]
    if tie := next(filter(None, (_tie(session, person, key, own_unit=False) for key in keys)), None):
        zh, en = _TIED[tie]
        return NotPermitted(
            f"The query is about {en}; leave the decision to another approver.", f"查询对象系{zh}，请由其他审批人办理。"
        )
    return None


def results(session: Session, query_id: int, person: Person, *, at: datetime) -> list[Found]:
    """The alerts about those asked about, or that they answer for, inside the region of the approver's post; masked.

    For the asker alone, while the query is approved and has not expired. Every read is on record, a refused one too,
    even where the transaction is taken back. At most 500 alerts, the newest first.
    Raises NotPermitted, TransitionRefused.
    """
    query = open_for(session, query_id, person, at=at, action="person_query.read")
    found = _alerts(session, query)
    _note(session, person, "person_query.read", query_id, at, {"n": len({one.alert_id for one in found})}, lasting=True)
    watch(session, person, at=at)
    return found


def open_for(session: Session, query_id: int, person: Person, *, at: datetime, action: str) -> PersonQuery:
    """An approved query that has not expired, for its asker alone; a refusal is on record as `action`.

    Raises NotFound, NotPermitted, TransitionRefused.
    """
    query = _query(session, query_id)
    if fault := _closed(query, person, at) or _without_right(person):
        _refuse(session, person, action, query_id, fault, at, {"state": query.state})
    return query


def unmask(session: Session, query_id: int, person: Person, *, at: datetime, reason: str) -> list[Subject]:
    """Names and numbers of whom a query is about, for a reason; noted, a refused try too.

    For its asker, who must still have the right, while it is approved and has not expired; for those who may decide
    it, while it waits. Raises NotPermitted, TransitionRefused, InputRefused for a reason that is too short.
    """
    query = _query(session, query_id)
    try:
        if fault := _unmasking_refused(session, query, person, at):
            raise fault
        reason = _said(reason, "reason")
    except MingjingError as error:
        said = {"state": query.state, "why": str(error)}
        _refuse(session, person, "person_query.unmasked", query_id, error, at, said)
    rows = kept(session, [query_id])[query_id]
    said = {"subject": named(rows), "reason": reason}
    _note(session, person, "person_query.unmasked", query_id, at, said, lasting=True)
    watch(session, person, at=at)
    return opened(rows)


def asked_by(session: Session, person: Person) -> Sequence[PersonQuery]:
    """A person's own queries, the newest first."""
    return session.scalars(
        select(PersonQuery).where(PersonQuery.asked_by == person.code).order_by(PersonQuery.id.desc())
    ).all()


def to_decide(session: Session, person: Person) -> Sequence[PersonQuery]:
    """The queries that await this person's decision, the oldest first."""
    wanted = select(PersonQuery).where(PersonQuery.state == "asked", PersonQuery.asked_by != person.code)
    wanted = wanted.join(Unit, Unit.code == PersonQuery.unit_code).where(_covered(person)).order_by(PersonQuery.id)
    return session.scalars(wanted).all()


def n_to_decide(session: Session, person: Person) -> int:
    """How many queries await this person's decision."""
    wanted = select(func.count(PersonQuery.id)).join(Unit, Unit.code == PersonQuery.unit_code)
    mine = PersonQuery.asked_by != person.code
    return session.scalar(wanted.where(PersonQuery.state == "asked", mine, _covered(person))) or 0


_TIED = {
    "self": ("本人", "oneself"),
    "kin": ("亲属", "one's own kin"),
    "household": ("同户人员", "somebody of one's own household"),
    "same_unit": ("本单位人员", "somebody of one's own unit"),
}
_NOWHERE = "-"
"""In place of a region: no post approves for the unit."""


def _tie(session: Session, person: Person, key: str, *, own_unit: bool = True) -> str | None:
    if person.subject_key == key:
        return "self"
    tie = session.scalar(
        select(RecusalTie.kind).where(RecusalTie.account == person.code, RecusalTie.subject_key == key)
    )
    if tie is not None:
        return tie
    if not own_unit:
        return None
    units = {person.unit_code, *(post.unit_code for post in person.posts)}
    colleague = select(Account.code).where(Account.subject_key == key, Account.unit_code.in_(units))
    names = select(Unit.name).where(Unit.code.in_(units))
    answers = select(Responsible.id).where(Responsible.subject_key == key, Responsible.unit_name.in_(names))
    of_unit = session.scalar(colleague.limit(1)) is not None or session.scalar(answers.limit(1)) is not None
    return "same_unit" if of_unit else None


def _unit_of(person: Person) -> str:
    units = person.units("query_person")
    return person.unit_code if person.unit_code in units else min(units)


def _approving(person: Person) -> list[str]:
    """Regions of the posts that approve queries; a post for one domain alone approves none."""
    return [post.region_code for post in person.posts if "approve" in post.role.rights and not post.domain_code]


def _covered(person: Person) -> ColumnElement[bool]:
    regions = _approving(person)
    return or_(*(inside(Unit.region_code, code) if code else true() for code in regions)) if regions else false()


def _region_of(session: Session, query: PersonQuery, person: Person) -> str | None:
    """The widest region a person approves over that holds the asker's unit; None: the whole office; or `_NOWHERE`."""
    unit = session.get_one(Unit, query.unit_code)
    over = [code for code in _approving(person) if unit.region_code.startswith(code)]
    return (min(over, key=len) or None) if over else _NOWHERE


def _without_right(person: Person) -> MingjingError | None:
    """A post may end while an approved query is still open."""
    try:
        person.must("query_person")
    except NotPermitted as error:
        return error
    return None


def _unmasking_refused(session: Session, query: PersonQuery, person: Person, at: datetime) -> MingjingError | None:
    if query.asked_by == person.code:
        return _closed(query, person, at) or _without_right(person)
    if _region_of(session, query, person) is _NOWHERE:
        return NotPermitted(
            f"Person query {query.id} is not yours to ask or to decide.", f"第 {query.id} 号人员查询与您无关。"
        )
    return refusal(session, query, person)


def _closed(query: PersonQuery, person: Person, at: datetime) -> MingjingError | None:
    if query.asked_by != person.code:
        return NotPermitted(
            f"Person query {query.id} was asked by somebody else; ask for one of your own.",
            f"第 {query.id} 号人员查询由他人申请，不得查看；如有需要请另行申请。",
        )
    if query.state == "refused":
        return TransitionRefused(
            f"Person query {query.id} was refused by {query.decided_by}: {query.decision}",
            f"第 {query.id} 号人员查询已被 {query.decided_by} 拒绝：{query.decision}",
        )
    if query.state != "approved" or query.expires_at is None:
        return TransitionRefused(
            f"Person query {query.id} is not decided yet. Wait for the approver.",
            f"第 {query.id} 号人员查询尚未审批，请等待。",
        )
    if at >= query.expires_at:
        return TransitionRefused(
            f"Person query {query.id} expired at {query.expires_at:%Y-%m-%d %H:%M} UTC. Ask again if it is needed.",
            f"第 {query.id} 号人员查询已过期，如仍需要请重新申请。",
        )
    return None


def _alerts(session: Session, query: PersonQuery) -> list[Found]:
    rows = kept(session, [query.id])[query.id]
    displays = {key: row.display for row, one in zip(rows, opened(rows), strict=True) for key in one.keys}
    # The approval stands in for the asker's own scope here, and for nothing else: plain rows leave, no Alert is kept.
    with whole_office(session):
        answering = select(Responsible.alert_id, Responsible.role, Responsible.subject_key)
        answers = Responsible.subject_key.in_(displays)
        roles: dict[int, list[tuple[str, str]]] = {}
        for alert_id, role, key in session.execute(answering.where(answers).order_by(Responsible.id)):
            roles.setdefault(alert_id, []).append((role, key))
        asked = or_(Alert.subject_key.in_(displays), Alert.id.in_(select(Responsible.alert_id).where(answers)))
        wanted = select(*_COLUMNS).where(asked)
        if query.region_code:
            wanted = wanted.where(inside(Alert.region_code, query.region_code))
        found = session.execute(wanted.order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(_MOST)).all()
    return [
        Found(row[0], displays[key], role, *tuple(row)[2:])
        for row in found
        for role, key in [*([("subject", row[1])] if row[1] in displays else []), *roles.get(row[0], [])]
    ]


_COLUMNS = (
    Alert.id,
    Alert.subject_key,
    Alert.source,
    Alert.title,
    Alert.title_en,
    Alert.subject_display,
    Alert.level,
    Alert.status,
    Alert.outcome,
    Alert.unit_code,
    Alert.region_code,
    Alert.raised_at,
    Alert.amount,
)


def _query(session: Session, query_id: int) -> PersonQuery:
    query = session.get(PersonQuery, query_id, with_for_update=True, populate_existing=True)
    if query is None:
        raise _no_query(query_id)
    return query


def _no_query(query_id: int) -> NotFound:
    return NotFound(
        f"There is no person query {query_id}, or it is not yours to see. Choose one from the list.",
        f"没有第 {query_id} 号人员查询，或者它不由您办理。",
    )


def _said(text: str, what: str) -> str:
    return written(text, name=what, least=2, most=_LONGEST[what])


def _refuse(
    session: Session,
    person: Person,
    action: str,
    query_id: object,
    error: MingjingError,
    at: datetime,
    detail: Mapping[str, object],
) -> NoReturn:
    audit.note(session, person.code, action, "person_query", query_id, at=at, result="refused", address=person.address,
               detail=detail)  # fmt: skip
    watch(session, person, at=at)
    raise error


def _note(
    session: Session,
    person: Person,
    action: str,
    query_id: int,
    at: datetime,
    detail: Mapping[str, object],
    *,
    lasting: bool = False,
) -> None:
    audit.note(session, person.code, action, "person_query", query_id, at=at, address=person.address,
               detail=detail, lasting=lasting)  # fmt: skip
