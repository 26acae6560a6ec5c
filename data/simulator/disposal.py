"""What comes of a verdict: departments asked and answering, measures taken, people found answerable, money, closing.

Source: field/simulator.md, 6; field/vocabulary.md, D.
"""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import inquiries, measures, responsible, verification
from data.loop import refusal
from data.loop_tables import Inquiry
from data.office_time import shanghai_day
from data.recovery import received
from data.rights import Person
from data.scopes import place_names
from data.simulator import notes
from data.simulator.diary import Diary
from data.simulator.truth import Case
from data.simulator.verification import Verified
from data.tables import Alert

_ASKED = 0.12
"""Share of verifications in which a department is asked."""
_ANSWERED_LATE = 0.1
"""Share of answers that come after the five working days."""
DEPARTMENT_OF = {
    "M01": "D-PSB",
    "M02": "D-CIVIL",
    "M03": "D-PSB",
    "M04": "D-HRSS",
    "M05": "D-CIVIL",
    "M06": "D-CIVIL",
    "M07": "D-HRSS",
    "M08": "D-ORG",
    "M09": "D-ORG",
    "M10": "D-FINANCE",
    "M11": "D-HOUSING",
    "M12": "D-HOUSING",
    "M13": "D-FINANCE",
    "M14": "D-ORG",
    "M15": "D-FINANCE",
    "M16": "D-FINANCE",
    "M17": "D-HOUSING",
    "M18": "D-FINANCE",
    "M19": "D-ORG",
    "M20": "D-HRSS",
    "M21": "D-CIVIL",
    "M22": "D-HRSS",
    "M23": "D-HRSS",
    "M24": "D-ENFORCE",
    "M25": "D-ENFORCE",
    "M26": "D-FINANCE",
    "M27": "D-FINANCE",
    "M28": "D-AGRI",
    "M29": "D-AGRI",
    "M30": "D-HEALTH",
    "M31": "D-HOUSING",
    "M32": "D-AGRI",
    "M33": "D-AGRI",
    "M34": "D-CIVIL",
}
_PAYMENTS = ("M01", "M02", "M03", "M04", "M05")
"""Supervision models of payments that can be stopped."""
_MEASURES: dict[str, tuple[tuple[str, float], ...]] = {
    "C0": (("form_1", 0.3), ("form_2", 0.06), ("clue_filed", 0.1), ("case_filed", 0.03), ("correction", 0.2)),
    "C1": (("talk", 0.9), ("form_1", 0.2), ("clue_filed", 0.02), ("correction", 0.3)),
    "C2": (("criticism", 0.1), ("correction", 0.4)),
    "C3": (("correction", 0.8), ("letter", 0.5)),
    "G1": (("letter", 0.7), ("mechanism", 0.6)),
    "E1": (("correction", 0.08),),
    "D1": (("correction", 0.9),),
}
"""Chance of each measure by outcome."""
_STOPPED, _LOWERED = 0.6, 0.03
_AT_CLOSING, _AT_ONCE = 0.55, 0.6
"""Chance that money is only there when the alert is closed; and of the rest, that it came by the verdict."""
_CLEARED = 0.15
_MEDIAN_DAYS, _SPREAD, _LONGEST = 12.0, 0.6, 45
"""Working days from a verdict to the closing."""


class Disposal:
    """Plans what comes of each verdict."""

    def __init__(self, diary: Diary, approvers: dict[str, str]) -> None:
        """`approvers`: by unit, who lowers a level."""
        self._diary, self._approvers = diary, approvers

    def follow(self, verified: Verified) -> None:
        """Plan what comes of a verdict."""
        verdict, case = verified.verdict, verified.case
        if not verdict.sham:
            self._ask(verified)
        if verdict.outcome == "C1":
            self._note(verdict.at, verified, find_answerable, finding="answerable")
        elif verdict.outcome in ("C2", "E1") and not verdict.sham and self._diary.happens(_CLEARED):
            # While it is verified: with the request for an elimination that is over.
            self._note(verdict.at - timedelta(minutes=1), verified, find_answerable, finding="cleared")
        if verdict.outcome[0] not in "CG":
            self._measures(verified, 0)
            return
        drawn = _MEDIAN_DAYS * float(np.exp(self._diary.draw.normal(0, _SPREAD)))
        days = max(2, min(_LONGEST, round(drawn)))
        self._measures(verified, days)
        if case.level == "red" and self._diary.happens(_LOWERED):
            at = self._diary.later(verdict.at, days - 1)
            approver = self._approvers[case.unit]
            self._diary.note(at, case.alert_id, approver, lower_level, note=notes.LOWERED)
        share = verdict.recovered_share
        if share is not None and not self._diary.happens(_AT_CLOSING):
            at = self._within(verified, 0 if self._diary.happens(_AT_ONCE) else days)
            self._note(at, verified, bring_back, share=share)
            share = None
        note = self._diary.choose(notes.RECTIFIED)
        self._note(self._diary.later(verdict.at, days), verified, close, note=note, share=share)

    def _note(self, at: datetime, verified: Verified, door: object, **values: object) -> None:
        self._diary.note(at, verified.case.alert_id, verified.verdict.inspector, door, **values)  # type: ignore[arg-type]

    def _ask(self, verified: Verified) -> None:
        """Ask the department that supplied the data; its answer comes before the verdict."""
        days = (verified.verdict.at - verified.taken_at).days
        if days < 3 or not self._diary.happens(_ASKED):
            return
        asked_at = self._diary.later(verified.taken_at, 0)
        late = self._diary.happens(_ANSWERED_LATE)
        answered_at = self._diary.later(
            asked_at, int(self._diary.draw.integers(6, 12) if late else self._diary.draw.integers(1, 5))
        )
        unit = ask_about(self._diary, verified.case, verified.verdict.inspector, asked_at)
        contact, answer = unit.removeprefix("D-").lower(), notes.QUESTIONS[verified.case.source][1]
        at = min(answered_at, verified.verdict.at)
        self._diary.note(at, verified.case.alert_id, contact, answer_inquiry, answer=answer)

    def _measures(self, verified: Verified, days: int) -> None:
        verdict, case, planned = verified.verdict, verified.case, 0
        chances = _MEASURES.get(verdict.outcome, ())
        if verdict.outcome in ("C0", "C2") and case.source in _PAYMENTS:
            chances = (("stop_payment", _STOPPED), *chances)
        for kind, chance in chances:
            last = kind == chances[-1][0] and not planned and days
            if last or self._diary.happens(chance):
                self._note(self._within(verified, days), verified, take_measure, kind=kind)
                planned += 1

    def _within(self, verified: Verified, days: int) -> datetime:
        """A moment after the verdict counts and before the closing some working days later."""
        return self._diary.later(verified.at, int(self._diary.draw.integers(0, max(1, days - 1))))


def ask_about(diary: Diary, case: Case, inspector: str, at: datetime) -> str:
    """Plan to ask the department that supplied the data; returns the department."""
    unit, question = DEPARTMENT_OF[case.source], notes.QUESTIONS[case.source][0]
    diary.note(at, case.alert_id, inspector, ask_department, unit_code=unit, question=question)
    return unit


def ask_department(
    session: Session, alert_id: int, person: Person, *, at: datetime, unit_code: str, question: str
) -> None:
    """Ask a department, naming whom, where and when it is about."""
    alert = session.get_one(Alert, alert_id)
    place = place_names(session, {alert.region_code or ""}).get(alert.region_code or "", ("", ""))[0]
    inquiries.ask(
        session, alert_id, person, at=at, unit_code=unit_code, question=inquiries.matter(alert, place) + question
    )


def answer_inquiry(session: Session, alert_id: int, person: Person, *, at: datetime, answer: str) -> None:
    """Answer what the person's department was asked about an alert."""
    asked = select(Inquiry.id).where(Inquiry.alert_id == alert_id, Inquiry.answered_at.is_(None))
    for inquiry_id in session.scalars(asked.where(Inquiry.unit_code == person.unit_code)).all():
        inquiries.answer(session, inquiry_id, person, at=at, answer=answer)


def find_answerable(session: Session, alert_id: int, person: Person, *, at: datetime, finding: str) -> None:
    """Say of the first of those who answer for an alert whether that is so."""
    found = responsible.of_alert(session, alert_id)
    if found and not found[0].finding:
        responsible.mark(session, found[0].id, person, at=at, finding=finding)


def take_measure(session: Session, alert_id: int, person: Person, *, at: datetime, kind: str) -> None:
    """Record a measure for one person, record or item; a talk is with whoever was found answerable."""
    found = responsible.of_alert(session, alert_id) if kind in ("talk", "form_1", "form_2", "case_filed") else []
    answerable = next((one.id for one in found if one.finding == "answerable"), None)
    measures.add(
        session, alert_id, person, at=at, kind=kind, quantity=1, done_on=shanghai_day(at), responsible_id=answerable
    )


def lower_level(session: Session, alert_id: int, person: Person, *, at: datetime, note: str) -> None:
    """Lower the level of an alert, where enough was put right by then."""
    if refusal(session, session.get_one(Alert, alert_id), "downgraded", person, at=at) is None:
        verification.downgrade(session, alert_id, person, at=at, note=note)


def bring_back(session: Session, alert_id: int, person: Person, *, at: datetime, share: float) -> None:
    """Record the money that came in: this share of what is recoverable, less what came in before."""
    due = round(_due(session, alert_id, share) - received(session, alert_id), 2)
    if due > 0:
        measures.add(session, alert_id, person, at=at, kind="recovery", quantity=due, done_on=shanghai_day(at))


def close(
    session: Session, alert_id: int, person: Person, *, at: datetime, note: str, share: float | None = None
) -> None:
    """Close an alert as put right, with the money that came in by then where a share is given."""
    recovered = None if share is None else max(_due(session, alert_id, share), received(session, alert_id))
    verification.rectify(session, alert_id, person, at=at, note=note, recovered=recovered)


def _due(session: Session, alert_id: int, share: float) -> float:
    return round((session.get_one(Alert, alert_id).recoverable or 0.0) * share, 2)
