"""Audit entries in the words of their reader: what was done, and the details that tell it."""

from collections.abc import Mapping

from dashboard.formats import NOTHING
from dashboard.loop_bar import action_words
from dashboard.precedents import cause_words, outcome_words
from dashboard.words import say, words
from data.outcomes import OUTCOMES
from data.rights import ROLES
from data.states import STATES

_LEVELS = ("red", "orange", "yellow")


def done_words(action: str, language: str) -> str:
    """What was done, for an action `room.verb`; the action itself where no word is filed for it."""
    key = f"audit.done_{action.replace('.', '_')}"
    if key in words():
        return say(key, language)
    room, _, verb = action.partition(".")
    return action_words(verb, language) if room == "alert" else action


def said_words(said: Mapping[str, object], action: str, language: str) -> str:
    """The details of an entry in a line: each with its name, codes as what they stand for."""
    of_alert = action.startswith("alert.")
    colon, stop = ("：", "；") if language == "zh" else (": ", "; ")
    return stop.join(
        f"{_named(name, of_alert, language)}{colon}{_told(name, value, language)}" for name, value in said.items()
    )


def _named(name: str, of_alert: bool, language: str) -> str:
    # In an alert's entries from and to are states; elsewhere they may be anything.
    known = f"audit.said_{name}" in words() and (of_alert or name not in ("from", "to"))
    return say(f"audit.said_{name}", language) if known else name


def _told(name: str, value: object, language: str) -> str:
    """A detail as people read it; of a change what was and what is."""
    if isinstance(value, list):
        return " → ".join(_told(name, one, language) for one in value)
    if value in (None, ""):
        return NOTHING
    code = str(value)
    if name in ("from", "to") and code in STATES:
        return STATES[code].name if language == "zh" else STATES[code].name_en
    if name == "role" and code in ROLES:
        return ROLES[code].name if language == "zh" else ROLES[code].name_en
    if name == "outcome" and code in OUTCOMES:
        return outcome_words(code, language)
    if name == "cause":
        return cause_words(code, language)
    if name == "level" and code in _LEVELS:
        return say(f"shell.{code}", language)
    return say(f"audit.told_{name}_{code}", language) if f"audit.told_{name}_{code}" in words() else code
