"""Watching over the live risk model: it is looked at once a day, and another is proposed where that pays.

Nothing is put live here: a challenger that did better beyond chance on later alerts is proposed to a person.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import risk_models
from data.alert_stream import alert_stream
from data.alert_words import HASHED, alert_words
from data.database import reading, writing
from data.errors import FeatureMismatch, NoLiveRiskModel
from data.risk_tables import RiskModelEvent
from data.states import CONCLUDED
from data.tables import Alert
from scoring import monitoring, office, registry
from scoring.unbiased import slice_of
from scoring.wording import Words

LOOK_EVERY = timedelta(hours=20)
TRY_EVERY = timedelta(days=7)
ENOUGH_NEW = 200
"""Outcomes recorded since the live model learnt, after which another is tried; ENOUGH_ALARMED on drift."""
ENOUGH_ALARMED = 60


def look_if_due(*, now: datetime) -> bool:
    """Look at the live model unless it was lately, and try another where enough is new. Returns whether it looked."""
    with reading() as session:
        live = risk_models.live_model(session)
        if live is None or live.stands_in or risk_models.withdrawn(session) is not None:
            return False
        last = risk_models.newest_check(session, live.id)
    if last is not None and last[0] > now - LOOK_EVERY:
        return False
    told = look(now=now)
    if told is not None and _is_worth_trying(told, live.as_of, now):
        propose(now=now)
    return told is not None


def look(*, now: datetime) -> dict[str, Any] | None:
    """Look at the live model and keep what is found; None where there is none that can be read."""
    with reading() as session:
        try:
            live = registry.live(session)
        except (NoLiveRiskModel, FeatureMismatch):
            return None
        metrics = dict(risk_models.one_model(session, live.id).metrics)
        stream = alert_stream(session)
        words = Words(*alert_words(session), HASHED)
        checks = slice_of(session, since=live.as_of)
    told = monitoring.look(live.ranker, stream, metrics, words, as_of=live.as_of, now=now, checks=checks)
    with writing() as session:
        risk_models.file_check(session, live.id, told, at=now)
    return told


def propose(*, now: datetime) -> bool:
    """Train a challenger, and propose it where it did better than the live one. Returns whether it was proposed."""
    filed = office.train(now=now)
    with writing() as session:
        shown = risk_models.one_model(session, filed.id)
        if shown.state != "challenger" or shown.verdict != "better":
            return False
        gained = shown.metrics["compared"]
        note = NOTE.format(n=gained["n"], auc=gained["gain"]["auc"]["value"], low=gained["gain"]["auc"]["low"])
        risk_models.note_by_itself(session, filed.id, "proposed", at=now, note=note)
    return True


NOTE = (
    "同一批 {n} 条后续预警上优于现用模型：AUC 差 {auc:+.3f}（下限 {low:+.3f}） / better than the live one on the same "
    "{n} later alerts: AUC {auc:+.3f} (lower bound {low:+.3f})"
)


def _is_worth_trying(told: dict[str, Any], as_of: datetime, now: datetime) -> bool:
    if now - as_of < timedelta(days=2 * office.FEWEST_DAYS):
        return False
    with reading() as session:
        tried = session.scalar(select(func.max(RiskModelEvent.at)).where(RiskModelEvent.kind == "filed"))
        n_new = _n_new(session, as_of)
    if tried is not None and tried > now - TRY_EVERY:
        return False
    return n_new >= (ENOUGH_ALARMED if monitoring.alarms(told) else ENOUGH_NEW)


def _n_new(session: Session, as_of: datetime) -> int:
    wanted = select(func.count()).where(Alert.concluded_at >= as_of, Alert.status.in_(CONCLUDED))
    return session.scalar(wanted) or 0
