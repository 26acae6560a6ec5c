"""Recusal (回避): a verifier who is kin, of the same unit or a former handler leaves the alert to others."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import Recused
from data.loop_tables import Responsible
from data.people_tables import RecusalTie
from data.rights import Person
from data.tables import Alert, Unit

_WORDS = {
    "self": ("本人", "the person concerned"),
    "handler": ("原经办人", "its former handler"),
    "kin": ("亲属", "kin of somebody concerned"),
    "household": ("同户", "of one household with somebody concerned"),
    "same_unit": ("同单位", "of one unit with somebody concerned"),
}


def recusal(session: Session, alert: Alert, person: Person) -> Recused | None:
    """Why this person must not verify this alert; None where nothing ties them. Source: field/rules.md, 3.4."""
    tie = _tie(session, alert, person)
    if tie is None:
        return None
    zh, en = _WORDS[tie]
    return Recused(
        f"{person.code} must not handle alert {alert.id}: {en}. Leave it to a colleague or ask for a transfer.",
        f"{person.name}不得办理第 {alert.id} 号预警：系{zh}，应当回避。请由他人办理或申请转办。",
    )


def _tie(session: Session, alert: Alert, person: Person) -> str | None:
    concerned = session.execute(
        select(Responsible.subject_key, Responsible.unit_name).where(Responsible.alert_id == alert.id)
    ).all()
    keys = {key for key, _ in concerned}
    if person.subject_key and person.subject_key == alert.subject_key:
        return "self"
    if person.subject_key and person.subject_key in keys:
        return "handler"
    ties = session.scalars(select(RecusalTie).where(RecusalTie.account == person.code)).all()
    units = {unit for _, unit in concerned if unit}
    if units & _own_units(session, person):
        return "same_unit"
    for tie in ties:
        if tie.subject_key and tie.subject_key in keys | {alert.subject_key}:
            return tie.kind
        if tie.unit_name and tie.unit_name in units:
            return "same_unit"
    return None


def _own_units(session: Session, person: Person) -> set[str]:
    """Names of the units the person belongs to: the account's, and those of every post held."""
    codes = {person.unit_code, *(post.unit_code for post in person.posts)}
    return {unit.name for code in codes if (unit := session.get(Unit, code)) is not None}
