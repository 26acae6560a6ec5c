"""What the columns of the office's alerts and the codes in them are called: from the cards and the office's tables."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.supervision_models import active_cards
from data.tables import Domain, Region

Pair = tuple[str, str]
"""The same in Chinese and in English."""

_NAMES: Mapping[str, Pair] = {
    "source": ("监督模型", "supervision model"),
    "rule": ("监督规则", "comparison rule"),
    "level": ("预警等级", "level"),
    "subject": ("对象", "subject"),
    "subject_kind": ("对象类别", "kind of subject"),
    "responsible": ("责任人", "person responsible"),
    "recoverable": ("应追金额", "amount to recover"),
    "happened_on": ("发生日期", "date it happened"),
    "registered_on": ("登记日期", "date it was registered"),
    "feed_region": ("地区", "region"),
}
_LEVELS: Mapping[str, Pair] = {"red": ("红", "red"), "orange": ("橙", "orange"), "yellow": ("黄", "yellow")}
_SUBJECT_KINDS: Mapping[str, Pair] = {
    "person": ("个人", "person"),
    "household": ("家庭", "household"),
    "project": ("工程", "project"),
    "village": ("村", "village"),
    "enterprise": ("企业", "enterprise"),
    "other": ("其他", "other"),
}


HASHED = frozenset({"subject", "responsible"})
"""Columns that hold keyed hashes of people's numbers: what is in them is never shown."""


def alert_words(session: Session) -> tuple[dict[str, Pair], dict[str, dict[str, Pair]]]:
    """Names of the columns of `alert_stream`, and by column the names of the codes in it."""
    cards = active_cards(session)
    names = dict(_NAMES)
    for card in cards:
        names |= {attribute: (words[0], words[1]) for attribute, words in card.words.items()}
    values: dict[str, dict[str, Pair]] = {
        "source": {card.code: (card.name, card.name_en) for card in cards},
        "rule": {rule.code: (rule.name, rule.name_en) for card in cards for rule in card.rules},
        "level": dict(_LEVELS),
        "subject_kind": dict(_SUBJECT_KINDS),
        "domain": {d.code: (d.name, d.name_en) for d in session.scalars(select(Domain))},
        "region": {r.code: (r.name, r.name_en) for r in session.scalars(select(Region))},
    }
    return names, values
