"""Rules of the house, for passwords, sign-ins, queries, random checks: defaults, and what the office made of them.

Source of the defaults: field/rules.md, 4 (GB/T 22239-2019, 8.1.4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, NotFound
from data.people_tables import Policy
from data.rights import Person


@dataclass(frozen=True)
class Rule:
    """A number that the security administrator may set within its range."""

    name: str
    default: int
    least: int
    most: int
    zh: str
    en: str
    loses: tuple[str, str] = ("", "")
    """What is lost at 0, zh and en, where 0 turns something off."""


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("password_length", 10, 8, 64, "口令最短长度（字符）", "shortest password, characters"),
        Rule("password_classes", 3, 1, 4, "口令字符种类（四类中）", "kinds of characters in a password, of four"),
        Rule("password_days", 90, 1, 3650, "口令有效期（天）", "days until a password is to be changed"),
        Rule("password_history", 5, 0, 24, "不得重复使用的历史口令个数", "earlier passwords that may not come back"),
        Rule("one_time_days", 7, 1, 30, "一次性口令有效期（天）", "days a one-time password waits to be used"),
        Rule("failures", 5, 3, 20, "连续失败多少次后锁定", "failures in a row until an account is locked"),
        Rule("locked_minutes", 15, 1, 1440, "锁定时长（分钟）", "minutes an account stays locked"),
        Rule("idle_minutes", 20, 5, 480, "闲置多久自动退出（分钟）", "idle minutes until a sign-in ends"),
        Rule("longest_hours", 12, 1, 24, "一次登录最长时间（小时）", "hours until a sign-in ends in any case"),
        Rule("one_session", 0, 0, 1, "同一账号只允许一处登录（1 是，0 否）", "one sign-in an account (1 yes, 0 no)"),
        Rule(
            "second_factor_required",
            0,
            0,
            2,
            "必须使用动态口令（0 自愿，1 三员，2 全员）",
            "second factor required of (0 nobody, 1 administrators, 2 everybody)",
        ),
        Rule("query_hours", 72, 1, 720, "人员查询获批后最长有效期（小时）", "longest hours a person query stays open"),
        Rule(
            "bulk_reads",
            20,
            1,
            1000,
            "一天内多少次以上查看个人信息记为批量",
            "reads of personal data a day above which it is bulk",
        ),
        Rule(
            "bulk_looks",
            200,
            1,
            100_000,
            "一天内打开多少条以上预警或附件记为批量",
            "alerts and files opened a day above which it is bulk",
        ),
        Rule(
            "check_share",
            5,
            0,
            50,
            "随机抽查比例（新预警的 %）",
            "random check share, percent of new alerts",
            (
                "设为 0 即不再抽查：此后只知道排在前面的预警的查实率，"
                "全部预警的查实率、漏掉多少、评分是否可信都无从知道。",
                "At 0 nothing is checked at random: from then on only what ranks high is known, and neither the "
                "confirmation rate of all alerts, nor what is missed, nor whether the scores still hold.",
            ),
        ),
    )
}
DEFAULTS: Mapping[str, int] = {rule.name: rule.default for rule in RULES.values()}


def value(session: Session, name: str) -> int:
    """What a rule is set to, or its default. Raises KeyError for a name that is no rule."""
    kept = session.get(Policy, name)
    return RULES[name].default if kept is None else kept.value


def values(session: Session) -> dict[str, int]:
    """Every rule with what it is set to, in one query."""
    kept = session.execute(select(Policy.name, Policy.value)).all()
    return {**DEFAULTS, **{name: value for name, value in kept if name in DEFAULTS}}


def put(session: Session, by: Person, name: str, value: int, *, at: datetime) -> None:
    """Set a rule, on record with what it was. Raises NotPermitted, NotFound, InputRefused outside its range."""
    by.must("grants")
    rule = RULES.get(name)
    if rule is None:
        raise NotFound(f"There is no rule {name!r}; expected one of {', '.join(RULES)}.", f"没有名为“{name}”的策略项。")
    if not rule.least <= value <= rule.most:
        raise InputRefused(
            f"{rule.en}: got {value}, expected {rule.least} to {rule.most}; give a number within that.",
            f"{rule.zh}：输入 {value}，应在 {rule.least} 至 {rule.most} 之间。",
        )
    kept = session.get(Policy, name, with_for_update=True)
    before = rule.default if kept is None else kept.value
    if kept is None:
        session.add(Policy(name=name, value=value, set_by=by.code[:40], set_at=at))
    else:
        kept.value, kept.set_by, kept.set_at = value, by.code[:40], at
    said = {"before": before, "after": value}
    audit.note(session, by.code, "policy.put", "policy", name, at=at, address=by.address, detail=said)
