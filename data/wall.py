"""What the wall shows for a scope, counted from the alerts themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.tables import Alert


def wall(session: Session, *, scope: str, now: datetime) -> dict[str, Any]:
    """Every figure of the wall for the region `scope` (a code prefix; "" is the whole office), as of `now` (UTC)."""
    chosen = select(func.count(Alert.id)).where(Alert.raised_at <= now)
    if scope:
        chosen = chosen.where(Alert.region_code.startswith(scope))
    return {"scope": scope, "n_alerts": session.execute(chosen).scalar_one()}
