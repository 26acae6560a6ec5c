"""Statistical words: known values, missing values, and that a rule may use them and no others."""

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from data.comparison import find_faults, teach_words
from data.statistical_words import binomial_tail, name_similarity, written_alike

REGISTERS = {"project": ("name", "wins", "bids", "share")}


def ask(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        teach_words(connection)
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("k", "n", "p", "tail"),
    [
        (0, 10, 0.3, 1.0),
        (10, 10, 0.5, 0.5**10),
        (9, 10, 0.5, 11 * 0.5**10),
        (1, 3, 0.1, 1 - 0.9**3),
        (11, 10, 0.5, 0.0),
        (5, 10, 0.0, 0.0),
        (5, 10, 1.0, 1.0),
        (0, 0, 0.5, 1.0),
        (1, 0, 0.5, 0.0),
        (8.5, 10, 0.5, 11 * 0.5**10),
    ],
)
def test_the_binomial_tail_has_known_values(k: float, n: float, p: float, tail: float) -> None:
    (found,) = binomial_tail(np.array([k]), np.array([n]), np.array([p], dtype=float))
    assert found == pytest.approx(tail, abs=1e-12)


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1))
def test_the_binomial_tail_is_scipys(k: int, n: int, p: float) -> None:
    (found,) = binomial_tail(np.array([k], dtype=float), np.array([n], dtype=float), np.array([p]))
    assert found == pytest.approx(binom.sf(k - 1, n, p), abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "written"),
    [
        ("道路硬化（一期）", "道路硬化(1期)", "道路硬化1期"),
        ("２０２４年 路灯·工程", "2024年路灯工程", "2024年路灯工程"),
        ("第十二标段", "第12标段", "第12标段"),
        ("二十号桥", "20号桥", "20号桥"),
        ("Ａ区—改造", "a区改造", "a区改造"),
    ],
)
def test_two_ways_of_writing_one_name_are_one(a: str, b: str, written: str) -> None:
    assert written_alike(a) == written_alike(b) == written
    assert name_similarity(np.array([a], dtype=object), np.array([b], dtype=object)).tolist() == [1.0]


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("道路工程", "道路工程", 1.0),
        ("道路工程", "水渠清淤", 0.0),
        ("路", "路", 1.0),
        ("路", "桥", 0.0),
        ("道路一期", "道路二期", 2 * 3 / 10),  # ^道 道路 路1 1期 期$ beside ^道 道路 路2 2期 期$
        ("路路路", "路路", 2 * 3 / 7),
        ("——", "——", 0.0),
    ],
)
def test_likeness_is_the_share_of_pairs_in_common(a: str, b: str, alike: float) -> None:
    assert name_similarity(np.array([a], dtype=object), np.array([b], dtype=object)) == pytest.approx([alike])


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_mutual_and_within_bounds(a: str, b: str) -> None:
    there, back = name_similarity(np.array([a, b], dtype=object), np.array([b, a], dtype=object))
    assert there == back
    assert 0 <= there <= 1


def test_a_missing_argument_gives_a_missing_result() -> None:
    sql = """
        SELECT binomial_tail(k, n, 0.5), name_similarity(a, b)
        FROM (VALUES (9, 10, '一期', '1期'), (NULL, 10, NULL, '1期'), (9, NULL, '一期', NULL), (9, -1, '', ''))
             AS t(k, n, a, b)
    """
    assert ask(sql) == [(pytest.approx(11 * 0.5**10), 1.0), (None, None), (None, None), (None, 0.0)]
    assert ask("SELECT binomial_tail(9, 10, 1.5), binomial_tail(NULL, 10, 0.5)") == [(None, None)]
    assert ask("SELECT name_similarity(a, a) FROM (SELECT '' AS a) WHERE false") == []


def test_words_work_on_many_rows_at_once() -> None:
    rows = ask(
        "SELECT i, binomial_tail(i % 11, 10, 0.5), name_similarity('第' || i || '号', '第7号') FROM range(9000) t(i)"
    )
    assert len(rows) == 9000
    assert all(tail == pytest.approx(binom.sf(i % 11 - 1, 10, 0.5)) for i, tail, _ in rows)  # type: ignore[operator]
    assert [i for i, _, alike in rows if alike == 1.0] == [7]


def test_a_rule_may_use_these_words_and_no_others() -> None:
    lawful = """
        SELECT p.name, binomial_tail(SUM(p.wins), SUM(p.bids), MAX(p.share)) AS chance, MEDIAN(p.wins) AS middle,
               STDDEV_SAMP(p.wins) AS spread, SQRT(SUM(p.wins)) AS root, LN(MAX(p.bids)) AS size
        FROM project p JOIN project q ON q.wins = p.wins AND name_similarity(p.name, q.name) > 0.8 GROUP BY p.name
    """
    assert find_faults(lawful, REGISTERS, []) == []
    for word in ("jaccard(p.name, p.name)", "quantile_cont(p.wins, 0.5)", "stddev_pop(p.wins)", "exp(p.wins)"):
        sql = f"SELECT {word} AS x FROM project p"  # noqa: S608
        (fault,) = find_faults(sql, REGISTERS, [])
        assert "not allowed" in fault.en
