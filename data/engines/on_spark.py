"""Comparing on a Spark cluster, or on Spark in this process: the same registers, the same rules, the same rows.

The cluster's machines see the registers' folder under the same path, and have the packages of the statistical words.
"""

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from data.comparison import Value, bind_values, on_columns
from data.errors import CardRefused, InputRefused, RunStopped
from data.office_time import shanghai_day
from data.register_catalogue import Register, find_register
from data.registers import latest_filings, standing
from data.run_limits import Allowance
from data.settings import settings
from data.statistical_words import STATISTICAL_WORDS

_TYPES = {"text": "STRING", "month": "STRING", "date": "DATE", "number": "DOUBLE", "flag": "BOOLEAN"}
_SETTINGS = {
    "spark.app.name": "mingjing",
    "spark.ui.enabled": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_LOCAL = {
    "spark.sql.warehouse.dir": tempfile.gettempdir(),
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}

_MISSING_FILE = ("FileNotFoundException", "FILE_NOT_EXIST", "FAILED_READ_FILE", "PATH_NOT_FOUND", "No such file")
_MEMORY = ("OutOfMemoryError", "UNABLE_TO_ACQUIRE_MEMORY", "maxResultSize", "exceeding memory limits")
"""What the text of an error has where files are missing, and where memory is."""


class SparkEngine:
    """Spark at a master's address: `spark://host:port`, or `local[2]` for Spark in this process."""

    def __init__(self, master: str) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise InputRefused(
                "Spark is not installed: run `pip install 'pyspark>=4.1,<4.2'` where Mingjing runs (Java 17 is "
                "needed too), or leave out --engine to compare with DuckDB.",
                "没有安装 Spark：请在本机执行 pip install 'pyspark>=4.1,<4.2'（另需 Java 17 以上），"
                "或不写 --engine，使用 DuckDB。",
            ) from error
        if master.startswith("local"):
            # Spark asks the environment which Python its workers are; in this process it is this one.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(master)
        for name, value in {**_SETTINGS, **(_LOCAL if master.startswith("local") else {})}.items():
            builder = builder.config(name, value)
        try:
            self._spark: Any = builder.getOrCreate()
        except Exception as error:  # py4j and Java tell it in many ways
            raise InputRefused(
                f"Spark at {master} cannot be reached: {str(error).splitlines()[0][:200]}. Give the address of its "
                "master, such as spark://10.0.0.5:7077, or leave out --engine to compare with DuckDB.",
                f"无法连接 Spark（{master}）。请核对主节点地址，如 spark://10.0.0.5:7077，"
                "或不写 --engine，使用 DuckDB。",
            ) from error

    def open(self, session: Session, columns: Mapping[str, Collection[str]], *, as_of: datetime) -> "SparkRegisters":
        """The registers as temporary views of a Spark session of their own."""
        from pyspark.sql.pandas import functions

        by_column: Any = functions.arrow_udf  # told by the type hints that it takes columns
        spark = self._spark.newSession()
        day = shanghai_day(as_of)
        for name, filings in latest_filings(session, columns).items():
            paths = [settings().registers / str(filing.path) for filing in standing(filings, day)]
            rows = _known_rows(spark, find_register(session, name), paths, day)
            rows.select(*dict.fromkeys(columns[name])).createOrReplaceTempView(name)
        for name, word in STATISTICAL_WORDS.items():
            spark.udf.register(name, by_column(on_columns(word), "double"))
        return SparkRegisters(spark)

    def stop(self) -> None:
        """End Spark in this process, or leave the cluster."""
        self._spark.stop()


class SparkRegisters:
    """Registers as temporary views of a Spark session."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def rows_of(self, sql: str, values: Mapping[str, Value], allowance: Allowance) -> Iterator[dict[str, Any]]:
        """The rows of a rule; see `OpenRegisters`."""
        bound = bind_values(sql, values, dialect="spark")
        with _stopping(self._spark.sparkContext, allowance):
            frame = self._spark.sql(f"SELECT * FROM ({bound}) LIMIT {allowance.limits.rows + 1}")  # noqa: S608
            names, found = frame.columns, frame.collect()
        allowance.count(len(found))
        return (dict(zip(names, row, strict=True)) for row in found)

    def close(self) -> None:
        """Forget the views."""
        for view in self._spark.catalog.listTables():
            self._spark.catalog.dropTempView(view.name)


@contextmanager
def _stopping(context: Any, allowance: Allowance) -> Iterator[None]:
    """Cancels the jobs started inside when their time is over, and says in a sentence what went wrong."""
    group = uuid4().hex
    context.setJobGroup(group, "comparison", interruptOnCancel=True)
    timer = threading.Timer(max(0.0, allowance.ends - time.monotonic()), context.cancelJobGroup, [group])
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        context.cancelJobGroup(group)
        raise
    except Exception as error:  # py4j and Spark tell it in many ways
        if time.monotonic() >= allowance.ends:
            raise allowance.too_long() from error
        raise failure_of(error, allowance) from error
    finally:
        timer.cancel()


def failure_of(error: Exception, allowance: Allowance) -> InputRefused:
    """What an error of Spark is: the rule's (CardRefused), too little memory (RunStopped), or the cluster's.

    Spark gives faults of a statement the SQL states 42 (names, syntax) and 22 (values), wherever they are found.
    """
    from pyspark.errors import AnalysisException

    text = str(error).strip() or type(error).__name__
    lines = text.splitlines()
    first = lines[0][:300]
    if type(error).__name__ == "PythonException":
        return InputRefused(
            f"{allowance.rule} was not compared: the Python of the cluster's machines failed ({lines[-1][:200]}). "
            "Statistical words need numpy, scipy, pyarrow and Mingjing there; name that Python in PYSPARK_PYTHON.",
            f"{allowance.rule} 未能比对：集群机器上的 Python 出错（{lines[-1][:200]}）。统计函数需要在集群各机安装 "
            "numpy、scipy、pyarrow 和明镜，并以 PYSPARK_PYTHON 指明该 Python 的路径。",
        )
    if any(sign in text for sign in _MISSING_FILE):
        return InputRefused(
            f"{allowance.rule} was not compared: a register's file cannot be read on the cluster ({first}). "
            "Every machine must see the registers' folder under the same path; then run it again.",
            f"{allowance.rule} 未能比对：集群上读不到数据文件（{first}）。"
            "请让集群各机以同一路径访问数据文件夹，然后重新运行。",
        )
    if any(sign in text for sign in _MEMORY):
        return RunStopped(
            f"{allowance.rule} was stopped: it needs more memory than the cluster gives it ({first}). Nothing was "
            "kept. Narrow its window, join on a field that tells the rows apart, or give Spark more memory.",
            f"{allowance.rule} 已中止：所需内存超过集群配置（{first}），未保留任何结果。"
            "请缩小时间范围，改用区分度更高的匹配字段，或为 Spark 增加内存。",
        )
    if state := re.search(r"SQLSTATE: (22\w{3})", text):
        return allowance.bad_value(state[1])
    if isinstance(error, AnalysisException) or "SQLSTATE: 42" in text:
        return CardRefused(
            f"{allowance.rule}, cannot be run: {first} Mend the rule's SQL.",
            f"{allowance.rule} 无法运行：{first} 请修改规则的 SQL。",
        )
    return InputRefused(
        f"{allowance.rule} was not compared: Spark failed ({first}). Nothing was kept. See whether its machines are "
        "up, and run it again; or leave out --engine to compare with DuckDB.",
        f"{allowance.rule} 未能比对：Spark 出错（{first}），未保留任何结果。"
        "请检查集群各机是否正常后重新运行，或不写 --engine，使用 DuckDB。",
    )


def _known_rows(spark: Any, register: Register, paths: list[Path], day: date) -> Any:
    """The rows that `data.registers` shows in DuckDB, as a frame of Spark."""
    typed = {**{c.name: _TYPES[c.type] for c in register.columns.values()}, "received_on": "DATE"}
    if not paths:
        nothing = ", ".join(f"CAST(NULL AS {type_}) AS {column}" for column, type_ in typed.items())
        return spark.sql(f"SELECT {nothing} WHERE false")
    known = []
    for version, path in enumerate(paths):
        held = pq.read_schema(path).names
        # A version filed before a column was added to the register does not have it.
        columns = [c if c in held else f"CAST(NULL AS {type_}) AS {c}" for c, type_ in typed.items()]
        place = [f"{version} AS filed", "_metadata.row_index AS place"]
        known.append(
            spark.read.parquet(str(path))
            .where(f"received_on <= DATE '{day}' AND (replaced_on IS NULL OR replaced_on > DATE '{day}')")
            .selectExpr(*columns, *(place if register.key and len(paths) > 1 else []))
        )
    frame = known[0]
    for more in known[1:]:
        frame = frame.unionAll(more)
    if register.key and len(paths) > 1:
        newest = f"row_number() OVER (PARTITION BY {', '.join(register.key)}"
        newest += " ORDER BY received_on DESC, filed DESC, place DESC)"
        frame = frame.selectExpr(*typed, f"{newest} AS newest").where("newest = 1").select(*typed)
    return frame
