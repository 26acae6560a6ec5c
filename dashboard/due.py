"""How long an alert has waited and how long is left: a lamp with a word, never a colour alone."""

from datetime import date

from dash import html

from dashboard.aria import HIDDEN
from dashboard.words import say

SOON = 7


def due_word(due_on: date | None, today: date, language: str) -> tuple[str, str]:
    """State (late, soon, fine or none) and words of a due date, seen from `today`."""
    if due_on is None:
        return "none", say("queue.no_due", language)
    left = (due_on - today).days
    if left < 0:
        return "late", say("queue.late", language, n=-left)
    if left == 0:
        return "soon", say("queue.today", language)
    return ("soon" if left <= SOON else "fine"), say("queue.left", language, n=left)


def due_lamp(due_on: date | None, today: date, language: str) -> html.Span:
    """The lamp of a due date."""
    state, word = due_word(due_on, today, language)
    return html.Span([html.Span(className="lamp-dot", **HIDDEN), word], className=f"lamp lamp-{state}")


def age_word(n_days: int, language: str) -> str:
    """How long ago an alert was raised."""
    return say("queue.age", language, n=n_days) if n_days else say("queue.age_today", language)
