"""M23, land-pension quotas that go to cadres' kin: what counts as favour, and what each innocent cause makes of it."""

from pathlib import Path

import pytest

from tests.tables_in_text import expect, run_card

ENROLLED = "enrol_id | notice_no | id_no | name | household_no | enrolled_on | subsidy\n"
LISTED = "notice_no | village | household_no | lost_mu\n"


def village(code: str, mark: str) -> str:
    """Rows of `person`: a cadre in a household of its own, numbered 0, and 40 grown people in twos."""
    people = [(f"{mark}0", f"H{mark}0"), *((f"{mark}{n}", f"H{mark}{(n + 1) // 2}") for n in range(1, 41))]
    return "".join(f"{id_no} | 1970-01-01 | {code} | {household}\n" for id_no, household in people)


def people(*villages: str) -> str:
    """The register `person` of villages A, B, C... numbered from 990101001201."""
    rows = [village(f"9901010012{number + 1:02d}", mark) for number, mark in enumerate(villages)]
    return "id_no | birth_date | hukou_region | household_no\n" + "".join(rows)


def cadres(*villages: str) -> str:
    """The register `village_cadre`: person 0 of each village in office since 2022."""
    rows = [f"{mark}0 | 9901010012{number + 1:02d} | 2022-01-01 |\n" for number, mark in enumerate(villages)]
    return "id_no | village | start_date | end_date\n" + "".join(rows)


def kin(mark: str, *numbers: int, confidence: float = 0.9, degree: int = 1) -> str:
    """Rows of `kinship` between people of a village and its cadre."""
    return "".join(f"{mark}{n} | {mark}0 | parent | {degree} | {confidence}\n" for n in numbers)


def notices(*villages: str) -> str:
    """The register `land_notice`: N and the village's mark."""
    rows = [f"N{mark} | 9901010012{n + 1:02d} | 9 | 2024-01-01\n" for n, mark in enumerate(villages)]
    return "notice_no | village | quota_total | issue_date\n" + "".join(rows)


def enrolled(mark: str, *numbers: int) -> str:
    """Rows of `land_pension_enrol` under the village's notice."""
    return "".join(
        f"E{mark}{n} | N{mark} | {mark}{n} | 丁一 | H{mark}{(n + 1) // 2} | 2024-03-01 | 20000\n" for n in numbers
    )


def listed(mark: str, *households: int, notice: str = "", village: str = "990101001201") -> str:
    """Rows of `land_losing_household`, each household with a mu."""
    return "".join(f"{notice or f'N{mark}'} | {village} | H{mark}{n} | 1\n" for n in households)


KINSHIP = "pid_a | pid_b | relation | degree | confidence\n"


def test_more_kin_than_chance_gives_is_orange_and_yellow_where_the_list_explains_it(small_office: Path) -> None:
    alerts = run_card(
        "M23",
        {
            "person": people("A", "B", "C", "D"),
            "village_cadre": cadres("A", "B", "C", "D"),
            "land_notice": notices("A", "B", "C", "D"),
            # A: four kin of six, eight other people on the list got nothing. B: kin's households lost land, and half of
            # the listed got in, kin or not (F16). C: two kin only. D: three of twelve may be chance.
            "kinship": KINSHIP + kin("A", 1, 2, 3, 4) + kin("B", 1, 2, 3, 4, 5, 6) + kin("C", 1, 2) + kin("D", 1, 2, 3),
            "land_pension_enrol": ENROLLED
            + enrolled("A", 1, 2, 3, 4, 11, 12)
            + enrolled("B", 1, 3, 5, 11, 13)
            + enrolled("C", 1, 2)
            + enrolled("D", 1, 2, 3, *range(11, 20)),
            "land_losing_household": LISTED
            + listed("A", 1, 2, 6, 7, 8, 9, 10)
            + listed("B", 1, 2, 3, 6, 7)
            + listed("C", 1)
            + listed("D", 1, 2, *range(6, 11)),
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_kin_enrolled | n_enrolled | odds_ratio | odds_among_listed | chance | recoverable
        NA              | orange | 4              | 6          | 41.4       | 30.6              | 0      | 0
        NB              | yellow | 3              | 5          | 10.1       | 1                 | 0.04   | 0
        """,
    )
    assert alerts[0].title == "征地通知NA的指标中有4人是在任村干部或其亲属，是否优亲厚友？"


def test_kin_who_lost_no_land_are_red_and_every_doubt_makes_it_orange(small_office: Path) -> None:
    alerts = run_card(
        "M23",
        {
            "person": people("A", "B", "C", "D", "E"),
            "village_cadre": cadres("A", "B", "C", "D", "E"),
            "land_notice": notices("A", "B", "C", "D", "E"),
            # A: sure. B: the tie is not sure, and another's below the threshold (F17). C: on another list of the
            # village. D: no list was supplied (F26). E: the list was made under the notice's former number (F14).
            "kinship": KINSHIP
            + kin("A", 1)
            + kin("B", 1, confidence=0.7)
            + kin("B", 3, confidence=0.4)
            + kin("C", 1)
            + kin("D", 1)
            + kin("E", 1),
            "notice_renumbering": "old_no | new_no\n NE0 | NE",
            "land_pension_enrol": ENROLLED
            + enrolled("A", 1, 11)
            + enrolled("B", 1, 3, 11)
            + enrolled("C", 1, 11)
            + enrolled("D", 1, 11)
            + enrolled("E", 1, 11),
            "land_losing_household": LISTED
            + listed("A", 6)
            + listed("B", 6)
            + listed("C", 6)
            + listed("C", 1, notice="N7", village="990101001203")
            + listed("E", 1, 6, notice="NE0"),
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_kin_enrolled | recoverable | lost_no_land | on_another_list | confidence
        NA              | red    | 1              | 20000       | yes          | no              | 0.9
        NB              | orange | 1              | 20000       | yes          | no              | 0.7
        NC              | orange | 1              | 20000       | yes          | yes             | 0.9
        """,
    )


def test_favour_without_a_list_is_orange(small_office: Path) -> None:
    alerts = run_card(
        "M23",
        {
            "person": people("A"),
            "village_cadre": cadres("A"),
            "land_notice": notices("A"),
            "kinship": KINSHIP + kin("A", 1, 2, 3),
            "land_pension_enrol": ENROLLED + enrolled("A", 1, 2, 3, 11),
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | no_list | lost_no_land | odds_among_listed
        NA              | orange | yes     | no           |
        """,
    )


def test_only_near_kin_of_who_was_in_office_between_issue_and_enrolment_count(small_office: Path) -> None:
    alerts = run_card(
        "M23",
        {
            # A: left before the issue (F12). B: entered after it. C: of the third degree. D: the cadre in person.
            # E: the village was merged; its cadre and people stand under the new code, the notice under the old.
            "person": people("A", "B", "C", "D", "E"),
            "village_cadre": """
                id_no | village      | start_date | end_date
                A0    | 990101001201 | 2021-01-01 | 2023-12-31
                B0    | 990101001202 | 2024-02-01 |
                C0    | 990101001203 | 2022-01-01 |
                D0    | 990101001204 | 2022-01-01 |
                E0    | 990101001205 | 2022-01-01 |
            """,
            "region_history": "old_code | new_code\n 990101001299 | 990101001205",
            "land_notice": """
                notice_no | village      | quota_total | issue_date
                NA        | 990101001201 | 9           | 2024-01-01
                NB        | 990101001202 | 9           | 2024-01-01
                NC        | 990101001203 | 9           | 2024-01-01
                ND        | 990101001204 | 9           | 2024-01-01
                NE        | 990101001299 | 9           | 2024-01-01
            """,
            "kinship": KINSHIP
            + kin("A", 1, 2, 3)
            + kin("B", 1, 2, 3)
            + kin("C", 1, 2, 3, degree=3)
            + kin("E", 1, 2, 3),
            "land_pension_enrol": ENROLLED
            + enrolled("A", 1, 2, 3)
            + enrolled("B", 1, 2, 3)
            + enrolled("C", 1, 2, 3)
            + enrolled("D", 0)
            + enrolled("E", 1, 2, 3),
            "land_losing_household": LISTED
            + listed("A", 1, 2)
            + listed("B", 1, 2, 3)
            + listed("C", 1, 2)
            + listed("D", 6)
            + listed("E", 1, 2, 3),
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_kin_enrolled | relation
        NB              | orange | 3              | parent
        ND              | red    | 1              | self
        NE              | orange | 3              | parent
        """,
    )


def test_children_are_no_part_of_the_comparison(small_office: Path) -> None:
    children = "".join(f"K{n} | 2015-01-01 | 990101001201 | HK{n}\n" for n in range(400))
    tables = {
        "person": people("A") + children,
        "village_cadre": cadres("A"),
        "land_notice": notices("A"),
        "kinship": KINSHIP + kin("A", 1, 2, 3, 5, 6),
        "land_pension_enrol": ENROLLED + enrolled("A", 1, 2, 3, *range(11, 20)),
        "land_losing_household": LISTED + listed("A", 1, 2, *range(6, 11)),
    }
    assert run_card("M23", tables, as_of="2024-06-01") == []


@pytest.mark.parametrize(("as_of", "n_alerts"), [("2026-03-31", 1), ("2026-04-01", 0)])
def test_old_enrolments_are_not_looked_at(small_office: Path, as_of: str, n_alerts: int) -> None:
    tables = {
        "person": people("A"),
        "village_cadre": cadres("A"),
        "land_notice": notices("A"),
        "kinship": KINSHIP + kin("A", 1),
        "land_pension_enrol": ENROLLED + enrolled("A", 1),
        "land_losing_household": LISTED + listed("A", 6),
    }
    assert len(run_card("M23", tables, as_of=as_of)) == n_alerts
