"""M02, livelihood funds still paid to the deceased: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = """
    scheme           | id_no | name | region       | pay_month | paid_date  | amount | kind | account_holder_id
"""


def test_the_month_of_death_is_due_and_later_months_of_every_scheme_are_one_alert(small_office: Path) -> None:
    alerts = run_card(
        "M02",
        {
            "death": """
                id_no | name | death_date | register_date | source
                A     | 韩立 | 2024-03-10 | 2024-03-12    | 卫健局
                A     | 韩立 | 2024-03-10 | 2024-03-20    | 殡葬管理所
            """,
            "benefit_payment": PAYMENTS
            + """
                resident_pension | A | 韩立 | 990101001201 | 2024-03 | 2024-03-25 | 168 | 正常 | A
                resident_pension | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | A
                senior_allowance | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 50  | 正常 | A
                farmland_subsidy | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 380 | 正常 | A
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | period | amount | recoverable | scheme                            | n_sources
        韩某某          | red   |        | 218    | 218         | resident_pension,senior_allowance | 2
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M02",
        {
            "death": """
                # 丁: registered after the payment (F01). 戊: two sources, two dates (F04). 己: back pay (F05).
                # 庚: all returned (F06). 辛: another name under the number (F08). 壬: household scheme, others live on.
                # 癸: as 丁, but for four months: red all the same.
                id_no | name | death_date | register_date | source
                A     | 丁一 | 2024-03-10 | 2024-05-02    | 卫健局
                B     | 戊二 | 2024-01-10 | 2024-01-12    | 卫健局
                B     | 戊二 | 2024-03-10 | 2024-03-12    | 殡葬管理所
                C     | 己三 | 2024-03-10 | 2024-03-12    | 卫健局
                D     | 庚四 | 2024-03-10 | 2024-03-12    | 卫健局
                E     | 吴九 | 2024-03-10 | 2024-03-12    | 卫健局
                F     | 壬六 | 2024-03-10 | 2024-03-12    | 卫健局
                G     | 癸七 | 2024-01-10 | 2024-05-30    | 卫健局
            """,
            "benefit_payment": PAYMENTS
            + """
                resident_pension | A | 丁一 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | A
                resident_pension | B | 戊二 | 990101001201 | 2024-03 | 2024-03-25 | 168 | 正常 | B
                resident_pension | B | 戊二 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | B
                resident_pension | C | 己三 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 补发 | C
                resident_pension | D | 庚四 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | D
                resident_pension | E | 辛五 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | E
                dibao            | F | 壬六 | 990101001201 | 2024-04 | 2024-04-25 | 420 | 正常 | F
                resident_pension | G | 癸七 | 990101001201 | 2024-05 | 2024-05-25 | 168 | 正常 | G
            """,
            "person": """
                id_no | household_no
                F     | H1
                X     | H1
            """,
            "benefit_return": """
                pay_id | returned_on | amount
                5      | 2024-05-03  | 168
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_payments | recoverable | sources_agree | name_matches | household_size
        丁某某          | orange | 1          | 168         | yes           | yes          | 1
        壬某某          | orange | 1          | 420         | yes           | yes          | 2
        己某某          | orange | 1          | 168         | yes           | yes          | 1
        庚某某          | yellow | 1          | 0           | yes           | yes          | 1
        戊某某          | orange | 1          | 168         | no            | yes          | 1
        癸某某          | red    | 1          | 168         | yes           | yes          | 1
        辛某某          | orange | 1          | 168         | yes           | no           | 1
        """,
    )


def test_the_grace_of_a_scheme_comes_from_the_scheme_rules(small_office: Path) -> None:
    alerts = run_card(
        "M02",
        {
            "death": """
                id_no | name | death_date | register_date | source
                A     | 韩立 | 2024-03-10 | 2024-03-12    | 卫健局
            """,
            "benefit_payment": PAYMENTS
            + """
                resident_pension | A | 韩立 | 990101001201 | 2024-04 | 2024-04-25 | 168 | 正常 | A
                resident_pension | A | 韩立 | 990101001201 | 2024-05 | 2024-05-25 | 168 | 正常 | A
            """,
            "scheme_rule": """
                scheme           | county | effective_from | effective_to | grace_months
                resident_pension | 990101 | 2020-01-01     |              | 1
                resident_pension | 990102 | 2020-01-01     |              | 6
            """,
        },
        as_of="2024-06-01",
    )
    expect(alerts, "amount | months_after\n168 | 2")
