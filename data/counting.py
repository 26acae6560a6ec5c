"""What counts in the confirmation rate of misconduct: every alert but those of models that lead to help.

A gap in entitlements that is found and closed is a person served, not a wrong confirmed. A draft decides nothing: only
versions that were in force do. Source: field/models.md, M34.
"""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from data.model_states import EVER_LIVE
from data.tables import Alert, SupervisionModel

_HELP = select(SupervisionModel.code).where(SupervisionModel.counts == "help", SupervisionModel.status.in_(EVER_LIVE))
OF_MISCONDUCT: ColumnElement[bool] = Alert.source.not_in(_HELP)
"""Condition on alerts: theirs is an outcome of the confirmation rate."""


def helping(session: Session) -> frozenset[str]:
    """Codes of the supervision models that lead to help."""
    return frozenset(session.scalars(_HELP))
