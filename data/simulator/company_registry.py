"""The registers `enterprise` and `enterprise_role`: what the market regulator supplies of the invented enterprises.

Source: field/simulator.md, 3.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Integers, days, draw_from
from data.simulator.enterprises import ACTIVE, CANCELLED
from data.simulator.episodes import Ground, texts_of
from data.simulator.numbers import phone_numbers


def company_registers(ground: Ground) -> dict[str, pd.DataFrame]:
    """Every enterprise and every role as they became known; what ended after the office opened is known twice.

    Returns: the registers `enterprise` and `enterprise_role`, with received_on.
    """
    draw = draw_from(ground.seed, "company registry")
    enterprises, opened = ground.enterprises, ground.calendar.first_day - np.timedelta64(200, "D")
    lag = days(draw.integers(2, 12, enterprises.n))
    known = np.maximum(opened, enterprises.registered_on + lag)
    ended = enterprises.cancelled_on + lag
    early = enterprise_rows(ground, np.arange(enterprises.n), known)
    later = np.flatnonzero(ended > known)
    early.loc[later, "status"], early.loc[later, "cancelled_on"] = ACTIVE, pd.NaT
    return {
        "enterprise": pd.concat([early, enterprise_rows(ground, later, ended[later])], ignore_index=True),
        "enterprise_role": _roles_as_known(draw, ground, opened),
    }


def enterprise_rows(ground: Ground, enterprise: Integers, received: Dates) -> pd.DataFrame:
    """The register `enterprise` for these as they are at the end, known from `received` on."""
    all_of = ground.enterprises
    places = ground.places.regions.set_index("code")["name"]
    house = "第" + pd.Series(enterprise + 1).astype("str") + "号"
    ended = all_of.cancelled_on[enterprise]
    group = pd.Series(all_of.group[enterprise], dtype="str")
    return pd.DataFrame(
        {
            "uscc": texts_of(all_of.uscc, enterprise),
            "name": texts_of(all_of.name, enterprise),
            "region": texts_of(all_of.region, enterprise),
            "industry": texts_of(all_of.industry, enterprise),
            "status": np.where(np.isnat(ended), texts_of(all_of.status, enterprise), CANCELLED),
            "registered_on": all_of.registered_on[enterprise],
            "cancelled_on": ended,
            "phone": pd.Series(phone_numbers(ground.places.county.first_serial + enterprise + 1), dtype="str"),
            "address": pd.Series(all_of.region[enterprise]).map(places).fillna("外县").astype("str") + house,
            "listed": all_of.listed[enterprise],
            "group_name": group.where(group != ""),
            "tax_paid": all_of.tax_paid[enterprise],
            "n_insured": all_of.n_insured[enterprise].astype(np.float64),
            "received_on": received,
        }
    )


def role_rows(ground: Ground, roles: pd.DataFrame, received: Dates) -> pd.DataFrame:
    """The register `enterprise_role` for these roles (columns as `Enterprises.roles`), known from `received` on."""
    person = roles["person"].to_numpy()
    return pd.DataFrame(
        {
            "uscc": texts_of(ground.enterprises.uscc, roles["enterprise"].to_numpy()),
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "role": roles["role"].to_numpy(),
            "share_pct": roles["share_pct"].to_numpy(),
            "start_date": roles["start_date"].to_numpy(),
            "end_date": roles["end_date"].to_numpy(),
            "resigned_on": np.full(len(roles), np.datetime64("NaT", "D")),
            "received_on": received,
        }
    )


def _roles_as_known(draw: np.random.Generator, ground: Ground, opened: np.datetime64) -> pd.DataFrame:
    roles = ground.enterprises.roles
    lag = days(draw.integers(2, 20, len(roles)))
    known: Dates = np.maximum(opened, roles["start_date"].to_numpy() + lag)
    ends: Dates = roles["end_date"].to_numpy()
    ended = ends + lag
    later = ended > known
    early = role_rows(ground, roles, known)
    early.loc[later, "end_date"] = pd.NaT
    return pd.concat([early, role_rows(ground, roles[later], ended[later])], ignore_index=True)
