"""Sign-ins that are long over are cleared away, on record; those still of use stay."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from data import sign_in_ends
from data.database import reading, writing
from data.people_tables import SignIn
from tests.staff_in_miniature import NOW, deeds, furnish, hire

KEPT = sign_in_ends.KEPT


def put(name: str, *, seen: timedelta, ended: timedelta | None) -> None:
    with writing() as session:
        session.add(
            SignIn(
                token_hash=name, account="li", started_at=NOW - seen, seen_at=NOW - seen, step="open", address="",
                ended_at=None if ended is None else NOW - ended,
            )
        )  # fmt: skip


def test_what_ended_or_idled_over_90_days_ago_is_cleared_as_one_entry(office: Path) -> None:
    furnish()
    hire("li")
    second = timedelta(seconds=1)
    put("ended", seen=KEPT + second, ended=KEPT + second)
    put("idle", seen=KEPT + second, ended=None)
    put("kept", seen=KEPT, ended=KEPT)
    put("here", seen=second, ended=None)
    for expected in (2, 0):
        with writing() as session:
            assert sign_in_ends.clear(session, now=NOW) == expected
    with reading() as session:
        assert set(session.scalars(select(SignIn.token_hash))) == {"kept", "here"}
    assert deeds("sign_ins_cleared") == [("account.sign_ins_cleared", "worker", "done")]
