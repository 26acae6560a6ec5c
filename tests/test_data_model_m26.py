"""M26, travel invoices of public units: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

ORGANS = """
    uscc | name             | kind        | region
    O1   | 示范县文化协会   | association | 990101
    O2   | 示范县水利局     | organ       | 990101
    O3   | 示范县教育学会   | association | 990101
"""
INVOICES = "invoice_no | buyer_uscc | seller | item | amount | invoice_date | remark | traveller_id\n"


def test_travel_under_an_associations_name_is_orange_and_red_with_a_public_employee(small_office: Path) -> None:
    alerts = run_card(
        "M26",
        {
            "organ": ORGANS,
            "invoice": INVOICES
            + """
                # O1: two of one month. O2: by its remark; without one it is not found, nor what is no travel. O3: staff
                1 | O1 | 甲旅行社 | *旅游服务*旅游费 | 8000 | 2024-05-06 |              |
                2 | O1 | 甲旅行社 | *旅游服务*旅游费 | 4000 | 2024-05-20 |              |
                3 | O2 | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-03-18 | 老年协会活动 |
                4 | O2 | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-04-18 |              |
                5 | O1 | 甲印社   | *印刷服务*印刷费 | 3000 | 2024-04-18 |              |
                6 | O3 | 甲旅行社 | *旅游服务*旅游费 | 9000 | 2024-03-18 |              | S
                7 | X9 | 甲旅行社 | *旅游服务*旅游费 | 9000 | 2024-03-18 | 协会         | S
            """,
            "holiday": "day | name | is_workday\n2024-05-01 | 劳动节 | false\n2024-05-11 | 调休 | true",
            "public_employee": "id_no | start_date | end_date\nS | 2015-01-01 |",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | period  | amount | n_invoices | staff_traveller | near_holiday | buyer_is_association
        示范县教育学会  | red    | 2024-03 | 9000   | 1          | yes             | no           | yes
        示范县文化协会  | orange | 2024-05 | 12000  | 2          | no              | yes          | yes
        示范县水利局    | orange | 2024-03 | 3000   | 1          | no              | no           | no
        """,
    )
    assert alerts[1].title == "示范县文化协会在2024-05的2张旅游服务发票是否为公款旅游？"


def test_a_public_unit_whose_employee_travels_is_red_and_one_who_left_is_not_found(small_office: Path) -> None:
    alerts = run_card(
        "M26",
        {
            "organ": ORGANS,
            "invoice": INVOICES
            + """
                1 | O2 | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-03-18 | | S
                2 | O2 | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-04-18 | | T
            """,
            "public_employee": "id_no | start_date | end_date\nS | 2015-01-01 |\nT | 2015-01-01 | 2024-01-31",
        },
        as_of="2024-06-01",
    )
    expect(alerts, "subject_display | level | period\n示范县水利局 | red | 2024-03")


def test_lawful_activities_are_yellow_or_not_found(small_office: Path) -> None:
    alerts = run_card(
        "M26",
        {
            "organ": """
                # A: approved recuperation. B: only said so. C: approved training. D: tickets. E: approved for April
                uscc | name   | kind        | region
                A    | 甲协会 | association | 990101
                B    | 乙协会 | association | 990101
                C    | 丙协会 | association | 990101
                D    | 丁协会 | association | 990101
                E    | 戊协会 | association | 990101
            """,
            "invoice": INVOICES
            + """
                1 | A | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-05-10 | 工会疗休养   |
                2 | B | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-05-10 | 工会疗休养   |
                3 | C | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-05-20 |              |
                4 | D | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-05-10 | 代订机票     |
                5 | E | 甲旅行社 | *旅游服务*旅游费 | 3000 | 2024-05-20 |              |
            """,
            "activity_approval": """
                uscc | kind               | from_date  | to_date
                A    | union_recuperation | 2024-05-06 | 2024-05-10
                C    | training           | 2024-05-06 | 2024-05-10
                E    | study              | 2024-04-06 | 2024-04-10
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | activity_approved | recuperation | tickets
        丁协会          | yellow | no                | no           | yes
        丙协会          | yellow | yes               | no           | no
        乙协会          | yellow | no                | yes          | no
        戊协会          | orange | no                | no           | no
        """,
    )
