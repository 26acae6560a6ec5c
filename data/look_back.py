"""Looking back (回头看): closed alerts checked once more by others, drawn by chance or for signs of sham closing.

A reversal keeps both verdicts: the first stays in the events, and the alert goes back to be verified.
Source: field/vocabulary.md, C (虚假办结, 回头看).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.four_eyes import accounts_of, has_ruled, ruled
from data.loop import advance, changed, locked, record
from data.loop_tables import LookBack
from data.outcomes import OUTCOMES
from data.queue import inside
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person, condition
from data.sham_closing import Signal, signals
from data.states import CONCLUDED
from data.tables import Alert, AlertEvent
from data.written import written

__all__ = ["FINDINGS", "Signal", "draw", "draw_signalled", "refusal", "reverse", "review", "signals", "to_review"]

FINDINGS: Mapping[str, tuple[str, str]] = {
    "upheld": ("维持原结论", "Upheld"),
    "flawed": ("结论维持，材料有瑕疵", "Right, but badly shown"),
    "reversed": ("撤销原结论", "Reversed"),
}
"""What a look-back can find, in Chinese and English."""
SPAN = timedelta(days=92)
"""How far back a draw reaches where nothing else is said: a quarter."""


def draw(
    session: Session,
    person: Person,
    *,
    at: datetime,
    n: int,
    seed: int,
    region: str = "",
    since: datetime | None = None,
) -> list[LookBack]:
    """Draw n alerts closed since a moment (a quarter ago), each unit by its share; the same seed draws the same.

    An alert is not drawn twice for one closing, nor by two who draw at once: the second has so many fewer.
    """
    person.must("review")
    if not 0 < n <= 500:
        raise InputRefused(f"Number to draw: got {n}, expected 1 to 500.", f"抽取数量：收到 {n}，应为 1 至 500。")
    closed = _closed(session, person, region, since or at - SPAN, at)
    units: dict[str, list[int]] = {}
    for alert_id, unit_code in closed:
        units.setdefault(unit_code or "", []).append(alert_id)
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = [
        ids[index]
        for (_, ids), share in zip(sorted(units.items()), _shares(units, n, rng), strict=True)
        for index in sorted(rng.choice(len(ids), share, replace=False).tolist())
    ]
    return [_put_down(session, alert, "sample", person, at, seed) for alert in _still_to_draw(session, drawn)]


def draw_signalled(session: Session, person: Person, found: Sequence[Signal], *, at: datetime) -> list[LookBack]:
    """Put the alerts of signals down for a look-back, each for its first signal."""
    person.must("review")
    wanted = {signal.alert_id: signal for signal in reversed(found)}
    query = select(Alert.id).where(Alert.id.in_(wanted), Alert.status.in_(CONCLUDED), condition(person, "review"))
    alerts = _still_to_draw(session, session.scalars(query.where(~_drawn())).all())
    return [_put_down(session, alert, wanted[alert.id].kind, person, at, None) for alert in alerts]


def _still_to_draw(session: Session, ids: Sequence[int]) -> list[Alert]:
    """The alerts, locked in order of number, less those that somebody else drew or reopened meanwhile."""
    these = select(Alert).where(Alert.id.in_(ids)).order_by(Alert.id)
    session.scalars(these.with_for_update()).all()
    # Asked anew once they are locked: who held them before may have drawn them.
    return list(session.scalars(these.where(Alert.status.in_(CONCLUDED), ~_drawn())))


def to_review(session: Session, person: Person) -> list[LookBack]:
    """Look-backs this person may still do, the oldest first."""
    query = select(LookBack).join(Alert, Alert.id == LookBack.alert_id)
    query = query.where(
        LookBack.reviewed_at.is_(None),
        Alert.status.in_(CONCLUDED),
        condition(person, "review"),
        ~select(AlertEvent.id).where(AlertEvent.alert_id == Alert.id, ruled(accounts_of(session, person))).exists(),
    )
    return list(session.scalars(query.order_by(LookBack.drawn_at, LookBack.id)))


def refusal(session: Session, alert: Alert, person: Person) -> MingjingError | None:
    """Why this person cannot look back at this alert: who verified or approved it does not check it."""
    if not person.may_on("review", alert):
        return NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['review']} for this alert; it belongs to another unit or post.",
            f"{person.name}对该预警没有“{RIGHTS['review']}”的权限：它属于其他单位或岗位。",
        )
    if has_ruled(session, alert, person):
        return TransitionRefused(
            f"You verified alert {alert.id} or decided about it; somebody else must look back at it.",
            f"第 {alert.id} 号预警由您核查或审批过，须由他人回头看。",
        )
    return recusal(session, alert, person)


def review(
    session: Session,
    look_back_id: int,
    person: Person,
    *,
    at: datetime,
    finding: str,
    outcome_found: str | None = None,
    note: str,
) -> LookBack:
    """Put down what a look-back found. `reversed` sends the alert back to be verified again.

    `outcome_found`: the outcome it should have had, where reversed and known already.
    """
    note = written(note, least=4)
    looked = session.get(LookBack, look_back_id)
    if looked is None or session.scalar(select(Alert.id).where(Alert.id == looked.alert_id)) is None:
        raise NotFound(
            f"There is no look-back {look_back_id}, or it is outside your scope.", f"没有第 {look_back_id} 号回头看。"
        )
    alert = locked(session, looked.alert_id)
    session.refresh(looked)
    if error := _not_now(looked, alert) or refusal(session, alert, person):
        raise error
    _refuse_finding(looked, finding, outcome_found)
    if finding == "reversed":
        advance(session, alert, "reversed", person, at=at, note=f"{looked.outcome} → {outcome_found or '?'}：{note}")
    else:
        record(session, alert, "looked_back", person, at=at, note=f"{FINDINGS[finding][0]}：{note}")
    looked.finding, looked.outcome_found, looked.note = finding, outcome_found, note
    looked.reviewed_by, looked.reviewed_at = person.code, at
    session.flush()
    return looked


def reverse(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    version: int | None = None,
    note: str,
    outcome_found: str | None = None,
) -> LookBack:
    """Take back the verdict of an alert at once: the look-back that waits for it, or one of its own, is reviewed.

    Raises AlertChanged where others came first, and what `review` does.
    """
    alert = locked(session, alert_id)
    if error := changed(session, alert, version) or _not_concluded(alert) or refusal(session, alert, person):
        raise error
    waiting = select(LookBack).where(LookBack.alert_id == alert_id, LookBack.reviewed_at.is_(None))
    query = waiting.where(LookBack.drawn_at >= alert.concluded_at).order_by(LookBack.id).limit(1)
    looked = session.scalar(query) or _put_down(session, alert, "direct", person, at, None)
    return review(session, looked.id, person, at=at, finding="reversed", outcome_found=outcome_found, note=note)


def _closed(
    session: Session, person: Person, region: str, since: datetime, until: datetime
) -> list[tuple[int, str | None]]:
    """Number and unit of what was closed in the span and not drawn since."""
    closing = select(AlertEvent.id).where(
        AlertEvent.alert_id == Alert.id,
        AlertEvent.to_status == "closed",
        AlertEvent.from_status != "closed",
        AlertEvent.at >= since,
        AlertEvent.at <= until,
    )
    query = select(Alert.id, Alert.unit_code).where(
        Alert.status == "closed", condition(person, "review"), closing.exists(), ~_drawn()
    )
    if region:
        query = query.where(inside(Alert.region_code, region))
    return [(alert_id, unit_code) for alert_id, unit_code in session.execute(query.order_by(Alert.id))]


def _drawn() -> ColumnElement[bool]:
    of_this_verdict = and_(LookBack.alert_id == Alert.id, LookBack.drawn_at >= Alert.concluded_at)
    return select(LookBack.id).where(of_this_verdict).exists()


def _shares(units: Mapping[str, Sequence[int]], n: int, rng: np.random.Generator) -> list[int]:
    """How many of each unit, in order of code: its share of n, the rest by largest remainder, ties by chance."""
    sizes = np.array([len(units[code]) for code in sorted(units)], dtype=float)
    if not sizes.size:
        return []
    exact = sizes * min(1.0, n / sizes.sum())
    shares = np.floor(exact).astype(int)
    left = min(n, int(sizes.sum())) - int(shares.sum())
    order = np.lexsort((rng.random(sizes.size), -np.round(exact - shares, 9)))
    shares[order[:left]] += 1
    return [int(share) for share in shares]


def _put_down(
    session: Session, alert: Alert, drawn_for: str, person: Person, at: datetime, seed: int | None
) -> LookBack:
    looked = LookBack(
        alert_id=alert.id, drawn_for=drawn_for, drawn_by=person.code, drawn_at=at, seed=seed,
        outcome=alert.outcome or "", unit_code=alert.unit_code, note="",
    )  # fmt: skip
    session.add(looked)
    session.flush()
    said = {"alert": alert.id, "for": drawn_for, "seed": seed}
    audit.note(
        session, person.code, "look_back.drawn", "look_back", looked.id, at=at, address=person.address, detail=said
    )
    return looked


def _not_now(looked: LookBack, alert: Alert) -> TransitionRefused | None:
    if looked.reviewed_at is not None:
        return TransitionRefused(
            f"Look-back {looked.id} was done by {looked.reviewed_by} already.",
            f"第 {looked.id} 号回头看已由 {looked.reviewed_by} 完成。",
        )
    return _not_concluded(alert)


def _not_concluded(alert: Alert) -> TransitionRefused | None:
    if alert.status not in CONCLUDED:
        return TransitionRefused(
            f"Alert {alert.id} is being verified again; there is no verdict to look back at.",
            f"第 {alert.id} 号预警正在重新核查，暂无结论可回头看。",
        )
    return None


def _refuse_finding(looked: LookBack, finding: str, outcome_found: str | None) -> None:
    if finding not in FINDINGS:
        raise InputRefused(
            f"Finding {finding!r} is not known; expected one of {', '.join(FINDINGS)}.",
            f"没有回头看结果 {finding}，请重新选择。",
        )
    if finding != "reversed" and outcome_found is not None:
        raise InputRefused(
            f"Another outcome ({outcome_found}) goes with a reversal only; leave it empty.",
            f"只有撤销原结论时才填写应有结论（收到 {outcome_found}），请留空。",
        )
    if outcome_found is not None and (outcome_found not in OUTCOMES or outcome_found == looked.outcome):
        raise InputRefused(
            f"The outcome it should have had: got {outcome_found}, expected one other than {looked.outcome}.",
            f"应有结论：收到 {outcome_found}，应为 {looked.outcome} 以外的结论。",
        )
