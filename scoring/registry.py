"""The registry of risk models: filed with their fingerprint, at most one live, loaded only if it still matches."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import NoLiveRiskModel
from data.tables import Lease, RiskModel
from scoring.ranker import Ranker


def file_live(session: Session, ranker: Ranker, *, metrics: dict[str, Any], as_of: datetime, at: datetime) -> RiskModel:
    """File a trained ranker and make it the live one; the one before is kept as retired.

    A ranker with a fingerprint already filed (same features, data, code and parameters) becomes live again. Two that
    are filed at once wait for each other, so that there is never more than one live.
    """
    session.get_one(Lease, "risk_model", with_for_update=True)
    for live in session.scalars(select(RiskModel).where(RiskModel.state == "live")):
        live.state = "retired"
    filed = session.scalars(select(RiskModel).where(RiskModel.fingerprint == ranker.fingerprint)).one_or_none()
    if filed is None:
        filed = RiskModel(
            state="live",
            fingerprint=ranker.fingerprint,
            content=ranker.to_json(),
            metrics=json.dumps(metrics, ensure_ascii=False),
            n_rows=ranker.n_rows,
            as_of=as_of,
            trained_at=at,
        )
        session.add(filed)
    filed.state, filed.trained_at = "live", at
    session.flush()
    return filed


class Live(NamedTuple):
    """The live risk model."""

    id: int
    trained_at: datetime
    ranker: Ranker


def live(session: Session) -> Live:
    """The live risk model. Raises NoLiveRiskModel, or FeatureMismatch if it no longer matches."""
    columns = (RiskModel.id, RiskModel.trained_at, RiskModel.fingerprint)
    row = session.execute(select(*columns).where(RiskModel.state == "live")).one_or_none()
    if row is None:
        raise NoLiveRiskModel("There is no live risk model yet; train one with: mingjing train")
    return Live(row.id, row.trained_at, _load(session, row.fingerprint))


def _load(session: Session, fingerprint: str) -> Ranker:
    # The content behind a fingerprint never changes, so a process reads it once.
    if fingerprint not in _loaded:
        content = session.scalars(select(RiskModel.content).where(RiskModel.fingerprint == fingerprint)).one()
        _loaded.clear()
        _loaded[fingerprint] = Ranker.from_json(content)
    return _loaded[fingerprint]


_loaded: dict[str, Ranker] = {}
