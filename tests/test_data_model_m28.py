"""M28, leases of collective assets: arrears by age, zero rent, expired, let in private; and each innocent cause."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

LEASES = (
    "contract_id | village | due_date | due_amount | paid_amount | booked_elsewhere | start_date | end_date | status "
    "| public_bid | tenant_kind | rent_free_until | reduction_minute | in_litigation\n"
)
TAIL = "2020-01-01 | 2030-01-01 | 在租 | true | 企业"


def test_arrears_turn_red_with_age_or_where_nothing_was_ever_paid(small_office: Path) -> None:
    alerts = run_card(
        "M28",
        {
            "asset_lease": LEASES
            + f"""
                # A: 62 days. B: 60 days only. C: paid. D: over a year. E: never paid a cent. F: given up.
                A | V | 2024-03-31 | 9000 | 4000 | 0    | {TAIL} | | | false
                B | V | 2024-04-02 | 9000 | 4000 | 0    | {TAIL} | | | false
                C | V | 2024-03-01 | 9000 | 9000 | 0    | {TAIL} | | | false
                D | V | 2023-03-01 | 9000 | 4000 | 0    | {TAIL} | | | false
                E | V | 2024-05-31 | 9000 | 0    | 0    | {TAIL} | | | false
                F | V | 2023-03-01 | 9000 | 0    | 0    | 2020-01-01 | 2030-01-01 | 退租 | true | 企业 | | | false
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule    | subject_display | level  | amount | recoverable | days_overdue | never_paid
        arrears | A               | orange | 9000   | 5000        | 62           | no
        arrears | D               | red    | 9000   | 5000        | 458          | no
        arrears | E               | red    | 9000   | 9000        | 1            | yes
        """,
    )


def test_innocent_causes_of_arrears_lower_the_level_or_take_the_alert_away(small_office: Path) -> None:
    alerts = run_card(
        "M28",
        {
            "meeting_minute": """
                minute_id | village | meeting_date
                Y1        | V       | 2023-05-01
                Y2        | W       | 2023-05-01
            """,
            "asset_lease": LEASES
            + f"""
                # A: rent-free (F28). B: reduced by minute (F28). C: by another village's minute. D: sued for (F28).
                # E: booked elsewhere (F06).
                A | V | 2024-01-01 | 9000 | 0 | 0    | {TAIL} | 2024-12-31 |    | false
                B | V | 2024-01-01 | 9000 | 0 | 0    | {TAIL} |            | Y1 | false
                C | V | 2024-01-01 | 9000 | 0 | 0    | {TAIL} |            | Y2 | false
                D | V | 2024-01-01 | 9000 | 0 | 0    | {TAIL} |            |    | true
                E | V | 2024-01-01 | 9000 | 0 | 9000 | {TAIL} |            |    | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | rent_free | reduction_minuted | in_litigation
        A               | yellow | yes       | no                | no
        B               | yellow | no        | yes               | no
        C               | red    | no        | no                | no
        D               | yellow | no        | no                | yes
        """,
    )


def test_expired_leases_and_lettings_without_a_bid(small_office: Path) -> None:
    paid = "2024-12-31 | 60000 | 60000 | 0"
    alerts = run_card(
        "M28",
        {
            "asset_lease": LEASES
            + f"""
                # A: expired. B: expired, sued for. C: let in private. D: an individual, ten years. E: as it should be.
                A | V | {paid} | 2020-01-01 | 2024-05-31 | 在租 | true  | 企业 | | | false
                B | V | {paid} | 2020-01-01 | 2024-05-31 | 在租 | true  | 企业 | | | true
                C | V | {paid} | 2020-01-01 | 2025-01-01 | 在租 | false | 企业 | | | false
                D | V | {paid} | 2020-01-01 | 2030-01-01 | 在租 | true  | 个人 | | | false
                E | V | {paid} | 2020-01-01 | 2025-01-01 | 在租 | true  | 个人 | | | false
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule          | subject_display | level
        expired       | A               | orange
        expired       | B               | yellow
        let_privately | C               | red
        let_privately | D               | yellow
        """,
    )


def test_thresholds_may_be_set_for_a_run(small_office: Path) -> None:
    table = LEASES + f"A | V | 2024-05-01 | 9000 | 4000 | 0 | {TAIL} | | | false"
    assert run_card("M28", {"asset_lease": table}, as_of="2024-06-01") == []
    (alert,) = run_card("M28", {}, as_of="2024-06-01", overdue_days=30)
    assert alert.title == "合同A的租金已逾期31天，尚欠5,000元，是否拖欠或未收？"
