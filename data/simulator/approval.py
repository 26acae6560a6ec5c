"""How the supervision models of the demonstration office came to be active: tried, judged, submitted, approved."""

import json
from datetime import datetime

from sqlalchemy import select

from data.back_test import ask, judge, run
from data.database import reading, writing
from data.model_life import advance, submit
from data.model_tables import BackTest
from data.rights import Person
from data.simulator.calendar import draw_from
from data.tables import SupervisionModel

_CHANCES = {"would": 0.66, "would_not": 0.24, "unsure": 0.10}
"""How the invented inspector judges; blind rows say too little to know better."""
_MONTHS = 1
"""Registers of the synthetic world begin with the office: there is one month's end to look back at."""


def approve_drafts(author: Person, inspector: Person, approver: Person, *, seed: int, at: datetime) -> None:
    """Bring every draft of the warehouse through the door that an office's own go through."""
    with writing() as session:
        drafts = session.scalars(select(SupervisionModel).where(SupervisionModel.status == "draft")).all()
        waiting = []
        for row in drafts:
            test = ask(session, row.code, row.version, author, at=at, months=_MONTHS)
            test.seed = seed
            waiting.append((test.id, row.code, row.version))
    for number, _, _ in waiting:
        run(number, now=at)
    draw = draw_from(seed, "approval")
    with reading() as session:
        drawn = {number: json.loads(session.get_one(BackTest, number).sample or "[]") for number, _, _ in waiting}
    with writing() as session:
        for number, code, version in waiting:
            for row in drawn[number]:
                verdict = str(draw.choice(list(_CHANCES), p=list(_CHANCES.values())))
                judge(session, number, row["number"], verdict, inspector, at=at)
            submit(session, code, version, author, at=at)
            advance(session, code, version, "activated", approver, at=at)
