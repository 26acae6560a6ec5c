"""Enacting a replay in an empty office: its registers are filed, its collisions run, its verdicts given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import dispatch, elimination, inquiries, measures, supervision, verification
from data.collision import collide
from data.feed_import import import_feed
from data.feeds import read_feed
from data.identity import subject_keys
from data.office_time import shanghai_day
from data.register_catalogue import REGISTERS
from data.registers import file_register
from data.rights import Person
from data.simulator.furnishing import LEGAL_BASIS
from data.simulator.replays.office import APPROVER, INSPECTOR, set_up
from data.simulator.replays.parts import HandedOver, Question, Replay, Run, Verdict
from data.supervision_models import built_in_cards, install, offer_built_in
from data.tables import Alert, Unit

_EVIDENCE = "专班核查卷"
_PUT_RIGHT = "已整改到位。"


def replay_in(session: Session, replay: Replay, progress: Callable[[int, int], None] | None = None) -> list[Alert]:
    """Set an empty office up, live a replay through in it and return its alerts, in order of run and of raising.

    Registers that a card needs and the reported run did not have are filed empty; cards the replay does not need stay
    drafts. What was confirmed is put right on the day of the verdict. `progress` is told steps done, of how many.
    """
    opening = replay.opening
    staff = set_up(session, opening=opening)
    offer_built_in(session, at=opening - timedelta(days=1))
    cards = {card.code: card for card in built_in_cards()}
    needed = {name for run in replay.runs for name in cards[run.model].registers} | {*replay.registers}
    for name in sorted(needed):
        empty = pd.DataFrame(columns=[*REGISTERS[name].columns, "received_on"])
        frame = replay.registers.get(name, empty)
        file_register(session, name, frame, at=opening, legal_basis=LEGAL_BASIS, purpose="大数据监督")
    alerts = _take_over(session, replay.handed_over, staff) if replay.handed_over else []
    for run in replay.runs:
        install(session, cards[run.model])
        filed = collide(session, cards[run.model], as_of=run.as_of)
        raised = session.scalars(select(Alert).where(Alert.run_id == filed.id).order_by(Alert.id)).all()
        _verify(session, raised, run, staff, progress or (lambda _done, _all: None))
        alerts += raised
    return alerts


def _take_over(session: Session, handed_over: HandedOver, staff: Mapping[str, Person]) -> list[Alert]:
    """Import the feed that another system sent, and put each alert of it under supervision."""
    at = handed_over.at
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{handed_over.name}.csv"
        handed_over.alerts.to_csv(path, index=False)
        feed = read_feed(path, now=at)
    imported = import_feed(session, feed, at=at, supplier=handed_over.supplier, legal_basis=LEGAL_BASIS)
    alerts = session.scalars(select(Alert).where(Alert.filing_id == imported.filing).order_by(Alert.id)).all()
    for alert in alerts:
        supervision.order(
            session, alert.id, staff[APPROVER], at=at, reason="unsatisfied", demand=handed_over.demand,
            due_on=handed_over.due_on,
        )  # fmt: skip
    return list(alerts)


def _verify(
    session: Session,
    raised: Sequence[Alert],
    run: Run,
    staff: Mapping[str, Person],
    progress: Callable[[int, int], None],
) -> None:
    """Give the verdicts of a run: what the report does not tell of stays with its unit, to be verified.

    Step by step for all alerts, so that thousands are written at once and not one by one.
    """
    verdicts: dict[str, Verdict] = {}
    for kind in sorted({alert.subject_kind for alert in raised}):
        verdicts.update(zip(subject_keys(kind, run.verdicts), run.verdicts.values(), strict=True))
    told = [(alert, verdicts[alert.subject_key]) for alert in raised if alert.subject_key in verdicts]
    desk = _Desk(session, run, staff)
    # Held, so that the session reads each once and not at every step.
    _units = session.scalars(select(Unit)).all()
    with session.no_autoflush:
        steps = (desk.take, desk.act_at_once, desk.conclude, desk.act, desk.end)
        for number, step in enumerate(steps):
            for place, (alert, verdict) in enumerate(told):
                step(alert, verdict)
                progress(number * len(told) + place + 1, len(steps) * len(told))
            session.flush()


class _Desk:
    """The inspector's and the approver's hands, through which the alerts of a run go."""

    def __init__(self, session: Session, run: Run, staff: Mapping[str, Person]) -> None:
        self._session, self._staff, self._inspector = session, staff, staff[INSPECTOR]
        self._taken_at, self._concluded_at = run.as_of, run.concluded_at

    def take(self, alert: Alert, _verdict: Verdict) -> None:
        dispatch.take(self._session, alert.id, self._inspector, at=self._taken_at)

    def act_at_once(self, alert: Alert, verdict: Verdict) -> None:
        self._measure(alert, verdict.at_once, self._taken_at)
        if verdict.asked is not None:
            self._session.flush()
            self._ask(alert, verdict.asked)

    def conclude(self, alert: Alert, verdict: Verdict) -> None:
        """Conclude, or ask for the elimination: the office's own draft of that is sent on as it stands."""
        at = self._concluded_at
        if verdict.cause is not None:
            drafted = elimination.draft(self._session, alert)
            reason = drafted.reason if drafted is not None else verdict.note
            elimination.request(
                self._session, alert.id, self._inspector, at=at, cause=verdict.cause, reason=reason, evidence=_EVIDENCE
            )
            return
        recovered = alert.recoverable if verdict.recovered else None
        verification.conclude(
            self._session, alert.id, self._inspector, at=at, outcome=verdict.outcome, note=verdict.note,
            recovered=recovered, evidence=_EVIDENCE,
        )  # fmt: skip

    def act(self, alert: Alert, verdict: Verdict) -> None:
        self._measure(alert, verdict.measures, self._concluded_at)

    def end(self, alert: Alert, verdict: Verdict) -> None:
        """Close what was put right, and approve what was asked."""
        session, at = self._session, self._concluded_at
        if verdict.cause is not None:
            elimination.approve(session, alert.id, self._staff[APPROVER], at=at, decision="同意消除。")
        elif alert.status == "rectifying":
            verification.rectify(session, alert.id, self._inspector, at=at, note=_PUT_RIGHT)

    def _measure(self, alert: Alert, taken: tuple[tuple[str, int], ...], at: datetime) -> None:
        for number, (kind, quantity) in enumerate(taken):
            if number:
                self._session.flush()
            day = shanghai_day(at)
            measures.add(self._session, alert.id, self._inspector, at=at, kind=kind, quantity=quantity, done_on=day)

    def _ask(self, alert: Alert, asked: Question) -> None:
        inquiry = inquiries.ask(
            self._session, alert.id, self._inspector, at=self._taken_at, unit_code=asked.unit, question=asked.question
        )
        contact = self._staff[asked.unit.removeprefix("D-").lower()]
        inquiries.answer(self._session, inquiry.id, contact, at=self._taken_at + timedelta(days=1), answer=asked.answer)
