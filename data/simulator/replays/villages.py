"""Replays about villages: barred labour subsidies, twin expenses, an emergency project, a ghost at a public post.

Source: field/inventory.md, Z-05 to Z-09, Z-22, Z-23, Z-38 to Z-41, L-10.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from data.simulator.places import COUNTY
from data.simulator.replays.parts import (
    VILLAGE,
    Question,
    Replay,
    Run,
    Verdict,
    in_order,
    invent_codes,
    invent_people,
)


def cadres_drew_labour_subsidy() -> Replay:
    """Replay 3: 92 sitting cadres drew labour subsidies in an election year, 61 confirmed; 153 people in the end."""
    people = invent_people(154, "1968-05-01", 3)
    ids, names = people.id_no[1:], people.name[1:]
    amounts = np.array([60.0] * 11 + [50.0] * 142)
    subsidies = pd.DataFrame(
        {
            "row_id": [f"L{number:06d}" for number in range(92)],
            "village": VILLAGE,
            "id_no": ids[:92],
            "name": names[:92],
            "work_date": pd.Timestamp("2020-08-25"),
            "amount": amounts[:92],
            "reason_code": "R01",
            "reason_text": "参加换届选举投票",
            "account_holder_id": ids[:92],
            "handler_id": people.id_no[0],
            "received_on": pd.Timestamp("2020-09-10"),
        }
    )
    cadres = pd.DataFrame(
        {
            "id_no": ids[:92],
            "name": names[:92],
            "village": VILLAGE,
            "post": "村委委员",
            "start_date": pd.Timestamp("2017-05-01"),
            "end_date": pd.NaT,
            "received_on": pd.Timestamp("2020-01-01"),
        }
    )
    banned = pd.DataFrame(
        {
            "reason_code": ["R01"],
            "county": COUNTY,
            "valid_from": pd.Timestamp("2018-01-01"),
            "valid_to": pd.NaT,
            "received_on": pd.Timestamp("2020-01-01"),
        }
    )
    drawn = "在任期间领取换届投票误工补贴，已退回。"
    verdicts = in_order(
        ids,
        (61, Verdict("C2", drawn, measures=(("correction", 1),), recovered=True)),
        (19, Verdict("E1", "按县里规定，节假日值守可以领取。", "F20")),
        (12, Verdict("E1", "误工当日尚未当选，不在任。", "F12")),
    )
    run = Run("M08", datetime(2020, 9, 14), datetime(2020, 10, 20, 2), verdicts)
    return Replay(
        {"labour_subsidy": subsidies, "village_cadre": cadres, "banned_reason": banned},
        (run,),
        wider_check=pd.DataFrame({"id_no": ids, "returned": amounts}),
    )


def twin_expenses() -> Replay:
    """Replay 4: two expenses of 33,630 on one day, a fine and its equal late fee: confirmed, its nature changed."""
    people = invent_people(1, "1975-03-01", 4)
    entries = pd.DataFrame(
        {
            "row_id": ["J000001", "J000002"],
            "village": VILLAGE,
            "entry_date": pd.Timestamp("2020-08-12"),
            "amount": 33_630.0,
            "summary": ["行政处罚款", "滞纳金"],
            "payee": "县综合执法局",
            "payee_kind": "机关",
            "voucher_hash": ["v1", "v2"],
            "has_invoice": True,
            "handler_id": people.id_no[0],
            "received_on": pd.Timestamp("2020-08-20"),
        }
    )
    penalty = pd.DataFrame(
        {
            "penalty_no": ["罚〔99〕0000001"],
            "village": VILLAGE,
            "decided_on": pd.Timestamp("2020-05-06"),
            "fine": 33_630.0,
            "late_fee": 33_630.0,
            "received_on": pd.Timestamp("2020-05-20"),
        }
    )
    changed = "并非重复支付，一笔为罚款、一笔为等额滞纳金；滞纳金系村主要负责人未履职所致，以违反工作纪律立案。"
    verdict = Verdict("C3", changed, measures=(("case_filed", 1),))
    run = Run("M10", datetime(2020, 8, 24), datetime(2020, 9, 30, 2), {VILLAGE: verdict})
    return Replay({"cash_journal": entries, "penalty": penalty}, (run,))


def emergency_project() -> Replay:
    """Replay 5: a project of CNY 2.89 million planned to begin before its award: halted, explained, eliminated.

    It was an emergency that the owner's leaders had decided on; the minute was shown only when the owner was asked.
    """
    people = invent_people(1, "1978-04-01", 5)
    project = pd.DataFrame(
        {
            "project_id": ["X2021-0289"],
            "name": "水毁道路应急修复工程",
            "village": VILLAGE,
            "owner": "县农业农村局",
            "budget": 2_890_000.0,
            "is_emergency": True,
            "approve_date": pd.NaT,
            "award_date": pd.NaT,
            "plan_start": pd.Timestamp("2021-08-10"),
            "actual_start": pd.NaT,
            "handler_id": people.id_no[0],
            "received_on": pd.Timestamp("2021-08-19"),
        }
    )
    asked = Question("D-AGRI", "该工程尚未发包，为何已计划开工？", "系应急工程，已经班子会议研究，附会议记录。")
    verdict = Verdict("E1", "应急工程，已经班子会议研究。", "F25", at_once=(("halt", 1),), asked=asked)
    run = Run("M11", datetime(2021, 8, 20), datetime(2021, 8, 26, 2), {"X2021-0289": verdict})
    return Replay({"project": project}, (run,))


def ghost_post() -> Replay:
    """Replay 9: a village accountant draws CNY 3,000 in ten months for a post of his son, who works away.

    The party punishment, of which no more is told, is taken as of the second form; nothing is told of the money.
    """
    son, father = invent_people(1, "1992-06-01", 9), invent_people(1, "1966-01-01", 10)
    months = [f"2019-{month:02d}" for month in range(3, 13)]
    posts = pd.DataFrame(
        {
            "row_id": [f"G{number:06d}" for number in range(10)],
            "id_no": son.id_no[0],
            "name": son.name[0],
            "village": VILLAGE,
            "post_name": "劳动保障信息员",
            "work_month": months,
            "amount": 300.0,
            "account_holder_id": father.id_no[0],
            "withdrawer_id": father.id_no[0],
            "seasonal": False,
            "remote_allowed": False,
            "handler_id": father.id_no[0],
            "received_on": pd.Timestamp("2020-01-10"),
        }
    )
    insured = pd.DataFrame(
        {
            "id_no": son.id_no,
            "employer_uscc": invent_codes(1, "91"),
            "employer": "外地某电子厂",
            "place": "990201",
            "from_month": "2019-03",
            "to_month": None,
            "received_on": pd.Timestamp("2020-01-10"),
        }
    )
    cadre = pd.DataFrame(
        {
            "id_no": father.id_no,
            "name": father.name,
            "village": VILLAGE,
            "post": "村会计",
            "start_date": pd.Timestamp("2014-03-01"),
            "end_date": pd.NaT,
            "received_on": pd.Timestamp("2019-01-01"),
        }
    )
    kin = pd.DataFrame(
        {
            "pid_a": son.id_no,
            "pid_b": father.id_no,
            "relation": "父子",
            "degree": 1,
            "confidence": 0.95,
            "received_on": pd.Timestamp("2019-01-01"),
        }
    )
    registers = {"public_post": posts, "si_enrol": insured, "village_cadre": cadre, "kinship": kin}
    verdict = Verdict("C0", "村会计将在外务工的儿子上报为信息员，补贴由其本人领取。", measures=(("form_2", 1),))
    run = Run("M07", datetime(2020, 3, 2), datetime(2020, 4, 14, 2), {str(son.id_no[0]): verdict})
    return Replay(registers, (run,))
