"""Leases: of several workers on one database, only the holder of a lease does its work.

The leases are made with the schema, so taking one is always a change of a row, and two takers wait for each other.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.tables import Lease

WORK = (
    "score", "learn", "look", "collide", "back_fill", "shadow", "back_test", "remind", "deliver", "note_end", "clear",
)  # fmt: skip
"""What the worker takes a lease for. A migration makes each; `/health` names one that is missing or failed."""


def hold(session: Session, name: str, *, holder: str, now: datetime, seconds: int) -> bool:
    """Whether `holder` has the lease from now on for `seconds`: taken when free or run out, renewed when its own."""
    lease = session.get_one(Lease, name, with_for_update=True)
    if lease.holder != holder and lease.until_at > now:
        return False
    lease.holder, lease.until_at = holder, now + timedelta(seconds=seconds)
    return True


def note_failure(session: Session, name: str, failure: str, *, now: datetime) -> None:
    """Keep that the last run of a piece of work failed, and by what kind of error; an empty `failure`: it went well."""
    lease = session.get_one(Lease, name)
    if failure or lease.failure:
        lease.failure, lease.failed_at = failure, now if failure else None
