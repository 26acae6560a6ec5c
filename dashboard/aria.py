"""What assistive technology is told: attributes for Dash components, whose names Python cannot spell as keywords."""

from typing import Any

HIDDEN: dict[str, Any] = {"aria-hidden": "true"}
"""Drawn for the eye only: the words stand beside it."""


def labelled(words: str) -> dict[str, Any]:
    """A name for what has no text of its own."""
    return {"aria-label": words}
