"""Codes in rows become words, and what is no code stays; each wrong number is called what it is."""

import pytest

from dashboard.evidence import value_words
from dashboard.words import say
from data.code_words import SCHEMES, in_words
from data.errors import InputRefused
from data.query_subjects import in_language, read_subjects
from data.simulator.benefits import SCHEMES as SIMULATED


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        ("senior_allowance", "高龄津贴", "old-age allowance"),
        ("dibao、tekun", "低保、特困供养", "dibao、tekun"),
        (("dibao", "tekun"), "低保、特困供养", "dibao, tekun"),
        ("unheard_of", "unheard_of", "unheard_of"),
        ("Dibao 5", "Dibao 5", "Dibao 5"),
        ("卫健局", "卫健局", "卫健局"),
        (0, 0, 0),
        (None, None, None),
    ],
)
def test_codes_are_told_in_words(value: object, chinese: object, english: object) -> None:
    assert (in_words(value, "zh"), in_words(value, "en")) == (chinese, english)


def test_every_scheme_of_the_demonstration_has_a_name_and_evidence_shows_it() -> None:
    assert set(SIMULATED) <= set(SCHEMES)
    assert value_words("dibao", "zh") == "低保"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("晒谷一餐饮有限公司 91990101MA00010000", "统一社会信用代码"),
        ("91990101MA00010000", "统一社会信用代码"),
        ("晒谷一餐饮有限公司 919901010000100000", "统一社会信用代码"),
        ("陈玉梅 990101195802041053", "身份证号"),
        ("陈玉梅 99010119580204105X", "身份证号"),
        ("陈玉梅 9901011958020410", "身份证号"),
    ],
)
def test_a_wrong_number_is_called_what_it_is_and_never_repeated(line: str, kind: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_subjects(line, "subject")
    assert kind in refused.value.zh
    assert ("身份证号" in refused.value.zh) == (kind == "身份证号")
    assert line[-6:] not in str(refused.value) + refused.value.zh


def test_a_tender_is_called_one_in_english_and_one_thing_is_one() -> None:
    assert (in_language("招标 T1", "en"), in_language("招标 T1", "zh")) == ("tender T1", "招标 T1")
    assert in_language("项目 P1", "en") == "project P1"
    assert in_language("招标公司 91", "en") == "招标公司 91"
    assert "one thing was found" in say("clearance.lead_found_one", "en", day="2026-11-28", n=1, held=0)
