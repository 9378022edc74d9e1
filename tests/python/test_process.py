"""The kernel in the life of a process: forks, threads, the interpreter's end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import child
import pytest

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse

OPEN = """
import databricks_sql_kernel as kernel
session = kernel.Session(**arguments)
def ask(session, query):
    statement = session.statement()
    statement.set_sql(query)
    return statement.execute().fetch_all_arrow().to_pylist()
"""


def test_forked_child_is_told_and_opens_its_own(warehouse: LocalWarehouse) -> None:
    program = f"""{OPEN}
import os
ask(session, "SELECT 1 AS n")
statement = session.statement()
if (child := os.fork()) == 0:
    try:
        attach = lambda: session.attach_async_statement("x")
        for call in (lambda: ask(session, "SELECT 1 AS n"), statement.submit, attach, session.metadata):
            try:
                call()
            except kernel.KernelError as error:
                tell(code=error.code, message=error.message)
        with kernel.Session(**arguments) as own:
            tell(rows=ask(own, "SELECT 2 AS n"))
    finally:
        sys.stdout.flush()
        os._exit(0)
os.waitpid(child, 0)
tell(rows=ask(session, "SELECT 3 AS n"))
session.close()
"""
    status, told, errors = child.run(program, warehouse.connect_arguments())
    message = "the session was opened before this process was forked: open one of its own here"
    refusal = {"code": "InvalidState", "message": message}
    assert told == [refusal, refusal, refusal, refusal, {"rows": [{"n": 2}]}, {"rows": [{"n": 3}]}]
    assert (status, errors) == (0, "")


def test_multiprocessing_children_work(warehouse: LocalWarehouse) -> None:
    program = f"""{OPEN}
import multiprocessing
def work(n):
    with kernel.Session(**arguments) as own:
        return ask(own, f"SELECT {{n}} AS n")[0]["n"]
def fail(n):
    with kernel.Session(**arguments) as own:
        ask(own, "SELEC")
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        tell(answers=pool.map(work, range(4)))
        try:
            pool.map(fail, range(1))
        except kernel.KernelError as error:
            tell(code=error.code, sql_state=error.sql_state, query=bool(error.query_id))
        pool.close()
        pool.join()
session.close()
"""
    status, told, errors = child.run(program, warehouse.connect_arguments())
    assert told == [{"answers": [0, 1, 2, 3]}, {"code": "SqlError", "sql_state": "42601", "query": True}]
    assert (status, errors) == (0, "")


ENDINGS = {
    "closed": "session.close()",
    "open": "",
    "half-read": "result = session.statement(); result.set_sql('SELECT * FROM range(1000000)'); result = result.execute()",
    "submitted": "s = session.statement(); s.set_sql('SELECT 1'); submitted = s.submit()",
    "logging": "logging.getLogger('databricks.sql.kernel').setLevel(1); ask(session, 'SELECT 1')",
    "daemon": """
import contextlib, threading
def loop():
    with contextlib.suppress(kernel.KernelError):
        while True:
            ask(session, "SELECT 1")
for _ in range(4):
    threading.Thread(target=loop, daemon=True).start()
ask(session, "SELECT 1")
""",
    "daemon that lets errors out": """
import threading
def loop(ready):
    while True:
        try:
            ask(session, "SELECT 1")
            ready.set()
        except kernel.KernelError as error:
            raise RuntimeError("in words of the program's own") from error
for _ in range(4):
    threading.Thread(target=loop, args=(ready := threading.Event(),), daemon=True).start()
ready.wait()
""",
    "cursor": """
from databricks_sql_kernel import connector
connection = connector.connect(arguments["host"], arguments["http_path"], arguments["access_token"], enable_telemetry=False)
cursor = connection.cursor()
cursor.execute("SELECT * FROM range(1000000)")
cursor.fetchone()
""",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_interpreter_ends_cleanly(warehouse: LocalWarehouse, ending: str) -> None:
    program = f"""{OPEN}
import logging
logging.basicConfig(filename="/dev/null", level=1)
{ENDINGS[ending]}
tell(done=True)
"""

    def end(_: int) -> tuple[int, list[dict[str, bool]], str]:
        return child.run(program, warehouse.connect_arguments(), "-W", "default::ResourceWarning")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(end, range(20))) == [(0, [{"done": True}], "")] * 20


def test_provider_that_is_asked_all_the_time_does_not_hinder_the_end(warehouse: LocalWarehouse) -> None:
    program = """
import contextlib, threading
import databricks_sql_kernel as kernel
token = arguments.pop("access_token")
session = kernel.Session(**arguments, token_provider=lambda: token)
def loop():
    with contextlib.suppress(kernel.KernelError):
        while True:
            statement = session.statement()
            statement.set_sql("SELECT 1")
            statement.execute()
for _ in range(4):
    threading.Thread(target=loop, daemon=True).start()
statement = session.statement()
statement.set_sql("SELECT 1")
statement.execute()
tell(done=True)
"""

    def end(_: int) -> tuple[int, list[dict[str, bool]], str]:
        return child.run(program, warehouse.connect_arguments(), "-W", "ignore::ResourceWarning")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(end, range(20))) == [(0, [{"done": True}], "")] * 20


def test_calls_after_the_shutdown_say_so(warehouse: LocalWarehouse) -> None:
    program = f"""{OPEN}
from databricks_sql_kernel import _library
_library.shut_down()
try:
    ask(session, "SELECT 1")
except kernel.KernelError as error:
    tell(code=error.code, message=error.message)
session.close()
"""
    status, told, errors = child.run(program, warehouse.connect_arguments(), "-W", "default::ResourceWarning")
    assert told == [{"code": "InvalidState", "message": "the kernel was shut down"}]
    assert (status, errors) == (0, "")
