"""The kernel in the life of a process: forks, threads, the interpreter's end."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import LONG_QUERY
from extras import needs_connector

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse

OPEN = """
import databricks_sql_kernel as kernel
session = kernel.Session(**arguments)
def ask(session, query):
    statement = session.statement()
    statement.set_sql(query)
    result = statement.execute()
    names = [column.name for column in result.columns()]
    return [dict(zip(names, row)) for row in result.rows()]
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


@pytest.mark.parametrize("ending", [pytest.param(name, marks=[needs_connector] if name == "cursor" else []) for name in ENDINGS])
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


# What a program has open when it ends: its session's arguments, what it does, and the request by which a test sees that it does it
# (None: the program tells). The server is asked to answer at once when a request is waited for briefly; else its id comes late.
PHASES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "unanswered": ({}, f"statement.set_sql({LONG_QUERY!r}); statement.execute()", "execute"),
    "running": ({"request_timeout_secs": 9}, f"statement.set_sql({LONG_QUERY!r}); statement.execute()", "poll"),
    "reading": (
        {},
        "statement.set_sql('SELECT id FROM range(300000)'); half = statement.execute(); next(half.rows()); sys.stdin.read()",
        "link",
    ),
    "read": (
        {},
        "statement.set_sql('SELECT 1'); result = statement.execute(); list(result.rows()); tell(); sys.stdin.read()",
        None,
    ),
}
IN_MAIN = "work()"
IN_DAEMON = "import threading; threading.Thread(target=work, daemon=True).start(); sys.stdin.readline()"
IN_TASK = """
import asyncio
from databricks_sql_kernel import aio
async def main():
    session = await aio.Session(**arguments)
    statement = session.statement()
    statement.set_sql(LONG_QUERY)
    task = asyncio.create_task(statement.execute())
    await asyncio.to_thread(sys.stdin.readline)
    task.cancel()
asyncio.run(main())
""".replace("LONG_QUERY", repr(LONG_QUERY))
LEAVING = {
    "interrupt": IN_MAIN,
    "caught": f"try:\n    {IN_MAIN}\nexcept KeyboardInterrupt:\n    pass",
    "handler": f"import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n{IN_MAIN}",
    "end": IN_DAEMON,
    "exit": f"{IN_DAEMON}; sys.exit()",
    "exception": f"{IN_DAEMON}; raise ValueError",
}


def leave(warehouse: LocalWarehouse, arguments: dict[str, Any], program: str, seen: str | None, sign: int | None) -> dict[str, int]:
    """Ends a program once the server has seen a request or the program has told; answers what the server saw until its end."""
    with child.start(program, {**warehouse.connect_arguments(), **arguments}, "-W", "ignore::ResourceWarning") as running:
        assert running.stdin is not None
        if seen:
            until_seen(warehouse, seen)
        else:
            child.told(running)
        left = time.monotonic()
        if sign is None:
            running.stdin.write("\n")
            running.stdin.flush()
        else:
            running.send_signal(sign)
        _, errors = running.communicate(timeout=30)
        assert time.monotonic() - left < 10
    assert "panicked" not in errors
    assert "KernelError" not in errors
    requests: dict[str, int] = warehouse.faults_report()["requests"]
    return requests


def until_seen(warehouse: LocalWarehouse, kind: str) -> None:
    """Waits, by asking, until the server has seen a request of this kind."""
    while warehouse.faults_report()["requests"].get(kind, 0) == 0:
        time.sleep(0.02)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("leaving", LEAVING)
def test_what_is_open_at_the_end_is_given_back(
    warehouse: LocalWarehouse, faults: Callable[[list[dict[str, Any]]], None], phase: str, leaving: str
) -> None:
    faults([])
    arguments, action, seen = PHASES[phase]
    work = f"def work():\n    try:\n        {action}\n    except kernel.KernelError:\n        pass\n"
    program = f"{OPEN}\nstatement = session.statement()\n{work}{LEAVING[leaving]}"
    sign = {"interrupt": signal.SIGINT, "caught": signal.SIGINT, "handler": signal.SIGTERM}.get(leaving)
    requests = leave(warehouse, arguments, program, seen, sign)
    assert requests["close"] == 1
    assert requests["close_session"] == 1
    assert (requests.get("cancel", 0) > 0) == (phase in ("unanswered", "running"))


def test_cancelled_task_at_the_end_is_given_back(warehouse: LocalWarehouse, faults: Callable[[list[dict[str, Any]]], None]) -> None:
    faults([])
    requests = leave(warehouse, {}, IN_TASK, "execute", None)
    assert requests["cancel"] > 0
    assert (requests["close"], requests["close_session"]) == (1, 1)


def test_submitted_statement_outlives_the_program(
    warehouse: LocalWarehouse, faults: Callable[[list[dict[str, Any]]], None]
) -> None:
    faults([])
    program = (
        f"{OPEN}\nstatement = session.statement(); statement.set_sql({LONG_QUERY!r}); statement.submit(); sys.stdin.readline()"
    )
    requests = leave(warehouse, {}, program, "execute", None)
    assert not requests.keys() & {"cancel", "close", "close_session"}


def test_forks_while_other_threads_are_in_the_kernel(warehouse: LocalWarehouse) -> None:
    program = f"""{OPEN}
import logging, os, signal, threading
logging.basicConfig(filename="/dev/null", level=1)
logging.getLogger("databricks.sql.kernel").setLevel(1)
kernel.init_logging()
half_read = session.statement()
half_read.set_sql("SELECT id FROM range(300000)")
result = half_read.execute()
next(result.rows())
ended = False
def load():
    while not ended:
        ask(session, "SELECT 1 AS n")
threads = [threading.Thread(target=load) for _ in range(3)]
for thread in threads:
    thread.start()
hung, until, forks = 0, time.monotonic() + 15, 0
while time.monotonic() < until and not hung:
    if (forked := os.fork()) == 0:
        signal.alarm(30)
        try:
            ask(session, "SELECT 1 AS n")
        except kernel.KernelError as error:
            assert error.code == "InvalidState"
            del half_read, result
            if forks % 20 == 0:
                with kernel.Session(**arguments) as own:
                    ask(own, "SELECT 2 AS n")
            os._exit(0)
        os._exit(1)
    forks += 1
    hung += os.waitpid(forked, 0)[1] != 0
ended = True
for thread in threads:
    thread.join()
result.close()
session.close()
tell(hung=hung)
"""  # noqa: S608
    assert child.run(program, warehouse.connect_arguments()) == (0, [{"hung": 0}], "")


def test_forks_while_a_statement_is_prepared(warehouse: LocalWarehouse) -> None:
    program = f"""{OPEN}
import os, signal, threading
statement = session.statement()
ended = False
def load():
    while not ended:
        statement.bind_param(1, "x" * 4_000_000, "STRING")
thread = threading.Thread(target=load, daemon=True)
thread.start()
failed = 0
for _ in range(100):
    if (forked := os.fork()) == 0:
        signal.alarm(30)
        try:
            statement.set_sql("SELECT 1")
            statement.canceller()
            for call in (lambda: statement.bind_param(1, "1", "INT"), lambda: statement.set_row_limit(1), statement.execute):
                try:
                    call()
                except kernel.KernelError as error:
                    assert error.code == "InvalidState"
                else:
                    os._exit(2)
            os._exit(0)
        finally:
            os._exit(1)
    failed += os.waitpid(forked, 0)[1] != 0
ended = True
thread.join()
session.close()
tell(failed=failed)
"""
    assert child.run(program, warehouse.connect_arguments()) == (0, [{"failed": 0}], "")


# What another thread of the parent holds at the fork, and what the child then calls.
HELD = {
    "log": ("kernel.logging._lock", "kernel.logging.init_logging(); kernel.logging.listen()"),
    "rows": ("result._unread._lock", "next(result.rows()); result.close()"),
    "bar": ("result._bar._lock", "result.close()"),
    "backend": ("connection.session.backend._lock", "cursor.close()"),
    "routing": ("routing._lock", "connector.install(); connector.uninstall()"),
}


@needs_connector
@pytest.mark.parametrize("name", HELD)
def test_forked_child_waits_for_no_lock_of_its_parents(warehouse: LocalWarehouse, name: str) -> None:
    lock, call = HELD[name]
    program = f"""{OPEN}
import io, os, signal, threading
from databricks_sql_kernel import connector
from databricks_sql_kernel.connector import routing
connection = connector.connect(**{warehouse.connector_arguments()!r})
cursor = connection.cursor()
cursor.execute("SELECT 1")
statement = session.statement()
statement.set_sql("SELECT id FROM range(10)")
result = statement.execute().show_progress(file=io.StringIO())
next(result.rows())
held, ended = threading.Event(), threading.Event()
def hold():
    with {lock}:
        held.set()
        ended.wait()
thread = threading.Thread(target=hold, daemon=True)
thread.start()
held.wait()
if (forked := os.fork()) == 0:
    signal.alarm(10)
    {call}
    os._exit(0)
status = os.waitpid(forked, 0)[1]
ended.set()
thread.join()
result.close()
connection.close()
session.close()
tell(status=status)
"""  # noqa: S608
    assert child.run(program, warehouse.connect_arguments()) == (0, [{"status": 0}], "")
