"""Hospital stays settled with the medical fund, and records of being elsewhere, with what is planted in them (M30).

Source: field/models.md, M30; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Floats, Integers, days, draw_from
from data.simulator.deaths import die
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.overpayments import DEATH_SOURCE
from data.simulator.planting import Planted, day_within, with_subject

_HOSPITALS = (
    "县人民医院",
    "县中医院",
    "砚田卫生院",
    "墨渊卫生院",
    "竹简医院",
    "笔洗康复医院",
    "书匣护理院",
    "琴谱医院",
)
_WARD, _DAY_WARD = "普通住院", "日间病房"
_STAYS_A_YEAR, _RECORDS_A_YEAR = 0.16, 0.2
"""Each a resident."""
_PLACES = ("外省高铁站", "外市收费站", "外市宾馆", "外省机场")
_KINDS = ("铁路", "公路卡口", "住宿", "民航")
_MODES = (0.55, 0.15, 0.12, 0.18)
"""Shares of the four rules: two hospitals at once, after death, in circles, elsewhere."""


def _stay_rows(
    ground: Ground, person: Integers, hospital: Integers, admitted: Dates, length: Integers, cost: Floats, own: Floats
) -> pd.DataFrame:
    village = ground.people.village[person]
    town = ground.places.town_of[village]
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "region": texts_of(ground.places.villages, village),
            "hospital": texts_of(_HOSPITALS, hospital),
            "kind": _WARD,
            "admit_date": admitted,
            "discharge_date": admitted + days(length),
            "settle_date": admitted + days(length + 1),
            "fund_pay": np.round(cost * (1 - own), 2),
            "own_pay": np.round(cost * own, 2),
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, hospital % 4]),
        }
    )


def ordinary_stays(ground: Ground) -> dict[str, pd.DataFrame]:
    """Stays as they should be: no two of one person, nobody after death; and journeys of people in no hospital."""
    draw = draw_from(ground.seed, "hospital")
    n_months = ground.calendar.n_months + LEAD_MONTHS
    start = ground.calendar.register_start.astype("datetime64[D]")
    free = draw.permutation(np.flatnonzero(~ground.taken))
    n = min(int(ground.people.n * _STAYS_A_YEAR * n_months / 12), len(free) * 2 // 3)
    person, travellers = free[:n], free[n:]
    admitted = start + days(draw.integers(0, n_months * 30, n))
    length = draw.integers(2, 15, n)
    died = die(ground)[person]
    alive = np.isnat(died) | (admitted + days(length) < died)
    person, admitted, length = person[alive], admitted[alive], length[alive]
    n = len(person)
    cost = np.exp(draw.normal(8.6, 0.7, n))
    rows = _stay_rows(
        ground, person, draw.integers(0, len(_HOSPITALS), n), admitted, length, cost, draw.uniform(0.1, 0.5, n)
    )
    rows["received_on"] = rows["settle_date"].to_numpy().astype("datetime64[D]") + days(draw.integers(1, 10, n))
    n_records = max(20, min(int(ground.people.n * _RECORDS_A_YEAR * n_months / 12), len(travellers)))
    seen = start + days(draw.integers(0, n_months * 30, n_records))
    records = _record_rows(draw, ground, travellers[draw.integers(0, len(travellers), n_records)], seen)
    return {"med_settle": rows, "elsewhere_record": records}


def _record_rows(draw: np.random.Generator, ground: Ground, person: Integers, seen: Dates) -> pd.DataFrame:
    n = len(person)
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "day": seen,
            "place": texts_of(_PLACES, draw.integers(0, len(_PLACES), n)),
            "kind": texts_of(_KINDS, draw.integers(0, len(_KINDS), n)),
            "received_on": seen + days(np.ones(n, dtype=np.int64)),
        }
    )


def plant_conflicting_stays(ground: Ground, recipe: Recipe) -> Planted:
    """M30: stays of one person that contradict each other, the person's death or the person's journeys."""
    draw = draw_from(ground.seed, "plant M30")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    age = ground.people.age_on(ground.calendar.first_day)
    person = claim(draw, ground, (age >= 18) & (age < 90), episodes["town"].to_numpy())
    mode = draw.choice(len(_MODES), n, p=_MODES)
    mode = np.where(np.isin(mechanism, ("day_ward", "number_clash_stay")), 0, mode)
    admitted = day_within(draw, ground.calendar, month, first=4, last=16)
    length = 4 + np.floor(np.exp(1.0 + 0.5 * hint(draw, genuine, 0.6))).astype(np.int64).clip(0, 20)
    hospital = draw.integers(0, len(_HOSPITALS), n)
    cost = np.exp(draw.normal(8.6, 0.5, n))
    own = np.where(mode == 2, 0.01, 0.02 + 0.3 / (1 + np.exp(0.8 * hint(draw, genuine, 0.8))))
    rows = _stay_rows(ground, person, hospital, admitted, length, cost, own)
    late = flag(draw, mechanism == "settled_late", 0.6, 0.12)
    rows["settle_date"] = np.where(late, admitted + days(length + 65), rows["settle_date"].to_numpy())
    received = np.minimum(admitted + days(length + 3), ground.calendar.end_on)
    rows = rows.assign(received_on=received, handler_id=texts_of(ground.people.id_no, episodes["handler"].to_numpy()))
    rows["settle_date"] = np.minimum(rows["settle_date"].to_numpy().astype("datetime64[D]"), received + days(late * 90))
    twice = np.flatnonzero(mode == 0)
    other = _earlier_stays(draw, ground, person, hospital, admitted, length, cost, own, twice)
    day_ward = flag(draw, mechanism == "day_ward", 0.75, 0.08)[twice]
    other["kind"] = np.where(day_ward, _DAY_WARD, _WARD)
    clash = flag(draw, mechanism == "number_clash_stay", 0.85, 0.02)[twice]
    namesake = texts_of(ground.people.name, draw.integers(0, ground.people.n, len(twice)))
    other["name"] = other["name"].where(~pd.Series(clash), namesake)
    circling = np.repeat(np.flatnonzero(mode == 2), 5)
    step = np.tile(np.arange(5), int((mode == 2).sum()))
    before = admitted[circling] - days((step + 1) * 45)
    circles = _stay_rows(
        ground, person[circling], (hospital[circling] + step + 1) % len(_HOSPITALS), before,
        draw.integers(5, 12, len(circling)), cost[circling], own[circling],
    )  # fmt: skip
    circles["received_on"] = circles["settle_date"].to_numpy().astype("datetime64[D]") + days(np.full(len(circles), 2))
    away = mode == 3
    stretch = np.repeat(np.flatnonzero(away), 1 + (hint(draw, genuine, 0.9) > 0.3).astype(np.int64)[away])
    nth = pd.Series(stretch).groupby(stretch).cumcount().to_numpy()
    records = _record_rows(draw, ground, person[stretch], admitted[stretch] + days(1 + nth))
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        rows={
            "med_settle": pd.concat([rows, other, circles], ignore_index=True),
            "elsewhere_record": records,
            "death": _death_rows(draw, ground, person[mode == 1], admitted[mode == 1], genuine[mode == 1]),
        },
    )


def _earlier_stays(
    draw: np.random.Generator,
    ground: Ground,
    person: Integers,
    hospital: Integers,
    admitted: Dates,
    length: Integers,
    cost: Floats,
    own: Floats,
    which: Integers,
) -> pd.DataFrame:
    """A stay in another hospital for each episode of `which` that began a little earlier and overlaps."""
    n = len(which)
    begun = admitted[which] - days(draw.integers(1, 4, n))
    lasted = (admitted[which] - begun).astype(np.int64) + np.maximum(1, length[which] - draw.integers(1, 4, n))
    elsewhere = (hospital[which] + draw.integers(1, len(_HOSPITALS), n)) % len(_HOSPITALS)
    rows = _stay_rows(ground, person[which], elsewhere, begun, lasted, cost[which] * 0.7, own[which])
    received = np.minimum(begun + days(lasted + 2), ground.calendar.end_on)
    return rows.assign(received_on=received)


def _death_rows(
    draw: np.random.Generator, ground: Ground, person: Integers, admitted: Dates, genuine: np.ndarray
) -> pd.DataFrame:
    """The register `death` of people admitted after it: registered before the settlement more often where true."""
    n = len(person)
    died = admitted - days(draw.integers(2, 40, n))
    lag = np.where(flag(draw, genuine, 0.8, 0.35), 1, (admitted - died).astype(np.int64) + 35)
    known = np.minimum(died + days(lag + 2), ground.calendar.end_on)
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "death_date": died,
            "register_date": np.minimum(died + days(lag), ground.calendar.end_on),
            "cremation_date": np.full(n, np.datetime64("NaT", "D")),
            "source": DEATH_SOURCE,
            "received_on": known,
        }
    )
