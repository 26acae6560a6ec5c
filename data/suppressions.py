"""Suppressions (免报清单): a subject a supervision model does not raise again until a day, owned, approved and counted.

What stands on the list keeps findings from becoming alerts and from reopening closed ones; alerts that are there it
neither hides nor changes. Source: field/models.md, Y4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.loop_tables import Suppression
from data.office_time import SHANGHAI, shanghai_day
from data.rights import Person
from data.tables import Alert
from data.written import written

MOST_DAYS = 365
"""Days ahead that a suppression may last; after that somebody must ask for it anew."""
REVIEW_DAYS = 91
"""Days after which somebody must look again whether it still holds: once a quarter."""
LEAST_REASON = 5
_CHUNK = 500


@dataclass(frozen=True)
class Listed:
    """A suppression as one line of the list."""

    suppression: Suppression
    days_left: int
    """Days it still stands, today included; 0: it does not stand any more."""
    to_review: bool
    """Whether it stands and nobody has looked at it for a quarter."""


def standing(session: Session, source: str, keys: Iterable[str], on: date) -> list[Suppression]:
    """What keeps a source from raising these subjects on a day: created by then, not expired and not lifted."""
    wanted = sorted(set(keys))
    tomorrow = datetime.combine(on + timedelta(days=1), datetime.min.time()) - SHANGHAI
    query = select(Suppression).where(
        Suppression.source == source,
        Suppression.created_at < tomorrow,
        Suppression.until_on >= on,
        Suppression.lifted_at.is_(None),
    )
    return [
        one
        for start in range(0, len(wanted), _CHUNK)
        for one in session.scalars(
            query.where(Suppression.subject_key.in_(wanted[start : start + _CHUNK])).order_by(Suppression.id)
        )
    ]


def count(session: Session, withheld: Mapping[int, int]) -> None:
    """Add to each suppression (by id) the findings that a run withheld because of it."""
    for suppression_id, n in sorted(withheld.items()):
        more = update(Suppression).where(Suppression.id == suppression_id)
        session.execute(more.values(n_withheld=Suppression.n_withheld + n))


def create(
    session: Session,
    person: Person,
    *,
    at: datetime,
    alert_id: int,
    owner: str,
    reason: str,
    until_on: date,
    every_rule: bool = False,
) -> Suppression:
    """Put the subject of an alert on the list: the person acting approves what `owner` asked and keeps under review.

    `every_rule`: of the alert's source; else the alert's own rule only. Raises: InputRefused for a reason or a day
    that cannot be; TransitionRefused where the owner approves; NotPermitted without the right to approve for this
    alert; NotFound for an alert outside the scope.
    """
    reason = written(reason, name="reason", least=LEAST_REASON)
    _check_day(until_on, shanghai_day(at))
    alert = session.scalar(select(Alert).where(Alert.id == alert_id))
    if alert is None:
        raise NotFound(
            f"There is no alert {alert_id}, or it is outside your scope.",
            f"没有第 {alert_id} 号预警，或者它不在您的范围内。",
        )
    _check_approver(person, owner, alert)
    made = Suppression(
        source=alert.source, rule=None if every_rule else alert.rule, subject_key=alert.subject_key,
        subject_display=alert.subject_display, reason=reason, alert_id=alert_id, owner=owner, approved_by=person.code,
        created_at=at, until_on=until_on, n_withheld=0,
    )  # fmt: skip
    session.add(made)
    session.flush()
    said = {"source": made.source, "rule": made.rule, "until": until_on, "owner": owner, "alert": alert_id}
    said |= {"reason": reason}
    _note(session, person, "created", made, at, **said)
    return made


def _check_day(until_on: date, today: date) -> None:
    last = today + timedelta(days=MOST_DAYS)
    if not today < until_on <= last:
        raise InputRefused(
            f"A suppression until {until_on} cannot be; expected a day after {today} and up to {last}. Choose another.",
            f"免报期限 {until_on} 不可用：应在 {today} 之后、{last} 之前（最长 {MOST_DAYS} 天），请重选。",
        )


def _check_approver(person: Person, owner: str, alert: Alert) -> None:
    if owner == person.code:
        raise TransitionRefused(
            f"{owner} cannot approve a suppression of its own; a second person must.",
            f"{owner} 不能批准本人提出的免报，须由另一人批准。",
        )
    if not person.may_on("approve", alert):
        raise NotPermitted(
            f"{person.code} has no right to approve this suppression. Leave it to an approver of the place.",
            f"{person.name}无权批准该免报，请由本辖区审批人批准。",
        )


def lift(session: Session, suppression_id: int, person: Person, *, at: datetime) -> Suppression:
    """Take a suppression off the list: from now on its findings become alerts again."""
    found = _standing_one(session, suppression_id, person)
    found.lifted_by, found.lifted_at = person.code, at
    _note(session, person, "lifted", found, at)
    return found


def review(session: Session, suppression_id: int, person: Person, *, at: datetime) -> Suppression:
    """Put on record that somebody looked and that a suppression still holds."""
    found = _standing_one(session, suppression_id, person)
    found.reviewed_at = at
    _note(session, person, "reviewed", found, at)
    return found


def _standing_one(session: Session, suppression_id: int, person: Person) -> Suppression:
    """A suppression to be changed, locked. Raises NotFound outside the scope, NotPermitted, TransitionRefused."""
    found = session.scalar(
        select(Suppression)
        .where(Suppression.id == suppression_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    alert = session.scalar(select(Alert).where(Alert.id == found.alert_id)) if found else None
    if found is None or alert is None:
        raise NotFound(
            f"There is no suppression {suppression_id}, or it is outside your scope.",
            f"没有第 {suppression_id} 号免报，或者它不在您的范围内。",
        )
    if person.code != found.owner and not person.may_on("approve", alert):
        raise NotPermitted(
            f"{person.code} neither owns suppression {found.id} nor may approve it.",
            f"{person.name}既不是第 {found.id} 号免报的负责人，也无审批权限。",
        )
    if found.lifted_at is not None:
        raise TransitionRefused(
            f"Suppression {found.id} was lifted by {found.lifted_by} already. Nothing to do.",
            f"第 {found.id} 号免报已由 {found.lifted_by} 解除。",
        )
    return found


def listed(session: Session, *, on: date) -> list[Listed]:
    """Every suppression within the session's scope, those that stand first, by the day they end."""
    query = select(Suppression).join(Alert, Alert.id == Suppression.alert_id)
    lines = [_line(one, on) for one in session.scalars(query)]
    return sorted(lines, key=lambda line: (not line.days_left, line.suppression.until_on, line.suppression.id))


def _line(one: Suppression, on: date) -> Listed:
    days_left = 0 if one.lifted_at else max(0, (one.until_on - on).days + 1)
    seen_on = shanghai_day(one.reviewed_at or one.created_at)
    return Listed(one, days_left, bool(days_left) and (on - seen_on).days >= REVIEW_DAYS)


def _note(session: Session, person: Person, action: str, one: Suppression, at: datetime, **said: object) -> None:
    audit.note(
        session,
        person.code,
        f"suppression.{action}",
        "suppression",
        one.id,
        at=at,
        address=person.address,
        detail={key: value for key, value in said.items() if value is not None},
    )
