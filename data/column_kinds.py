"""What the values of a register's column are, where the type alone does not say, and how sensitive they are.

A kind decides how a value is mended and checked; a level (L1 open to L4 strictest) who may see it and how it is shown.
Source: field/rules.md, 2 (GB/T 43697-2024) and 5.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.register_catalogue import RegisterColumn

KINDS: Mapping[str, tuple[str, str]] = {
    "identity": ("证件号码", "identity number"),
    "credit": ("统一社会信用代码", "credit code"),
    "account": ("银行账号", "bank account"),
    "phone": ("电话号码", "telephone number"),
    "person": ("人名", "name of a person"),
    "region": ("地区", "region"),
    "money": ("金额", "amount of money"),
}
"""Kind to its name in Chinese and English."""
LEVELS: Mapping[str, tuple[str, str]] = {
    "L1": ("公开", "open"),
    "L2": ("内部", "internal"),
    "L3": ("敏感", "sensitive"),
    "L4": ("高度敏感", "highly sensitive"),
}
"""Level of sensitivity to its name in Chinese and English."""
_REGIONS = {"region", "village", "county", "town"}
_IDENTITIES = {"id_no", "pid_a", "pid_b"}
_MONEY = re.compile(r"金额|额$|款$|费$|工资|收入|租金|预算|补贴|标准$|罚款|价$|支付$|应缴|已缴")
_HIDDEN = {"account": "L4"}
"""Kinds that are stricter than other personal data: financial accounts (PIPL, Art. 28)."""


def kind_of(column: "RegisterColumn") -> str:
    """The kind the register gives the column, else the one its name and label tell; empty where neither does."""
    if column.kind:
        return column.kind
    if column.type == "number":
        return "money" if _MONEY.search(column.label) else ""
    if column.type != "text":
        return ""
    return _text_kind(column)


def _text_kind(column: "RegisterColumn") -> str:
    name, label = column.name, column.label
    if not column.personal:
        if name == "uscc" or name.endswith("_uscc"):
            return "credit"
        return "region" if name in _REGIONS or name.endswith("_region") else ""
    if name in _IDENTITIES or name.endswith("_id"):
        return "identity"
    if re.search(r"账号|卡号", label):
        return "account"
    return "phone" if re.search(r"电话|手机", label) else "person" if not re.search(r"号|牌", label) else ""


def level_of(column: "RegisterColumn") -> str:
    """Level of sensitivity: the register's own word, else L3 for personal data, L4 for accounts, L2 for the rest."""
    if column.sensitivity:
        return column.sensitivity
    return _HIDDEN.get(kind_of(column), "L3") if column.personal else "L2"
