"""The life of risk models: who put which one live and why, back to an earlier one, scores withdrawn, columns let in.

A trained risk model waits as challenger until a person puts it live. Only the first of an office that could learn goes
live by itself, and one that was made anew on the same outcomes after an upgrade: both are said. Nothing here loads a
model; the worker scores the queue anew when what holds has changed. Source: design.md 8.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.rights import Person
from data.risk_tables import RiskModelCheck, RiskModelEvent
from data.tables import Lease, RiskModel, Unit
from data.written import written

RIGHT = "risk_models"
LEAST_REASON = 4
"""Characters of a reason that says anything."""
MAKES_LIVE = ("began", "remade", "promoted", "rolled_back")
"""Kinds of event after which the model they are about is the live one."""
SWITCHES = ("withdrawn", "restored")
COLUMNS = ("allowed", "held_back")
KINDS = ("filed", *MAKES_LIVE, "proposed", *SWITCHES, *COLUMNS)
BY_ITSELF = "system"
WORSE = "worse"


@dataclass(frozen=True)
class Filed:
    """A risk model without its content."""

    id: int
    state: str
    fingerprint: str
    n_rows: int
    as_of: datetime
    trained_at: datetime
    metrics: Mapping[str, Any]

    @property
    def stands_in(self) -> bool:
        """Whether it had too little to learn from, so that it is the past rate."""
        return bool(self.metrics.get("stands_in"))

    @property
    def verdict(self) -> str:
        """What the comparison with the live one said: better, alike, worse, or empty where there was none."""
        compared: Mapping[str, Any] = self.metrics.get("compared") or {}
        return str(compared.get("verdict", ""))


_COLUMNS = (
    RiskModel.id,
    RiskModel.state,
    RiskModel.fingerprint,
    RiskModel.n_rows,
    RiskModel.as_of,
    RiskModel.trained_at,
    RiskModel.metrics,
)


def filed_models(session: Session) -> list[Filed]:
    """Every risk model that was filed, the newest first."""
    rows = session.execute(select(*_COLUMNS).order_by(RiskModel.id.desc())).all()
    return [Filed(*row[:-1], json.loads(row[-1])) for row in rows]


def one_model(session: Session, number: int) -> Filed:
    """The risk model of that number. Raises NotFound."""
    row = session.execute(select(*_COLUMNS).where(RiskModel.id == number)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no risk model {number}; choose one of the list.", f"没有第 {number} 号风险模型，请从列表中选择。"
        )
    return Filed(*row[:-1], json.loads(row[-1]))


def live_model(session: Session) -> Filed | None:
    """The live risk model, without its content; None before the first was trained."""
    number = session.scalar(select(RiskModel.id).where(RiskModel.state == "live"))
    return None if number is None else one_model(session, number)


def events(session: Session, kinds: Sequence[str] = KINDS) -> list[RiskModelEvent]:
    """What was done, the newest first."""
    wanted = select(RiskModelEvent).where(RiskModelEvent.kind.in_(kinds))
    return list(session.scalars(wanted.order_by(RiskModelEvent.id.desc())))


def withdrawn(session: Session) -> RiskModelEvent | None:
    """The event by which scores were withdrawn; None where they stand."""
    last = next(iter(events(session, SWITCHES)), None)
    return last if last is not None and last.kind == "withdrawn" else None


def holds_since(session: Session) -> datetime | None:
    """Since when what scores the queue is what it is: no score made before it stands."""
    wanted = select(RiskModelEvent.at).where(RiskModelEvent.kind.in_((*MAKES_LIVE, *SWITCHES)))
    return session.scalars(wanted.order_by(RiskModelEvent.id.desc()).limit(1)).first()


def allowed_columns(session: Session) -> dict[str, RiskModelEvent]:
    """Columns that a person let back in although the leak test holds them back, with the event."""
    last: dict[str, RiskModelEvent] = {}
    for one in reversed(events(session, COLUMNS)):
        last[one.about] = one
    return {name: one for name, one in last.items() if one.kind == "allowed"}


def newest_check(session: Session, risk_model_id: int) -> tuple[datetime, Mapping[str, Any]] | None:
    """When the model was last looked at, and what was found."""
    wanted = select(RiskModelCheck).where(RiskModelCheck.risk_model_id == risk_model_id)
    row = session.scalars(wanted.order_by(RiskModelCheck.id.desc()).limit(1)).first()
    return None if row is None else (row.at, json.loads(row.content))


def file_check(session: Session, risk_model_id: int, content: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what was found when the live model was looked at."""
    told = json.dumps(content, ensure_ascii=False)
    session.add(RiskModelCheck(risk_model_id=risk_model_id, at=at, content=told))


# What a person does


def must_govern(session: Session, person: Person) -> None:
    """Raises NotPermitted without the right, or where no post with it reaches over the places of every unit."""
    person.must(RIGHT)
    places = session.scalars(select(Unit.region_code).distinct())
    if not all(person.covers(place, RIGHT) for place in places):
        raise NotPermitted(
            "The risk model orders the queue of the whole office; a post for one region does not reach that far. Ask "
            "somebody whose post is for the whole office.",
            "风险模型决定全部预警的核查次序，仅限岗位范围为“全部地区”的人员操作，请与其联系。",
        )


def promote(session: Session, number: int, person: Person, *, at: datetime, reason: str) -> RiskModel:
    """Put a challenger live; the one that was is kept.

    Raises NotPermitted, NotFound, InputRefused without a reason, TransitionRefused where it is no challenger or did
    worse than the live one on the same later alerts, beyond chance.
    """
    row, reason = _decided(session, number, person, reason)
    if row.state != "challenger":
        raise TransitionRefused(
            f"Risk model {number} is {row.state}; only a challenger is put live. Reload the page.",
            f"第 {number} 号风险模型不是候选模型，不能上线。请刷新后重试。",
        )
    if one_model(session, number).verdict == WORSE:
        raise TransitionRefused(
            f"Risk model {number} did worse than the live one on the same later alerts, beyond chance. Train another.",
            f"第 {number} 号风险模型在同一批后续预警上明显不如现用模型，不能上线。请另行训练。",
        )
    return _make_live(session, row, "promoted", person, at=at, reason=reason)


def roll_back(session: Session, number: int, person: Person, *, at: datetime, reason: str) -> RiskModel:
    """Put a model that was live before live again. Raises as `promote`."""
    row, reason = _decided(session, number, person, reason)
    if row.state != "retired" or number not in were_live(session):
        raise TransitionRefused(
            f"Risk model {number} is {row.state} and cannot be returned to; only one that was live before can.",
            f"第 {number} 号风险模型不能回滚：只能回到曾经上线的模型。",
        )
    return _make_live(session, row, "rolled_back", person, at=at, reason=reason)


def were_live(session: Session) -> set[int]:
    """Numbers of the models that are or were live. Those filed before their life was kept count: they went live."""
    known = {one.risk_model_id for one in events(session, ("filed", *MAKES_LIVE))}
    went = {one.risk_model_id for one in events(session, MAKES_LIVE)}
    return {n for n in session.scalars(select(RiskModel.id)) if n in went or n not in known}


def withdraw(session: Session, person: Person, *, at: datetime, reason: str) -> None:
    """Withdraw the scores: the past rate of source and domain stands in until they are restored."""
    _switch(session, "withdrawn", person, at=at, reason=reason)


def restore(session: Session, person: Person, *, at: datetime, reason: str) -> None:
    """Let the live risk model score again."""
    _switch(session, "restored", person, at=at, reason=reason)


def allow_column(session: Session, name: str, person: Person, *, at: datetime, reason: str) -> None:
    """Let a column that the leak test holds back be learnt from: the next risk model uses it."""
    must_govern(session, person)
    reason = written(reason, name="reason", least=LEAST_REASON)
    if not name.strip() or len(name) > 100:
        raise InputRefused("No column was named. Choose one of the list.", "尚未选择数据列，请从列表中选择。")
    _note(session, None, "allowed", person.code, at=at, note=reason, about=name, address=person.address)


def hold_back_column(session: Session, name: str, person: Person, *, at: datetime, reason: str) -> None:
    """Take the permission of `allow_column` back."""
    must_govern(session, person)
    reason = written(reason, name="reason", least=LEAST_REASON)
    if name not in allowed_columns(session):
        raise NotFound(
            f"The column {name[:40]!r} was not let back in. Reload the page.",
            f"数据列“{name[:40]}”没有被放行。请刷新后重试。",
        )
    _note(session, None, "held_back", person.code, at=at, note=reason, about=name, address=person.address)


def lock(session: Session) -> None:
    """Two that change which model is live wait for each other, so that there is never more than one."""
    session.get_one(Lease, "risk_model", with_for_update=True)


def _decided(session: Session, number: int, person: Person, reason: str) -> tuple[RiskModel, str]:
    must_govern(session, person)
    reason = written(reason, name="reason", least=LEAST_REASON)
    lock(session)
    one_model(session, number)
    return session.get_one(RiskModel, number), reason


def _make_live(session: Session, row: RiskModel, kind: str, person: Person, *, at: datetime, reason: str) -> RiskModel:
    before = make_live(session, row)
    _note(
        session, row.id, kind, person.code, at=at, note=reason, address=person.address,
        detail={"before": before, "fingerprint": row.fingerprint[:12]},
    )  # fmt: skip
    return row


def make_live(session: Session, row: RiskModel) -> int | None:
    """Make a filed model the live one; gives the number of the one that was. The caller says who and why."""
    before = None
    for live in session.scalars(select(RiskModel).where(RiskModel.state == "live", RiskModel.id != row.id)):
        live.state, before = "retired", live.id
    row.state = "live"
    session.flush()
    return before


def note_by_itself(session: Session, number: int, kind: str, *, at: datetime, note: str) -> None:
    """Keep on record what happened to a model without a person."""
    _note(session, number, kind, BY_ITSELF, at=at, note=note)


def _switch(session: Session, kind: str, person: Person, *, at: datetime, reason: str) -> None:
    must_govern(session, person)
    reason = written(reason, name="reason", least=LEAST_REASON)
    lock(session)
    if (withdrawn(session) is not None) == (kind == "withdrawn"):
        raise TransitionRefused(
            "Scores are " + ("withdrawn already." if kind == "withdrawn" else "not withdrawn.") + " Reload the page.",
            "评分" + ("已经停用" if kind == "withdrawn" else "没有停用") + "，请刷新后查看。",
        )
    live = live_model(session)
    _note(session, live.id if live else None, kind, person.code, at=at, note=reason, address=person.address)


def _note(
    session: Session,
    number: int | None,
    kind: str,
    actor: str,
    *,
    at: datetime,
    note: str,
    about: str = "",
    address: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    session.add(RiskModelEvent(risk_model_id=number, at=at, actor=actor, kind=kind, about=about, note=note))
    said = {"reason": note} | ({"column": about} if about else {}) | dict(detail or {})
    audit.note(
        session, actor, f"risk_model.{kind}", "risk_model", "" if number is None else number, at=at, address=address,
        detail=said,
    )  # fmt: skip
    session.flush()
