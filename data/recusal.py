"""Recusal (回避): a verifier who is kin, of the same unit or a former handler leaves the alert to others."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import Recused
from data.loop_tables import Responsible
from data.people_tables import RecusalTie
from data.rights import Person
from data.tables import Alert, Unit

_CHUNK = 500
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


def tied(session: Session, alert_ids: Sequence[int], people: Sequence[Person]) -> set[tuple[int, str]]:
    """Which of these people are tied to which of these alerts, (alert, account), read at once."""
    concerned: dict[int, list[tuple[str, str]]] = {}
    subjects: dict[int, str] = {}
    for start in range(0, len(alert_ids), _CHUNK):
        some = alert_ids[start : start + _CHUNK]
        subjects |= dict(session.execute(select(Alert.id, Alert.subject_key).where(Alert.id.in_(some))).all())
        named = select(Responsible.alert_id, Responsible.subject_key, Responsible.unit_name)
        for alert_id, key, unit in session.execute(named.where(Responsible.alert_id.in_(some))):
            concerned.setdefault(alert_id, []).append((key, unit))
    found: set[tuple[int, str]] = set()
    for person in people:
        known = _Known.of(session, person)
        found |= {
            (alert_id, person.code)
            for alert_id, subject in subjects.items()
            if known.tie(subject, concerned.get(alert_id, []))
        }
    return found


@dataclass(frozen=True)
class _Known:
    """What is known of a person that may tie them to an alert."""

    subject_key: str | None
    units: set[str]
    """Names of the units they belong to: the account's, and those of every post held."""
    ties: Sequence[RecusalTie]

    @classmethod
    def of(cls, session: Session, person: Person) -> "_Known":
        codes = {person.unit_code, *(post.unit_code for post in person.posts)}
        units = {unit.name for code in codes if (unit := session.get(Unit, code)) is not None}
        ties = session.scalars(select(RecusalTie).where(RecusalTie.account == person.code)).all()
        return cls(person.subject_key, units, ties)

    def tie(self, subject_key: str, concerned: Sequence[tuple[str, str]]) -> str | None:
        """What ties them to an alert about this subject with these concerned (subject key, unit name)."""
        keys = {key for key, _ in concerned}
        if self.subject_key and self.subject_key == subject_key:
            return "self"
        if self.subject_key and self.subject_key in keys:
            return "handler"
        units = {unit for _, unit in concerned if unit}
        if units & self.units:
            return "same_unit"
        for tie in self.ties:
            if tie.subject_key and tie.subject_key in keys | {subject_key}:
                return tie.kind
            if tie.unit_name and tie.unit_name in units:
                return "same_unit"
        return None


def _tie(session: Session, alert: Alert, person: Person) -> str | None:
    concerned = select(Responsible.subject_key, Responsible.unit_name).where(Responsible.alert_id == alert.id)
    known = _Known.of(session, person)
    return known.tie(alert.subject_key, [(key, unit) for key, unit in session.execute(concerned)])
