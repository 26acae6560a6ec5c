"""Back-filling: runs of past month ends that were missed, made up for on request.

What such a run finds was not known to anybody before: its alerts are raised as of the present.
"""

import json
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.back_test import month_ends
from data.cards import read_card
from data.collision import collide_card
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted
from data.model_life import audited, live
from data.model_tables import BackFill
from data.rights import Person
from data.tables import CollisionRun


def missed(session: Session, code: str, *, now: datetime) -> list[datetime]:
    """The ends of the past twelve months, since the model was first active, in which it did not run at all."""
    row = live(session, code)
    first = session.scalar(
        select(CollisionRun.as_of).where(CollisionRun.model_code == code).order_by(CollisionRun.as_of).limit(1)
    )
    begins = min((at for at in (first, row.activated_at if row else None) if at is not None), default=now)
    ends = month_ends(now)
    ran = session.scalars(
        select(CollisionRun.as_of).where(CollisionRun.model_code == code, CollisionRun.as_of > ends[0])
    ).all()
    asked = set(session.scalars(select(BackFill.as_of).where(BackFill.code == code)))
    return [
        end
        for before, end in pairwise(ends)
        if end > begins and end not in asked and not any(before < at <= end + timedelta(seconds=1) for at in ran)
    ]


def ask(session: Session, code: str, person: Person, *, at: datetime) -> list[BackFill]:
    """Put every missed month end down to be made up for. Raises NotFound, NotPermitted, InputRefused where none is."""
    row = live(session, code)
    if row is None or row.status != "active":
        raise NotFound(f"{code} is not active; resume it first.", f"{code} 未在运行，请先恢复运行。")
    if not any(person.covers(row.region_code, right) for right in ("models", "approve_models")):
        raise NotPermitted(
            f"{person.code} may not run {code}: its region is outside the post.",
            f"{person.name}的岗位不覆盖 {code} 的适用范围，不能补跑。",
        )
    ends = missed(session, code, now=at)
    if not ends:
        raise InputRefused(f"{code} missed no month of the past twelve. Nothing to do.", f"{code} 近十二个月没有漏跑。")
    asked = {"code": code, "asked_by": person.code, "asked_at": at, "state": "waiting", "failure": ""}
    made = [BackFill(**asked, as_of=end) for end in ends]
    session.add_all(made)
    session.flush()
    audited(session, row, "back_filled", person, at=at, months=[f"{end:%Y-%m}" for end in ends])
    return made


def run_waiting(*, now: datetime) -> int:
    """Make up for every run that waits, the oldest month first. Returns how many alerts are new."""
    with reading() as session:
        waiting = session.scalars(select(BackFill).where(BackFill.state == "waiting").order_by(BackFill.as_of)).all()
        cards = {one.code: live(session, one.code) for one in waiting}
    n_new = 0
    for one in waiting:
        row = cards[one.code]
        try:
            if row is None:
                raise NotFound(f"{one.code} is not active any more.", f"{one.code} 已停用。")
            run = collide_card(read_card(row.card), as_of=one.as_of, made_up_at=now)
            _keep(one.id, state="done", run_id=run.id)
            n_new += run.n_new
        except MingjingError as error:
            said = {"zh": error.words("zh"), "en": error.words("en")}
            _keep(one.id, state="failed", failure=json.dumps(said, ensure_ascii=False))
    return n_new


def _keep(number: int, **values: object) -> None:
    with writing() as session:
        one = session.get_one(BackFill, number)
        for name, value in values.items():
            setattr(one, name, value)
