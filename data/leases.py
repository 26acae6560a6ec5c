"""Leases: of several workers on one database, only the holder of a lease does its work."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.tables import Lease


def hold(session: Session, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
    """Whether `holder` has the lease from now on for `seconds`: taken when free or run out, renewed when its own."""
    lease = session.get(Lease, name, with_for_update=True)
    if lease is None:
        session.add(Lease(name=name, holder=holder, until_at=now + timedelta(seconds=seconds)))
        return True
    if lease.holder != holder and lease.until_at > now:
        return False
    lease.holder, lease.until_at = holder, now + timedelta(seconds=seconds)
    return True
