"""Check digits of whole columns: which identity numbers and credit codes cannot be right.

A failed check is a doubt, not a refusal: registers hold old, mistyped and re-issued numbers, the payment behind the row
was made all the same, and a model compares numbers for being equal, not for being right. Refusing would hide the row
from supervision. A register whose column says `strict` refuses it.
"""

import numpy as np
import pandas as pd

from data.credit_codes import fault_of
from data.feed_values import by_unique

FAULTS = {
    "form": ("位数或字符不符", "not in the form of such a number"),
    "date": ("出生日期不存在", "holds no date of birth"),
    "digit": ("校验位不符", "does not agree with its check digit"),
    "organisation": ("内含组织机构代码校验位不符", "the organisation code inside does not agree with its check digit"),
}
"""What can be wrong with a number, in Chinese and English."""
CHECKED = ("identity", "credit")
"""Kinds of columns that have check digits."""
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def number_faults(values: "pd.Series[str]", kind: str) -> "pd.Series[str]":
    """A fault of `FAULTS` or "" for each value, missing ones being without fault.

    values: (n_rows,) text as the register keeps it; kind: identity or credit.
    """
    if kind == "credit":
        return by_unique(values, lambda code: fault_of(str(code))).fillna("").astype("str")
    return _identity_faults(values)


def _identity_faults(values: "pd.Series[str]") -> "pd.Series[str]":
    present = values.notna().to_numpy(dtype=bool)
    texts = values[present].astype("str")
    formed = texts.str.fullmatch(r"[1-9][0-9]{16}[0-9X]").to_numpy(dtype=bool)
    found = np.full(len(texts), "form", dtype=object)
    if formed.any():
        digits = np.array(texts[formed].tolist(), dtype="S18").view(np.uint8).reshape(-1, 18)
        numbers = digits[:, :17].astype(np.int64) - 48
        year = numbers[:, 6] * 1000 + numbers[:, 7] * 100 + numbers[:, 8] * 10 + numbers[:, 9]
        month, day = numbers[:, 10] * 10 + numbers[:, 11], numbers[:, 12] * 10 + numbers[:, 13]
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        lawful = (month >= 1) & (month <= 12) & (year >= 1850) & (year <= 2100) & (day >= 1)
        lawful &= day <= _DAYS[np.where(lawful, month, 0)]
        lawful &= (month != 2) | (day != 29) | leap
        agrees = digits[:, 17] == _CHECKS[(numbers * _WEIGHTS).sum(axis=1) % 11]
        found[formed] = np.where(~lawful, "date", np.where(agrees, "", "digit"))
    faults = np.full(len(values), "", dtype=object)
    faults[present] = found
    return pd.Series(faults, index=values.index, dtype="object").astype("str")
