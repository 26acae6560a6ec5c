"""The registry of risk models: filed with their fingerprint, at most one live, loaded only if it still matches.

A trained one waits as challenger (`data.risk_models` says who may put it live). Two go live by themselves: the first of
an office that could learn, and one made anew on the outcomes of the live one because an upgrade changed the code.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import risk_models
from data.errors import FeatureMismatch, NoLiveRiskModel
from data.tables import RiskModel
from scoring.ranker import Ranker

BEGAN = "first risk model of this office that could learn: live by itself / 本单位首个学有所得的风险模型，自动上线"
STOOD_IN = "too little history: the past rate stands in / 历史数据不足，暂以以往查实率代替"
REMADE = (
    "made anew on the outcomes of risk model {n}, which another version of the program made / "
    "程序升级后，用第 {n} 号模型的同一批结论重新生成"
)


def file_challenger(
    session: Session, ranker: Ranker, *, metrics: dict[str, Any], as_of: datetime, at: datetime
) -> RiskModel:
    """File a trained ranker: as challenger, or live where the office had none that learnt.

    A ranker with a fingerprint already filed (same features, data, code and parameters) is the one that is filed.
    """
    risk_models.lock(session)
    filed = _file(session, ranker, metrics=metrics, as_of=as_of, at=at)
    if filed.state == "live":
        return filed
    live = risk_models.live_model(session)
    if live is None or live.stands_in:
        risk_models.make_live(session, filed)
        note = STOOD_IN if ranker.blend is None else BEGAN
        risk_models.note_by_itself(session, filed.id, "began", at=at, note=note)
    else:
        for passed in session.scalars(select(RiskModel).where(RiskModel.state == "challenger")):
            passed.state = "retired"
        filed.state = "challenger"
        risk_models.note_by_itself(session, filed.id, "filed", at=at, note="")
    session.flush()
    return filed


def file_remade(session: Session, ranker: Ranker, *, metrics: dict[str, Any], as_of: datetime, at: datetime) -> None:
    """File what was learnt anew from the outcomes of the live model, in its place."""
    risk_models.lock(session)
    filed = _file(session, ranker, metrics=metrics, as_of=as_of, at=at)
    before = risk_models.make_live(session, filed)
    if before is not None:
        risk_models.note_by_itself(session, filed.id, "remade", at=at, note=REMADE.format(n=before))


def _file(session: Session, ranker: Ranker, *, metrics: dict[str, Any], as_of: datetime, at: datetime) -> RiskModel:
    filed = session.scalars(select(RiskModel).where(RiskModel.fingerprint == ranker.fingerprint)).one_or_none()
    if filed is None:
        filed = RiskModel(
            state="challenger",
            fingerprint=ranker.fingerprint,
            content="",
            metrics="{}",
            n_rows=ranker.n_rows,
            as_of=as_of,
            trained_at=at,
        )
        session.add(filed)
    filed.content = ranker.to_json()
    told = metrics | {"stands_in": ranker.blend is None}
    filed.metrics = json.dumps(told, ensure_ascii=False, allow_nan=False)
    session.flush()
    return filed


class Live(NamedTuple):
    """The live risk model, and since when what scores the queue is what it is."""

    id: int
    as_of: datetime
    holds_since: datetime
    ranker: Ranker


def live(session: Session) -> Live:
    """The live risk model. Raises NoLiveRiskModel, or FeatureMismatch if it no longer matches."""
    columns = (RiskModel.id, RiskModel.as_of, RiskModel.trained_at, RiskModel.fingerprint)
    row = session.execute(select(*columns).where(RiskModel.state == "live")).one_or_none()
    if row is None:
        raise NoLiveRiskModel("There is no live risk model yet; train one with: mingjing train")
    since = risk_models.holds_since(session) or row.trained_at
    return Live(row.id, row.as_of, since, _load(session, row.fingerprint))


def _load(session: Session, fingerprint: str) -> Ranker:
    # The content behind a fingerprint never changes, so a process reads it once.
    if fingerprint not in _loaded:
        content = session.scalars(select(RiskModel.content).where(RiskModel.fingerprint == fingerprint)).one()
        _loaded.clear()
        try:
            _loaded[fingerprint] = Ranker.from_json(content)
        except (KeyError, TypeError, ValueError):
            raise FeatureMismatch(
                f"The text of risk model {fingerprint[:12]} has other fields than this version reads: another version "
                "made it. Train a new risk model."
            ) from None
    return _loaded[fingerprint]


_loaded: dict[str, Ranker] = {}
