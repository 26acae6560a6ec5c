"""M08, labour subsidy drawn by those barred from it: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

SUBSIDIES = "id_no | name | village | work_date | amount | reason_code | reason_text | account_holder_id | handler_id\n"
BANNED = """
    reason_code | county | valid_from | valid_to
    R01         | 990101 | 2020-01-01 |
    R02         | 990102 | 2020-01-01 |
    R03         | 990101 | 2015-01-01 | 2022-12-31
"""
CADRES = """
    id_no | name | village      | post     | start_date | end_date
    A     | 韩立 | 990101001201 | 村会计   | 2021-03-01 |
    B     | 周芳 | 990101001201 | 村委委员 | 2021-03-01 | 2024-03-31
"""


def test_days_drawn_in_office_for_a_barred_reason_are_one_alert_a_year(small_office: Path) -> None:
    alerts = run_card(
        "M08",
        {
            "village_cadre": CADRES,
            "banned_reason": BANNED,
            "labour_subsidy": SUBSIDIES
            + """
                A | 韩立 | 990101001201 | 2023-11-20 | 80  | R01 | 参加换届选举投票 | A | h
                A | 韩立 | 990101001201 | 2024-04-01 | 80  | R01 | 参加换届选举投票 | A | h
                A | 韩立 | 990101001201 | 2024-04-02 | 100 | R01 | 参加换届选举投票 | A | h
                A | 韩立 | 990101001201 | 2024-04-03 | 100 | R09 | 防汛              | A | h
                B | 周芳 | 990101001201 | 2024-04-01 | 80  | R01 | 参加换届选举投票 | B | h
                C | 吴桂 | 990101001201 | 2024-04-01 | 80  | R01 | 参加换届选举投票 | C | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule            | subject_display | level | period | amount | recoverable | n_days | post   | days_in_office
        cadre_in_office | 韩某某          | red   | 2023   | 80     | 80          | 1      | 村会计 | 994
        cadre_in_office | 韩某某          | red   | 2024   | 180    | 180         | 2      | 村会计 | 1127
        """,
    )
    assert alerts[1].title == "在任村会计韩某某在2024年是否领取了禁领的误工补贴？"


def test_a_reason_barred_elsewhere_or_no_longer_finds_nobody(small_office: Path) -> None:
    alerts = run_card(
        "M08",
        {
            "village_cadre": CADRES,
            "banned_reason": BANNED,
            "labour_subsidy": SUBSIDIES
            + """
                A | 韩立 | 990101001201 | 2024-04-01 | 80 | R02 | 参加村两委会议 | A | h
                A | 韩立 | 990101001201 | 2024-04-02 | 80 | R03 | 日常办公       | A | h
            """,
        },
        as_of="2024-06-01",
    )
    assert alerts == []


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M08",
        {
            "village_cadre": """
                # 丁: worked ten days after he took office (F12). 戊: holiday duty (F20). 己: another name (F08).
                id_no | name | village      | post   | start_date | end_date
                A     | 丁一 | 990101001201 | 村会计 | 2024-04-10 |
                B     | 戊二 | 990101001201 | 村会计 | 2021-03-01 |
                C     | 吴九 | 990101001201 | 村会计 | 2021-03-01 |
            """,
            "banned_reason": BANNED,
            "labour_subsidy": SUBSIDIES
            + """
                A | 丁一 | 990101001201 | 2024-04-20 | 80 | R01 | 参加换届选举投票       | A | h
                A | 丁一 | 990101001201 | 2024-04-09 | 80 | R01 | 参加换届选举投票       | A | h
                B | 戊二 | 990101001201 | 2024-05-01 | 80 | R01 | 日常办公（节假日值班） | B | h
                C | 己三 | 990101001201 | 2024-05-01 | 80 | R01 | 参加换届选举投票       | C | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | amount | days_in_office | holiday_duty | name_differs
        丁某某          | orange | 80     | 10             | no           | no
        己某某          | orange | 80     | 1157           | no           | yes
        戊某某          | orange | 80     | 1157           | yes          | no
        """,
    )


def test_a_relative_whose_subsidy_goes_to_the_cadres_account_is_an_orange_alert(small_office: Path) -> None:
    alerts = run_card(
        "M08",
        {
            "village_cadre": CADRES,
            "banned_reason": BANNED,
            "kinship": """
                # 丙 is a spouse; 丁 a sibling with weak evidence (F17); 戊 no relative; 己 has an account of her own.
                pid_a | pid_b | relation | degree | confidence
                C     | A     | spouse   | 1      | 0.9
                A     | C     | spouse   | 1      | 0.9
                A     | D     | sibling  | 2      | 0.4
                A     | F     | sibling  | 2      | 0.9
            """,
            "labour_subsidy": SUBSIDIES
            + """
                C | 丙一 | 990101001201 | 2024-04-01 | 80 | R01 | 参加换届选举投票 | A | h
                D | 丁二 | 990101001201 | 2024-04-01 | 80 | R01 | 参加换届选举投票 | A | h
                E | 戊三 | 990101001201 | 2024-04-01 | 80 | R01 | 参加换届选举投票 | A | h
                F | 己四 | 990101001201 | 2024-04-01 | 80 | R01 | 参加换届选举投票 | F | h
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level  | amount | relation | degree | confidence
        in_relatives_name | 丙某某          | orange | 80     | spouse   | 1      | 0.9
        """,
    )
