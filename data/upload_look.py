"""What a column of a file looks like: type and kind by its values, and what an office's own register would call it."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from data.column_kinds import kind_of
from data.feed_values import MISSING_WORDS, narrow, read_text
from data.identity_numbers import PATTERN
from data.register_catalogue import PLACE_WORDS, REGISTERS, Register, RegisterColumn
from data.upload_tables import plain
from data.upload_values import chinese_date

N_LOOKED = 2000
_MOST = 0.8
"""Share of the values that must look alike."""
_OLD_NUMBER = r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
_NAMES = re.compile(
    r"姓名|名字|经办人|经手人|审核人|复核人|负责人|联系人|户主|领取人|收款人|法定代表人|法人|配偶|父亲|母亲|承租人"
)
_SURNAMES = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff·]{2,12}")
CODES = re.compile(r"编号|代码|号码|序号|号$|编码|id$|no$", re.IGNORECASE)
"""What the label of a column says that holds codes, not amounts."""
_NUMBER = re.compile(r"[-+¥]?\d{1,3}(?:,\d{3})+(?:\.\d+)?元?|[-+¥]?\d+(?:\.\d+)?(?:元|万元|万|亿元|%)?")
_PLACE_CODE = re.compile(r"\d{6}|\d{9}|\d{12}")
_DATE = re.compile(
    r"\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?(?:[ T].*)?|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_MONTH = re.compile(r"(?:19|20)\d{2}(?:年|[-./])?(?:0?[1-9]|1[0-2])月?")
_FLAGS = {"是", "否", "有", "无", "true", "false", "y", "n", "yes", "no", "√", "×"}
_SERIAL = re.compile(r"[2-5]\d{4}(?:\.0)?")


@dataclass(frozen=True)
class Look:
    """What a column is: its type, its kind, and whether it is personal."""

    look: str
    """A kind of numbers (identity, credit, phone, account) or a type."""
    type: str
    kind: str = ""
    personal: bool = False


def look_of(cells: "pd.Series[Any]", title: str) -> Look:
    """What a column's first values look like; its title decides where the values alone do not."""
    some = cells.dropna()
    texts = [narrow(text).lstrip("'") for text in read_text(some.head(N_LOOKED)).dropna()]
    texts = [text for text in texts if text.lower() not in MISSING_WORDS or text == "无"]
    if not texts:
        return Look("text", "text")
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or _share(texts, _is_date(title)) >= _MOST:
        return Look("date", "date")
    return _numbers_of_people(texts, title) or _plain_types(texts, title)


def _share(texts: Sequence[str], fits: "re.Pattern[str]") -> float:
    return sum(bool(fits.fullmatch(text)) for text in texts) / len(texts)


def _is_date(title: str) -> "re.Pattern[str]":
    serial = re.search(r"日期|时间|年月日", title)
    return re.compile(f"{_DATE.pattern}|{_SERIAL.pattern}") if serial else _DATE


def _numbers_of_people(texts: Sequence[str], title: str) -> Look | None:
    if _share(texts, re.compile(f"{PATTERN}|{_OLD_NUMBER}|\\d\\.\\d+[eE]\\+17")) >= _MOST / 2:
        return Look("identity", "text", "identity", personal=True)
    if _share(texts, re.compile(r"[0-9A-HJ-NP-RT-UW-Ya-y]{2}\d{6}[0-9A-HJ-NP-RT-UW-Ya-y]{10}")) >= _MOST:
        return Look("credit", "text", "credit")
    if _share(texts, re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")) >= _MOST and not re.search("金额", title):
        return Look("phone", "text", "phone", personal=True)
    if re.search(r"账号|卡号|账户", title) and _share(texts, re.compile(r"[\d\s]{8,30}")) >= _MOST:
        return Look("account", "text", "account", personal=True)
    if _NAMES.search(title) and _share(texts, _SURNAMES) >= _MOST / 2:
        return Look("person", "text", "person", personal=True)
    return None


def _plain_types(texts: Sequence[str], title: str) -> Look:
    if _share(texts, _MONTH) >= _MOST and (re.search(r"月|期", title) or _share(texts, re.compile(r".*\D.*")) >= _MOST):
        return Look("month", "month")
    if _share([chinese_date(text) for text in texts], _DATE) >= _MOST:
        return Look("date", "date")
    if _share([chinese_date(text) for text in texts], _MONTH) >= _MOST and not _share(texts, _NUMBER):
        return Look("month", "month")
    if {text.lower() for text in texts} <= _FLAGS:
        return Look("flag", "flag")
    if any(word in title for word in PLACE_WORDS) and _share(texts, _PLACE_CODE) >= _MOST:
        return Look("text", "text")
    padded = any(re.fullmatch(r"0\d+", text) for text in texts)
    if _share(texts, _NUMBER) >= _MOST and not padded and not CODES.search(title.strip()):
        return Look("number", "number")
    return Look("text", "text")


_USUAL_WORDS: Mapping[str, str] = {
    plain(word): name
    for name, words in reversed(tomllib.loads((Path(__file__).parent / "upload_words.toml").read_text("utf-8")).items())
    # What is a place or a number of a person is told by the values, not by what the column is called.
    if name not in ("region", "village", "county", "name") and not name.endswith(("_id", "id_no", "_region", "uscc"))
    for word in words.split(",")
}
"""What departments call a column -> its name in the built-in registers."""


def _usual_names() -> dict[str, str]:
    """Label -> the name that most of the built-in registers give a column of that label."""
    names: dict[str, Counter[str]] = {}
    for register in REGISTERS.values():
        for column in register.columns.values():
            names.setdefault(plain(column.label), Counter())[column.name] += 1
    return {label: counts.most_common(1)[0][0] for label, counts in names.items()}


def propose(frame: pd.DataFrame, *, code: str, name: str, supplier: str = "") -> Register:
    """A register of the office's own for the columns of a file: types, labels, what is personal, no key yet."""
    usual = _usual_names()
    columns: dict[str, RegisterColumn] = {}
    for place, title in enumerate(map(str, frame.columns), start=1):
        found = look_of(frame[title], title)
        blank = frame[title].isna() | (frame[title].astype("str").str.strip() == "")
        wanted = usual.get(plain(title)) or _kind_name(found) or _usual_word(plain(title))
        wanted = wanted or _ascii_name(title) or f"column_{place}"
        column = RegisterColumn(
            name=_free(wanted, columns),
            type=found.type,
            label=title[:60],
            personal=found.personal,
            optional=bool(blank.any()),
        )
        kind = found.kind if found.kind != kind_of(column) else ""
        columns[column.name] = RegisterColumn(**{**column.__dict__, "kind": kind})
    return Register(code, name, name, supplier or "本单位", columns)


def _kind_name(found: Look) -> str:
    return {"identity": "id_no", "credit": "uscc", "phone": "phone", "account": "account_no", "person": "name"}.get(
        found.kind, ""
    )


def _usual_word(title: str) -> str:
    """The name that a title, or what is left of it without 原 or 现 before it, has in the built-in registers."""
    return _USUAL_WORDS.get(title) or _USUAL_WORDS.get(title.removeprefix("原").removeprefix("现"), "")


def _ascii_name(title: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") if title.isascii() else ""
    return name[:30] if re.match(r"[a-z]", name) and name not in ("received_on", "replaced_on") else ""


def _free(wanted: str, taken: Iterable[str]) -> str:
    names = set(taken)
    return next(n for n in (wanted, *(f"{wanted[:26]}_{i}" for i in range(2, 1000))) if n not in names)


def key_candidates(frame: pd.DataFrame, register: Register) -> list[tuple[str, ...]]:
    """Columns, or pairs of them, that tell every row from every other, the plainest first; at most five.

    frame: columns by the register's names.
    """
    columns = [c for c in register.columns.values() if c.name in frame.columns and not c.optional]
    columns = [c for c in columns if c.type != "number" and c.type != "flag"]
    columns.sort(key=lambda c: (c.type != "text", kind_of(c) == "person", not CODES.search(c.label)))
    codes = {c.name: pd.factorize(frame[c.name])[0] for c in columns[:8]}
    alone = [(name,) for name, values in codes.items() if len(frame) and len(set(values)) == len(frame)]
    pairs = [
        (one, other)
        for one, other in combinations(codes, 2)
        if (one,) not in alone and (other,) not in alone
        if not pd.DataFrame({"a": codes[one], "b": codes[other]}).duplicated().any()
    ]
    return [*alone, *pairs][:5]
