"""The villages' seals, with what is planted in their log: unapproved, blank, out of hours, on another day (M33).

Source: field/models.md, M33; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import span_of
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import cadre_of_each_village, villages_apart

_A_YEAR = 60
_SEALS = ("村民委员会公章", "村经济合作社公章", "村务监督委员会印章")
_PURPOSES = ("开具证明", "报送材料", "财务报账", "会议记录", "租赁合同", "工程合同", "采购合同")
_CONTRACTS = 4
"""Place in `_PURPOSES` from which they are contracts."""
_UNAPPROVED, _ENTERED_LATE, _OUT_OF_HOURS, _OTHER_DAY, _BLANK = range(5)
_FAULT_OF = {
    "sealed_unapproved": _UNAPPROVED,
    "sealed_blank": _BLANK,
    "contract_backdated": _OTHER_DAY,
    "urgent_seal": _OUT_OF_HOURS,
    "seal_approved_on_paper": _ENTERED_LATE,
    "signed_elsewhere_first": _OTHER_DAY,
}
"""What is most often wrong, or seems to be, by mechanism."""
_ANY_FAULT = (0.35, 0.2, 0.2, 0.17, 0.08)


def _seal_rows(
    draw: np.random.Generator, ground: Ground, village: Integers, used: Dates, purpose: Integers
) -> pd.DataFrame:
    """The register `seal_log` for these uses, each in order, without received_on."""
    n = len(village)
    age = ground.people.age_on(ground.calendar.first_day)
    users = draw.choice(np.flatnonzero((age >= 22) & (age < 70) & ~ground.taken), n)
    approved = used - days(draw.integers(0, 3, n))
    serial = pd.Series(draw.integers(1, 400, n)).astype("str").str.zfill(4)
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "seal": texts_of(_SEALS, draw.choice(3, n, p=(0.7, 0.2, 0.1))),
            "used_on": used,
            "used_minute": (490 + (draw.beta(2, 2, n) * 600).astype(np.int64)).astype(np.float64),
            "purpose": texts_of(_PURPOSES, purpose),
            "document_no": "村字" + serial + "号",
            "document_date": used - days(draw.integers(0, 3, n)),
            "blank_document": False,
            "approved_on": approved,
            "approval_entered_on": approved,
            "emergency": False,
            "user_id": texts_of(ground.people.id_no, users),
            "keeper_id": texts_of(ground.people.id_no, cadre_of_each_village(ground)[village]),
        }
    )


def ordinary_seals(ground: Ground) -> dict[str, pd.DataFrame]:
    """Uses as they should be: approved before, or in an emergency afterwards, by day, on the document's day."""
    draw = draw_from(ground.seed, "seals")
    n_villages = len(ground.places.villages)
    n = int(n_villages * _A_YEAR * (ground.calendar.n_months + LEAD_MONTHS) / 12)
    first, works = span_of(ground)
    used = first + days(draw.choice(np.flatnonzero(works), n))
    rows = _seal_rows(draw, ground, draw.integers(0, n_villages, n), used, draw.integers(0, len(_PURPOSES), n))
    urgent = draw.random(n) < 0.015
    on_paper = draw.random(n) < 0.08
    rows["approved_on"] = rows["approved_on"].where(~urgent, used + days(draw.integers(1, 4, n)))
    entered = np.where(on_paper, used + days(draw.integers(1, 7, n)), rows["approved_on"].to_numpy())
    known: Dates = np.maximum(used, entered).astype("datetime64[D]")
    rows = rows.assign(
        emergency=urgent,
        used_minute=rows["used_minute"] + np.where(urgent, 150.0, 0.0),
        approval_entered_on=entered,
        received_on=known + days(draw.integers(1, 10, n)),
    )
    return {"seal_log": rows}


def plant_seal_misuse(ground: Ground, recipe: Recipe) -> Planted:
    """M33: in one month a village's seal is used without approval, on blank paper, or at odds with the document."""
    draw = draw_from(ground.seed, "plant M33")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n, end = len(month), ground.calendar.end_on
    village = villages_apart(draw, ground, episodes["town"].to_numpy(), month)
    first = day_within(draw, ground.calendar, month, first=1, last=20)
    copies = 1 + np.floor(np.exp(-0.1 + 0.7 * hint(draw, genuine, 1.0))).astype(np.int64).clip(0, 6)
    place = np.repeat(np.arange(n), copies)
    which = np.arange(len(place)) - np.repeat(np.cumsum(copies) - copies, copies)
    used: Dates = np.minimum(first[place] + days(which), end)
    typical = np.array([_FAULT_OF[name] for name in mechanism])
    faults = np.where(flag(draw, genuine, 0.6, 0.6), typical, draw.choice(5, n, p=_ANY_FAULT))
    fault = np.where(draw.random(len(place)) < 0.8, faults[place], draw.choice(5, len(place), p=_ANY_FAULT))
    m = len(place)
    purpose = np.where(fault == _OTHER_DAY, draw.integers(_CONTRACTS, len(_PURPOSES), m), draw.integers(0, 4, m))
    rows = _seal_rows(draw, ground, village[place], used, purpose)
    apart = days(np.floor(4 + np.exp(draw.normal(2.4, 0.8, m))).astype(np.int64).clip(4, 200))
    later = used + days(draw.integers(2, 25, m))
    approved = rows["approved_on"].to_numpy().astype("datetime64[D]")
    nothing = np.datetime64("NaT", "D")
    afterwards = (fault == _UNAPPROVED) & (draw.random(m) < 0.5) & (later <= end)
    entered_late = used + days(draw.integers(8, 30, m))
    too_late = (fault == _ENTERED_LATE) & (entered_late <= end)
    unapproved = (fault == _UNAPPROVED) | ((fault == _ENTERED_LATE) & ~too_late)
    approved = np.where(unapproved, np.where(afterwards, later, nothing), approved)
    entered = np.where(too_late, entered_late, approved)
    late_hour, early_hour = draw.integers(1_205, 1_420, m), draw.integers(330, 418, m)
    hours = np.where(draw.random(m) < 0.8, late_hour, early_hour)
    rows = rows.assign(
        used_minute=np.where(fault == _OUT_OF_HOURS, hours, rows["used_minute"]).astype(np.float64),
        document_date=np.where(fault == _OTHER_DAY, used - apart, rows["document_date"].to_numpy()),
        document_no=rows["document_no"].where(fault != _BLANK),
        blank_document=fault == _BLANK,
        approved_on=approved,
        approval_entered_on=entered,
        received_on=np.fmax(np.minimum(used + days(draw.integers(1, 4, m)), end), entered),
    )
    truth = with_subject(episodes, "village", ground.places.villages[village])
    return Planted(truth, rows={"seal_log": rows})
