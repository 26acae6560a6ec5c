"""What the codes in rows of registers stand for, where a register holds a code and a page must show a word.

Source: field/vocabulary.md, G: schemes without a translation keep their pinyin in English.
"""

import re
from collections.abc import Mapping

SCHEMES: Mapping[str, tuple[str, str]] = {
    "dibao": ("低保", "dibao"),
    "tekun": ("特困供养", "tekun"),
    "senior_allowance": ("高龄津贴", "old-age allowance"),
    "elderly_care_allowance": ("养老服务补贴", "elderly care allowance"),
    "resident_pension": ("城乡居民养老金", "resident pension"),
    "land_pension": ("被征地农民养老金", "land pension"),
    "disability_allowance": ("残疾人补贴", "disability allowance"),
    "veteran_allowance": ("优抚补助", "veterans' allowance"),
    "rent_subsidy": ("租赁补贴", "rent subsidy"),
    "rain_dew": ("雨露计划补助", "rain-dew vocational grant"),
    "farmland_subsidy": ("耕地地力保护补贴", "farmland subsidy"),
    "land_subsidy": ("耕地补贴", "land subsidy"),
    "hardship_aid": ("临时救助", "hardship aid"),
    "medical_aid_premium": ("医疗救助参保资助", "medical aid premium"),
}
"""Schemes of payment: code to its name in Chinese and English."""
_CODES = re.compile(r"[a-z][a-z_]*(?:[\s,，、;+/&]+[a-z][a-z_]*)*")


def in_words(value: object, language: str) -> object:
    """A value with the codes it consists of in words; everything else as it is."""
    if isinstance(value, list | tuple):
        return ("、" if language == "zh" else ", ").join(str(in_words(one, language)) for one in value)
    if not isinstance(value, str) or not _CODES.fullmatch(value):
        return value
    return re.sub(r"[a-z_]+", lambda found: SCHEMES.get(found[0], (found[0],) * 2)[language != "zh"], value)
