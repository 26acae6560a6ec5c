"""M03, senior allowance under the age: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = """
    scheme           | id_no | name | region       | pay_month | paid_date  | amount | kind | account_holder_id
"""
SENIOR = "id_no | name | account_holder_id | scheme | region | pay_month | paid_date | amount\n"


def test_an_allowance_before_the_eightieth_birthday_is_found_until_the_month_of_the_birthday(
    small_office: Path,
) -> None:
    alerts = run_card(
        "M03",
        {
            "person": """
                id_no | birth_date
                A     | 1944-05-31
                B     | 1944-04-30
            """,
            "benefit_payment": PAYMENTS
            + """
                senior_allowance | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 50 | 正常 | A
                senior_allowance | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 50 | 正常 | A
                senior_allowance | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 50 | 正常 | A
                senior_allowance | B | 周芳 | 990101001201 | 2024-04 | 2024-04-25 | 50 | 正常 | B
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | amount | age_then | age_gap_months | min_age
        韩某某          | red   | 100    | 79       | 2              | 80
        """,
    )
    assert alerts[0].title == "韩某某未满80周岁，是否领取了高龄补贴？"


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M03",
        {
            "person": """
                # 丁: the number says 1943, the register was corrected to 1945 (F07).
                # 戊: paid on the card of a spouse who is old enough (F10). 己: on the card of one who is not.
                id_no              | birth_date
                990101194303070012 | 1945-03-07
                990101194503070014 | 1945-03-07
                990101194403070016 | 1944-03-07
                990101194503070018 | 1945-03-07
                990101194603070010 | 1946-03-07
            """,
            "benefit_payment": SENIOR
            + """
                990101194303070012 | 丁一 | -                  | senior_allowance | 990101 | 2024-04 | 2024-04-25 | 50
                990101194503070014 | 戊二 | 990101194403070016 | senior_allowance | 990101 | 2024-04 | 2024-04-25 | 50
                990101194503070018 | 己三 | 990101194603070010 | senior_allowance | 990101 | 2024-04 | 2024-04-25 | 50
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | birth_differs_from_number | old_enough_by_number | holder_old_enough
        丁某某          | orange | yes                       | yes                  | no
        己某某          | red    | no                        | no                   | no
        戊某某          | orange | no                        | no                   | yes
        """,
    )


def test_a_county_that_lowered_the_age_is_compared_with_its_own_age(small_office: Path) -> None:
    alerts = run_card(
        "M03",
        {
            "person": """
                id_no | birth_date
                A     | 1945-02-01
            """,
            "benefit_payment": PAYMENTS
            + """
                senior_allowance | A | 韩立 | 990101001201 | 2024-02 | 2024-02-25 | 50 | 正常 | A
                senior_allowance | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 50 | 正常 | A
            """,
            "scheme_rule": """
                scheme           | county | effective_from | effective_to | min_age
                senior_allowance | 990101 | 2020-01-01     | 2024-02-29   | 80
                senior_allowance | 990101 | 2024-03-01     |              | 79
            """,
        },
        as_of="2024-06-01",
    )
    expect(alerts, "amount | min_age\n50 | 80")
