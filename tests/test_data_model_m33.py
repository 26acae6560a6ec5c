"""M33, use of the seal: unapproved, on blank paper, out of hours, on another day; emergencies and paper approvals."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

LOG = (
    "log_id | village | used_on | used_minute | purpose | document_date | blank_document | approved_on "
    "| approval_entered_on | emergency\n"
)


def test_each_misuse_is_found_and_a_month_is_one_alert(small_office: Path) -> None:
    alerts = run_card(
        "M33",
        {
            "seal_log": LOG
            + """
                # U: never approved, and approved a day late. V: blank. W: at 23:00. X: contract of a month before.
                # Y: as it should be. Z: long ago.
                1 | U | 2024-05-10 | 600  | 证明 |            | false |            |            | false
                2 | U | 2024-05-11 | 600  | 证明 |            | false | 2024-05-12 | 2024-05-12 | false
                3 | V | 2024-05-10 | 600  | 证明 |            | true  | 2024-05-10 | 2024-05-10 | false
                4 | W | 2024-05-10 | 1380 | 证明 |            | false | 2024-05-10 | 2024-05-10 | false
                5 | X | 2024-05-10 | 600  | 租赁合同 | 2024-04-10 | false | 2024-05-10 | 2024-05-10 | false
                6 | Y | 2024-05-10 | 600  | 租赁合同 | 2024-05-09 | false | 2024-05-09 | 2024-05-09 | false
                7 | Z | 2022-05-10 | 600  | 证明 |            | true  |            |            | false
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | period  | n_uses | not_approved | blank_document | out_of_hours | other_day
        U               | yellow | 2024-05 | 2      | yes          | no             | no           | no
        V               | yellow | 2024-05 | 1      | no           | yes            | no           | no
        W               | yellow | 2024-05 | 1      | no           | no             | yes          | no
        X               | yellow | 2024-05 | 1      | no           | no             | no           | yes
        """,
    )


def test_emergencies_and_approvals_on_paper_are_no_misuse(small_office: Path) -> None:
    alerts = run_card(
        "M33",
        {
            "seal_log": LOG
            + """
                # U: emergency (F29). V: approved on paper, entered within a week (F29). W: entered after three weeks.
                # X: an emergency on blank paper.
                1 | U | 2024-05-10 | 1380 | 证明 | | false |            |            | true
                2 | V | 2024-05-10 | 600  | 证明 | | false | 2024-05-10 | 2024-05-15 | false
                3 | W | 2024-05-10 | 600  | 证明 | | false | 2024-05-10 | 2024-05-31 | false
                4 | X | 2024-05-10 | 600  | 证明 | | true  |            |            | true
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | entered_too_late | blank_document
        W               | yes              | no
        X               | no               | yes
        """,
    )
