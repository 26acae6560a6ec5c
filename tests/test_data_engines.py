"""DuckDB and Spark find the same: every built-in card over the synthetic world, row for row."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from data import database
from data.cards import Card
from data.collision import find
from data.comparison import MACROS
from data.database import reading, writing
from data.engines import OpenRegisters, settled
from data.engines.choice import engine_named
from data.engines.on_duckdb import DuckdbEngine
from data.engines.on_spark import SparkEngine, failure_of
from data.errors import CardRefused, InputRefused, RunStopped
from data.folding import Finding
from data.registers import file_register
from data.run_limits import COLLISION, Allowance, Limits
from data.settings import settings
from data.simulator.presets import PRESETS
from data.simulator.world import simulate
from tests.tables_in_text import CARDS, card_named, read_register

# py4j leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
AS_OF = datetime(2026, 11, 22)
PERSON = {"person": ("id_no", "name", "birth_date")}
CODES = sorted(path.stem for path in CARDS.glob("*.toml"))


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    engine = SparkEngine("local[2]")
    yield engine
    engine.stop()


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An office with the registers of the synthetic world, one of them in two versions of which one replaces rows."""
    with pytest.MonkeyPatch.context() as environment:
        home = tmp_path_factory.mktemp("engines")
        environment.setenv("MINGJING_HOME", str(home))
        environment.delenv("MINGJING_DATABASE_URL", raising=False)
        database.migrate()
        world = simulate(PRESETS["xs"], seed=7, end_on=AS_OF.date())
        with writing() as session:
            for name, frame in world.registers.items():
                half = len(frame) // 2 if name in ("person", "public_employee") else 0
                if half:
                    file_register(session, name, frame.iloc[:half], at=AS_OF)
                file_register(session, name, frame.iloc[half // 2 :] if half else frame, at=AS_OF)
        yield home
        database.engine().dispose()


def described(findings: list[Finding]) -> list[tuple[Any, ...]]:
    return [
        (one.alert_key, one.period, one.level, one.attributes(), {k: dict(row) for k, row in one.rows.items()})
        for one in findings
    ]


@pytest.mark.parametrize("code", CODES)
def test_a_card_finds_the_same_rows_on_both_engines(code: str, filed: Path, spark: SparkEngine) -> None:
    card: Card = card_named(code)
    with reading() as session:
        on_one_machine = described(find(session, card, as_of=AS_OF))
        on_spark = described(find(session, card, as_of=AS_OF, engine=spark))
    assert on_one_machine, "a card that finds nothing compares nothing: the world must feed it"
    assert on_spark == on_one_machine


DAYS = "id_no | name | birth_date\n" + "\n".join(
    f"{n} | 第{n}号 | {day}"
    for n, day in enumerate(
        ["2000-02-29", "2000-03-01", "1999-12-31", "2001-01-31", "2004-02-28", "2023-11-30", "2024-02-29"]
    )
)
EXPRESSIONS = [
    "month_of(p.birth_date)",
    "month_start(month_of(p.birth_date))",
    "month_end(month_of(p.birth_date))",
    "month_after(month_of(p.birth_date), -13)",
    "month_after(month_of(p.birth_date), 2)",
    "months_from(month_of(q.birth_date), month_of(p.birth_date))",
    "days_from(q.birth_date, p.birth_date)",
    "years_from(q.birth_date, p.birth_date)",
    "day_after(p.birth_date, -400)",
    "binomial_tail(CAST(p.id_no AS INTEGER), 7, 0.3)",
    "name_similarity(p.name, q.name)",
    "CAST(p.id_no AS INTEGER) / CAST(q.id_no AS INTEGER)",
    "CAST(p.id_no AS INTEGER) % CAST(q.id_no AS INTEGER)",
    "CAST(p.id_no AS INTEGER) / 0",
    "CAST(p.id_no AS INTEGER) / 0.0",
    "CAST(p.id_no AS INTEGER) % 0",
    "CAST(p.id_no = q.id_no AS INTEGER)",
    "CAST(NULLIF(p.id_no > q.id_no, FALSE) AS INTEGER)",
    "ROUND(CAST(p.id_no AS DOUBLE) / 3, 0)",
    "SUBSTR(p.name || q.name, 2, 9)",
    "ROUND(CAST(p.id_no AS DOUBLE) + 0.005, 2)",
    "ROUND(-CAST(p.id_no AS DOUBLE) / 2)",
    "CAST(CAST(p.id_no AS DOUBLE) / 2 AS INTEGER)",
    "GREATEST(p.id_no, NULL, q.id_no)",
    "SQRT(CAST(p.id_no AS INTEGER) - 3)",
    "LN(CAST(p.id_no AS INTEGER) - 3)",
    "ROW_NUMBER() OVER (PARTITION BY p.id_no ORDER BY NULLIF(q.id_no, '3'))",
    "LAG(q.id_no) OVER (PARTITION BY p.id_no ORDER BY NULLIF(q.id_no, '3') DESC)",
    "MEDIAN(CAST(q.id_no AS DOUBLE)) OVER (PARTITION BY p.id_no)",
    "STDDEV_SAMP(CAST(q.id_no AS DOUBLE)) OVER (PARTITION BY p.id_no)",
    "p.name LIKE '第_号' AND SUBSTR(p.name, 2, 1) = q.id_no",
    "LENGTH(p.name || q.name)",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_engines_take_in_different_ways_is_one(expression: str, small_office: Path, spark: SparkEngine) -> None:
    assert all(any(f"{word}(" in one for one in EXPRESSIONS) for word in MACROS)
    sql = f"SELECT p.id_no AS a, q.id_no AS b, {expression} AS x FROM person p JOIN person q ON q.name <> 'x'"  # noqa: S608
    with writing() as session:
        file_register(session, "person", read_register("person", DAYS), at=AS_OF)
        both = [engine.open(session, PERSON, as_of=AS_OF) for engine in (DuckdbEngine(), spark)]
        one, other = (rows(opened, sql) for opened in both)
    assert len(one) == 49
    assert other == one


def rows(opened: OpenRegisters, sql: str) -> list[dict[str, Any]]:
    found = opened.rows_of(sql, {}, Allowance("a rule", COLLISION))
    told = [{name: settled(value) for name, value in row.items()} for row in found]
    return sorted(told, key=lambda row: (row["a"], row["b"]))


def test_spark_is_stopped_past_its_rows_too(small_office: Path, spark: SparkEngine) -> None:
    with writing() as session:
        file_register(session, "person", read_register("person", DAYS), at=AS_OF)
        opened = spark.open(session, PERSON, as_of=AS_OF)
        with pytest.raises(RunStopped, match="more than 3 rows"):
            opened.rows_of("SELECT p.id_no FROM person p", {}, Allowance("a rule", Limits(rows=3)))


def test_a_value_that_a_rule_cannot_cast_is_the_rules_fault(small_office: Path, spark: SparkEngine) -> None:
    with writing() as session:
        file_register(session, "person", read_register("person", DAYS), at=AS_OF)
        opened = spark.open(session, PERSON, as_of=AS_OF)
        with pytest.raises(CardRefused, match="a rule, cannot be run") as refused:
            opened.rows_of("SELECT CAST(p.name AS INTEGER) AS n FROM person p", {}, Allowance("a rule", COLLISION))
    assert "号" not in refused.value.words("zh") + refused.value.words("en")


def test_a_register_file_that_is_gone_is_not_the_rules_fault(small_office: Path, spark: SparkEngine) -> None:
    with writing() as session:
        file_register(session, "person", read_register("person", DAYS), at=AS_OF)
        opened = spark.open(session, PERSON, as_of=AS_OF)
        for path in settings().registers.rglob("*.parquet"):
            path.unlink()
        with pytest.raises(InputRefused, match="a register's file cannot be read") as refused:
            opened.rows_of("SELECT p.id_no FROM person p", {}, Allowance("a rule", COLLISION))
    assert not isinstance(refused.value, CardRefused)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("Job aborted due to stage failure: ExecutorLostFailure (executor 3 exited)", InputRefused, "Spark failed"),
        ("An error occurred while trying to connect to the Java server", InputRefused, "Spark failed"),
        ("java.lang.OutOfMemoryError: Java heap space", RunStopped, "more memory"),
        ("[CAST_INVALID_INPUT] The value '张三' of the type. SQLSTATE: 22018", CardRefused, "cannot take (22018)"),
        ("[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012", CardRefused, "Mend the rule's SQL"),
        ("[UNRESOLVED_COLUMN] A column cannot be resolved. SQLSTATE: 42703", CardRefused, "Mend the rule's SQL"),
        ("", InputRefused, "Spark failed"),
    ],
)
def test_an_error_of_spark_is_laid_at_the_right_door(text: str, kind: type[InputRefused], said: str) -> None:
    failure = failure_of(RuntimeError(text), Allowance("a rule", COLLISION))
    assert type(failure) is kind
    assert said in str(failure)


def test_another_engine_is_refused() -> None:
    with pytest.raises(InputRefused, match="expected duckdb, local or spark"):
        engine_named("oracle")
