"""Replays about benefits: paid without the hukou, to the dead, and twice after a merger.

Source: field/inventory.md, H-11 to H-19, L-12 to L-15, D-02 to D-05.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from data.simulator.calendar import Texts
from data.simulator.replays.office import places
from data.simulator.replays.parts import (
    FORMER_VILLAGE,
    VILLAGE,
    Question,
    Replay,
    Run,
    Verdict,
    in_order,
    invent_people,
)

_ACCOUNT = "000000621700000001"


def allowance_without_hukou() -> Replay:
    """Replay 1: 212 people suspected of drawing the elderly-care allowance without the hukou, 197 confirmed.

    The common cause went to the department as a recommendation, which built a mechanism of verification.
    """
    people = invent_people(213, "1944-02-01", 1)
    n, handler = 212, people.id_no[0]
    ids, names = people.id_no[1:], people.name[1:]
    payments = pd.DataFrame(
        {
            "id_no": np.repeat(ids, 3),
            "name": np.repeat(names, 3),
            "pay_month": [f"2023-{month:02d}" for month in (1, 2, 3)] * n,
        }
    )
    payments = payments.assign(
        pay_id=[f"P{number:06d}" for number in range(3 * n)],
        scheme="elderly_care_allowance",
        region=VILLAGE,
        amount=60.0,
        account_no=_ACCOUNT,
        account_holder_id=payments["id_no"],
        handler_id=handler,
        reviewer_id=handler,
        paid_date=pd.to_datetime(payments["pay_month"] + "-10"),
        kind="正常",
        received_on=pd.Timestamp("2023-04-01"),
    )
    persons = pd.DataFrame(
        {
            "id_no": ids,
            "name": names,
            "sex": "男",
            "birth_date": pd.Timestamp("1944-02-01"),
            "hukou_region": "990201",
            "hukou_out_date": pd.Timestamp("2022-11-15"),
            "hukou_registered_on": pd.Timestamp("2022-11-20"),
            "residence_region": VILLAGE,
            "household_no": [f"H{number:06d}" for number in range(n)],
            "received_on": pd.Timestamp("2023-04-01"),
        }
    )
    over_paid = "户籍已迁出，未停发，属超发。"
    first = Verdict("C2", over_paid, measures=(("correction", 1), ("letter", 1), ("mechanism", 1)))
    confirmed = Verdict("C2", over_paid, measures=(("correction", 1),))
    verdicts = in_order(
        ids,
        (1, first),
        (196, confirmed),
        (9, Verdict("E1", "户籍迁移登记晚于发放，当时尚无从知晓。", "F01")),
        (4, Verdict("E1", "区划调整，户籍仍在本区范围内。", "F02")),
        (2, Verdict("E1", "按实施细则可宽限一个月。", "F03")),
    )
    run = Run("M01", datetime(2023, 4, 3), datetime(2023, 5, 12, 3), verdicts)
    return Replay({"benefit_payment": payments, "person": persons}, (run,))


class _Department(NamedTuple):
    """One of the six departments that paid, with what the check of its items came to."""

    unit: str
    scheme: str
    amount: float
    over_paid: int
    """Items whose money came back."""
    corrected: int
    """Items that were an error of the data, without money to recover."""
    excluded: int


_SIX = (
    _Department("D-HRSS", "resident_pension", 168.0, 150, 762, 548),
    _Department("D-HEALTH", "senior_allowance", 50.0, 300, 312, 368),
    _Department("D-CIVIL", "dibao", 420.0, 20, 357, 227),
    _Department("D-DISABLED", "disability_allowance", 85.0, 120, 142, 158),
    _Department("D-VETERANS", "veteran_allowance", 45.0, 60, 72, 80),
    _Department("D-HOUSING", "rent_subsidy", 260.0, 25, 38, 37),
)
"""3,776 items, of them 2,358 errors that were corrected, with CNY 68,000 recovered. How they spread over departments
and how many of the errors had money to recover is not reported and invented here."""
_CAUSES = ("F01", "F05", "F01", "F04", "F01", "F04", "F05", "F01", "F04", "F08")
"""Why items were no errors, in turn."""
_REASONS = {
    "F01": "家属报告较迟，多发部分已从丧葬费中抵扣。",
    "F04": "死亡日期登记有误，以死亡证明为准未多发。",
    "F05": "所发为生前月份的补发。",
    "F08": "两人同号，领取人并未死亡。",
}


def deceased_still_paid() -> Replay:
    """Replay 2: 3,776 items paid after a death in six departments, 2,358 errors corrected, CNY 68,000 recovered.

    One item is one person's, so that an alert is an item. Eighteen leaders were interviewed, the main and deputy ones
    of each department. Errors of the data alone are D1, which the confirmation rate does not count as confirmed: the
    reported 62.4 % is D1 and C2 together.
    """
    items = pd.DataFrame([item for department in _SIX for item in _items(department)], columns=_ITEM)
    n = len(items)
    people = invent_people(n + 1, "1930-01-01", 2)
    ids, names, handler = people.id_no[1:], people.name[1:], people.id_no[0]
    villages = places().villages
    paid = pd.Timestamp("2020-04-15")
    payments = pd.DataFrame(
        {
            "pay_id": [f"P{number:06d}" for number in range(n)],
            "scheme": items["scheme"],
            "id_no": ids,
            "name": np.where(items["cause"] == "F08", np.roll(names, 1), names),
            "region": villages[np.arange(n) % len(villages)],
            "pay_month": "2020-04",
            "amount": items["amount"],
            "account_no": _ACCOUNT,
            "account_holder_id": ids,
            "handler_id": handler,
            "reviewer_id": handler,
            "paid_date": paid,
            "kind": np.where(items["cause"] == "F05", "补发", "正常"),
            "received_on": pd.Timestamp("2020-05-06"),
        }
    )
    returned = items["outcome"] == "D1"
    returns = pd.DataFrame(
        {
            "pay_id": payments.loc[returned, "pay_id"],
            "returned_on": pd.Timestamp("2020-04-28"),
            "amount": payments.loc[returned, "amount"],
            "received_on": pd.Timestamp("2020-05-06"),
        }
    )
    deaths = pd.DataFrame(
        {
            "id_no": ids,
            "name": names,
            "death_date": pd.Timestamp("2020-03-12"),
            "register_date": pd.Series(pd.Timestamp("2020-03-20"), items.index).mask(
                items["cause"] == "F01", paid + pd.Timedelta(days=9)
            ),
            "cremation_date": pd.NaT,
            "source": "卫健局",
            "received_on": pd.Timestamp("2020-05-06"),
        }
    )
    disputed = deaths[items["cause"] == "F04"].assign(death_date=pd.Timestamp("2020-03-02"), source="民政局")
    registers = {"benefit_payment": payments, "benefit_return": returns, "death": pd.concat([deaths, disputed])}
    run = Run("M02", datetime(2020, 5, 11), datetime(2020, 6, 29, 3), _six_departments(items, ids))
    return Replay(registers, (run,))


_ITEM = ["unit", "scheme", "amount", "outcome", "cause"]


def _items(department: _Department) -> Iterator[tuple[str, str, float, str, str]]:
    kinds = ["C2"] * department.over_paid + ["D1"] * department.corrected + ["E1"] * department.excluded
    for number, outcome in enumerate(kinds):
        cause = _CAUSES[number % len(_CAUSES)] if outcome == "E1" else ""
        yield department.unit, department.scheme, department.amount, outcome, cause


def _six_departments(items: pd.DataFrame, ids: Texts) -> dict[str, Verdict]:
    """The verdict on each item; about the first one of each department its leaders are interviewed and it is asked."""
    corrected = (("correction", 1),)
    usual = {
        "C2": Verdict("C2", "死亡次月后仍发放，已追回。", measures=corrected, recovered=True),
        "D1": Verdict("D1", "信息不同步所致，款项已退回，台账已更正。", measures=corrected),
        **{cause: Verdict("E1", reason, cause) for cause, reason in _REASONS.items()},
    }
    came_to = items["cause"].where(items["cause"] != "", items["outcome"])
    verdicts = {str(number): usual[code] for number, code in zip(ids, came_to, strict=True)}
    for place in items.drop_duplicates("unit").index:
        asked = Question(items["unit"][place], "请逐户逐人核查本单位发放名单并反馈。", "已逐户逐人核查并纠错。")
        verdicts[str(ids[place])] = Verdict(
            "C2", usual["C2"].note, measures=corrected, at_once=(("talk", 3),), asked=asked, recovered=True
        )
    return verdicts


def drawn_twice_after_merger() -> Replay:
    """Replay 6: ten people in the lists of two villages just merged: 20 rows, CNY 60,000, of which 30,000 came back."""
    people = invent_people(11, "2003-09-01", 6)
    ids, names, handler = people.id_no[1:], people.name[1:], people.id_no[0]
    payments = pd.DataFrame(
        {
            "pay_id": [f"P{number:06d}" for number in range(20)],
            "scheme": "rain_dew",
            "id_no": np.tile(ids, 2),
            "name": np.tile(names, 2),
            "region": np.repeat([VILLAGE, FORMER_VILLAGE], 10),
            "pay_month": "2021-09",
            "amount": 3000.0,
            "account_no": _ACCOUNT,
            "account_holder_id": np.tile(ids, 2),
            "handler_id": handler,
            "reviewer_id": handler,
            "paid_date": pd.Timestamp("2021-09-15"),
            "kind": "正常",
            "received_on": pd.Timestamp("2021-10-08"),
        }
    )
    history = places().history.assign(received_on=pd.Timestamp("2020-08-01"))
    twice = "两村刚合并，审核不严，学生名单重复报送；重复部分已退回。"
    returned = Verdict("C2", twice, measures=(("correction", 1),), recovered=True)
    run = Run("M05", datetime(2022, 2, 14), datetime(2022, 3, 25, 3), in_order(ids, (10, returned)))
    return Replay({"benefit_payment": payments, "region_history": history}, (run,))
