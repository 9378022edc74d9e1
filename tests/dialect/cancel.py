"""A query that is cancelled ends on Spark too: its jobs and tasks, as Spark's own REST API tells.

The warehouse is put before a Spark Connect server that runs already.

cancel.py PYTHON    an interpreter that has pyspark
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as kernel
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Callable

ENDLESS = "SELECT count(*) FROM range(100000000) a CROSS JOIN range(100000000) b WHERE a.id % 7 = b.id % 11"
LIMIT = 60.0


class Spark:
    """A Spark Connect server as its users start it, with the REST API of its user interface."""

    def __init__(self, python: str) -> None:
        """Starts it, and waits until both have told their ports."""
        asked = subprocess.run(
            [python, "-c", "import pyspark; print(pyspark.__path__[0])"], capture_output=True, text=True, check=True
        )
        home = Path(asked.stdout.strip())
        settings = {
            "spark.master": "local[2]",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.port": "0",
            "spark.ui.showConsoleProgress": "false",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": "0",
        }
        self.process = subprocess.Popen(
            [
                str(home / "bin" / "spark-submit"),
                *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
                "--class",
                "org.apache.spark.sql.connect.service.SparkConnectServer",
                "spark-internal",
            ],
            env=os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: Any = self.process.stderr
        self.ui = self._port(r"service 'SparkUI' on port (\d+)")
        self.port = self._port(r"server started at: .*:(\d+)$")
        # Read on, so that the server never waits for somebody to read its log.
        threading.Thread(target=self._follow, daemon=True).start()

    def _port(self, told: str) -> int:
        """The port in a line of the log."""
        lines = []
        for line in self.log:
            lines.append(line)
            if found := re.search(told, line):
                return int(found.group(1))
        sys.exit("Spark ended before it was ready:\n" + "".join(lines[-20:]))

    def _follow(self) -> None:
        for _ in self.log:
            pass

    def ask(self, path: str) -> Any:
        """An answer of the REST API."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ui}/api/v1/applications{path}", timeout=LIMIT) as answer:
            return json.load(answer)

    def works(self) -> tuple[int, int]:
        """The jobs that run, and the tasks."""
        (application,) = self.ask("")
        jobs = self.ask(f"/{application['id']}/jobs?status=running")
        executors = self.ask(f"/{application['id']}/executors")
        return len(jobs), sum(executor["activeTasks"] for executor in executors)

    def until(self, wanted: Callable[[int, int], bool]) -> bool:
        """Asks until its work is as wanted; False when it never is."""
        deadline = time.monotonic() + LIMIT
        while not wanted(*self.works()):
            if time.monotonic() > deadline:
                return False
            # The server is asked, not the clock; the pause leaves it some of the machine.
            threading.Event().wait(0.05)
        return True

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait()


def check(what: str, *, good: bool) -> None:
    """Prints what was checked; ends the program when it is not so."""
    print(f"{'ok' if good else 'FAILED':<7} {what}", flush=True)
    if not good:
        sys.exit(1)


def ends(spark: Spark, what: str, end: Callable[[], object]) -> None:
    """Ends a query that runs on Spark, and waits until Spark has nothing to do."""
    check(f"{what}: Spark runs the query", good=spark.until(lambda jobs, tasks: jobs > 0 and tasks > 0))
    started = time.monotonic()
    end()
    idle = spark.until(lambda jobs, tasks: jobs == 0 and tasks == 0)
    check(f"{what}: its jobs and tasks have ended after {time.monotonic() - started:.2f} s", good=idle)


def submitted(session: kernel.Session) -> kernel.ExecutedAsyncStatement:
    """The endless query, running."""
    statement = session.statement()
    statement.set_sql(ENDLESS)
    return statement.submit()


def failure(call: Callable[[], object]) -> str:
    """The code of the error that a call ends with."""
    try:
        call()
    except kernel.KernelError as error:
        return error.code
    return "no error"


def main(python: str) -> int:
    """Runs all checks."""
    spark = Spark(python)
    try:
        with LocalWarehouse(arguments=["--engine", f"sc://127.0.0.1:{spark.port}"], start_limit=60) as warehouse:
            session = kernel.Session(**warehouse.connect_arguments())
            running = submitted(session)
            ends(spark, "cancel", running.cancel)
            code = failure(running.await_result)
            check(f"the caller is told: {code}", good=code == "Cancelled")
            submitted(session)
            ends(spark, "closing the session", session.close)
            # Long enough for a busy machine to begin the query before its time is over.
            with kernel.Session(**warehouse.connect_arguments(), session_conf={"STATEMENT_TIMEOUT": "15"}) as session:
                running = submitted(session)
                ends(spark, "STATEMENT_TIMEOUT", lambda: failure(running.await_result))
            session = kernel.Session(**warehouse.connect_arguments())
            submitted(session)
            ends(spark, "the end of the warehouse", warehouse.stop)
    finally:
        spark.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
