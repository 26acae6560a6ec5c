"""The random check slice 随机抽查: new alerts verified whatever their score, so that rates can be told unbiased.

The rule, which anybody can follow again: an alert is drawn when the first eight bytes of SHA-256 of
`office seed|alert number|week`, read as a whole number and divided by 2^64, come out below the share in force when it
was raised. The week is the ISO week of its `raised_at` in Shanghai, written `2026-W48`. Score, level, place and people
have no part in it. The alert keeps the share it was drawn with: its propensity.

An alert that comes in with its outcome is not drawn: there is nothing left to verify. Source: design.md, 8.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from data import policy
from data.counting import OF_MISCONDUCT
from data.office_time import shanghai_day
from data.outcomes import OUTCOMES
from data.people_tables import Policy
from data.states import CONCLUDED
from data.tables import Alert, Score

SHARE = "check_share"
"""The rule of the house that sets the share, in percent."""
SEED = "check_seed"
"""Where the office's seed is kept, beside the rules: made once by the migration, the same ever since."""
_CHUNK = 5_000


def share(session: Session) -> float:
    """The share of new alerts that is drawn now, 0 to 1."""
    return policy.value(session, SHARE) / 100


def seed(session: Session) -> int:
    """The office's seed, which everybody may know: alert numbers are given in order, so nobody can choose one."""
    return session.get_one(Policy, SEED).value


def plant_seed(session: Session, number: int) -> None:
    """Give an office that has raised nothing yet this seed, so that a demonstration draws the same each time."""
    session.get_one(Policy, SEED).value = number % 2**31


def week(raised_at: datetime) -> str:
    """The ISO week of a moment (UTC) in Shanghai, as the rule writes it."""
    year, number, _ = shanghai_day(raised_at).isocalendar()
    return f"{year}-W{number:02}"


def lot(seed: int, alert_id: int, raised_at: datetime) -> float:
    """The alert's lot, 0 to 1: it is drawn when this is below the share."""
    digest = hashlib.sha256(f"{seed}|{alert_id}|{week(raised_at)}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def draw(session: Session, raised: Mapping[int, datetime], share: float) -> int:
    """Draw among alerts just raised with this share as their `check_share`, in the transaction that raises them.

    raised: alert number to its raised_at. Returns how many were drawn.
    """
    if not share:
        return 0
    by = seed(session)
    drawn = sorted(number for number, at in raised.items() if lot(by, number, at) < share)
    for start in range(0, len(drawn), _CHUNK):
        session.execute(update(Alert), [{"id": number, "drawn": True} for number in drawn[start : start + _CHUNK]])
    return len(drawn)


@dataclass(frozen=True)
class Week:
    """One week of the slice: what was raised while there was one, what was drawn of it, and what became of that."""

    week: str
    n_alerts: int
    n_drawn: int
    n_concluded: int
    """Of those drawn."""
    share: float
    """The largest in force in the week."""


def weeks(session: Session, *, since: datetime) -> list[Week]:
    """The slice by week of what was raised since then, newest first; weeks without any draw are left out."""
    columns = (Alert.raised_at, Alert.drawn, Alert.status, Alert.check_share)
    found: dict[str, list[tuple[bool, bool, float]]] = {}
    rows = session.execute(select(*columns).where(Alert.raised_at >= since, Alert.check_share > 0))
    for raised_at, drawn, status, its_share in rows:
        found.setdefault(week(raised_at), []).append((drawn, drawn and status in CONCLUDED, its_share or 0.0))
    return [
        Week(name, len(rows), sum(r[0] for r in rows), sum(r[1] for r in rows), max(r[2] for r in rows))
        for name, rows in sorted(found.items(), reverse=True)
    ]


def misdrawn(session: Session, *, since: datetime) -> list[int]:
    """Alerts raised since then that the rule draws otherwise than is on record; empty where all is as it should be."""
    by = seed(session)
    columns = (Alert.id, Alert.raised_at, Alert.check_share, Alert.drawn)
    rows = session.execute(select(*columns).where(Alert.raised_at >= since, Alert.check_share.is_not(None)))
    return [number for number, at, its_share, drawn in rows if (lot(by, number, at) < (its_share or 0.0)) != drawn]


Row = tuple[str, datetime, float | None, float, bool, float, bool]


def alerts_of(session: Session, *, since: datetime) -> list[Row]:
    """What estimates are made from (`scoring.unbiased`): every alert raised since then that had part in a draw.

    Returns: number, raised_at, score, share, drawn, 1 or 0 as far as its outcome counts in the confirmation rate (NaN),
    open.
    What leads to help is left out, as everywhere in the confirmation rate.
    """
    columns = (
        Alert.id,
        Alert.raised_at,
        Score.p_confirmed,
        Alert.check_share,
        Alert.drawn,
        Alert.outcome,
        Alert.status,
    )
    query = select(*columns).outerjoin(Score, Score.alert_id == Alert.id).order_by(Alert.raised_at, Alert.id)
    rows = session.execute(query.where(Alert.raised_at >= since, Alert.check_share > 0, OF_MISCONDUCT))
    return [
        (str(number), at, p, its_share or 0.0, drawn, _counted(outcome), status not in CONCLUDED)
        for number, at, p, its_share, drawn, outcome, status in rows
    ]


def _counted(outcome: str | None) -> float:
    known = OUTCOMES.get(outcome or "")
    return float(known.confirmed) if known is not None and known.concluded else nan


@dataclass(frozen=True)
class Waiting:
    """What is drawn and not verified yet."""

    n: int
    oldest_days: int | None


def waiting(session: Session, *, now: datetime) -> Waiting:
    """What of the slice still waits for its outcome, and since when."""
    query = select(func.count(Alert.id), func.min(Alert.raised_at))
    n, oldest = session.execute(query.where(Alert.drawn.is_(True), Alert.status.not_in(CONCLUDED))).one()
    return Waiting(n, None if oldest is None else (now - oldest) // timedelta(days=1))
