"""M32, farmland subsidy for too much land: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

LAND = """
    household_no | year | contracted_mu | resurveyed
    H1           | 2024 | 10            | false
    H2           | 2024 | 10            | false
    H3           | 2024 | 10            | false
    H4           | 2024 | 10            | true
"""
CLAIMS = "claim_no | household_no | id_no | name | village | year | claimed_mu | amount | paid_date\n"


def test_more_than_contracted_and_leased_is_found_and_the_excess_is_recoverable(small_office: Path) -> None:
    alerts = run_card(
        "M32",
        {
            "household_land": LAND,
            # H2 is within a fifth; H3 has a lease in force that year.
            "land_lease_in": """
                lease_no | household_no | mu | valid_from | valid_to
                L1       | H3           | 20 | 2022-01-01 | 2024-03-31
            """,
            "land_subsidy": CLAIMS
            + """
                C1 | H1 | A | 丁一 | 990101001201 | 2024 | 20 | 2000 | 2024-05-10
                C2 | H2 | B | 戊二 | 990101001201 | 2024 | 12 | 1200 | 2024-05-10
                C3 | H3 | C | 己三 | 990101001201 | 2024 | 30 | 3000 | 2024-05-10
            """,
        },
        as_of="2024-07-01",
    )
    expect(
        alerts,
        """
        rule             | subject_display | level  | period | amount | recoverable | excess_mu | claimant_is_cadre
        more_than_farmed | 丁某某          | orange | 2024   | 2000   | 1000        | 10        | no
        """,
    )


def test_a_cadre_in_office_who_claims_is_red(small_office: Path) -> None:
    alerts = run_card(
        "M32",
        {
            "household_land": LAND,
            "village_cadre": """
                id_no | post     | start_date | end_date
                A     | 村会计   | 2021-03-01 |
                B     | 村委委员 | 2021-03-01 | 2023-12-31
            """,
            "land_subsidy": CLAIMS
            + """
                C1 | H1 | A | 丁一 | 990101001201 | 2024 | 20 | 2000 | 2024-05-10
                C2 | H2 | B | 戊二 | 990101001201 | 2024 | 20 | 2000 | 2024-05-10
            """,
        },
        as_of="2024-07-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | post
        丁某某          | red    | 村会计
        戊某某          | orange |
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M32",
        {
            # 丁: a cadre with a lease that ran out (F16). 戊: fifteen times, mu and hectare (F26). 己: surveyed (F01).
            "household_land": LAND,
            "village_cadre": "id_no | post | start_date | end_date\n A | 村会计 | 2021-03-01 |",
            "land_lease_in": """
                lease_no | household_no | mu | valid_from | valid_to
                L1       | H1           | 10 | 2020-01-01 | 2023-12-31
            """,
            "land_subsidy": CLAIMS
            + """
                C1 | H1 | A | 丁一 | 990101001201 | 2024 | 20  | 2000  | 2024-05-10
                C2 | H2 | B | 戊二 | 990101001201 | 2024 | 150 | 15000 | 2024-05-10
                C3 | H4 | C | 己三 | 990101001201 | 2024 | 20  | 2000  | 2024-05-10
            """,
        },
        as_of="2024-07-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | expired_lease_mu | unit_doubtful | resurveyed
        丁某某          | orange | 10               | no            | no
        己某某          | yellow | 0                | no            | yes
        戊某某          | yellow | 0                | yes           | no
        """,
    )
