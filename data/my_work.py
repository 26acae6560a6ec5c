"""My work: what waits for this person, in piles, the most pressing first. Source: screens.md, My work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from data import corrections
from data.inquiries import MAY_ASK, Asked, of_department
from data.look_back import to_review
from data.loop_tables import Elimination, HandlingOrder, Inquiry
from data.model_work import ModelTask, model_tasks
from data.people_tables import Account
from data.person_queries import n_to_decide
from data.queue import Listed, listed
from data.rights import Person, condition
from data.states import REMIND_DAYS, TO_VERIFY
from data.tables import Alert, CorrectionTicket
from data.working_days import working_days_after

ROWS = 8
"""Alerts a pile shows; the rest is one click away."""


@dataclass(frozen=True)
class Pile:
    """Alerts that wait for the same thing from this person."""

    code: str
    n: int
    n_overdue: int
    latest_due: date | None
    rows: tuple[Listed, ...]
    """The first of them: supervised ones, then by due date."""


@dataclass(frozen=True)
class MyWork:
    """Everything that waits for a person."""

    piles: tuple[Pile, ...]
    inquiries: tuple[Asked, ...]
    """For a department's contact."""
    n_look_backs: int
    n_person_queries: int
    corrections: tuple[CorrectionTicket, ...] = ()
    """For a department's contact: what it is asked to put right in its data."""
    models: tuple[ModelTask, ...] = ()
    """Supervision models to approve, to judge, to mend or to go on with."""

    @property
    def n_overdue(self) -> int:
        """How many of the alerts are past their due date."""
        return sum(pile.n_overdue for pile in self.piles)

    @property
    def latest_due(self) -> date | None:
        """The latest due date of the alerts."""
        return max((pile.latest_due for pile in self.piles if pile.latest_due), default=None)

    @property
    def n(self) -> int:
        """How many things wait."""
        others = len(self.inquiries) + len(self.corrections) + self.n_look_backs + self.n_person_queries
        others += len(self.models)
        return sum(p.n for p in self.piles) + others


_Where = Callable[[Person, date], ColumnElement[bool]]


def _of(person: Person) -> ColumnElement[bool]:
    return Alert.assignee == person.code


def _nobodys() -> ColumnElement[bool]:
    return Alert.assignee.is_(None)


def _others(person: Person) -> ColumnElement[bool]:
    return and_(Alert.assignee.is_not(None), Alert.assignee != person.code)


def _mine(person: Person, *states: str) -> ColumnElement[bool]:
    return and_(_of(person), Alert.status.in_(states))


def _returned() -> ColumnElement[bool]:
    # A reversal starts the clock anew: what was returned before it is of an earlier verification.
    returned = and_(Elimination.state == "returned", Elimination.decided_at >= Alert.signed_in_at)
    return select(Elimination.id).where(Elimination.alert_id == Alert.id, returned).exists()


def _ordered() -> ColumnElement[bool]:
    open_still = and_(HandlingOrder.lifted_at.is_(None), HandlingOrder.answered_at.is_(None))
    return select(HandlingOrder.id).where(HandlingOrder.alert_id == Alert.id, open_still).exists()


def _answered() -> ColumnElement[bool]:
    return select(Inquiry.id).where(Inquiry.alert_id == Alert.id, Inquiry.answered_at.is_not(None)).exists()


def _unanswered(today: date) -> ColumnElement[bool]:
    late = and_(Inquiry.answered_at.is_(None), Inquiry.due_on < today)
    return select(Inquiry.id).where(Inquiry.alert_id == Alert.id, late).exists()


def _left_behind() -> ColumnElement[bool]:
    gone = select(Account.code).where(Account.state != "active")
    return and_(Alert.status.in_(("verifying", "held", "rectifying")), Alert.assignee.in_(gone))


def _soon(today: date) -> ColumnElement[bool]:
    # Told apart from no date at all: what is neither true nor false would leave the later piles too.
    last = working_days_after(today, REMIND_DAYS)
    return and_(Alert.due_on.is_not(None), Alert.due_on >= today, Alert.due_on <= last)


_PILES: tuple[tuple[str, str, _Where], ...] = (
    ("supervised", "verify", lambda person, _: and_(_ordered(), or_(_of(person), _nobodys()))),
    ("approvals", "approve", lambda person, _: and_(Alert.status == "approving", Alert.assignee != person.code)),
    ("returned", "verify", lambda person, _: and_(_mine(person, "verifying"), _returned())),
    ("answered", "verify", lambda person, _: and_(_mine(person, "verifying"), _answered())),
    ("inquiries_overdue", "verify", lambda person, today: and_(_mine(person, *MAY_ASK), _unanswered(today))),
    ("due_soon", "verify", lambda person, today: and_(_mine(person, "verifying", "held", "rectifying"), _soon(today))),
    ("mine", "verify", lambda person, _: _mine(person, "verifying")),
    ("to_put_right", "verify", lambda person, _: _mine(person, "rectifying")),
    ("to_dispatch", "dispatch", lambda _, __: Alert.status == "waiting"),
    ("left_behind", "dispatch", lambda _, __: _left_behind()),
    ("to_sign", "verify", lambda _, __: Alert.status == "dispatched"),
    ("unit_free", "verify", lambda _, __: Alert.status == "accepted"),
    ("unit_overdue", "verify", lambda person, today: and_(_late(today), _others(person))),
    ("office_overdue", "supervise", lambda _, today: _late(today)),
    ("held", "verify", lambda person, _: _mine(person, "held")),
)  # fmt: skip
"""Code, the right it goes with, and which alerts, in the order of the page. An alert lies in the first that fits."""


def _late(today: date) -> ColumnElement[bool]:
    return and_(Alert.status.in_((*TO_VERIFY, "held", "rectifying")), Alert.due_on < today)


def my_work(session: Session, person: Person, *, today: date) -> MyWork:
    """What waits for this person; piles that are empty are left out."""
    piles: list[Pile] = []
    earlier: ColumnElement[bool] = false()
    for code, right, where in _PILES:
        if person.may(right):
            fits = and_(condition(person, right), where(person, today))
            piles.append(_pile(session, code, and_(fits, ~earlier), today))
            earlier = or_(earlier, fits)
    return MyWork(
        piles=tuple(pile for pile in piles if pile.n),
        inquiries=_inquiries(session, person),
        n_look_backs=_look_backs(session, person),
        n_person_queries=n_to_decide(session, person) if person.may("approve") else 0,
        corrections=_corrections(session, person),
        models=model_tasks(session, person),
    )


def _pile(session: Session, code: str, where: ColumnElement[bool], today: date) -> Pile:
    overdue = func.count(case((Alert.due_on < today, Alert.id)))
    counted = select(func.count(Alert.id), overdue, func.max(Alert.due_on)).where(where)
    n, n_overdue, latest_due = session.execute(counted).one()
    if not n:
        return Pile(code, 0, 0, None, ())
    first = select(Alert.id).where(where).limit(ROWS)
    first = first.order_by(Alert.supervised_at.is_(None), Alert.due_on.is_(None), Alert.due_on, Alert.id)
    return Pile(code, n, n_overdue, latest_due, tuple(listed(session, session.scalars(first).all())))


def _inquiries(session: Session, person: Person) -> tuple[Asked, ...]:
    if not person.may("answer"):
        return ()
    return tuple(one for one in of_department(session, person) if one.answered_at is None)


def _corrections(session: Session, person: Person) -> tuple[CorrectionTicket, ...]:
    if not person.may("answer"):
        return ()
    tickets = corrections.of_department(session, person)
    return tuple(one for one in tickets if one.answered_at is None and one.closed_at is None)


def _look_backs(session: Session, person: Person) -> int:
    return len(to_review(session, person)) if person.may("review") else 0
