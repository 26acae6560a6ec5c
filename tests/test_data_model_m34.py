"""M34, entitlements not received: who is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PEOPLE = "id_no | name | birth_date | hukou_region | hukou_out_date | residence_region\n"
PAYMENTS = "pay_id | scheme | id_no | name | region | pay_month | amount\n"
RULES = """
    scheme           | county | effective_from | effective_to | min_age | monthly_amount
    senior_allowance | 990101 | 2015-01-01     | 2022-12-31   | 85      | 40
    senior_allowance | 990101 | 2023-01-01     |              | 80      | 50
    senior_allowance | 990102 | 2015-01-01     |              | 90      | 60
"""


def test_whoever_came_of_age_and_waited_three_months_is_found(small_office: Path) -> None:
    alerts = run_card(
        "M34",
        {
            "scheme_rule": RULES,
            "person": PEOPLE
            + """
                # 甲: of age in January. 乙: too lately. 丙: before the window. 丁: paid. 戊: another county asks 90.
                A | 甲一 | 1944-01-20 | 990101001201 | | 990101001201
                B | 乙二 | 1944-02-01 | 990101001201 | | 990101001201
                C | 丙三 | 1943-03-31 | 990101001201 | | 990101001201
                D | 丁四 | 1943-12-31 | 990101001201 | | 990101001201
                E | 戊五 | 1943-12-31 | 990102001201 | | 990102001201
            """,
            "benefit_payment": PAYMENTS + "1 | senior_allowance | D | 丁四 | 990101001201 | 2024-03 | 50",
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        rule          | subject_display | level  | period           | min_age | months_waiting | monthly_amount
        of_age_unpaid | 甲某某          | yellow | senior_allowance | 80      | 3              | 50
        """,
    )
    assert alerts[0].title == "甲某某已满80周岁，为何未领到应享待遇（高龄津贴）？"


def test_the_severely_disabled_and_those_on_dibao_are_found_by_what_is_linked(small_office: Path) -> None:
    everybody = "\n".join(
        f"{number} | {name} | 1970-01-01 | 990101001201 | | 990101001201"
        for number, name in zip("ABCDEF", ("甲一", "乙二", "丙三", "丁四", "戊五", "己六"), strict=True)
    )
    alerts = run_card(
        "M34",
        {
            "person": PEOPLE + everybody,
            "disability": """
                # 乙: a light grade. 丙: paid.
                id_no | name | grade | certified_on | region
                A     | 甲一 | 2     | 2023-12-05   | 990101001201
                B     | 乙二 | 3     | 2023-12-05   | 990101001201
                C     | 丙三 | 1     | 2023-12-05   | 990101001201
            """,
            "benefit_payment": PAYMENTS
            + """
                # 丁: three months on dibao. 戊: two. 己: three, with the linked benefit.
                1 | disability_allowance | C | 丙三 | 990101001201 | 2024-03 | 85
                2 | dibao                | D | 丁四 | 990101001201 | 2024-01 | 420
                3 | dibao                | D | 丁四 | 990101001201 | 2024-02 | 420
                4 | dibao                | D | 丁四 | 990101001201 | 2024-03 | 420
                5 | dibao                | E | 戊五 | 990101001201 | 2024-02 | 420
                6 | dibao                | E | 戊五 | 990101001201 | 2024-03 | 420
                7 | dibao                | F | 己六 | 990101001201 | 2024-01 | 420
                8 | dibao                | F | 己六 | 990101001201 | 2024-02 | 420
                9 | dibao                | F | 己六 | 990101001201 | 2024-03 | 420
                10 | medical_aid_premium | F | 己六 | 990101001201 | 2024-01 | 380
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level  | period               | months_waiting
        disabled_unpaid   | 甲某某          | yellow | disability_allowance | 4
        on_dibao_unlinked | 丁某某          | yellow | medical_aid_premium  | 3
        """,
    )


def test_the_moved_the_dead_and_those_who_chose_otherwise_are_not_found(small_office: Path) -> None:
    alerts = run_card(
        "M34",
        {
            "scheme_rule": RULES,
            "scheme_exclusion": """
                scheme_a         | scheme_b          | effective_from | effective_to
                senior_allowance | veteran_allowance | 2015-01-01     |
                dibao            | senior_allowance  | 2015-01-01     | 2020-12-31
            """,
            "person": PEOPLE
            + """
                # 甲: moved (F02). 乙: lives elsewhere (F02). 丙: declined (F16). 丁: chose another (F16). 戊: dead.
                A | 甲一 | 1943-12-31 | 990101001201 | 2024-01-05 | 990101001201
                B | 乙二 | 1943-12-31 | 990101001201 |            | 330200001201
                C | 丙三 | 1943-12-31 | 990101001201 |            | 990101001201
                D | 丁四 | 1943-12-31 | 990101001201 |            | 990101001201
                E | 戊五 | 1943-12-31 | 990101001201 |            | 990101001201
                # 己: declined another scheme, and what she draws excludes nothing any more.
                F | 己六 | 1943-12-31 | 990101001201 |            | 990101001201
            """,
            "waiver": """
                id_no | scheme           | declared_on
                C     | senior_allowance | 2024-01-05
                F     | rent_subsidy     | 2024-01-05
            """,
            "death": """
                id_no | death_date
                E     | 2024-02-01
            """,
            "benefit_payment": PAYMENTS
            + """
                1 | veteran_allowance | D | 丁四 | 990101001201 | 2024-03 | 45
                2 | dibao             | F | 己六 | 990101001201 | 2024-03 | 420
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        subject_display | level  | lives_elsewhere
        乙某某          | yellow | yes
        己某某          | yellow | no
        """,
    )
