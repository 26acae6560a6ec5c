"""Kinds of measures, from measures.toml: the unit each is counted in, when it may be taken, and what it does."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """A kind of measure and the unit it is counted in."""

    code: str
    name: str
    name_en: str
    unit: str
    unit_en: str
    interim: bool = False
    """Whether it may be taken before there is an outcome."""
    innocent: bool = False
    """Whether it may be taken where nothing was confirmed."""
    rights: bool = False
    """Whether it puts the matter right, so that the level may fall."""


def _kinds() -> dict[str, Kind]:
    read = tomllib.loads(Path(__file__).with_name("measures.toml").read_text(encoding="utf-8"))
    return {code: Kind(code, **words) for code, words in read.items()}


KINDS: Mapping[str, Kind] = _kinds()
RIGHTING = tuple(code for code, kind in KINDS.items() if kind.rights)
"""Kinds that put the matter right itself."""
