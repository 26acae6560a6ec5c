"""M14, award to a related party: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

TENDERS = "tender_id | region | dept | open_date | award_date | winner_uscc | award_price | agent_uscc\n"
POWER = "tender_id | id_no | name | power\n"
ROLES = "uscc | id_no | name | role | share_pct | start_date | end_date | resigned_on\n"
KIN = "pid_a | pid_b | relation | degree | confidence\n"
FIRMS = """
    uscc | name | phone | address | listed
    W    | 甲司 | 1     | a       | false
    G    | 乙所 | 2     | b       | false
    L    | 丙股 | 3     | c       | true
    K    | 丁司 | 1     | d       | false
"""


def test_kin_and_the_insider_in_person_in_winner_or_agent_are_red(small_office: Path) -> None:
    alerts = run_card(
        "M14",
        {
            "tender": TENDERS
            + """
                # T1: his wife is director; T2: he himself holds 5 %; T3: his son manages the agent;
                # T4: too small a share; T5: no kin of his; T6: too long ago
                T1 | 990101001 | 水利局 | 2024-03-01 | 2024-03-20 | W | 500000 |
                T2 | 990101001 | 水利局 | 2024-03-01 | 2024-03-20 | K | 400000 |
                T3 | 990101001 | 水利局 | 2024-03-01 | 2024-03-20 | Z | 300000 | G
                T4 | 990101001 | 水利局 | 2024-03-01 | 2024-03-20 | L | 200000 |
                T5 | 990101001 | 水利局 | 2024-03-01 | 2024-03-20 | W | 100000 |
                T6 | 990101001 | 水利局 | 2021-03-01 | 2021-03-20 | W | 100000 |
            """,
            "tender_power": POWER
            + """
                T1 | A | 韩立 | 采购人代表
                T2 | A | 韩立 | 评标
                T3 | A | 韩立 | 付款
                T4 | A | 韩立 | 评标
                T5 | B | 周芳 | 评标
                T6 | A | 韩立 | 评标
            """,
            "kinship": KIN + "A | C | spouse | 1 | 0.9\nD | A | parent | 1 | 0.95\nA | E | cousin | 3 | 0.95",
            "enterprise": FIRMS.replace("丁司 | 1", "丁司 | 4"),
            "enterprise_role": ROLES
            + """
                W | C | 吴桂 | director    | 0  | 2020-01-01 | |
                W | E | 郑五 | legal_rep   | 90 | 2020-01-01 | |
                K | A | 韩立 | shareholder | 5  | 2020-01-01 | |
                G | D | 韩小 | manager     | 0  | 2020-01-01 | |
                L | C | 吴桂 | shareholder | 4  | 2020-01-01 | |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule              | subject_display | level | amount | relation | degree | in_agent | role
        insider_in_winner | T1              | red   | 500000 | spouse   | 1      | no       | director
        insider_in_winner | T2              | red   | 400000 | self     | 0      | no       | shareholder
        insider_in_winner | T3              | red   | 300000 | parent   | 1      | yes      | manager
        """,
    )


def test_innocent_causes_lower_the_level_or_find_nothing(small_office: Path) -> None:
    alerts = run_card(
        "M14",
        {
            "tender": TENDERS
            + """
                # T1: kinship unsure (F17); T2: kinship too weak; T3: resigned, registry not updated (F31);
                # T4: role ended before opening (F31); T5: listed stake (F31); T6: recused (F31); T7: recused too late
                T1 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W1 | 9 |
                T2 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W2 | 9 |
                T3 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W3 | 9 |
                T4 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W4 | 9 |
                T5 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W5 | 9 |
                T6 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W6 | 9 |
                T7 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W6 | 9 |
            """,
            "tender_power": POWER + "\n".join(f"T{number} | A{number} | 甲 | 评标" for number in range(1, 8)),
            "kinship": KIN
            + """
                A1 | B1 | sibling | 2 | 0.7
                A2 | B2 | sibling | 2 | 0.4
                A3 | B3 | spouse  | 1 | 0.9
                A4 | B4 | spouse  | 1 | 0.9
                A5 | B5 | spouse  | 1 | 0.9
                A6 | B6 | spouse  | 1 | 0.9
                A7 | B6 | sibling | 2 | 0.9
            """,
            "enterprise": "uscc | listed\nW1 | false\nW2 | false\nW3 | false\nW4 | false\nW5 | true\nW6 | false",
            "enterprise_role": ROLES
            + """
                W1 | B1 | 乙 | director    | 0 | 2020-01-01 |            |
                W2 | B2 | 乙 | director    | 0 | 2020-01-01 |            |
                W3 | B3 | 乙 | director    | 0 | 2020-01-01 |            | 2024-01-05
                W4 | B4 | 乙 | director    | 0 | 2020-01-01 | 2024-02-28 |
                W5 | B5 | 乙 | shareholder | 6 | 2020-01-01 |            |
                W6 | B6 | 乙 | director    | 0 | 2020-01-01 |            |
            """,
            "disclosure_file": """
                subject_ref | kind    | person_id | filed_on
                T6          | recusal | A6        | 2024-02-20
                T7          | recusal | A7        | 2024-05-20
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | kinship_unsure | resigned_before | listed_holding | recused
        T1              | orange | yes            | no              | no             | no
        T3              | orange | no             | yes             | no             | no
        T5              | yellow | no             | no              | yes            | no
        T6              | yellow | no             | no              | no             | yes
        T7              | red    | no             | no              | no             | no
        """,
    )


def test_colleagues_and_shared_contacts_are_orange_and_a_name_alone_is_yellow(small_office: Path) -> None:
    alerts = run_card(
        "M14",
        {
            "tender": TENDERS
            + """
                # T1: worked together until 2022; T2: until 2010; T3: the winner has the phone of his wife's firm;
                # T4: a namesake without a number (F08b); T5: a namesake with another number
                T1 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | G | 9 |
                T2 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | G | 9 |
                T3 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | W | 9 |
                T4 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | L | 9 |
                T5 | 990101001 | 局 | 2024-03-01 | 2024-03-20 | G | 9 |
            """,
            "tender_power": POWER + "T1|A|甲|评标\nT2|B|乙|评标\nT3|C|丙|评标\nT4|D|韩立|评标\nT5|E|戊|评标",
            "former_colleague": "pid_a | pid_b | unit_name | until_on\nA|X|水利局|2022-01-01\nX|B|水利局|2010-01-01",
            "kinship": KIN + "C | Y | spouse | 1 | 0.9",
            "enterprise": FIRMS,
            "enterprise_role": ROLES
            + """
                G | X | 戊   | legal_rep | 60 | 2020-01-01 | |
                K | Y | 己   | legal_rep | 60 | 2020-01-01 | |
                L |   | 韩立 | director  | 0  | 2020-01-01 | |
            """,
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                 | subject_display | level
        colleague_or_contact | T1              | orange
        colleague_or_contact | T3              | orange
        same_name_only       | T4              | yellow
        """,
    )
