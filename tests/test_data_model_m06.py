"""M06, hardship aid to cadres' families: what is found, and what each innocent cause makes of the level."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

CADRES = """
    id_no | name | village      | post     | start_date | end_date
    K     | 韩立 | 990101001201 | 村会计   | 2021-03-01 |
    L     | 周芳 | 990101001201 | 村委委员 | 2021-03-01 | 2024-01-31
"""
APPROVALS = (
    "approval_no | scheme | id_no | name | region | approve_date | household_income | handler_id | reviewer_id\n"
)
PAYMENTS = "id_no | scheme | pay_month | amount | paid_date\n"


def test_aid_to_kin_is_orange_and_red_where_the_relative_handled_it(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                # 丙 is handled by strangers, 丁 reviewed by her own sibling; 戊 is no relative.
                pid_a | pid_b | relation | degree | confidence
                C     | K     | parent   | 1      | 0.9
                K     | C     | parent   | 1      | 0.9
                K     | D     | sibling  | 2      | 0.8
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | C | 丙一 | 990101001201 | 2024-02-10 | 2000 | h | r
                S2 | tekun | D | 丁二 | 990101001202 | 2024-02-10 | 2000 | h | K
                S3 | dibao | E | 戊三 | 990101001201 | 2024-02-10 | 2000 | h | K
            """,
            "benefit_payment": PAYMENTS
            + """
                C | dibao | 2024-02 | 420 | 2024-02-18
                C | dibao | 2024-03 | 420 | 2024-03-18
                C | tekun | 2024-03 | 910 | 2024-03-18
                C | dibao | 2024-01 | 420 | 2024-01-18
                D | tekun | 2024-03 | 910 | 2024-03-18
                E | dibao | 2024-03 | 420 | 2024-03-18
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | period  | amount | n_payments | relation | degree | confidence | handled_by_kin
        丁某某          | red    | 2024-02 | 910    | 1          | sibling  | 2      | 0.8        | yes
        丙某某          | orange | 2024-02 | 840    | 2          | parent   | 1      | 0.9        | no
        """,
    )
    assert alerts[1].title == "丙某某系在任村会计近亲属，2024-02获批救助是否备案回避？"


def test_a_filing_in_time_finds_nobody_unless_the_relative_handled_it_after_all(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                C     | K     | parent   | 1      | 0.9
                D     | K     | parent   | 1      | 0.9
                E     | K     | parent   | 1      | 0.9
            """,
            "disclosure_file": """
                # 丙 filed in time (F16), 丁 too, yet the relative reviewed it; 戊 filed after the approval.
                subject_ref | kind       | filed_on
                S1          | kin_filing | 2024-02-01
                S2          | recusal    | 2024-02-01
                S3          | kin_filing | 2024-03-01
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | C | 丙一 | 990101001201 | 2024-02-10 | 2000 | h | r
                S2 | dibao | D | 丁二 | 990101001201 | 2024-02-10 | 2000 | h | K
                S3 | dibao | E | 戊三 | 990101001201 | 2024-02-10 | 2000 | h | r
            """,
            "benefit_payment": PAYMENTS
            + """
                C | dibao | 2024-03 | 420 | 2024-03-18
                D | dibao | 2024-03 | 420 | 2024-03-18
                E | dibao | 2024-03 | 420 | 2024-03-18
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | filed_late | handled_by_kin
        丁某某          | red    | no         | yes
        戊某某          | orange | yes        | no
        """,
    )


def test_low_income_and_doubtful_kinship_lower_the_level(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": """
                # 丙 is poor (F16); 丁 doubtful kin, 戊 doubtful and reviewed by him, 己 too doubtful to use (F17);
                # 庚 is kin of somebody who had left office (F12).
                pid_a | pid_b | relation | degree | confidence
                C     | K     | parent   | 1      | 0.9
                D     | K     | sibling  | 2      | 0.6
                E     | K     | sibling  | 2      | 0.6
                F     | K     | sibling  | 2      | 0.4
                G     | L     | spouse   | 1      | 0.9
            """,
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | C | 丙一 | 990101001201 | 2024-02-10 | 900  | h | r
                S2 | dibao | D | 丁二 | 990101001201 | 2024-02-10 | 2000 | h | r
                S3 | dibao | E | 戊三 | 990101001201 | 2024-02-10 | 2000 | h | K
                S4 | dibao | F | 己四 | 990101001201 | 2024-02-10 | 2000 | h | K
                S5 | dibao | G | 庚五 | 990101001201 | 2024-02-10 | 2000 | h | L
            """,
            "benefit_payment": PAYMENTS
            + """
                C | dibao | 2024-03 | 420 | 2024-03-18
                D | dibao | 2024-03 | 420 | 2024-03-18
                E | dibao | 2024-03 | 420 | 2024-03-18
                F | dibao | 2024-03 | 420 | 2024-03-18
                G | dibao | 2024-03 | 420 | 2024-03-18
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | low_income | confidence
        丁某某          | yellow | no         | 0.6
        丙某某          | yellow | yes        | 0.9
        戊某某          | orange | no         | 0.6
        """,
    )


def test_a_cadre_in_person_is_found_and_a_namesakes_number_is_yellow(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": "",
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | K | 韩立 | 990101001201 | 2024-02-10 | 2000 | h | r
                S2 | tekun | K | 别人 | 990101001201 | 2024-04-10 | 2000 | h | r
                S3 | dibao | L | 周芳 | 990101001201 | 2024-02-10 | 2000 | h | r
            """,
            "benefit_payment": PAYMENTS
            + """
                K | dibao | 2024-03 | 420 | 2024-03-18
                K | tekun | 2024-04 | 910 | 2024-04-18
                L | dibao | 2024-03 | 420 | 2024-03-18
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule            | level  | period  | amount | name_differs
        cadre_in_person | yellow | 2024-04 | 910    | yes
        cadre_in_person | orange | 2024-02 | 420    | no
        """,
    )


def test_the_kin_of_two_cadres_is_paid_once_and_shown_with_the_gravest_tie(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": """
                id_no | name | village      | post     | start_date | end_date
                K     | 韩立 | 990101001201 | 村会计   | 2021-03-01 |
                M     | 钱进 | 990101001201 | 村委委员 | 2021-03-01 |
            """,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                C     | K     | parent   | 1      | 0.9
                C     | M     | sibling  | 2      | 0.8
            """,
            "benefit_approval": APPROVALS + "S1 | dibao | C | 丙一 | 990101001201 | 2024-02-10 | 2000 | h | M",
            "benefit_payment": PAYMENTS
            + "C | dibao | 2024-02 | 420 | 2024-02-18\nC | dibao | 2024-03 | 420 | 2024-03-18",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | amount | recoverable | n_payments | n_cadres | relation | degree | confidence
        丙某某          | red   | 840    | 840         | 2          | 2        | sibling  | 2      | 0.8
        """,
    )


def test_what_is_paid_after_the_next_approval_belongs_to_that_one(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            "kinship": "pid_a | pid_b | relation | degree | confidence\nC | K | parent | 1 | 0.9",
            # of 丙 and of the cadre: twice for dibao, once for another scheme; S3 of 丙 is filed in time
            "disclosure_file": "subject_ref | kind | filed_on\nS3 | kin_filing | 2024-04-01",
            "benefit_approval": APPROVALS
            + """
                S1 | dibao | C | 丙一 | 990101001201 | 2024-01-10 | 2000 | h | r
                S2 | tekun | C | 丙一 | 990101001201 | 2024-03-10 | 2000 | h | r
                S3 | dibao | C | 丙一 | 990101001201 | 2024-04-10 | 2000 | h | r
                S4 | dibao | K | 韩立 | 990101001201 | 2024-01-10 | 2000 | h | r
                S5 | dibao | K | 韩立 | 990101001201 | 2024-04-10 | 2000 | h | r
            """,
            "benefit_payment": PAYMENTS
            + "\n".join(
                f"{who} | dibao | 2024-0{month} | {sum_paid} | 2024-0{month}-18"
                for who, sum_paid in (("C", 400), ("K", 10))
                for month in range(1, 6)
            )
            + "\nC | tekun | 2024-05 | 900 | 2024-05-18",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule            | subject_display | period  | amount | n_payments
        cadre_in_person | 韩某某          | 2024-01 | 30     | 3
        cadre_in_person | 韩某某          | 2024-04 | 20     | 2
        kin_of_cadre    | 丙某某          | 2024-01 | 1200   | 3
        kin_of_cadre    | 丙某某          | 2024-03 | 900    | 1
        """,
    )


def test_a_tie_recorded_twice_is_shown_as_one_of_the_records(small_office: Path) -> None:
    alerts = run_card(
        "M06",
        {
            "village_cadre": CADRES,
            # the nearest record, with its own confidence: never the degree of one and the confidence of the other
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                C     | K     | spouse   | 1      | 0.6
                K     | C     | in_law   | 2      | 0.9
            """,
            "benefit_approval": APPROVALS + "S1 | dibao | C | 丙一 | 990101001201 | 2024-02-10 | 2000 | h | r",
            "benefit_payment": PAYMENTS + "C | dibao | 2024-03 | 420 | 2024-03-18",
        },
        as_of="2024-06-01",
    )
    expect(alerts, "level | relation | degree | confidence\nyellow | spouse | 1 | 0.6")
