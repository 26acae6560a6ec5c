"""The deeds of the alert page: what each form posts, done through the one function of the closed loop it is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.posted import Posted
from dashboard.verdict import EXCLUDED, HELD
from data import (
    dispatch,
    elimination,
    identities,
    inquiries,
    look_back,
    measures,
    responsible,
    supervision,
    verification,
)
from data.errors import InputRefused, NotFound
from data.loop_tables import Measure, Responsible
from data.office_time import shanghai_day
from data.queue import Filter
from data.rights import Person, find_person
from data.tables import Alert
from data.written import written

LEAST_REASON = 4
"""Characters of a reason that says anything."""


@dataclass(frozen=True)
class Deed:
    """Something a person does to an alert, as it was posted."""

    session: Session
    alert_id: int
    person: Person
    at: datetime
    version: int | None
    """Of the alert as the person saw it."""
    posted: Posted
    wanted: Filter
    """The view of the queue the alert was opened from."""


@dataclass(frozen=True)
class Done:
    """What came of a deed, where it is more than the alert's new state."""

    identity: tuple[str, str] | None = None
    """Name and number, for this view only."""
    onward: int | None = None
    """The alert the person was given next."""
    outcome: str = ""
    """Outcome that was recorded, or `requested`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """For the sentence that says it was done."""


def _dispatched(deed: Deed) -> Done:
    unit = deed.posted.text("other_unit") or deed.posted.code("unit")
    dispatch.dispatch(
        deed.session, deed.alert_id, deed.person, unit, at=deed.at, version=deed.version, note=deed.posted.text("note")
    )
    return Done()


def _transferred(deed: Deed) -> Done:
    unit, note = deed.posted.code("unit"), deed.posted.text("note")
    dispatch.transfer(deed.session, deed.alert_id, deed.person, unit, at=deed.at, version=deed.version, note=note)
    return Done()


def _sent_back(deed: Deed) -> Done:
    note = deed.posted.text("note")
    dispatch.send_back(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=note)
    return Done()


def _signed_in(deed: Deed) -> Done:
    dispatch.sign_in(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version)
    return Done()


def _taken(deed: Deed) -> Done:
    dispatch.take(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version)
    return Done()


def _take_next(deed: Deed) -> Done:
    """The next of the view one came from; where that is empty, of the whole queue."""
    views = dict.fromkeys((deed.wanted, Filter()))
    found = (dispatch.take_next(deed.session, deed.person, view, at=deed.at) for view in views)
    return Done(onward=next((number for number in found if number is not None), None))


def _released(deed: Deed) -> Done:
    note = deed.posted.text("note")
    dispatch.release(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=note)
    return Done()


def _assigned(deed: Deed) -> Done:
    code = deed.posted.code("to")
    to = find_person(deed.session, code, today=shanghai_day(deed.at))
    note = deed.posted.text("note")
    dispatch.assign(deed.session, deed.alert_id, deed.person, to, at=deed.at, version=deed.version, note=note)
    return Done()


def _handed_on(deed: Deed) -> Done:
    code = deed.posted.code("to")
    to = find_person(deed.session, code, today=shanghai_day(deed.at))
    note = deed.posted.text("note")
    dispatch.hand_on(deed.session, deed.alert_id, deed.person, to, at=deed.at, version=deed.version, note=note)
    return Done()


def _verified(deed: Deed) -> Done:
    """The verdict with all that was gathered for it, in one transaction."""
    posted, outcome = deed.posted, deed.posted.code("outcome")
    if outcome == EXCLUDED:
        elimination.request(
            deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, cause=posted.code("cause"),
            reason=posted.text("note"), evidence=posted.text("reference"), suppress_until=posted.day("until"),
        )  # fmt: skip
        return Done(outcome="requested")
    if outcome == HELD:
        note = posted.text("note")
        verification.hold(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=note)
        return Done(outcome=outcome)
    confirmed = outcome.startswith("C")
    verification.conclude(
        deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, outcome=outcome,
        note=posted.text("note"),
        recovered=posted.amount("recovered") if confirmed else None,
        recoverable=posted.amount("recoverable") if confirmed else None,
    )  # fmt: skip
    if confirmed:
        _found_on_people(deed)
    if confirmed or outcome == "G1":
        _measured_at_once(deed)
    return Done(outcome=outcome)


def _found_on_people(deed: Deed) -> None:
    rows = deed.session.scalars(select(Responsible).where(Responsible.alert_id == deed.alert_id)).all()
    for row in rows:
        finding = deed.posted.text(f"person-{row.id}")
        if finding and finding != row.finding:
            responsible.mark(deed.session, row.id, deed.person, at=deed.at, finding=finding)


def _measured_at_once(deed: Deed) -> None:
    done_on = deed.posted.day("done_on") or shanghai_day(deed.at)
    for kind in measures.KINDS:
        quantity = deed.posted.amount(f"measure-{kind}")
        if quantity:
            measures.add(
                deed.session, deed.alert_id, deed.person, at=deed.at, kind=kind, quantity=quantity, done_on=done_on
            )


def _withdrawn(deed: Deed) -> Done:
    elimination.withdraw(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version)
    return Done()


def _returned(deed: Deed) -> Done:
    decision = deed.posted.text("decision")
    elimination.send_back(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, decision=decision)
    return Done()


def _eliminated(deed: Deed) -> Done:
    decision = deed.posted.text("decision")
    elimination.approve(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, decision=decision)
    return Done(outcome=EXCLUDED)


def _downgraded(deed: Deed) -> Done:
    note = deed.posted.text("note")
    verification.downgrade(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=note)
    return Done()


def _rectified(deed: Deed) -> Done:
    verification.rectify(
        deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=deed.posted.text("note"),
        recovered=deed.posted.amount("recovered"),
    )  # fmt: skip
    return Done(outcome="rectified")


def _reversed(deed: Deed) -> Done:
    """Counted as a look-back: the one that is still to be done, or one of its own."""
    note = written(deed.posted.text("note"), name="reason", least=LEAST_REASON)
    look_back.reverse(deed.session, deed.alert_id, deed.person, at=deed.at, version=deed.version, note=note)
    return Done()


def _measured(deed: Deed) -> Done:
    quantity = deed.posted.amount("quantity")
    if not quantity:
        raise InputRefused("How much was done? Give a number above zero.", "请填写数量，应大于零。")
    person = deed.posted.text("responsible")
    measures.add(
        deed.session, deed.alert_id, deed.person, at=deed.at, kind=deed.posted.code("kind"), quantity=quantity,
        done_on=deed.posted.day_needed("done_on"), note=deed.posted.text("note"),
        responsible_id=deed.posted.number("responsible") if person else None, version=deed.version,
    )  # fmt: skip
    return Done()


def _taken_back(deed: Deed) -> Done:
    number, note = deed.posted.number("id"), written(deed.posted.text("note"), name="reason", least=LEAST_REASON)
    row = deed.session.get(Measure, number)
    if not _is_theirs(deed, row):
        raise NotFound(
            "There is no such measure with this alert. Reload the page.", "这条预警没有这项措施。请刷新后重试。"
        )
    measures.take_back(deed.session, number, deed.person, at=deed.at, note=note, version=deed.version)
    return Done()


def _marked(deed: Deed) -> Done:
    number = deed.posted.number("id")
    _own(deed, deed.session.get(Responsible, number))
    finding = deed.posted.code("finding")
    responsible.mark(deed.session, number, deed.person, at=deed.at, finding=finding, version=deed.version)
    return Done()


def _added(deed: Deed) -> Done:
    posted = deed.posted
    responsible.add(
        deed.session, deed.alert_id, deed.person, at=deed.at, role=posted.code("role"), name=posted.text("name"),
        number=posted.text("number"), post=posted.text("post"), unit_name=posted.text("unit_name"),
        on_date=posted.day("on_date"), version=deed.version,
    )  # fmt: skip
    return Done()


def _is_theirs(deed: Deed, row: Responsible | Measure | None) -> bool:
    """Whether a row belongs to the alert of the deed, and the alert is there for this person."""
    seen = select(Alert.id).where(Alert.id == deed.alert_id)
    return row is not None and row.alert_id == deed.alert_id and deed.session.scalar(seen) is not None


def _own(deed: Deed, row: Responsible | None) -> None:
    if not _is_theirs(deed, row):
        raise NotFound(
            "There is no such person with this alert. Reload the page.", "这条预警没有这个人员。请刷新后重试。"
        )


def _asked(deed: Deed) -> Done:
    posted = deed.posted
    inquiries.ask(
        deed.session, deed.alert_id, deed.person, at=deed.at, unit_code=posted.code("unit"),
        question=posted.text("question"), due_on=posted.day("due_on"), version=deed.version,
    )  # fmt: skip
    return Done()


def _ordered(deed: Deed) -> Done:
    posted = deed.posted
    supervision.order(
        deed.session, deed.alert_id, deed.person, at=deed.at, reason=posted.code("reason"),
        demand=posted.text("demand"), due_on=posted.day_needed("due_on"), version=deed.version,
    )  # fmt: skip
    return Done()


def _order_answered(deed: Deed) -> Done:
    supervision.answer(
        deed.session, deed.posted.number("id"), deed.person, at=deed.at, answer=deed.posted.text("answer"),
        version=deed.version,
    )  # fmt: skip
    return Done()


def _lifted(deed: Deed) -> Done:
    number, note = deed.posted.number("id"), deed.posted.text("note")
    supervision.lift(deed.session, number, deed.person, at=deed.at, note=note, version=deed.version)
    return Done()


def _unmasked(deed: Deed) -> Done:
    identity = identities.unmask(
        deed.session, None, deed.person, at=deed.at, reason=deed.posted.text("reason"), alert_id=deed.alert_id,
        responsible_id=deed.posted.number("id") if deed.posted.text("id") else None,
    )  # fmt: skip
    return Done(identity=identity)


DEEDS: Mapping[str, Callable[[Deed], Done]] = {
    "dispatched": _dispatched,
    "transferred": _transferred,
    "sent_back": _sent_back,
    "signed_in": _signed_in,
    "taken": _taken,
    "take_next": _take_next,
    "released": _released,
    "assigned": _assigned,
    "handed_on": _handed_on,
    "verified": _verified,
    "withdrawn": _withdrawn,
    "returned": _returned,
    "eliminated": _eliminated,
    "downgraded": _downgraded,
    "rectified": _rectified,
    "reversed": _reversed,
    "measured": _measured,
    "taken_back": _taken_back,
    "marked": _marked,
    "added": _added,
    "asked": _asked,
    "ordered": _ordered,
    "order_answered": _order_answered,
    "lifted": _lifted,
    "unmasked": _unmasked,
}
"""Every deed of the page by the name its button carries."""
UNSEEN = ("take_next",)
"""Deeds of another alert than the one on the page; every other one says which version of it was seen."""
REFRESHED = "refreshed"
"""No deed: the page is to be shown as it now is."""
