"""Approved pay of village cadres and what the village pays them, with what is planted in it: extra pay (M09).

Source: field/models.md, M09; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, past_or_now, with_subject
from data.simulator.village import cadres_in_office, journal_rows
from data.simulator.village_card import PERSON, card_rows, kin_of_cadres
from data.working_days import is_working_day

_ITEM, _MONTHLY, _CAP = "岗位补贴", 900.0, 12_000.0
"""The one item of the plans that the village itself pays; its cap leaves room for twelve months and a correction."""
_EXTRA = ("年终奖金", "工作补助", "通讯津贴", "协调劳务费", "征地工作奖励")
_ADVANCED = ("垫付防汛物资及劳务费报销", "垫付会务劳务费", "报销宣传补助材料费")
_ON_DUTY = ("节假日值班补助", "春节值班津贴")
_SUMMARIES = (*_EXTRA, *_ADVANCED, *_ON_DUTY)


def ordinary_cadre_pay(ground: Ground) -> dict[str, pd.DataFrame]:
    """A plan for each cadre and year, and each month's pay under it."""
    draw = draw_from(ground.seed, "pay of cadres")
    cadres, calendar = ground.officials.cadres, ground.calendar
    first, last = (int(str(day)[:4]) for day in (calendar.register_start, calendar.end_on))
    years = np.arange(first, last + 1)
    term = np.repeat(np.arange(len(cadres)), len(years))
    year = np.tile(years, len(cadres))
    new_year: Dates = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    approved = new_year - days(draw.integers(10, 40, len(year)))
    person, village = cadres["person"].to_numpy(), cadres["village"].to_numpy()
    plans = pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person[term]),
            "village": texts_of(ground.places.villages, village[term]),
            "year": pd.Series(year).astype("str"),
            "item": _ITEM,
            "cap_amount": _CAP,
            "approved_on": approved,
            "received_on": approved + days(np.full(len(year), 5)),
        }
    )
    months = np.arange(
        int(calendar.number(np.array([calendar.register_start]).astype("datetime64[D]"))[0]), calendar.n_months
    )
    who = np.repeat(np.arange(len(cadres)), len(months))
    opening: Dates = calendar.month(np.tile(months, len(cadres))).astype("datetime64[D]")
    paid = opening + days(draw.integers(4, 20, len(who)))
    start, end = cadres["start_date"].to_numpy()[who], cadres["end_date"].to_numpy()[who]
    serving = (start <= paid) & (np.isnat(end) | (end >= paid))
    # The journal knows payees by name: whoever has a namesake among the village's cadres, or among those of its people
    # whom an episode may have put into office, is not paid in cash.
    taken = np.flatnonzero(ground.taken)
    people = np.concatenate([person, np.setdiff1d(taken, person)])
    homes = np.concatenate([village, ground.people.village[people[len(person) :]]])
    named = pd.DataFrame({"village": homes, "name": ground.people.name[people]})
    serving &= ~named.duplicated(keep=False).to_numpy()[: len(person)][who]
    who, paid = who[serving], paid[serving]
    # Cents of their own keep two cadres' pay of one day apart.
    amount = _MONTHLY + (who % 97) + draw.integers(1, 99, len(who)) / 100
    summary = pd.Series(_ITEM, index=range(len(who)), dtype="str")
    rows = journal_rows(ground, village[who], paid, amount, summary, texts_of(ground.people.name, person[who]))
    rows = rows.assign(payee_kind="个人", has_invoice=False, voucher_hash="p" + rows["voucher_hash"])
    return {"pay_plan": plans, "cash_journal": rows.assign(received_on=paid + days(draw.integers(1, 12, len(who))))}


def plant_extra_pay(ground: Ground, recipe: Recipe) -> Planted:
    """M09: a cadre in office is paid beyond the plan, by the village's cash or its card, or seems to be."""
    draw = draw_from(ground.seed, "plant M09")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    first = day_within(draw, ground.calendar, month, first=1, last=18)
    cadre, village = cadres_in_office(draw, ground, episodes["town"].to_numpy(), first)
    copies = 1 + np.floor(np.exp(0.3 + 0.5 * hint(draw, genuine, 0.6))).astype(np.int64).clip(0, 4)
    place = np.repeat(np.arange(n), copies)
    which = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    paid = past_or_now(ground, first[place] + days(which))
    amount = np.exp(6.9 + 0.5 * hint(draw, genuine, 0.6)).clip(120, 4_500)
    round_sum = flag(draw, genuine, 0.7, 0.45)
    amount = np.where(round_sum, np.maximum(amount.round(-2), 100), amount.round(2))[place]
    # Of unequal payments each has cents of its own.
    amount = amount + np.where(flag(draw, genuine, 0.6, 0.25)[place], 0.0, which * 10.37)
    advanced, on_duty = (
        flag(draw, mechanism == "reimbursement", 0.6, 0.05),
        flag(draw, mechanism == "allowed_pay", 0.6, 0.1),
    )
    text = draw.integers(0, len(_EXTRA), n)
    text = np.where(on_duty, len(_EXTRA) + len(_ADVANCED) + draw.integers(0, len(_ON_DUTY), n), text)
    text = np.where(advanced, len(_EXTRA) + draw.integers(0, len(_ADVANCED), n), text)
    invoiced = flag(draw, mechanism == "reimbursement", 0.6, 0.15)[place]
    own_hand = flag(draw, genuine, 0.3, 0.1)[place]
    received = paid + days(draw.integers(1, 4, n)[place])
    alone = ~kin_of_cadres(ground)[cadre]
    working = np.array([is_working_day(day) for day in paid.astype(object)])
    by_card = (alone & flag(draw, genuine, 0.6, 0.4))[place] & working
    summary = texts_of(_SUMMARIES, text[place])
    names = texts_of(ground.people.name, cadre[place])
    rows = journal_rows(ground, village[place], paid, amount, summary, names)
    rows = rows.assign(
        payee_kind="个人", has_invoice=invoiced, voucher_hash="x" + rows["voucher_hash"], received_on=received
    )
    own = texts_of(ground.people.id_no, cadre[place])
    rows["handler_id"] = rows["handler_id"].where(~own_hand, own)
    ids: Texts = ground.people.id_no
    colleague = np.where(own_hand, cadre[place], _another_cadre(draw, ground, cadre[place]))
    # By card in sums that need no invoice.
    sums = (amount * 0.35).round(-1).clip(60, 490)
    cards = card_rows(ground, village[place], paid, draw.integers(540, 1_020, len(place)), sums, PERSON)
    cards = cards.assign(
        holder_id=texts_of(ids, colleague),
        payee_id=own,
        summary=summary,
        has_invoice=invoiced,
        received_on=received,
    )
    return Planted(
        with_subject(episodes, "person", ids[cadre]),
        rows={"cash_journal": rows[~by_card], "village_card_txn": cards[by_card]},
    )


def _another_cadre(draw: np.random.Generator, ground: Ground, cadre: Integers) -> Integers:
    """A cadre other than the one given, for each."""
    everyone = ground.officials.cadres["person"].unique()
    chosen = draw.choice(everyone, len(cadre))
    return np.where(chosen == cadre, np.where(everyone[0] == cadre, everyone[1], everyone[0]), chosen)
