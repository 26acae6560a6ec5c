"""Whom or what a person query is about: read from what was typed, kept masked with the numbers sealed.

One line a subject: `姓名 身份证号`, `企业名称 统一社会信用代码`, `招标 编号` or `项目 编号`; names may be left out.
A name alone is nobody: too many people bear it. Source: field/rules.md, 3.2 and 5.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.credit_codes import fault_of
from data.errors import InputRefused
from data.feed_values import narrow
from data.identity import mask_name, mask_number, seal, subject_key, unseal
from data.identity_numbers import read_number
from data.people_tables import QuerySubject
from data.written import written

SIDES = ("subject", "other")
"""subject: whom or what it is about; other: whom or what that is compared with."""
KINDS: Mapping[str, tuple[str, str]] = {
    "person": ("人员", "person"),
    "enterprise": ("企业", "enterprise"),
    "tender": ("招标", "tender"),
    "project": ("项目", "project"),
}
"""Kind of subject to its name in Chinese and English."""
MOST = 20
"""Subjects of one query, both sides together: a query is about somebody, not about a village."""
_WORDS = {
    "招标": "tender",
    "标段": "tender",
    "tender": "tender",
    "项目": "project",
    "工程": "project",
    "project": "project",
}
_LONGEST_NAME, _LONGEST_CODE = 60, 60
_KEYS = {"person": ("person",), "enterprise": ("enterprise",), "tender": ("other", "project"), "project": ("project",)}
"""Kinds of subjects as alerts have them that each kind may be: rules about a tender call it other."""
_BORN = re.compile(r"[0-9]{6}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]")
"""What is meant as an identity number: one in 31 that is mistyped would pass for a credit code, and those are shown."""
_CHECKED = re.compile(r"[0-9][0-9Xx*\- ]{13,}|[0-9A-Z]{18}")

_CREDIT = re.compile(r"(?=.{0,16}[A-Z])[0-9A-Z]{18}")
"""What can be no identity number: a letter before the last character."""
_FIRM = re.compile(r"公司|厂|店|社$|中心|企业|集团|协会|部$|院$")


@dataclass(frozen=True)
class Subject:
    """Somebody or something a query is about, in the clear: held in memory only."""

    side: str
    kind: str
    name: str
    number: str
    """Identity number, credit code, or the number of the tender or project."""

    @property
    def display(self) -> str:
        """As it may be shown: a person masked."""
        if self.kind == "person":
            return f"{mask_name(self.name)} {mask_number(self.number)}".strip()
        said = self.name if self.kind == "enterprise" else KINDS[self.kind][0]
        return f"{said} {self.number}".strip()

    @property
    def key(self) -> str:
        """Keyed hash of its number, as alerts about it have."""
        return self.keys[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every keyed hash under which an alert may be about it."""
        return tuple(subject_key(kind, self.number) for kind in _KEYS[self.kind])


def read_subjects(text: str, side: str) -> list[Subject]:
    """The subjects of a text, one a line, blank lines left out; one that is named twice is there once.

    Raises InputRefused, which never repeats a number.
    """
    lines = [(at, line) for at, line in enumerate(str(text).splitlines(), start=1) if narrow(line)]
    found: dict[tuple[str, str], Subject] = {}
    for at, line in lines:
        subject = _read(line, at, side)
        found.setdefault((subject.kind, subject.number), subject)
    return list(found.values())


def _read(line: str, at: int, side: str) -> Subject:
    words = re.split(r"[\s,，:：\t]+", narrow(line).strip())
    first = words[0].lower()
    if first in _WORDS and len(words) > 1:
        code = written(" ".join(words[1:]), name="number", least=1, most=_LONGEST_CODE)
        return Subject(side, _WORDS[first], "", code)
    number = words[-1]
    name = written(" ".join(words[:-1]), name="name", most=_LONGEST_NAME)
    if len(number) == 18 and not _BORN.fullmatch(number) and fault_of(number.upper()) in ("", "organisation"):
        return Subject(side, "enterprise", name, number.upper())
    if not _CHECKED.fullmatch(number):
        raise InputRefused(
            f"Line {at}: expected a name and an identity number, a name and a credit code, or 招标 or 项目 with its "
            "number. A name alone is borne by too many people: add the number.",
            f"第 {at} 行：应为“姓名 身份证号”“企业名称 统一社会信用代码”“招标 编号”或“项目 编号”。"
            "只有姓名无法比对（同名者多），请补充证号。",
        )
    if _CREDIT.fullmatch(number.upper()) or (len(number) == 18 and _FIRM.search(name)):
        raise InputRefused(
            f"Line {at}: the credit code does not agree with its check character or has other signs. Compare it with "
            "the licence.",
            f"第 {at} 行：统一社会信用代码的校验位不符或含其他符号，请与营业执照核对。",
        )
    try:
        return Subject(side, "person", name, read_number(number))
    except InputRefused as error:
        raise InputRefused(f"Line {at}: {error}", f"第 {at} 行：{error.zh}") from error


def check(subjects: Sequence[Subject]) -> None:
    """Raises InputRefused for nobody at all, too many, or the same on both sides."""
    if not any(one.side == "subject" for one in subjects):
        raise InputRefused("Nobody and nothing is asked about; write one a line.", "没有填写查询对象，请每行写一个。")
    if len(subjects) > MOST:
        raise InputRefused(
            f"The query names {len(subjects)} people and things; expected at most {MOST}. Ask for less.",
            f"查询对象和比对对象共 {len(subjects)} 个，最多 {MOST} 个，请减少。",
        )
    numbers = [(one.kind, one.number) for one in subjects]
    if len(numbers) != len(set(numbers)):
        raise InputRefused(
            "The same person or thing stands on both sides; leave it on one.",
            "同一对象既是查询对象又是比对对象，请只保留一处。",
        )


def keep(session: Session, query_id: int, subjects: Iterable[Subject]) -> None:
    """Keep the subjects of a query: displays masked, names and numbers sealed."""
    session.add_all(
        QuerySubject(
            query_id=query_id,
            side=one.side,
            kind=one.kind,
            subject_key=one.key,
            display=one.display[:100],
            sealed=seal(json.dumps({"name": one.name, "number": one.number}, ensure_ascii=False)),
        )
        for one in subjects
    )
    session.flush()


def kept(session: Session, query_ids: Iterable[int]) -> dict[int, list[QuerySubject]]:
    """The subjects of queries, in the order in which they were typed."""
    found = {number: list[QuerySubject]() for number in query_ids}
    rows = session.scalars(select(QuerySubject).where(QuerySubject.query_id.in_(found)).order_by(QuerySubject.id))
    for row in rows:
        found[row.query_id].append(row)
    return found


def opened(rows: Iterable[QuerySubject]) -> list[Subject]:
    """Kept subjects with names and numbers in the clear: for comparing and for whom may be shown, never for storing."""
    contents = [(row, json.loads(unseal(row.sealed))) for row in rows]
    return [Subject(row.side, row.kind, content["name"], content["number"]) for row, content in contents]


def in_language(display: str, language: str) -> str:
    """A display as a page in this language has it: kept displays call a tender and a project by their Chinese name."""
    for kind in ("tender", "project"):
        chinese, english = KINDS[kind]
        if language != "zh" and display.startswith(f"{chinese} "):
            return english + display.removeprefix(chinese)
    return display


def named(rows: Sequence[QuerySubject], language: str = "zh") -> str:
    """In a few words whom or what a query is about, masked: the first subject and how many more."""
    subjects, others = ([row for row in rows if row.side == side] for side in SIDES)
    if not subjects:
        return ""
    chinese = language == "zh"
    said = in_language(subjects[0].display, language)
    if len(subjects) > 1:
        said += f" 等 {len(subjects)} 个对象" if chinese else f" and {len(subjects) - 1} more"
    if others:
        said += f"，与 {len(others)} 个对象比对" if chinese else f", compared with {len(others)}"
    return said
