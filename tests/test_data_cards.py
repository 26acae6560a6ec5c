"""Cards: every fault named at once, and SQL that could read, write or call what it must not is refused."""

import ast
import re
from datetime import datetime
from pathlib import Path

import pytest
import sqlglot
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from data.cards import Card, read_card
from data.comparison import MACROS, bind_values, find_faults
from data.database import engine, migrate, writing
from data.errors import CardRefused
from data.settings import settings
from data.statistical_words import STATISTICAL_WORDS
from data.supervision_models import active_cards, built_in_cards, install
from data.tables import Domain, SupervisionModel
from tests.tables_in_text import CARDS

M10 = (CARDS / "M10.toml").read_text(encoding="utf-8")
REGISTERS = {"person": ("id_no", "name", "birth_date"), "death": ("id_no", "death_date")}


def refusal(text: str) -> str:
    with pytest.raises(CardRefused) as refused:
        read_card(text)
    return str(refused.value)


def test_the_built_in_cards_can_be_read_and_say_what_an_inspector_asks() -> None:
    cards = built_in_cards()
    codes = [card.code for card in cards]
    assert len(codes) >= 8 and codes == sorted(path.stem for path in CARDS.glob("*.toml"))
    for card in cards:
        assert card.policies
        assert card.innocent_causes
        assert all(rule.row and rule.attributes and rule.why for rule in card.rules)
        assert {"look_back_months", "years_since"} & {*card.parameters}, "every rule looks at a bounded window"


def test_a_card_that_is_changed_has_a_new_version() -> None:
    text = (Path(__file__).parent / "released_cards.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    released = {code: (int(version), content) for code, version, content in map(str.split, lines)}
    built_in = {card.code: (card.version, card.card_hash) for card in built_in_cards()}
    unversioned = [
        code
        for code, (version, content) in built_in.items()
        if code in released and version <= released[code][0] and content != released[code][1]
    ]
    assert unversioned == [], "changed, yet offices that have this version never get it: raise the card's version"
    assert built_in == released, "write the line of each card with a new version into tests/released_cards.txt"


def test_every_fault_of_a_card_is_named_at_once() -> None:
    text = (
        M10.replace('level = "red"', 'level = "blue"', 1)
        .replace("version = 2", 'version = "one"', 1)
        .replace('name_en = "Two expenses of one day and one amount"\n', "")
        .replace('phase = "post"', 'phase = "post"\nphaze = "post"')
        .replace("range = [0, 1000000]", "range = [9, 1]")
    )
    message = refusal(text)
    for fault in (
        "card.level: got 'blue', expected one of red, orange, yellow",
        "card.version: got 'one', expected a whole number from 1 on",
        "card.name_en: got nothing, expected a text",
        "card.phaze is not a field of a card",
        "parameters.min_amount.range: got [9, 1], expected [lowest, highest]",
    ):
        assert fault in message


def test_what_the_parts_of_a_card_say_against_each_other_is_named_at_once() -> None:
    text = (
        M10.replace('may_lack = ["penalty"]', 'may_lack = ["penalties"]')
        .replace('"decided_on", "fine", "late_fee"', '"decided_on", "fine", "late_fee", "judge"')
        .replace('subject = "village"', 'subject = "hamlet"')
        .replace('"cash_journal.handler_id",', '"cash_journal.handler_id", "penalty.penalty_no as row_id",')
        .replace('same_payee = "any"', 'same_payee = "most"')
        .replace('handler = "handler_id"', 'handler = "clerk_id", chief = "handler_id"')
        .replace("Are the equal expenses of {subject} on {period} a double", "{payee} paid a double")
        .replace("split payment?", "split payment.")
    )
    message = refusal(text)
    for fault in (
        "may_lack: penalties is not among the card's registers",
        "register penalty has no column judge",
        "its rows have no column hamlet, which subject needs",
        "evidence penalty.penalty_no is not declared by the card",
        "its rows have no column clerk_id, which responsible needs",
        "responsible: got chief, expected one of handler, reviewer, approver",
        "attribute same_payee: got most, expected one of first, last",
        "the title's {payee} is not an attribute",
        "is not a question",
    ):
        assert fault in message


def test_a_default_outside_its_range_and_text_that_is_not_toml_are_refused() -> None:
    assert "parameter min_amount: got 5000, expected 0 to 10 元" in refusal(M10.replace("1000000]", "10]"))
    assert "The card is not TOML" in refusal("code = ")


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT a FROM read_csv('/etc/passwd')", "only registers can be read"),
        ("SELECT id_no FROM '/etc/passwd'", 'register "/etc/passwd" is not declared'),
        ("SELECT id_no FROM glob('*')", "only registers can be read"),
        ("SELECT table_name FROM information_schema.tables", "information_schema.tables is not declared"),
        ("SELECT id_no FROM main.person", "main.person is not declared"),
        ("SELECT id_no FROM kinship", "register kinship is not declared"),
        ("SELECT getenv('HOME') AS h FROM person", "function getenv is not allowed"),
        ("SELECT current_date AS d FROM person", "CURRENTDATE is not allowed"),
        ("SELECT random() AS r FROM person", "RAND is not allowed"),
        ("SELECT p.phone FROM person p", "column p.phone is not declared"),
        ("SELECT phone FROM person", "column phone is not declared"),
        ("SELECT id_no FROM (SELECT name FROM person) AS n", "column id_no is not declared"),
        ("SELECT x.id_no FROM person p", "there is no x in reach"),
        ("SELECT id_no FROM person WHERE birth_date < :limit", ":limit is not a parameter"),
        ("SELECT * FROM person", "* is not allowed: name the columns"),
        ("SELECT id_no INTO other FROM person", "INTO is not allowed"),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS k UNION ALL SELECT k + 1 AS k FROM n) SELECT k FROM n",
            "WITH RECURSIVE is not allowed",
        ),
        ("DELETE FROM person", "a rule is one SELECT, got DELETE"),
        ("COPY person TO 'out.csv'", "a rule is one SELECT, got COPY"),
        ("SELECT id_no FROM person; DROP TABLE person", "a rule is one SELECT, got SELECT, DROP"),
        ("INSTALL httpfs", "a rule is one SELECT, got INSTALL"),
        ("", "a rule is one SELECT, got nothing"),
        ("SELECT FROM WHERE", "the SQL cannot be read"),
        ("SELECT ROUND(:age, -2) AS a FROM person", "the decimals of ROUND"),
        ("SELECT ROUND(:age, LENGTH(name)) AS a FROM person", "the decimals of ROUND"),
        ("SELECT ROUND(:age, 400) AS a FROM person", "the decimals of ROUND"),
        ("SELECT SUBSTR(name, 0, 2) AS a FROM person", "the positions of SUBSTR start at 1"),
        ("SELECT SUBSTR(name, -1) AS a FROM person", "the positions of SUBSTR start at 1"),
        ("SELECT SUBSTR(name, 3, -1) AS a FROM person", "the positions of SUBSTR start at 1"),
        (
            "SELECT p.name FROM death d LEFT JOIN person p ON p.id_no = d.id_no AND name_similarity(p.name, 'x') = 1",
            "a statistical word is not allowed in the ON of a LEFT JOIN",
        ),
    ],
)
def test_a_rule_that_is_not_one_select_over_declared_columns_is_refused(sql: str, fault: str) -> None:
    assert any(fault in found.en for found in find_faults(sql, REGISTERS, ["age"]))


def test_a_rule_may_use_subqueries_windows_and_the_calendar() -> None:
    sql = """
        WITH old AS (
            SELECT p.id_no, ROW_NUMBER() OVER (PARTITION BY p.name ORDER BY p.birth_date) AS place
            FROM person p WHERE years_from(p.birth_date, :as_of) >= :age
        )
        SELECT o.id_no, CASE WHEN o.place = 1 THEN 'red' ELSE 'orange' END AS level
        FROM old o
        WHERE NOT EXISTS (SELECT 1 FROM death d WHERE d.id_no = o.id_no AND month_of(d.death_date) < '2024-01')
    """
    assert find_faults(sql, REGISTERS, ["age"]) == []


def test_what_all_engines_take_alike_is_lawful() -> None:
    sql = """
        SELECT ROUND(years_from(p.birth_date, :as_of) / 3, 2) AS age, ROUND(1.5) AS two, SUBSTR(p.name, 1, 2) AS first
        FROM person p JOIN person q ON q.id_no = p.id_no AND name_similarity(p.name, q.name) > 0.5
    """
    assert find_faults(sql, REGISTERS, ["age"]) == []


def test_values_are_bound_as_values_in_any_dialect() -> None:
    sql = "SELECT id_no FROM person WHERE name IN (:names) AND id_no = :number AND birth_date < :as_of"
    values = {"names": ("a", "b'; DROP TABLE person"), "number": "x' OR '1'='1", "as_of": datetime(2024, 6, 1).date()}
    for dialect in ("duckdb", "spark"):
        bound = sqlglot.parse(bind_values(sql, values, dialect=dialect), read=dialect)
        assert len(bound) == 1
        literals = {literal.name for literal in bound[0].find_all(sqlglot.exp.Literal)}
        assert literals == {"a", "b'; DROP TABLE person", "x' OR '1'='1", "2024-06-01"}


def test_the_built_in_rules_translate_for_a_province() -> None:
    for card in built_in_cards():
        values = {name: parameter.default for name, parameter in card.parameters.items()}
        for rule in card.rules:
            spark = bind_values(rule.sql, {**values, "as_of": datetime(2024, 6, 1).date()}, dialect="spark")
            assert sqlglot.parse_one(spark, read="spark")


def test_the_guide_to_cards_names_every_word() -> None:
    guide = (CARDS / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*MACROS, *STATISTICAL_WORDS) if f"`{name}(" not in guide] == []


def changed(card: Card, old: str, new: str) -> Card:
    return read_card(card.text.replace(old, new))


def test_a_card_is_installed_once_and_a_new_version_retires_the_old(office: Path) -> None:
    first = read_card(M10)
    second = changed(first, "version = 2", "version = 3")
    with writing() as session:
        install(session, first)
        install(session, first)
        assert session.get(Domain, "village_funds") is not None
        assert [card.version for card in active_cards(session)] == [2]
        install(session, second)
        assert [card.version for card in active_cards(session)] == [3]
        states = session.execute(select(SupervisionModel.version, SupervisionModel.status)).all()
        assert sorted(states) == [(2, "retired"), (3, "active")]
        with pytest.raises(CardRefused, match="Give the changed card version 3"):
            install(session, changed(first, "min_amount", "least_amount"))


def test_a_card_filed_before_roles_were_named_can_still_be_read(home: Path) -> None:
    before = re.sub(r"(?m)^responsible = .*$", 'responsible = "handler_id"', M10)
    config = Config()
    config.set_main_option("script_location", str(CARDS.parent / "migrations"))
    config.attributes["url"] = settings().database_url
    command.upgrade(config, "0001")
    columns = "code, version, name, name_en, domain_code, level, phase, status, card, card_hash"
    with writing() as session:
        session.execute(text("INSERT INTO domain (code, name, name_en, sort) VALUES ('village_funds', '', '', 1)"))
        session.execute(
            text(
                f"INSERT INTO supervision_model ({columns}) VALUES "  # noqa: S608
                "('M10', 2, '', '', 'village_funds', 'red', 'post', 'active', :card, 'old')"
            ),
            {"card": before},
        )
    migrate()
    with writing() as session:
        (card,) = active_cards(session)
        assert card.rules[0].responsible == {"handler": "handler_id"}
        install(session, card)
    engine().dispose()


@pytest.mark.parametrize("module", sorted(path.name for path in CARDS.parent.glob("*.py")))
def test_every_refusal_of_a_card_or_a_register_has_its_chinese_sentence(module: str) -> None:
    tree = ast.parse((CARDS.parent / module).read_text(encoding="utf-8"))
    refusals = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    wanted = {"CardRefused", "RunStopped", "RegisterRefused", "Said"}
    assert [node.lineno for node in refusals if node.func.id in wanted and len(node.args) < 2] == []


def test_a_card_with_faults_names_them_all_in_chinese() -> None:
    broken = M10.replace('level = "red"', 'level = "blue"').replace("min_amount", "least_amount", 1) + "\nextra = 1\n"
    with pytest.raises(CardRefused) as refused:
        read_card(broken)
    said = refused.value.words("zh")
    assert said.count("；") == refused.value.words("en").count("; ") > 0
    assert "应为其中之一：red、orange、yellow" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 2", "version = " + "9" * 5_000, "not TOML"),
        ("version = 2", "version = 99999999999999999999", "expected at most 99,999"),
        ("version = 2", "version = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
        ("version = 2", "version = 2 # \ud800", "not TOML"),
        ("valid_from = 2022-01-01", "valid_from = 2022-01-01T00:00:00", "expected a date"),
        ("default = 5000", "default = nan", "expected a text, a number"),
        ("default = 5000", "default = 2022-01-01T00:00:00", "expected a text, a number"),
        ("range = [0, 1000000]", "range = [nan, nan]", "expected .lowest, highest."),
        ('name = "同日同额支出"', 'name = "' + "名" * 101 + '"', "at most 100 characters"),
        ("version = 2", "version = 2 # " + "x" * 300_000, "at most. Shorten it"),
    ],
)
def test_a_broken_card_file_is_refused_in_words(old: str, new: str, said: str) -> None:
    text = (CARDS / "M10.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(CardRefused, match=said) as refused:
        read_card(text.replace(old, new, 1))
    assert re.search("[一-鿿]{2}", refused.value.words("zh"))
