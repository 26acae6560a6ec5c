"""M01, allowance without qualifying hukou: what it finds, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

VILLAGE = "990101001201"


def payments(rows: str) -> str:
    return "scheme | id_no | name | region | pay_month | paid_date | amount | kind | account_holder_id\n" + rows.strip()


def test_each_month_after_moving_out_is_one_row_of_one_alert(small_office: Path) -> None:
    alerts = run_card(
        "M01",
        {
            "person": """
                id_no | hukou_region | hukou_out_date | hukou_registered_on
                A     | 990201001201 | 2024-03-10     | 2024-03-12
                B     | 990101001201 |                |
            """,
            "benefit_payment": payments("""
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 100 | regular | A
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 100 | regular | A
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 100 | regular | A
                elderly_care_allowance | B | 周芳 | 990101001201 | 2024-05 | 2024-05-25 | 100 | regular | B
                disability_subsidy     | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 100 | regular | A
            """),
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | period  | amount | recoverable | months_after | n_payments | due_on
        韩某某          | red   | 2024-03 | 200    | 200         | 2            | 2          | 2024-06-16
        """,
    )
    assert alerts[0].title == "韩某某的户籍已于2024-03迁出，是否仍在领取养老服务津贴？"
