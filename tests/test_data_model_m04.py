"""M04, fiscal payroll and dibao: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = "scheme | id_no | name | region | pay_month | paid_date | amount\n"
PAYROLL = "id_no | name | unit_name | post | fiscal_type | start_date | end_date | monthly_pay\n"


def test_dibao_while_on_the_payroll_is_one_alert_for_the_recipient_and_one_for_the_household(
    small_office: Path,
) -> None:
    alerts = run_card(
        "M04",
        {
            "person": """
                id_no | household_no
                A     | H1
                B     | H2
                C     | H2
                D     | H3
            """,
            "public_employee": PAYROLL
            + """
                A | 韩立 | 县教育局 | 教师 | 事业编制 | 2020-09-01 | | 5200
                B | 周芳 | 县教育局 | 教师 | 事业编制 | 2024-02-01 | | 5200
            """,
            "benefit_payment": PAYMENTS
            + """
                dibao | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 420
                dibao | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 420
                dibao | C | 吴桂 | 990101001201 | 2024-01 | 2024-01-25 | 420
                dibao | C | 吴桂 | 990101001201 | 2024-03 | 2024-03-25 | 420
                dibao | D | 郑平 | 990101001201 | 2024-03 | 2024-03-25 | 420
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                 | subject_display | level  | period  | amount | overlap_months | post
        household_on_payroll | 吴某某          | orange | 2024-02 | 420    | 1              | 教师
        recipient_on_payroll | 韩某某          | red    | 2020-09 | 840    | 2              | 教师
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M04",
        {
            "person": "id_no | household_no\n",
            "public_employee": PAYROLL
            + """
                # 丁, 戊: temporary, or village cleaner (F11). 己: left in March (F12). 庚: began that month (F13).
                # 辛: another name under the number (F08).
                A | 丁一 | 村民委员会 | 临时协管员 | 临时聘用 | 2023-01-01 |            | 2400
                B | 戊二 | 村民委员会 | 村级保洁员 | 编外合同 | 2023-01-01 |            | 600
                C | 己三 | 县水利局   | 科员       | 事业编制 | 2023-01-01 | 2024-03-10 | 5200
                D | 庚四 | 县水利局   | 科员       | 事业编制 | 2024-04-15 |            | 5200
                E | 吴九 | 县水利局   | 科员       | 事业编制 | 2023-01-01 |            | 5200
            """,
            "benefit_payment": PAYMENTS
            + """
                dibao | A | 丁一 | 990101001201 | 2024-04 | 2024-04-25 | 420
                dibao | B | 戊二 | 990101001201 | 2024-04 | 2024-04-25 | 420
                dibao | C | 己三 | 990101001201 | 2024-04 | 2024-04-25 | 420
                dibao | D | 庚四 | 990101001201 | 2024-04 | 2024-04-25 | 420
                dibao | E | 辛五 | 990101001201 | 2024-04 | 2024-04-25 | 420
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | fiscal_type | monthly_pay | only_edge_months | name_differs
        丁某某          | yellow | 临时聘用    | 2400        | no               | no
        庚某某          | orange | 事业编制    | 5200        | yes              | no
        戊某某          | yellow | 编外合同    | 600         | no               | no
        辛某某          | orange | 事业编制    | 5200        | no               | yes
        """,
    )
