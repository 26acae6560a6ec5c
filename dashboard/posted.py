"""What a form posted, read field by field: anything may come, and what cannot be used is refused in a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from data.errors import InputRefused


@dataclass(frozen=True)
class Posted:
    """The fields of one form as the browser sent them, of any type."""

    fields: Mapping[str, object]

    def text(self, name: str) -> str:
        """What was written; empty where nothing was. What is fit to keep is for `data.written` to say."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InputRefused(f"{name}: got {type(value).__name__}, expected text. Reload the page.", _STALE)
        return value.strip()

    def code(self, name: str) -> str:
        """A choice that must have been made."""
        found = self.text(name)
        if not found:
            raise InputRefused(
                f"{name}: nothing was chosen. Choose one and send again.", "尚有必选项未选择，请选择后再提交。"
            )
        return found[:60]

    def number(self, name: str) -> int:
        """A row's number, as the page itself put it on a button."""
        found = self.text(name)
        if not re.fullmatch(r"[0-9]{1,9}", found):
            raise InputRefused(f"{name}: got {found[:20]!r}, expected a number. Reload the page.", _STALE)
        return int(found)

    def amount(self, name: str) -> float | None:
        """An amount or a quantity; None where left empty."""
        try:
            return amount_of(self.fields.get(name))
        except ValueError:
            raise InputRefused(
                f"{str(self.fields.get(name))[:20]!r} is not an amount: a number of zero or more, such as 1200.50.",
                f"“{str(self.fields.get(name))[:20]}”不是有效数字，应为不小于零的数，例如 1200.50；没有则留空。",
            ) from None

    def day(self, name: str) -> date | None:
        """A date; None where left empty."""
        found = self.text(name)
        if not found:
            return None
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise InputRefused(
                f"{found[:20]!r} is not a date: year, month and day, such as 2026-11-22.",
                f"“{found[:20]}”不是有效日期，应为年-月-日，例如 2026-11-22。",
            ) from None

    def day_needed(self, name: str) -> date:
        """A date that must have been given."""
        found = self.day(name)
        if found is None:
            raise InputRefused("The date is missing. Give it and send again.", "尚未填写日期，请填写后再提交。")
        return found


_STALE = "这一页已不完整，未写入任何内容。请刷新后重试。"


def amount_of(written: object) -> float | None:
    """The amount a person wrote; None where left empty. Raises ValueError for what is not an amount."""
    if written is None:
        return None
    text = re.sub(r"[,，\s]", "", written) if isinstance(written, str) else "?"
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        raise ValueError("an amount is digits, with at most one point")
    return float(text)
