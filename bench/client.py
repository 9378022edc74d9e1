"""One run of one scenario in a process of its own: prints seconds, CPU seconds and memory as one line of JSON.

Usage: python client.py KIND URL SQL COUNT. It runs on whichever `databricks_sql_kernel` the interpreter has. Memory is in bytes
over what the process had after the import, the connection and one small query.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HTTP_PATH = "/sql/1.0/warehouses/bench"
TOKEN = "bench"  # noqa: S105 - the server takes anything
SMALL = "SELECT 1"


def memory(name: str) -> int:
    """A line of this process's status, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def execute(session: Any, sql: str) -> Any:
    """A statement's result."""
    statement = session.statement()
    statement.set_sql(sql)
    return statement.execute()


def stream(session: Any, sql: str) -> int:
    """Reads batch by batch and keeps none."""
    result = execute(session, sql)
    rows = 0
    while (batch := result.fetch_next_batch()) is not None:
        rows += batch.num_rows
    return rows


def fetch_all(session: Any, sql: str) -> int:
    """Reads a whole table."""
    return int(execute(session, sql).fetch_all_arrow().num_rows)


def at_once(session: Any, sql: str, count: int) -> int:
    """So many results, each streamed in a thread of its own, over one session."""
    rows = [0] * count

    def work(number: int) -> None:
        rows[number] = stream(session, sql)

    threads = [Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rows)


def many(session: Any, sql: str, count: int) -> dict[str, float]:
    """One small query after the other: the seconds of the middle one, and of the slowest but five in a hundred."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        result = execute(session, sql)
        assert result.fetch_next_batch() is not None
        assert result.fetch_next_batch() is None
        seconds.append(time.perf_counter() - start)
    seconds.sort()
    return {"p50": seconds[count // 2], "p95": seconds[count * 95 // 100]}


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    """What a piece of work takes."""
    base = memory("VmRSS")
    # From here on the high-water mark is this run's.
    Path("/proc/self/clear_refs").write_text("5")
    cpu, start = time.process_time(), time.perf_counter()
    answer = work()
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu_seconds, "peak": memory("VmHWM") - base, "answer": answer}


def with_session(url: str, work: Callable[[Any], Any]) -> dict[str, Any]:
    """Runs it on a session that has answered a query before."""
    import databricks_sql_kernel as kernel
    import pyarrow as pa  # noqa: F401 - part of the base

    session = kernel.Session(host=url, http_path=HTTP_PATH, auth_type="pat", access_token=TOKEN)
    if hasattr(session, "open"):
        session.open()
    stream(session, SMALL)
    return measured(lambda: work(session))


def with_connector(url: str, sql: str) -> dict[str, Any]:
    """Rows through databricks-sql-connector as it is published."""
    from databricks import sql as connector

    with (
        connector.connect(server_hostname=url, http_path=HTTP_PATH, access_token=TOKEN, use_kernel=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(SMALL)
        cursor.fetchall()

        def work() -> int:
            cursor.execute(sql)
            return len(cursor.fetchall())

        return measured(work)


def main(kind: str, url: str, sql: str, count: int) -> dict[str, Any]:
    """The figures of one run."""
    if kind == "rows":
        return with_connector(url, sql)
    work: dict[str, Callable[[Any], Any]] = {
        "stream": lambda session: stream(session, sql),
        "fetch_all": lambda session: fetch_all(session, sql),
        "at_once": lambda session: at_once(session, sql, count),
        "many": lambda session: many(session, sql, count),
    }
    return with_session(url, work[kind])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
