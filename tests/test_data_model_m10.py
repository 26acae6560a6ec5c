"""M10, two expenses of one day and one amount: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

JOURNAL = "row_id | village | entry_date | amount | summary | payee | payee_kind | voucher_hash | has_invoice\n"
VILLAGES = """
    code         | name
    99           | 示范省
    9901         | 示范市
    990101       | 示范县
    990101001    | 砚田镇
    990101001201 | 东笺村
"""


def test_a_fine_and_its_equal_late_fee_raise_a_red_alert_that_names_the_penalty(small_office: Path) -> None:
    """Two expenses of CNY 33,630 on one day: not a double payment, yet someone answered for the late fee.

    Source: field/inventory.md, Z-22 and Z-23.
    """
    alerts = run_card(
        "M10",
        {
            "cash_journal": JOURNAL
            + """
                1 | 990101001201 | 2020-08-05 | 33630 | 行政处罚款 | 自然资源局 | 机关 | v1 | true
                2 | 990101001201 | 2020-08-05 | 33630 | 滞纳金     | 自然资源局 | 机关 | v2 | true
                3 | 990101001201 | 2020-08-05 | 120   | 电费       | 供电所     | 企业 | v3 | true
                4 | 990101001201 | 2020-08-05 | 120   | 水费       | 自来水公司 | 企业 | v4 | true
            """,
            "penalty": """
                penalty_no | village      | decided_on | fine  | late_fee
                罚1        | 990101001201 | 2020-05-20 | 33630 | 33630
            """,
        },
        as_of="2020-09-01",
        regions=VILLAGES,
    )
    expect(
        alerts,
        """
        subject_display | level | period     | amount | recoverable | n_equal_rows | same_payee | penalty_linked
        东笺村          | red   | 2020-08-05 | 67260  | 33630       | 2            | yes        | yes
        """,
    )
    assert alerts[0].title == "东笺村2020-08-05的同日同额支出，是否重复或拆分付款？"
    assert alerts[0].region_code == "990101001201"


def test_different_payees_with_vouchers_of_their_own_are_orange(small_office: Path) -> None:
    alerts = run_card(
        "M10",
        {
            "cash_journal": JOURNAL
            + """
                1 | 990101001201 | 2020-08-05 | 33630 | 维修 | 甲施工队 | 企业 | v1 | true
                2 | 990101001201 | 2020-08-05 | 33630 | 绿化 | 乙园艺场 | 企业 | v2 | true
            """
        },
        as_of="2020-09-01",
    )
    expect(alerts, "level | same_payee | same_voucher | penalty_linked\norange | no | no | no")


def test_one_voucher_behind_two_entries_is_red(small_office: Path) -> None:
    alerts = run_card(
        "M10",
        {
            "cash_journal": JOURNAL
            + """
                1 | 990101001201 | 2020-08-05 | 33630 | 维修 | 甲施工队 | 企业 | v1 | true
                2 | 990101001201 | 2020-08-05 | 33630 | 维修 | 乙园艺场 | 企业 | v1 | false
            """
        },
        as_of="2020-09-01",
    )
    expect(alerts, "level | same_payee | same_voucher | same_summary | has_invoice\nred | no | yes | yes | no")


def test_a_batch_of_fixed_rates_and_a_transfer_between_own_accounts_are_yellow(small_office: Path) -> None:
    alerts = run_card(
        "M10",
        {
            "cash_journal": JOURNAL
            + """
                # the 5th: a batch for three households (F24); the 6th: a transfer (F26); the 7th: a row supplied twice
                1 | 990101001201 | 2020-08-05 | 6000  | 慰问 | 甲家 | 农户     | v1 | true
                2 | 990101001201 | 2020-08-05 | 6000  | 慰问 | 乙家 | 农户     | v2 | true
                3 | 990101001201 | 2020-08-05 | 6000  | 慰问 | 丙家 | 农户     | v3 | true
                4 | 990101001201 | 2020-08-06 | 90000 | 划转 | 本村 | 本村账户 | v4 | true
                5 | 990101001201 | 2020-08-06 | 90000 | 划转 | 本村 | 本村账户 | v5 | true
                6 | 990101001201 | 2020-08-07 | 90000 | 维修 | 丁队 | 企业     | v6 | true
                6 | 990101001201 | 2020-08-07 | 90000 | 维修 | 丁队 | 企业     | v6 | true
            """
        },
        as_of="2020-09-01",
    )
    expect(
        alerts,
        """
        period     | level  | n_equal_rows | own_transfer
        2020-08-05 | yellow | 3            | no
        2020-08-06 | yellow | 2            | yes
        """,
    )
