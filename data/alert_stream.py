"""The office's own alerts in the form of a feed, so that ranking has one kind of input."""

import json
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.counting import helping
from data.outcomes import OUTCOMES
from data.states import CONCLUSIONS, NOT_CONCLUDED
from data.tables import Alert, AlertEvent

COLUMNS = {
    "alert_id": Alert.id,
    "raised_at": Alert.raised_at,
    "region": Alert.region_code,
    "domain": Alert.domain_code,
    "source": Alert.source,
    "amount": Alert.first_amount,
    "outcome": Alert.outcome,
    "known_at": Alert.concluded_at,
    "rule": Alert.rule,
    "level": Alert.first_level,
    "subject_kind": Alert.subject_kind,
    "subject": Alert.subject_key,
    "recoverable": Alert.first_recoverable,
    "happened_on": Alert.happened_on,
    "registered_on": Alert.registered_on,
}


def alert_stream(session: Session) -> pd.DataFrame:
    """Every alert of the office in order of raised_at, in the columns of a feed (design.md 6).

    `amount`, `recoverable` and `level` are those the alert was raised with, whatever was added to it since.
    Adds `label`: 1.0 confirmed, 0.0 excluded or corrected, NaN where not known or where it teaches nothing, as with
    every alert of a model that leads to help: that somebody was served is no misconduct confirmed.
    `known_at` is when the outcome was recorded. An alert that was reopened keeps the one it had until it has another:
    that was known from then on. Its second outcome counts from when it was recorded, and from then on alone. A verdict
    that was reversed is none any more: the alert has no outcome until somebody concludes it anew. One whose elimination
    is only asked for has none. The verifying unit is not among the columns: who verifies is never a feature.
    """
    query = select(*COLUMNS.values(), Alert.attributes).order_by(Alert.raised_at, Alert.id)
    rows = session.execute(query).all()
    stream = pd.DataFrame([row[:-1] for row in rows], columns=list(COLUMNS))
    attributes = pd.DataFrame([json.loads(str(row[-1])) for row in rows], index=stream.index)
    stream = stream.join(attributes[[c for c in attributes.columns if c not in COLUMNS]].apply(_read_dates))
    _remember_conclusions(session, stream)
    stream["alert_id"] = stream.alert_id.astype(str)
    for column in ("raised_at", "known_at", "happened_on", "registered_on"):
        stream[column] = pd.to_datetime(stream[column]).astype("datetime64[us]")
    for column in ("amount", "recoverable"):
        stream[column] = stream[column].astype(float)
    labels = {code: outcome.label for code, outcome in OUTCOMES.items() if outcome.label is not None}
    stream["label"] = stream.outcome.map(labels).astype(float)
    stream.loc[stream.source.isin(helping(session)), "label"] = np.nan
    return stream


def _remember_conclusions(session: Session, stream: pd.DataFrame) -> None:
    """Give alerts that are open again the outcome of their last conclusion and its time, unless it was reversed."""
    query = select(AlertEvent.alert_id, AlertEvent.kind, AlertEvent.outcome, AlertEvent.at)
    query = query.join(Alert, Alert.id == AlertEvent.alert_id).order_by(AlertEvent.id)
    query = query.where(AlertEvent.kind.in_((*CONCLUSIONS, "reversed")), Alert.status.in_(NOT_CONCLUDED))
    changes = {alert_id: (kind, outcome, at) for alert_id, kind, outcome, at in session.execute(query)}
    last = {alert_id: (outcome, at) for alert_id, (kind, outcome, at) in changes.items() if kind != "reversed"}
    again = stream.alert_id.isin(list(last))
    if again.any():
        remembered = [last[alert_id] for alert_id in stream.alert_id[again]]
        stream.loc[again, ["outcome", "known_at"]] = pd.DataFrame(
            remembered, columns=["outcome", "known_at"], index=stream.index[again]
        )


_MOMENT = r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)?"
_NEARLY_ALL = 0.98


def _read_dates(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """An attribute as it was before it was kept as JSON: a column of ISO texts is one of dates (datetime64[us]).

    The few texts of such a column that are no date are missing.
    """
    present = column.dropna()
    if present.empty or pd.api.types.is_numeric_dtype(column):
        return column
    texts = present.astype("str")
    found = pd.to_datetime(texts.where(texts.str.fullmatch(_MOMENT)), format="ISO8601", errors="coerce")
    if found.notna().mean() < _NEARLY_ALL:
        return column
    return found.astype("datetime64[us]").reindex(column.index)
