"""Replays about conduct and duty: retired cadres in business, penalties again and again, travel under an association.

Source: field/inventory.md, H-33 to H-37, S-04 to S-09, S-47 to S-51.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from data.simulator.calendar import draw_from
from data.simulator.replays.office import places
from data.simulator.replays.parts import (
    VILLAGE,
    Replay,
    Run,
    Verdict,
    in_order,
    invent_codes,
    invent_people,
)

_TOWN = VILLAGE[:9]


def retired_cadre_in_business() -> Replay:
    """Replay 8: sixteen retired cadres in business, eight cases filed; one supervises a firm and owns 60 % of it.

    What became of the other eight is not told: they wait to be verified.
    """
    people = invent_people(16, "1960-01-15", 8)
    codes = invent_codes(16, "91")
    retired = pd.DataFrame(
        {
            "id_no": people.id_no,
            "name": people.name,
            "unit_name": "砚田镇人民政府",
            "post": "副镇长",
            "post_rank": 2,
            "retire_date": pd.Timestamp("2020-03-31"),
            "jurisdiction": _TOWN,
            "received_on": pd.Timestamp("2024-02-20"),
        }
    )
    firms = pd.DataFrame(
        {
            "uscc": codes,
            "name": [f"示范县第{number + 1}商贸有限公司" for number in range(16)],
            "region": VILLAGE,
            "industry": "批发业",
            "status": "active",
            "registered_on": pd.Timestamp("2018-06-01"),
            "cancelled_on": pd.NaT,
            "phone": "19900000000",
            "address": "砚田镇",
            "listed": False,
            "group_name": None,
            "tax_paid": 12_000.0,
            "n_insured": 4,
            "received_on": pd.Timestamp("2024-02-20"),
        }
    )
    roles = pd.DataFrame(
        {
            "uscc": codes,
            "id_no": people.id_no,
            "name": people.name,
            "role": ["supervisor", *np.resize(["legal_rep", "director", "supervisor"], 15)],
            "share_pct": [60.0, *np.resize([0.0, 10.0, 30.0], 15)],
            "start_date": pd.to_datetime(["2020-10-15", *np.resize(["2021-04-01", "2022-09-01"], 15)]),
            "end_date": pd.NaT,
            "resigned_on": pd.NaT,
            "received_on": pd.Timestamp("2024-02-20"),
        }
    )
    filed = Verdict("C0", "退休后三年内在原管辖地区企业任职、持股，属实，已立案。", measures=(("case_filed", 1),))
    run = Run("M19", datetime(2024, 3, 4), datetime(2024, 4, 8, 2), in_order(people.id_no, (8, filed)))
    return Replay({"retired_cadre": retired, "enterprise": firms, "enterprise_role": roles}, (run,))


def repeat_penalties() -> Replay:
    """Replay 11: one firm fined again and again for dumping waste, among 1,989 penalties of three years.

    No fine in place of management was found, but the governance of waste was weak: a work prompt sheet went to two
    departments. How often the firm was fined, and the number of hotline tickets about it, is not told and invented.
    """
    n, n_firm, n_tickets = 1_989, 6, 14
    codes = invent_codes(1_000, "91")
    days = np.datetime64("2021-08-01") + (np.arange(n - n_firm) * 1_095 // (n - n_firm)).astype("timedelta64[D]")
    firm_days = np.datetime64("2023-09-05") + (np.arange(n_firm) * 50).astype("timedelta64[D]")
    firm = np.concatenate([np.zeros(n_firm, dtype=np.int64), 1 + np.arange(n - n_firm) % 999])
    villages = places().villages
    penalties = pd.DataFrame(
        {
            "decision_no": [f"罚〔99〕{number + 1:07d}" for number in range(n)],
            "uscc": codes[firm],
            "enterprise": [f"示范县第{number}建筑工程有限公司" for number in firm],
            "region": villages[firm % len(villages)],
            "site": [f"工地{number:05d}" for number in firm],
            "kind": "擅自倾倒建筑垃圾",
            "agency": "县综合执法局",
            "amount": draw_from(11, "replay").integers(5, 50, n) * 1_000.0,
            "decided_on": np.concatenate([firm_days, days]),
            "handler_id": invent_people(1, "1985-07-01", 11).id_no[0],
            "received_on": pd.Timestamp("2024-08-01"),
        }
    )
    tickets = pd.DataFrame(
        {
            "ticket_no": [f"T{number:06d}" for number in range(n_tickets)],
            "region": villages[0],
            "uscc": codes[0],
            "topic": "建筑垃圾",
            "opened_on": np.resize(firm_days, n_tickets),
            "satisfied": True,
            "received_on": pd.Timestamp("2024-08-01"),
        }
    )
    found = Verdict("G1", "未发现以罚代管，但建筑垃圾治理效果不明显，已发工作提示单。", measures=(("letter", 2),))
    run = Run("M25", datetime(2024, 8, 5), datetime(2024, 8, 23, 2), {str(codes[0]): found})
    return Replay({"enterprise_penalty": penalties, "hotline": tickets}, (run,))


def travel_under_association() -> Replay:
    """Replay 12: staff of a logistics company travel on invoices of a federation: an integrity prompt sheet follows.

    The handbook of rules for associations is the mechanism built. Amounts and the number of invoices are invented.
    """
    people = invent_people(3, "1982-05-01", 12)
    (federation,), (agency,) = invent_codes(1, "51"), invent_codes(1, "91")
    days = pd.to_datetime(["2024-05-06", "2024-05-08", "2024-05-09"])
    invoices = pd.DataFrame(
        {
            "invoice_no": ["I000001", "I000002", "I000003"],
            "buyer_uscc": federation,
            "seller_uscc": agency,
            "seller": "示范县天边旅行社有限公司",
            "item": "旅游服务费",
            "amount": [8_600.0, 12_400.0, 9_900.0],
            "invoice_date": days,
            "remark": "行业联合会活动",
            "traveller_id": people.id_no,
            "received_on": pd.Timestamp("2024-06-03"),
        }
    )
    organs = pd.DataFrame(
        {
            "uscc": [federation],
            "name": "示范县物流行业联合会",
            "kind": "association",
            "region": VILLAGE[:6],
            "received_on": pd.Timestamp("2024-01-05"),
        }
    )
    staff = pd.DataFrame(
        {
            "id_no": people.id_no,
            "name": people.name,
            "unit_name": "示范县物流集团有限公司",
            "post": "职员",
            "fiscal_type": "partial",
            "start_date": pd.Timestamp("2015-07-01"),
            "end_date": pd.NaT,
            "monthly_pay": 6_500.0,
            "received_on": pd.Timestamp("2024-01-05"),
        }
    )
    verdict = Verdict(
        "C0", "经调取旅游合同、比对出行人身份，系公款旅游，已发廉政提示单。", measures=(("letter", 1), ("mechanism", 1))
    )
    run = Run("M26", datetime(2024, 6, 11), datetime(2024, 7, 12, 2), {str(federation): verdict})
    return Replay({"invoice": invoices, "organ": organs, "public_employee": staff}, (run,))
