"""M01, elderly-care allowance without qualifying hukou: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = """
    scheme                 | id_no | name | region       | pay_month | paid_date  | amount | kind | account_holder_id
"""


def test_the_months_after_moving_out_are_rows_of_one_alert(small_office: Path) -> None:
    alerts = run_card(
        "M01",
        {
            "person": """
                id_no | hukou_region | hukou_out_date | hukou_registered_on
                A     | 990201001201 | 2024-03-10     | 2024-03-12
                B     | 990101001201 |                |
            """,
            "benefit_payment": PAYMENTS
            + """
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 100 | 正常 | A
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | A
                elderly_care_allowance | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 100 | 正常 | A
                elderly_care_allowance | B | 周芳 | 990101001201 | 2024-05 | 2024-05-25 | 100 | 正常 | B
                disability_allowance   | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 100 | 正常 | A
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | period  | amount | recoverable | months_after | n_payments | happened_on | due_on
        韩某某          | red   | 2024-03 | 200    | 200         | 2            | 2          | 2024-04-25  | 2024-06-04
        """,
    )
    assert alerts[0].title == "韩某某的户籍已于2024-03迁出，是否仍在领取养老服务津贴？"


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M01",
        {
            "person": """
                # 丁: registered after the payment (F01). 戊: moved to a village of the same county (F02).
                # 己: moved out on the day of a boundary change (F02). 庚: back pay (F05). 辛: returned (F06).
                id_no | hukou_region | hukou_out_date | hukou_registered_on
                A     | 990201001201 | 2024-03-10     | 2024-05-02
                B     | 990101002201 | 2024-03-10     | 2024-03-12
                C     | 990201001777 | 2024-03-10     | 2024-03-12
                D     | 990201001201 | 2024-03-10     | 2024-03-12
                E     | 990201001201 | 2024-03-10     | 2024-03-12
            """,
            "benefit_payment": PAYMENTS
            + """
                elderly_care_allowance | A | 丁一 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | A
                elderly_care_allowance | B | 戊二 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | B
                elderly_care_allowance | C | 己三 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | C
                elderly_care_allowance | D | 庚四 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 补发 | D
                elderly_care_allowance | E | 辛五 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | E
            """,
            "region_history": """
                old_code     | new_code     | effective_on | kind
                990201001666 | 990201001777 | 2024-03-10   | boundary
            """,
            "benefit_return": """
                pay_id | returned_on | amount
                5      | 2024-05-03  | 100
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | recoverable | all_paid_before_registration | still_in_county | boundary_changed
        丁某某          | orange | 100         | yes                          | no              | no
        己某某          | orange | 100         | no                           | no              | yes
        庚某某          | orange | 100         | no                           | no              | no
        戊某某          | orange | 100         | no                           | yes             | no
        辛某某          | yellow | 0           | no                           | no              | no
        """,
    )


def test_a_merger_that_moved_nobody_is_not_a_move_out_of_the_county(small_office: Path) -> None:
    alerts = run_card(
        "M01",
        {
            "person": """
                id_no | hukou_region | hukou_out_date | hukou_registered_on
                A     | 990109001201 | 2024-03-10     | 2024-03-12
            """,
            "benefit_payment": PAYMENTS
            + "elderly_care_allowance | A | 丁一 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | A",
            "region_history": """
                old_code     | new_code     | effective_on | kind
                990109001201 | 990101003201 | 2020-01-01   | merged
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | still_in_county
        丁某某          | orange | yes
        """,
    )


def test_a_policy_that_allows_one_more_month_is_a_parameter(small_office: Path) -> None:
    tables = {
        "person": """
            id_no | hukou_region | hukou_out_date | hukou_registered_on
            A     | 990201001201 | 2024-03-10     | 2024-03-12
        """,
        "benefit_payment": PAYMENTS
        + "elderly_care_allowance | A | 丁一 | 990101001201 | 2024-04 | 2024-04-25 | 100 | 正常 | A",
    }
    assert run_card("M01", tables, as_of="2024-06-01", grace_months=2) == []
