"""Unified social credit codes: 18 characters with a check character, the organisation code with its own inside.

Source: GB 32100-2015 and GB 11714; field/rules.md, 5.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""No I, O, S, V, Z."""
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(first: str) -> str:
    """Check character of the first 17 characters: (31 - sum mod 31) mod 31, so that a sum of 0 gives 0."""
    total = sum(weight * ALPHABET.index(one) for weight, one in zip(_WEIGHTS, first, strict=True))
    return ALPHABET[-total % 31]


def organisation_check(first: str) -> str:
    """Check character of the 8 characters of an organisation code: 11 - sum mod 11, where 10 is X and 11 is 0."""
    total = sum(weight * int(one, 36) for weight, one in zip(_ORGANISATION_WEIGHTS, first, strict=True))
    return "0X987654321"[total % 11]


def fault_of(code: str) -> str:
    """What is wrong with a code: form, digit (its check character), organisation (that of the code inside); or ""."""
    if len(code) != 18 or not set(code) <= set(ALPHABET):
        return "form"
    if code[17] != check_character(code[:17]):
        return "digit"
    return "" if code[16] == organisation_check(code[8:16]) else "organisation"
