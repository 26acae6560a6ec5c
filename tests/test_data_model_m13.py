"""M13, awards of one buyer concentrated on one supplier: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

TENDERS = "tender_id|dept_code|dept|region|industry|award_date|winner_uscc|award_price|is_framework|emergency"
FIRMS = "uscc | name\nA | 甲司\nB | 乙司"


def awards(mark: str, winner: str, n: int, dept: str, on: str = "2024-03-01", kind: str = "false | false") -> str:
    """Rows of the register `tender`: so many awards of one buyer to one winner; `?` stands for a new firm each."""
    return "".join(
        f"\n{mark}{i} | {dept} | {dept}局 | 990101001 | 建筑 | {on} | "
        f"{winner.replace('?', f'X{mark}{i}')} | 100 | {kind}"
        for i in range(n)
    )


def test_more_awards_than_the_market_share_explains_are_orange(small_office: Path) -> None:
    tables = {
        # A wins 6 of 7 at D1 and nothing elsewhere; B wins 5 of 10 at D2, which its share of the market explains
        "tender": TENDERS
        + awards("a", "A", 6, "D1")
        + awards("b", "?", 1, "D1")
        + awards("c", "B", 5, "D2")
        + awards("d", "?", 5, "D2")
        + awards("e", "B", 15, "D3")
        + awards("f", "?", 30, "D3"),
        "enterprise": FIRMS,
    }
    expect(
        run_card("M13", tables, as_of="2024-06-01"),
        """
        rule             | subject_display | level  | amount | n_wins | n_awards | market_share | improbability
        more_than_chance | 甲司            | orange | 600    | 6      | 7        | 0.1          | 5.28
        """,
    )


def test_frameworks_and_emergencies_are_shown_and_make_it_yellow(small_office: Path) -> None:
    tables = {
        # A won nothing freely; B six times freely, and thrice by a framework; of C it was not said what they were
        "tender": TENDERS
        + awards("a", "A", 3, "D1", kind="true | false")
        + awards("b", "A", 3, "D1", kind="false | true")
        + awards("c", "B", 6, "D2")
        + awards("d", "B", 3, "D2", kind="true | false")
        + awards("e", "C", 6, "D3", kind=" | ")
        + awards("f", "?", 60, "D4"),
        "enterprise": FIRMS + "\nC | 丙司",
    }
    expect(
        run_card("M13", tables, as_of="2024-06-01"),
        """
        subject_display | level  | amount | n_wins | n_bound | is_framework | emergency
        丙司            | orange | 600    | 6      | 0       | no           | no
        乙司            | orange | 900    | 9      | 3       | yes          | no
        甲司            | yellow | 600    | 6      | 6       | yes          | yes
        """,
    )


def test_a_framework_elsewhere_hides_nothing(small_office: Path) -> None:
    # with A's call-offs at D2 its share of the market would explain what it wins at D1
    tables = {
        "tender": TENDERS
        + awards("a", "A", 6, "D1")
        + awards("b", "A", 200, "D2", kind="true | false")
        + awards("c", "?", 40, "D3"),
        "enterprise": FIRMS,
    }
    expect(
        run_card("M13", tables, as_of="2024-06-01"),
        """
        subject_display | level  | n_wins | n_bound
        甲司            | orange | 6      | 0
        甲司            | yellow | 200    | 200
        """,
    )


def test_old_awards_do_not_count(small_office: Path) -> None:
    tables = {
        "tender": TENDERS
        + awards("c", "A", 6, "D1", on="2020-03-01")
        + awards("d", "A", 4, "D1")
        + awards("e", "?", 60, "D2"),
        "enterprise": FIRMS,
    }
    assert run_card("M13", tables, as_of="2024-06-01") == []


def test_the_market_is_that_of_the_county(small_office: Path) -> None:
    other = "990102001"
    tables = {
        # A has the market of its own county, whatever is bought in the other, where five firms bid
        "tender": TENDERS
        + awards("a", "A", 6, "D1")
        + awards("b", "A", 30, "D2")
        + awards("c", "?", 90, "D3").replace("990101001", other)
        # B has nothing but D5 there
        + awards("d", "B", 6, "D5").replace("990101001", other),
        "bid": "tender_id | uscc"
        + "".join(f"\n{tender} | F{n}" for tender in ("a0", "c0") for n in range(5))
        + "\nc0 | F5",
        "enterprise": FIRMS,
    }
    expect(
        run_card("M13", tables, as_of="2024-06-01"),
        "subject_display | level | market_share | n_rivals\n乙司 | orange | 0.06 | 6",
    )


def test_where_few_firms_bid_at_all_it_is_yellow(small_office: Path) -> None:
    tables = {
        "tender": TENDERS + awards("a", "A", 6, "D1") + awards("e", "B", 60, "D2"),
        "bid": "tender_id | uscc\na0 | A\na0 | B\ne0 | B",
        "enterprise": FIRMS,
    }
    alerts = run_card("M13", tables, as_of="2024-06-01")
    expect(alerts[:1], "subject_display | level | few_suppliers | n_rivals\n甲司 | yellow | yes | 2")


def test_a_sudden_concentration_is_yellow(small_office: Path) -> None:
    tables = {
        "tender": TENDERS
        + awards("a", "?", 8, "D1", on="2022-09-01")
        + awards("b", "A", 4, "D1")
        + awards("c", "A", 3, "D1", on="2024-05-01")
        + awards("d", "?", 3, "D1")
        + awards("e", "A", 30, "D2"),
        "enterprise": FIRMS,
    }
    alerts = run_card("M13", tables, as_of="2024-06-01")
    expect(
        [alert for alert in alerts if alert.rule == "sudden_concentration"],
        """
        rule                 | subject_display | level  | n_wins | n_awards | hhi | hhi_before
        sudden_concentration | 甲司            | yellow | 7      | 10       | 0.52 | 0.12
        """,
    )


def test_the_only_qualified_supplier_wins_everywhere_and_is_not_alerted(small_office: Path) -> None:
    tables = {
        "tender": TENDERS
        + awards("a", "A", 7, "D1")
        + awards("b", "A", 6, "D2")
        + awards("c", "A", 8, "D3")
        + awards("d", "?", 2, "D4"),
        "enterprise": FIRMS,
    }
    assert run_card("M13", tables, as_of="2024-06-01") == []


def test_a_concentration_on_call_offs_is_shown_as_such(small_office: Path) -> None:
    tables = {
        "tender": TENDERS
        + awards("a", "?", 8, "D1", on="2022-09-01")
        + awards("b", "A", 7, "D1", kind="true | ")
        + awards("d", "?", 3, "D1")
        + awards("e", "A", 90, "D2"),
        "enterprise": FIRMS,
    }
    alerts = run_card("M13", tables, as_of="2024-06-01")
    expect(
        [alert for alert in alerts if alert.rule == "sudden_concentration"],
        "subject_display | level | n_wins | n_bound | is_framework | hhi\n甲司 | yellow | 7 | 7 | yes | 0.52",
    )
