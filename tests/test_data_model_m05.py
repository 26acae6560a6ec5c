"""M05, benefit drawn twice: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PAYMENTS = "pay_id | scheme | id_no | name | region | pay_month | paid_date | amount | kind | account_no | handler_id\n"


def test_one_scheme_in_two_villages_is_an_alert_a_person_and_year_and_only_the_excess_is_recoverable(
    small_office: Path,
) -> None:
    alerts = run_card(
        "M05",
        {
            "benefit_payment": PAYMENTS
            + """
                # P2 was supplied twice: the same payment is not a second one.
                P1 | rain_dew | A | 韩立 | 990101001201 | 2024-03 | 2024-03-10 | 1500 | 正常 | a | h
                P2 | rain_dew | A | 韩立 | 990101002201 | 2024-03 | 2024-03-12 | 1500 | 正常 | a | k
                P2 | rain_dew | A | 韩立 | 990101002201 | 2024-03 | 2024-03-12 | 1500 | 正常 | a | k
                P3 | rain_dew | B | 周芳 | 990101001201 | 2024-03 | 2024-03-10 | 1500 | 正常 | b | h
                P3 | rain_dew | B | 周芳 | 990101001201 | 2024-03 | 2024-03-10 | 1500 | 正常 | b | h
                P4 | rain_dew | C | 吴桂 | 990101001201 | 2024-03 | 2024-03-10 | 1500 | 正常 | c | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule       | subject_display | level | period | amount | recoverable | two_villages | same_account | n_paid
        paid_twice | 韩某某          | red   | 2024   | 3000   | 1500        | yes          | yes          | 2
        """,
    )


def test_schemes_that_exclude_each_other_leave_the_larger_one(small_office: Path) -> None:
    alerts = run_card(
        "M05",
        {
            "benefit_payment": PAYMENTS
            + """
                P1 | dibao | A | 韩立 | 990101001201 | 2024-03 | 2024-03-10 | 420 | 正常 | a | h
                P2 | tekun | A | 韩立 | 990101001201 | 2024-03 | 2024-03-12 | 910 | 正常 | a | h
                P3 | tekun | A | 韩立 | 990101001201 | 2024-04 | 2024-04-12 | 910 | 正常 | a | h
                P4 | dibao | B | 周芳 | 990101001201 | 2024-03 | 2024-03-10 | 420 | 正常 | b | h
            """,
            "scheme_exclusion": """
                scheme_a | scheme_b | effective_from | effective_to
                tekun    | dibao    | 2021-04-26     |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level | amount | recoverable | scheme      | n_months
        exclusive_schemes | 韩某某          | red   | 1330   | 420         | dibao,tekun | 1
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M05",
        {
            "benefit_payment": PAYMENTS
            + """
                # 丁: his two villages merged half a year ago (F14). 戊: merged ten years ago: red.
                # 己: two instalments (F15). 庚: back pay (F15). 辛: the second one was returned (F06).
                P1 | dibao | A | 丁一 | 990101011201 | 2024-03 | 2024-03-10 | 420 | 正常 | a | h
                P2 | dibao | A | 丁一 | 990101001201 | 2024-03 | 2024-03-12 | 420 | 正常 | a | h
                P3 | dibao | B | 戊二 | 990101012201 | 2024-03 | 2024-03-10 | 420 | 正常 | b | h
                P4 | dibao | B | 戊二 | 990101002201 | 2024-03 | 2024-03-12 | 420 | 正常 | b | h
                P5 | dibao | C | 己三 | 990101001201 | 2024-03 | 2024-03-10 | 210 | 正常 | c | h
                P6 | dibao | C | 己三 | 990101001201 | 2024-03 | 2024-03-20 | 210 | 分期 | c | h
                P7 | dibao | D | 庚四 | 990101001201 | 2024-03 | 2024-03-10 | 420 | 正常 | d | h
                P8 | dibao | D | 庚四 | 990101001201 | 2024-03 | 2024-03-20 | 420 | 补发 | d | h
                P9 | dibao | E | 辛五 | 990101001201 | 2024-03 | 2024-03-10 | 420 | 正常 | e | h
                Q1 | dibao | E | 辛五 | 990101002201 | 2024-03 | 2024-03-20 | 420 | 正常 | e | h
            """,
            "region_history": """
                old_code     | new_code     | effective_on | kind
                990101011201 | 990101001201 | 2023-10-01   | merged
                990101012201 | 990101002201 | 2014-10-01   | merged
            """,
            "benefit_return": """
                pay_id | returned_on | amount
                Q1     | 2024-05-03  | 420
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | recoverable | villages_merged | in_instalments | kind
        丁某某          | orange | 420         | yes             | no             | 正常
        己某某          | orange | 210         | no              | yes            | 分期,正常
        庚某某          | orange | 420         | no              | yes            | 正常,补发
        戊某某          | red    | 420         | no              | no             | 正常
        辛某某          | yellow | 0           | no              | no             | 正常
        """,
    )
