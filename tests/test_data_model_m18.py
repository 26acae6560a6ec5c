"""M18, purchases beside the platform, from a single source, closed at once or split; and what excuses make of them."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

ORDERS = (
    "order_no | village | buyer | item | amount | mode | supplier_uscc | supplier | order_date | minutes_open "
    "| on_platform | emergency\n"
)
OUTAGE = """
    from_date  | to_date
    2024-05-10 | 2024-05-12
"""


def test_what_must_be_on_the_platform_and_is_not_is_one_alert_a_place_and_month(small_office: Path) -> None:
    alerts = run_card(
        "M18",
        {
            "platform_outage": OUTAGE,
            "purchase": ORDERS
            + """
                # U: two suppliers in a month. V: the platform was down. W: an emergency (F25). X: below the limit.
                # Y: on the platform. Z: long ago. Q: down for one of two.
                1 | U | U村委 | 水泥 | 10000 | 询价 | A | 甲 | 2024-05-02 |    | false | false
                2 | U | U村委 | 水泥 | 12000 | 询价 | B | 乙 | 2024-05-20 |    | false | false
                3 | V | V村委 | 水泥 | 12000 | 询价 | A | 甲 | 2024-05-12 |    | false | false
                4 | W | W村委 | 水泵 | 12000 | 询价 | A | 甲 | 2024-05-20 |    | false | true
                5 | X | X村委 | 水泥 | 9999  | 询价 | A | 甲 | 2024-05-20 |    | false | false
                6 | Y | Y村委 | 水泥 | 12000 | 竞价 | A | 甲 | 2024-05-20 | 90 | true  | false
                7 | Z | Z村委 | 水泥 | 12000 | 询价 | A | 甲 | 2022-05-20 |    | false | false
                8 | Q | Q村委 | 水泥 | 12000 | 询价 | A | 甲 | 2024-05-10 |    | false | false
                9 | Q | Q村委 | 水泥 | 12000 | 询价 | A | 甲 | 2024-05-13 |    | false | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                   | subject_display | level  | period  | amount | n_orders | n_suppliers | platform_down | all_platform_down | emergency
        bought_beside_platform | Q               | orange | 2024-05 | 24000  | 2        | 1           | yes           | no                | no
        bought_beside_platform | U               | orange | 2024-05 | 22000  | 2        | 2           | no            | no                | no
        bought_beside_platform | V               | yellow | 2024-05 | 12000  | 1        | 1           | yes           | yes               | no
        bought_beside_platform | W               | yellow | 2024-05 | 12000  | 1        | 1           | no            | no                | yes
        """,  # noqa: E501
    )


def test_more_single_sources_in_a_year_than_allowed(small_office: Path) -> None:
    alerts = run_card(
        "M18",
        {
            "platform_outage": OUTAGE,
            "purchase": ORDERS
            + """
                # U: four. V: three, as allowed. W: four, of which one in an outage and one an emergency.
                # X: two in each of two years. Y: two buyers with two each.
                11 | U | U村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                12 | U | U村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
                13 | U | U村委 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-03-05 | | true  | false
                14 | U | U村委 | 灯具 | 900 | 单一来源 | B | 乙 | 2024-04-05 | | true  | false
                21 | V | V村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                22 | V | V村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
                23 | V | V村委 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-03-05 | | true  | false
                31 | W | W村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                32 | W | W村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
                33 | W | W村委 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-05-11 | | false | false
                34 | W | W村委 | 水泵 | 900 | 单一来源 | A | 甲 | 2024-04-05 | | true  | true
                41 | X | X村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2023-11-05 | | true  | false
                42 | X | X村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2023-12-05 | | true  | false
                43 | X | X村委 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                44 | X | X村委 | 灯具 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
                51 | Y | Y村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                52 | Y | Y村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
                53 | Y | Y合社 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true  | false
                54 | Y | Y合社 | 灯具 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true  | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                    | subject_display | level  | period | amount | n_single | n_excused | n_suppliers
        single_source_too_often | U               | orange | 2024   | 3600   | 4        | 0         | 2
        single_source_too_often | W               | yellow | 2024   | 3600   | 4        | 2         | 1
        """,
    )


def test_a_year_is_counted_whole_wherever_the_window_begins(small_office: Path) -> None:
    four = """
        1 | U | U村委 | 桌椅 | 900 | 单一来源 | A | 甲 | 2024-01-05 | | true | false
        2 | U | U村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-02-05 | | true | false
        3 | U | U村委 | 树苗 | 900 | 单一来源 | A | 甲 | 2024-03-05 | | true | false
        4 | U | U村委 | 灯具 | 900 | 单一来源 | A | 甲 | 2024-05-05 | | true | false
    """
    (alert,) = run_card("M18", {"purchase": ORDERS + four}, as_of="2024-06-01", look_back_months=1)
    assert alert.rule == "single_source_too_often"


def test_bidding_closed_as_soon_as_opened_is_orange_when_it_is_always_one_supplier(small_office: Path) -> None:
    alerts = run_card(
        "M18",
        {
            "platform_outage": OUTAGE,
            "purchase": ORDERS
            + """
                # U: twice with one supplier. V: once. W: twice, once an emergency. X: ten minutes are enough.
                # Y: a single source has no bidding.
                1 | U | U村委 | 水泥 | 900 | 竞价     | A | 甲 | 2024-04-02 | 3  | true | false
                2 | U | U村委 | 树苗 | 900 | 竞价     | A | 甲 | 2024-05-02 | 9  | true | false
                3 | V | V村委 | 水泥 | 900 | 竞价     | A | 甲 | 2024-05-02 | 9  | true | false
                4 | W | W村委 | 水泥 | 900 | 竞价     | A | 甲 | 2024-05-02 | 9  | true | false
                5 | W | W村委 | 水泵 | 900 | 竞价     | A | 甲 | 2024-05-03 | 4  | true | true
                6 | X | X村委 | 水泥 | 900 | 竞价     | A | 甲 | 2024-05-02 | 10 | true | false
                7 | Y | Y村委 | 水泥 | 900 | 单一来源 | A | 甲 | 2024-05-02 | 1  | true | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                     | subject_display | level  | period  | minutes_open | n_same_supplier | emergency
        closed_as_soon_as_opened | U               | orange | 2024-04 | 3            | 2               | no
        closed_as_soon_as_opened | U               | orange | 2024-05 | 9            | 2               | no
        closed_as_soon_as_opened | V               | yellow | 2024-05 | 9            | 1               | no
        closed_as_soon_as_opened | W               | yellow | 2024-05 | 4            | 1               | yes
        """,
    )


def test_parts_below_the_limit_that_reach_it_together_on_one_day(small_office: Path) -> None:
    alerts = run_card(
        "M18",
        {
            "platform_outage": OUTAGE,
            "purchase": ORDERS
            + """
                # U: one supplier. V: two suppliers, a weaker sign. W: an emergency. X: in an outage. Y: too little
                # together. Z: on two days. Q: two different things.
                1  | U | U村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                2  | U | U村委 | 水泥 | 4000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                3  | V | V村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                4  | V | V村委 | 水泥 | 4000 | 询价 | B | 乙 | 2024-05-20 | | false | false
                5  | W | W村委 | 沙袋 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | true
                6  | W | W村委 | 沙袋 | 4000 | 询价 | A | 甲 | 2024-05-20 | | false | true
                7  | X | X村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-11 | | false | false
                8  | X | X村委 | 水泥 | 4000 | 询价 | A | 甲 | 2024-05-11 | | false | false
                9  | Y | Y村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                10 | Y | Y村委 | 水泥 | 3999 | 询价 | A | 甲 | 2024-05-20 | | false | false
                11 | Z | Z村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                12 | Z | Z村委 | 水泥 | 4000 | 询价 | A | 甲 | 2024-05-21 | | false | false
                13 | Q | Q村委 | 水泥 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
                14 | Q | Q村委 | 树苗 | 6000 | 询价 | A | 甲 | 2024-05-20 | | false | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level  | period     | amount | n_parts | one_supplier | platform_down | emergency
        split_below_limit | U               | orange | 2024-05-20 | 10000  | 2       | yes          | no            | no
        split_below_limit | V               | yellow | 2024-05-20 | 10000  | 2       | no           | no            | no
        split_below_limit | W               | yellow | 2024-05-20 | 10000  | 2       | yes          | no            | yes
        split_below_limit | X               | yellow | 2024-05-11 | 10000  | 2       | yes          | yes           | no
        """,  # noqa: E501
    )


def test_without_the_notices_of_outages_nothing_is_excused_by_them(small_office: Path) -> None:
    order = "1 | V | V村委 | 水泥 | 12000 | 询价 | A | 甲 | 2024-05-12 | | false | false"
    (alert,) = run_card("M18", {"purchase": ORDERS + order}, as_of="2024-06-01")
    assert alert.level == "orange"
