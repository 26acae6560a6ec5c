"""Replay about procurement: a property company that wins again and again in one department.

Source: field/inventory.md, S-35.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from data.simulator.places import COUNTY
from data.simulator.replays.parts import Replay, Run, Verdict, invent_codes, invent_people

_N_FIRMS, _N_DEPARTMENTS, _AWARDS_EACH = 8, 6, 8
_RECEIVED = pd.Timestamp("2024-05-06")


def repeat_winner() -> Replay:
    """Replay 14: a property company wins again and again in one department; its deputy head comes under investigation.

    How often it won is not told and invented: all eight awards of that department, and of the others no more than any.
    """
    firms = invent_codes(_N_FIRMS, "91")
    deputy_head = invent_people(1, "1971-11-01", 15)
    n = _N_DEPARTMENTS * _AWARDS_EACH
    number = np.arange(n)
    department = number // _AWARDS_EACH
    winner = firms[np.where(department == 0, 0, number % _N_FIRMS)]
    names = [f"示范县第{one + 1}物业服务有限公司" for one in range(_N_FIRMS)]
    departments = np.array(["县机关事务局", "县教育局", "县卫健局", "县文旅局", "县交通局", "县水利局"])
    tender_id = np.array([f"Z{one + 1:05d}" for one in number])
    awarded = pd.Timestamp("2022-07-04") + pd.to_timedelta((number % _AWARDS_EACH) * 80 + department * 5, "D")
    tenders = pd.DataFrame(
        {
            "tender_id": tender_id,
            "name": [f"办公楼物业服务项目（{one + 1}）" for one in number],
            "dept_code": [f"{one + 1:03d}" for one in department],
            "dept": departments[department],
            "region": COUNTY,
            "industry": "物业管理",
            "method": "公开招标",
            "budget": 600_000.0,
            "ceiling_price": 580_000.0,
            "open_date": awarded - pd.Timedelta(days=3),
            "award_date": awarded,
            "winner_uscc": winner,
            "award_price": 560_000.0,
            "agent_uscc": None,
            "shared_network": False,
            "standard_price": False,
            "is_framework": False,
            "emergency": False,
            "received_on": _RECEIVED,
        }
    )
    bidders = pd.DataFrame({"tender_id": np.repeat(tender_id, _N_FIRMS), "uscc": np.tile(firms, n)})
    bids = bidders.assign(
        bid_id=[f"B{one:06d}" for one in range(len(bidders))],
        bidder=np.tile(names, n),
        price=570_000.0,
        won=bidders["uscc"] == np.repeat(winner, _N_FIRMS),
        received_on=_RECEIVED,
        **dict.fromkeys(
            ("ip", "mac", "lock_no", "file_author", "deposit_acct", "contact_phone", "document_hash"), None
        ),
    )
    enterprises = pd.DataFrame(
        {
            "uscc": firms,
            "name": names,
            "region": COUNTY,
            "industry": "物业管理",
            "status": "active",
            "registered_on": pd.Timestamp("2015-03-01"),
            "cancelled_on": pd.NaT,
            "phone": "19900000000",
            "address": "砚田镇",
            "listed": False,
            "group_name": None,
            "tax_paid": 90_000.0,
            "n_insured": 60,
            "received_on": _RECEIVED,
        }
    )
    powers = pd.DataFrame(
        {
            "tender_id": tender_id[department == 0],
            "id_no": deputy_head.id_no[0],
            "name": deputy_head.name[0],
            "power": "采购人代表",
            "received_on": _RECEIVED,
        }
    )
    payroll = pd.DataFrame(
        {
            "id_no": deputy_head.id_no,
            "name": deputy_head.name,
            "unit_name": departments[0],
            "post": "副局长",
            "fiscal_type": "full",
            "start_date": pd.Timestamp("2018-01-01"),
            "end_date": pd.NaT,
            "monthly_pay": 9_000.0,
            "received_on": _RECEIVED,
        }
    )
    registers = {
        "tender": tenders,
        "bid": bids,
        "enterprise": enterprises,
        "tender_power": powers,
        "public_employee": payroll,
    }
    verdict = Verdict("C0", "同一部门多次中标、次数异常，副局长已被立案审查。", measures=(("case_filed", 1),))
    run = Run("M13", datetime(2024, 5, 13), datetime(2024, 6, 24, 2), {str(firms[0]): verdict})
    return Replay(registers, (run,))
