"""M15, bid collusion: each signal, their number and what it makes of the level, and what innocent causes take away."""

from pathlib import Path

import pytest

from data.tables import Alert
from tests.tables_in_text import expect, run_card

FIRMS = "uscc | phone | group_name\n" + "\n".join(f"F{number} | 9{number} |" for number in range(1, 10))
ROLES = "uscc | id_no | role | share_pct | start_date | end_date\n"
PRICES = {1: 100, 2: 107, 3: 119, 4: 126}


def bids(tender: str = "T1", *, prices: dict[int, float] = PRICES, won: int = 1, **same: tuple[int, ...]) -> str:
    """Bids of one tender by firms F1..., each with values of its own but where firms share one."""
    columns = ("ip", "mac", "lock_no", "file_author", "deposit_acct", "contact_phone", "document_hash")
    rows = []
    for firm, price in prices.items():
        own = ["同" if firm in same.get(name, ()) else f"{name}{firm}" for name in columns]
        rows.append(" | ".join([f"{tender}-{firm}", tender, f"F{firm}", str(price), *own, str(firm == won).lower()]))
    return "\n".join(rows) + "\n"


BIDS = "bid_id|tender_id|uscc|price|ip|mac|lock_no|file_author|deposit_acct|contact_phone|document_hash|won\n"
TENDER = "tender_id | dept_code | region | open_date | shared_network | standard_price | is_framework | agent_uscc\n"
PLAIN = TENDER + "T1 | D1 | 990101001 | 2024-03-01 | false | false | false |"


def run(rows: str, tender: str = PLAIN, firms: str = FIRMS, roles: str = "") -> list[Alert]:
    tables = {"tender": tender, "bid": BIDS + rows, "enterprise": firms, "enterprise_role": ROLES + roles}
    return run_card("M15", tables, as_of="2024-06-01")


def test_independent_bids_find_nothing(small_office: Path) -> None:
    assert run(bids()) == []


@pytest.mark.parametrize(
    ("column", "flag"),
    [
        ("ip", "same_ip"),
        ("mac", "same_mac"),
        ("lock_no", "same_lock"),
        ("file_author", "same_author"),
        ("deposit_acct", "same_deposit"),
        ("contact_phone", "same_phone"),
        ("document_hash", "same_document"),
    ],
)
def test_one_thing_shared_by_two_bidders_is_one_signal_and_yellow(small_office: Path, column: str, flag: str) -> None:
    alerts = run(bids(**{column: (2, 3)}))
    expect(alerts, f"level | n_signals | n_bids | amount | {flag}\nyellow | 1 | 4 | 100 | yes")


def test_two_signals_are_orange_and_three_red(small_office: Path) -> None:
    tenders = TENDER + "".join(f"T{n} | D{n} | 990101001 | 2024-03-01 | false | false | false |\n" for n in (1, 2))
    rows = bids("T1", mac=(1, 2), ip=(3, 4)) + bids("T2", mac=(1, 2), ip=(1, 2), lock_no=(1, 2))
    expect(run(rows, tenders), "subject_display | level | n_signals\nT1 | orange | 2\nT2 | red | 3")


@pytest.mark.parametrize(
    ("prices", "flag"),
    [
        ({1: 100, 2: 100.3, 3: 101, 4: 101.2}, "flat_prices"),
        ({1: 100, 2: 110, 3: 120, 4: 130}, "even_steps"),
        ({1: 100, 2: 125, 3: 126, 4: 128}, "cover_prices"),
    ],
)
def test_prices_by_pattern_are_a_signal_but_not_under_a_price_list(
    small_office: Path, prices: dict[int, float], flag: str
) -> None:
    listed = PLAIN.replace("2024-03-01 | false | false", "2024-03-01 | false | true")
    assert run(bids(prices=prices), listed) == []
    alerts = run(bids(prices=prices))
    expect(alerts, f"level | n_signals | {flag}\nyellow | 1 | yes")


HELD = "F1 | A | legal_rep | 0 | 2020-01-01 |\nF2 | A | shareholder | 30 | 2020-01-01 |"


def test_a_common_shareholder_is_a_signal(small_office: Path) -> None:
    expect(run(bids(), roles=HELD), "level | n_signals | common_person\nyellow | 1 | yes")


def test_a_shareholder_who_left_before_is_no_signal(small_office: Path) -> None:
    assert run(bids(), roles=HELD + " 2024-02-01") == []


def test_firms_of_one_group_may_share_people_networks_and_accounts(small_office: Path) -> None:
    grouped = FIRMS.replace("F1 | 91 |", "F1 | 91 | 甲集团").replace("F2 | 92 |", "F2 | 92 | 甲集团")
    assert run(bids(ip=(1, 2), deposit_acct=(1, 2)), firms=grouped, roles=HELD) == []


def test_shared_networks_agents_telephones_and_template_software_are_not_counted(small_office: Path) -> None:
    hall = PLAIN.replace("2024-03-01 | false", "2024-03-01 | true")
    assert run(bids(ip=(1, 2, 3, 4)), hall) == []
    agent = TENDER + "T1 | D1 | 990101001 | 2024-03-01 | false | false | false | F9"
    assert run(bids(contact_phone=(1, 2)).replace("同", "99"), agent) == []
    tenders = TENDER + "".join(f"T{n} | D{n} | 990101001 | 2024-03-01 | false | false | false |\n" for n in (1, 2))
    others = {5: 100.0, 6: 107.0, 7: 119.0, 8: 126.0}
    rows = bids("T1", file_author=(1, 2, 3, 4)) + bids("T2", prices=others, won=5, file_author=(5, 6, 7, 8))
    assert run(rows, tenders) == []


def _series(n: int, buyers: int) -> str:
    return TENDER + "".join(
        f"T{number:02d} | D{number % buyers} | 990101001 | 2024-03-01 | false | false | false |\n"
        for number in range(n)
    )


def test_a_serial_loser_with_the_same_winner_is_a_signal(small_office: Path) -> None:
    few = {1: 100.0, 2: 107.0}
    rows = "".join(bids(f"T{number:02d}", prices=few) for number in range(30))
    alerts = run(rows, _series(30, 2))
    assert len(alerts) == 30
    expect(alerts[:1], "level | n_signals | serial_loser | one_buyer_winner\nyellow | 1 | yes | no")


def test_winners_that_take_turns_are_a_signal(small_office: Path) -> None:
    rows = "".join(bids(f"T{n:02d}", won=1 + n % 2, prices={1: 100.0, 2: 107.0, 3: 119.0}) for n in range(5))
    alerts = run(rows, _series(5, 2))
    expect(alerts[:1], "level | n_signals | rotation\nyellow | 1 | yes")
    assert len(alerts) == 5


def test_a_firm_that_bids_at_one_buyer_and_always_wins_is_a_signal_but_not_under_a_framework(
    small_office: Path,
) -> None:
    rows = "".join(bids(f"T{n:02d}", prices={1: 100.0, n + 2: 107.0}) for n in range(4))
    framework = _series(4, 1).replace("false | false | false", "false | false | true")
    assert run(rows, framework) == []
    alerts = run(rows, _series(4, 1))
    expect(alerts[:1], "level | n_signals | one_buyer_winner\nyellow | 1 | yes")
