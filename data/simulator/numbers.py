"""Numbers that look valid and can belong to nobody: identity, credit code, account and telephone.

Region prefix 99 is not assigned. Check digits: GB 11643-1999, GB 11714 and GB 32100-2015. Source: field/rules.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Integers, Texts

_IDENTITY_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_IDENTITY_CHECKS = np.array(list("10X98765432"))

_CREDIT_ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
_CREDIT_WEIGHTS = 3 ** np.arange(17) % 31
_CREDIT_PLACES = np.zeros(128, dtype=np.int64)
_CREDIT_PLACES[[ord(character) for character in _CREDIT_ALPHABET]] = np.arange(31)
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ORGANISATION_CHECKS = np.array(list("0X987654321"))
_ORGANISATION_STEP = 524_287_000_003
"""Coprime to 31 to the eighth, so that serials one apart give codes that look unlike and no two alike."""


def identity_check(body: str) -> str:
    """Check character of the first 17 characters of an identity number (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * int(weight) for digit, weight in zip(body[:17], _IDENTITY_WEIGHTS, strict=True))
    return str(_IDENTITY_CHECKS[total % 11])


def identity_numbers(address: Integers, born: Dates, male: Flags, passed: Integers | int = 0) -> Texts:
    """An identity number for each person, no two alike.

    `address` is the 6-digit code of first registration; the sequence is odd for men and even for women, and begins
    after as many as were `passed` over for others.
    """
    stamp = pd.Series(np.datetime_as_string(born)).str.replace("-", "").to_numpy(np.int64)
    order = pd.DataFrame({"address": address, "stamp": stamp, "male": male})
    place = order.groupby(["address", "stamp", "male"]).cumcount().to_numpy()
    sequence = 2 * (place + passed) + np.where(male, 1, 2)
    digits = np.empty((len(address), 17), dtype=np.int64)
    for columns, number in ((range(5, -1, -1), address), (range(13, 5, -1), stamp), (range(16, 13, -1), sequence)):
        rest = number.astype(np.int64)
        for column in columns:
            rest, digits[:, column] = np.divmod(rest, 10)
    checks = _IDENTITY_CHECKS[(digits @ _IDENTITY_WEIGHTS) % 11]
    body: Texts = (digits + ord("0")).astype(np.uint32).view("U17").ravel()
    return np.char.add(body, checks)


def account_numbers(serials: Integers) -> Texts:
    """A bank account number for each serial: 000000 in front, which no bank issues."""
    return np.char.add("0000006217", np.char.zfill(serials.astype(str), 9))


def credit_codes(kind: Texts, region: Texts, serials: Integers) -> Texts:
    """A unified social credit code for each serial, no two alike within a kind and region.

    `kind`: department and type (91 firm, 92 individual business, 11 organ, 12 institution, 51 association); `region`:
    six digits. The nine characters of the organisation code carry their own check.
    """
    rest = (serials.astype(object) * _ORGANISATION_STEP % 31**8).astype(np.int64)
    places = np.empty((len(serials), 8), dtype=np.int64)
    for column in range(7, -1, -1):
        rest, places[:, column] = np.divmod(rest, 31)
    characters = _CREDIT_ALPHABET[places]
    # In an organisation code a letter counts as in base 36: A is 10, Z is 35.
    codes = characters.view(np.uint32).astype(np.int64)
    values = np.where(codes >= ord("A"), codes - ord("A") + 10, codes - ord("0"))
    checks = _ORGANISATION_CHECKS[(values @ _ORGANISATION_WEIGHTS) % 11]
    # A check X is a letter of the alphabet of credit codes as well.
    organisation = np.char.add(np.ascontiguousarray(characters).view("U8").ravel(), checks)
    body: Texts = np.char.add(np.char.add(kind, region), organisation)
    return np.char.add(body, credit_checks(body))


def credit_checks(bodies: Texts) -> Texts:
    """Check character of the first 17 characters of each unified social credit code."""
    letters = np.ascontiguousarray(bodies.astype("U17")).view(np.uint32).reshape(len(bodies), 17)
    total = _CREDIT_PLACES[letters] @ _CREDIT_WEIGHTS % 31
    checks: Texts = _CREDIT_ALPHABET[(31 - total) % 31]
    return checks


def phone_numbers(serials: Integers) -> Texts:
    """A telephone number for each serial, of the block 1990000 set apart for the synthetic world."""
    return np.char.add("1990000", np.char.zfill(serials.astype(str), 4))
