"""M21, quota published without a meeting: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

NOTICES = """
    notice_no | village      | quota_total | issue_date | publicity_date
    N1        | 990101001201 | 20          | 2024-01-01 | 2024-03-10
"""
MINUTES = "village | meeting_type | topic | meeting_date\n"


def test_a_quota_published_without_a_deciding_meeting_is_orange(small_office: Path) -> None:
    alerts = run_card(
        "M21",
        {
            "land_notice": NOTICES,
            "meeting_minute": MINUTES
            + """
                # On another matter; of another village; a year before; after the publication (F26: shown, not lowered).
                990101001201 | 村两委会     | 村务讨论         | 2024-03-01
                990101001202 | 村两委会     | 征地养老指标分配 | 2024-03-01
                990101001201 | 村两委会     | 征地养老指标分配 | 2023-03-01
                990101001201 | 村民代表大会 | 征地养老指标分配 | 2024-03-15
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                     | subject_display | level  | minuted_afterwards | minute_lag_days | n_minutes_near
        published_without_minute | N1              | orange | yes                | 5               | 2
        """,
    )


def test_a_meeting_before_the_publication_or_no_publication_finds_nothing(small_office: Path) -> None:
    alerts = run_card(
        "M21",
        {
            "land_notice": NOTICES + "    N2 | 990101001203 | 20 | 2024-01-01 |",
            "meeting_minute": MINUTES + "990101001201 | 村民代表大会 | 征地养老指标分配 | 2024-03-10",
        },
        as_of="2024-06-01",
    )
    assert alerts == []


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M21",
        {
            # N1: decided in the group (F35). N2: the village uploads no minutes at all (F26).
            "land_notice": NOTICES + "    N2 | 990101001203 | 20 | 2024-01-01 | 2024-03-10",
            "meeting_minute": MINUTES + "990101001201 | 村民小组会议 | 征地养老指标分配 | 2024-03-01",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | held_at_group_level | n_minutes_near
        N1              | yellow | yes                 | 1
        N2              | yellow | no                  | 0
        """,
    )
