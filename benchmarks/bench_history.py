"""As-of history of every alert by one key: one pass in numba against DuckDB windows over the same events."""

import time

import duckdb
import numpy as np
from feed import feed

from features.past import Past

N_ALERTS = 300_000
QUERY = """
WITH told AS (SELECT source AS key, known_at AS told_at, label FROM alerts WHERE label IS NOT NULL),
     running AS (SELECT key, told_at, count(*) OVER w AS n, sum(label) OVER w AS confirmed FROM told
                 WINDOW w AS (PARTITION BY key ORDER BY told_at RANGE UNBOUNDED PRECEDING))
SELECT a.alert_id, r.n, r.confirmed FROM alerts a
ASOF LEFT JOIN (SELECT DISTINCT * FROM running) r ON r.key = a.source AND r.told_at < a.raised_at
ORDER BY a.alert_id::INT
"""


def main() -> None:
    alerts = feed(N_ALERTS)
    Past.of(alerts.head(1000)).outcomes_by(Past.of(alerts.head(1000)).keys(["source"]))
    began = time.perf_counter()
    past = Past.of(alerts)
    ours = past.outcomes_by(past.keys(["source"]))
    seconds = time.perf_counter() - began
    connection = duckdb.connect()
    connection.register("alerts", alerts)
    began = time.perf_counter()
    theirs = connection.execute(QUERY).fetchnumpy()
    other = time.perf_counter() - began
    same = np.array_equal(ours[0], np.ma.filled(theirs["n"], 0))
    print(f"{N_ALERTS:,} alerts, one key: numba {seconds:.2f} s, DuckDB {other:.2f} s, ratio {other / seconds:.1f}")
    print(f"counts agree: {same}")
    if not same:
        raise SystemExit(1)


main()
