"""Planted episodes on building sites: assigned, sublet or built under a borrowed name (M17).

Every contract of an episode is tendered and above the limit, so that it is no part of a split (M12), and begins with
money and staff in order. Source: field/models.md, M17; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.building_sites import (
    DISPATCH,
    LABOUR,
    MATERIAL,
    N_KEY_ROLES,
    ROLES,
    WAGES,
    WORKS_MONEY,
    filing_rows,
    insure,
    pay_wages,
    payment_rows,
    site_rows,
    suppliers,
)
from data.simulator.calendar import Dates, Flags, Integers, days, draw_from
from data.simulator.contracts import builders, contract_rows
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.projects import project_rows
from data.simulator.tenders import kept_firms
from data.simulator.village import cadres_in_office

_WORKS = ("综合服务楼新建工程", "中心村道改建工程", "生活污水治理工程", "高标准农田建设工程", "防洪堤新建工程")
_SITE, _PASSED = ("borrowed_name", "labour_subcontract", "dispatch_staff"), ("assigned_whole", "material_supplier")
"""Mechanisms that show in wages and staff, and in money passed on; the others show in payments to a cadre or kin."""
_BEFORE = 76
"""Days from a contract to the day on which the newest of what is odd about it is known."""


def plant_unlawful_subcontract(ground: Ground, recipe: Recipe) -> Planted:
    """M17: another firm or a village cadre builds under the contractor's name; or seems to."""
    draw = draw_from(ground.seed, "plant M17")
    episodes = plan_episodes(ground, recipe)
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(episodes)
    other = kept_firms(ground, "M17", n)
    firms = np.setdiff1d(builders(ground), np.union1d(other, suppliers(ground)))
    known = day_within(draw, ground.calendar, episodes["month"].to_numpy())
    signed = known - days(np.full(n, _BEFORE))
    cadre, village = cadres_in_office(draw, ground, episodes["town"].to_numpy(), known)
    projects = project_rows(
        draw, ground, texts_of(_WORKS, draw.integers(0, len(_WORKS), n)), village, "B",
        signed - days(draw.integers(60, 150, n)), signed - days(draw.integers(2, 6, n)),
        signed + days(draw.integers(3, 20, n)),
    )  # fmt: skip
    projects["budget"] = (620_000 * np.exp(0.5 * np.abs(draw.normal(0, 1, n)) + 0.15 * hint(draw, genuine, 0.5))).round(
        -2
    )
    projects["budget"] = projects["budget"].clip(lower=420_000)
    projects["is_emergency"] = False
    projects["handler_id"] = texts_of(ground.people.id_no, episodes["handler"].to_numpy())
    contracts = contract_rows(draw, ground, "B", projects, firms[draw.integers(0, len(firms), n)], signed)
    contracts["tendered"] = True
    rows = site_rows(draw, ground, contracts)
    site, passed = np.isin(mechanism, _SITE), np.isin(mechanism, _PASSED)
    rows["subcontract_filing"] = _staff_elsewhere(draw, ground, episodes, contracts, rows, other, np.flatnonzero(site))
    money, materials = rows["contract_payment"], contracts["contract_id"][passed]
    rows["contract_payment"] = money[~((money["kind"] == MATERIAL) & money["contract_id"].isin(materials))]
    onward = _pass_on(draw, ground, genuine, contracts, other, known, np.flatnonzero(passed))
    paid, kinship = _pay_cadres(draw, ground, episodes, contracts, cadre, known, np.flatnonzero(~site & ~passed))
    rows["contract_payment"] = pd.concat([rows["contract_payment"], onward, paid], ignore_index=True)
    rows["kinship"] = kinship
    nothing = np.full(n, np.datetime64("NaT", "D"))
    rows["project"] = projects.assign(actual_start=nothing, received_on=signed)
    rows["contract"] = contracts.assign(received_on=signed + days(draw.integers(1, 8, n)))
    return Planted(with_subject(episodes, "other", contracts["contract_id"].to_numpy()), rows=rows)


def _staff_elsewhere(
    draw: np.random.Generator,
    ground: Ground,
    episodes: pd.DataFrame,
    contracts: pd.DataFrame,
    rows: dict[str, pd.DataFrame],
    other: Integers,
    chosen: Integers,
) -> pd.DataFrame:
    """Have another firm pay wages and insure staff of the chosen contracts; returns what was filed, all of it late."""
    genuine = episodes["genuine"].to_numpy()[chosen]
    mechanism = episodes["mechanism"].to_numpy(dtype=object)[chosen]
    dispatch = mechanism == "dispatch_staff"
    by_wages = flag(draw, genuine, 0.7, 0.6) & ~dispatch
    by_staff = ~by_wages | flag(draw, genuine, 0.75, 0.4)
    key = by_staff & flag(draw, genuine, 0.5, 0.08)
    several = flag(draw, genuine, 0.65, 0.45)
    number = contracts["contract_id"].iloc[chosen].reset_index(drop=True)
    firm = texts_of(ground.enterprises.uscc, other[chosen])
    for wanted, roles in (
        (by_staff, ROLES[-1:]),
        (by_staff & several, ROLES[N_KEY_ROLES:-1]),
        (key, ROLES[:1]),
    ):
        insure(rows["site_staff"], _by_contract(number, firm, wanted), roles)
    pay_wages(rows["contract_payment"], _by_contract(number, firm, by_wages))
    late = flag(draw, genuine, 0.12, 0.5)
    signed: Dates = contracts["signed_on"].to_numpy().astype("datetime64[D]")[chosen][late]
    kind = np.where(dispatch, DISPATCH, LABOUR)[late]
    return filing_rows(
        number[late], firm[late], kind, signed + days(draw.integers(_BEFORE - 8, _BEFORE, int(late.sum())))
    )


def _by_contract(number: "pd.Series[str]", firm: "pd.Series[str]", wanted: Flags) -> dict[str, str]:
    return dict(zip(number[wanted], firm[wanted], strict=True))


def _pass_on(
    draw: np.random.Generator,
    ground: Ground,
    genuine_all: Flags,
    contracts: pd.DataFrame,
    other: Integers,
    known: Dates,
    chosen: Integers,
) -> pd.DataFrame:
    """Most of the money of the chosen contracts goes to one firm, in two payments within weeks."""
    genuine, n = genuine_all[chosen], len(chosen)
    sellers = suppliers(ground)
    dealer = flag(draw, genuine, 0.08, 0.55)
    firm = np.where(dealer, sellers[draw.integers(0, len(sellers), n)], other[chosen])
    kind = np.where(flag(draw, genuine, 0.12, 0.5), MATERIAL, WORKS_MONEY)
    amount = contracts["amount"].to_numpy()[chosen] * (0.83 + 0.06 * hint(draw, genuine, 0.9)).clip(0.72, 0.97)
    within = np.exp(2.8 - 0.5 * hint(draw, genuine, 0.7)).clip(2, 55).astype(np.int64)
    first = draw.uniform(0.3, 0.7, n)
    chosen_rows = contracts.iloc[chosen]
    parts = [
        payment_rows(
            draw, chosen_rows["contract_id"], chosen_rows["contractor_uscc"], kind, amount * share,
            known[chosen] - days(4 + back), payee=texts_of(ground.enterprises.name, firm),
            firm=texts_of(ground.enterprises.uscc, firm),
        )
        for share, back in ((first, within), (1 - first, np.zeros(n, dtype=np.int64)))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _pay_cadres(
    draw: np.random.Generator,
    ground: Ground,
    episodes: pd.DataFrame,
    contracts: pd.DataFrame,
    cadre: Integers,
    known: Dates,
    chosen: Integers,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A cadre of the village, or kin, is paid by the contractor; returns payments and the kinship behind them."""
    genuine, n = episodes["genuine"].to_numpy()[chosen], len(chosen)
    age = ground.people.age_on(ground.calendar.first_day)
    busy = np.union1d(ground.officials.employees["person"], ground.officials.cadres["person"])
    free = (age >= 22) & (age < 66) & ~np.isin(np.arange(ground.people.n), busy)
    kin = claim(draw, ground, free, episodes["town"].to_numpy()[chosen])
    own = flag(draw, genuine, 0.4, 0.05)
    person = np.where(own, cadre[chosen], kin)
    worked = flag(draw, genuine, 0.2, 0.7)
    small = 9_000 * np.exp(0.5 * hint(draw, genuine, 0.6)).clip(0.3, 2.1)
    large = contracts["amount"].to_numpy()[chosen] * (0.16 * np.exp(0.6 * hint(draw, genuine, 0.8))).clip(0.04, 0.6)
    rows = contracts.iloc[chosen]
    paid = payment_rows(
        draw, rows["contract_id"], rows["contractor_uscc"], np.where(worked, WAGES, WORKS_MONEY),
        np.where(worked, small, large), known[chosen] - days(np.full(n, 4)),
        payee=texts_of(ground.people.name, person), person=texts_of(ground.people.id_no, person),
    )  # fmt: skip
    near = draw.random(n) < np.where(genuine, 0.7, 0.4)
    ties = pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, cadre[chosen]),
            "pid_b": texts_of(ground.people.id_no, kin),
            "relation": np.where(near, "spouse", "sibling"),
            "degree": np.where(near, 1.0, 2.0),
            "confidence": (0.8 + 0.09 * hint(draw, genuine, 0.8)).clip(0.52, 0.99).round(2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )
    return paid, ties[~own]
