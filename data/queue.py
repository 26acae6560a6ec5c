"""The queue: which alerts to verify next, filtered, counted and in a named order, in pages of bounded cost."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from data.errors import InputRefused
from data.tables import Alert, Region, Score

LEVELS = ("red", "orange", "yellow")
STATUSES = ("open", "held", "closed")
ORDERS = ("likelihood", "recoverable", "urgency")
DUE = ("overdue", "week")
MOST_VALUES = 50
"""Values one filter may name: each choice on the screen is a link that carries them all."""
LONGEST_VALUE = 200
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Filter:
    """Which alerts are looked at; written to and read from the query of an address, so that a view can be sent on."""

    region: str | None = None
    """Code of a place; everything inside it counts."""
    domain: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    level: tuple[str, ...] = ()
    status: tuple[str, ...] = ("open",)
    due: str | None = None
    """overdue, or week: due within seven days."""
    q: str = ""
    """Words in the title, the masked subject, the place's name or the source; `#12` is the alert of that number."""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Filter":
        """The filter an address asks for; keys it does not know are left to others.

        A key of several values may be repeated (a list) or name them with commas.
        Raises InputRefused, naming the key, what was got and what is expected.
        """
        region = _one(query, "region").strip() or None
        if region is not None and len(region) > 12:
            raise InputRefused(
                f"The filter region={_shortened(region)} is not a region code; expected at most 12 characters. "
                "Choose a place from the tree."
            )
        due = _one(query, "due") or None
        if due is not None:
            _expect("due", (due,), DUE)
        return cls(
            region=region,
            domain=_several(query, "domain"),
            source=_several(query, "source"),
            level=_expect("level", _several(query, "level"), LEVELS),
            status=_expect("status", _several(query, "status", "open"), STATUSES) or ("open",),
            due=due,
            q=_one(query, "q").strip()[:100],
        )

    def query(self) -> dict[str, str]:
        """What an address must carry to mean this filter; what is the default is left out."""
        said = {
            "region": self.region or "",
            "domain": _joined(self.domain),
            "source": _joined(self.source),
            "level": ",".join(self.level),
            "status": "" if self.status == ("open",) else ",".join(self.status),
            "due": self.due or "",
            "q": self.q,
        }
        return {key: value for key, value in said.items() if value}


def order_of(query: Mapping[str, Any]) -> str:
    """The named order an address asks for. Raises InputRefused for one that does not exist."""
    order = _one(query, "order") or ORDERS[0]
    _expect("order", (order,), ORDERS)
    return order


def address(wanted: Filter, order: str = ORDERS[0], **more: str) -> str:
    """The query part of the address of a view of the queue, with its question mark; empty for the default view."""
    said = wanted.query() | ({} if order == ORDERS[0] else {"order": order}) | more
    return f"?{urlencode(said, safe=',')}" if said else ""


def _joined(values: Sequence[str]) -> str:
    # A feed names its sources as it likes, also with commas.
    return ",".join(value.replace("%", "%25").replace(",", "%2C") for value in values)


def _shortened(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:60]}..."


def _readable(key: str, value: object) -> str:
    """The text itself. Raises InputRefused for what is not a text a database can hold."""
    if not isinstance(value, str) or _UNREADABLE.search(value):
        raise InputRefused(
            f"The filter {key}={_shortened(value)} cannot be read; expected one text without control characters. "
            "Clear the filters and choose again."
        )
    return value


def _one(query: Mapping[str, Any], key: str) -> str:
    return _readable(key, query.get(key, ""))


def _several(query: Mapping[str, Any], key: str, otherwise: str = "") -> tuple[str, ...]:
    given = query.get(key, otherwise)
    texts = [_readable(key, text) for text in (given if isinstance(given, list) else [given])]
    parts = (part.strip() for text in texts for part in text.split(","))
    found = tuple(dict.fromkeys(_readable(key, unquote(part)) for part in parts if part))
    if len(found) > MOST_VALUES:
        raise InputRefused(
            f"The filter {key} names {len(found):,} values; expected at most {MOST_VALUES}. Clear it and choose fewer."
        )
    if longest := next((value for value in found if len(value) > LONGEST_VALUE), None):
        raise InputRefused(
            f"The filter {key}={_shortened(longest)} has {len(longest):,} characters; expected at most "
            f"{LONGEST_VALUE}. Clear it and choose again."
        )
    return found


def _expect(key: str, got: tuple[str, ...], known: Sequence[str]) -> tuple[str, ...]:
    if wrong := [value for value in got if value not in known]:
        raise InputRefused(
            f"The filter {key}={_shortened(','.join(wrong))} is not known; expected {', '.join(known)}. "
            "Change the address or clear the filter."
        )
    return got


@dataclass(frozen=True)
class Listed:
    """An alert as one line of the queue."""

    id: int
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
    rank: int | None
    p_confirmed: float | None
    """None: not scored yet."""
    p_low: float | None
    p_high: float | None
    expected_recoverable: float | None
    reasons: str
    """JSON of the stored reasons; empty when not scored yet."""


def _conditions(wanted: Filter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if len(wanted.status) < len(STATUSES):
        found.append(Alert.status.in_(wanted.status))
    for column, chosen in (
        (Alert.domain_code, wanted.domain),
        (Alert.source, wanted.source),
        (Alert.level, wanted.level),
    ):
        if chosen:
            found.append(column.in_(chosen))
    if wanted.region:
        found.append(inside(Alert.region_code, wanted.region))
    if wanted.due:
        found += due_conditions(wanted.due, today)
    if wanted.q:
        found.append(_says(wanted.q))
    return found


def due_conditions(due: str, today: date) -> list[ColumnElement[bool]]:
    """What makes an alert overdue, or due within the week, seen from `today`."""
    if due == "overdue":
        return [Alert.due_on < today]
    return [Alert.due_on >= today, Alert.due_on <= today + timedelta(days=7)]


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


def _segments(order: str, wanted: Filter) -> list[_Segment]:
    """An order as stretches an index can walk, so that no page sorts what it does not show."""
    newest = (Alert.raised_at.desc(), Alert.id.desc())
    if order == "urgency":
        oldest = (Alert.raised_at.asc(), Alert.id.asc())
        known_levels = [_Segment(False, False, (Alert.level == level,), oldest) for level in LEVELS]
        return [*known_levels, _Segment(False, False, (Alert.level.not_in(LEVELS),), oldest)]
    if order == "recoverable":
        most = (Score.expected_recoverable.desc(), Score.alert_id.asc())
        known = Score.expected_recoverable.is_not(None)
        without = ~select(Score.alert_id).where(Score.alert_id == Alert.id, known).exists()
        return [_Segment(True, False, (known,), most), _Segment(False, False, (without,), newest)]
    if wanted.status == ("closed",):
        return [_Segment(False, False, (), newest)]
    ranked = Score.queue_rank.is_not(None)
    without = ~select(Score.alert_id).where(Score.alert_id == Alert.id, ranked).exists()
    return [
        _Segment(True, True, (ranked,), (Score.queue_rank.asc(),)),
        _Segment(False, False, (without,), newest),
    ]


def matching(wanted: Filter, today: date, segment: _Segment | None = None) -> Select[int]:
    """Ids of the alerts a filter shows (within one stretch of an order), for counting and paging."""
    chosen = select(Alert.id)
    if segment is not None and segment.scored:
        chosen = chosen.join(Score, Score.alert_id == Alert.id)
    return chosen.where(*_conditions(wanted, today), *(segment.where if segment else ()))


def _count(session: Session, chosen: Select[int]) -> int:
    return session.scalar(chosen.with_only_columns(func.count(Alert.id))) or 0


def total(session: Session, wanted: Filter, *, today: date) -> int:
    """How many alerts the filter shows."""
    return _count(session, matching(wanted, today))


def page(
    session: Session, wanted: Filter, *, order: str, start: int, end: int, today: date
) -> tuple[list[Listed], int]:
    """Rows [start, end) of the queue in a named order, and how many there are in all.

    likelihood: by stored rank; recoverable: by expected recoverable amount; urgency: by level, then the oldest
    first. Alerts without a score yet come last, the newest first. Raises InputRefused for another order.
    """
    _expect("order", (order,), ORDERS)
    ids: list[int] = []
    everything, passed = total(session, wanted, today=today), 0
    for segment in _segments(order, wanted):
        if len(ids) >= end - start or passed >= everything:
            break
        chosen = matching(wanted, today, segment)
        skip = max(0, start - passed)
        need = end - start - len(ids)
        found = _stretch(session, wanted, segment, chosen, skip, need)
        ids += found
        # A stretch that gave all it was asked for need not be counted: nothing after it is shown.
        passed += skip + len(found) if found else _count(session, chosen)
    return _listed(session, ids), everything


def _stretch(
    session: Session, wanted: Filter, segment: _Segment, chosen: Select[int], skip: int, need: int
) -> list[int]:
    """Ids at [skip, skip + need) of a stretch; a view that only the rank decides is a range over the stored rank."""
    if wanted == Filter() and segment.ranked and len(found := _by_rank(session, skip, need)) == need:
        return found
    return list(session.scalars(chosen.order_by(*segment.by).offset(skip).limit(need)))


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
    still = set(session.scalars(select(Alert.id).where(Alert.id.in_(found), Alert.status == "open")))
    return [one for one in found if one in still]


def next_alert(session: Session, wanted: Filter, *, today: date, after: int | None = None) -> int | None:
    """Id of the highest-ranked open alert inside the filter, other than `after`; None when nothing is left."""
    rows, _ = page(session, replace(wanted, status=("open",)), order="likelihood", start=0, end=2, today=today)
    return next((row.id for row in rows if row.id != after), None)


def _listed(session: Session, ids: Sequence[int]) -> list[Listed]:
    """The lines of these alerts, in this order."""
    query = select(Alert, Score).outerjoin(Score, Score.alert_id == Alert.id).where(Alert.id.in_(ids))
    found = {alert.id: (alert, score) for alert, score in session.execute(query)}
    places = place_names(session, {alert.region_code for alert, _ in found.values() if alert.region_code})
    return [_line(*found[one], places) for one in ids]


def _line(alert: Alert, score: Score | None, places: Mapping[str, tuple[str, str]]) -> Listed:
    place, place_en = places.get(alert.region_code or "", ("", ""))
    return Listed(
        id=alert.id,
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
        rank=score.queue_rank if score else None,
        p_confirmed=score.p_confirmed if score else None,
        p_low=score.p_low if score else None,
        p_high=score.p_high if score else None,
        expected_recoverable=score.expected_recoverable if score else None,
        reasons=score.reasons if score else "",
    )


def place_names(session: Session, codes: set[str]) -> dict[str, tuple[str, str]]:
    """Names zh and en of places by code; a village carries its town's name in front of its own."""
    above = select(Region).subquery()
    query = (
        select(Region.code, Region.level, Region.name, Region.name_en, above.c.name, above.c.name_en)
        .outerjoin(above, above.c.code == Region.parent_code)
        .where(Region.code.in_(codes))
    )
    return {
        code: (f"{town} {name}", f"{name_en}, {town_en}") if level == 5 and town else (name, name_en)
        for code, level, name, name_en, town, town_en in session.execute(query)
    }
