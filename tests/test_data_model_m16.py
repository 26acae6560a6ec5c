"""M16, doubtful quotations: prices, made-up quotes and unfit firms, and what each innocent cause makes of them."""

from pathlib import Path

import pytest

from data.tables import Alert
from tests.tables_in_text import expect, run_card

QUOTE = "quote_id | order_no | uscc | item | spec | unit | quantity | unit_price | tax_included | won | quoted_on"
FIRMS = "uscc | industry | registered_on | cancelled_on\n" + "\n".join(
    f"F{n} | 批发业 | 2010-01-01 |" for n in range(6)
)


def market(spec: str = "A4") -> str:
    """Five deals at about 100 without tax, so that the scaled MAD is 1.48 and the median 100."""
    return "".join(
        f"\nm{spec}{n} | M{spec}{n} | F0 | 纸 | {spec} | 箱 | 1 | {price} | false | true | 2023-09-01"
        for n, price in enumerate((98, 99, 100, 101, 102))
    )


def deal(price: str, tax: str = "false", spec: str = "A4", on: str = "2024-03-01") -> str:
    """One more purchase of ten boxes, for which nobody else quoted."""
    return f"\nq | C1 | F1 | 纸 | {spec} | 箱 | 10 | {price} | {tax} | true | {on}"


def run(rows: str, quote: str = QUOTE, firms: str = FIRMS, surge: str = "") -> list[Alert]:
    tables = {"quote": quote + rows, "enterprise": firms}
    return run_card("M16", tables | ({"price_surge": surge} if surge else {}), as_of="2024-06-01")


def test_a_price_far_above_the_median_is_orange_and_far_below_yellow(small_office: Path) -> None:
    low = deal("80").replace("q | C1", "p | C2")
    expect(
        run(market() + deal("130") + low),
        """
        rule             | subject_display | level  | amount | recoverable | price_ratio | z    | n_deals | n_quotes
        price_off_median | C1              | orange | 1300   | 300         | 1.3         | 10.12 | 7      | 1
        price_off_median | C2              | yellow | 800    | 0           | 0.8         | -6.74 | 7      | 1
        """,
    )


@pytest.mark.parametrize(
    "rows", [deal("107"), deal("130", spec="A3"), deal("113", tax="true"), deal("119", tax="true")]
)
def test_small_differences_other_specifications_and_tax_are_not_alerted(small_office: Path, rows: str) -> None:
    assert run(market() + rows) == []


def test_too_few_deals_or_deals_of_long_ago_give_no_median(small_office: Path) -> None:
    few = "\n".join(market().split("\n")[:4])
    assert run(few + deal("130")) == []
    old = market("B5").replace("2023-09-01", "2020-01-01")
    assert run(old + deal("130", spec="B5")) == []


def test_prices_that_are_all_alike_still_have_a_usual_spread(small_office: Path) -> None:
    alike = market().replace("98", "100").replace("99", "100").replace("101", "100").replace("102", "100")
    assert run(alike + deal("107")) == []


@pytest.mark.parametrize(
    ("price", "surge", "extras", "flag"),
    [
        ("130", "item | from_date | to_date\n纸 | 2024-02-20 | 2024-03-10", "", "in_surge"),
        ("130", "", "送货上楼并安装", "has_extras"),
        ("113", "", "", "tax_explains"),
    ],
)
def test_a_surge_extras_or_just_the_tax_make_it_yellow(
    small_office: Path, price: str, surge: str, extras: str, flag: str
) -> None:
    rows = "".join(f"\n{line} |" for line in market().strip().splitlines())
    alerts = run(rows + deal(price) + f" | {extras}", QUOTE + " | extras", surge=surge)
    expect(alerts, f"rule | level | {flag}\nprice_off_median | yellow | yes")


def test_a_surge_of_another_item_or_time_excuses_nothing(small_office: Path) -> None:
    surge = "item | from_date | to_date\n墨 | 2024-02-20 | 2024-03-10\n纸 | 2023-02-20 | 2023-03-10"
    expect(run(market() + deal("130"), surge=surge), "level | in_surge\norange | no")


def offers(*prices: str, order: str = "C1", taxed: str = "") -> str:
    """Quotes of one order: the first is taken; those at the places in `taxed` include the tax."""
    return "".join(
        f"\n{order}{n} | {order} | F{n} | 台 | A | 台 | 2 | {price} | {str(str(n) in taxed).lower()} | "
        f"{str(n == 0).lower()} | 2024-03-01"
        for n, price in enumerate(prices)
    )


def test_losing_quotes_that_are_the_winning_one_and_a_percentage_are_orange(small_office: Path) -> None:
    expect(
        run(offers("987.60", "1036.98", "1066.61")),
        """
        rule                  | subject_display | level  | amount | n_losers | least_added | most_added | round_prices
        quotes_from_one_price | C1              | orange | 1975.2 | 2        | 0.05        | 0.08       | no
        """,
    )


def test_round_prices_are_yellow(small_office: Path) -> None:
    expect(run(offers("1000", "1100", "1200")), "level | round_prices\nyellow | yes")


@pytest.mark.parametrize(
    "rows",
    [
        offers("987.60", "1036.98", "1070.20"),  # one of them is not
        offers("987.60", "1036.98"),  # one alone is chance
        offers("10.00", "10.50", "10.80"),  # small prices meet by chance
        offers("987.60", "987.60", "987.60"),  # equal prices add nothing
        offers("987.60", "1115.99", "1115.99", taxed="12"),  # one price with and without the tax
    ],
)
def test_other_quotes_are_not_alerted(small_office: Path, rows: str) -> None:
    assert run(rows) == []


def test_firms_cancelled_or_not_yet_founded_are_orange(small_office: Path) -> None:
    firms = "uscc | industry | registered_on | cancelled_on\nF0 | 批发业 | 2010-01-01 |\n"
    rows = offers("987.60", "1011", "1052") + offers("500", "513.3", "522.2", order="C2")
    firms += "F1 | 批发业 | 2010-01-01 | 2023-05-01\nF2 | 批发业 | 2024-04-01 |"
    expect(
        run(rows.replace("C22 | C2 | F2", "C22 | C2 | F0"), firms=firms),
        """
        rule              | subject_display | level  | amount | n_unfit | n_quotes | cancelled | not_yet_there
        unfit_firm_quoted | C1              | orange | 1975.2 | 2       | 3        | yes       | yes
        unfit_firm_quoted | C2              | orange | 1000   | 1       | 2        | yes       | no
        """,
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("餐饮业 | 2010-01-01 |", "批发业 | 2010-01-01 |", ["yellow"]),
        ("餐饮业 | 2010-01-01 |", "纺织业 | 2010-01-01 |", ["orange"]),
        ("批发业 | 2010-01-01 | 2024-02-20", "批发业 | 2010-01-01 |", ["yellow"]),
        ("批发业 | 2010-01-01 | 2024-03-20", "批发业 | 2010-01-01 |", []),
        ("零售业 | 2010-01-01 |", "信息业 | 2010-01-01 |", []),
    ],
    ids=["one of another trade", "two of another trade", "cancelled just now", "cancelled later", "trades that fit"],
)
def test_unfit_firms_by_their_number_and_time(small_office: Path, first: str, second: str, expected: list[str]) -> None:
    firms = f"uscc | industry | registered_on | cancelled_on\nF0 | 批发业 | 2010-01-01 |\nF1 | {first}\nF2 | {second}"
    rows = "".join(f"\n{line} | 信息业" for line in offers("987.60", "1011", "1052").strip().splitlines())
    assert [alert.level for alert in run(rows, QUOTE + " | trade", firms)] == expected


def test_a_firm_that_is_not_in_the_registry_is_yellow_and_said_so(small_office: Path) -> None:
    firms = "uscc | industry | registered_on | cancelled_on\nF0 | 批发业 | 2010-01-01 |\nF2 | 批发业 | 2010-01-01 |"
    expect(
        run(offers("987.60", "1011", "1052"), firms=firms),
        """
        rule              | subject_display | level  | amount | n_unfit | not_in_registry | cancelled
        unfit_firm_quoted | C1              | yellow | 1975.2 | 1       | yes             | no
        """,
    )
