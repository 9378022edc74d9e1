"""The life of a local Spark: it ends with its warehouse, however that ends; without pyspark the error says what to install."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from databricks_sql_kernel.testing import LocalWarehouse, LocalWarehouseError

LIMIT = 30.0


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(child)
        for task in Path(f"/proc/{parent}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


def ends(process: int) -> bool:
    """Waits until a process that is not ours has ended."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def check(what: str, *, good: bool) -> None:
    """Prints what was checked; ends the program when it is not so."""
    print(f"{'ok' if good else 'FAILED':<7} {what}", flush=True)
    if not good:
        sys.exit(1)


def start(python: str) -> LocalWarehouse:
    """A warehouse on Spark."""
    return LocalWarehouse(scale_factor=0.01, arguments=["--engine", "spark", "--spark-python", python], start_limit=180).start()


def main() -> int:
    """Runs all checks."""
    python = sys.argv[1]
    warehouse = start(python)
    (spark,) = children(warehouse.process_id)
    warehouse.stop()
    check("SIGTERM of the warehouse ends Spark", good=ends(spark))
    warehouse = start(python)
    (spark,) = children(warehouse.process_id)
    os.kill(warehouse.process_id, signal.SIGKILL)
    check("a killed warehouse takes Spark along", good=ends(spark))
    warehouse.stop()
    bare = subprocess.run(
        [os.environ["LOCAL_WAREHOUSE_BIN"], "--token", "t", "--engine", "spark", "--spark-python", "/nowhere/python"],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    check("without pyspark the error says how to install it", good=bare.returncode != 0 and "pip install pyspark==" in bare.stderr)
    try:
        LocalWarehouse(arguments=["--engine", "sc://127.0.0.1:1"], start_limit=60).start()
    except LocalWarehouseError:
        check("a server that is not there is an error at the start", good=True)
        return 0
    check("a server that is not there is an error at the start", good=False)
    return 1


if __name__ == "__main__":
    sys.exit(main())
