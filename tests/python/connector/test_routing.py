"""Which connections come to the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from databricks import sql
from databricks.sql.backend.sea.backend import SeaDatabricksClient
from databricks.sql.exc import ProgrammingError
from databricks.sql.session import Session
from databricks_sql_kernel import connector
from databricks_sql_kernel.connector import KernelDatabricksClient
from databricks_sql_kernel.connector.cursor import KernelCursor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy


def replaceable() -> tuple[object, ...]:
    """What of the connector's `install` replaces."""
    return Session.__init__, Session._create_backend, sql.client.Connection.cursor


ORIGINAL = replaceable()


@pytest.fixture(autouse=True)
def nothing_installed() -> Iterator[None]:
    """What a test installs ends with it."""
    yield
    connector.uninstall()
    assert replaceable() == ORIGINAL


@pytest.fixture
def arguments(warehouse: LocalWarehouse) -> dict[str, Any]:
    host, _, port = warehouse.url.rpartition(":")
    return {"server_hostname": host, "_port": int(port), "http_path": warehouse.http_path, "access_token": warehouse.token}


def backend_of(arguments: dict[str, Any], **more: Any) -> Any:
    """The backend of a connection of `databricks.sql.connect`, which is opened and closed."""
    with sql.connect(**{**arguments, "enable_telemetry": False, **more}) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchone()[0] == 1
        assert isinstance(cursor, KernelCursor) == isinstance(connection.session.backend, KernelDatabricksClient)
        return connection.session.backend


def test_connect_is_on_the_kernel_and_changes_nothing_else(arguments: dict[str, Any]) -> None:
    with connector.connect(**arguments) as connection:
        assert isinstance(connection, sql.client.Connection)
        assert isinstance(connection.session.backend, KernelDatabricksClient)
    assert replaceable() == ORIGINAL
    assert isinstance(backend_of(arguments, use_sea=True), SeaDatabricksClient)


def test_nothing_is_sent_but_statements(arguments: dict[str, Any], proxy: Proxy) -> None:
    with connector.connect(**{**arguments, "server_hostname": proxy.url}, enable_telemetry=True) as connection:
        assert connection.open
    with connector.installed(), sql.connect(**{**arguments, "server_hostname": proxy.url}, use_sea=True) as connection:
        assert isinstance(connection.session.backend, KernelDatabricksClient)
    paths = set()
    while not proxy.arrived.empty():
        paths.add(proxy.arrived.get().path.split("/")[4])
    assert paths == {"sessions"}


def test_install_takes_use_sea_and_leaves_the_rest(warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    connector.install()
    connector.install()
    assert isinstance(backend_of(arguments, use_sea=True), KernelDatabricksClient)
    assert not isinstance(backend_of(warehouse.connector_arguments()), KernelDatabricksClient)
    connector.uninstall()
    connector.uninstall()
    assert isinstance(backend_of(arguments, use_sea=True), SeaDatabricksClient)


def test_installed_ends_with_its_block_unless_it_was_before(arguments: dict[str, Any]) -> None:
    with connector.installed():
        assert isinstance(backend_of(arguments, use_sea=True), KernelDatabricksClient)
    with pytest.raises(KeyError), connector.installed():
        raise KeyError
    assert replaceable() == ORIGINAL
    connector.install()
    with connector.installed():
        pass
    assert isinstance(backend_of(arguments, use_sea=True), KernelDatabricksClient)


def test_clashing_credentials_are_refused_before_a_browser_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr("databricks.sql.auth.auth.DatabricksOAuthProvider", lambda *given: opened.append(given))
    given = {"access_token": "t", "auth_type": "databricks-oauth", "use_sea": True}
    with connector.installed(), pytest.raises(ProgrammingError, match=r"\(access_token, auth_type='databricks-oauth'\)"):
        Session("host", "/sql/1.0/warehouses/x", None, **given)
    assert opened == []


@pytest.mark.parametrize(
    "text",
    [
        "/* GET */ SELECT 'PUT x' AS get -- REMOVE x",
        "/* a */ SELECT /* strike */ 'PUT x' AS get, put FROM (SELECT 1 AS put)",
        "/* line */\n" * 24 + "SELECT 'PUT x' AS get",
    ],
)
def test_statement_that_only_names_a_verb_is_run(arguments: dict[str, Any], text: str) -> None:
    with connector.connect(**arguments) as connection, connection.cursor() as cursor:
        cursor.execute(text)
        assert cursor.fetchone().get == "PUT x"


def test_metadata_calls_have_no_invented_id(arguments: dict[str, Any]) -> None:
    with connector.connect(**arguments) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.query_id is not None
        cursor.catalogs()
        assert cursor.query_id is None
