"""M17, unlawful subcontracting: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

CONTRACTS = "contract_id | village | owner | contractor_uscc | amount | signed_on\n"
PAYMENTS = "payment_id | contract_id | payer_uscc | payee | payee_uscc | payee_id | kind | amount | paid_on\n"
STAFF = "contract_id | id_no | name | role | insured_by_uscc | work_month\n"


def works(*codes: str) -> str:
    """Contracts of one village with the contractor W, over a million yuan each."""
    return CONTRACTS + "\n".join(f"{code} | 990101001201 | 甲村村委会 | W | 1000000 | 2024-01-10" for code in codes)


def test_wages_or_staff_of_another_firm_are_orange_and_both_or_a_manager_red(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            # A: wages paid by X; B: a worker insured by X; C: both; D: the manager insured by X; E: in order
            "contract": works("A", "B", "C", "D", "E"),
            "contract_payment": PAYMENTS
            + """
                1 | A | X | 工人 |   | P1 | 工资   | 30000  | 2024-03-01
                2 | A | X | 工人 |   | P2 | 工资   | 30000  | 2024-04-01
                3 | C | X | 工人 |   | P3 | 工资   | 30000  | 2024-03-01
                4 | E | W | 工人 |   | P4 | 工资   | 30000  | 2024-03-01
                5 | E | O | W    | W |    | 进度款 | 400000 | 2024-02-01
            """,
            "site_staff": STAFF
            + """
                A | S1 | 甲 | 施工员   | W | 2024-03
                B | S2 | 乙 | 施工员   | X | 2024-02
                B | S2 | 乙 | 施工员   | X | 2024-03
                B | S3 | 丙 | 安全员   | W | 2024-03
                C | S4 | 丁 | 施工员   | X | 2024-03
                D | S5 | 戊 | 项目经理 | X | 2024-03
                E | S6 | 己 | 项目经理 | W | 2024-03
            """,
            "enterprise": "uscc | name\nX | 某建筑公司",
        },
        as_of="2024-06-01",
    )
    assert {alert.rule for alert in alerts} == {"paid_or_insured_by_another"}
    expect(
        alerts,
        """
        subject_display | level  | amount  | n_signs | n_staff | staff_share | key_staff | wages_paid
        A               | orange | 1000000 | 1       | 0       | 0           | no        | 60000
        B               | orange | 1000000 | 1       | 1       | 0.5         | no        |
        C               | red    | 1000000 | 2       | 1       | 1           | no        | 30000
        D               | red    | 1000000 | 1       | 1       | 1           | yes       |
        """,
    )


def test_filed_labour_and_dispatch_are_not_found_and_late_filing_lowers(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            # A: labour subcontract filed before (F35); B: dispatch filed before (F18); C: insured by the contractor
            # after all (F18); D: filed afterwards; E: filed for something else; F: a manager cannot be dispatched
            "contract": works("A", "B", "C", "D", "E", "F"),
            "contract_payment": PAYMENTS
            + """
                1 | A | X | 工人 | | P1 | 工资 | 30000 | 2024-03-01
                2 | D | X | 工人 | | P2 | 工资 | 30000 | 2024-03-01
            """,
            "site_staff": STAFF
            + """
                B | S1 | 甲 | 施工员   | X | 2024-03
                C | S2 | 乙 | 施工员   | X | 2024-03
                D | S3 | 丙 | 施工员   | X | 2024-03
                E | S4 | 丁 | 施工员   | X | 2024-03
                F | S5 | 戊 | 项目经理 | X | 2024-03
            """,
            "subcontract_filing": """
                contract_id | uscc | kind     | filed_on
                A           | X    | 劳务分包 | 2024-02-01
                B           | X    | 劳务派遣 | 2024-02-01
                D           | X    | 劳务分包 | 2024-05-01
                E           | X    | 专业分包 | 2024-02-01
                F           | X    | 劳务派遣 | 2024-02-01
            """,
            "si_enrol": """
                id_no | employer_uscc | from_month | to_month
                S2    | X             | 2020-01    |
                S2    | W             | 2024-02    |
                S4    | W             | 2024-04    |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | filed_late | n_signs | key_staff
        D               | yellow | yes        | 2       | no
        E               | orange | no         | 1       | no
        F               | red    | no         | 1       | yes
        """,
    )


def test_most_of_the_money_passed_on_to_one_firm_is_red(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            # A: 700000 within 60 days; B: not quite; C: not within 60 days; D: for materials (F33);
            # E: to a dealer in materials (F33); F: to a firm filed (F35); G: to the contractor's own account
            "contract": works("A", "B", "C", "D", "E", "F", "G"),
            "contract_payment": PAYMENTS
            + """
                0  | A | O | W |   W |  | 进度款 | 900000 | 2024-02-01
                1  | A | W | X |   X |  | 工程款 | 300000 | 2024-02-06
                2  | A | W | X |   X |  | 工程款 | 400000 | 2024-04-06
                3  | B | W | X |   X |  | 工程款 | 690000 | 2024-02-06
                4  | C | W | X |   X |  | 工程款 | 300000 | 2024-02-06
                5  | C | W | X |   X |  | 工程款 | 400000 | 2024-04-07
                6  | D | W | X |   X |  | 材料款 | 800000 | 2024-02-06
                7  | E | W | M |   M |  | 工程款 | 800000 | 2024-02-06
                8  | F | W | L |   L |  | 工程款 | 800000 | 2024-02-06
                9  | G | W | W |   W |  | 往来款 | 800000 | 2024-02-06
            """,
            "subcontract_filing": "contract_id | uscc | kind | filed_on\nF | L | 劳务分包 | 2024-02-01",
            "enterprise": "uscc | name | industry\nX | 某公司 | 土木工程建筑业\nM | 某商行 | 批发业",
        },
        as_of="2024-06-01",
    )
    assert {alert.rule for alert in alerts} == {"passed_on"}
    expect(
        alerts,
        """
        subject_display | level  | amount | pct_passed | days_taken | days_held | only_material | in_trade | filed
        A               | red    | 700000 | 70         | 60         | 5         | no            | no       | no
        D               | yellow | 800000 | 80         | 0          |           | yes           | no       | no
        E               | orange | 800000 | 80         | 0          |           | no            | yes      | no
        F               | orange | 800000 | 80         | 0          |           | no            | no       | yes
        """,
    )
    assert alerts[0].title == "合同A的承包方在60天内把合同额的70%付给一家企业，是否转包？"


def test_a_cadre_paid_by_the_contractor_is_red_and_kin_are_orange(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            # A: the cadre; B: his wife; C: his son, for work done (F17); D: kinship too weak (F17); E: too far;
            # F: no longer in office (F12); G: cadre of another village; H: paid by the owner
            "contract": works("A", "B", "C", "D", "E", "F", "H")
            + "\nG | 990101001202 | 乙村村委会 | W | 1000000 | 2024-01-10",
            "contract_payment": PAYMENTS
            + """
                1 | A | W | 甲 | | K  | 工程款 | 400000 | 2024-03-01
                2 | B | W | 乙 | | K1 | 工程款 | 50000  | 2024-03-01
                3 | B | W | 乙 | | K1 | 工资   | 5000   | 2024-04-01
                4 | C | W | 丙 | | K2 | 工资   | 9000   | 2024-03-01
                5 | C | W | 丙 | | K2 | 工资   | 9000   | 2024-04-01
                6 | D | W | 丁 | | K3 | 工程款 | 50000  | 2024-03-01
                7 | E | W | 戊 | | K4 | 工程款 | 50000  | 2024-03-01
                8 | F | W | 己 | | Q  | 工程款 | 50000  | 2024-03-01
                9 | G | W | 甲 | | K  | 工程款 | 50000  | 2024-03-01
                10 | H | O | 甲 | | K | 误工补贴 | 500 | 2024-03-01
            """,
            "village_cadre": """
                id_no | name | village      | post       | start_date | end_date
                K     | 甲   | 990101001201 | 村委会主任 | 2021-01-01 |
                Q     | 己   | 990101001201 | 村会计     | 2018-01-01 | 2023-12-31
            """,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                K     | K1    | spouse   | 1      | 0.9
                K2    | K     | parent   | 1      | 0.9
                K     | K3    | sibling  | 2      | 0.4
                K     | K4    | cousin   | 4      | 0.9
            """,
        },
        as_of="2024-06-01",
    )
    assert {alert.rule for alert in alerts} == {"cadre_paid"}
    expect(
        alerts,
        """
        subject_display | level  | amount | relation | in_person | only_wages | as_labourer | share_of_contract
        A               | red    | 400000 | self     | yes       | no         | no          | 0.4
        B               | orange | 55000  | spouse   | no        | no         | no          | 0.06
        C               | yellow | 18000  | parent   | no        | yes        | yes         | 0.02
        """,
    )


def test_share_and_days_are_of_one_window_of_one_firm(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            # A: 90 % in 51 days or 80 % in 3, never 90 % in 3. B: 95 % to X in 40 days, 75 % to Y in one, for materials
            "contract": works("A", "B"),
            "contract_payment": PAYMENTS
            + """
                1 | A | W | X | X | | 工程款 | 100000 | 2024-02-01
                2 | A | W | X | X | | 工程款 | 400000 | 2024-03-20
                3 | A | W | X | X | | 工程款 | 400000 | 2024-03-23
                4 | B | W | X | X | | 工程款 | 500000 | 2024-02-01
                5 | B | W | X | X | | 工程款 | 450000 | 2024-03-12
                6 | B | W | Y | Y | | 材料款 | 750000 | 2024-02-01
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | pct_passed | days_taken | n_firms | only_material | amount
        A               | red   | 90         | 51         | 1       | no            | 900000
        B               | red   | 95         | 40         | 2       | no            | 1700000
        """,
    )


def test_a_tie_recorded_twice_is_shown_as_one_of_the_records(small_office: Path) -> None:
    alerts = run_card(
        "M17",
        {
            "contract": works("A"),
            "contract_payment": PAYMENTS + "1 | A | W | 乙 | | K1 | 工程款 | 50000 | 2024-03-01",
            "village_cadre": """
                id_no | name | village      | post       | start_date | end_date
                K     | 甲   | 990101001201 | 村委会主任 | 2021-01-01 |
            """,
            "kinship": """
                pid_a | pid_b | relation | degree | confidence
                K     | K1    | spouse   | 1      | 0.6
                K1    | K     | in_law   | 2      | 0.9
            """,
        },
        as_of="2024-06-01",
    )
    expect(alerts, "level | relation | degree | confidence\norange | spouse | 1 | 0.6")
