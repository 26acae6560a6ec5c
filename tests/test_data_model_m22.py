"""M22, quota left idle: what is found, and how each innocent cause is seen."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

NOTICES = "notice_no | village | quota_total | issue_date | in_dispute | compensation_paid\n"


def test_a_quota_not_allotted_after_a_year_is_found(small_office: Path) -> None:
    alerts = run_card(
        "M22",
        {
            # N2 is fully allotted, N3 is not yet a year old.
            "land_notice": NOTICES
            + """
                N1 | 990101001201 | 4 | 2023-01-01 | false | true
                N2 | 990101001201 | 1 | 2023-01-01 | false | true
                N3 | 990101001201 | 4 | 2023-07-01 | false | true
            """,
            "land_pension_enrol": """
                enrol_id | notice_no | enrolled_on
                E1       | N1        | 2023-03-01
                E2       | N2        | 2023-03-01
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule         | subject_display | level  | n_idle | idle_share | nobody_enrolled | in_dispute
        not_allotted | N1              | yellow | 3      | 0.75       | no              | no
        """,
    )


def test_disputes_and_compensation_are_shown_and_former_numbers_are_counted(small_office: Path) -> None:
    alerts = run_card(
        "M22",
        {
            # N1: in litigation (F28). N2: compensation not paid (F03). N3, formerly N0: enrolled under N0 (F37).
            "land_notice": NOTICES
            + """
                N0 | 990101001201 | 1 | 2023-01-01 | false | true
                N1 | 990101001201 | 4 | 2023-01-01 | true  | true
                N2 | 990101001201 | 4 | 2023-01-01 | false | false
                N3 | 990101001201 | 1 | 2023-01-01 | false | true
            """,
            "land_pension_enrol": "enrol_id | notice_no | enrolled_on\n E1 | N0 | 2023-03-01",
            "notice_renumbering": "old_no | new_no | effective_on\n N0 | N3 | 2023-06-01",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | in_dispute | waits_for_compensation | nobody_enrolled
        N1              | yellow | yes        | no                     | yes
        N2              | yellow | no         | yes                    | yes
        """,
    )
