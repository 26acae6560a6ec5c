"""Planted episodes in contracts for works: split, kept just below the limit, or raised past it (M12).

Source: field/models.md, M12; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Floats, Integers, days, draw_from
from data.simulator.contracts import FUNDS, builders, contract_rows, limits_on
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.projects import minute_rows, project_rows, village_in_town

_WORKS = (
    "村民公园建设", "农贸市场翻建", "河道清淤整治", "老年食堂改建", "生态停车场建设", "公共厕所新建",
    "山塘除险加固", "党群服务中心装修", "便民桥梁修建", "绿化景观提升", "集中墓地迁建", "标准厂房修复",
)  # fmt: skip
"""What nobody builds ordinarily, so that no other contract of the village is alike."""
_PARTS, _PHASES = ("东段", "西段", "南段", "北段"), ("一期", "二期", "三期", "四期")
_SPLIT = ("split_works", "separate_works", "framework_calls", "emergency_repairs", "tendered_in_parts")
_NEAR = ("shaved_budget", "price_book_budget")
"""Mechanisms that make several contracts, and those that make one just below the limit; the others make one varied."""


def plant_split_contract(ground: Ground, recipe: Recipe) -> Planted:
    """M12: works are split into contracts below the limit, or one is kept below it or raised past it; or seem to be."""
    draw = draw_from(ground.seed, "plant M12")
    episodes = plan_episodes(ground, recipe)
    genuine = episodes["genuine"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(episodes)
    split, near = np.isin(mechanism, _SPLIT), np.isin(mechanism, _NEAR)
    n_parts = np.where(split, 2 + np.minimum(np.exp(0.7 * hint(draw, genuine, 0.6)).astype(np.int64), 2), 1)
    place = np.repeat(np.arange(n), n_parts)
    part = np.arange(len(place)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    received, signed = _days(draw, ground, episodes, n_parts, place, part)
    village = village_in_town(draw, ground, episodes["town"].to_numpy())
    phased = flag(draw, mechanism == "separate_works", 0.4, 0.06)
    names = _names(village, split, phased, place, part)
    projects = project_rows(
        draw,
        ground,
        names,
        village[place],
        "F",
        signed - days(draw.integers(30, 90, len(place))),
        signed - days(draw.integers(2, 6, len(place))),
        signed + days(draw.integers(3, 20, len(place))),
    )
    urgent = split & flag(draw, mechanism == "emergency_repairs", 0.8, 0.05)
    share = _shares_of_limit(draw, genuine, split, near, place)
    projects["budget"] = (share * limits_on(ground, signed)).round(-2)
    projects["is_emergency"] = urgent[place]
    handler = texts_of(ground.people.id_no, episodes["handler"].to_numpy()[place])
    projects["handler_id"] = handler
    firms = builders(ground)
    one_firm = flag(draw, genuine, 0.65, 0.35)[place]
    first, others = draw.integers(0, len(firms), n)[place], draw.integers(0, len(firms), len(place))
    contracts = contract_rows(draw, ground, "F", projects, firms[np.where(one_firm, first, others)], signed)
    first_fund, two_funds = draw.integers(0, len(FUNDS), n), flag(draw, mechanism == "separate_works", 0.5, 0.1)
    contracts["funding_source"] = texts_of(FUNDS, (first_fund[place] + part * two_funds[place]) % len(FUNDS))
    contracts["is_framework"] = (split & flag(draw, mechanism == "framework_calls", 0.8, 0.04))[place]
    contracts["tendered"] = (split & flag(draw, mechanism == "tendered_in_parts", 0.85, 0.03))[place]
    varied = ~(split | near)[place]
    percent = 0.11 + 0.1 * np.exp(0.5 * hint(draw, genuine, 0.6))[place]
    contracts["variation_amount"] = np.where(varied, (contracts["amount"] * percent).round(-1), 0.0)
    minuted = urgent[place] & flag(draw, genuine, 0.3, 0.75)[place]
    met = (signed + days(draw.integers(-5, 2, len(place))))[minuted]
    minutes = minute_rows(draw, ground, village[place[minuted]], projects["project_id"][minuted], met)
    rows = {
        "project": projects.assign(actual_start=np.full(len(place), np.datetime64("NaT", "D")), received_on=signed),
        "contract": contracts.assign(received_on=received),
        "meeting_minute": minutes.assign(received_on=received[minuted]),
    }
    numbers = contracts["contract_id"].to_numpy()[part == 0]
    return Planted(with_subject(episodes, "other", numbers), rows=rows)


def _days(
    draw: np.random.Generator,
    ground: Ground,
    episodes: pd.DataFrame,
    n_parts: Integers,
    place: Integers,
    part: Integers,
) -> tuple[Dates, Dates]:
    """When each contract was received and signed; the last of an episode comes in its month."""
    genuine = episodes["genuine"].to_numpy()
    span = np.exp(4.0 - 0.7 * hint(draw, genuine, 0.6)).clip(4, 160)
    back = (span[place] * (1 - part / np.maximum(n_parts - 1, 1)[place])).astype(np.int64)
    last = day_within(draw, ground.calendar, episodes["month"].to_numpy())
    received: Dates = last[place] - days(np.where(n_parts[place] > 1, back, 0))
    return received, received - days(draw.integers(1, 6, len(episodes)))[place]


def _names(village: Integers, split: Flags, phased: Flags, place: Integers, part: Integers) -> "pd.Series[str]":
    """What each contract builds: no village builds alike in two episodes, and the parts of one differ by a word."""
    turn = pd.Series(village).groupby(village).cumcount().to_numpy()
    works = texts_of(_WORKS, ((turn + village) % len(_WORKS))[place])
    ending = np.where(phased[place], np.array(_PHASES)[part], np.array(_PARTS)[part])
    return works + pd.Series(np.where(split[place], ending, "工程")).astype("str")


def _shares_of_limit(draw: np.random.Generator, genuine: Flags, split: Flags, near: Flags, place: Integers) -> Floats:
    """Each contract's budget as a share of the limit: parts reach it together, what is kept below it comes near."""
    close = 1 - 0.03 * np.exp(-0.8 * hint(draw, genuine, 0.8)).clip(0.02, 3.2)
    pressed = draw.random(len(place)) < np.where(genuine, 0.4, 0.2)[place]
    parts = np.where(pressed, draw.uniform(0.91, 0.99, len(place)), draw.uniform(0.53, 0.88, len(place)))
    single = np.where(near, close, 0.86 + 0.1 * np.tanh(0.5 * hint(draw, genuine, 0.8)))
    chosen: Floats = np.where(split[place], parts, single[place]).round(3)
    return chosen
