"""Replay about ponds and hidden workshops: the grid patroller who saw nothing in two villages.

Source: field/inventory.md, S-13 to S-18.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from data.simulator.replays.office import places
from data.simulator.replays.parts import Replay, Run, Verdict, invent_people

_MONTHS = tuple(f"2022-{month:02d}" for month in range(3, 9))
_PONDS_EACH = 6
"""Meters of ponds in each of the twelve villages; in the patroller's two villages the first two feed a workshop."""
_MU, _USUAL, _WORKSHOP = 10.0, 90, 900
"""Size of a pond, and kilowatt-hours a mu in a month: as at most ponds, and with a workshop in the hut."""
_RECEIVED = pd.Timestamp("2022-09-05")


def silent_patroller() -> Replay:
    """Replay 10: a grid patroller reports neither of his two villages, where pond huts draw power like workshops.

    He took more than CNY 240,000 and went to prison for three years, which is the fourth form. What became of each site
    is not told: those alerts wait.
    """
    villages = places().villages
    people = invent_people(1 + 2 * len(villages), "1970-10-01", 16)
    patroller = np.array([0, 0, *range(1, len(villages) - 1)])
    n = len(villages) * _PONDS_EACH
    village = np.repeat(np.arange(len(villages)), _PONDS_EACH)
    workshop = (village < 2) & (np.arange(n) % _PONDS_EACH < 2)
    number = np.array([f"D{one + 1:06d}" for one in range(n)])
    meters = pd.DataFrame(
        {
            "meter_no": number,
            "village": villages[village],
            "user_id": people.id_no[len(villages) + village],
            "user": people.name[len(villages) + village],
            "kind": "鱼塘",
            "mu": _MU,
            "kva": 20.0,
            "declared_use": "增氧机",
            "n_users": 1,
            "closed_workshop_m": np.where(workshop, 300.0, np.nan),
            "received_on": _RECEIVED,
        }
    )
    a_mu = np.where(workshop, _WORKSHOP, _USUAL + np.arange(n) % 11)
    kwh = np.tile(a_mu * _MU, len(_MONTHS))
    use = pd.DataFrame(
        {
            "meter_no": np.tile(number, len(_MONTHS)),
            "month": np.repeat(_MONTHS, n),
            "kwh": kwh,
            "night_kwh": kwh * np.tile(np.where(workshop, 0.48, 0.2), len(_MONTHS)),
            "received_on": _RECEIVED,
        }
    )
    request = pd.DataFrame(
        {
            "meter_no": number[:1],
            "requested_on": pd.Timestamp("2022-02-18"),
            "kva_after": 160.0,
            "area_changed": False,
            "received_on": _RECEIVED,
        }
    )
    assigned = pd.DataFrame(
        {
            "village": villages,
            "id_no": people.id_no[patroller],
            "name": people.name[patroller],
            "start_month": "2020-01",
            "end_month": None,
            "received_on": _RECEIVED,
        }
    )
    reports = pd.DataFrame(
        {
            "report_id": [f"R{one:06d}" for one in range(len(villages) - 2)],
            "village": villages[2:],
            "month": "2022-04",
            "reporter_id": people.id_no[patroller[2:]],
            "received_on": _RECEIVED,
        }
    )
    registers = {
        "power_meter": meters,
        "power_use": use,
        "capacity_request": request,
        "grid_assignment": assigned,
        "patrol_report": reports,
    }
    bribed = "网格巡查员收受财物，对所管两村鱼塘看护房内的“散乱污”作坊隐瞒不报，已移送司法。"
    verdict = Verdict("C0", bribed, measures=(("case_filed", 1), ("form_4", 1)))
    run = Run("M24", datetime(2022, 9, 12), datetime(2022, 11, 18, 2), {str(people.id_no[0]): verdict})
    return Replay(registers, (run,))
