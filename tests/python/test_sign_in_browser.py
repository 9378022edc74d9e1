"""Somebody signs in with a browser, at the local warehouse's own OAuth server."""

from __future__ import annotations

import logging
import os
import signal
import socket
import stat
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import rows
from databricks_sql_kernel import KernelError, Session
from databricks_sql_kernel.testing import LocalWarehouse
from extras import needs_connector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# As a browser, it goes where it is led.
BROWSER = f"""#!{sys.executable}
import sys, urllib.request
urllib.request.urlopen(sys.argv[1]).read()
"""


@pytest.fixture(scope="module")
def oauth_warehouse() -> Iterator[LocalWarehouse]:
    with LocalWarehouse(scale_factor=0.01, arguments=["--oauth", "--oauth-app", "tester"]) as warehouse:
        yield warehouse


@pytest.fixture
def place(oauth_warehouse: LocalWarehouse) -> dict[str, Any]:
    oauth_warehouse.plan_faults([])
    return {name: oauth_warehouse.connect_arguments()[name] for name in ("host", "http_path")}


@pytest.fixture
def arguments(place: dict[str, Any]) -> dict[str, Any]:
    return {**place, "auth_type": "oauth-u2m", "client_id": "tester", "redirect_ports": [0], "on_authorization_url": visit}


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's browser, as `BROWSER` names it; a program that is started later finds it."""
    path = tmp_path / "browser"
    path.write_text(BROWSER)
    path.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{path} %s")
    return path


def visit(url: str) -> None:
    with urllib.request.urlopen(url) as page:  # noqa: S310
        assert b"You are signed in" in page.read()


def counted(warehouse: LocalWarehouse, kind: str = "authorize") -> int:
    return int(warehouse.faults_report()["requests"].get(kind, 0))


def one(session: Session, number: int = 1) -> int:
    return int(rows(session, f"SELECT {number} AS n")[0]["n"])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


CONNECT = """
from databricks import sql
from databricks_sql_kernel import connector
connect = sql.connect if arguments.pop("use_kernel") else connector.connect
with connect(**arguments, use_kernel=connect is sql.connect) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT 1 AS n")
    tell(n=cursor.fetchall()[0].n)
"""


@needs_connector
@pytest.mark.parametrize("use_kernel", [True, False])
@pytest.mark.parametrize("auth_type", ["databricks-oauth", "azure-oauth"])
@pytest.mark.usefixtures("browser", "place")
def test_connector_opens_the_users_browser(oauth_warehouse: LocalWarehouse, auth_type: str, *, use_kernel: bool) -> None:
    given = {**oauth_warehouse.connector_arguments(), "auth_type": auth_type, "use_kernel": use_kernel}
    del given["access_token"]
    given |= {"oauth_client_id": "tester", "oauth_redirect_port": free_port()}
    status, told, errors = child.run(CONNECT, given)
    assert (status, told) == (0, [{"n": 1}]), errors
    assert counted(oauth_warehouse) == 1


def test_sessions_at_once_share_one_sign_in(oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: Session(**arguments), range(8)))
        assert list(pool.map(one, sessions)) == [1] * 8
        for session in sessions:
            session.close()
    assert (counted(oauth_warehouse), counted(oauth_warehouse, "token")) == (1, 1)


def test_hundred_statements_share_one_renewal_without_the_person(
    oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]
) -> None:
    with Session(**arguments) as session, ThreadPoolExecutor(100) as pool:
        assert one(session) == 1
        # Before the tokens end: what runs in the background may be the first to renew.
        oauth_warehouse.plan_faults([{"on": "token", "do": {"delay": {"milliseconds": 500}}}])
        headers = {"Authorization": f"Bearer {oauth_warehouse.token}"}
        revoke = urllib.request.Request(f"{oauth_warehouse.url}/_tokens", headers=headers, method="DELETE")  # noqa: S310
        with urllib.request.urlopen(revoke):  # noqa: S310
            pass
        assert list(pool.map(lambda n: one(session, n), range(100))) == list(range(100))
        assert (counted(oauth_warehouse), counted(oauth_warehouse, "token")) == (0, 1)


def test_page_that_nobody_is_shown_is_logged_and_named(arguments: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    asked: list[str] = []

    def show(url: str) -> bool:
        asked.append(url)
        return False

    # Somebody else than in other tests: a session of theirs may still be there to share.
    given = {**arguments, "client_id": "nobody", "on_authorization_url": show, "oauth_callback_timeout_secs": 0.3}
    with caplog.at_level(logging.WARNING, "databricks.sql.kernel"), pytest.raises(KernelError) as raised:
        Session(**given)
    (page,) = asked
    assert raised.value.code == "Unauthenticated"
    assert f"{page} on this machine" in raised.value.message
    assert f"open this page to sign in: {page}" in caplog.text
    query = page.partition("?")[2]
    assert "code_challenge=" in query
    assert "code_challenge_method=S256" in query


def test_browser_that_fails_is_as_none(arguments: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    def show(_: str) -> None:
        raise SystemExit(3)

    with caplog.at_level(logging.WARNING, "databricks.sql.kernel"), pytest.raises(KernelError, match="no browser could be opened"):
        Session(**{**arguments, "client_id": "nobody else", "on_authorization_url": show, "oauth_callback_timeout_secs": 0.3})
    assert "open this page to sign in" in caplog.text


WITHOUT_BROWSER = """
import os, logging
os.environ["BROWSER"] = "/no/such/browser"
if arguments.pop("logs"):
    logging.basicConfig(format="logged %(message)s")
import databricks_sql_kernel as kernel
try:
    kernel.Session(**arguments)
except kernel.KernelError as error:
    tell(code=error.code)
"""


@pytest.mark.parametrize("logs", [False, True])
def test_page_that_no_browser_shows_is_named_on_the_terminal_once(arguments: dict[str, Any], *, logs: bool) -> None:
    del arguments["on_authorization_url"]
    status, told, errors = child.run(WITHOUT_BROWSER, {**arguments, "oauth_callback_timeout_secs": 0.3, "logs": logs})
    assert (status, told) == (0, [{"code": "Unauthenticated"}])
    assert errors.count("/oidc/v1/authorize?response_type=code&client_id=tester") == 1
    assert errors.startswith("logged") is logs


SIGN_IN = """
import databricks_sql_kernel as kernel
with kernel.Session(**arguments) as session:
    statement = session.statement()
    statement.set_sql("SELECT 1 AS n")
    tell(rows=list(statement.execute().rows()))
"""


@pytest.mark.parametrize("passphrase", [None, "open-sesame"])
@pytest.mark.usefixtures("browser")
def test_stored_sign_in_serves_the_next_program(
    oauth_warehouse: LocalWarehouse, arguments: dict[str, Any], tmp_path: Path, passphrase: str | None
) -> None:
    folder = tmp_path / "tokens"
    del arguments["on_authorization_url"]
    stored = {"token_cache_enabled": True, "token_cache_directory": str(folder), "token_cache_passphrase": passphrase}
    for _ in range(2):
        status, told, errors = child.run(SIGN_IN, {**arguments, **stored})
        assert (status, told) == (0, [{"rows": [[1]]}]), errors
    assert (counted(oauth_warehouse), counted(oauth_warehouse, "token")) == (1, 1)
    (file,) = folder.glob("*.json")
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    assert ("refresh_token" in file.read_text()) is (passphrase is None)


@pytest.mark.usefixtures("browser")
def test_programs_at_once_share_one_stored_sign_in(
    oauth_warehouse: LocalWarehouse, arguments: dict[str, Any], tmp_path: Path
) -> None:
    del arguments["on_authorization_url"]
    given = {**arguments, "token_cache_enabled": True, "token_cache_directory": str(tmp_path / "tokens")}
    with ThreadPoolExecutor(3) as pool:
        for status, told, errors in pool.map(lambda _: child.run(SIGN_IN, given), range(3)):
            assert (status, told) == (0, [{"rows": [[1]]}]), errors
    assert (counted(oauth_warehouse), counted(oauth_warehouse, "token")) == (1, 1)


WAIT = """
import socket
import databricks_sql_kernel as kernel
def is_open():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", arguments["redirect_ports"][0])) == 0
try:
    kernel.Session(**arguments, on_authorization_url=lambda url: tell(shown=url))
except KeyboardInterrupt:
    tell(interrupted=True)
# The way back is closed with the session that is no more.
while is_open():
    pass
tell(closed=True)
"""


def test_interrupt_ends_the_wait(arguments: dict[str, Any]) -> None:
    given = {**arguments, "redirect_ports": [free_port()]}
    del given["on_authorization_url"]
    with child.start(WAIT, given) as waiting:
        assert "shown" in child.told(waiting)
        os.kill(waiting.pid, signal.SIGINT)
        assert child.told(waiting) == {"interrupted": True}
        assert child.told(waiting) == {"closed": True}
        assert waiting.wait(20) == 0
