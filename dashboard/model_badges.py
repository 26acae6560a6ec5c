"""Small marks of supervision models that several places show: the state of a version, a share with its interval."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.formats import count, percent
from dashboard.words import say
from data.model_states import MODEL_STATES


def status_words(status: str, language: str) -> str:
    """The name of a version's state."""
    state = MODEL_STATES[status]
    return state.name if language == "zh" else state.name_en


def status_badge(status: str, language: str) -> html.Span:
    """A version's state as a word in a frame."""
    return html.Span(status_words(status, language), className=f"model-state model-{status}")


def share_words(found: Mapping[str, Any], language: str) -> str:
    """A share with its interval and n: `63% (51%–74%), n = 60`; or that there is nothing to tell it from."""
    if not found.get("n"):
        return say("warehouse.no_share", language)
    return say(
        "warehouse.share", language, share=percent(found["share"], digits=0), low=percent(found["low"], digits=0),
        high=percent(found["high"], digits=0), n=count(found["n"]),
    )  # fmt: skip
