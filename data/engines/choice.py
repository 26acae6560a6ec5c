"""Which engine a word on the command line names."""

from data.engines import Engine
from data.engines.on_duckdb import DuckdbEngine
from data.engines.on_spark import SparkEngine
from data.errors import InputRefused


def engine_named(name: str) -> Engine:
    """The engine: `duckdb`, `local` for Spark in this process, or the address of a Spark master.

    Raises: InputRefused for another name, or where Spark is not installed or not reached.
    """
    if name == "duckdb":
        return DuckdbEngine()
    if name == "local":
        return SparkEngine("local[2]")
    if name.startswith("spark://"):
        return SparkEngine(name)
    raise InputRefused(
        f"--engine: got {name[:60]}, expected duckdb, local or spark://host:port; name one of these.",
        f"--engine：现为 {name[:60]}，应为 duckdb、local 或 spark://主机:端口。",
    )
