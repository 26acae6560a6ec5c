"""Every supervision model over a synthetic world: DuckDB against the same SQL in SQLite, and seven also in pandas.

    python benchmarks/bench_collide.py                          the worlds s and l: a quarter of an hour, 5.5 GB
    python benchmarks/bench_collide.py --preset s --preset m    others; growth is from one to the next
    python benchmarks/bench_collide.py --preset l --engine duckdb

The registers of a world are built once, in the folder MINGJING_BENCH (by default /tmp/mingjing-bench). Each engine runs
in a process of its own, whose peak memory is told. A rule is stopped in SQLite after 30 seconds.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlglot
from sqlglot import exp

from benchmarks.pandas_comparisons import IN_PANDAS
from data import database
from data.cards import Card, Rule
from data.collision import find
from data.comparison import Value, bind_values
from data.database import reading, writing
from data.errors import MingjingError
from data.registers import file_register, latest_filings, open_registers
from data.simulator.presets import find_preset
from data.simulator.world import simulate
from data.statistical_words import STATISTICAL_WORDS
from data.supervision_models import built_in_cards

END = date(2026, 11, 22)
AS_OF = datetime(2026, 11, 22)
SECONDS_A_RULE = 30
ENGINES = ("duckdb", "sqlite", "pandas")
FOLDER = Path(os.environ.get("MINGJING_BENCH", "/tmp/mingjing-bench"))  # noqa: S108


def build(preset: str) -> None:
    """The registers of a world, filed once."""
    done = FOLDER / preset / "done"
    if done.exists():
        return
    began = time.perf_counter()
    database.migrate()
    world = simulate(find_preset(preset), seed=7, end_on=END)
    with writing() as session:
        for name in world.registers:
            file_register(session, name, world.registers[name], at=AS_OF)
    done.write_text("")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  the world {preset} took {time.perf_counter() - began:.0f} s and {peak:,.0f} MB to build; it is kept in "
        f"{done.parent}"
    )


def cards_with_registers() -> list[Card]:
    """The built-in cards whose registers the world has."""
    with reading() as session:
        filed = {name for name, versions in latest_filings(session, _all_registers()).items() if versions}
    return [card for card in built_in_cards() if {*card.registers} - {*card.may_lack} <= filed]


def _all_registers() -> list[str]:
    return list(dict.fromkeys(name for card in built_in_cards() for name in card.registers))


def values_of(card: Card) -> dict[str, Value]:
    return {**{name: one.in_force("", END) for name, one in card.parameters.items()}, "as_of": END}


def in_duckdb() -> dict[str, Any]:
    """The product's own way, folding into findings included."""
    cards = []
    for card in cards_with_registers():
        began = time.perf_counter()
        with reading() as session:
            found = find(session, card, as_of=AS_OF)
        seconds = time.perf_counter() - began
        cards.append({"card": card.code, "seconds": seconds, "rows": sum(len(one.rows) for one in found)})
    with reading() as session, open_registers(session, _all_registers(), as_of=AS_OF) as connection:
        counted = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in _all_registers()]  # noqa: S608
    return {"cards": cards, "registered": sum(row[0] for row in counted if row)}


def in_sqlite() -> dict[str, Any]:
    """The same SQL; registers loaded beforehand, which is not counted. SQLite makes indexes for joins by itself."""
    connection = _loaded()
    cards = []
    for card in cards_with_registers():
        began, stopped, failed, rows = time.perf_counter(), 0, "", 0
        for rule in card.rules:
            until = time.perf_counter() + SECONDS_A_RULE
            connection.set_progress_handler(lambda until=until: int(time.perf_counter() > until), 100_000)
            try:
                rows += len(connection.execute(_for_sqlite(rule, values_of(card))).fetchall())
            except sqlite3.OperationalError as error:
                stopped += "interrupted" in str(error)
                failed = "" if "interrupted" in str(error) else str(error)
        seconds = time.perf_counter() - began
        cards.append({"card": card.code, "seconds": seconds, "rows": rows, "stopped": stopped, "failed": failed})
    return {"cards": cards}


def _loaded() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for name, word in STATISTICAL_WORDS.items():
        connection.create_function(name, len(word.arguments), _one_at_a_time(word.function), deterministic=True)
    connection.create_aggregate("PERCENTILE_CONT", 2, _aggregate(np.median))
    connection.create_aggregate("STDDEV_SAMP", 1, _aggregate(lambda v: np.std(v, ddof=1) if len(v) > 1 else None))
    connection.create_aggregate("STDDEV", 1, _aggregate(lambda v: np.std(v, ddof=1) if len(v) > 1 else None))
    with reading() as session, open_registers(session, _all_registers(), as_of=AS_OF) as registers:
        for name in _all_registers():
            result = registers.execute(f"SELECT * FROM {name}")  # noqa: S608
            columns = [column[0] for column in result.description or ()]
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            while rows := result.fetchmany(50_000):
                plain = ([v.isoformat() if isinstance(v, date) else v for v in row] for row in rows)
                connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", plain)  # noqa: S608
    return connection


def _one_at_a_time(function: Callable[..., Any]) -> Callable[..., Any]:
    def one(*arguments: Any) -> float | None:
        if None in arguments:
            return None
        kind = object if isinstance(arguments[0], str) else float
        value = float(function(*(np.array([a], dtype=kind) for a in arguments))[0])
        return None if np.isnan(value) else value

    return one


def _aggregate(function: Callable[..., Any]) -> type:
    class Aggregate:
        def __init__(self) -> None:
            self.values: list[float] = []

        def step(self, value: float | None, _share: float = 0.5) -> None:
            if value is not None:
                self.values.append(value)

        def finalize(self) -> float | None:
            return None if not self.values or (found := function(self.values)) is None else float(found)

    return Aggregate


def _for_sqlite(rule: Rule, values: dict[str, Value]) -> str:
    """SQLite has no dates: days are texts."""

    def undated(node: exp.Expr) -> exp.Expr:
        return node.this if isinstance(node, exp.Cast) and node.to.this.name == "DATE" else node

    return (
        sqlglot.parse_one(bind_values(rule.sql, values, dialect="sqlite"), read="sqlite")
        .transform(undated)
        .sql("sqlite")
    )


def in_pandas() -> dict[str, Any]:
    """The comparisons that are written out in pandas, each reading only the columns it needs."""
    by_code = {card.code: card for card in built_in_cards()}
    cards = []
    for code, compare in IN_PANDAS.items():
        began = time.perf_counter()
        rows = compare(_frame, values_of(by_code[code]))
        cards.append({"card": code, "seconds": time.perf_counter() - began, "rows": rows})
    return {"cards": cards}


def _frame(name: str, *columns: str) -> pd.DataFrame:
    with reading() as session:
        (path,) = [version.path for version in latest_filings(session, [name])[name]]
    frame = pd.read_parquet(FOLDER / os.environ["BENCH_PRESET"] / "registers" / path, columns=[*columns, "replaced_on"])
    return frame[frame.replaced_on.isna()].drop(columns="replaced_on")


def measure(engine: str, preset: str) -> dict[str, Any]:
    """What one engine takes, in a process of its own."""
    environment = {**os.environ, "MINGJING_HOME": str(FOLDER / preset), "BENCH_PRESET": preset}
    environment.pop("MINGJING_DATABASE_URL", None)
    command = [sys.executable, __file__, "--measure", engine, "--preset", preset]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    told, _, result = output.rpartition("\n@")
    if told:
        print(told)
    return dict(json.loads(result))


def seconds_of(result: dict[str, Any]) -> float:
    return float(sum(card["seconds"] for card in result["cards"]))


def report(preset: str, engines: list[str]) -> tuple[float, int]:
    """Prints what the engines took; returns DuckDB's seconds and the rows of the registers."""
    measure("build", preset)
    results = {engine: measure(engine, preset) for engine in engines}
    ours = results["duckdb"]
    by_card = {card["card"]: card for card in ours["cards"]}
    total, peak = seconds_of(ours), ours["peak_mb"]
    print(
        f"{preset}: {len(by_card)} cards over {ours['registered']:,} rows of registers on DuckDB: {total:.1f} s, "
        f"peak {peak:,.0f} MB, {sum(card['rows'] for card in ours['cards']):,} rows found"
    )
    slowest = sorted(ours["cards"], key=lambda card: -card["seconds"])[:5]
    print("  slowest: " + ", ".join(f"{card['card']} {card['seconds']:.2f} s" for card in slowest))
    for engine, result in results.items():
        if engine != "duckdb":
            _compare(engine, result, by_card)
    return total, int(ours["registered"])


def _compare(engine: str, result: dict[str, Any], by_card: dict[str, Any]) -> None:
    ran = [card for card in result["cards"] if not card.get("failed")]
    theirs, ours = sum(c["seconds"] for c in ran), sum(by_card[c["card"]]["seconds"] for c in ran)
    print(
        f"  {engine}: {len(ran)} cards {theirs:.1f} s, peak {result['peak_mb']:,.0f} MB; "
        f"DuckDB on the same {ours:.1f} s, ratio {theirs / ours:.1f}"
    )
    stopped = [f"{c['card']} ({c['stopped']} rules)" for c in ran if c.get("stopped")]
    if stopped:
        print(f"    stopped after {SECONDS_A_RULE} s a rule: {', '.join(stopped)}")
    for card in result["cards"]:
        if card.get("failed"):
            print(f"    cannot run {card['card']}: {card['failed'][:100]}")
        elif not card.get("stopped") and card["rows"] != by_card[card["card"]]["rows"]:
            print(f"    {card['card']}: {card['rows']:,} rows, DuckDB {by_card[card['card']]['rows']:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", action="append")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--measure", choices=(*ENGINES, "build"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    presets = options.preset or ["s", "l"]
    if options.measure:
        run = {"duckdb": in_duckdb, "sqlite": in_sqlite, "pandas": in_pandas, "build": lambda: build(presets[0]) or {}}
        result = run[options.measure]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print("\n@" + json.dumps({**result, "peak_mb": peak}))
        return
    engines = list(dict.fromkeys(["duckdb", *(options.engine or ENGINES)]))
    taken = [(preset, *report(preset, engines)) for preset in presets]
    for (small, seconds, rows), (large, more_seconds, more_rows) in pairwise(taken):
        print(
            f"growth from {small} to {large}: {more_rows / rows:.1f} times the rows, "
            f"{more_seconds / seconds:.1f} times the seconds"
        )


try:
    main()
except MingjingError as error:
    raise SystemExit(str(error)) from None
