"""Numbers that look valid and can belong to nobody: identity and account.

Region prefix 99 is not assigned. Check digits: GB 11643-1999. Source: field/rules.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Integers, Texts

_IDENTITY_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_IDENTITY_CHECKS = np.array(list("10X98765432"))


def identity_check(body: str) -> str:
    """Check character of the first 17 characters of an identity number (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * int(weight) for digit, weight in zip(body[:17], _IDENTITY_WEIGHTS, strict=True))
    return str(_IDENTITY_CHECKS[total % 11])


def identity_numbers(address: Integers, born: Dates, male: Flags) -> Texts:
    """An identity number for each person, no two alike.

    `address` is the 6-digit code of first registration; the sequence is odd for men and even for women.
    """
    stamp = pd.Series(np.datetime_as_string(born)).str.replace("-", "").to_numpy(np.int64)
    order = pd.DataFrame({"address": address, "stamp": stamp, "male": male})
    place = order.groupby(["address", "stamp", "male"]).cumcount().to_numpy()
    sequence = 2 * place + np.where(male, 1, 2)
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
