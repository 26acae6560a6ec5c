"""How sign-ins end and go: every one of an account at once, and those long over cleared away."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from data import audit
from data.people_tables import SignIn

KEPT = timedelta(days=90)
"""How long a sign-in that is over is still shown to its owner."""


def end_all(session: Session, code: str, at: datetime, *, but: str = "") -> None:
    """End every sign-in of an account, but perhaps the one of a token's hash."""
    session.execute(
        update(SignIn)
        .where(SignIn.account == code, SignIn.ended_at.is_(None), SignIn.token_hash != but)
        .values(ended_at=at)
    )


def clear(session: Session, *, now: datetime) -> int:
    """Remove the sign-ins that ended, or were last used, longer ago than they are kept; how many, on record."""
    before = now - KEPT
    over = or_(SignIn.ended_at < before, SignIn.seen_at < before)
    n = session.scalar(select(func.count()).select_from(SignIn).where(over)) or 0
    if n:
        session.execute(delete(SignIn).where(over))
        audit.note(session, "worker", "account.sign_ins_cleared", at=now, detail={"n": n, "before": before})
    return n
