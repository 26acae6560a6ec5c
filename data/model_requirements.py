"""What must be seen of a supervision model before somebody may submit or approve it.

No alert is raised by a model whose effect was not seen beforehand: a policy in force, a back-test of this very text in
this very region, and its blind sample judged.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.cards import Card, read_card
from data.model_tables import BackTest, SampleVerdict
from data.office_time import shanghai_day
from data.tables import SupervisionModel


@dataclass(frozen=True)
class Unmet:
    """Something that is still missing."""

    code: str
    """basis, back_test or sample."""
    zh: str
    en: str


def in_force(card: Card, on: date) -> bool:
    """Whether a written rule that the card rests on is in force on a day."""
    return any(one.valid_from <= on and (one.valid_to is None or on <= one.valid_to) for one in card.policies)


def last_back_test(session: Session, row: SupervisionModel) -> BackTest | None:
    """The newest back-test of a version's present text and region, in whatever state it is."""
    query = select(BackTest).where(
        BackTest.code == row.code, BackTest.version == row.version, BackTest.card_hash == row.card_hash,
        BackTest.region_code == row.region_code,
    )  # fmt: skip
    return session.scalars(query.order_by(BackTest.id.desc()).limit(1)).first()


def unjudged(session: Session, test: BackTest) -> int:
    """Rows of a back-test's sample that nobody judged yet."""
    drawn = len(json.loads(test.sample or "[]"))
    seen = session.scalars(select(SampleVerdict.number).where(SampleVerdict.back_test_id == test.id)).all()
    return drawn - len(seen)


def judges(session: Session, row: SupervisionModel) -> frozenset[str]:
    """Who judged rows of the sample of a version's back-test."""
    test = last_back_test(session, row)
    if test is None:
        return frozenset()
    return frozenset(
        session.scalars(select(SampleVerdict.judged_by).where(SampleVerdict.back_test_id == test.id).distinct())
    )


def unmet(session: Session, row: SupervisionModel, *, at: datetime) -> list[Unmet]:
    """What is missing before a version may be submitted or approved, in the order in which it is to be done."""
    found = []
    if not in_force(read_card(row.card), shanghai_day(at)):
        found.append(Unmet("basis", "没有现行有效的政策依据", "a legal basis that is in force"))
    test = last_back_test(session, row)
    if test is None or test.state != "done":
        return [*found, Unmet("back_test", "尚未完成对现有内容的回测", "a finished back-test of its present text")]
    if not json.loads(test.sample or "[]") and json.loads(test.result or "{}").get("now"):
        return [
            *found,
            Unmet("back_test", "回测有命中却没有抽取样本，请重新回测", "a back-test that draws a sample: run it again"),
        ]
    if left := unjudged(session, test):
        found.append(Unmet("sample", f"盲评样本还有 {left} 行未判断", f"{left} rows of its blind sample to be judged"))
    return found
