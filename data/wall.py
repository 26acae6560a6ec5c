"""What the wall shows for a scope, counted from the alerts themselves: plain figures, no words and no pixels.

Days and months are those of the office's place (Asia/Shanghai, UTC+8 without daylight saving).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from data import risk_models
from data.confirmation import rate, weighted_rate
from data.counting import OF_MISCONDUCT
from data.office_time import SHANGHAI
from data.outcomes import OUTCOMES
from data.queue import LEVELS, inside
from data.scopes import Place, Scope, find_scope, town_of
from data.states import TO_VERIFY
from data.tables import Alert, AlertEvent, Domain, Score

RECENT_DAYS = 30
FEED_DAYS = 7
FEED_ROWS = 7
N_MONTHS = 12
N_WEEKS = 26
SMALLEST_SHOWN = 3
"""Fewer different persons than this in a cell are not counted out. Source: field/rules.md, 3."""
PERSONAL = ("person", "household")
_CONCLUDED = tuple(code for code, outcome in OUTCOMES.items() if outcome.concluded)
_CONFIRMED = tuple(code for code, outcome in OUTCOMES.items() if outcome.confirmed)


@dataclass(frozen=True)
class Window:
    """The bounds of the wall's days, weeks and months, as UTC moments."""

    now: datetime
    today: date
    day_start: datetime
    recent_start: datetime
    """Start of the local day 29 days ago: with today, 30 days."""
    week_starts: tuple[datetime, ...]
    month_starts: tuple[datetime, ...]

    @classmethod
    def at(cls, now: datetime) -> "Window":
        """The window of a wall looked at at `now` (UTC)."""
        today = (now + SHANGHAI).date()
        monday = today - timedelta(days=today.weekday())
        month = today.replace(day=1)
        months = [month]
        while len(months) < N_MONTHS:
            months.insert(0, (months[0] - timedelta(days=1)).replace(day=1))
        return cls(
            now=now,
            today=today,
            day_start=_utc(today),
            recent_start=_utc(today - timedelta(days=RECENT_DAYS - 1)),
            week_starts=tuple(_utc(monday - timedelta(weeks=i)) for i in reversed(range(N_WEEKS))),
            month_starts=tuple(_utc(day) for day in months),
        )


def _utc(day: date) -> datetime:
    return datetime.combine(day, time()) - SHANGHAI


def _local(moment: datetime) -> date:
    return (moment + SHANGHAI).date()


def wall(session: Session, *, scope: str, now: datetime) -> dict[str, Any]:
    """Every figure of the wall for the region `scope` ("" is the whole office), as of `now` (UTC).

    The figures are of the whole region: who may see them is asked of `Person.covers`, and the session is narrowed to
    nobody.
    Returns: scope_code (as asked), scope, path, n_alerts, kpis, domains, tiles, months, weeks, feed, scores_off,
    latest_at.
    Raises NotFound for a region that does not exist.
    """
    place = find_scope(session, scope)
    window = Window.at(now)
    here = [inside(Alert.region_code, scope)] if scope else []
    recent = _recent(session, here, window)
    verdicts = _verdicts(session, here, window)
    hidden = _hidden_cells(session, here, window, place, recent)
    return {
        "scope_code": scope,
        "scope": place.shown.as_dict(),
        "path": [step.as_dict() for step in place.path],
        "n_alerts": session.execute(select(func.count(Alert.id)).where(*here)).scalar_one(),
        "kpis": _kpis(session, here, window, verdicts, recent),
        "domains": _domains(session, recent, hidden),
        "tiles": _tiles(place, recent, verdicts, hidden),
        "months": _months(window, verdicts),
        "checked": _checked(session, here, window),
        "weeks": _weeks(session, here, window),
        "feed": _feed(session, here, window),
        "scores_off": risk_models.withdrawn(session) is not None,
        "latest_at": _latest(session, window),
    }


Conditions = Sequence[ColumnElement[bool]]
Key = tuple[str | None, str | None, str]


def _bucket(column: SQLColumnExpression[Any], starts: Sequence[datetime]) -> ColumnElement[int]:
    """Number of the week or month a moment falls in."""
    ends = [(column < end, number) for number, end in enumerate(starts[1:])]
    return case(*ends, else_=len(starts) - 1)


@dataclass
class _Cell:
    n: int = 0
    n_red: int = 0
    n_personal: int = 0


def _recent(session: Session, here: Conditions, window: Window) -> dict[Key, _Cell]:
    """Alerts raised in the last 30 days by (region, domain, level)."""
    personal = func.sum(case((Alert.subject_kind.in_(PERSONAL), 1), else_=0))
    columns = (Alert.region_code, Alert.domain_code, Alert.level)
    query = (
        select(*columns, func.count(Alert.id), personal)
        .where(*here, Alert.raised_at >= window.recent_start, Alert.raised_at <= window.now)
        .group_by(*columns)
    )
    return {
        (region, domain, level): _Cell(n, n if level == "red" else 0, int(n_personal))
        for region, domain, level, n, n_personal in session.execute(query)
    }


@dataclass(frozen=True)
class _Verdict:
    region: str | None
    month: int
    n: int
    n_confirmed: int


def _verdicts(session: Session, here: Conditions, window: Window) -> list[_Verdict]:
    """Conclusions of the last twelve months by region and month, but of models that lead to help."""
    month = _bucket(Alert.concluded_at, window.month_starts)
    grouped = (
        select(Alert.region_code, month.label("month"), Alert.outcome, func.count(Alert.id).label("n"))
        .where(
            *here,
            OF_MISCONDUCT,
            Alert.outcome.in_(_CONCLUDED),
            Alert.concluded_at >= window.month_starts[0],
            Alert.concluded_at <= window.now,
        )
        .group_by(Alert.region_code, month, Alert.outcome)
    )
    return [
        _Verdict(region, number, n, n if outcome in _CONFIRMED else 0)
        for region, number, outcome, n in session.execute(grouped)
    ]


def _checked(session: Session, here: Conditions, window: Window) -> dict[str, Any]:
    """The rate of all alerts by the random checks concluded in the last twelve months: no order chose which."""
    grouped = (
        select(Alert.check_share, Alert.outcome, func.count(Alert.id))
        .where(
            *here,
            OF_MISCONDUCT,
            Alert.drawn.is_(True),
            Alert.outcome.in_(_CONCLUDED),
            Alert.concluded_at >= window.month_starts[0],
            Alert.concluded_at <= window.now,
        )
        .group_by(Alert.check_share, Alert.outcome)
    )
    rows = session.execute(grouped).all()
    return weighted_rate((share or 1.0, n, n if outcome in _CONFIRMED else 0) for share, outcome, n in rows)


def _kpis(
    session: Session, here: Conditions, window: Window, verdicts: list[_Verdict], recent: dict[Key, _Cell]
) -> dict[str, Any]:
    """The four figures, with what they are compared to."""

    def among(condition: ColumnElement[bool]) -> SQLColumnExpression[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    waiting = select(
        func.count(Alert.id),
        among(Alert.level == "red"),
        among(Alert.due_on < window.today),
        func.min(Alert.raised_at),
    ).where(*here, Alert.status.in_(TO_VERIFY))
    held = select(func.count(Alert.id)).where(*here, Alert.status == "held")
    rectifying = select(func.count(Alert.id), among(Alert.due_on < window.today)).where(
        *here, Alert.status == "rectifying"
    )
    fresh = select(func.count(Alert.id), among(Alert.level == "red")).where(
        *here, Alert.raised_at >= window.day_start, Alert.raised_at <= window.now
    )
    n_waiting, n_waiting_red, n_waiting_overdue, oldest = session.execute(waiting).one()
    n_rectifying, n_rectifying_overdue = session.execute(rectifying).one()
    n_overdue, n_due = n_waiting_overdue + n_rectifying_overdue, n_waiting + n_rectifying
    n_new, n_new_red = session.execute(fresh).one()
    this_month = [v for v in verdicts if v.month == N_MONTHS - 1]
    return {
        "new_today": {
            "n": n_new,
            "n_red": n_new_red,
            "mean": sum(cell.n for cell in recent.values()) / RECENT_DAYS,
        },
        "to_verify": {
            "n": n_waiting,
            "n_red": n_waiting_red,
            "n_held": session.execute(held).scalar_one(),
            "n_rectifying": n_rectifying,
            "oldest_days": (window.now - oldest).days if oldest else None,
        },
        "confirmed": _rate_of(this_month) | {"year": _rate_of(verdicts)},
        "overdue": {"n": n_overdue, "of": n_due, "share": n_overdue / n_due if n_due else None},
    }


def _rate_of(verdicts: Sequence[_Verdict]) -> dict[str, Any]:
    return rate(sum(v.n_confirmed for v in verdicts), sum(v.n for v in verdicts))


@dataclass(frozen=True)
class _Hidden:
    """Cells too small to be counted out."""

    domains: frozenset[str | None]
    tiles: frozenset[str | None]


def _hidden_cells(
    session: Session, here: Conditions, window: Window, place: Scope, recent: dict[Key, _Cell]
) -> _Hidden:
    """Which domains and tiles hold nothing but alerts on fewer than three different persons."""
    domains: dict[str | None, _Cell] = defaultdict(_Cell)
    tiles: dict[str | None, _Cell] = defaultdict(_Cell)
    for (region, domain, _level), cell in recent.items():
        _add(domains[domain], cell)
        _add(tiles[place.child_of(region)], cell)
    # A cell of many alerts tells nothing about one person: only small ones are looked at person by person.
    small = {code for code, cell in domains.items() if _is_small(cell)}
    small_tiles = {code for code, cell in tiles.items() if _is_small(cell)}
    if not small and not small_tiles:
        return _Hidden(frozenset(), frozenset())
    subjects: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    query = (
        select(Alert.subject_key, Alert.region_code, Alert.domain_code)
        .distinct()
        .where(
            *here,
            Alert.raised_at >= window.recent_start,
            Alert.raised_at <= window.now,
            Alert.subject_kind.in_(PERSONAL),
        )
    )
    for key, region, domain in session.execute(query):
        subjects["domain", domain].add(key)
        subjects["tile", place.child_of(region)].add(key)
    return _Hidden(
        frozenset(code for code in small if len(subjects["domain", code]) < SMALLEST_SHOWN),
        frozenset(code for code in small_tiles if len(subjects["tile", code]) < SMALLEST_SHOWN),
    )


def _is_small(cell: _Cell) -> bool:
    return 0 < cell.n == cell.n_personal <= 20


def _add(into: _Cell, cell: _Cell) -> None:
    into.n += cell.n
    into.n_red += cell.n_red
    into.n_personal += cell.n_personal


def _domains(session: Session, recent: dict[Key, _Cell], hidden: _Hidden) -> list[dict[str, Any]]:
    """Alerts of the last 30 days by domain, most first; every domain of the office is named, also without alerts."""
    counted: dict[str | None, _Cell] = defaultdict(_Cell)
    for (_region, domain, _level), cell in recent.items():
        _add(counted[domain], cell)
    rows = [(d.code, d.name, d.name_en, d.sort) for d in session.scalars(select(Domain))]
    known: list[tuple[str | None, str, str, int]] = [*rows, *([(None, "", "", 999)] if None in counted else [])]
    known.sort(key=lambda row: (-counted[row[0]].n, row[3]))
    return [
        {
            "code": code,
            "name": name,
            "name_en": name_en,
            "n": counted[code].n,
            "n_red": counted[code].n_red,
            "hidden": code in hidden.domains,
        }
        for code, name, name_en, _sort in known
    ]


def _tiles(place: Scope, recent: dict[Key, _Cell], verdicts: list[_Verdict], hidden: _Hidden) -> list[dict[str, Any]]:
    """One tile a child of the scope, with its alerts of 30 days and its confirmation rate of 12 months.

    Alerts filed on the scope itself, or on no region, stand in a tile of their own (code None), so that the tiles add
    up to the whole.
    """
    counted: dict[str | None, _Cell] = defaultdict(_Cell)
    for (region, _domain, _level), cell in recent.items():
        _add(counted[place.child_of(region)], cell)
    concluded: dict[str | None, list[_Verdict]] = defaultdict(list)
    for verdict in verdicts:
        concluded[place.child_of(verdict.region)].append(verdict)
    own = [Place(None, "", "", 0)] if None in counted or None in concluded else []
    return [
        child.as_dict()
        | {"n": counted[child.code].n, "n_red": counted[child.code].n_red, "hidden": child.code in hidden.tiles}
        | {"rate": _rate_of(concluded[child.code])}
        for child in [*place.children, *own]
    ]


def _months(window: Window, verdicts: list[_Verdict]) -> list[dict[str, Any]]:
    """Confirmation rate by the month in which the outcome was recorded, oldest first."""
    by_month: dict[int, list[_Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_month[verdict.month].append(verdict)
    return [
        {"month": f"{_local(start):%Y-%m}"} | _rate_of(by_month[number])
        for number, start in enumerate(window.month_starts)
    ]


def _weeks(session: Session, here: Conditions, window: Window) -> list[dict[str, Any]]:
    """Alerts by the week (Monday to Sunday) in which they were raised, oldest first; the last is not over yet."""
    week = _bucket(Alert.raised_at, window.week_starts)
    query = (
        select(week.label("week"), Alert.level, func.count(Alert.id))
        .where(*here, Alert.raised_at >= window.week_starts[0], Alert.raised_at <= window.now)
        .group_by(week, Alert.level)
    )
    counted: dict[tuple[int, str], int] = {(number, level): n for number, level, n in session.execute(query)}
    weeks = []
    for number, start in enumerate(window.week_starts):
        levels = {level: counted.get((number, level), 0) for level in LEVELS}
        others = sum(n for (w, level), n in counted.items() if w == number and level not in LEVELS)
        weeks.append({"monday": _local(start).isoformat(), "n": sum(levels.values()) + others} | levels)
    return weeks


def _feed(session: Session, here: Conditions, window: Window) -> list[dict[str, Any]]:
    """The highest-ranked alerts of the last seven days to be verified: no subject, place to the town only.

    Random checks are left out: they stand in front whatever their score.
    """
    level = case({code: number for number, code in enumerate(LEVELS)}, value=Alert.level, else_=len(LEVELS))
    query = (
        select(Alert, Score, Domain)
        .outerjoin(Score, Score.alert_id == Alert.id)
        .outerjoin(Domain, Domain.code == Alert.domain_code)
        .where(*here, Alert.status.in_(TO_VERIFY), Alert.raised_at <= window.now, Alert.drawn.is_(False))
        .where(Alert.raised_at >= window.now - timedelta(days=FEED_DAYS))
        .order_by(case((Score.queue_rank.is_(None), 1), else_=0), Score.queue_rank, level, Alert.raised_at.desc())
        .limit(FEED_ROWS)
    )
    return [_feed_row(session, alert, score, domain) for alert, score, domain in session.execute(query)]


def _feed_row(session: Session, alert: Alert, score: Score | None, domain: Domain | None) -> dict[str, Any]:
    place = town_of(session, alert.region_code) or Place(None, "", "", 0)
    return {
        "alert_id": alert.id,
        "level": alert.level,
        "place": place.name,
        "place_en": place.name_en,
        "domain": domain.name if domain else "",
        "domain_en": domain.name_en if domain else "",
        "source": alert.source,
        "title": alert.title,
        "title_en": alert.title_en,
        "raised_at": alert.raised_at,
        "p_confirmed": score.p_confirmed if score else None,
        "reasons": score.reasons if score else "",
    }


def _latest(session: Session, window: Window) -> datetime | None:
    """When the office last changed: an alert raised or something done to one."""
    raised = session.scalar(select(func.max(Alert.raised_at)).where(Alert.raised_at <= window.now))
    done = session.scalar(select(AlertEvent.at).order_by(AlertEvent.id.desc()).limit(1))
    return max((moment for moment in (raised, done) if moment and moment <= window.now), default=None)


def pulse(session: Session, *, now: datetime) -> tuple[object, ...]:
    """What differs whenever the wall does, apart from the minutes passing: read from the ends of indexes.

    Every change of an alert writes an event; a new day moves all windows; scoring moves the last rank or score.
    """
    ends = (Alert.id, AlertEvent.id, Score.alert_id, Score.queue_rank)
    return (Window.at(now).today, *(session.scalar(select(func.max(column))) for column in ends))
