"""M19, retired cadres in business: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

CADRES = """
    id_no | name | unit_name | post   | post_rank | retire_date | jurisdiction
    A     | 韩立 | 砚田镇政府 | 镇长   | 3         | 2023-03-01  | 990101001
    B     | 周芳 | 县交通局  | 副局长 | 2         | 2022-06-01  | 990101
    C     | 吴桂 | 县交通局  | 科员   | 1         | 2023-03-01  | 990101
    D     | 郑海 | 砚田镇政府 | 副镇长 | 2         | 2018-03-01  | 990101001
"""
FIRMS = """
    # E1 in the town; E2 and E3 outside the county; E4 cancelled; E5 pays no tax and insures nobody
    uscc | name | region       | industry   | status    | tax_paid | n_insured
    E1   | 甲司 | 990101001201 | 批发业     | active    | 9000     | 4
    E2   | 乙司 | 990201       | 道路运输业 | active    | 9000     | 4
    E3   | 丙司 | 990201       | 农业       | active    | 9000     | 4
    E4   | 丁司 | 990101001201 | 批发业     | cancelled | 0        | 0
    E5   | 戊司 | 990101001201 | 批发业     | active    | 0        | 0
"""
INDUSTRIES = "unit_name | industry\n县交通局 | 道路运输业"
ROLES = "uscc | id_no | name | role | share_pct | start_date | end_date | resigned_on\n"


def test_a_post_or_share_in_the_former_place_or_industry_within_three_years_is_red(small_office: Path) -> None:
    alerts = run_card(
        "M19",
        {
            "retired_cadre": CADRES,
            "enterprise": FIRMS,
            "unit_industry": INDUSTRIES,
            "enterprise_role": ROLES
            + """
                # not found: C is no leading cadre, D retired more than five years ago, B's second firm is of another
                # trade, A's third is cancelled
                E1 | A | 韩立 | legal_rep   | 60 | 2023-09-01 | |
                E5 | A | 韩立 | shareholder | 5  | 2023-10-01 | |
                E4 | A | 韩立 | manager     | 0  | 2023-10-01 | |
                E2 | B | 周芳 | supervisor  | 0  | 2024-01-10 | |
                E3 | B | 周芳 | supervisor  | 0  | 2024-01-10 | |
                E1 | C | 吴桂 | legal_rep   | 60 | 2023-09-01 | |
                E1 | D | 郑海 | legal_rep   | 60 | 2019-09-01 | |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level | days_after | share_pct | role                  | in_place | in_industry
        周某某          | red   | 588        | 0         | supervisor            | no       | yes
        韩某某          | red   | 184        | 60        | legal_rep,shareholder | yes      | no
        """,
    )
    assert alerts[1].title == "退休镇长韩某某退休184天后是否在原管辖地区或行业的企业任职、持股？"


def test_a_post_from_before_retiring_is_a_rule_of_its_own_unless_it_ended_in_time(small_office: Path) -> None:
    alerts = run_card(
        "M19",
        {
            "retired_cadre": CADRES,
            "enterprise": FIRMS,
            "enterprise_role": ROLES
            + """
                E1 | A | 韩立 | director | 0 | 2019-09-01 |            |
                E1 | B | 周芳 | director | 0 | 2019-09-01 | 2022-05-31 |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                  | subject_display | level | days_after
        role_kept_from_before | 韩某某          | red   | -1277
        """,
    )


def test_innocent_causes_lower_the_level_and_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M19",
        {
            "retired_cadre": """
                # 丁: dormant firm (F34). 戊: resigned (F34). 己: another name (F08). 庚: approved (F35).
                # 辛: tiny holding (F22). 壬: approval over by then. 癸: four years later
                id_no | name | post | post_rank | retire_date | jurisdiction
                D     | 丁一 | 局长 | 3         | 2023-03-01  | 990101
                E     | 戊二 | 局长 | 3         | 2023-03-01  | 990101
                F     | 己三 | 局长 | 3         | 2023-03-01  | 990101
                G     | 庚四 | 局长 | 3         | 2023-03-01  | 990101
                H     | 辛五 | 局长 | 3         | 2023-03-01  | 990101
                I     | 壬六 | 局长 | 3         | 2023-03-01  | 990101
                J     | 癸七 | 局长 | 3         | 2019-08-01  | 990101
            """,
            "enterprise": FIRMS,
            "part_time_approval": """
                id_no | uscc | approved_on | until_on
                G     | E1   | 2023-06-01  |
                I     | E1   | 2023-03-01  | 2023-08-31
            """,
            "enterprise_role": ROLES
            + """
                E5 | D | 丁一 | legal_rep   | 60   | 2023-09-01 | |
                E1 | E | 戊二 | supervisor  | 0    | 2023-09-01 | | 2023-12-01
                E1 | F | 韦三 | supervisor  | 0    | 2023-09-01 | |
                E1 | G | 庚四 | director    | 0    | 2023-09-01 | |
                E1 | H | 辛五 | shareholder | 0.01 | 2023-09-01 | |
                E1 | I | 壬六 | director    | 0    | 2023-09-01 | |
                E1 | J | 癸七 | director    | 0    | 2023-09-01 | |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | dormant | resigned | name_differs | approved
        丁某某          | orange | yes     | no       | no           | no
        壬某某          | red    | no      | no       | no           | no
        己某某          | orange | no      | no       | yes          | no
        庚某某          | yellow | no      | no       | no           | yes
        戊某某          | orange | no      | yes      | no           | no
        """,
    )


def test_a_name_alone_is_never_red(small_office: Path) -> None:
    alerts = run_card(
        "M19",
        {
            "retired_cadre": CADRES,
            "enterprise": FIRMS,
            "enterprise_role": ROLES
            + """
                # 周芳 with a number of her own is somebody else; 韩立 without one may be anybody (F08b)
                E1 |   | 韩立 | legal_rep | 60 | 2023-09-01 | |
                E1 | X | 周芳 | legal_rep | 60 | 2023-09-01 | |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule           | subject_display | level  | share_pct
        same_name_only | 韩某某          | yellow | 60
        """,
    )
