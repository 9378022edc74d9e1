"""dbt on the local warehouse on Apache Spark, through the kernel: seed, run, test, an incremental MERGE, a snapshot.

Then the tables must be as they were to become.

Runs in an environment that has dbt-databricks and the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import databricks_sql_kernel as kernel
from databricks_sql_kernel.testing import LocalWarehouse

PROJECT = Path(__file__).parent / "project"
LIMIT = 600.0

# The days that the project is built for, and the steps of each; the second day changes one order and brings another.
DAYS = {
    "2026-04-01": ["seed", "run", "snapshot", "test"],
    "2026-04-02": ["run", "snapshot", "test"],
}
STATES = {
    "2026-04-01": [(10, "placed"), (11, "placed"), (12, "shipped")],
    "2026-04-02": [(10, "shipped"), (11, "placed"), (12, "shipped"), (13, "placed")],
}
# After the second day: the state that has passed is closed, the others are open.
HISTORY = [(10, "placed", True), (10, "shipped", False), (11, "placed", False), (12, "shipped", False), (13, "placed", False)]


def dbt(step: str, day: str, environment: dict[str, str], work: Path) -> None:
    """Runs one step; its failure ends the program with what dbt said."""
    folders = [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target-path",
        str(work / "target"),
        "--log-path",
        str(work),
    ]
    command = [sys.executable, "-m", "dbt.cli.main", step, *folders, "--vars", f"day: '{day}'"]
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode != 0:
        sys.exit(f"dbt {step} failed:\n{done.stdout}\n{done.stderr}")
    summary = next((line for line in reversed(done.stdout.splitlines()) if "Done." in line), "").partition("Done. ")[2]
    print(f"{day}  dbt {step:<9} {time.monotonic() - started:5.1f} s  {summary}", flush=True)


def rows(warehouse: LocalWarehouse, text: str) -> list[tuple[Any, ...]]:
    """A statement's rows."""
    with kernel.Session(**warehouse.connect_arguments(), catalog="main", schema="shop") as session:
        statement = session.statement()
        statement.set_sql(text)
        return [tuple(row.values()) for row in statement.execute().fetch_all_arrow().to_pylist()]


def check(what: str, answered: object, *, expected: object) -> None:
    """Ends the program when something is not as it must be."""
    if answered != expected:
        sys.exit(f"FAILED {what}: {answered} instead of {expected}")
    print(f"ok     {what}", flush=True)


def main() -> int:
    """Runs all."""
    with tempfile.TemporaryDirectory() as work, LocalWarehouse(arguments=["--engine", "spark"], start_limit=180) as warehouse:
        environment = os.environ | {
            "WAREHOUSE_URL": warehouse.url,
            "WAREHOUSE_PATH": warehouse.http_path,
            "WAREHOUSE_TOKEN": warehouse.token,
            "NO_COLOR": "1",
        }
        for day, steps in DAYS.items():
            for step in steps:
                dbt(step, day, environment, Path(work))
            check(
                f"{day}: the incremental table",
                rows(warehouse, "SELECT id, status FROM merged_orders ORDER BY id"),
                expected=STATES[day],
            )
        states = "SELECT id, status, dbt_valid_to IS NOT NULL FROM order_states ORDER BY id, status"
        check("the snapshot", rows(warehouse, states), expected=HISTORY)
        check("dbt changed it by MERGE", "merge into" in (Path(work) / "dbt.log").read_text(encoding="utf-8"), expected=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
