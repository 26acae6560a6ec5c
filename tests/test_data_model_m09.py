"""M09, village cadres paid beyond their approved pay: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

CARD = "txn_id | village | payee_id | pay_date | amount | summary | has_invoice | holder_id\n"
CASH = "row_id | village | payee | entry_date | amount | summary | has_invoice | handler_id\n"
CADRES = """
    id_no | name | village      | post   | start_date | end_date
    A     | 韩立 | 990101001201 | 村主任 | 2021-03-01 |
    B     | 周芳 | 990101001201 | 村会计 | 2021-03-01 | 2023-12-31
"""
PLAN = """
    id_no | village      | year | item     | cap_amount | approved_on
    A     | 990101001201 | 2024 | 绩效奖金 | 5000       | 2024-01-15
    A     | 990101001201 | 2023 | 交通补贴 | 1200       | 2023-01-15
"""


def test_pay_outside_the_plan_or_above_its_cap_is_one_alert_a_year(small_office: Path) -> None:
    alerts = run_card(
        "M09",
        {
            "village_cadre": CADRES,
            "pay_plan": PLAN,
            "village_card_txn": CARD
            + """
                # 韩: within the plan, then 1000 above it; a subsidy that the plan of the year before had.
                1 | 990101001201 | A | 2024-02-01 | 4000 | 上半年绩效奖金 | false | h
                2 | 990101001201 | A | 2024-05-01 | 2000 | 下半年绩效奖金 | false | h
                3 | 990101001201 | A | 2024-03-01 | 600  | 交通补贴       | false | A
                4 | 990101001201 | A | 2023-03-01 | 1200 | 交通补贴       | false | h
                5 | 990101001201 | A | 2024-03-01 | 900  | 购办公用品     | false | h
                # 周 had left; 丙 is no cadre; 韩 is none in the other village.
                6 | 990101001201 | B | 2024-03-01 | 800  | 误工补助       | false | h
                7 | 990101001201 | C | 2024-03-01 | 800  | 劳务费         | false | h
                8 | 990101001202 | A | 2024-03-01 | 800  | 劳务费         | false | h
                9 | 990101001201 | B | 2023-03-01 | 800  | 劳务费         | false | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | period | amount | recoverable | n_payments | outside_plan | handled_own_row | post
        周某某          | red   | 2023   | 800    | 800         | 1          | yes          | no              | 村会计
        韩某某          | red   | 2024   | 2600   | 1600        | 2          | yes          | yes             | 村主任
        """,
    )
    assert alerts[1].title == "在任村主任韩某某在2024年是否领取了核定报酬以外的奖金、补贴？"


def test_small_sums_count_once_they_add_up_to_more_than_the_office_lets_pass(small_office: Path) -> None:
    alerts = run_card(
        "M09",
        {
            "village_cadre": CADRES,
            "village_card_txn": CARD
            + """
                1 | 990101001201 | A | 2024-02-01 | 300 | 津贴     | false | h
                2 | 990101001201 | A | 2024-03-01 | 300 | 通讯补贴 | false | h
                3 | 990101001201 | B | 2023-03-01 | 500 | 通讯补贴 | false | h
            """,
        },
        as_of="2024-06-01",
        cap=500,
    )
    expect(
        alerts,
        """
        subject_display | amount | recoverable | n_payments | n_equal
        韩某某          | 300    | 100         | 1          | 2
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M09",
        {
            "village_cadre": """
                # 丁: an advance (F21). 戊: an invoice (F21). 己: holiday duty (F20). 庚: in the plan (F20). 辛: a name.
                id_no | name | village      | start_date | end_date
                D     | 丁一 | 990101001201 | 2021-03-01 |
                E     | 戊二 | 990101001201 | 2021-03-01 |
                F     | 己三 | 990101001201 | 2021-03-01 |
                G     | 庚四 | 990101001201 | 2021-03-01 |
                H     | 辛五 | 990101001201 | 2021-03-01 |
            """,
            "pay_plan": """
                id_no | village      | year | item     | cap_amount | approved_on
                G     | 990101001201 | 2024 | 值班补贴 | 600        | 2024-01-15
            """,
            "village_card_txn": CARD
            + """
                1 | 990101001201 | D | 2024-02-01 | 300 | 垫付劳务费报销 | false | h
                2 | 990101001201 | E | 2024-02-01 | 300 | 培训劳务费     | true  | h
                3 | 990101001201 | F | 2024-02-01 | 300 | 春节值班补贴   | false | h
                4 | 990101001201 | G | 2024-02-01 | 300 | 春节值班补贴   | false | h
            """,
            "cash_journal": CASH
            + """
                1 | 990101001201 | 辛五 | 2024-02-01 | 300 | 年终奖 | false | h
                2 | 990101001202 | 丁一 | 2024-02-01 | 300 | 年终奖 | false | h
                3 | 990101001201 | 壬六 | 2024-02-01 | 300 | 年终奖 | false | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | amount | reimbursed | has_invoice | holiday_duty | by_name_only | paid_from
        丁某某          | yellow | 300    | yes        | no          | no           | no           | card
        己某某          | orange | 300    | no         | no          | yes          | no           | card
        戊某某          | orange | 300    | no         | yes         | no           | no           | card
        辛某某          | orange | 300    | no         | no          | no           | yes          | cash
        """,
    )
