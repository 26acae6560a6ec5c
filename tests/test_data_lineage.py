"""What is personal in a rule's rows is followed through its SQL: another name hides nothing."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from data.blueprint import read_blueprint
from data.blueprint_faults import faults_of
from data.cards import read_card
from data.collision import find
from data.comparison import read_select
from data.database import writing
from data.errors import CardRefused
from data.lineage import places_of
from data.register_catalogue import REGISTERS
from tests.blueprint_in_miniature import RETIRED
from tests.tables_in_text import CARDS, file_tables
from tests.test_data_blueprint import card_of

CADRES = {
    "retired_cadre": "id_no | name | post | retire_date | jurisdiction\n"
    "110101195003070018 | 欧阳明月 | 主任 | 2022-03-01 | 990101"
}


@pytest.mark.parametrize(
    ("sql", "of_a_name"),
    [
        ("SELECT name AS x FROM death", True),
        ("SELECT upper(trim(d.name)) || '!' AS x FROM death d", True),
        ("SELECT t.y AS x FROM (SELECT name AS y FROM death) t", True),
        ("WITH t AS (SELECT name AS y FROM death) SELECT max(y) AS x FROM t", True),
        ("SELECT t.region AS x FROM (SELECT region FROM death UNION ALL SELECT name AS region FROM death) t", True),
        ("SELECT name AS y, y AS x FROM death", True),
        ("SELECT CASE WHEN region = '1' THEN name ELSE 'x' END AS x FROM death", True),
        ("SELECT lag(name) OVER (PARTITION BY region ORDER BY death_date) AS x FROM death", True),
        ("SELECT d.region, (SELECT max(e.name) FROM death e WHERE e.region = d.region) AS x FROM death d", True),
        ("SELECT coalesce(NULLIF(name, ''), 'x') AS x FROM death", True),
        ("SELECT count(DISTINCT name) AS x FROM death", False),
        ("SELECT CASE WHEN name = 'y' THEN region ELSE 'x' END AS x FROM death", False),
        ("SELECT length(name) AS x FROM death", False),
        ("SELECT name_similarity(d.name, d.region) AS x FROM death d", False),
        ("SELECT count(*) OVER (PARTITION BY name) AS x FROM death", False),
        ("SELECT d.region AS x FROM death d WHERE d.name LIKE 'y%'", False),
    ],
)
def test_a_column_is_followed_to_where_its_values_come_from(sql: str, of_a_name: bool) -> None:
    assert (("death", "name") in places_of(read_select(sql))["x"]) is of_a_name


def expert(sql: str, **changes: object) -> dict[str, object]:
    return RETIRED | {
        "sql": sql, "subject": "id_no", "shown": "id_no", "region": "jurisdiction", "period": "", "happened_on": "",
        "evidence": ["id_no"],
    } | changes  # fmt: skip


RENAMED = "SELECT c.id_no, c.jurisdiction, c.post, c.name AS n FROM retired_cadre c"


def test_a_name_called_a_post_and_a_place_is_masked_in_evidence_question_and_attributes(small_office: Path) -> None:
    hidden = "SELECT c.id_no, c.name AS jurisdiction, c.name AS post, c.name AS n FROM retired_cadre c"
    card = card_of(expert(hidden, shown="n", evidence=["post", "jurisdiction"]))
    rule = replace(card.rules[0], subject_kind="other", attributes={"who": ("first", "n"), "n": ("count", "n")})
    with writing() as session:
        file_tables(session, CADRES)
        (one,) = find(session, replace(card, rules=(rule,)), as_of=datetime(2026, 11, 22))
    told = [one.evidence(next(iter(one.rows.values()))), one.shown(), json.dumps(one.attributes()), one.place()]
    assert not any(part in text for text in told for part in ("明月", "\\u660e"))
    assert one.attributes()["n"] == 1


def test_evidence_of_an_expert_is_shown_under_the_register_it_comes_from() -> None:
    card = card_of(expert(RENAMED, evidence=["n", "post"]))
    assert [(e.register, e.column, e.output) for e in card.rules[0].evidence] == [
        ("retired_cadre", "name", "n"),
        ("retired_cadre", "post", "post"),
    ]
    counted = expert(RENAMED.replace("c.name", "count(*) OVER (PARTITION BY c.post)"), evidence=["n"])
    assert ["n is computed" in fault.en for fault in faults_of(read_blueprint(counted), REGISTERS)] == [True]


def test_a_number_is_no_sum_of_money() -> None:
    numbers = RENAMED.replace("c.name AS n", "CAST(c.id_no AS DOUBLE) AS n")
    amounts = card_of(expert(numbers)).text
    with pytest.raises(CardRefused, match="amount comes from a personal column"):
        read_card(amounts.replace('shown = "id_no"', 'shown = "id_no"\namount = "n"'))


def test_the_factory_knows_a_renamed_name_for_one() -> None:
    blueprint = read_blueprint(expert(RENAMED, shown="n", subject_kind="enterprise"))
    assert any("人员或家庭" in fault.zh for fault in faults_of(blueprint, REGISTERS))


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("{subject:>999999999}？", "the name alone"),
        ("{subject!r}？", "the name alone"),
        ("{subject？", "cannot be read"),
    ],
)
def test_a_title_is_words_and_names(title: str, said: str) -> None:
    text = (CARDS / "M10.toml").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("title ="))
    with pytest.raises(CardRefused, match=said):
        read_card(text.replace(line, f'title = "{title}"'))
