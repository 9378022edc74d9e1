"""Prints how 1,000 statements at once go: in one asyncio loop, and with the published wheel in threads.

`bench_async.py OURS PUBLISHED`: two Python interpreters, one that has the wheel and one that has the published wheel.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

COUNT = 1000
ROUNDS = 3


def sql(number: int) -> str:
    return f"SELECT {number} AS n, sum(id) AS s FROM range({number + 1})"  # noqa: S608


def check(number: int, row: tuple[Any, ...]) -> None:
    assert row == (number, number * (number + 1) // 2), (number, row)


async def in_one_loop(arguments: dict[str, Any]) -> None:
    from databricks_sql_kernel import aio

    async with aio.connect(**arguments) as session:

        async def ask(number: int) -> None:
            async with await session.execute(sql(number)) as result:
                [row] = [row async for row in result.rows()]
                check(number, row)

        await asyncio.gather(*map(ask, range(COUNT)))


def in_threads(arguments: dict[str, Any]) -> None:
    import databricks_sql_kernel as kernel

    session = kernel.Session(**arguments)
    failures: list[str] = []

    def ask(number: int) -> None:
        try:
            statement = session.statement()
            statement.set_sql(sql(number))
            table = statement.execute().fetch_all_arrow()
            check(number, (table["n"][0].as_py(), table["s"][0].as_py()))
        except Exception as error:
            failures.append(str(error)[:120])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(COUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.close()
    if failures:
        raise RuntimeError(f"{len(failures)} of {COUNT} failed: {failures[0]}")


def client(way: str, arguments: dict[str, Any]) -> None:
    """One measurement: seconds, and the memory that it took above what importing takes."""
    import databricks_sql_kernel as kernel
    import pyarrow as pa  # noqa: F401

    kernel.Session(**arguments).close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    if way == "loop":
        asyncio.run(in_one_loop(arguments))
    else:
        in_threads(arguments)
    seconds = time.perf_counter() - begin
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "mebibytes": (most - before) / 1024, "threads": COUNT if way == "threads" else 1}))


def main() -> None:
    """The ways take turns; medians."""
    from databricks_sql_kernel.testing import LocalWarehouse

    ours, published = sys.argv[1:3]
    ways = {"this package, one asyncio loop": (ours, "loop"), "this package, 1,000 threads": (ours, "threads")}
    ways["published wheel 1.3.0, 1,000 threads"] = (published, "threads")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    failed: dict[str, str] = {}
    with LocalWarehouse(scale_factor=0.01) as warehouse:
        for _ in range(ROUNDS):
            for name, (python, way) in ways.items():
                arguments = json.dumps(warehouse.connect_arguments())
                ran = subprocess.run([python, __file__, "--client", way, arguments], capture_output=True, text=True, check=False)
                if ran.returncode:
                    failed[name] = ran.stderr.strip().splitlines()[-1]
                else:
                    found[name].append(json.loads(ran.stdout))
    print(f"| {COUNT:,} statements at once | time | memory above the import | all right |\n|---|--:|--:|---|")
    for name, runs in found.items():
        if name in failed:
            print(f"| {name} | | | no: {failed[name]} |")
        else:
            time_text = f"{statistics.median(run['seconds'] for run in runs):.2f} s"
            print(f"| {name} | {time_text} | {statistics.median(run['mebibytes'] for run in runs):.0f} MiB | yes |")


if __name__ == "__main__":
    if sys.argv[1] == "--client":
        client(sys.argv[2], json.loads(sys.argv[3]))
    else:
        main()
