"""What people write is kept composed and trimmed; what hides or turns around is refused, and where it is, is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InputRefused
from data.written import MOST, written


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  已核对\r\n属实 ", "已核对\n属实"),
        ("a\rb\u2028c", "a\nb\nc"),
        ("\ufeff情\u200b况", "情况"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("\u00ad情\u2060况\u2063", "情况"),
        ("می\u200cخواهم \u200d", "می\u200cخواهم"),  # between two letters it is part of the word
        ("䶮 𠮷 \ue000", "䶮 𠮷 \ue000"),  # rare names, also in the private use area
        ("", ""),
    ],
)
def test_what_is_kept(text: str, kept: str) -> None:
    assert written(text) == kept


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("ab\x00c", "character 3 is U+0000", "第 3 个字符是不可见字符（U+0000）"),
        ("\x1b[31m", "character 1 is U+001B", "第 1 个字符"),
        ("txt.\u202egpj", "U+202E", "U+202E"),
        ("\ud800", "U+D800", "U+D800"),
        ("\u3164\u3164", "U+3164", "U+3164"),
        ("\u2800\u115f\u1160\uffa0", "U+2800", "U+2800"),
        ("\u200d\u200d\u2060", "got 0 characters", "至少 2 个字"),
        ("短 \n \u0301", "got 1 characters", "至少 2 个字"),
        ("短", "got 1 characters, expected at least 2", "至少 2 个字"),
        ("长" * 2001, "expected at most 2000", "最多 2000 个字"),
    ],
)
def test_what_is_refused_in_both_languages(text: str, en: str, zh: str) -> None:
    with pytest.raises(InputRefused) as refused:
        written(text, name="reason", least=2)
    assert en in refused.value.words("en")
    assert zh in refused.value.words("zh")
    assert str(refused.value).startswith("the reason: ")
    assert refused.value.zh.startswith("理由：")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("王小明 11010519491231002X，已核", "王小明 110***********002X，已核"),
        ("号11010519491231002x号", "号110***********002x号"),
        ("两人：110105194912310021、990101198001011234", "两人：110***********0021、990***********1234"),
        ("110105 19491231 002X", "110*************002X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "１１０***********００２Ｘ"),
        ("旧号 110105491231002", "旧号 110********1002"),
        ("凭证 202611221030123", "凭证 202611221030123"),  # a clock's digits
        ("账号 6222021234567890123，金额 110105.00", "账号 6222021234567890123，金额 110105.00"),
    ],
)
def test_identity_numbers_are_masked_in_what_is_written(text: str, kept: str) -> None:
    assert written(text) == kept


@given(st.text(max_size=MOST))
def test_what_is_kept_stays_as_it_is(text: str) -> None:
    try:
        kept = written(text)
    except InputRefused:
        return
    assert written(kept) == kept
    assert "\x00" not in kept
