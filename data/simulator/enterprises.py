"""Invented enterprises: firms and individual businesses, what they trade in, and who holds a post or a share in them.

Nothing here can be anybody's: credit codes lie in the unassigned region 99. Source: field/simulator.md, 1 and 3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Calendar, Dates, Flags, Floats, Integers, Texts, days, draw_from
from data.simulator.numbers import credit_codes
from data.simulator.officials import Officials
from data.simulator.people import People
from data.simulator.places import ELSEWHERE, Places

ACTIVE, DORMANT, CANCELLED = "active", "dormant", "cancelled"
ROLES = ("legal_rep", "shareholder", "supervisor", "manager", "director")
INDUSTRIES: dict[str, tuple[float, tuple[str, str]]] = {
    "农业": (0.07, ("农业开发", "农场")),
    "畜牧业": (0.03, ("养殖", "养殖场")),
    "农副食品加工业": (0.04, ("食品", "粮油坊")),
    "纺织业": (0.03, ("纺织", "缝纫店")),
    "非金属矿物制品业": (0.03, ("建材", "石料店")),
    "金属制品业": (0.03, ("五金制品", "铁艺店")),
    "土木工程建筑业": (0.06, ("建设工程", "施工队")),
    "建筑装饰业": (0.05, ("装饰工程", "装修部")),
    "批发业": (0.11, ("贸易", "批发部")),
    "零售业": (0.18, ("商贸", "便利店")),
    "道路运输业": (0.06, ("运输", "货运部")),
    "住宿业": (0.02, ("宾馆", "民宿")),
    "餐饮业": (0.10, ("餐饮管理", "饭店")),
    "软件和信息技术服务业": (0.02, ("信息技术", "电脑部")),
    "房地产业": (0.02, ("房地产开发", "房产中介部")),
    "商务服务业": (0.04, ("咨询服务", "广告店")),
    "旅行社": (0.01, ("旅行社", "旅游服务部")),
    "专业技术服务业": (0.03, ("工程咨询", "测绘部")),
    "公共设施管理业": (0.02, ("物业服务", "保洁服务部")),
    "居民服务业": (0.03, ("家政服务", "理发店")),
    "废弃资源综合利用业": (0.02, ("再生资源", "废品回收站")),
}
"""Industry to its share of enterprises, and what a firm and an individual business of it is called."""
_FIRMS, _INDIVIDUALS = 0.041, 0.09
"""Enterprises a resident."""
_FURTHER = {"supervisor": 0.55, "manager": 0.18, "director": 0.15}
"""Chance that a firm has somebody in a post beside its legal representative."""
_PARTNERS = (0.45, 0.35, 0.15, 0.05)
"""Chance of no, one, two, three shareholders beside the legal representative."""
_OUTSIDE, _DORMANT, _CANCELLED, _LISTED, _IN_GROUP = 0.05, 0.05, 0.07, 0.0005, 0.03
_FIRST = "砚墨笺匣牍轴简谱屏绢毫翰帛篆卷册琴棋纸笔章印函札"
_SECOND = "丰川源和泰安隆达远新宏盛嘉瑞恒昌顺兴康华云山林海石泉溪岭桥舟"
_THIRD = "信诚德仁义礼智勤俭谦敬恭和睦平正清明朗润泽沛茂荣欣悦怡景晖"


@dataclass(frozen=True)
class Enterprises:
    """Every enterprise, in order of number; an enterprise is an index into these arrays."""

    uscc: Texts
    name: Texts
    region: Texts
    """Code of the village it is registered in, or of a county outside."""
    village: Integers
    """Index of that village; -1 outside the world's places."""
    industry: Texts
    """One of `INDUSTRIES`."""
    individual: Flags
    """Whether it is an individual business, whose operator is no role of a firm."""
    status: Texts
    """At the end of the world: active, dormant (active by the register, but without tax or staff) or cancelled."""
    registered_on: Dates
    cancelled_on: Dates
    """Missing for those not cancelled."""
    listed: Flags
    group: Texts
    """Name of the group it belongs to; empty for most."""
    tax_paid: Floats
    n_insured: Integers
    roles: pd.DataFrame
    """Columns: enterprise, person (numbers), role, share_pct, start_date, end_date; one row a post or share."""

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.uscc)

    def trading(self, *, industry: str | None = None, since: np.datetime64 | None = None) -> Integers:
        """Firms of the places that trade: active, not individual, of one industry, registered before a day."""
        wanted = (self.status == ACTIVE) & ~self.individual & ~self.listed & (self.village >= 0)
        if industry is not None:
            wanted &= self.industry == industry
        if since is not None:
            wanted &= self.registered_on < since
        return np.flatnonzero(wanted)


def found_enterprises(
    people: People, places: Places, officials: Officials, calendar: Calendar, seed: int
) -> Enterprises:
    """Found the enterprises of a world: 4,100 firms with 11,000 roles and 9,000 individual businesses a 100,000 people.

    Roles are held by people of 20 to 69 who are neither on the payroll nor village cadres: what breaks that is planted.
    """
    draw = draw_from(seed, "enterprises")
    n_firms = int(people.n * _FIRMS)
    n = n_firms + int(people.n * _INDIVIDUALS)
    individual = np.arange(n) >= n_firms
    outside = draw.random(n) < _OUTSIDE
    village = np.where(outside, -1, draw.integers(0, len(places.villages), n))
    elsewhere = draw.choice(ELSEWHERE, n)
    region = np.where(outside, elsewhere, places.villages[village])
    registered = calendar.first_day - days((draw.beta(1, 3, n) * 8000).astype(np.int64) - calendar.n_months * 25)
    registered = np.minimum(registered, calendar.end_on - days(np.full(n, 40)))
    industry = draw.choice(len(INDUSTRIES), n, p=_shares())
    status, cancelled_on = _ends(draw, calendar, registered)
    sleeping = status != ACTIVE
    n_insured = np.where(sleeping, 0, np.exp(draw.normal(np.where(individual, 0.2, 1.6), 0.9)).astype(np.int64))
    tax = np.where(sleeping, 0, np.exp(draw.normal(np.where(individual, 7.0, 10.0), 1.4))).round(2)
    names = np.array(list(INDUSTRIES))
    grouped = ~individual & (draw.random(n) < _IN_GROUP)
    group = np.char.add(np.array(list(_FIRST))[draw.integers(0, len(_FIRST), n)], "氏集团")
    return Enterprises(
        uscc=credit_codes(
            np.where(individual, "92", "91"),
            np.where(outside, elsewhere, places.county.code),
            np.arange(n) + int(draw.integers(0, 10**9)) + (places.county.number - 1) * 10**9,
        ),
        name=_names(industry, individual),
        region=region,
        village=village,
        industry=names[industry],
        individual=individual,
        status=status,
        registered_on=registered,
        cancelled_on=cancelled_on,
        listed=np.isin(np.arange(n), draw.choice(np.flatnonzero(~individual & ~sleeping), max(3, int(n * _LISTED)))),
        group=np.where(grouped, group, ""),
        tax_paid=tax,
        n_insured=n_insured,
        roles=_roles(draw, people, officials, calendar, registered[:n_firms], cancelled_on[:n_firms]),
    )


def _shares() -> Floats:
    shares = np.array([share for share, _ in INDUSTRIES.values()])
    normal: Floats = shares / shares.sum()
    return normal


def _ends(draw: np.random.Generator, calendar: Calendar, registered: Dates) -> tuple[Texts, Dates]:
    """Status of each at the end, and when those that were cancelled were."""
    n = len(registered)
    chance = draw.random(n)
    status = np.where(chance < _DORMANT, DORMANT, np.where(chance < _DORMANT + _CANCELLED, CANCELLED, ACTIVE))
    lived = (calendar.end_on - registered).astype(np.int64)
    ended = registered + days((lived * draw.uniform(0.4, 0.98, n)).astype(np.int64))
    return status, np.where(status == CANCELLED, ended, np.datetime64("NaT", "D"))


def _names(industry: Integers, individual: Flags) -> Texts:
    """A name for each, no two alike within an industry: three characters, what it trades in, its legal form."""
    order = pd.DataFrame({"industry": industry, "individual": individual}).groupby(["industry", "individual"])
    n_first, n_second, n_third = len(_FIRST), len(_SECOND), len(_THIRD)
    # 7919 is prime and no factor of the number of names, so that each serial gets another one.
    serial = (order.cumcount().to_numpy() * 7919 + industry * 131) % (n_first * n_second * n_third)
    words = [word for _, pair in INDUSTRIES.values() for word in (f"{pair[0]}有限公司", pair[1])]
    parts = (
        np.array(list(_FIRST))[serial % n_first],
        np.array(list(_SECOND))[serial // n_first % n_second],
        np.array(list(_THIRD))[serial // (n_first * n_second)],
        np.array(words)[2 * industry + individual],
    )
    name: Texts = parts[0]
    for part in parts[1:]:
        name = np.char.add(name, part)
    return name


def _roles(
    draw: np.random.Generator,
    people: People,
    officials: Officials,
    calendar: Calendar,
    registered: Dates,
    cancelled_on: Dates,
) -> pd.DataFrame:
    """Who holds which post and share of each firm; the shares of a firm add up to 100."""
    n = len(registered)
    held = {
        "legal_rep": np.arange(n),
        "shareholder": np.repeat(np.arange(n), draw.choice(len(_PARTNERS), n, p=_PARTNERS)),
        **{role: np.flatnonzero(draw.random(n) < share) for role, share in _FURTHER.items()},
    }
    firm = np.concatenate(list(held.values()))
    role = np.repeat(list(held), [len(firms) for firms in held.values()])
    age = people.age_on(calendar.first_day)
    dutiful = np.union1d(officials.employees["person"].to_numpy(), officials.cadres["person"].to_numpy())
    free = np.setdiff1d(np.flatnonzero((age >= 20) & (age < 70)), dutiful)
    roles = pd.DataFrame({"enterprise": firm, "person": draw.choice(free, len(firm)), "role": role})
    roles["share_pct"] = _share_out(draw, roles)
    until = np.where(np.isnat(cancelled_on), calendar.end_on, cancelled_on)[firm]
    since = registered[firm]
    lived = (until - since).astype(np.int64)
    later = (draw.random(len(firm)) < 0.12) * draw.uniform(0.1, 0.7, len(firm))
    start = since + days((lived * later).astype(np.int64))
    served = ((until - start).astype(np.int64) * draw.uniform(0.3, 0.95, len(firm))).astype(np.int64)
    left = (role != "legal_rep") & (draw.random(len(firm)) < 0.06)
    roles["start_date"], roles["end_date"] = start, np.where(left, start + days(served), cancelled_on[firm])
    return roles.drop_duplicates(["enterprise", "person", "role"], ignore_index=True)


def _share_out(draw: np.random.Generator, roles: pd.DataFrame) -> Floats:
    """Percent of the firm that each row holds: legal representatives and shareholders all of it, the others nothing."""
    holds = roles["role"].isin(("legal_rep", "shareholder")).to_numpy()
    weight = draw.gamma(2.0, 1.0, len(roles)) * holds * np.where(roles["role"] == "legal_rep", 2.5, 1.0)
    whole = pd.Series(weight).groupby(roles["enterprise"].to_numpy()).transform("sum").to_numpy()
    share: Floats = (100 * weight / whole).round(1)
    return share
