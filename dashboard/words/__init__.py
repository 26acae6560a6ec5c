"""Every word on the screens, in Chinese and English: one TOML file a page, `key = {zh = "...", en = "..."}`."""

import re
import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")


@cache
def words() -> dict[str, dict[str, str]]:
    """Every entry as `file.key` -> {"zh": ..., "en": ...}, from the TOML files of this folder."""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        for key, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entries[f"{path.stem}.{key}"] = entry
    return entries


def say(key: str, language: str, **values: object) -> str:
    """The words filed under `key` (for example `wall.title`), with `{name}` replaced by `values["name"]`.

    Raises KeyError for a key or language that is not filed: a test demands every key the code uses.
    """
    sentence = words()[key][language]
    return sentence.format(**values) if values else sentence


def column_words(code: str, label: str, language: str) -> str:
    """What a register's column is called. Registers are Chinese: in English its code stands in, if it is in words."""
    numbered = re.fullmatch(r"column_\d+", code) is not None and label
    return label if language == "zh" or numbered else code.replace("_", " ")
