"""The 22 TPC-H queries on each engine of the local warehouse, through the kernel, in seconds.

Of each the median of three runs, after one to warm up.

bench.py [SCALE_FACTOR]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import databricks_sql_kernel as kernel
from databricks_sql_kernel.testing import LocalWarehouse

QUERIES = sorted((Path(__file__).parent / "queries").glob("q*.sql"))
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
ENGINES = ("embedded", "spark")
RUNS = 3


def rows(session: kernel.Session, text: str) -> int:
    """Runs a statement and reads all of its answer."""
    statement = session.statement()
    statement.set_sql(text)
    executed = statement.execute()
    count = int(executed.fetch_all_arrow().num_rows)
    executed.close()
    return count


def main() -> int:
    """Prints a line a query, engines in turn, so that both see the same machine."""
    scale_factor = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    warehouses = [LocalWarehouse(scale_factor=scale_factor, arguments=["--engine", engine], start_limit=180) for engine in ENGINES]
    try:
        sessions = [
            kernel.Session(**warehouse.start().connect_arguments(), catalog="samples", schema="tpch") for warehouse in warehouses
        ]
        for session in sessions:
            for table in TABLES:
                rows(session, f"SELECT count(*) FROM {table}")
        print(f"scale factor {scale_factor:g}, median of {RUNS} runs in seconds")
        print(f"{'query':<8}" + "".join(f"{engine:>10}" for engine in ENGINES), flush=True)
        totals = [0.0 for _ in ENGINES]
        for path in QUERIES:
            text = path.read_text(encoding="utf-8")
            times: list[list[float]] = [[] for _ in ENGINES]
            for run in range(RUNS + 1):
                for at, session in enumerate(sessions):
                    started = time.perf_counter()
                    rows(session, text)
                    if run:
                        times[at].append(time.perf_counter() - started)
            medians = [statistics.median(of_engine) for of_engine in times]
            totals = [total + median for total, median in zip(totals, medians, strict=True)]
            print(f"{path.stem:<8}" + "".join(f"{median:>10.2f}" for median in medians), flush=True)
        print(f"{'all':<8}" + "".join(f"{total:>10.2f}" for total in totals))
        for session in sessions:
            session.close()
    finally:
        for warehouse in warehouses:
            warehouse.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
