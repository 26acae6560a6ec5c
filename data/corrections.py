"""Correction tickets (数据纠错): what the department that supplied a register is asked to put right, and its answer.

Its contact sees the rows of the ticket unmasked: they are the department's own records, it supplied them and must find
them again; nobody else's contact sees the ticket at all. A ticket is closed by whoever keeps registers, never by the
supplier. Source: field/rules.md, 1 (PIPL, Art. 46); field/models.md, Z (D1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, NotFound, TransitionRefused
from data.filing_quality import faults_of
from data.number_checks import FAULTS
from data.office_time import shanghai_day
from data.refused_rows import refused_table
from data.register_catalogue import find_register
from data.rights import Person, condition
from data.settings import settings
from data.tables import Alert, CorrectionTicket, DatasetFiling, FilingQuality, Unit
from data.working_days import working_days_after
from data.written import written

DAYS = 10
"""Working days a supplier has."""
KINDS = {
    "refused": ("拒收的行", "rows refused"),
    "failed": ("校验不符的证号或代码", "numbers that fail their check"),
    "alert": ("核查认定为数据错误的预警", "an alert concluded as an error of the data"),
}
"""What a ticket is about, in Chinese and English."""


@dataclass(frozen=True)
class Waiting:
    """A version of a register with something to ask its supplier about."""

    filing: DatasetFiling
    kind: str
    n_rows: int


def department_of(session: Session, supplier: str) -> Unit | None:
    """The department that goes by a supplier's name: of the same name, or whose name ends in it (县民政局, 民政局)."""
    departments = session.scalars(select(Unit).where(Unit.kind == "department").order_by(Unit.code)).all()
    return next((unit for unit in departments if unit.name == supplier or unit.name.endswith(supplier)), None)


def waiting(session: Session, code: str) -> list[Waiting]:
    """Versions of a register with refused rows or failed checks that nobody asked the supplier about yet."""
    query = select(DatasetFiling, FilingQuality).outerjoin(FilingQuality, FilingQuality.filing_id == DatasetFiling.id)
    query = query.where(DatasetFiling.kind == "register", DatasetFiling.name == code)
    asked = select(CorrectionTicket.filing_id, CorrectionTicket.kind).where(CorrectionTicket.register == code)
    done = {(filing, kind) for filing, kind in session.execute(asked)}
    found = []
    for filing, quality in session.execute(query.order_by(DatasetFiling.version.desc())):
        for kind, n in (("refused", filing.n_refused), ("failed", quality.n_failed if quality else 0)):
            if n and (filing.id, kind) not in done:
                found.append(Waiting(filing, kind, n))
    return found


def wrong_data(session: Session, person: Person, models: Sequence[str], *, most: int = 10) -> list[int]:
    """Alerts of these supervision models, in the person's scope, that were concluded D1 and that nobody asked about."""
    asked = select(CorrectionTicket.alert_id).where(CorrectionTicket.alert_id.is_not(None))
    query = select(Alert.id).where(Alert.outcome == "D1", Alert.source.in_(models), Alert.id.not_in(asked))
    query = query.where(condition(person)).order_by(Alert.id.desc()).limit(most)
    return list(session.scalars(query))


def ask(
    session: Session,
    person: Person,
    *,
    at: datetime,
    kind: str,
    request: str,
    filing_id: int | None = None,
    alert_id: int | None = None,
    register: str = "",
) -> CorrectionTicket:
    """Ask the supplier of a version, or of the register behind an alert concluded D1, to put its data right."""
    person.must("registers")
    filing = session.get(DatasetFiling, filing_id) if filing_id else None
    if kind == "alert":
        register, n_rows = _register_of(session, person, alert_id, register), 1
        filing = None
    elif kind in KINDS and filing is not None and filing.kind == "register":
        quality = session.get(FilingQuality, filing.id)
        register = filing.name
        n_rows = filing.n_refused if kind == "refused" else quality.n_failed if quality else 0
    else:
        n_rows = 0
    if not n_rows:
        raise InputRefused(
            "There is nothing to correct there: no refused row, no failed check, no alert concluded D1.",
            "没有可纠正的内容：没有拒收的行、校验不符的号码，也不是认定为数据错误（D1）的预警。",
        )
    text = written(request, name="demand", least=4)
    supplier = filing.supplier if filing else find_register(session, register).supplier
    unit = department_of(session, supplier)
    if unit is None:
        raise InputRefused(
            f"No department goes by the name of the supplier {supplier}. Ask the system administrator to add it.",
            f"单位名录中没有提供单位“{supplier}”，请系统管理员添加后再发。",
        )
    ticket = CorrectionTicket(
        register=register, filing_id=filing.id if filing else None, alert_id=alert_id if kind == "alert" else None,
        unit_code=unit.code, kind=kind, n_rows=n_rows, request=text, asked_by=person.code, asked_at=at,
        due_on=working_days_after(shanghai_day(at), DAYS), answer="", closing="",
    )  # fmt: skip
    session.add(ticket)
    session.flush()
    _note(session, person, "asked", ticket, at)
    return ticket


def _register_of(session: Session, person: Person, alert_id: int | None, register: str) -> str:
    alert = session.scalar(select(Alert).where(Alert.id == (alert_id or 0), condition(person)))
    if alert is None or alert.outcome != "D1":
        raise NotFound(
            f"There is no alert {alert_id} concluded as an error of the data (D1) in your scope.",
            f"您的范围内没有认定为数据错误（D1）的第 {alert_id} 号预警。",
        )
    return find_register(session, register).code


def _note(session: Session, person: Person, verb: str, ticket: CorrectionTicket, at: datetime) -> None:
    audit.note(
        session, person.code, f"correction.{verb}", "correction", ticket.id, at=at, address=person.address,
        detail={"register": ticket.register, "unit": ticket.unit_code, "kind": ticket.kind, "rows": ticket.n_rows},
    )  # fmt: skip


def of_register(session: Session, code: str) -> list[CorrectionTicket]:
    """The tickets about a register, open ones first."""
    query = select(CorrectionTicket).where(CorrectionTicket.register == code)
    return list(session.scalars(query.order_by(CorrectionTicket.closed_at.is_not(None), CorrectionTicket.id.desc())))


def of_department(session: Session, person: Person) -> list[CorrectionTicket]:
    """The tickets to the person's departments: those without an answer first, by due date."""
    query = select(CorrectionTicket).where(CorrectionTicket.unit_code.in_(person.units("answer")))
    order = (CorrectionTicket.answered_at.is_not(None), CorrectionTicket.due_on, CorrectionTicket.id)
    return list(session.scalars(query.order_by(*order)))


def find(session: Session, ticket_id: int, person: Person) -> CorrectionTicket:
    """A ticket, for its department's contact or for whoever keeps registers. Raises NotFound for everybody else."""
    ticket = session.get(CorrectionTicket, ticket_id)
    if ticket is None or not (person.may("registers") or ticket.unit_code in person.units("answer")):
        raise NotFound(
            f"There is no correction ticket {ticket_id} to your department. Open your work and choose one.",
            f"贵部门没有第 {ticket_id} 号数据纠错单，请从“我的工作”进入。",
        )
    return ticket


def answer(session: Session, ticket_id: int, person: Person, *, at: datetime, answer: str) -> CorrectionTicket:
    """Answer what one's department was asked to correct, once."""
    text = written(answer, name="answer", least=2)
    ticket = find(session, ticket_id, person)
    if ticket.unit_code not in person.units("answer"):
        person.must("answer")
    _still_open(ticket)
    if ticket.answered_at is not None:
        raise TransitionRefused(
            f"Correction ticket {ticket_id} was answered already; an answer stands as it is.",
            f"第 {ticket_id} 号纠错单已答复，不能再次答复。",
        )
    ticket.answer, ticket.answered_by, ticket.answered_at = text, person.code, at
    _note(session, person, "answered", ticket, at)
    session.flush()
    return ticket


def close(
    session: Session, ticket_id: int, person: Person, *, at: datetime, reason: str, filing_id: int | None = None
) -> CorrectionTicket:
    """Close a ticket: with the version filed since that has it right, or with a reason alone."""
    person.must("registers")
    text = written(reason, name="reason", least=4)
    ticket = find(session, ticket_id, person)
    _still_open(ticket)
    if filing_id is not None:
        filing = session.get(DatasetFiling, filing_id)
        if filing is None or filing.name != ticket.register or filing.received_at < ticket.asked_at:
            raise InputRefused(
                f"Version {filing_id} is not one of this register filed after the ticket; choose one, or none.",
                "所选版本不是该数据在纠错单发出之后的版本，请重新选择或留空。",
            )
    ticket.closing, ticket.closed_by, ticket.closed_at, ticket.closing_filing_id = text, person.code, at, filing_id
    _note(session, person, "closed", ticket, at)
    session.flush()
    return ticket


def _still_open(ticket: CorrectionTicket) -> None:
    if ticket.closed_at is not None:
        raise TransitionRefused(
            f"Correction ticket {ticket.id} is closed: {ticket.closing}", f"第 {ticket.id} 号纠错单已办结。"
        )


def filed_since(session: Session, ticket: CorrectionTicket) -> Sequence[DatasetFiling]:
    """Versions of the ticket's register filed after it was sent, the newest first."""
    query = select(DatasetFiling).where(DatasetFiling.kind == "register", DatasetFiling.name == ticket.register)
    query = query.where(DatasetFiling.received_at >= ticket.asked_at)
    return session.scalars(query.order_by(DatasetFiling.version.desc())).all()


def rows(session: Session, ticket_id: int, person: Person, *, at: datetime) -> pd.DataFrame:
    """The rows of a ticket with what is wrong with each, for its department alone; who fetched them is on record."""
    ticket = find(session, ticket_id, person)
    if ticket.unit_code not in person.units("answer"):
        person.must("answer")
    audit.note(
        session, person.code, "correction.rows_read", "correction", ticket.id, at=at, address=person.address,
        detail={"register": ticket.register}, lasting=True,
    )  # fmt: skip
    if ticket.kind == "refused" and ticket.filing_id:
        return refused_table(session, ticket.filing_id)
    if ticket.kind == "failed" and ticket.filing_id:
        return _failed_rows(session, ticket)
    return pd.DataFrame()


def _failed_rows(session: Session, ticket: CorrectionTicket) -> pd.DataFrame:
    register = find_register(session, ticket.register)
    filing = session.get_one(DatasetFiling, ticket.filing_id)
    table = pq.read_table(settings().registers / str(filing.path))
    reasons = pd.Series([""] * table.num_rows, dtype="object")
    for name, faults in faults_of(register, table).items():
        label = register.columns[name].label
        said = faults.map({code: f"{label}{zh}；" for code, (zh, _) in FAULTS.items()}).fillna("")
        reasons = reasons + said.to_numpy()
    wrong = (reasons != "").to_numpy()
    kept = table.filter(wrong).to_pandas().drop(columns="replaced_on", errors="ignore")
    kept = kept.rename(columns={column.name: column.label for column in register.columns.values()})
    found: pd.DataFrame = kept.assign(原因=reasons[wrong].str.rstrip("；").to_numpy())
    return found


def overdue(ticket: CorrectionTicket, today: date) -> bool:
    """Whether a ticket waits for an answer past its due date."""
    return ticket.answered_at is None and ticket.closed_at is None and ticket.due_on < today
