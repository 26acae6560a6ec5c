"""Citizens' identity numbers as people write them: 18 characters with a check digit, or the old 15.

Source: GB 11643-1999; field/rules.md, 5.
"""

import re
from datetime import date

from data.errors import InputRefused
from data.feed_values import narrow
from data.identity import mask_number

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
PATTERN = r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
"""What looks like one: 18 characters with a date inside. A wrong check digit makes it no less telling."""
IDENTITY_NUMBER = re.compile(rf"(?<![0-9]){PATTERN}(?![0-9])")
"""One inside a text."""
_WRITTEN = re.compile(
    IDENTITY_NUMBER.pattern
    + r"|(?<![0-9])[1-9][0-9]{5}[ -](?:18|19|20)[0-9]{6}[ -]?[0-9]{3}[0-9Xx](?![0-9])"
    + r"|(?<![0-9])(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12]|99)[0-9]{6}"
    + r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9])"
)
"""As people write them: also in parts, and the old 15 digits: a province and a date, which no clock's digits begin."""
_NARROW = str.maketrans("０１２３４５６７８９Ｘｘ－\u3000", "0123456789Xx- ")


def check_character(first: str) -> str:
    """Check character of the first 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first, strict=True)) % 11]


def read_number(text: str) -> str:
    """An identity number in its one form: 18 characters, full-width and small x mended, 15 digits made 18.

    Raises InputRefused, which never repeats the number.
    """
    number = re.sub(r"[\s'-]", "", narrow(text)).upper()
    if re.fullmatch(r"[0-9]{15}", number):
        first = f"{number[:6]}19{number[6:]}"
        number = first + check_character(first)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise InputRefused(
            f"The identity number has {len(number)} characters or other signs; expected 18 (or the old 15). "
            "Copy it as text, not from a rounded cell.",
            f"身份证号为 {len(number)} 个字符或含其他符号，应为 18 位（或旧 15 位）。请按文本核对后重新输入。",
        )
    if number[17] != check_character(number[:17]) or not _is_day(number[6:14]):
        raise InputRefused(
            "The identity number does not agree with its check digit or holds no date. Compare it with the document.",
            "身份证号校验位或出生日期不符，请与证件核对。",
        )
    return number


def without_numbers(text: str) -> str:
    """A text with every identity number in it masked; as long as before."""
    parts, last = [], 0
    for found in _WRITTEN.finditer(text.translate(_NARROW)):
        parts += [text[last : found.start()], mask_number(text[found.start() : found.end()])]
        last = found.end()
    return "".join([*parts, text[last:]])


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
