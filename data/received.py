"""An alert as another system sends it, checked and masked: what is personal stays in memory and goes no further."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.errors import InputRefused, NotPermitted
from data.feed_columns import forbidden_kind
from data.identity import mask_name, mask_number, subject_keys
from data.identity_numbers import IDENTITY_NUMBER, without_numbers
from data.regions import find_regions
from data.registers import mask_personal
from data.rights import Person
from data.tables import Domain, SupervisionModel

PERSONAL = ("person", "household")
"""Kinds of subject whose number and name are personal."""
_NAMED = frozenset({"name", "姓名", "户名", "id_no", "id_number", "证件号码", "身份证号"})
_PERSONAL_COLUMN = "a person's name or number"


def system_of(person: Person) -> str:
    """The system a token stands for: its name up to an `@`, so that the next token of a system knows its alerts."""
    return person.code.partition("@")[0]


@dataclass(frozen=True)
class Received:
    """An alert as another system sends it; names and numbers are still open here, and nowhere after."""

    alert_id: str
    raised_at: datetime
    """UTC."""
    title: str
    title_en: str
    subject_kind: str
    subject_number: str
    subject_name: str = ""
    source: str = ""
    """The rule or module that raised it; empty: the name of the token."""
    region: str | None = None
    domain: str | None = None
    level: str = "orange"
    amount: float | None = None
    recoverable: float | None = None
    happened_on: date | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    evidence: Sequence[Mapping[str, Any]] = ()


@dataclass
class Prepared:
    """An alert as it will be kept, masked."""

    received: Received
    key: str
    source: str
    region: str | None
    domain: str | None
    subject_key: str
    display: str
    title: str
    title_en: str
    attributes: str
    evidence: dict[str, str]
    """Row key to content."""


def prepare(session: Session, system: Person, received: Sequence[Received], *, at: datetime) -> list[Prepared]:
    """The alerts a system (the person of its token) sent, masked and placed.

    Raises InputRefused for what cannot be used, NotPermitted for places outside the system's region.
    """
    _refuse_unusable(session, received, at)
    regions = find_regions(session, {one.region for one in received if one.region})
    domains = _domains(session, received)
    row_keys = _row_keys(received)
    prepared = []
    for one, subject_key in zip(received, _subject_keys(received), strict=True):
        region = regions[one.region].code if one.region in regions else None
        if not system.covers(region or "", "alerts.write"):
            raise NotPermitted(
                f"The token of {system.name} does not reach over region {one.region or '(none)'} of alert "
                f"{one.alert_id}; nothing of the call was taken. Ask for a token of that region.",
                f"{system.name}的令牌不覆盖预警 {one.alert_id} 所在地区 {one.region or '（空）'}，本次全部未接收。",
            )
        hide = _hiding(one)
        attributes = _masked_row(one.attributes, hide)
        if one.region and region != one.region:
            attributes["feed_region"] = one.region
        prepared.append(
            Prepared(
                received=one,
                key=f"{system_of(system)}|{one.alert_id}",
                source=(hide(one.source) or system.name)[:60],
                region=region,
                domain=domains.get(one.domain or ""),
                subject_key=subject_key,
                display=_display(one)[:60],
                title=hide(one.title)[:300],
                title_en=hide(one.title_en or one.title)[:300],
                attributes=json.dumps(attributes, ensure_ascii=False, sort_keys=True),
                evidence={
                    key: json.dumps(_masked_row(row, hide), ensure_ascii=False)
                    for key, row in zip(row_keys[one.alert_id], one.evidence, strict=True)
                },
            )
        )
    return prepared


def _subject_keys(received: Sequence[Received]) -> list[str]:
    """The key of each alert's subject, the same as collisions give it."""
    numbers: dict[str, list[str]] = {}
    for one in received:
        numbers.setdefault(one.subject_kind, []).append(number_of(one.subject_number))
    keys = {kind: iter(subject_keys(kind, its)) for kind, its in numbers.items()}
    return [next(keys[one.subject_kind]) for one in received]


def _row_keys(received: Sequence[Received]) -> dict[str, list[str]]:
    """The keys of each alert's evidence rows, by alert_id.

    Keyed, and over the open row: two people with one mask are two rows, and nobody finds out who by trying.
    """
    rows = [json.dumps(row, ensure_ascii=False, sort_keys=True) for one in received for row in one.evidence]
    keys = iter(subject_keys("evidence", rows))
    return {one.alert_id: [next(keys) for _ in one.evidence] for one in received}


_forbidden_kind = lru_cache(maxsize=4096)(forbidden_kind)


def _refuse_unusable(session: Session, received: Sequence[Received], at: datetime) -> None:
    seen: set[str] = set()
    for one in received:
        if IDENTITY_NUMBER.search(one.alert_id):
            raise InputRefused(
                f"The alert_id {without_numbers(one.alert_id)} holds an identity number, which would be "
                "shown. Give it a number of its own.",
                "alert_id 中含有身份证号，会被显示，请改用其他编号。",
            )
        if one.alert_id in seen:
            raise InputRefused(
                f"alert_id {one.alert_id} comes twice in one call; expected each once. Send it once.",
                f"alert_id {one.alert_id} 在一次上报中重复，请只报一次。",
            )
        seen.add(one.alert_id)
        if one.raised_at > at:
            raise InputRefused(
                f"raised_at of alert {one.alert_id} is later than now ({at:%Y-%m-%dT%H:%M:%SZ}). Check the clock and "
                "the zone.",
                f"预警 {one.alert_id} 的 raised_at 晚于当前时间，请检查时钟和时区。",
            )
        wrong = {name: kind for name in one.attributes if (kind := _forbidden_kind(name))}
        if wrong:
            name, kind = next(iter(wrong.items()))
            raise InputRefused(
                f"The attribute {name[:60]} of alert {one.alert_id} names {kind}, which nothing may be ranked by. "
                "Leave it out; as evidence it may be sent.",
                f"预警 {one.alert_id} 的属性 {name[:60]} 不得用于排序，请删除；如确需说明，请放入证据行。",
            )
    sources = {one.source for one in received if one.source}
    taken = session.scalar(select(SupervisionModel.code).where(SupervisionModel.code.in_(sources)).limit(1))
    if taken is not None:
        raise InputRefused(
            f"The source {taken} is a supervision model of this office; another system's alerts need a name of their "
            "own. Name the module or rule that raised them.",
            f"source {taken} 是本办公室的监督模型编号，请改用上报模块自己的名称。",
        )


def _domains(session: Session, received: Sequence[Received]) -> dict[str, str]:
    wanted = {one.domain for one in received if one.domain}
    known: dict[str, str] = {}
    for domain in session.scalars(select(Domain)) if wanted else ():
        known |= dict.fromkeys((domain.name_en, domain.name, domain.code), domain.code)
    if unknown := sorted(wanted - set(known)):
        raise InputRefused(
            f"There is no domain {unknown[0][:60]}; expected a code or name of GET /api/v1/codes. Mend it or leave it "
            "empty.",
            f"没有领域 {unknown[0][:60]}，请使用 GET /api/v1/codes 中的编号或名称，或留空。",
        )
    return known


def number_of(text: str) -> str:
    """A subject's number in its one form."""
    return text.strip().upper()


def _display(one: Received) -> str:
    name, number = one.subject_name.strip(), number_of(one.subject_number)
    if one.subject_kind in PERSONAL:
        return mask_name(name) if name else mask_number(number)
    return without_numbers(name or number)


class _hiding:  # noqa: N801  (called like a function, once for every value)
    """Takes the subject's number and name, and every identity number, out of a value."""

    def __init__(self, one: Received) -> None:
        name, number = one.subject_name.strip(), one.subject_number.strip()
        self.pairs: list[tuple[str, str]] = []
        if one.subject_kind in PERSONAL:
            self.pairs = [(number, mask_number(number))] if len(number) > 3 else []
            self.pairs += [(name, mask_name(name))] if len(name) > 1 else []

    def __call__(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and IDENTITY_NUMBER.fullmatch(str(value)):
            return mask_number(str(value))
        if not isinstance(value, str):
            return value
        for open_, shown in self.pairs:
            value = value.replace(open_, shown)
        return without_numbers(value)


def _masked_row(row: Mapping[str, Any], hide: _hiding) -> dict[str, Any]:
    return {
        hide(column): mask_personal(value) if value is not None and _is_personal(column) else hide(value)
        for column, value in row.items()
    }


@lru_cache(maxsize=4096)
def _is_personal(column: str) -> bool:
    own = column.rpartition(".")[2].strip().lower()
    return own in _NAMED or forbidden_kind(own) == _PERSONAL_COLUMN
