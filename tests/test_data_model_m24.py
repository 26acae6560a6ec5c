"""M24, ponds and annexes with too much power: what is unlike its peers, and what innocent causes make of it."""

from pathlib import Path

import pytest

from tests.tables_in_text import expect, run_card

MONTHS = ("2024-02", "2024-03", "2024-04")
METERS = "meter_no | village | kind | mu | kva | declared_use | n_users | closed_workshop_m\n"
USE = "meter_no | month | kwh | night_kwh\n"
A, B = "990101001201", "990101001202"


def meter(no: str, *, village: str = A, mu: float = 10, use: str = "养殖", users: int = 1, workshop: str = "") -> str:
    """A row of `power_meter`: a pond."""
    return f"{no} | {village} | 鱼塘 | {mu} | 30 | {use} | {users} | {workshop}\n"


def used(no: str, kwh: float, *, night: float = 0.2, months: tuple[str, ...] = MONTHS) -> str:
    """Rows of `power_use`: the same each month, this share of it at night."""
    return "".join(f"{no} | {month} | {kwh} | {kwh * night}\n" for month in months)


def peers(months: tuple[str, ...] = MONTHS, *, n: int = 11) -> tuple[str, str]:
    """Meters and use of ponds that use 1,000 kWh a month, some a little more and some a little less."""
    numbers = [f"P{number:02d}" for number in range(n)]
    uses = [used(no, 1000 * 1.1 ** (place % 3 - 1), months=months) for place, no in enumerate(numbers)]
    return METERS + "".join(meter(no) for no in numbers), USE + "".join(uses)


def test_three_months_far_above_its_like_is_yellow_and_orange_with_a_sign_of_a_workshop(small_office: Path) -> None:
    meters, use = peers()
    alerts = run_card(
        "M24",
        {
            # S1: no sign. S2: day and night. S3: near a closed workshop. S4: more capacity. S5: more for more area.
            # S6: two months only. S7: as large as its use.
            "power_meter": meters
            + "".join(meter(f"S{n}") for n in (1, 2, 4, 5, 6))
            + meter("S3", workshop="400")
            + meter("S7", mu=60, workshop="400"),
            "power_use": use
            + used("S1", 6000)
            + used("S2", 6000, night=0.33)
            + "".join(used(f"S{n}", 6000) for n in (3, 4, 5, 7))
            + used("S6", 6000, months=MONTHS[:2]),
            "capacity_request": """
                meter_no | requested_on | kva_after | area_changed
                S4       | 2024-01-10   | 90        | false
                S5       | 2024-01-10   | 90        | true
            """,
            "grid_assignment": f"village | id_no | name | start_month | end_month\n{A} | K1 | 丁一 | 2023-01 |",
        },
        as_of="2024-05-06",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level  | n_months | times_the_middle | night_share | enlarged_without_area
        unlike_its_peers  | S1              | yellow | 3        | 6                | 0.2         | no
        unlike_its_peers  | S2              | orange | 3        | 6                | 0.33        | no
        unlike_its_peers  | S3              | orange | 3        | 6                | 0.2         | no
        unlike_its_peers  | S4              | orange | 3        | 6                | 0.2         | yes
        unlike_its_peers  | S5              | yellow | 3        | 6                | 0.2         | no
        """,
    )
    assert alerts[0].title == "电表S1有3个月用电远高于同类，是否另作他用？"


def test_what_lawfully_needs_power_stays_yellow(small_office: Path) -> None:
    meters, use = peers()
    alerts = run_card(
        "M24",
        {
            # F38, each used day and night: cold store, hatchery, charging pile, two users.
            "power_meter": meters
            + meter("S1", use="冷库")
            + meter("S2", use="育苗")
            + meter("S3", use="充电桩")
            + meter("S4", users=2),
            "power_use": use + "".join(used(f"S{n}", 6000, night=0.33) for n in (1, 2, 3, 4)),
        },
        as_of="2024-05-06",
    )
    expect(
        alerts,
        """
        subject_display | level  | lawful_use | serves_several | night_flat
        S1              | yellow | yes        | no             | yes
        S2              | yellow | yes        | no             | yes
        S3              | yellow | yes        | no             | yes
        S4              | yellow | no         | yes            | yes
        """,
    )


def test_aerators_in_a_heat_wave_stay_yellow_and_what_heat_does_not_explain_is_told(small_office: Path) -> None:
    months = ("2024-06", "2024-07", "2024-08", "2024-09", "2024-10")
    meters, use = peers(months)
    alerts = run_card(
        "M24",
        {
            # S1: in hot months only. S2: goes on when it is cool. S3: hot months, and as its like afterwards.
            "power_meter": meters + meter("S1") + meter("S2") + meter("S3"),
            "power_use": use
            + used("S1", 6000, night=0.4, months=months[:3])
            + used("S2", 6000, night=0.4, months=months[1:])
            + used("S3", 6000, night=0.4, months=months[:3])
            + used("S3", 1000, months=months[3:]),
            "weather_month": "county | month | hot_days\n"
            + "".join(f"990101 | {month} | {days}\n" for month, days in zip(months, (16, 25, 25, 8, 0), strict=True)),
        },
        as_of="2024-11-06",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_months | only_hot_months | times_when_cool
        S1              | yellow | 3        | yes             |
        S2              | orange | 4        | no              | 6
        S3              | yellow | 3        | yes             | 1
        """,
    )


def test_a_robust_deviation_counts_below_the_multiple_and_few_peers_are_not_compared(small_office: Path) -> None:
    meters, use = peers()
    # 2.5 times is beyond four robust deviations of peers so alike, 1.9 times is below the least multiple. Another kind
    # has nine meters only.
    few = "".join(f"Q{n} | {A} | 辅房 | 1 | 5 | 储物 | 1 |\n" for n in range(9))
    alerts = run_card(
        "M24",
        {
            "power_meter": meters + meter("S1") + meter("S2") + few,
            "power_use": use
            + used("S1", 2500)
            + used("S2", 1900)
            + "".join(used(f"Q{n}", 100) for n in range(8))
            + used("Q8", 9000),
        },
        as_of="2024-05-06",
    )
    expect(
        alerts,
        """
        rule             | subject_display | times_the_middle
        unlike_its_peers | S1              | 2.5
        """,
    )


def test_more_capacity_for_the_same_area_is_yellow_while_its_use_is_ordinary(small_office: Path) -> None:
    meters, use = peers()
    alerts = run_card(
        "M24",
        {
            "power_meter": meters + meter("S1", workshop="300"),
            "power_use": use + used("S1", 6000),
            # P00: ordinary use. P01: more area. P02: long ago. S1: already alerted for its use.
            "capacity_request": """
                meter_no | requested_on | kva_after | area_changed
                P00      | 2024-03-10   | 90        | false
                P01      | 2024-03-10   | 90        | true
                P02      | 2022-03-10   | 90        | false
                S1       | 2024-03-10   | 90        | false
            """,
        },
        as_of="2024-05-06",
    )
    expect(
        alerts,
        """
        rule                  | subject_display | level
        enlarged_without_area | P00             | yellow
        unlike_its_peers      | S1              | orange
        """,
    )


def test_a_patroller_silent_about_two_villages_is_orange(small_office: Path) -> None:
    meters, use = peers()
    villages = [f"9901010012{number:02d}" for number in range(1, 13)]
    # Pairs of villages, an anomalous pond in each. K1: silent. K2: reported one in time. K3: one is a cold store (F38).
    # K4: took over after it began (F12). K5: left before the report was due. K6: reported too late.
    sites = [meter(f"S{n:02d}", village=village) for n, village in enumerate(villages)]
    sites[4] = meter("S04", village=villages[4], use="冷库")
    grid = [
        f"{village} | K{n // 2 + 1} | {'丁戊己庚辛壬'[n // 2]}某人 | {'2024-03' if n // 2 == 3 else '2023-01'} |"
        f" {'2024-04' if n // 2 == 4 else ''}\n"
        for n, village in enumerate(villages)
    ]
    alerts = run_card(
        "M24",
        {
            "power_meter": meters + "".join(sites) + "".join(meter(f"R{n:02d}") for n in range(9)),
            "power_use": use
            + "".join(used(f"S{n:02d}", 6000) for n in range(12))
            + "".join(used(f"R{n:02d}", 1000) for n in range(9)),
            "grid_assignment": "village | id_no | name | start_month | end_month\n" + "".join(grid),
            "patrol_report": f"""
                report_id | village      | month
                R1        | {villages[2]} | 2024-05
                R2        | {villages[10]} | 2024-06
            """,
        },
        as_of="2024-05-06",
    )
    expect(
        [alert for alert in alerts if alert.rule == "patroller_silent"],
        """
        subject_display | level  | n_villages | n_meters | n_months | months_in_charge
        丁某某          | orange | 2          | 2        | 3        | 13
        壬某某          | orange | 2          | 2        | 3        | 13
        """,
    )


@pytest.mark.parametrize(("report_months", "silent"), [(3, True), (4, False)])
def test_a_patroller_has_time_to_report(small_office: Path, report_months: int, silent: bool) -> None:
    months = ("2024-03", "2024-04", "2024-05")
    meters, use = peers(months)
    tables = {
        "power_meter": meters + meter("S1") + meter("S2", village=B),
        "power_use": use + used("S1", 6000, months=months) + used("S2", 6000, months=months),
        "grid_assignment": "village | id_no | name | start_month | end_month\n"
        + "".join(f"{village} | K1 | 丁一 | 2023-01 |\n" for village in (A, B)),
    }
    alerts = run_card("M24", tables, as_of="2024-06-06", report_months=report_months)
    assert ("patroller_silent" in {alert.rule for alert in alerts}) == silent
