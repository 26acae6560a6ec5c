"""M11, below-limit project built before approval: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PROJECTS = (
    "project_id | village | owner | budget | is_emergency | approve_date | award_date | plan_start | actual_start\n"
)


def test_a_start_before_approval_and_a_plan_before_award_are_red(small_office: Path) -> None:
    alerts = run_card(
        "M11",
        {
            "project": PROJECTS
            + """
                # P1: planned before it was awarded; P2: begun before it was approved; P3: never approved;
                # P4: in order; P5: not awarded, but not due to begin either
                P1 | 990101001201 | 甲村 | 2890000 | false | 2024-03-01 |            | 2024-05-20 |
                P2 | 990101001201 | 甲村 | 180000  | false | 2024-04-20 | 2024-04-25 | 2024-05-01 | 2024-04-01
                P3 | 990101001201 | 甲村 | 180000  | false |            | 2024-04-25 | 2024-05-01 | 2024-05-22
                P4 | 990101001201 | 甲村 | 180000  | false | 2024-03-01 | 2024-03-25 | 2024-04-01 | 2024-04-02
                P5 | 990101001201 | 甲村 | 180000  | false | 2024-03-01 |            | 2024-07-01 |
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | amount  | recoverable | days_early | planned_before_award | started_before_approval
        P1              | red   | 2890000 |             | 12         | yes                  | no
        P2              | red   | 180000  |             | 19         | no                   | yes
        P3              | red   | 180000  |             | 10         | no                   | yes
        """,
    )
    assert alerts[0].title == "工程P1是否在批准或发包之前12天已开工或计划开工？"


def test_an_emergency_needs_a_minute_near_the_start_and_a_later_filing(small_office: Path) -> None:
    alerts = run_card(
        "M11",
        {
            "project": PROJECTS
            + """
                # P1: minuted and filed (F25). P2: minute a month before. P3: no minute. P4: not filed afterwards.
                P1 | 990101001201 | 甲村 | 90000 | true | 2024-04-20 | 2024-04-21 | 2024-04-22 | 2024-04-01
                P2 | 990101001201 | 甲村 | 90000 | true | 2024-04-20 | 2024-04-21 | 2024-04-22 | 2024-04-01
                P3 | 990101001201 | 甲村 | 90000 | true | 2024-04-20 | 2024-04-21 | 2024-04-22 | 2024-04-01
                P4 | 990101001201 | 甲村 | 90000 | true |            | 2024-04-21 | 2024-04-22 | 2024-04-01
            """,
            "meeting_minute": """
                project_id | meeting_date
                P1         | 2024-04-03
                P2         | 2024-03-01
                P4         | 2024-04-01
                           | 2024-04-01
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | is_emergency | has_minute | minute_near_start | emergency_minuted | not_approved
        P1              | yellow | yes          | yes        | yes               | yes               | no
        P2              | red    | yes          | yes        | no                | no                | no
        P3              | red    | yes          | no         | no                | no                | no
        P4              | red    | yes          | yes        | yes               | no                | yes
        """,
    )


def test_a_day_or_two_may_be_a_slip_of_the_pen_and_late_entry_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M11",
        {
            "project": """
                project_id | village      | approve_date | award_date | plan_start | actual_start | received_on
                P1         | 990101001201 | 2024-04-20   | 2024-04-21 | 2024-04-22 | 2024-04-18   | 2024-05-25
            """
        },
        as_of="2024-06-01",
    )
    expect(alerts, "level | days_early | entry_lag_days\norange | 2 | 35")
