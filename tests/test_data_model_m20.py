"""M20, enrolments that do not match the land notices: what each rule finds, and what innocent causes make of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

NOTICES = """
    notice_no | village      | quota_total | issue_date
    N1        | 990101001201 | 2           | 2024-01-01
"""
ENROLLED = "enrol_id | notice_no | village | id_no | name | household_no | enrolled_on | subsidy\n"
LISTED = """
    notice_no | village      | household_no
    N1        | 990101001201 | H1
    N1        | 990101001201 | H2
    N1        | 990101001201 | H3
"""


def test_enrolled_under_no_notice_is_red_and_under_a_former_number_orange(small_office: Path) -> None:
    alerts = run_card(
        "M20",
        {
            "land_notice": NOTICES,
            "land_losing_household": LISTED,
            "notice_renumbering": "old_no | new_no | effective_on\n N0 | N1 | 2024-02-01",
            "land_pension_enrol": ENROLLED
            + """
                # N0 became N1 (F37).
                E1 | N9 | 990101001201 | A | 丁一 | H1 | 2024-03-01 | 20000
                E2 | N9 | 990101001201 | B | 戊二 | H2 | 2024-03-01 | 20000
                E3 | N0 | 990101001201 | C | 己三 | H3 | 2024-03-01 | 20000
                E4 | N1 | 990101001201 | D | 庚四 | H1 | 2024-03-01 | 20000
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                    | subject_display | level  | amount | n_people | renumbered | days_after_renumbering
        enrolled_without_notice | N0              | orange | 20000  | 1        | yes        | 29
        enrolled_without_notice | N9              | red    | 40000  | 2        | no         |
        """,
    )


def test_more_than_the_quota_is_red_and_with_room_in_the_same_batch_orange(small_office: Path) -> None:
    alerts = run_card(
        "M20",
        {
            # N1 and N2 each have three for two places; N3 of N2's village came out in the same month (F37).
            "land_notice": NOTICES
            + """
                N2 | 990101001202 | 2 | 2024-01-01
                N3 | 990101001202 | 2 | 2024-01-20
            """,
            "land_losing_household": LISTED
            + """
                N2 | 990101001202 | H4
                N2 | 990101001202 | H5
                N2 | 990101001202 | H6
            """,
            "land_pension_enrol": ENROLLED
            + """
                E1 | N1 | 990101001201 | A | 丁一 | H1 | 2024-03-01 | 20000
                E2 | N1 | 990101001201 | B | 戊二 | H2 | 2024-03-01 | 20000
                E3 | N1 | 990101001201 | C | 己三 | H3 | 2024-03-01 | 20000
                E4 | N2 | 990101001202 | D | 庚四 | H4 | 2024-03-01 | 20000
                E5 | N2 | 990101001202 | E | 辛五 | H5 | 2024-03-01 | 20000
                E6 | N2 | 990101001202 | F | 壬六 | H6 | 2024-03-01 | 20000
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule       | subject_display | level  | amount | recoverable | n_over | batch_split
        over_quota | N1              | red    | 60000  | 20000       | 1      | no
        over_quota | N2              | orange | 60000  | 20000       | 1      | yes
        """,
    )


def test_a_household_not_on_the_list_is_red_unless_it_is_on_a_list_of_the_village(small_office: Path) -> None:
    alerts = run_card(
        "M20",
        {
            # 丁: on no list. 戊: on another list (F37). 己: enrolled in the village before its merger (F14).
            "land_notice": """
                notice_no | village      | quota_total | issue_date
                N1        | 990101001201 | 9           | 2024-01-01
            """,
            "region_history": "old_code | new_code | effective_on\n 990101001299 | 990101001201 | 2024-02-01",
            "land_losing_household": LISTED + "    N7 | 990101001201 | H8",
            "land_pension_enrol": ENROLLED
            + """
                E1 | N1 | 990101001201 | A | 丁一 | H7 | 2024-03-01 | 20000
                E2 | N1 | 990101001201 | B | 戊二 | H8 | 2024-03-01 | 20000
                E3 | N1 | 990101001299 | C | 己三 | H9 | 2024-03-01 | 20000
                E4 | N1 | 990101001299 | D | 庚四 | H1 | 2024-03-01 | 20000
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule            | subject_display | level  | recoverable | on_another_list | village_merged
        not_on_the_list | 丁某某          | red    | 20000       | no              | no
        not_on_the_list | 己某某          | orange | 20000       | no              | yes
        not_on_the_list | 戊某某          | orange | 20000       | yes             | no
        """,
    )
