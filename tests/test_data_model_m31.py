"""M31, rent subsidies and state housing for owners: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = "pay_id | scheme | id_no | name | region | pay_month | amount\n"
HOMES = "title_no | owner_id | area | share_pct | usable | acquired_how | registered_on | sold_on\n"
CARS = "plate | owner_id | price | for_disabled | registered_on | disposed_on\n"


def test_a_subsidy_to_the_owner_of_a_home_or_a_dear_car_is_one_alert_a_year(small_office: Path) -> None:
    alerts = run_card(
        "M31",
        {
            "property": HOMES
            + """
                T1 | A | 88  | 100 | true | bought | 2023-12-15 |
                T2 | A | 120 | 50  | true | bought | 2023-12-15 |
                T3 | D | 88  | 100 | true | bought | 2020-01-01 | 2023-11-30
                T4 | E | 88  | 100 | true | bought | 2024-03-02 |
            """,
            "vehicle": CARS
            + """
                V1 | B | 100001 | false | 2022-01-01 |
                V2 | C | 100000 | false | 2022-01-01 |
                V3 | D | 300000 | false | 2020-01-01 | 2023-11-30
            """,
            "benefit_payment": PAYMENTS
            + """
                # 丙: a cheap car. 丁: home and car gone before. 戊: the home came later.
                1 | rent_subsidy | A | 甲一 | 990101001201 | 2023-12 | 260
                2 | rent_subsidy | A | 甲一 | 990101001201 | 2024-01 | 260
                3 | rent_subsidy | A | 甲一 | 990101001201 | 2024-02 | 260
                4 | rent_subsidy | B | 乙二 | 990101001201 | 2023-12 | 260
                5 | rent_subsidy | B | 乙二 | 990101001201 | 2024-01 | 260
                6 | rent_subsidy | C | 丙三 | 990101001201 | 2024-01 | 260
                7 | rent_subsidy | D | 丁四 | 990101001201 | 2024-01 | 260
                8 | rent_subsidy | E | 戊五 | 990101001201 | 2024-03 | 260
                9 | dibao        | A | 甲一 | 990101001201 | 2024-01 | 420
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        rule             | subject_display | level  | period | amount | recoverable | n_months | n_homes | area | price
        subsidy_to_owner | 乙某某          | orange | 2023   | 260    | 260         | 1        | 0       |      | 100001
        subsidy_to_owner | 乙某某          | orange | 2024   | 260    | 260         | 1        | 0       |      | 100001
        subsidy_to_owner | 甲某某          | orange | 2024   | 520    | 520         | 2        | 2       | 88   |
        """,
    )
    assert alerts[-1].title == "甲某某在2024年领取租金补贴时，是否已有住房或高价车？"


def test_each_innocent_cause_alone_is_yellow(small_office: Path) -> None:
    alerts = run_card(
        "M31",
        {
            "property": HOMES
            + """
                # 甲: a ruin. 乙: a tenth. 丙: inherited. 丁: sold two months later (all F22). 己: a ruin and a home.
                T1 | A | 88 | 100 | false | bought    | 2020-01-01 |
                T2 | B | 88 | 10  | true  | bought    | 2020-01-01 |
                T3 | C | 88 | 100 | true  | inherited | 2020-01-01 |
                T4 | D | 88 | 100 | true  | bought    | 2020-01-01 | 2024-03-20
                T5 | F | 88 | 100 | false | bought    | 2020-01-01 |
                T6 | F | 66 | 100 | true  | bought    | 2020-01-01 |
            """,
            "vehicle": CARS
            + """
                # 戊: a car for the disabled (F16). 庚: such a car and another.
                V1 | E | 200000 | true  | 2020-01-01 |
                V2 | G | 200000 | true  | 2020-01-01 |
                V3 | G | 150000 | false | 2020-01-01 |
            """,
            "benefit_payment": PAYMENTS
            + """
                1 | rent_subsidy | A | 甲一 | 990101001201 | 2024-01 | 260
                2 | rent_subsidy | B | 乙二 | 990101001201 | 2024-01 | 260
                3 | rent_subsidy | C | 丙三 | 990101001201 | 2024-01 | 260
                4 | rent_subsidy | D | 丁四 | 990101001201 | 2024-01 | 260
                5 | rent_subsidy | E | 戊五 | 990101001201 | 2024-01 | 260
                6 | rent_subsidy | F | 己六 | 990101001201 | 2024-01 | 260
                7 | rent_subsidy | G | 庚七 | 990101001201 | 2024-01 | 260
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        subject_display | level  | unusable | small_share | inherited | sold_soon_after | car_for_disabled
        丁某某          | yellow | no       | no          | no        | yes             | no
        丙某某          | yellow | no       | no          | yes       | no              | no
        乙某某          | yellow | no       | yes         | no        | no              | no
        己某某          | orange | no       | no          | no        | no              | no
        庚某某          | orange | no       | no          | no        | no              | no
        戊某某          | yellow | no       | no          | no        | no              | yes
        甲某某          | yellow | yes      | no          | no        | no              | no
        """,
    )


def test_an_official_in_state_housing_who_owns_a_home(small_office: Path) -> None:
    alerts = run_card(
        "M31",
        {
            "public_employee": """
                id_no | name | post | fiscal_type | start_date | end_date
                A     | 甲一 | 科员 | full        | 2015-01-01 |
                B     | 乙二 | 科员 | full        | 2015-01-01 |
                C     | 丙三 | 保洁 | temporary   | 2015-01-01 |
                D     | 丁四 | 科员 | full        | 2015-01-01 | 2022-12-31
                E     | 戊五 | 科员 | partial     | 2015-01-01 |
            """,
            "property": HOMES
            + """
                # 乙 has no home; 丙 is no official; 丁 left the service before the tenancy; 戊 owns a tenth.
                T1 | A | 88 | 100 | true | bought | 2023-12-01 |
                T2 | C | 88 | 100 | true | bought | 2020-01-01 |
                T3 | D | 88 | 100 | true | bought | 2020-01-01 |
                T4 | E | 88 | 10  | true | bought | 2020-01-01 |
            """,
            "state_house_lease": """
                contract_id | tenant_id | tenant | monthly_rent | market_rent | start_date | end_date
                H1          | A         | 甲一   | 300          | 1300        | 2023-01-01 |
                H2          | B         | 乙二   | 300          | 1300        | 2023-01-01 |
                H3          | C         | 丙三   | 300          | 1300        | 2023-01-01 |
                H4          | D         | 丁四   | 300          | 1300        | 2023-01-01 |
                H5          | E         | 戊五   | 1300         | 1300        | 2023-01-01 |
                H6          | A         | 甲一   | 300          | 1300        | 2018-01-01 | 2020-12-31
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        rule                      | subject_display | level  | period | amount | below_market | small_share | post
        official_in_state_housing | 戊某某          | yellow | H5     | 0      | no           | yes         | 科员
        official_in_state_housing | 甲某某          | orange | H1     | 4000   | yes          | no          | 科员
        """,
    )
