"""Contracts for below-limit works, and the limits above which a tender is required, as they should be.

Every project begun has a contract; what comes near the limit is tendered, and no village builds the same kind of work
again within months, so that nothing is found behind which nothing was planted. Source: field/models.md, M12;
field/simulator.md, 3 and 8.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Floats, Integers, days, draw_from
from data.simulator.episodes import Ground, texts_of
from data.simulator.projects import ordinary_projects

WORKS = "工程"
FUNDS = ("村集体资金", "镇级补助", "县级补助", "一事一议")
_LIMITS = (400_000.0, 300_000.0)
"""What may be built without a tender, before the change and after it."""
_CHANGE_MONTH = 30
"""Office month in which the limit changes. Source: field/simulator.md, 8."""
_TENDERED_FROM = 0.88
"""Share of the limit from which an owner who means well holds a tender."""
_BUILDERS = ("土木工程建筑业", "建筑装饰业", "非金属矿物制品业")


def _changed_on(ground: Ground) -> np.datetime64 | None:
    shock = ground.calendar.shock(_CHANGE_MONTH)
    if shock is None:
        return None
    changed: np.datetime64 = ground.calendar.month(np.array([shock]))[0].astype("datetime64[D]")
    return changed


def limits_on(ground: Ground, days_: Dates) -> Floats:
    """The limit in force on each day."""
    changed = _changed_on(ground)
    if changed is None:
        return np.full(len(days_), _LIMITS[0])
    limits: Floats = np.where(days_ < changed, *_LIMITS)
    return limits


def limit_rows(ground: Ground) -> pd.DataFrame:
    """The register `tender_limit` of the county."""
    began, changed = np.datetime64("2019-01-01", "D"), _changed_on(ground)
    starts = [began] if changed is None else [began, changed]
    ends = np.array(["NaT"] if changed is None else [changed - 1, "NaT"], dtype="datetime64[D]")
    return pd.DataFrame(
        {
            "kind": WORKS,
            "county": str(ground.places.villages[0])[:6],
            "limit_amount": _LIMITS[: len(starts)],
            "valid_from": starts,
            "valid_to": ends,
            "received_on": [ground.calendar.first_day - np.timedelta64(200, "D"), *starts[1:]],
        }
    )


def builders(ground: Ground) -> Integers:
    """Firms of the county that build."""
    begun = ground.calendar.register_start.astype("datetime64[D]")
    firms = [ground.enterprises.trading(industry=industry, since=begun) for industry in _BUILDERS]
    return np.concatenate(firms)


def contract_rows(
    draw: np.random.Generator, ground: Ground, mark: str, projects: pd.DataFrame, contractor: Integers, signed: Dates
) -> pd.DataFrame:
    """The register `contract` for these projects, without received_on: paid by one fund, not varied, not tendered."""
    n = len(projects)
    budget = projects["budget"].to_numpy()
    return pd.DataFrame(
        {
            "contract_id": f"HT99{mark}" + pd.Series(np.arange(1, n + 1)).astype("str").str.zfill(6),
            **{name: projects[name].to_numpy() for name in ("name", "village", "owner", "project_id", "is_emergency")},
            "contractor_uscc": texts_of(ground.enterprises.uscc, contractor),
            "contractor": texts_of(ground.enterprises.name, contractor),
            "kind": WORKS,
            "budget": budget,
            "amount": (budget * draw.uniform(0.92, 0.99, n)).round(-2),
            "variation_amount": 0.0,
            "funding_source": texts_of(FUNDS, draw.integers(0, len(FUNDS), n)),
            "tendered": False,
            "is_framework": False,
            "signed_on": signed,
            "handler_id": projects["handler_id"].to_numpy(),
        }
    )


def ordinary_contracts(ground: Ground) -> dict[str, pd.DataFrame]:
    """One contract a project, tendered where it should be; one in seven is varied later, by less than a tenth.

    Returns: the registers `contract` and `tender_limit`, with received_on.
    """
    draw = draw_from(ground.seed, "contracts")
    projects = ordinary_projects(ground)["project"]
    projects = projects[projects["actual_start"].notna()].reset_index(drop=True)
    n, firms = len(projects), builders(ground)
    awarded: Dates = projects["award_date"].to_numpy().astype("datetime64[D]")
    signed = awarded + days(draw.integers(1, 5, n))
    contracts = contract_rows(draw, ground, "Q", projects, firms[draw.integers(0, len(firms), n)], signed)
    near = contracts["budget"].to_numpy() >= _TENDERED_FROM * limits_on(ground, signed)
    contracts["tendered"] = near | (draw.random(n) < 0.05)
    contracts["is_framework"] = draw.random(n) < 0.03
    received = signed + days(draw.integers(1, 8, n))
    varied = draw.random(n) < 1 / 7
    more = (contracts["amount"].to_numpy() * draw.uniform(0.01, 0.09, n)).round(-1)
    later = contracts.assign(variation_amount=more, received_on=received + days(draw.integers(60, 150, n)))
    return {
        "contract": pd.concat([contracts.assign(received_on=received), later[varied]], ignore_index=True),
        "tender_limit": limit_rows(ground),
    }
