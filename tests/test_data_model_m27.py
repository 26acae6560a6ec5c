"""M27, official vehicles: what each fuel and track rule finds, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

VEHICLES = """
    plate | unit_name | region    | tank_l | fuel      | litres_per_100km | keeper_id
    P1    | 甲局      | 990101    | 60     | 92号汽油  | 10               | K
    P2    | 乙镇      | 990101001 | 60     | 92号汽油  | 10               | K
    P3    | 丙镇      | 990101001 | 60     | 92号汽油  | 10               | K
    P4    | 丁镇      | 990101001 | 60     | 92号汽油  | 10               | K
"""
FUEL = (
    "txn_id | card_no | plate | fuelled_on | fuelled_minute | litres | amount | fuel | station_region |"
    " km_from_vehicle\n"
)
DAYS = "plate | day | km | night_km | gps_fault\n"


def test_more_than_the_tank_holds_and_what_machines_and_shared_cards_make_of_it(small_office: Path) -> None:
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "fuel_txn": FUEL
            + """
                # P1: no register. P2: approved machine fuel (F36). P3: not approved. P4: a card that serves P1 too;
                # 62 litres are within the factor
                1 | C1 | P1 | 2024-05-10 | 600 | 90 | 720 | 92号汽油 | 990101 |
                2 | C1 | P1 | 2024-05-20 | 600 | 62 | 496 | 92号汽油 | 990101 |
                3 | C2 | P2 | 2024-05-10 | 600 | 90 | 720 | 92号汽油 | 990101 |
                4 | C3 | P3 | 2024-05-10 | 600 | 90 | 720 | 92号汽油 | 990101 |
                5 | C4 | P4 | 2024-05-10 | 600 | 90 | 720 | 92号汽油 | 990101 |
                6 | C4 | P1 | 2024-05-02 | 600 | 20 | 160 | 92号汽油 | 990101 |
            """,
            "machinery_fuel": """
                card_no | fuelled_on | litres | approved
                C2      | 2024-05-10 | 40     | true
                C3      | 2024-05-10 | 40     | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule      | subject_display | level  | period  | litres | amount | recoverable | machine_approved | shared_card
        over_tank | P1              | red    | 2024-05 | 90     | 720    | 240         | no               | no
        over_tank | P2              | yellow | 2024-05 | 90     | 720    | 240         | yes              | no
        over_tank | P3              | orange | 2024-05 | 90     | 720    | 240         | no               | no
        over_tank | P4              | orange | 2024-05 | 90     | 720    | 240         | no               | yes
        """,
    )
    assert alerts[0].title == "公务车P1在2024-05是否一次加油90升，超过油箱容积？"


def test_two_refuellings_within_hours_count_together_also_over_midnight(small_office: Path) -> None:
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "fuel_txn": FUEL
            + """
                # P1: 100 minutes apart. P2: over midnight. P3: five hours apart. P4: 30 and 40 fit the tank
                1 | C1 | P1 | 2024-05-10 | 600  | 50 | 400 | 92号汽油 | 990101 |
                2 | C1 | P1 | 2024-05-10 | 700  | 40 | 320 | 92号汽油 | 990101 |
                3 | C2 | P2 | 2024-05-10 | 1430 | 50 | 400 | 92号汽油 | 990101 |
                4 | C2 | P2 | 2024-05-11 | 20   | 40 | 320 | 92号汽油 | 990101 |
                5 | C3 | P3 | 2024-05-10 | 600  | 50 | 400 | 92号汽油 | 990101 |
                6 | C3 | P3 | 2024-05-10 | 900  | 40 | 320 | 92号汽油 | 990101 |
                7 | C4 | P4 | 2024-05-10 | 600  | 30 | 240 | 92号汽油 | 990101 |
                8 | C4 | P4 | 2024-05-10 | 700  | 40 | 320 | 92号汽油 | 990101 |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule           | subject_display | level | minutes_between | tank_ratio | recoverable | at_night
        twice_in_hours | P1              | red   | 100             | 1.5        | 240         | no
        twice_in_hours | P2              | red   | 30              | 1.5        | 240         | yes
        """,
    )


def test_a_card_used_far_from_the_vehicle_may_be_a_fault_or_a_clock(small_office: Path) -> None:
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "fuel_txn": FUEL
            + """
                # P2: positioning fault that day. P3: 30 km may be the clock (F29). P4: 15 km is near
                1 | C1 | P1 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990101 | 80
                2 | C2 | P2 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990101 | 80
                3 | C3 | P3 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990101 | 30
                4 | C4 | P4 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990101 | 15
            """,
            "vehicle_day": DAYS + "P2 | 2024-05-10 | 300 | 0 | true",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                  | subject_display | level  | km_from_vehicle | gps_fault
        card_far_from_vehicle | P1              | red    | 80              | no
        card_far_from_vehicle | P2              | yellow | 80              | yes
        card_far_from_vehicle | P3              | orange | 30              | no
        """,
    )


def test_the_wrong_grade_and_a_station_outside_the_city_are_orange(small_office: Path) -> None:
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "fuel_txn": FUEL
            + """
                # P2: diesel for a machine, approved (F36). P4: outside the city on an ordered trip
                1 | C1 | P1 | 2024-05-10 | 600 | 50 | 400 | 0号柴油  | 990101 |
                2 | C2 | P2 | 2024-05-10 | 600 | 50 | 400 | 0号柴油  | 990101 |
                3 | C3 | P3 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990201 |
                4 | C4 | P4 | 2024-05-10 | 600 | 50 | 400 | 92号汽油 | 990201 |
            """,
            "machinery_fuel": "card_no | fuelled_on | litres | approved\nC2 | 2024-05-10 | 50 | true",
            "vehicle_order": "plate | from_date | to_date | destination\nP4 | 2024-05-09 | 2024-05-11 | 990201",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule         | subject_display | level  | recoverable
        outside_city | P3              | orange | 400
        wrong_grade  | P1              | orange | 400
        wrong_grade  | P2              | yellow | 400
        """,
    )


def test_a_months_fuel_that_its_kilometres_do_not_explain_is_found_when_the_month_is_over(small_office: Path) -> None:
    fuel = FUEL + "".join(
        f"{10 * number + place} | C{number} | P{number} | 2024-{month}-{day} | 600 | 50 | 400 | 92号汽油 | 990101 |\n"
        for number, month in ((1, "05"), (2, "05"), (3, "05"), (4, "06"))
        for place, day in enumerate(("02", "09", "16"))
    )
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "fuel_txn": fuel,
            # 300 km at 10 litres are 30 litres; P2's device was broken, P3's card filled machines with 90 of its 150.
            "vehicle_day": DAYS
            + """
                P1 | 2024-05-20 | 300 | 0 | false
                P2 | 2024-05-20 | 300 | 0 | true
                P3 | 2024-05-20 | 300 | 0 | false
                P4 | 2024-06-20 | 300 | 0 | false
            """,
            "machinery_fuel": "card_no | fuelled_on | litres | approved\nC3 | 2024-05-09 | 90 | true",
        },
        as_of="2024-06-25",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level  | period  | litres | km  | norm_ratio | recoverable
        litres_against_km | P1              | red    | 2024-05 | 150    | 300 | 5          | 960
        litres_against_km | P2              | yellow | 2024-05 | 150    | 300 | 5          | 960
        litres_against_km | P3              | orange | 2024-05 | 150    | 300 | 5          | 960
        """,
    )


def test_a_trip_on_a_free_day_or_at_night_needs_an_order(small_office: Path) -> None:
    alerts = run_card(
        "M27",
        {
            "official_vehicle": VEHICLES,
            "holiday": """
                day        | name     | is_workday
                2024-05-01 | 劳动节   | false
                2024-05-11 | 调休上班 | true
            """,
            "vehicle_day": DAYS
            + """
                # P1: holiday, Saturday, a worked Saturday, a night. P2: ordered. P3: order for Sunday. P4: fault
                P1 | 2024-05-01 | 50 | 0  | false
                P1 | 2024-05-18 | 50 | 0  | false
                P1 | 2024-05-11 | 50 | 0  | false
                P1 | 2024-05-15 | 50 | 20 | false
                P1 | 2024-05-16 | 50 | 0  | false
                P2 | 2024-05-18 | 50 | 0  | false
                P3 | 2024-05-18 | 50 | 0  | false
                P4 | 2024-05-18 | 50 | 0  | true
            """,
            "vehicle_order": """
                plate | from_date  | to_date    | destination
                P2    | 2024-05-17 | 2024-05-19 | 990201
                P3    | 2024-05-19 | 2024-05-19 | 990201
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule           | subject_display | level  | n_days | on_holiday | on_weekend | order_next_day | gps_fault
        unordered_trip | P1              | red    | 3      | yes        | yes        | no             | no
        unordered_trip | P3              | orange | 1      | no         | yes        | yes            | no
        unordered_trip | P4              | yellow | 1      | no         | yes        | no             | yes
        """,
    )
