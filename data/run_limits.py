"""Limits on a rule's run: time, memory and rows, so that no rule keeps the office waiting or fills its memory.

A rule that passes `data.comparison.find_faults` may still be endless (two large registers met on a field that is equal
nearly everywhere). What goes beyond a limit is stopped with a sentence; nothing of the run is kept.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from data.errors import CardRefused, RunStopped, is_interruption

MEMORY = "4GiB"
"""Of memory for one run; there is no spilling to disk, where personal data would be left behind."""
_BATCH = 10_000
_OF_THE_TEXT = (duckdb.ParserException, duckdb.SyntaxException, duckdb.BinderException, duckdb.CatalogException)
"""Errors that tell of the SQL alone; the others quote the value they met."""
_AGAIN = 0.2
"""Seconds between interruptions: one that falls between two statements is lost."""


@dataclass(frozen=True)
class Limits:
    """What one rule may take, over all the regions with values of their own."""

    seconds: float = 600.0
    rows: int = 1_000_000


COLLISION = Limits()
"""A rule in a collision or a back-test: large registers may take minutes, and nobody waits before a page."""
PREVIEW = Limits(seconds=10.0)
"""A rule in the model factory's preview, where a person waits."""


class Allowance:
    """What is left of a rule's limits while it runs."""

    def __init__(self, rule: str, limits: Limits) -> None:
        self.rule = rule
        self.limits = limits
        self.ends = time.monotonic() + limits.seconds
        """Moment (monotonic seconds) when its time is over."""
        self._rows = 0

    def rows_of(self, connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[dict[str, Any]]:
        """Run a rule's bound SQL and yield its rows, column name to value.

        Raises: RunStopped beyond a limit, CardRefused for SQL that DuckDB cannot run.
        """
        try:
            with _interrupting(connection, self.ends):
                result = connection.execute(sql)
                names = [column[0] for column in result.description or ()]
                while batch := result.fetchmany(_BATCH):
                    self.count(len(batch))
                    for values in batch:
                        yield dict(zip(names, values, strict=True))
                self.count(0)
        except duckdb.OutOfMemoryException as error:
            raise RunStopped(
                f"{self.rule} was stopped: it needs more than {MEMORY} of memory. Nothing was kept. "
                "Narrow its window, or join on a field that tells the rows apart.",
                f"{self.rule} 已中止：所需内存超过 {MEMORY}，未保留任何结果。"
                "请缩小时间范围，或改用区分度更高的匹配字段。",
            ) from error
        except (duckdb.Error, RuntimeError) as error:
            if is_interruption(error):
                if time.monotonic() < self.ends:
                    raise
                raise self.too_long() from error
            if not isinstance(error, duckdb.Error):
                raise
            if isinstance(error, _OF_THE_TEXT):
                first = str(error).splitlines()[0][:300]
                raise CardRefused(
                    f"{self.rule}, cannot be run: {first} Mend the rule's SQL.",
                    f"{self.rule} 无法运行：{first} 请修改规则的 SQL。",
                ) from error
            raise self.bad_value(str(error).partition(":")[0][:40]) from error

    def count(self, n: int) -> None:
        """Take n rows off what is left; raises RunStopped where nothing is left, of rows or of time."""
        self._rows += n
        if self._rows > self.limits.rows:
            raise RunStopped(
                f"{self.rule} was stopped: it returns more than {self.limits.rows:,} rows, the most a rule may return. "
                "Nothing was kept. Add conditions, or join on a field that tells the rows apart.",
                f"{self.rule} 已中止：返回超过 {self.limits.rows:,} 行（单条规则的上限），未保留任何结果。"
                "请增加条件，或改用区分度更高的匹配字段。",
            )
        if time.monotonic() >= self.ends:
            raise self.too_long()

    def bad_value(self, kind: str) -> CardRefused:
        """What is said of a value that the rule's SQL cannot take: never the value, which may be somebody's number."""
        return CardRefused(
            f"{self.rule}, cannot be run: it meets a value that it cannot take ({kind}); the value is not shown, as it "
            "may be personal. Mend the rule's SQL: turn only texts that are numbers or dates into those.",
            f"{self.rule} 无法运行：遇到无法处理的值（{kind}），该值可能涉及个人信息，不予显示。"
            "请修改规则的 SQL：只把写成数字或日期的文字转换为数字或日期。",
        )

    def too_long(self) -> RunStopped:
        """What is said of a rule that was not done in time."""
        return RunStopped(
            f"{self.rule} was stopped: it was not done within {self.limits.seconds:g} seconds, the longest a rule may "
            "take here. Nothing was kept. Narrow its window, or join on a field that tells the rows apart.",
            f"{self.rule} 已中止：{self.limits.seconds:g} 秒内未完成（单条规则的时限），未保留任何结果。"
            "请缩小时间范围，或改用区分度更高的匹配字段。",
        )


@contextmanager
def _interrupting(connection: duckdb.DuckDBPyConnection, ends: float) -> Iterator[None]:
    """Interrupts what the connection does from a moment (monotonic seconds) on, until the block is left."""
    left = threading.Event()

    def watch() -> None:
        wait = max(0.0, ends - time.monotonic())
        while not left.wait(wait):
            connection.interrupt()
            wait = _AGAIN

    watcher = threading.Thread(target=watch, name="rule-time-limit", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        left.set()
        watcher.join()
