"""M29, spending by village card: each irregularity, the month folded, kin of cadres, and each innocent cause."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

TXN = (
    "txn_id | village | pay_date | pay_minute | amount | merchant_type | payee_id | is_cash | has_invoice | farm_slip "
    "| approve_date | approve_entered_on | emergency\n"
)
HOLIDAYS = """
    day        | name | is_workday
    2024-05-01 | 劳动 | false
    2024-04-28 | 劳动 | true
"""


def test_each_irregularity_is_found(small_office: Path) -> None:
    alerts = run_card(
        "M29",
        {
            "holiday": HOLIDAYS,
            "village_card_txn": TXN
            + """
                # A: approved a day later. B: no invoice. C: cash. D: on a holiday, and at 23:30. E: a sensitive shop.
                # F: as it should be, on a Sunday worked. G: small without an invoice.
                1 | A | 2024-05-10 | 600  | 900  | 建材 |  | false | true  | false | 2024-05-11 | 2024-05-11 | false
                2 | B | 2024-05-10 | 600  | 900  | 建材 |  | false | false | false | 2024-05-10 | 2024-05-10 | false
                3 | C | 2024-05-10 | 600  | 2500 | 银行 |  | true  | true  | false | 2024-05-10 | 2024-05-10 | false
                4 | D | 2024-05-01 | 600  | 900  | 建材 |  | false | true  | false | 2024-05-01 | 2024-05-01 | false
                5 | D | 2024-05-02 | 1410 | 300  | 建材 |  | false | true  | false | 2024-05-01 | 2024-05-01 | false
                6 | E | 2024-05-10 | 600  | 900  | 烟酒 |  | false | true  | false | 2024-05-10 | 2024-05-10 | false
                7 | F | 2024-04-28 | 600  | 900  | 建材 |  | false | true  | false | 2024-04-28 | 2024-04-28 | false
                8 | G | 2024-05-10 | 600  | 500  | 建材 |  | false | false | false | 2024-05-10 | 2024-05-10 | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | amount | n_payments
        A               | orange | 900    | 1
        B               | orange | 900    | 1
        C               | orange | 2500   | 1
        D               | orange | 1200   | 2
        E               | red    | 900    | 1
        """,
    )
    expect(
        alerts,
        """
        approved_afterwards | white_slip | much_cash | night_or_holiday | sensitive_shop
        yes                 | no         | no        | no               | no
        no                  | yes        | no        | no               | no
        no                  | no         | yes       | no               | no
        no                  | no         | no        | yes              | no
        no                  | no         | no        | no               | yes
        """,
    )


def test_payments_to_kin_of_a_cadre_in_office(small_office: Path) -> None:
    alerts = run_card(
        "M29",
        {
            "village_cadre": """
                id_no | name | village | start_date | end_date
                K     | 韩立 | A       | 2021-01-01 |
                L     | 周芳 | B       | 2021-01-01 | 2024-03-31
            """,
            "kinship": """
                # S and T are kin of K, T too uncertainly (F17); R of L, who left.
                pid_a | pid_b | relation | degree | confidence
                S     | K     | 子       | 1      | 0.9
                K     | T     | 侄       | 2      | 0.2
                R     | L     | 子       | 1      | 0.9
            """,
            "village_card_txn": TXN
            + """
                1 | A | 2024-05-10 | 600 | 900 | 建材 | S | false | true  | false | 2024-05-10 | 2024-05-10 | false
                2 | A | 2024-04-10 | 600 | 900 | 建材 | S | false | false | false | 2024-04-10 | 2024-04-10 | false
                3 | A | 2024-03-10 | 600 | 900 | 建材 | T | false | true  | false | 2024-03-10 | 2024-03-10 | false
                4 | B | 2024-05-10 | 600 | 900 | 建材 | R | false | true  | false | 2024-05-10 | 2024-05-10 | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | period  | level  | paid_to_kin | relation | degree | confidence
        A               | 2024-04 | red    | yes         | 子       | 1      | 0.9
        A               | 2024-05 | orange | yes         | 子       | 1      | 0.9
        """,
    )


def test_innocent_causes(small_office: Path) -> None:
    alerts = run_card(
        "M29",
        {
            "village_card_txn": TXN
            + """
                # A: emergency without approval (F29). B: approved on paper, entered in a week (F29). C: entered later.
                # D: 22:20 by the bank's clock (F29). E: a farmer's slip (F21). F: an emergency in a sensitive shop.
                1 | A | 2024-05-10 | 600  | 900 | 建材   | | false | true  | false |            |            | true
                2 | B | 2024-05-10 | 600  | 900 | 建材   | | false | true  | false | 2024-05-10 | 2024-05-15 | false
                3 | C | 2024-05-10 | 600  | 900 | 建材   | | false | true  | false | 2024-05-10 | 2024-05-25 | false
                4 | D | 2024-05-10 | 1340 | 900 | 建材   | | false | true  | false | 2024-05-10 | 2024-05-10 | false
                5 | E | 2024-05-10 | 600  | 900 | 农产品 | | false | false | true  | 2024-05-10 | 2024-05-10 | false
                6 | F | 2024-05-10 | 600  | 900 | 烟酒   | | false | true  | false | 2024-05-10 | 2024-05-10 | true
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | entered_too_late | emergency
        A               | yellow | no               | yes
        C               | orange | yes              | no
        F               | red    | no               | yes
        """,
    )
