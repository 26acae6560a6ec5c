"""M25, one enterprise penalised again and again: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

PENALTIES = "decision_no | uscc | enterprise | region | site | kind | agency | amount | decided_on | handler_id\n"


def test_three_like_penalties_in_a_year_without_other_action_are_yellow(small_office: Path) -> None:
    alerts = run_card(
        "M25",
        {
            "enterprise_penalty": PENALTIES
            + """
                # E1: three within a year. E2: three over two years. E3: three of different kinds. E4: put right
                1  | E1 | 甲司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2023-08-01 | h
                2  | E1 | 甲司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2023-12-01 | h
                3  | E1 | 甲司 | 990101001 | 一厂 | 扬尘 | 执法局 | 2000 | 2024-05-01 | h
                4  | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2022-07-01 | h
                5  | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2023-06-30 | h
                6  | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-05-01 | h
                7  | E3 | 丙司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-03-01 | h
                8  | E3 | 丙司 | 990101001 | 一厂 | 噪声 | 执法局 | 1000 | 2024-04-01 | h
                9  | E3 | 丙司 | 990101001 | 一厂 | 占道 | 执法局 | 1000 | 2024-05-01 | h
                10 | E4 | 丁司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-03-01 | h
                11 | E4 | 丁司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-04-01 | h
                12 | E4 | 丁司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-05-01 | h
            """,
            "licence_action": """
                # before E1's first penalty, and for another wrong: neither counts
                uscc | kind | action   | acted_on
                E1   | 扬尘 | 限期整改 | 2023-07-01
                E1   | 噪声 | 限期整改 | 2024-01-01
                E4   | 扬尘 | 限期整改 | 2024-04-15
            """,
            "hotline": """
                ticket_no | uscc | opened_on  | satisfied
                T1        | E1   | 2023-09-01 | false
                T2        | E1   | 2024-05-20 | true
                T3        | E1   | 2023-01-01 | false
                T4        |      | 2024-05-20 | false
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | period | amount | n_penalties | days_spanned | n_tickets | n_unsatisfied
        甲司            | yellow | 扬尘   | 4000   | 3           | 274          | 2         | 1
        """,
    )
    assert alerts[0].title == "甲司因扬尘被罚3次而无整改措施，主管部门是否以罚代管？"


def test_several_sites_and_several_bodies_can_be_seen(small_office: Path) -> None:
    alerts = run_card(
        "M25",
        {
            "enterprise_penalty": PENALTIES
            + """
                # E1: three sites (F27). E2: three bodies (F27)
                1 | E1 | 甲司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-03-01 | h
                2 | E1 | 甲司 | 990101001 | 二厂 | 扬尘 | 执法局 | 1000 | 2024-04-01 | h
                3 | E1 | 甲司 | 990101001 | 三厂 | 扬尘 | 执法局 | 1000 | 2024-05-01 | h
                4 | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 执法局 | 1000 | 2024-03-01 | h
                5 | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 环保局 | 1000 | 2024-04-01 | h
                6 | E2 | 乙司 | 990101001 | 一厂 | 扬尘 | 住建局 | 1000 | 2024-05-01 | h
            """
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_sites | multi_site | n_agencies | other_bodies
        乙司            | yellow | 1       | no         | 3          | yes
        甲司            | yellow | 3       | yes        | 1          | no
        """,
    )
