"""The villages' own money: labour subsidies, cash journals and penalties, with what is planted in them (M08, M10).

Source: field/models.md, M08 and M10; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject

BARRED = (("R01", "参加换届选举投票"), ("R02", "参加村两委会议"), ("R03", "日常办公"), ("R04", "陪同上级检查"))
ALLOWED = (("R11", "防汛值守"), ("R12", "村道清扫"), ("R13", "人居环境整治"), ("R14", "森林防火巡查"))
_REASONS = dict((*BARRED, *ALLOWED))
_REASON_TEXTS = (*(text for _, text in BARRED), *(text for _, text in ALLOWED))
_REASON_CODES = tuple(_REASONS)
_SUBSIDIES_A_YEAR, _JOURNAL_ROWS_A_YEAR = 190, 620
_SUMMARIES = ("办公用品", "电费", "保洁服务", "维修材料", "会议费", "绿化养护", "水费", "印刷费", "运输费", "工程尾款")
_PAYEES = (
    "明川建材经营部",
    "云墨文具店",
    "砚丰保洁服务部",
    "素笺印务社",
    "竹简园艺场",
    "卷轴运输队",
    "匣里五金店",
    "牍上供电所",
)


def banned_reasons(ground: Ground) -> pd.DataFrame:
    """The register `banned_reason`: for which reasons a cadre in office may not draw a labour subsidy."""
    known = ground.calendar.first_day - np.timedelta64(400, "D")
    return pd.DataFrame(
        {
            "reason_code": [code for code, _ in BARRED],
            "county": ground.places.county.code,
            "valid_from": np.datetime64("2015-01-01", "D"),
            "valid_to": np.full(len(BARRED), np.datetime64("NaT", "D")),
            "received_on": known,
        }
    )


def cadre_rows(ground: Ground, cadres: pd.DataFrame, received: Dates) -> pd.DataFrame:
    """The register `village_cadre` for these terms, known from `received` on."""
    person = cadres["person"].to_numpy()
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "village": texts_of(ground.places.villages, cadres["village"].to_numpy()),
            "post": cadres["post"].to_numpy(),
            "start_date": cadres["start_date"].to_numpy(),
            "end_date": cadres["end_date"].to_numpy(),
            "received_on": received,
        }
    )


def subsidy_rows(
    ground: Ground, person: Integers, village: Integers, worked: Dates, amount: Integers, reason: Integers
) -> pd.DataFrame:
    """The register `labour_subsidy` for these days of work, each paid to the worker, without received_on and row_id."""
    town = ground.places.town_of[village]
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "work_date": worked,
            "amount": amount.astype(np.float64),
            "reason_code": texts_of(_REASON_CODES, reason),
            "reason_text": texts_of(_REASON_TEXTS, reason),
            "account_holder_id": texts_of(ground.people.id_no, person),
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def ordinary_village_money(ground: Ground) -> dict[str, pd.DataFrame]:
    """The registers `labour_subsidy` and `cash_journal` as they should be."""
    return {"labour_subsidy": _ordinary_subsidies(ground), "cash_journal": _ordinary_journal(ground)}


def _ordinary_subsidies(ground: Ground) -> pd.DataFrame:
    """Labour subsidies as they should be: villagers for any reason, nobody in office for a barred one."""
    draw = draw_from(ground.seed, "labour subsidies")
    n_villages = len(ground.places.villages)
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = int(n_villages * _SUBSIDIES_A_YEAR * n_months / 12)
    age = ground.people.age_on(ground.calendar.first_day)
    in_office = np.isin(np.arange(ground.people.n), ground.officials.cadres["person"].to_numpy())
    workers = np.flatnonzero((age >= 20) & (age < 70) & ~in_office & ~ground.taken)
    person = draw.choice(workers, n)
    worked = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(0, n_months * 30, n))
    amount = draw.choice((50, 60, 80, 100, 120, 150, 200), n)
    rows = subsidy_rows(ground, person, ground.people.village[person], worked, amount, draw.integers(0, 8, n))
    return rows.assign(received_on=worked + days(draw.integers(3, 25, n)))


def plant_barred_subsidy(ground: Ground, recipe: Recipe) -> Planted:
    """M08: a cadre in office draws a labour subsidy for a barred reason, or through a relative's name."""
    draw = draw_from(ground.seed, "plant M08")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    worked = day_within(draw, ground.calendar, month, first=1, last=20)
    cadre, village = cadres_in_office(draw, ground, episodes["town"].to_numpy(), worked)
    new = flag(draw, mechanism == "election_gap", 0.7, 0.1)
    age = ground.people.age_on(ground.calendar.first_day)
    in_office = np.isin(np.arange(ground.people.n), ground.officials.cadres["person"].to_numpy())
    fresh = claim(draw, ground, (age >= 24) & (age < 60) & ~in_office, episodes["town"].to_numpy()[new])
    cadre[new], village[new] = fresh, ground.people.village[fresh]
    started = worked - days(np.floor(np.exp(2.2 + 0.6 * hint(draw, genuine, 0.5))).astype(np.int64).clip(0, 60))
    terms = pd.DataFrame({"person": cadre, "village": village, "post": "村委委员", "start_date": started})[new]
    terms["end_date"] = np.datetime64("NaT", "D")
    reason = np.where(flag(draw, genuine, 0.65, 0.4), draw.integers(0, 2, n), draw.integers(2, 4, n))
    dear = np.round(85 * np.exp(0.4 * hint(draw, genuine, 0.6)), -1).clip(50, 300).astype(np.int64)
    rows = subsidy_rows(ground, cadre, village, worked, dear, reason)
    on_duty = flag(draw, mechanism == "allowed_duty", 0.6, 0.12)
    rows["reason_text"] = rows["reason_text"].where(~on_duty, rows["reason_text"] + "（节假日值班）")
    rows["received_on"] = worked + days(draw.integers(2, 9, n))
    proxy = ~new & np.where(genuine, mechanism == "proxy", draw.random(n) < 0.12)
    kin = claim(draw, ground, (age >= 20) & (age < 75), episodes["town"].to_numpy()[proxy])
    rows.loc[proxy, "id_no"] = texts_of(ground.people.id_no, kin).to_numpy()
    rows.loc[proxy, "name"] = texts_of(ground.people.name, kin).to_numpy()
    subject = cadre.copy()
    subject[proxy] = kin
    truth = with_subject(episodes, "person", ground.people.id_no[subject])
    known = terms["start_date"].to_numpy()
    extra = {"labour_subsidy": rows, "village_cadre": cadre_rows(ground, terms, known)}
    return Planted(truth, rows={**extra, "kinship": kin_rows(draw, ground, cadre[proxy], kin)})


def cadres_in_office(
    draw: np.random.Generator, ground: Ground, town: Integers, worked: Dates
) -> tuple[Integers, Integers]:
    """A cadre in office on the day for each episode, of its town while there is one, and the cadre's village."""
    cadres = ground.officials.cadres
    home = ground.places.town_of[cadres["village"].to_numpy()]
    start, end = cadres["start_date"].to_numpy(), cadres["end_date"].to_numpy()
    chosen = np.empty(len(town), dtype=np.int64)
    uses = np.zeros(len(cadres))
    for place, (number, day) in enumerate(zip(town, worked, strict=True)):
        serving = (start <= day) & (np.isnat(end) | (end >= day)) & (home == number)
        order = uses + draw.random(len(cadres)) + np.where(serving, 0, 1e6)
        chosen[place] = np.argmin(order)
        uses[chosen[place]] += 1
    return cadres["person"].to_numpy()[chosen].copy(), cadres["village"].to_numpy()[chosen].copy()


def villages_apart(
    draw: np.random.Generator,
    ground: Ground,
    town: Integers,
    month: Integers,
    eligible: Flags | None = None,
) -> Integers:
    """A village for each episode, of its town if it can be, none twice in a month while there are others."""
    places = ground.places
    allowed = np.ones(len(places.villages), dtype=bool) if eligible is None else eligible
    chosen = np.empty(len(town), dtype=np.int64)
    busy: dict[int, Flags] = {}
    for place, (number, when) in enumerate(zip(town.tolist(), month.tolist(), strict=True)):
        taken = busy.setdefault(when, np.zeros(len(allowed), dtype=bool))
        order = draw.random(len(allowed)) + 2 * (places.town_of != number) + 4 * taken + 8 * ~allowed
        chosen[place] = np.argmin(order)
        taken[chosen[place]] = True
    return chosen


def cadre_of_each_village(ground: Ground) -> Integers:
    """By village one cadre who is now in office there, or anywhere where it has none."""
    serving = ground.officials.cadres[ground.officials.cadres["end_date"].isna()].drop_duplicates(
        "village", keep="last"
    )
    keepers = np.full(len(ground.places.villages), serving["person"].iloc[0])
    keepers[serving["village"].to_numpy()] = serving["person"].to_numpy()
    return keepers


def kin_rows(draw: np.random.Generator, ground: Ground, cadre: Integers, kin: Integers) -> pd.DataFrame:
    """The register `kinship` between each cadre and the relative whose name was used, both ways."""
    ids = ground.people.id_no
    pairs = np.concatenate([cadre, kin]), np.concatenate([kin, cadre])
    n = len(cadre)
    return pd.DataFrame(
        {
            "pid_a": texts_of(ids, pairs[0]),
            "pid_b": texts_of(ids, pairs[1]),
            "relation": np.tile(draw.choice(("spouse", "parent", "sibling"), n), 2),
            "degree": 1.0,
            "confidence": np.tile(draw.uniform(0.8, 1.0, n).round(2), 2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )


def journal_rows(
    ground: Ground,
    village: Integers,
    entered: Dates,
    amount: np.ndarray,
    summary: pd.Series,
    payee: pd.Series,
) -> pd.DataFrame:
    """The register `cash_journal` for these entries, each with a voucher of its own, without row_id."""
    town = ground.places.town_of[village]
    serial = pd.Series(np.arange(len(village)))
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "entry_date": entered,
            "amount": amount,
            "summary": summary.to_numpy(),
            "payee": payee.to_numpy(),
            "payee_kind": "企业",
            "voucher_hash": "v" + serial.astype("str").str.zfill(9),
            "has_invoice": True,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def _ordinary_journal(ground: Ground) -> pd.DataFrame:
    """Cash journal entries as they should be; amounts run to the cent, so that no two of a day are equal."""
    draw = draw_from(ground.seed, "cash journal")
    n_villages = len(ground.places.villages)
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = int(n_villages * _JOURNAL_ROWS_A_YEAR * n_months / 12)
    village = draw.integers(0, n_villages, n)
    entered = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(0, n_months * 30, n))
    amount = np.exp(draw.normal(6.6, 1.3, n)).clip(20, 90_000).round(2)
    rows = journal_rows(
        ground,
        village,
        entered,
        amount,
        texts_of(_SUMMARIES, draw.integers(0, len(_SUMMARIES), n)),
        texts_of(_PAYEES, draw.integers(0, len(_PAYEES), n)),
    )
    rows["has_invoice"] = draw.random(n) < 0.93
    return rows.assign(received_on=entered + days(draw.integers(1, 12, n)))


def plant_twins(ground: Ground, recipe: Recipe) -> Planted:
    """M10: two or more entries of one village on one day with one amount."""
    draw = draw_from(ground.seed, "plant M10")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = villages_of_towns(draw, ground, episodes["town"].to_numpy())
    entered = day_within(draw, ground.calendar, month, first=1, last=24)
    batch = flag(draw, mechanism == "fixed_rate_batch", 0.75, 0.15)
    amount = np.exp(draw.normal(9.3, 0.5, n)).clip(5_200, 80_000).round(0)
    amount = np.where(batch, np.maximum(5_000, amount.round(-3)), amount)
    copies = np.where(batch, draw.integers(2, 6, n), 2)
    place = np.repeat(np.arange(n), copies)
    which = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    payees = draw.integers(0, len(_PAYEES), len(place))
    same_payee = flag(draw, genuine, 0.7, 0.4)[place]
    payees = np.where(same_payee, payees[np.searchsorted(place, place)], payees)
    summaries = draw.integers(0, len(_SUMMARIES), len(place))
    same_summary = flag(draw, genuine, 0.6, 0.4)[place]
    summaries = np.where(same_summary, summaries[np.searchsorted(place, place)], summaries)
    rows = journal_rows(
        ground,
        village[place],
        entered[place],
        amount[place],
        texts_of(_SUMMARIES, summaries),
        texts_of(_PAYEES, payees),
    )
    fined = flag(draw, mechanism == "nature_changed", 0.85, 0.03)
    same_voucher = flag(draw, genuine, 0.3, 0.08)[place]
    serial = pd.Series(np.where(same_voucher, place, 1_000_000 + np.arange(len(place)))).astype("str")
    rows["voucher_hash"] = "w" + serial.str.zfill(9)
    rows["summary"] = np.where(fined[place], np.where(which == 0, "行政处罚款", "滞纳金"), rows["summary"])
    rows["payee_kind"] = np.where(batch[place], "农户", np.where(fined[place], "机关", "企业"))
    rows["has_invoice"] = flag(draw, genuine, 0.6, 0.85)[place]
    received = entered + days(draw.integers(1, 6, n))
    rows["received_on"] = received[place]
    truth = with_subject(episodes, "village", ground.places.villages[village])
    return Planted(
        truth, rows={"cash_journal": rows, "penalty": _penalties(draw, ground, village, entered, amount, fined)}
    )


def villages_of_towns(draw: np.random.Generator, ground: Ground, town: Integers) -> Integers:
    """A village of each town."""
    chosen = np.empty(len(town), dtype=np.int64)
    for number in np.unique(town):
        places = np.flatnonzero(town == number)
        chosen[places] = draw.choice(np.flatnonzero(ground.places.town_of == number), len(places))
    return chosen


def _penalties(
    draw: np.random.Generator,
    ground: Ground,
    village: Integers,
    entered: Dates,
    amount: np.ndarray,
    fined: Flags,
) -> pd.DataFrame:
    """The register `penalty`: a fine with an equal late fee behind each fined pair, and as many unrelated ones."""
    n_other = max(3, int(len(village) * 0.5))
    decided = entered[fined] - days(draw.integers(15, 55, int(fined.sum())))
    other_day = ground.calendar.first_day + days(draw.integers(0, ground.calendar.n_months * 30, n_other))
    other_fine = np.round(np.exp(draw.normal(8, 0.8, n_other)), -2)
    decided = np.concatenate([decided, other_day])
    where = np.concatenate([village[fined], draw.integers(0, len(ground.places.villages), n_other)])
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, where),
            "decided_on": decided,
            "fine": np.concatenate([amount[fined], other_fine]),
            "late_fee": np.concatenate([amount[fined], np.zeros(n_other)]),
            "received_on": decided + days(draw.integers(2, 10, len(decided))),
        }
    )
