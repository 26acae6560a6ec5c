"""Penalties on enterprises, what else was done about them, and the hotline, with what is planted in them (M25).

Source: field/models.md, M25; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject

_PENALTIES_A_YEAR, _TICKETS_A_YEAR = 700, 6_500
"""For 100,000 residents."""
_KINDS = ("占道经营", "扬尘污染", "噪声扰民", "油烟排放", "超限运输", "消防隐患")
_AGENCIES = ("县综合执法局", "市生态环境局县分局", "县住建局", "县交通局", "县消防救援大队")
_TOPICS = ("环境卫生", "噪声扰民", "物业管理", "道路破损", "违法建设", "消费纠纷")


def ordinary_penalties(ground: Ground) -> dict[str, pd.DataFrame]:
    """Penalties as they should be, one for a wrong; measures; tickets of the hotline, few of which name an enterprise.

    Returns: the registers `enterprise_penalty`, `licence_action` and `hotline`.
    """
    draw, calendar = draw_from(ground.seed, "penalties"), ground.calendar
    years = (calendar.n_months + LEAD_MONTHS) / 12
    start = calendar.register_start.astype("datetime64[D]")
    candidates = np.setdiff1d(_penalised(ground), _repeaters(ground))
    n = max(20, int(_PENALTIES_A_YEAR * years * ground.people.n / 100_000))
    enterprise = np.sort(draw.choice(candidates, min(n, len(candidates)), replace=False))
    n = len(enterprise)
    decided = start + days(draw.integers(0, int(years * 365), n))
    town = draw.integers(0, len(ground.places.towns), n)
    handler = ground.officials.handlers[town, draw.integers(0, 4, n)]
    kind = draw.integers(0, len(_KINDS), n)
    rows = _penalty_rows(draw, ground, enterprise, decided, kind, handler)
    acted = draw.random(n) < 0.3
    tickets = max(40, int(_TICKETS_A_YEAR * years * ground.people.n / 100_000))
    opened = start + days(draw.integers(0, int(years * 365), tickets))
    named = np.where(draw.random(tickets) < 0.05, draw.choice(candidates, tickets), -1)
    return {
        "enterprise_penalty": rows,
        "licence_action": pd.DataFrame(
            {
                "uscc": texts_of(ground.enterprises.uscc, enterprise[acted]),
                "kind": texts_of(_KINDS, kind[acted]),
                "action": draw.choice(("限期整改", "暂扣许可", "约谈企业"), int(acted.sum())),
                "acted_on": decided[acted] + np.timedelta64(10, "D"),
                "received_on": decided[acted] + np.timedelta64(20, "D"),
            }
        ),
        "hotline": _ticket_rows(draw, ground, opened, named),
    }


def _penalised(ground: Ground) -> Integers:
    """Enterprises of the county that were there before its registers begin, firms first."""
    enterprises = ground.enterprises
    old = enterprises.registered_on < ground.calendar.register_start.astype("datetime64[D]")
    return np.flatnonzero(old & (enterprises.village >= 0) & (enterprises.status == "active"))


def _repeaters(ground: Ground) -> Integers:
    """The enterprises set apart for those penalised again and again, in a fixed order."""
    n = max(12, ground.preset.n_alerts // 25)
    chosen: Integers = draw_from(ground.seed, "repeaters").permutation(_penalised(ground))[:n]
    return chosen


def _penalty_rows(
    draw: np.random.Generator,
    ground: Ground,
    enterprise: Integers,
    decided: Dates,
    kind: Integers,
    handler: Integers,
) -> pd.DataFrame:
    n = len(enterprise)
    village = ground.enterprises.village[enterprise]
    return pd.DataFrame(
        {
            "uscc": texts_of(ground.enterprises.uscc, enterprise),
            "enterprise": texts_of(ground.enterprises.name, enterprise),
            "region": texts_of(ground.places.towns, ground.places.town_of[village]),
            "site": "主营业场所",
            "kind": texts_of(_KINDS, kind),
            "agency": texts_of(_AGENCIES, kind % len(_AGENCIES)),
            "amount": np.round(np.exp(draw.normal(7.6, 0.9, n)), -2).clip(100),
            "decided_on": decided,
            "handler_id": texts_of(ground.people.id_no, handler),
            "received_on": decided + days(draw.integers(2, 15, n)),
        }
    )


def _ticket_rows(draw: np.random.Generator, ground: Ground, opened: Dates, enterprise: Integers) -> pd.DataFrame:
    """The register `hotline`; an enterprise of -1 is none."""
    n = len(opened)
    return pd.DataFrame(
        {
            "region": texts_of(ground.places.villages, draw.integers(0, len(ground.places.villages), n)),
            "uscc": texts_of(ground.enterprises.uscc, np.maximum(enterprise, 0)).where(enterprise >= 0),
            "topic": texts_of(_TOPICS, draw.integers(0, len(_TOPICS), n)),
            "opened_on": opened,
            "satisfied": draw.random(n) < 0.9,
            "received_on": opened + days(draw.integers(0, 3, n)),
        }
    )


def plant_repeat_penalty(ground: Ground, recipe: Recipe) -> Planted:
    """M25: an enterprise is fined again and again for one wrong, and nothing else is done."""
    draw = draw_from(ground.seed, "plant M25")
    episodes = plan_episodes(ground, recipe)
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(genuine)
    repeaters = _repeaters(ground)
    enterprise = repeaters[np.arange(n) % len(repeaters)]
    n_fines = (3 + np.exp(0.1 + 0.7 * hint(draw, genuine, 1.0)).astype(np.int64)).clip(3, 9)
    last = day_within(draw, ground.calendar, episodes["month"].to_numpy()) - days(draw.integers(2, 7, n))
    place = np.repeat(np.arange(n), n_fines)
    which = np.arange(len(place)) - np.repeat(np.cumsum(n_fines) - n_fines, n_fines)
    span = (200 * np.exp(-0.3 * hint(draw, genuine, 0.8))).clip(60, 350)
    decided = last[place] - days((span[place] * which / n_fines[place]).astype(np.int64))
    kind = draw.integers(0, len(_KINDS), n)
    rows = _penalty_rows(draw, ground, enterprise[place], decided, kind[place], episodes["handler"].to_numpy()[place])
    sites = flag(draw, mechanism == "many_sites", 0.8, 0.15)[place]
    bodies = flag(draw, mechanism == "many_bodies", 0.8, 0.12)[place]
    rows["site"] = np.where(sites, np.char.add("第", np.char.add((which + 1).astype(str), "门店")), rows["site"])
    rows["agency"] = np.where(bodies, np.array(_AGENCIES)[which % len(_AGENCIES)], rows["agency"])
    rows["received_on"] = np.minimum(rows["received_on"].to_numpy(), ground.calendar.end_on)
    calls = np.exp(0.6 + 0.8 * hint(draw, genuine, 1.0)).astype(np.int64).clip(0, 12)
    called = np.repeat(np.arange(n), calls)
    opened = last[called] - days((draw.random(len(called)) * 0.6 * span[called]).astype(np.int64))
    tickets = _ticket_rows(draw, ground, opened, enterprise[called])
    tickets["satisfied"] = draw.random(len(called)) < np.where(genuine[called], 0.4, 0.75)
    return Planted(
        with_subject(episodes, "enterprise", ground.enterprises.uscc[enterprise]),
        rows={"enterprise_penalty": rows, "hotline": tickets},
    )
