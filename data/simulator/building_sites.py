"""What is paid under contracts for works and who works on their sites, as it should be.

The owner pays the contractor, the contractor its suppliers and its workers, and insures its staff; a labour firm does
so only where that is filed. Source: field/models.md, M17; field/simulator.md, 3.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Floats, Integers, Texts, days, draw_from, month_text
from data.simulator.contracts import builders, ordinary_contracts
from data.simulator.episodes import Ground, texts_of
from data.simulator.numbers import credit_codes

PROGRESS, MATERIAL, WAGES, WORKS_MONEY, RENT = "进度款", "材料款", "工资", "工程款", "设备租赁"
LABOUR, DISPATCH = "劳务分包", "劳务派遣"
ROLES = ("项目经理", "技术负责人", "安全员", "施工员")
N_KEY_ROLES, N_MONTHS = 2, 3
"""How many of the roles must be the contractor's own; months for which staff are listed."""
_PROGRESS, _MATERIALS, _WAGES = ((22, 0.3), (75, 0.4), (135, 0.25)), (38, 82), (42, 72, 102)
"""Days after the contract at which the owner pays which share, suppliers are paid, and wages."""
TRADES = ("批发业", "非金属矿物制品业", "金属制品业")
_FILED, _LISTED_WRONGLY, _PAYS_SOMEBODY = 0.1, 0.05, 0.3
"""Shares of contracts with a filed labour firm, with one of the staff insured otherwise than listed, and with a
machine hired of somebody."""


def payment_rows(
    draw: np.random.Generator,
    contract: "pd.Series[str]",
    payer: "pd.Series[str]",
    kind: str | Texts,
    amount: Floats,
    paid: Dates,
    *,
    payee: "pd.Series[str] | str",
    firm: "pd.Series[str] | None" = None,
    person: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    """The register `contract_payment` for these payments, known within days; parallel columns."""
    nobody = pd.Series(pd.array([None] * len(amount), dtype="str"))
    return pd.DataFrame(
        {
            "contract_id": contract.reset_index(drop=True),
            "payer_uscc": payer.reset_index(drop=True),
            "payee": payee if isinstance(payee, str) else payee.reset_index(drop=True),
            "payee_uscc": nobody if firm is None else firm.reset_index(drop=True),
            "payee_id": nobody if person is None else person.reset_index(drop=True),
            "kind": kind,
            "amount": amount.round(-1),
            "paid_on": paid,
            "received_on": paid + days(draw.integers(1, 4, len(amount))),
        }
    )


def suppliers(ground: Ground) -> Integers:
    """Firms of the county that trade in materials."""
    firms = [ground.enterprises.trading(industry=industry) for industry in TRADES]
    return np.concatenate(firms)


def site_rows(draw: np.random.Generator, ground: Ground, contracts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The registers `contract_payment` and `site_staff` for these contracts, all in order."""
    n, firms = len(contracts), ground.enterprises
    signed: Dates = contracts["signed_on"].to_numpy().astype("datetime64[D]")
    amount = contracts["amount"].to_numpy()
    number, contractor = contracts["contract_id"], contracts["contractor_uscc"]
    owner = pd.Series(_owner_codes(ground, contracts["village"]))
    parts = [
        payment_rows(
            draw, number, owner, PROGRESS, amount * share, signed + days(day + draw.integers(-6, 7, n)),
            payee=contracts["contractor"], firm=contractor,
        )
        for day, share in _PROGRESS
    ]  # fmt: skip
    sellers = suppliers(ground)
    for day in _MATERIALS:
        seller = sellers[draw.integers(0, len(sellers), n)]
        parts.append(
            payment_rows(
                draw, number, contractor, MATERIAL, amount * draw.uniform(0.08, 0.22, n),
                signed + days(day + draw.integers(-8, 9, n)),
                payee=texts_of(firms.name, seller), firm=texts_of(firms.uscc, seller),
            )
        )  # fmt: skip
    parts += [
        payment_rows(
            draw, number, contractor, WAGES, amount * draw.uniform(0.04, 0.08, n),
            signed + days(day + draw.integers(-3, 4, n)), payee="农民工工资专户",
        )
        for day in _WAGES
    ]  # fmt: skip
    return {"contract_payment": pd.concat(parts, ignore_index=True), "site_staff": _staff(draw, ground, contracts)}


def _owner_codes(ground: Ground, village: "pd.Series[str]") -> Texts:
    places = pd.Series(np.arange(len(ground.places.villages)), index=ground.places.villages)
    number = places.loc[list(village)].to_numpy()
    return credit_codes(
        np.full(len(number), "55"), np.full(len(number), str(ground.places.villages[0])[:6]), number + 1
    )


def _staff(draw: np.random.Generator, ground: Ground, contracts: pd.DataFrame) -> pd.DataFrame:
    """The register `site_staff`: four people a site for three months, insured by the contractor."""
    pool = _workers(ground)
    n, each = len(contracts), len(ROLES) * N_MONTHS
    person = np.repeat(pool[draw.integers(0, len(pool), n * len(ROLES))], N_MONTHS)
    place = np.repeat(np.arange(n), each)
    role = np.tile(np.repeat(np.arange(len(ROLES)), N_MONTHS), n)
    signed = contracts["signed_on"].to_numpy().astype("datetime64[M]")
    month = signed[place] + (1 + np.tile(np.arange(N_MONTHS), n * len(ROLES))).astype("timedelta64[M]")
    return pd.DataFrame(
        {
            "contract_id": texts_of(contracts["contract_id"].to_numpy(), place),
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "role": texts_of(ROLES, role),
            "insured_by_uscc": texts_of(contracts["contractor_uscc"].to_numpy(), place),
            "work_month": month_text(month),
            "received_on": (month + np.timedelta64(1, "M")).astype("datetime64[D]") + days(5 + person % 5),
        }
    )


def _workers(ground: Ground) -> Integers:
    """Grown people without a duty, whom no episode has, and no cadre's kin."""
    age = ground.people.age_on(ground.calendar.first_day)
    cadres = ground.officials.cadres["person"].to_numpy()
    kin = ground.kin.loc[np.isin(ground.kin["a"].to_numpy(), cadres), "b"].to_numpy()
    busy = np.concatenate([cadres, kin, ground.officials.employees["person"].to_numpy()])
    free = (age >= 24) & (age < 58) & ~ground.taken
    free[busy] = False
    return np.flatnonzero(free)


def ordinary_sites(ground: Ground) -> dict[str, pd.DataFrame]:
    """Money and staff of every ordinary contract; where a labour firm pays and insures workers, that is filed."""
    draw = draw_from(ground.seed, "building sites")
    contracts = ordinary_contracts(ground)["contract"].drop_duplicates("contract_id").reset_index(drop=True)
    rows = site_rows(draw, ground, contracts)
    n = len(contracts)
    firms, builder = ground.enterprises, builders(ground)
    labour = texts_of(firms.uscc, builder[draw.integers(0, len(builder), n)])
    filed = draw.random(n) < _FILED
    payments, staff = rows["contract_payment"], rows["site_staff"]
    firm_of = dict(zip(contracts["contract_id"][filed], labour[filed], strict=True))
    pay_wages(payments, firm_of)
    insure(staff, firm_of, ROLES[N_KEY_ROLES:])
    signed: Dates = contracts["signed_on"].to_numpy().astype("datetime64[D]")
    wrong = ~filed & ((draw.random(n) < _LISTED_WRONGLY) | (np.arange(n) == np.argmin(filed)))
    listed = staff["contract_id"].isin(contracts["contract_id"][wrong]) & (staff["role"] == ROLES[-1])
    insured = staff[listed].drop_duplicates(["id_no", "insured_by_uscc"], ignore_index=True)
    staff.loc[listed, "insured_by_uscc"] = labour.iloc[0]
    hired = np.flatnonzero(draw.random(n) < _PAYS_SOMEBODY)
    pool = _workers(ground)
    somebody = pool[draw.integers(0, len(pool), len(hired))]
    machines = payment_rows(
        draw, contracts["contract_id"].iloc[hired], contracts["contractor_uscc"].iloc[hired], RENT,
        contracts["amount"].to_numpy()[hired] * draw.uniform(0.02, 0.05, len(hired)),
        signed[hired] + days(draw.integers(20, 90, len(hired))),
        payee=texts_of(ground.people.name, somebody), person=texts_of(ground.people.id_no, somebody),
    )  # fmt: skip
    return {
        "contract_payment": pd.concat([payments, machines], ignore_index=True),
        "site_staff": staff,
        "subcontract_filing": filing_rows(contracts["contract_id"][filed], labour[filed], LABOUR, signed[filed]),
        "si_enrol": _enrolments(ground, insured),
    }


def pay_wages(payments: pd.DataFrame, firm_of: dict[str, str]) -> None:
    """Have the firm of each of these contracts pay its wages; changes the register `contract_payment`."""
    wages = payments["contract_id"].isin(firm_of) & (payments["kind"] == WAGES)
    payments.loc[wages, "payer_uscc"] = payments.loc[wages, "contract_id"].map(firm_of)


def insure(staff: pd.DataFrame, firm_of: dict[str, str], roles: tuple[str, ...]) -> None:
    """Have the firm of each of these contracts insure its staff of these roles; changes the register `site_staff`."""
    workers = staff["contract_id"].isin(firm_of) & staff["role"].isin(roles)
    staff.loc[workers, "insured_by_uscc"] = staff.loc[workers, "contract_id"].map(firm_of)


def filing_rows(contract: "pd.Series[str]", firm: "pd.Series[str]", kind: str | Texts, filed: Dates) -> pd.DataFrame:
    """The register `subcontract_filing`."""
    return pd.DataFrame(
        {
            "contract_id": contract.to_numpy(),
            "uscc": firm.to_numpy(),
            "kind": kind,
            "filed_on": filed,
            "received_on": filed,
        }
    )


def _enrolments(ground: Ground, staff: pd.DataFrame) -> pd.DataFrame:
    """The register `si_enrol` of staff insured by their contractor, whatever the site's list says."""
    names = pd.Series(ground.enterprises.name, index=ground.enterprises.uscc)
    return pd.DataFrame(
        {
            "id_no": staff["id_no"],
            "employer_uscc": staff["insured_by_uscc"],
            "employer": names.loc[list(staff["insured_by_uscc"])].to_numpy(),
            "place": str(ground.places.villages[0])[:6],
            "from_month": str(ground.calendar.register_start - np.timedelta64(12, "M")),
            "to_month": pd.array([None] * len(staff), dtype="str"),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )
