"""Elimination (预警消除): an alert ends as excluded (E1) only at a request that a second person approves.

The request names the innocent cause, says why, and shows the evidence that the cause demands. The office drafts it for
emergency projects; a person sends it on. Source: field/inventory.md, Z-08 and Z-09; field/models.md, Z.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import suppressions
from data.cards import read_card
from data.causes import causes
from data.errors import InputRefused, TransitionRefused
from data.four_eyes import UNDONE, accounts_of
from data.loop import advance, locked
from data.loop_tables import Attachment, Elimination
from data.model_states import EVER_LIVE
from data.office_time import shanghai_day
from data.recovery import received
from data.rights import Person
from data.tables import Alert, AlertEvent, SupervisionModel
from data.written import paper_reference, written

LEAST_REASON = 10
"""Characters of a reason that says anything."""
_EMERGENCY = "F25"


@dataclass(frozen=True)
class Draft:
    """A request as the office would make it: to be read, completed and sent on by a person."""

    cause: str
    reason: str
    ask_for: str
    """The evidence to attach."""
    ask_for_en: str


def draft(session: Session, alert: Alert) -> Draft | None:
    """The pre-filled request for an emergency project; None for any other alert."""
    known = json.loads(alert.attributes)
    if known.get("is_emergency") is not True:
        return None
    newest = select(SupervisionModel).where(
        SupervisionModel.code == alert.source, SupervisionModel.status.in_(EVER_LIVE), SupervisionModel.card != ""
    )
    model = session.scalar(newest.order_by(SupervisionModel.version.desc()).limit(1))
    card_causes = read_card(model.card).innocent_causes if model else ()
    cause = next((one for one in card_causes if one.code == _EMERGENCY), None)
    if cause is None:
        return None
    minuted = "开工前后有会议记录" if known.get("minute_near_start") else "会议记录待补附"
    approved = "批准手续待补办" if known.get("not_approved") else "批准手续已补办"
    reason = f"项目数据标明为应急工程，{minuted}，{approved}。申请按“{cause.name}”消除本预警。"
    return Draft(_EMERGENCY, reason, cause.ask_for, cause.ask_for_en)


def request(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    version: int | None = None,
    cause: str,
    reason: str,
    evidence: str = "",
    suppress_until: date | None = None,
) -> Elimination:
    """Ask that an alert be ended as excluded. `evidence`: where the paper is kept, where nothing is attached."""
    alert = locked(session, alert_id)
    _refuse_cause(cause)
    reason = written(reason, name="reason", least=LEAST_REASON)
    evidence = paper_reference(evidence)
    _refuse_bare(session, alert, cause, evidence)
    _refuse_suppression(suppress_until, at)
    drafted = draft(session, alert)
    advance(session, alert, "requested", person, at=at, version=version, cause=cause, note=reason)
    asked = Elimination(
        alert_id=alert.id, cause=cause, reason=reason, evidence=evidence,
        prefilled=drafted is not None and drafted.cause == cause, requested_by=person.code, requested_at=at,
        state="asked", decision="", suppress_until=suppress_until,
    )  # fmt: skip
    session.add(asked)
    session.flush()
    return asked


def approve(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, decision: str = ""
) -> Elimination:
    """Approve what somebody else asked: the alert is closed with E1, and suppressed where that was asked too."""
    alert = locked(session, alert_id)
    decision = written(decision, name="decision")
    asked = _asked(session, alert)
    if asked is not None and asked.requested_by in accounts_of(session, person):
        raise TransitionRefused(
            f"You asked for the elimination of alert {alert.id} yourself; a second person must approve it.",
            f"第 {alert.id} 号预警的消除申请由您本人提出，须由另一人审批。",
        )
    advance(
        session, alert, "eliminated", person, at=at, version=version, outcome="E1",
        cause=asked.cause if asked else None, note=decision, recovered=received(session, alert.id) or None,
    )  # fmt: skip
    asked = _decided(asked, alert, "approved", person, at, decision)
    if asked.suppress_until is not None and asked.suppress_until > shanghai_day(at):
        _suppress(session, alert, asked, person, at, asked.suppress_until)
    return asked


def send_back(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, decision: str
) -> Elimination:
    """Return a request for more work, saying what is missing."""
    alert = locked(session, alert_id)
    decision = written(decision, name="decision", least=4)
    asked = _asked(session, alert)
    advance(session, alert, "returned", person, at=at, version=version, note=decision)
    return _decided(asked, alert, "returned", person, at, decision)


def withdraw(
    session: Session, alert_id: int, person: Person, *, at: datetime, version: int | None = None, note: str = ""
) -> Elimination:
    """Take back one's own request and go on verifying."""
    alert = locked(session, alert_id)
    note = written(note)
    asked = _asked(session, alert)
    advance(session, alert, "withdrawn", person, at=at, version=version, note=note)
    return _decided(asked, alert, "withdrawn", person, at, note)


def pending(session: Session) -> list[Elimination]:
    """Requests that await approval, of the alerts this session sees, the oldest first."""
    query = select(Elimination).join(Alert, Alert.id == Elimination.alert_id).where(Elimination.state == "asked")
    return list(session.scalars(query.order_by(Elimination.requested_at, Elimination.id)))


def of_alert(session: Session, alert_id: int) -> list[Elimination]:
    """Every request made for an alert this session sees, the newest first."""
    query = select(Elimination).join(Alert, Alert.id == Elimination.alert_id).where(Alert.id == alert_id)
    return list(session.scalars(query.order_by(Elimination.id.desc())))


def _asked(session: Session, alert: Alert) -> Elimination | None:
    query = select(Elimination).where(Elimination.alert_id == alert.id, Elimination.state == "asked")
    return session.scalar(query.with_for_update())


def _decided(
    asked: Elimination | None, alert: Alert, state: str, person: Person, at: datetime, decision: str
) -> Elimination:
    if asked is None:
        raise TransitionRefused(
            f"Alert {alert.id} has no request that awaits approval; return it for a new one.",
            f"第 {alert.id} 号预警没有待审批的消除申请，请退回后重新申请。",
        )
    asked.state, asked.decided_by, asked.decided_at, asked.decision = state, person.code, at, decision
    return asked


def _refuse_cause(cause: str) -> None:
    if cause not in causes():
        raise InputRefused(
            f"Cause {cause!r} is not known; expected one of F01 to F38. Choose the innocent cause.",
            f"没有排除原因 {cause}，请从 F01 至 F38 中选择。",
        )


def _refuse_bare(session: Session, alert: Alert, cause: str, evidence: str) -> None:
    if evidence or has_files(session, alert):
        return
    known = causes()[cause]
    raise TransitionRefused(
        f"Cause {cause} demands evidence: {known.ask_for_en}. Attach it, or say where the paper is kept.",
        f"按“{known.name}”消除须有证据：{known.ask_for}。请上传附件，或写明纸质材料存放处。",
    )


def has_files(session: Session, alert: Alert) -> bool:
    """Whether files came with this verification: since the alert was first taken after a verdict was last undone."""
    events = select(AlertEvent.at, AlertEvent.kind).where(
        AlertEvent.alert_id == alert.id, AlertEvent.kind.in_(("taken", "assigned", *UNDONE))
    )
    since: datetime | None = None
    for at, kind in session.execute(events.order_by(AlertEvent.id)):
        since = None if kind in UNDONE else since or at
    files = select(Attachment.id).where(Attachment.alert_id == alert.id)
    if since is not None:
        files = files.where(Attachment.added_at >= since)
    return session.scalar(files.limit(1)) is not None


def _refuse_suppression(until: date | None, at: datetime) -> None:
    today = shanghai_day(at)
    last = today + timedelta(days=suppressions.MOST_DAYS)
    if until is not None and not today < until <= last:
        raise InputRefused(
            f"Not to be raised again until: got {until}, expected a day after today and no later than {last}.",
            f"不再预警的截止日：收到 {until}，应晚于今天且不晚于 {last}。",
        )


def _suppress(session: Session, alert: Alert, asked: Elimination, person: Person, at: datetime, until_on: date) -> None:
    suppressions.create(
        session, person, at=at, alert_id=alert.id, owner=asked.requested_by, reason=asked.reason, until_on=until_on,
    )  # fmt: skip
