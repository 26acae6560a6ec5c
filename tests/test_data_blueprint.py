"""The factory's data: what was chosen becomes a card like any other, and what is missing is said before it runs."""

import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.blueprint import read_blueprint
from data.blueprint_card import write_card
from data.blueprint_faults import STEPS, faults_of
from data.cards import Card, read_card
from data.collision import find
from data.database import writing
from data.folding import Finding
from data.register_catalogue import REGISTERS
from data.written_days import read_day
from tests.blueprint_in_miniature import RETIRED
from tests.tables_in_text import file_tables

CADRES = """
    # A: supervisor of a firm. B: ten years ago. C: holds 3 %. D: holds 60 %. E: approved. G: elsewhere. H: cancelled.
    id_no | name | post | retire_date | jurisdiction
    A     | 陈一 | 主任 | 2022-03-01  | 990101
    B     | 陈二 | 主任 | 2012-03-01  | 990101
    C     | 陈三 | 主任 | 2022-03-01  | 990101
    D     | 陈四 | 主任 | 2022-03-01  | 990101
    E     | 陈五 | 主任 | 2022-03-01  | 990101
    G     | 陈六 | 主任 | 2022-03-01  | 990101
    H     | 陈七 | 主任 | 2022-03-01  | 990101
"""
ROLES = """
    uscc | id_no | name | role | share_pct | start_date
    F1   | A     | 陈一 | 监事 | 0         | 2023-01-05
    F1   | B     | 陈二 | 监事 | 0         | 2013-01-05
    F1   | C     | 陈三 | 股东 | 3         | 2023-01-05
    F1   | D     | 陈四 | 股东 | 60        | 2023-01-05
    F1   | D     | 陈四 | 董事 | 60        | 2026-01-05
    F1   | E     | 陈五 | 监事 | 0         | 2023-01-05
    F2   | G     | 陈六 | 监事 | 0         | 2023-01-05
    F3   | H     | 陈七 | 监事 | 0         | 2023-01-05
"""
FIRMS = """
    uscc | name | region | status
    F1   | 甲厂 | 990101 | 存续
    F2   | 乙厂 | 990102 | 存续
    F3   | 丙厂 | 990101 | 注销
"""
APPROVED = """
    id_no | uscc | approved_on
    E     | F1   | 2022-12-01
"""


def card_of(content: dict[str, Any]) -> Card:
    blueprint = read_blueprint(content)
    assert faults_of(blueprint, REGISTERS) == []
    return read_card(write_card(blueprint, REGISTERS, version=1, author="author"))


def found(content: dict[str, Any], tables: dict[str, str], as_of: str = "2024-06-01") -> list[Finding]:
    card = card_of(content)
    with writing() as session:
        file_tables(session, {**dict.fromkeys(card.registers, ""), **tables})
        return find(session, card, as_of=datetime.fromisoformat(as_of))


def told(findings: list[Finding]) -> set[tuple[str, str, str | None]]:
    return {(one.identity()[0], one.level, one.period) for one in findings}


def test_retired_cadres_in_business_are_found_without_code(small_office: Path) -> None:
    tables = {"retired_cadre": CADRES, "enterprise_role": ROLES, "enterprise": FIRMS, "part_time_approval": APPROVED}
    assert told(found(RETIRED, tables)) == {
        ("陈一", "red", "2023"),
        ("陈四", "red", "2023"),
        ("陈五", "yellow", "2023"),
    }


def test_the_card_says_in_words_what_was_chosen() -> None:
    card = card_of(RETIRED)
    assert card.registers["part_time_approval"] == ("id_no", "uscc")
    assert card.may_lack == ("part_time_approval",)
    assert card.parameters["start_date_after"].default == 1095
    assert "退休日期" in card.parameters["start_date_after"].meaning
    assert card.parameters["role_one_of"].default == ("法定代表人", "董事", "监事")
    assert [cause.handling for cause in card.innocent_causes] == ["核查时索取证据", "有记录的降为黄色"]
    assert card.rules[0].clash == ("retired_cadre.retire_date", "enterprise_role.start_date", "enterprise_role.role",
                                   "enterprise_role.share_pct")  # fmt: skip


KIN = {
    "main": "benefit_payment",
    "joins": [
        {
            "register": "village_cadre",
            "matches": [
                {"left": "t1.id_no", "how": "kin", "right": "id_no"},
                {"left": "t1.region", "how": "exact", "right": "village"},
                {"left": "t1.paid_date", "how": "between", "right": "start_date", "until": "end_date"},
            ],
        },
        {
            "register": "benefit_return",
            "mode": "must_not",
            "matches": [{"left": "t1.pay_id", "how": "exact", "right": "pay_id"}],
        },
    ],
    "all_of": [{"column": "t3.amount", "op": "gt", "value": "0"}],
    "any_of": [],
    "at_least": "sum",
    "at_least_column": "t1.amount",
    "at_least_value": "500",
    "shown": "t1.name",
    "region": "t1.region",
    "period": "t1.pay_month",
    "period_by": "year",
    "amount": "t1.amount",
    "happened_on": "t1.paid_date",
    "evidence": ["t1.name", "t1.pay_month", "t1.amount", "t2.name", "t2.post"],
}


def test_kin_a_term_of_office_what_must_be_missing_and_a_sum(small_office: Path) -> None:
    tables = {
        "benefit_payment": """
            # A: 600 in 2023, and 300 in 2024. B: given back. C: no kin. D: before the cadre took office.
            pay_id | id_no | name | region | pay_month | paid_date  | amount
            1      | A     | 赵一 | V      | 2023-05   | 2023-05-10 | 300
            2      | A     | 赵一 | V      | 2023-06   | 2023-06-10 | 300
            3      | A     | 赵一 | V      | 2024-01   | 2024-01-10 | 300
            4      | B     | 赵二 | V      | 2023-05   | 2023-05-10 | 900
            5      | C     | 赵三 | V      | 2023-05   | 2023-05-10 | 900
            6      | D     | 赵四 | V      | 2020-05   | 2020-05-10 | 900
        """,
        "village_cadre": """
            id_no | name | village | post   | start_date | end_date
            K     | 赵村 | V       | 村主任 | 2021-01-01 |
        """,
        "kinship": """
            # The second pair is too uncertain.
            pid_a | pid_b | relation | degree | confidence
            A     | K     | 子       | 1      | 0.9
            K     | B     | 弟       | 2      | 0.9
            C     | K     | 侄       | 2      | 0.2
            D     | K     | 子       | 1      | 0.9
        """,
        "benefit_return": "pay_id | amount\n 4 | 900",
    }
    hits = found(RETIRED | KIN, tables)
    assert told(hits) == {("赵一", "red", "2023")}
    assert hits[0].total("t1_amount") == 600
    assert hits[0].attributes()["k2_relation"] == "子"


def test_experts_write_their_own_select(small_office: Path) -> None:
    sql = "SELECT d.id_no, d.name, d.death_date, b.region, b.amount "
    sql += "FROM death d JOIN benefit_payment b ON b.id_no = d.id_no"
    expert = RETIRED | {
        "sql": sql, "subject": "id_no", "shown": "name", "region": "region", "period": "", "amount": "amount",
        "happened_on": "death_date", "evidence": ["id_no", "death_date"],
    }  # fmt: skip
    card = card_of(expert)
    assert card.registers == {
        "death": ("id_no", "name", "death_date"),
        "benefit_payment": ("id_no", "name", "region", "amount"),
    }
    tables = {"death": "id_no | name | death_date\n A | 王一 | 2023-01-01", "benefit_payment": "id_no | region\n A | V"}
    assert told(found(expert, tables)) == {("王一", "red", None)}


@pytest.mark.parametrize(
    ("change", "step", "words"),
    [
        ({"main": ""}, "registers", "逐行检查"),
        ({"sql": "SELECT * FROM person"}, "registers", "逐个写出字段"),
        ({"sql": "SELECT p.name FROM person p; DROP TABLE person"}, "registers", "只能是一个 SELECT"),
        ({"joins": [{"register": "person", "matches": []}]}, "matches", "按什么字段"),
        ({"joins": [{"register": "person", "matches": [{"left": "t1.id_no"}]}]}, "matches", "未选完"),
        (
            {"joins": [{"register": "person", "matches": [{"left": "t1.id_no", "right": "birth_date"}]}]},
            "matches",
            "类型不适合",
        ),
        (
            {
                "joins": [
                    {
                        "register": "person",
                        "matches": [{"left": "t1.name", "how": "similar", "right": "name", "value": "2"}],
                    }
                ]
            },
            "matches",
            "0.3 到 1",
        ),
        ({"all_of": [{"column": "t2.share_pct", "op": "ge", "value": "five"}]}, "conditions", "应填数字"),
        ({"all_of": [{"column": "t1.retire_date", "op": "contains", "value": "5"}]}, "conditions", "未选完"),
        ({"subject": "t9.id_no"}, "grouping", "编号"),
        ({"asks": []}, "grouping", "无责原因"),
        ({"evidence": []}, "grouping", "证据"),
        (
            {
                "joins": [{"register": "death", "matches": [{"left": "t1.name", "how": "exact", "right": "name"}]}],
                "all_of": [],
                "any_of": [],
                "happened_on": "",
                "period": "",
                "evidence": ["t1.post"],
            },
            "grouping",
            "仅凭姓名",
        ),
        ({"code": "退休"}, "basis", "大写字母"),
        ({"title": "某人经商"}, "basis", "问句"),
        ({"basis": {}}, "basis", "依据"),
        ({"domain": "magic"}, "basis", "领域"),
    ],
)
def test_what_is_missing_is_said_at_its_step(change: dict[str, Any], step: str, words: str) -> None:
    faults = faults_of(read_blueprint(RETIRED | change), REGISTERS)
    assert any(one.step == step and words in one.zh for one in faults), faults
    assert all(one.en for one in faults)


@pytest.mark.parametrize("content", [None, 7, [], {"joins": 5, "all_of": [7], "basis": "x", "main": True, "sql": None}])
def test_rubbish_is_an_empty_blueprint(content: object) -> None:
    blueprint = read_blueprint(content)
    assert faults_of(blueprint, REGISTERS, upto=STEPS[0])


def test_a_half_made_blueprint_never_breaks_what_reads_it() -> None:
    """Every field blanked or removed in turn: faults are told, nothing is raised."""
    for name in RETIRED:
        for value in ("", [], {}, ["x"], [{}]):
            content = copy.deepcopy(RETIRED) | {name: value}
            blueprint = read_blueprint(content)
            if not faults_of(blueprint, REGISTERS):
                read_card(write_card(blueprint, REGISTERS, version=1, author="author"))


@pytest.mark.parametrize(
    ("value", "unit", "hits"), [("3", "year", 1), ("36", "month", 1), ("1095", "", 0), ("4", "year", 2)]
)
def test_a_span_is_told_in_days_months_or_years(small_office: Path, value: str, unit: str, hits: int) -> None:
    content = {
        **RETIRED, "joins": RETIRED["joins"][:1], "any_of": [], "evidence": ["t1.name", "t2.start_date"],
        "all_of": [{"column": "t2.start_date", "op": "le_of", "other": "t1.retire_date", "value": value, "unit": unit}],
    }  # fmt: skip
    cadres = "id_no | name | retire_date | jurisdiction\nA | 陈一 | 2019-10-19 | 990101\nB | 陈二 | 2019-10-19 | 990101"
    held = "uscc | id_no | name | start_date\nF1 | A | 陈一 | 2022-10-19\nF1 | B | 陈二 | 2022-10-20"
    assert len(found(content, {"retired_cadre": cadres, "enterprise_role": held})) == hits


@pytest.mark.parametrize("text", ["2013-10-19", "2013年10月19日", "2013.10.19", "2013/10/19", "20131019"])
def test_days_are_taken_as_they_are_written(text: str) -> None:
    assert read_day(text) == date(2013, 10, 19)
    assert read_day("2013年13月") is None
