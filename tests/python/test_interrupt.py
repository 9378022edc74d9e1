"""Ctrl-C during a blocking call: through within 200 ms, and the query ends on the server."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import LONG_QUERY, run
from databricks_sql_kernel import Session, _wait
from databricks_sql_kernel._library import call
from extras import needs_connector

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy

# After the interrupt the program stays until its input ends, so that nothing but the interrupt ends the query.
AFTER = """
except KeyboardInterrupt:
    tell(at=time.monotonic())
    sys.stdin.read()
"""
KERNEL = f"""
import databricks_sql_kernel
session = databricks_sql_kernel.Session(**arguments)
statement = session.statement()
statement.set_sql({LONG_QUERY!r})
"""

EXECUTE = f"{KERNEL}\ntry:\n    statement.execute()\n{AFTER}\nsession.close()\n"
AWAIT_RESULT = f"{KERNEL}\nsubmitted = statement.submit()\ntry:\n    submitted.await_result()\n{AFTER}\nsession.close()\n"
CONNECTOR = f"""
connection = connect(**arguments)
cursor = connection.cursor()
try:
    cursor.execute({LONG_QUERY!r})
{AFTER}
connection.close()
"""
UNMODIFIED = f"from databricks.sql import connect\n{CONNECTOR}"
ADAPTER = f"from databricks_sql_kernel.connector import connect\n{CONNECTOR}"


@pytest.mark.parametrize(
    ("program", "connector", "awaited"),
    [
        (EXECUTE, False, ("POST", "/statements")),
        (AWAIT_RESULT, False, ("GET", "")),
        pytest.param(UNMODIFIED, True, ("POST", "/statements"), marks=needs_connector),
        pytest.param(ADAPTER, True, ("POST", "/statements"), marks=needs_connector),
    ],
    ids=["execute", "await_result", "unmodified connector", "connector adapter"],
)
def test_interrupt_comes_through_and_cancels(
    warehouse: LocalWarehouse,
    proxy: Proxy,
    program: str,
    connector: bool,
    awaited: tuple[str, str],
) -> None:
    arguments: dict[str, Any] = warehouse.connector_arguments() if connector else warehouse.connect_arguments()
    arguments["server_hostname" if connector else "host"] = proxy.url
    with child.start(program, arguments) as running:
        proxy.await_request(*awaited)
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert child.told(running)["at"] - sent < 0.2
        proxy.await_request("POST", "/cancel")
        assert running.communicate(timeout=30) == ("", "")
        assert running.returncode == 0


def test_interrupted_open_leaves_no_session(warehouse: LocalWarehouse, proxy: Proxy, faults: Any) -> None:
    faults([{"on": "open_session", "do": {"delay": {"milliseconds": 1000}}}])
    program = f"import databricks_sql_kernel\ntry:\n    databricks_sql_kernel.Session(**arguments)\n{AFTER}"
    with child.start(program, {**warehouse.connect_arguments(), "host": proxy.url}) as running:
        proxy.await_request("POST", "/sessions")
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert child.told(running)["at"] - sent < 0.2
        assert "/sessions/" in proxy.await_request("DELETE", "").path
        assert running.communicate(timeout=30) == ("", "")


def test_interrupted_fetch_loses_no_rows(session: Session, faults: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    faults([{"on": "link", "skip": 1, "do": {"delay": {"milliseconds": 4000}}}])
    interrupts: list[int] = []

    def call_and_interrupt(function: Callable[..., object], *arguments: object) -> object:
        answer = call(function, *arguments)
        if answer is None and not interrupts:
            interrupts.append(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return answer

    result = run(session, "SELECT id FROM range(300000) ORDER BY id")
    monkeypatch.setattr(_wait, "call", call_and_interrupt)
    seen: list[tuple[Any, ...]] = []
    # A shell that starts the tests in the background has them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            seen.extend(result.rows())
    finally:
        signal.signal(signal.SIGINT, before)
    assert interrupts == [signal.SIGINT]
    seen.extend(result.rows())
    assert [row[0] for row in seen] == list(range(300_000))
