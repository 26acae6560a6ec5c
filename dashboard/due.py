"""How long an alert has waited and how long is left: a lamp with a word, never a colour alone."""

from datetime import date
from functools import lru_cache

from dash import html

from dashboard.aria import HIDDEN
from dashboard.words import say
from data.states import REMIND_DAYS
from data.working_days import unknown_years, working_days_between

_MOST_YEARS = 3
"""Years that are named one by one."""
_between = lru_cache(maxsize=4096)(working_days_between)


def due_word(due_on: date | None, today: date, language: str) -> tuple[str, str]:
    """State (late, soon, fine or none) and words of a due date, seen from `today`; what is left is in working days."""
    if due_on is None:
        return "none", say("queue.no_due", language)
    if due_on < today:
        return "late", say("queue.late", language, n=(today - due_on).days)
    if due_on == today:
        return "soon", say("queue.today", language)
    left = _between(today, due_on)
    return ("soon" if left <= REMIND_DAYS else "fine"), say("queue.left", language, n=left)


def due_lamp(due_on: date | None, today: date, language: str) -> html.Span:
    """The lamp of a due date."""
    state, word = due_word(due_on, today, language)
    return html.Span([html.Span(className="lamp-dot", **HIDDEN), word], className=f"lamp lamp-{state}")


def age_word(n_days: int, language: str) -> str:
    """How long ago an alert was raised."""
    return say("queue.age", language, n=n_days) if n_days else say("queue.age_today", language)


def calendar_note(latest: date | None, today: date, language: str) -> str:
    """That due dates up to `latest` fall into years whose holidays are not known yet; empty where all are known."""
    years = unknown_years(today, latest) if latest and latest >= today else ()
    if not years:
        return ""
    named = ", ".join(map(str, years)) if len(years) <= _MOST_YEARS else f"{years[0]}–{years[-1]}"
    return say("queue.unknown_years", language, years=named)
