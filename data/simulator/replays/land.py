"""Replay about the land-requisition pension: 9,420 quotas compared with notices, enrolments and minutes.

Source: field/inventory.md, H-41 to H-46.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from data.simulator.replays.office import places
from data.simulator.replays.parts import Replay, Run, invent_people

_A_NOTICE = 785
"""Quotas of each of the twelve villages' notices: 9,420 altogether."""
_OVER, _UNMINUTED, _IDLE = 0, (1, 2), 3
"""Notices with more people than quotas, published before anybody had met, and allotted in part only."""
_N_OVER, _N_IDLE, _N_UNKNOWN, _N_UNLISTED = 5, 285, 12, 3
"""People beyond the quota, quotas left, people under a number no notice has, people whose household lost no land."""
_UNKNOWN = "国土〔99〕0099"
_RECEIVED = pd.Timestamp("2023-12-01")
_AS_OF, _TOLD = datetime(2023, 12, 11), datetime(2023, 12, 29)


def land_pension_quotas() -> Replay:
    """Replay 13: 9,420 quotas of the land-requisition pension; numbers, minutes and allotments that do not match.

    What was found is told by kind and not by number, which is invented. No verdict is told: the alerts wait.
    """
    villages = places().villages
    notices = _notices(villages)
    enrolled = _enrolments(notices)
    listed = enrolled.loc[enrolled["notice_no"] != _UNKNOWN, ["notice_no", "village", "household_no"]]
    unlisted = listed.index[-_N_UNLISTED:]
    registers = {
        "land_notice": notices,
        "land_pension_enrol": enrolled,
        "land_losing_household": listed.drop(index=unlisted).assign(lost_mu=0.5, received_on=_RECEIVED),
        "meeting_minute": _minutes(notices),
    }
    return Replay(registers, tuple(Run(model, _AS_OF, _TOLD) for model in ("M20", "M21", "M22")))


def _notices(villages: np.ndarray[tuple[int], np.dtype[np.str_]]) -> pd.DataFrame:
    n = len(villages)
    issued = pd.Series(pd.Timestamp("2023-02-06"), index=range(n))
    issued[_IDLE] = pd.Timestamp("2022-06-01")
    return pd.DataFrame(
        {
            "notice_no": [f"国土〔99〕{number + 1:04d}" for number in range(n)],
            "village": villages,
            "quota_total": float(_A_NOTICE),
            "issue_date": issued,
            "publicity_date": issued + pd.Timedelta(days=60),
            "in_dispute": False,
            "compensation_paid": True,
            "handler_id": invent_people(1, "1979-02-01", 13).id_no[0],
            "received_on": _RECEIVED,
        }
    )


def _enrolments(notices: pd.DataFrame) -> pd.DataFrame:
    """A person each: those of the notices, then those under the number that no notice has."""
    counts = np.full(len(notices) + 1, _A_NOTICE)
    counts[_OVER] += _N_OVER
    counts[_IDLE] -= _N_IDLE
    counts[-1] = _N_UNKNOWN
    n = int(counts.sum())
    people = invent_people(n, "1950-01-01", 14)
    enrolled_on = pd.concat([notices["publicity_date"], pd.Series([pd.Timestamp("2023-05-04")])])
    return pd.DataFrame(
        {
            "enrol_id": [f"E{number:06d}" for number in range(n)],
            "notice_no": np.repeat([*notices["notice_no"], _UNKNOWN], counts),
            "village": np.repeat([*notices["village"], notices["village"][0]], counts),
            "id_no": people.id_no,
            "name": people.name,
            "household_no": [f"H{number:07d}" for number in range(n)],
            "enrolled_on": np.repeat(enrolled_on.to_numpy() + np.timedelta64(20, "D"), counts),
            "subsidy": 30_000.0,
            "handler_id": notices["handler_id"][0],
            "received_on": _RECEIVED,
        }
    )


def _minutes(notices: pd.DataFrame) -> pd.DataFrame:
    """A meeting in each village ten days before the publication; in two of them it was about something else."""
    other = notices.index.isin(_UNMINUTED)
    return pd.DataFrame(
        {
            "minute_id": [f"W{number:06d}" for number in range(len(notices))],
            "village": notices["village"],
            "meeting_type": "村民代表大会",
            "topic": np.where(other, "道路养护安排", "征地养老参保指标分配"),
            "project_id": None,
            "meeting_date": notices["publicity_date"] - pd.Timedelta(days=10),
            "received_on": _RECEIVED,
        }
    )
