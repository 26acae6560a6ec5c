"""The office's own alerts in the form of a feed, so that ranking has one kind of input."""

import json

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.outcomes import OUTCOMES
from data.tables import Alert

COLUMNS = {
    "alert_id": Alert.id,
    "raised_at": Alert.raised_at,
    "region": Alert.region_code,
    "domain": Alert.domain_code,
    "source": Alert.source,
    "amount": Alert.amount,
    "outcome": Alert.outcome,
    "known_at": Alert.concluded_at,
    "rule": Alert.rule,
    "level": Alert.level,
    "subject_kind": Alert.subject_kind,
    "subject": Alert.subject_key,
    "recoverable": Alert.recoverable,
    "happened_on": Alert.happened_on,
    "registered_on": Alert.registered_on,
}


def alert_stream(session: Session) -> pd.DataFrame:
    """Every alert of the office in order of raised_at, in the columns of a feed (design.md 6).

    Adds `label`: 1.0 confirmed, 0.0 excluded or corrected, NaN where not known or where it teaches nothing.
    `known_at` is when the outcome was recorded. The verifying unit is not among the columns: who verifies is never
    a feature.
    """
    query = select(*COLUMNS.values(), Alert.attributes).order_by(Alert.raised_at, Alert.id)
    rows = session.execute(query).all()
    stream = pd.DataFrame([row[:-1] for row in rows], columns=list(COLUMNS))
    attributes = pd.DataFrame([json.loads(str(row[-1])) for row in rows], index=stream.index)
    stream = stream.join(attributes[[c for c in attributes.columns if c not in COLUMNS]])
    stream["alert_id"] = stream.alert_id.astype(str)
    for column in ("raised_at", "known_at", "happened_on", "registered_on"):
        stream[column] = pd.to_datetime(stream[column]).astype("datetime64[us]")
    for column in ("amount", "recoverable"):
        stream[column] = stream[column].astype(float)
    labels = {code: outcome.label for code, outcome in OUTCOMES.items() if outcome.label is not None}
    stream["label"] = stream.outcome.map(labels).astype(float)
    return stream
