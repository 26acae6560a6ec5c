"""Leases: of several workers on one database, only the holder of a lease does its work.

The leases (`score`, `collide`, `learn`, `risk_model`, `remind`, `deliver`, `clear`, `note_end`) are made with the
schema, so taking one is always a change of a row, and two takers wait for each other.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.tables import Lease


def hold(session: Session, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
    """Whether `holder` has the lease from now on for `seconds`: taken when free or run out, renewed when its own."""
    lease = session.get_one(Lease, name, with_for_update=True)
    if lease.holder != holder and lease.until_at > now:
        return False
    lease.holder, lease.until_at = holder, now + timedelta(seconds=seconds)
    return True
