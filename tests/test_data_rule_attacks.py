"""What a rule's SQL may not do: every attack is refused in words before it is run."""

import re

import pytest

from data.comparison import find_faults

REGISTERS = {"person": ["id_no", "name", "birth_date"], "death": ["id_no", "death_date"]}
_CHINESE = re.compile("[一-鿿]{2}")
ATTACKS = r"""
SELECT a FROM read_csv('/etc/passwd')
SELECT id_no FROM 'x.csv'
SELECT id_no FROM "x.parquet"
SELECT content FROM read_text('/etc/passwd')
SELECT content FROM read_blob('/etc/passwd')
SELECT id_no FROM read_parquet('x')
SELECT id_no FROM read_json('x')
SELECT id_no FROM person WHERE name = (SELECT content FROM read_text('/etc/passwd'))
WITH f AS (SELECT content FROM read_text('/etc/passwd')) SELECT content FROM f
SELECT file FROM glob('*')
SELECT read_text('/etc/passwd') AS t FROM person
SELECT getenv('HOME') AS t FROM person
SELECT current_setting('memory_limit') AS t FROM person
SELECT relname FROM pg_catalog.pg_class
SELECT table_name FROM information_schema.tables
SELECT name FROM sqlite_master
SELECT name FROM duckdb_settings()
SELECT path FROM duckdb_databases()
PRAGMA database_list
SET memory_limit = '1TB'
RESET memory_limit
ATTACH 'x.db' AS x
DETACH x
USE x
COPY person TO 'x.csv'
COPY (SELECT id_no FROM person) TO 'x.csv'
EXPORT DATABASE 'x'
IMPORT DATABASE 'x'
INSTALL httpfs
LOAD httpfs
CREATE TABLE x AS SELECT id_no FROM person
CREATE MACRO f(a) AS a
DROP TABLE person
DELETE FROM person
UPDATE person SET name = 'x'
INSERT INTO person SELECT id_no FROM person
CALL pragma_version()
EXPLAIN SELECT id_no FROM person
DESCRIBE person
SHOW TABLES
CHECKPOINT
VACUUM
SELECT id_no FROM person; DROP TABLE person
SELECT id_no FROM person; SELECT id_no FROM person
SELECT id_no FROM person /* x */; COPY person TO 'x'
-- only a comment
SELECT ｇｅｔｅｎｖ('HOME') AS t FROM person
SELECT id_no FROM ｐｅｒｓｏｎ
SELECT list_transform([1, 2], x -> x + 1) AS t FROM person
SELECT [x + 1 FOR x IN [1, 2]] AS t FROM person
WITH RECURSIVE n AS (SELECT 1 AS k UNION ALL SELECT k + 1 AS k FROM n) SELECT k FROM n
SELECT k FROM (VALUES (1), (2)) AS v(k)
SELECT range FROM range(1000000000)
SELECT generate_series FROM generate_series(1, 1000000000)
SELECT range(1000000000) AS t FROM person
SELECT unnest(range(1000000000)) AS t FROM person
SELECT t.x FROM person p, LATERAL (SELECT p.id_no AS x) AS t
PIVOT person ON name USING count(*)
UNPIVOT person ON name INTO NAME n VALUE v
SELECT id_no FROM person QUALIFY row_number() OVER (ORDER BY id_no) = 1
SELECT name FROM person GROUP BY GROUPING SETS ((name), ())
SELECT name FROM person GROUP BY ROLLUP (name)
SELECT id_no INTO x FROM person
FROM person
SELECT * FROM person
SELECT p.* FROM person p
SELECT * EXCLUDE (name) FROM person
SELECT * REPLACE ('x' AS name) FROM person
SELECT COLUMNS('.*') FROM person
SELECT #1 FROM person
SELECT $1 AS x FROM person
SELECT ? AS x FROM person
SELECT $x AS x FROM person
SELECT birth_date + INTERVAL 1000000 YEAR AS x FROM person
SELECT repeat('x', 1000000000) AS x FROM person
SELECT lpad('x', 1000000000, 'y') AS x FROM person
SELECT string_agg(name, ',') AS x FROM person
SELECT list(name) AS x FROM person
SELECT regexp_matches(name, '(a+)+$') AS x FROM person
SELECT regexp_replace(name, 'a', 'b') AS x FROM person
SELECT name ~ '(a+)+$' AS x FROM person
SELECT query('SELECT 1') AS x FROM person
SELECT x FROM query('SELECT 1 AS x')
SELECT x FROM query_table('person')
SELECT nextval('s') AS x FROM person
SELECT random() AS x FROM person
SELECT now() AS x FROM person
SELECT current_user AS x FROM person
SELECT version() AS x FROM person
SELECT id_no FROM main.person
SELECT id_no FROM kinship
SELECT {'a': 1} AS x FROM person
SELECT id_no FROM person TABLESAMPLE 10%
SELECT id_no FROM person LIMIT 5
SELECT id_no FROM person POSITIONAL JOIN death
SELECT p.id_no FROM person p ASOF JOIN death d ON p.id_no = d.id_no AND p.birth_date >= d.death_date
SELECT p.id_no FROM person p NATURAL JOIN death d
SELECT CAST(name AS STRUCT(a INTEGER)) AS x FROM person
SELECT p FROM person p
SELECT rowid AS x FROM person
SELECT id_no FROM person FOR UPDATE
SELECT printf('%1000000000d', 1) AS x FROM person
SELECT p.id_no FROM person p, death d
SELECT p.id_no FROM person p CROSS JOIN death d
SELECT p.id_no FROM person p JOIN death d ON true
SELECT p.id_no FROM person p JOIN death d ON p.birth_date < d.death_date
SELECT p.id_no FROM person p JOIN death d ON p.id_no = d.id_no OR true
SELECT p.id_no FROM person p JOIN death d ON p.id_no = p.id_no
SELECT p.id_no FROM person p LEFT JOIN death d ON d.id_no = '1'
SELECT p.id_no FROM person p WHERE EXISTS (SELECT 1 FROM death d, person q)
SELECT 'abc FROM person
SELECT "abc FROM person
SELECT id_no FROM person /* abc
SELECT 1 AS x JOIN person p ON p.id_no = p.id_no
SELECT income AS income FROM person
SELECT upper(income) AS income FROM person
SELECT t.id_no FROM person AS t(x, id_no, y)
WITH t(id_no, name) AS (SELECT name, id_no FROM person) SELECT id_no FROM t
SELECT CAST(name AS BLOB) AS x FROM person
SELECT CAST(name AS INTERVAL) AS x FROM person
SELECT CAST(name AS JSON) AS x FROM person
SELECT CAST(name AS ENUM('a')) AS x FROM person
SELECT CAST(name AS regclass) AS x FROM person
SELECT id_no FROM person WHERE name SIMILAR TO '(a|aa)+'
SELECT id_no FROM person WHERE name LIKE 'a' ESCAPE '!'
SELECT id_no FROM person WHERE name LIKE ANY ('a', 'b')
SELECT main.read_text('/etc/passwd') AS x FROM person
SELECT ('/etc/passwd').read_text() AS x FROM person
SELECT name COLLATE nocase AS x FROM person
SELECT birth_date AT TIME ZONE 'UTC' AS x FROM person
"""
LAWFUL = """
SELECT p.id_no FROM person p, death d WHERE p.id_no = d.id_no
SELECT p.id_no FROM person p JOIN death d USING (id_no)
SELECT p.id_no FROM person p LEFT JOIN death d ON substr(p.id_no, 1, 6) = substr(d.id_no, 1, 6) AND p.name = 'x'
WITH n AS (SELECT count(*) AS k FROM death) SELECT p.id_no FROM person p, n WHERE n.k > 1
SELECT p.id_no FROM person p WHERE EXISTS (SELECT 1 FROM death d WHERE d.id_no = p.id_no)
"""


@pytest.mark.parametrize("sql", ATTACKS.strip().splitlines())
def test_an_attack_is_refused_in_words(sql: str) -> None:
    faults = find_faults(sql, REGISTERS, ["age"])
    assert faults
    assert all(fault.en.strip() and _CHINESE.search(fault.zh) for fault in faults)


def doubled(times: int, selected: str) -> str:
    """A query of named SELECTs, each of which says twice what the one before it says."""
    steps = "".join(f", s{n} AS ({selected.format(before=f's{n - 1}')})" for n in range(1, times))
    return f"WITH s0 AS (SELECT name AS x, id_no FROM person){steps} SELECT x, id_no FROM s{times - 1}"  # noqa: S608


TEXTS = "SELECT x || x || x || x AS x, id_no FROM {before}"
IN_ONE = (
    "SELECT name || name || name || name AS a, a || a || a || a AS b, b || b || b || b AS c, c || c || c || c AS d "
)
IN_ONE += "FROM person"
ROWS = "SELECT x, id_no FROM {before} UNION ALL SELECT x, id_no FROM {before}"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT " + "(" * 3000 + "1" + ")" * 3000 + " AS x FROM person", id="brackets"),
        pytest.param("SELECT id_no FROM person WHERE " + "NOT " * 3000 + "id_no = '1'", id="negations"),
        pytest.param("SELECT " + "+".join(["1"] * 3000) + " AS x FROM person", id="a sum"),  # noqa: S608
        pytest.param("SELECT id_no FROM " + "(SELECT id_no FROM " * 60 + "person" + ") t" * 60, id="subqueries"),
        pytest.param("SELECT id_no FROM person WHERE name IN ('" + "x" * 30_000 + "')", id="a long text"),
        pytest.param(doubled(12, TEXTS), id="a text without end"),
        pytest.param(doubled(40, ROWS), id="a plan without end"),
        pytest.param(IN_ONE, id="names of one SELECT"),
        pytest.param("SELECT 'a\0b' AS x FROM person", id="NUL"),
        pytest.param("SELECT '\ud800' AS x FROM person", id="half a character"),
    ],
)  # fmt: skip
def test_what_would_outgrow_the_machine_is_refused_before_it_is_planned(sql: str) -> None:
    faults = find_faults(sql, REGISTERS, [])
    assert faults
    assert all(_CHINESE.search(fault.zh) for fault in faults)


def test_long_lists_of_conditions_and_twice_named_selects_are_lawful() -> None:
    many = " OR ".join(f"id_no = '{n}'" for n in range(500))
    assert find_faults(f"SELECT id_no FROM person WHERE {many}", REGISTERS, []) == []  # noqa: S608
    assert find_faults(doubled(4, TEXTS), REGISTERS, []) == find_faults(doubled(6, ROWS), REGISTERS, []) == []


@pytest.mark.parametrize("sql", LAWFUL.strip().splitlines())
def test_a_join_on_an_equality_is_lawful(sql: str) -> None:
    assert find_faults(sql, REGISTERS, ["age"]) == []
