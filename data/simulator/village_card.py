"""The villages' cards, with what is planted in them: spending without approval, invoice or a public end (M29).

Source: field/models.md, M29; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import span_of
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import cadre_of_each_village, villages_apart

_A_YEAR = 260
_SHOPS = (
    ("云墨文具店", "办公用品", "购办公用品"),
    ("匣里五金店", "五金建材", "购维修材料"),
    ("牍上供电所", "水电", "缴电费"),
    ("素笺印务社", "印刷", "印刷宣传材料"),
    ("卷轴运输队", "运输", "运输费"),
    ("砚丰农资店", "农资", "购苗木农资"),
    ("竹简汽修部", "维修", "设备维修"),
    ("册页会务中心", "会务", "会务费"),
    ("现金支取", "取现", "支取备用金"),
    ("个人转账", "个人转账", "劳务费"),
    ("棋苑茶楼", "娱乐", "接待费"),
    ("琴台烟酒行", "烟酒", "购办公用品"),
    ("锦绢礼品店", "礼品", "慰问品"),
)
"""Merchant, its kind and what is bought there."""
_USUAL, _CASH, PERSON, _SENSITIVE = 8, 8, 9, 10
"""Places in `_SHOPS`: the usual ones come before `_CASH`, a person paid is at `PERSON`, those under watch come last."""
_AFTERWARDS, _ENTERED_LATE, _NO_INVOICE, _MUCH_CASH, _AT_NIGHT, _UNDER_WATCH, _TO_KIN = range(7)
_FAULT_OF = {
    "approved_later": _AFTERWARDS,
    "slips_for_invoices": _NO_INVOICE,
    "cash_drawn": _MUCH_CASH,
    "feasting": _UNDER_WATCH,
    "paid_relatives": _TO_KIN,
    "emergency_purchase": _AFTERWARDS,
    "approved_on_paper": _ENTERED_LATE,
    "bank_clock": _AT_NIGHT,
    "farm_produce": _NO_INVOICE,
}
"""What is most often wrong, or seems to be, by mechanism."""
_ANY_FAULT = (0.3, 0.14, 0.24, 0.08, 0.14, 0.05, 0.05)


def card_rows(
    ground: Ground, village: Integers, paid: Dates, minute: Integers, amount: np.ndarray, shop: Integers | int
) -> pd.DataFrame:
    """The register `village_card_txn` for these payments, each in order: approved the day before, with an invoice.

    Without received_on; the holder is a cadre of the village.
    """
    merchant, kind, summary = zip(*_SHOPS, strict=True)
    n = len(village)
    shop = np.broadcast_to(shop, n)
    cards = [f"0000006299{number:09d}" for number in range(len(ground.places.villages))]
    approved = paid - days(np.full(n, 1))
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "card_no": texts_of(cards, village),
            "holder_id": texts_of(ground.people.id_no, cadre_of_each_village(ground)[village]),
            "pay_date": paid,
            "pay_minute": minute.astype(np.float64),
            "amount": amount,
            "merchant": texts_of(merchant, shop),
            "merchant_type": texts_of(kind, shop),
            "payee_id": pd.array([None] * n, dtype="str"),
            "summary": texts_of(summary, shop),
            "is_cash": shop == _CASH,
            "has_invoice": True,
            "farm_slip": False,
            "approve_date": approved,
            "approve_entered_on": approved,
            "emergency": False,
        }
    )


def kin_of_cadres(ground: Ground) -> Flags:
    """Whether each person is kin of a cadre, or of somebody whom an episode may have put in office."""
    serving = np.isin(np.arange(ground.people.n), ground.officials.cadres["person"].to_numpy()) | ground.taken
    related = np.zeros(ground.people.n, dtype=bool)
    related[ground.kin["a"].to_numpy()[serving[ground.kin["b"].to_numpy()]]] = True
    return related


def ordinary_cards(ground: Ground) -> dict[str, pd.DataFrame]:
    """Payments as they should be: approved before, entered within the week, invoiced or small, by day."""
    draw = draw_from(ground.seed, "village cards")
    n_villages = len(ground.places.villages)
    n = int(n_villages * _A_YEAR * (ground.calendar.n_months + LEAD_MONTHS) / 12)
    first, works = span_of(ground)
    paid = first + days(draw.choice(np.flatnonzero(works), n))
    minute = 480 + (draw.beta(2, 2, n) * 660).astype(np.int64)
    amount = np.exp(draw.normal(6.0, 1.0, n)).clip(12, 19_000).round(2)
    chance = draw.random(n)
    shop = np.where(chance < 0.02, _CASH, np.where(chance < 0.08, PERSON, draw.integers(0, _USUAL, n)))
    invoiced = (draw.random(n) < 0.9) & (shop != _CASH) & (shop != PERSON)
    farm_slip = ~invoiced & (draw.random(n) < 0.2) & (shop < _USUAL)
    amount = np.where(invoiced | farm_slip, amount, 12 + amount % 480)
    rows = card_rows(ground, draw.integers(0, n_villages, n), paid, minute, amount.round(2), shop)
    age = ground.people.age_on(ground.calendar.first_day)
    serving = np.isin(np.arange(ground.people.n), ground.officials.cadres["person"].to_numpy())
    strangers = np.flatnonzero((age >= 20) & (age < 70) & ~serving & ~ground.taken & ~kin_of_cadres(ground))
    rows["payee_id"] = texts_of(ground.people.id_no, draw.choice(strangers, n)).where(shop == PERSON)
    approved = paid - days(draw.integers(0, 7, n))
    on_paper = draw.random(n) < 0.08
    entered = np.where(on_paper, paid + days(draw.integers(1, 7, n)), approved)
    return {
        "village_card_txn": rows.assign(
            has_invoice=invoiced,
            farm_slip=farm_slip,
            approve_date=approved,
            approve_entered_on=entered,
            emergency=draw.random(n) < 0.008,
            received_on=np.maximum(paid, entered) + days(draw.integers(1, 8, n)),
        )
    }


def plant_card_misuse(ground: Ground, recipe: Recipe) -> Planted:
    """M29: in one month a village's card pays without approval, without an invoice, or where it should not."""
    draw = draw_from(ground.seed, "plant M29")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = villages_apart(draw, ground, episodes["town"].to_numpy(), month)
    first = day_within(draw, ground.calendar, month, first=1, last=20)
    copies = 1 + np.floor(np.exp(0.2 + 0.6 * hint(draw, genuine, 0.7))).astype(np.int64).clip(0, 6)
    place = np.repeat(np.arange(n), copies)
    which = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    paid: Dates = np.minimum(first[place] + days(which), ground.calendar.end_on)
    typical = np.array([_FAULT_OF[name] for name in mechanism])
    faults = np.where(flag(draw, genuine, 0.6, 0.6), typical, draw.choice(7, n, p=_ANY_FAULT))
    more = np.where(draw.random(len(place)) < 0.8, faults[place], draw.choice((_AFTERWARDS, _NO_INVOICE), len(place)))
    fault = np.where(which == 0, faults[place], more)
    amount = np.exp(7.1 + 0.5 * hint(draw, genuine, 0.6))[place] * np.exp(draw.normal(0, 0.3, len(place)))
    amount = np.where(fault == _MUCH_CASH, 2_100 + amount, amount.clip(520, 19_000)).round(2)
    rows = _faulty_rows(draw, ground, village[place], paid, amount, fault)
    # What is bought at night in an emergency is nothing to ask about.
    rows["emergency"] = flag(draw, mechanism == "emergency_purchase", 0.65, 0.05)[place] & (fault != _AT_NIGHT)
    truth = with_subject(episodes, "village", ground.places.villages[village])
    return Planted(truth, rows={"village_card_txn": rows})


def _faulty_rows(
    draw: np.random.Generator,
    ground: Ground,
    village: Integers,
    paid: Dates,
    amount: np.ndarray,
    fault: Integers,
) -> pd.DataFrame:
    """Payments each of which has one fault."""
    n, end = len(village), ground.calendar.end_on
    relative = _kin_of_village(draw, ground, village, paid)
    fault = np.where((fault == _TO_KIN) & (relative < 0), _NO_INVOICE, fault)
    shop = draw.integers(0, _USUAL, n)
    shop = np.where(fault == _MUCH_CASH, _CASH, np.where(fault == _TO_KIN, PERSON, shop))
    shop = np.where(fault == _UNDER_WATCH, draw.integers(_SENSITIVE, len(_SHOPS), n), shop)
    minute = np.where(fault == _AT_NIGHT, draw.integers(1_352, 1_435, n), draw.integers(480, 1_140, n))
    rows = card_rows(ground, village, paid, minute, amount, shop)
    known: Dates = np.minimum(paid + days(draw.integers(1, 4, n)), end)
    later = paid + days(draw.integers(1, 25, n))
    afterwards = (fault == _AFTERWARDS) & (draw.random(n) < 0.7) & (later <= end)
    approved = np.where(fault == _AFTERWARDS, np.where(afterwards, later, np.datetime64("NaT", "D")), paid)
    entered = paid + days(draw.integers(8, 30, n))
    too_late = (fault == _ENTERED_LATE) & (entered <= end)
    # What the world's end leaves no time to enter has no approval yet.
    approved = np.where((fault == _ENTERED_LATE) & ~too_late, np.datetime64("NaT", "D"), approved)
    entered = np.where(too_late, entered, approved)
    ids = ground.people.id_no
    rows["payee_id"] = texts_of(ids, np.maximum(relative, 0)).where(fault == _TO_KIN)
    return rows.assign(
        has_invoice=~np.isin(fault, (_NO_INVOICE, _MUCH_CASH)) & (draw.random(n) < 0.97),
        approve_date=approved,
        approve_entered_on=entered,
        received_on=np.fmax(known, entered),
    )


def _kin_of_village(draw: np.random.Generator, ground: Ground, village: Integers, paid: Dates) -> Integers:
    """For each payment somebody who is near kin of a cadre in office there on the day; -1 where nobody is."""
    cadres, kin = ground.officials.cadres, ground.kin
    near = kin[(kin["degree"] <= 2) & (kin["confidence"] >= 0.5) & ~kin["b"].isin(cadres["person"])]
    pairs = cadres.merge(near, left_on="person", right_on="a")
    pairs = pairs.iloc[draw.permutation(len(pairs))]
    home, relative = pairs["village"].to_numpy(), pairs["b"].to_numpy()
    start, end = pairs["start_date"].to_numpy(), pairs["end_date"].to_numpy()
    chosen = np.full(len(village), -1)
    for place, (number, day) in enumerate(zip(village, paid, strict=True)):
        found = np.flatnonzero((home == number) & (start <= day) & (np.isnat(end) | (end >= day)))
        if len(found):
            chosen[place] = relative[found[place % len(found)]]
    return chosen
