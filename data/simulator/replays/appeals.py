"""Replay about the public's appeals: 31,527 accepted, 25 of them answered to no satisfaction and put under supervision.

Source: field/inventory.md, Z-32 to Z-36.
"""

from datetime import date, datetime

import numpy as np
import pandas as pd

from data.simulator.replays.office import places
from data.simulator.replays.parts import HandedOver, Replay

_ACCEPTED, _UNSATISFIED = 31_527, 25
_TOPICS = ("劳务用工补助", "集体资产出租", "低保救助", "村务公开", "宅基地审批")


def unsatisfied_appeals() -> Replay:
    """Replay 15: 31,527 appeals until 16 November 2021; the 25 that satisfied nobody are put under supervision.

    No supervision model raises an alert on an appeal. The register of tickets holds all of them; the 25 come over from
    the appeals' own system as a feed, each is ordered to be handled under supervision, and what came of it is not told.
    """
    number = np.arange(_ACCEPTED)
    villages = places().villages
    unsatisfied = np.isin(number, np.linspace(0, _ACCEPTED - 1, _UNSATISFIED).astype(int))
    opened = np.datetime64("2021-06-01") + (number * 168 // _ACCEPTED).astype("timedelta64[D]")
    tickets = pd.DataFrame(
        {
            "ticket_no": [f"S{one + 1:06d}" for one in number],
            "region": villages[number % len(villages)],
            "uscc": None,
            "topic": np.resize(_TOPICS, _ACCEPTED),
            "opened_on": opened,
            "satisfied": ~unsatisfied,
            "received_on": pd.Timestamp("2021-11-16"),
        }
    )
    at = datetime(2021, 11, 16, 2)
    alerts = tickets[unsatisfied].rename(columns={"ticket_no": "alert_id", "topic": "诉求类别"})
    alerts = alerts.assign(raised_at=at, source="不满意件", level="yellow")
    handed_over = HandedOver(
        name="appeals",
        supplier="信访局",
        alerts=alerts[["alert_id", "raised_at", "region", "source", "level", "诉求类别"]],
        at=at,
        demand="群众对办理结果不满意，请重新核实办理并当面反馈。",
        due_on=date(2021, 12, 16),
    )
    return Replay({"hotline": tickets}, (), handed_over=handed_over)
