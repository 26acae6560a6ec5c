"""The queue: which alerts to verify next, filtered, counted and in a named order, in pages of bounded cost."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, false, func, or_, select
from sqlalchemy.orm import Session

from data import orders
from data.blind import is_blind
from data.errors import InputRefused
from data.query_values import expect, joined, one, one_of, several, shortened
from data.scopes import place_names
from data.states import CONCLUDED, FREE, REMIND_DAYS, STATES, TO_VERIFY
from data.tables import Alert, Region, Score
from data.working_days import working_days_after

LEVELS = ("red", "orange", "yellow")
STATUSES = tuple(STATES)
IN_FORCE = "in_force"
ORDERS = (IN_FORCE, *orders.NAMED)
"""The order in force, which the ranks follow (`data.order_choice`), and the named ones to look at."""
DUE = ("overdue", "soon")
ASSIGNEE = ("mine", "nobody")


@dataclass(frozen=True)
class Filter:
    """Which alerts are looked at; written to and read from the query of an address, so that a view can be sent on."""

    region: str | None = None
    """Code of a place; everything inside it counts."""
    domain: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    status: tuple[str, ...] = TO_VERIFY
    """States (`data.states.STATES`)."""
    unit: tuple[str, ...] = ()
    """Units that verify."""
    assignee: str | None = None
    """mine: of the person the session acts for; nobody: not taken yet."""
    due: str | None = None
    """overdue, or soon: due within three working days."""
    q: str = ""
    """Words in the title, the masked subject, the place's name or the source; `#12` is the alert of that number."""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Filter":
        """The filter an address asks for; keys it does not know are left to others.

        A key of several values may be repeated (a list) or name them with commas.
        Raises InputRefused, naming the key, what was got and what is expected.
        """
        region = one(query, "region").strip() or None
        if region is not None and len(region) > 12:
            raise InputRefused(
                f"The filter region={shortened(region)} is not a region code; expected at most 12 characters. "
                "Choose a place from the tree.",
                f"筛选条件 region={shortened(region)} 不是地区代码（最多 12 个字符），请从地区中选择。",
            )
        return cls(
            region=region,
            domain=several(query, "domain"),
            source=several(query, "source"),
            level=expect("level", several(query, "level"), LEVELS),
            status=expect("status", several(query, "status"), STATUSES) or TO_VERIFY,
            unit=several(query, "unit"),
            assignee=one_of(query, "assignee", ASSIGNEE),
            due=one_of(query, "due", DUE),
            q=one(query, "q").strip()[:100],
        )

    def query(self) -> dict[str, str]:
        """What an address must carry to mean this filter; what is the default is left out."""
        said = {
            "region": self.region or "",
            "domain": joined(self.domain),
            "source": joined(self.source),
            "level": ",".join(self.level),
            "status": "" if set(self.status) == set(TO_VERIFY) else ",".join(self.status),
            "unit": joined(self.unit),
            "assignee": self.assignee or "",
            "due": self.due or "",
            "q": self.q,
        }
        return {key: value for key, value in said.items() if value}


def order_of(query: Mapping[str, Any]) -> str:
    """The named order an address asks for. Raises InputRefused for one that does not exist."""
    order = one(query, "order") or ORDERS[0]
    expect("order", (order,), ORDERS)
    return order


def address(wanted: Filter, order: str = ORDERS[0], **more: str) -> str:
    """The query part of the address of a view of the queue, with its question mark; empty for the default view."""
    said = wanted.query() | ({} if order == ORDERS[0] else {"order": order}) | more
    return f"?{urlencode(said, safe=',')}" if said else ""


@dataclass(frozen=True)
class Listed:
    """An alert as one line of the queue."""

    id: int
    version: int
    level: str
    status: str
    outcome: str | None
    title: str
    title_en: str
    subject_display: str
    place: str
    place_en: str
    source: str
    domain_code: str | None
    amount: float | None
    raised_at: datetime
    due_on: date | None
    unit_code: str | None
    assignee: str | None
    """Account that verifies it."""
    supervised: bool
    """Whether its handling is supervised (督办)."""
    rank: int | None
    p_confirmed: float | None
    """None: not scored yet."""
    p_low: float | None
    p_high: float | None
    expected_recoverable: float | None
    reasons: str
    """JSON of the stored reasons; empty when not scored yet."""
    drawn: bool
    """Whether it is of the random check slice; while that is verified, its score and reasons are left out."""


def _conditions(wanted: Filter, today: date, me: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not set(STATUSES) <= set(wanted.status):
        found.append(Alert.status.in_(wanted.status))
    for column, chosen in (
        (Alert.domain_code, wanted.domain),
        (Alert.source, wanted.source),
        (Alert.level, wanted.level),
        (Alert.unit_code, wanted.unit),
    ):
        if chosen:
            found.append(column.in_(chosen))
    if wanted.region:
        found.append(inside(Alert.region_code, wanted.region))
    if wanted.assignee:
        found.append(assigned(wanted.assignee, me))
    if wanted.due:
        found += due_conditions(wanted.due, today)
    if wanted.q:
        found.append(_says(wanted.q))
    return found


def assigned(assignee: str, me: str | None) -> ColumnElement[bool]:
    """What makes an alert mine, seen by the account `me`, or nobody's."""
    if assignee == "nobody":
        return Alert.assignee.is_(None)
    return Alert.assignee == me if me else false()


def account_of(session: Session) -> str | None:
    """Account of the person the session acts for; none: it acts for the office."""
    person = session.info.get("person")
    return person.code if person else None


def due_conditions(due: str, today: date) -> list[ColumnElement[bool]]:
    """What makes an alert overdue, or due within three working days, seen from `today`."""
    if due == "overdue":
        return [Alert.due_on < today]
    return [Alert.due_on >= today, Alert.due_on <= working_days_after(today, REMIND_DAYS)]


def inside(column: SQLColumnExpression[str | None], code: str) -> ColumnElement[bool]:
    """Whether a region code lies inside the place `code`: a range an index can serve for numbers, else a prefix."""
    if code.isdigit():
        return and_(column >= code, column <= code.ljust(12, "9"))
    return func.substr(column, 1, len(code)) == code


def alert_number(text: str) -> int:
    """The number of an alert as written in an address or a search. Raises ValueError where it cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(text)
    return int(text)


def _says(words: str) -> ColumnElement[bool]:
    if words.startswith("#"):
        with suppress(ValueError):
            return Alert.id == alert_number(words[1:])
    low = words.lower()
    places = select(Region.code).where(
        or_(Region.name.contains(words, autoescape=True), func.lower(Region.name_en).contains(low, autoescape=True))
    )
    columns = (Alert.title, Alert.title_en, Alert.subject_display, Alert.source, Alert.rule)
    return or_(
        *(func.lower(column).contains(low, autoescape=True) for column in columns),
        Alert.region_code.in_(places),
    )


@dataclass(frozen=True)
class _Segment:
    """One stretch of an order: which alerts are in it and how they stand; the stretches follow one another."""

    scored: bool
    """Whether it needs the scores."""
    ranked: bool
    """Whether it is the stored rank itself."""
    where: tuple[ColumnElement[bool], ...]
    by: tuple[ColumnElement[Any], ...]


def _segments(order: str, wanted: Filter, worth: float = 0.0) -> list[_Segment]:
    """An order as stretches that follow one another; the order in force is one an index can walk."""
    newest = (Alert.raised_at.desc(), Alert.id.desc())
    if order == "urgency":
        oldest = (Alert.raised_at.asc(), Alert.id.asc())
        known_levels = [_Segment(False, False, (Alert.level == level,), oldest) for level in LEVELS]
        return [*known_levels, _Segment(False, False, (Alert.level.not_in(LEVELS),), oldest)]
    if order != IN_FORCE:
        priced = Score.expected_recoverable
        parts = [(priced.is_not(None), order), (priced.is_(None), "likelihood")]
        looked = parts if order == "recoverable" else [(Score.alert_id.is_not(None), order)]
        unscored = ~select(Score.alert_id).where(Score.alert_id == Alert.id).exists()
        return [
            *(_Segment(True, False, (where,), orders.by(name, worth)) for where, name in looked),
            _Segment(False, False, (unscored,), newest),
        ]
    if set(wanted.status) <= set(CONCLUDED):
        return [_Segment(False, False, (), newest)]
    ranked = Score.queue_rank.is_not(None)
    without = ~select(Score.alert_id).where(Score.alert_id == Alert.id, ranked).exists()
    return [
        _Segment(True, True, (ranked,), (Score.queue_rank.asc(),)),
        _Segment(False, False, (without,), newest),
    ]


def matching(wanted: Filter, today: date, segment: _Segment | None = None, *, me: str | None = None) -> Select[int]:
    """Ids of the alerts a filter shows (within one stretch of an order), for counting and paging.

    `me`: the account whose alerts are “mine”. A session of a person narrows it further to what the person may see.
    """
    chosen = select(Alert.id)
    if segment is not None and segment.scored:
        chosen = chosen.join(Score, Score.alert_id == Alert.id)
    return chosen.where(*_conditions(wanted, today, me), *(segment.where if segment else ()))


def _count(session: Session, chosen: Select[int]) -> int:
    return session.scalar(chosen.with_only_columns(func.count(Alert.id))) or 0


def total(session: Session, wanted: Filter, *, today: date) -> int:
    """How many alerts the filter shows."""
    return _count(session, matching(wanted, today, me=account_of(session)))


def latest_due(session: Session, wanted: Filter, *, today: date) -> date | None:
    """The latest due date among the alerts the filter shows."""
    chosen = matching(wanted, today, me=account_of(session))
    return session.scalar(chosen.with_only_columns(func.max(Alert.due_on)))


def page(
    session: Session, wanted: Filter, *, order: str, start: int, end: int, today: date, worth: float = 0.0
) -> tuple[list[Listed], int]:
    """Rows [start, end) of the queue in an order of ORDERS, and how many there are in all.

    in_force: by stored rank; the others as `data.orders` says. Alerts without a score yet come last, the newest first.
    `worth`: CNY that a confirmed alert counts in the mixed order. Raises InputRefused for another order.
    """
    everything = total(session, wanted, today=today)
    ids = in_order(session, wanted, order=order, start=start, end=end, today=today, worth=worth)
    return listed(session, ids), everything


def in_order(
    session: Session, wanted: Filter, *, order: str, start: int, end: int, today: date, worth: float = 0.0
) -> list[int]:
    """Ids of the rows [start, end) that `page` shows."""
    expect("order", (order,), ORDERS)
    ids: list[int] = []
    passed = 0
    for segment in _segments(order, wanted, worth):
        if len(ids) >= end - start:
            break
        chosen = matching(wanted, today, segment, me=account_of(session))
        skip = max(0, start - passed)
        need = end - start - len(ids)
        found = _stretch(session, wanted, segment, chosen, skip, need)
        ids += found
        # A stretch that gave all it was asked for need not be counted: nothing after it is shown.
        passed += skip + len(found) if found else _count(session, chosen)
    return ids


def _stretch(
    session: Session, wanted: Filter, segment: _Segment, chosen: Select[int], skip: int, need: int
) -> list[int]:
    """Ids at [skip, skip + need) of a stretch; the plain view of the whole office is a range over the stored rank."""
    plain = wanted == Filter() and segment.ranked and _sees_everything(session)
    if plain and len(found := _by_rank(session, skip, need)) == need:
        return found
    return list(session.scalars(chosen.order_by(*segment.by).offset(skip).limit(need)))


def _sees_everything(session: Session) -> bool:
    # Scores alone are not narrowed to what a person may see: only who sees every alert may be answered from them.
    person = session.info.get("person")
    return person is None or person.sees_everything()


def _by_rank(session: Session, skip: int, need: int) -> list[int]:
    # Ranks have holes where alerts were concluded since the last scoring, and held alerts keep theirs: the row at
    # `skip` stands at this rank or after it, by as many places as there are holes and held ones before.
    held = select(Alert.id).where(Alert.status == "held")
    ranked = select(Score.alert_id).where(Score.alert_id.not_in(held)).order_by(Score.queue_rank)
    before = session.scalar(select(func.count(Score.queue_rank)).where(Score.queue_rank <= skip)) or 0
    before -= session.scalar(
        select(func.count(Alert.id))
        .join(Score, Score.alert_id == Alert.id)
        .where(Alert.status == "held", Score.queue_rank <= skip)
    ) or 0  # fmt: skip
    found = list(session.scalars(ranked.where(Score.queue_rank > skip).offset(skip - before).limit(need)))
    still = set(session.scalars(select(Alert.id).where(Alert.id.in_(found), Alert.status.in_(TO_VERIFY))))
    return [one for one in found if one in still]


def next_alert(session: Session, wanted: Filter, *, today: date, after: int | None = None) -> int | None:
    """Id of the highest-ranked alert inside the filter that nobody has taken, other than `after`; None: none is left.

    Only looked at: `data.dispatch.take_next` takes it.
    """
    free = replace(wanted, status=FREE)
    for segment in _segments(ORDERS[0], free):
        chosen = matching(free, today, segment, me=account_of(session)).order_by(*segment.by).limit(2)
        if found := next((one for one in session.scalars(chosen) if one != after), None):
            return found
    return None


def listed(session: Session, ids: Sequence[int]) -> list[Listed]:
    """The lines of these alerts, in this order; those outside the scope of the session's person are left out."""
    query = select(Alert, Score).outerjoin(Score, Score.alert_id == Alert.id).where(Alert.id.in_(ids))
    found = {alert.id: (alert, score) for alert, score in session.execute(query)}
    places = place_names(session, {alert.region_code for alert, _ in found.values() if alert.region_code})
    return [_line(*found[one], places) for one in ids if one in found]


def _line(alert: Alert, score: Score | None, places: Mapping[str, tuple[str, str]]) -> Listed:
    told = None if is_blind(alert) else score
    place, place_en = places.get(alert.region_code or "", ("", ""))
    return Listed(
        id=alert.id,
        version=alert.version,
        level=alert.level,
        status=alert.status,
        outcome=alert.outcome,
        title=alert.title,
        title_en=alert.title_en,
        subject_display=alert.subject_display,
        place=place,
        place_en=place_en,
        source=alert.source,
        domain_code=alert.domain_code,
        amount=alert.amount,
        raised_at=alert.raised_at,
        due_on=alert.due_on,
        unit_code=alert.unit_code,
        assignee=alert.assignee,
        supervised=alert.supervised_at is not None,
        rank=score.queue_rank if score else None,
        p_confirmed=told.p_confirmed if told else None,
        p_low=told.p_low if told else None,
        p_high=told.p_high if told else None,
        expected_recoverable=told.expected_recoverable if told else None,
        reasons=told.reasons if told else "",
        drawn=alert.drawn,
    )
