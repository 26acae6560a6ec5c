"""Innocent causes: the known reasons for which an alert is nothing, and the evidence to ask for each."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Cause:
    """One innocent cause. Source: field/models.md, Z."""

    code: str
    """F01 to F38."""
    name: str
    name_en: str
    ask_for: str
    """What must be on paper before an alert is excluded for it."""
    ask_for_en: str


@lru_cache(maxsize=1)
def causes() -> dict[str, Cause]:
    """Every innocent cause by code, in the order of the codes."""
    read = tomllib.loads((Path(__file__).parent / "causes.toml").read_text(encoding="utf-8"))
    return {code: Cause(code, **words) for code, words in read.items()}
