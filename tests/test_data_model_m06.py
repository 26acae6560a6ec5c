"""M06, aid to village cadres and their kin: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = "pay_id | scheme | id_no | name | region | pay_month | amount\n"
APPROVALS = "approval_no | scheme | id_no | approve_date | household_income | disabled | handler_id | reviewer_id\n"
CADRES = """
    id_no | name | village      | post   | start_date | end_date
    K     | 韩立 | 990101001201 | 村主任 | 2021-03-01 |
    L     | 周芳 | 990101001201 | 村会计 | 2018-03-01 | 2021-02-28
"""


def test_aid_to_kin_is_orange_and_red_where_the_cadre_had_a_hand_in_it(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                # 丁 is a cousin too far away; the pair of 甲 stands both ways.
                pid_a | pid_b | relation | degree | confidence
                A     | K     | parent   | 1      | 0.9
                K     | A     | parent   | 1      | 0.9
                K     | B     | sibling  | 2      | 0.9
                C     | K     | spouse   | 1      | 0.9
                D     | K     | cousin   | 4      | 0.9
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao            | A | 2022-02-10 |     | false | h | r
                S2 | dibao            | A | 2024-02-10 | 300 | true  | h | r
                S3 | tekun            | B | 2023-05-10 |     | false | h | K
                S4 | temporary_relief | C | 2023-05-10 |     | false | K | r
                S5 | dibao            | D | 2023-05-10 |     | false | K | K
                S6 | dibao_margin     | K | 2023-05-10 |     | false | h | r
                S7 | dibao            | E | 2023-05-10 |     | false | h | r
                S8 | senior_allowance | A | 2023-05-10 |     | false | K | K
            """,
            "benefit_payment": PAYMENTS
            + """
                # S2 takes the place of S1; the payment of 2021 is before any approval.
                1 | dibao            | A | 甲一 | 990101001201 | 2021-12 | 400
                2 | dibao            | A | 甲一 | 990101001201 | 2024-01 | 400
                3 | dibao            | A | 甲一 | 990101001201 | 2024-02 | 410
                4 | dibao            | A | 甲一 | 990101001201 | 2024-03 | 410
                5 | tekun            | B | 乙二 | 990101001201 | 2024-01 | 900
                6 | temporary_relief | C | 丙三 | 990101001201 | 2023-06 | 2000
                7 | dibao            | D | 丁四 | 990101001201 | 2024-01 | 400
                8 | dibao_margin     | K | 韩立 | 990101001201 | 2024-01 | 100
                9 | dibao            | E | 戊五 | 990101001201 | 2024-01 | 400
                10 | senior_allowance | A | 甲一 | 990101001201 | 2024-01 | 90
            """,
        },
        as_of="2024-04-10",
        look_back_months=30,
    )
    expect(
        alerts,
        """
        subject_display | level  | period | amount | relation | degree | handled_by_cadre | reviewed_by_cadre
        丙某某          | red    | S4     | 2000   | spouse   | 1      | yes              | no
        乙某某          | red    | S3     | 900    | sibling  | 2      | no               | yes
        甲某某          | orange | S1     | 400    | parent   | 1      | no               | no
        甲某某          | orange | S2     | 820    | parent   | 1      | no               | no
        韩某某          | orange | S6     | 100    | self     | 0      | no               | no
        """,
    )
    assert alerts[1].title == "在任村主任或其亲属乙某某享受救助（tekun），是否备案回避、确实符合条件？"


def test_disclosed_in_time_and_recused_finds_nobody(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                A     | K     | parent   | 1      | 0.9
                B     | K     | sibling  | 2      | 0.9
                C     | K     | spouse   | 1      | 0.9
                D     | K     | child    | 1      | 0.9
            """,
            "disclosure_file": """
                # 甲: as it should be (F16). 乙: filed too late. 丙: filed, yet reviewed by K. 丁: another filing.
                subject_ref | kind         | person_id | filed_on
                S1          | kin_filing   | K         | 2023-05-09
                S2          | kin_filing   | K         | 2023-05-11
                S3          | recusal      | K         | 2023-05-09
                S4          | house_filing | K         | 2023-05-09
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | A | 2023-05-10 |     | false | h | r
                S2 | dibao | B | 2023-05-10 |     | false | h | r
                S3 | dibao | C | 2023-05-10 |     | false | h | K
                S4 | dibao | D | 2023-05-10 | 260 | true  | h | r
            """,
            "benefit_payment": PAYMENTS
            + """
                1 | dibao | A | 甲一 | 990101001201 | 2024-01 | 400
                2 | dibao | B | 乙二 | 990101001201 | 2024-01 | 400
                3 | dibao | C | 丙三 | 990101001201 | 2024-01 | 400
                4 | dibao | D | 丁四 | 990101001201 | 2024-01 | 400
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        subject_display | level  | filed_late | disabled | household_income
        丁某某          | orange | no         | yes      | 260
        丙某某          | red    | no         | no       |
        乙某某          | orange | yes        | no       |
        """,
    )


def test_office_and_kinship_decide_whether_there_is_a_tie_at_all(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                # 甲: kin of a cadre who had left (F12). 乙: twenty days in office (F12). 丙, 丁: weak kinship (F17).
                pid_a | pid_b | relation | degree | confidence
                A     | L     | parent   | 1      | 0.9
                B     | K     | sibling  | 2      | 0.9
                C     | K     | sibling  | 2      | 0.4
                D     | K     | sibling  | 2      | 0.6
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | A | 2021-03-10 | | false | L | L
                S2 | dibao | B | 2021-03-21 | | false | K | r
                S3 | dibao | C | 2023-05-10 | | false | K | r
                S4 | dibao | D | 2023-05-10 | | false | K | r
            """,
            "benefit_payment": PAYMENTS
            + """
                1 | dibao | A | 甲一 | 990101001201 | 2024-01 | 400
                2 | dibao | B | 乙二 | 990101001201 | 2024-01 | 400
                3 | dibao | C | 丙三 | 990101001201 | 2024-01 | 400
                4 | dibao | D | 丁四 | 990101001201 | 2024-01 | 400
            """,
        },
        as_of="2024-04-10",
    )
    expect(
        alerts,
        """
        subject_display | level  | handled_by_cadre | days_in_office | confidence
        丁某某          | orange | yes              | 800            | 0.6
        乙某某          | orange | yes              | 20             | 0.9
        """,
    )
