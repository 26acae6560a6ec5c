"""What waits for a person among the supervision models: to approve, to judge, to mend, to go on with."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.back_test import newest, to_judge
from data.four_eyes import accounts_of
from data.model_states import UNDER_WAY
from data.model_tables import ModelEvent
from data.rights import Person
from data.tables import SupervisionModel

KINDS = ("approve", "judge", "returned", "draft")
"""What is to be done: decide about it, judge rows of its blind sample, mend what was returned, go on with a draft."""


@dataclass(frozen=True)
class ModelTask:
    """One version of a supervision model that waits for this person."""

    kind: str
    """One of `KINDS`."""
    code: str
    version: int
    name: str
    name_en: str
    n: int = 0
    """Rows of the blind sample to judge."""
    note: str = ""
    """Why it was returned."""


def model_tasks(session: Session, person: Person) -> tuple[ModelTask, ...]:
    """The versions under way that this person can do something about, in the order of `KINDS`."""
    if not any(person.may(right) for right in ("models", "approve_models", "verify")):
        return ()
    rows = select(SupervisionModel).where(SupervisionModel.status.in_(UNDER_WAY)).order_by(SupervisionModel.code)
    mine = accounts_of(session, person)
    found = [task for row in session.scalars(rows) for task in _of(session, row, person, mine)]
    return tuple(sorted(found, key=lambda task: KINDS.index(task.kind)))


def _of(session: Session, row: SupervisionModel, person: Person, mine: frozenset[str]) -> Iterator[ModelTask]:
    of = (row.code, row.version, row.name, row.name_en)
    others = mine.isdisjoint({row.author, row.submitted_by})
    if row.status == "submitted" and others and person.covers(row.region_code, "approve_models"):
        yield ModelTask("approve", *of)
    if row.author in mine:
        if row.status == "draft" and person.may("models"):
            why = _returned(session, row)
            yield ModelTask("draft" if why is None else "returned", *of, note=why or "")
    elif person.may("verify"):
        test = newest(session, row.code, row.version)
        n = len(to_judge(session, test, person)) if test is not None and test.state == "done" else 0
        if n:
            yield ModelTask("judge", *of, n=n)


def _returned(session: Session, row: SupervisionModel) -> str | None:
    """Why the draft was returned when it was last sent; None where it was not."""
    query = select(ModelEvent).where(
        ModelEvent.code == row.code,
        ModelEvent.version == row.version,
        ModelEvent.kind.in_(("submitted", "withdrawn", "returned")),
    )
    last = session.scalars(query.order_by(ModelEvent.id.desc()).limit(1)).first()
    return last.note if last is not None and last.kind == "returned" else None
