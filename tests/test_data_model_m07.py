"""M07, public-welfare posts held in name only: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

POSTS = "id_no | name | village | work_month | amount | account_holder_id | withdrawer_id | seasonal | remote_allowed\n"
INSURED = "id_no | employer | place | from_month | to_month\n"
CADRES = """
    id_no | name | village      | post   | start_date | end_date
    K     | 韩立 | 990101001201 | 村会计 | 2021-03-01 |
    L     | 周芳 | 990101001201 | 村主任 | 2018-03-01 | 2021-02-28
"""


def test_the_more_signs_the_redder(small_office: Path) -> None:
    alerts = run_card(
        "M07",
        {
            "village_cadre": CADRES,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                K     | C     | child    | 1      | 0.9
            """,
            "si_enrol": INSURED
            + """
                A | 东海电子 | 330200 | 2023-01 |
                B | 东海电子 | 330200 | 2023-01 |
                C | 东海电子 | 330200 | 2023-01 | 2024-01
                E | 本县超市 | 990101 | 2023-01 |
            """,
            "public_post": POSTS
            + """
                # 甲: insured elsewhere, paid to 庚. 乙: insured elsewhere. 丙: and a cadre's kin. 丁: drawn by another.
                A | 甲一 | 990101001201 | 2023-12 | 900 | G | G | false | false
                A | 甲一 | 990101001201 | 2024-01 | 900 | G | G | false | false
                A | 甲一 | 990101001201 | 2024-02 | 900 | G |   | false | false
                B | 乙二 | 990101001201 | 2024-01 | 900 | B | B | false | false
                C | 丙三 | 990101001201 | 2024-01 | 900 | C | C | false | false
                C | 丙三 | 990101001201 | 2024-02 | 900 | C | C | false | false
                D | 丁四 | 990101001201 | 2024-01 | 900 | D | G | false | false
                # 戊 is insured in the county; 己 is at the post.
                E | 戊五 | 990101001201 | 2024-01 | 900 | E | E | false | false
                F | 己六 | 990101001201 | 2024-01 | 900 | F | F | false | false
            """,
        },
        as_of="2024-04-10",
        lag_months=0,
    )
    expect(
        alerts,
        """
        subject_display | level  | period | amount | n_months | n_signs | elsewhere | drawn_by_other | kin_of_cadre
        丁某某          | orange | 2024   | 900    | 1        | 1       | no        | yes            | no
        丙某某          | red    | 2024   | 900    | 1        | 2       | yes       | no             | yes
        乙某某          | orange | 2024   | 900    | 1        | 1       | yes       | no             | no
        甲某某          | red    | 2023   | 900    | 1        | 2       | yes       | yes            | no
        甲某某          | red    | 2024   | 1800   | 2        | 2       | yes       | yes            | no
        """,
    )
    assert alerts[-1].title == "甲某某在2024年领取公益性岗位补贴期间是否本人在岗？"


def test_enough_days_recorded_elsewhere_count_like_an_insurance_there(small_office: Path) -> None:
    alerts = run_card(
        "M07",
        {
            "elsewhere_record": """
                id_no | day        | place
                A     | 2024-01-05 | 330200
                A     | 2024-01-06 | 330200
                A     | 2024-01-06 | 330200
                A     | 2024-01-07 | 330200
                A     | 2024-02-07 | 330200
                B     | 2024-01-05 | 330200
                B     | 2024-01-06 | 990101
                B     | 2024-01-07 | 990101
            """,
            "public_post": POSTS
            + """
                A | 甲一 | 990101001201 | 2024-01 | 900 | A | A | false | false
                A | 甲一 | 990101001201 | 2024-02 | 900 | A | A | false | false
                B | 乙二 | 990101001201 | 2024-01 | 900 | B | B | false | false
            """,
        },
        as_of="2024-04-10",
        days_elsewhere=3,
    )
    expect(
        alerts,
        """
        subject_display | level  | amount | n_days_away
        甲某某          | orange | 900    | 3
        """,
    )


def test_each_innocent_cause_lowers_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M07",
        {
            "village_cadre": CADRES,
            "kinship": """
                # 乙's wife draws; the kinship of 丙 is too weak to be used; 戊's mother is the accountant.
                pid_a | pid_b | relation | degree | confidence
                B     | W     | spouse   | 1      | 0.9
                C     | V     | sibling  | 2      | 0.3
                E     | K     | parent   | 1      | 0.9
                G     | L     | parent   | 1      | 0.9
            """,
            "si_enrol": INSURED
            + """
                A | 东海电子 | 330200 | 2022-01 | 2024-02
                D | 东海电子 | 330200 | 2024-01 |
                F | 东海电子 | 330200 | 2024-01 |
                G | 东海电子 | 330200 | 2023-01 |
            """,
            "public_post": POSTS
            + """
                # 甲: old employer (F01). 乙: family card (F10). 丁: seasonal (F18). 己: remote duty (F19).
                A | 甲一 | 990101001201 | 2024-01 | 900 | A | A | false | false
                A | 甲一 | 990101001201 | 2024-02 | 900 | A | A | false | false
                B | 乙二 | 990101001201 | 2024-01 | 900 | W |   | false | false
                C | 丙三 | 990101001201 | 2024-01 | 900 | V |   | false | false
                D | 丁四 | 990101001201 | 2024-01 | 900 | D | D | true  | false
                # 戊: the account of a cadre is no family card, kin or not. 庚: kin of a cadre out of office.
                E | 戊五 | 990101001201 | 2024-01 | 900 | K |   | false | false
                F | 己六 | 990101001201 | 2024-01 | 900 | F | F | false | true
                G | 庚七 | 990101001201 | 2023-06 | 900 | G | G | false | false
                G | 庚七 | 990101001201 | 2024-01 | 900 | G | G | false | false
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        [alert for alert in alerts if alert.period == "2024"],
        """
        subject_display | level  | old_employer | family_card | seasonal | remote_allowed | drawn_by_cadre
        丁某某          | yellow | no           | no          | yes      | no             | no
        丙某某          | orange | no           | no          | no       | no             | no
        乙某某          | yellow | no           | yes         | no       | no             | no
        己某某          | yellow | no           | no          | no       | yes            | no
        庚某某          | orange | no           | no          | no       | no             | no
        戊某某          | orange | no           | no          | no       | no             | yes
        甲某某          | yellow | yes          | no          | no       | no             | no
        """,
    )


def test_the_old_employer_is_no_excuse_for_long(small_office: Path) -> None:
    alerts = run_card(
        "M07",
        {
            "si_enrol": INSURED + "A | 东海电子 | 330200 | 2022-01 |",
            "public_post": POSTS
            + """
                A | 甲一 | 990101001201 | 2024-01 | 900 | A | A | false | false
                A | 甲一 | 990101001201 | 2024-03 | 900 | A | A | false | false
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_months
        甲某某          | orange | 2
        """,
    )
