"""M30, hospital stays that contradict each other: what each rule finds, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

STAYS = (
    "settle_no | id_no | name | region | hospital | kind | admit_date | discharge_date | settle_date"
    " | fund_pay | own_pay\n"
)


def test_two_hospitals_at_once_is_red_and_the_day_of_a_transfer_is_not_found(small_office: Path) -> None:
    alerts = run_card(
        "M30",
        {
            "med_settle": STAYS
            + """
                # B is transferred on the tenth (F13); C returns to the same hospital.
                S1 | A | 丁一 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S2 | A | 丁一 | 990101001201 | 乙院 | 普通住院 | 2024-03-07 | 2024-03-12 | 2024-03-12 | 500 | 100
                S3 | B | 戊二 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S4 | B | 戊二 | 990101001201 | 乙院 | 普通住院 | 2024-03-10 | 2024-03-12 | 2024-03-12 | 500 | 100
                S5 | C | 己三 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S6 | C | 己三 | 990101001201 | 甲院 | 普通住院 | 2024-03-07 | 2024-03-12 | 2024-03-12 | 500 | 100
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                  | subject_display | level | period  | amount | recoverable | overlap_days | own_share
        two_hospitals_at_once | 丁某某          | red   | 2024-03 | 1400   | 500         | 3            | 0.12
        """,
    )


def test_day_wards_late_settlements_and_differing_names_are_orange(small_office: Path) -> None:
    alerts = run_card(
        "M30",
        {
            # 丁: day ward (F18). 戊: settled 70 days later (F01). 己: another name under the number (F08).
            "med_settle": STAYS
            + """
                S1 | A | 丁一 | 990101001201 | 甲院 | 日间病房 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S2 | A | 丁一 | 990101001201 | 乙院 | 普通住院 | 2024-03-07 | 2024-03-12 | 2024-03-12 | 500 | 100
                S3 | B | 戊二 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-05-19 | 900 | 100
                S4 | B | 戊二 | 990101001201 | 乙院 | 普通住院 | 2024-03-07 | 2024-03-12 | 2024-03-12 | 500 | 100
                S5 | C | 己三 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S6 | C | 吴九 | 990101001201 | 乙院 | 普通住院 | 2024-03-07 | 2024-03-12 | 2024-03-12 | 500 | 100
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | day_ward | settled_after_days | name_differs
        丁某某          | orange | yes      | 1                  | no
        己某某          | orange | no       | 1                  | yes
        戊某某          | orange | no       | 70                 | no
        """,
    )


def test_a_stay_that_begins_after_death_is_red_unless_the_death_was_not_yet_registered(small_office: Path) -> None:
    alerts = run_card(
        "M30",
        {
            "death": """
                # 己 died in hospital.
                id_no | death_date | register_date | source
                A     | 2024-02-01 | 2024-02-05    | 卫健局
                B     | 2024-02-01 | 2024-04-20    | 卫健局
                C     | 2024-03-05 | 2024-03-06    | 卫健局
            """,
            "med_settle": STAYS
            + """
                S1 | A | 丁一 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S2 | B | 戊二 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S3 | C | 己三 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-05 | 2024-03-11 | 900 | 100
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule        | subject_display | level  | recoverable | days_after_death | settled_before_registration
        after_death | 丁某某          | red    | 900         | 29               | no
        after_death | 戊某某          | orange | 900         | 29               | yes
        """,
    )


def test_six_admissions_over_three_hospitals_at_next_to_no_cost_are_orange(small_office: Path) -> None:
    def stays(person: str, own: int, ward: str = "普通住院") -> str:
        return "".join(
            f"{person}{month} | {person} | {name} | 990101001201 | {'甲乙丙'[month % 3]}院 | {ward}"
            f" | 2024-0{month}-01 | 2024-0{month}-08 | 2024-0{month}-09 | 1000 | {own}\n"
            for name in [{"A": "丁一", "B": "戊二", "C": "己三"}[person]]
            for month in range(1, 7)
        )

    # 戊 paid a tenth; 己 went to a day ward (F18).
    rows = STAYS + stays("A", 10) + stays("B", 100) + stays("C", 10, "日间病房")
    alerts = run_card("M30", {"med_settle": rows}, as_of="2024-07-01")
    expect(
        alerts,
        """
        rule       | subject_display | level  | period | n_admissions | n_hospitals | own_share
        in_circles | 丁某某          | orange | 2024   | 6            | 3           | 0.01
        """,
    )


def test_a_record_from_elsewhere_during_the_stay_is_orange(small_office: Path) -> None:
    alerts = run_card(
        "M30",
        {
            "elsewhere_record": """
                # The days of admission and discharge are no contradiction.
                id_no | day        | place    | kind
                A     | 2024-03-05 | 外省机场 | 民航
                B     | 2024-03-01 | 外省机场 | 民航
                B     | 2024-03-10 | 外省机场 | 民航
            """,
            "med_settle": STAYS
            + """
                S1 | A | 丁一 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
                S2 | B | 戊二 | 990101001201 | 甲院 | 普通住院 | 2024-03-01 | 2024-03-10 | 2024-03-11 | 900 | 100
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                  | subject_display | level  | n_days | record_kind
        elsewhere_during_stay | 丁某某          | orange | 1      | 民航
        """,
    )
