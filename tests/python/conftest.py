"""What the tests share: one local warehouse, and sessions on it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from databricks_sql_kernel import ExecutedStatement, KernelError, ResultStream, Session
from databricks_sql_kernel.testing import LocalWarehouse
from proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Runs for minutes unless it is cancelled.
LONG_QUERY = "SELECT sum(a.id * b.id) AS s FROM range(3000000) a CROSS JOIN range(3000000) b"


@pytest.fixture(scope="session")
def warehouse() -> Iterator[LocalWarehouse]:
    """Small TPC-H tables, and chunks so small that most results have many."""
    with LocalWarehouse(scale_factor=0.01, arguments=["--chunk-rows", "10000", "--inline-bytes", "65536"]) as warehouse:
        yield warehouse


@pytest.fixture
def session(warehouse: LocalWarehouse) -> Iterator[Session]:
    with Session(**warehouse.connect_arguments()) as session:
        yield session


@pytest.fixture(params=["unmodified", "adapter"])
def connect(request: pytest.FixtureRequest, warehouse: LocalWarehouse) -> Callable[..., Any]:
    """Opens a connection of the connector's: on its own kernel backend, and on our adapter."""
    from databricks import sql
    from databricks_sql_kernel import connector

    function: Callable[..., Any] = sql.connect if request.param == "unmodified" else connector.connect

    def connect(**arguments: Any) -> Any:
        return function(**{**warehouse.connector_arguments(), **arguments})

    return connect


@pytest.fixture
def is_adapter(request: pytest.FixtureRequest) -> bool:
    """Whether a test that uses `connect` runs on our adapter."""
    return bool(request.node.callspec.params["connect"] == "adapter")


@pytest.fixture
def connection(connect: Callable[..., Any]) -> Iterator[Any]:
    with connect() as connection:
        yield connection


@pytest.fixture
def cursor(connection: Any) -> Iterator[Any]:
    with connection.cursor() as cursor:
        # How often it asks whether a submitted statement has ended; 2 s by default.
        cursor.ASYNC_DEFAULT_POLLING_INTERVAL = 0.01
        yield cursor


@pytest.fixture
def proxy(warehouse: LocalWarehouse) -> Iterator[Proxy]:
    with Proxy(warehouse.url) as proxy:
        yield proxy


@pytest.fixture
def faults(warehouse: LocalWarehouse) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
    """Sets a plan of faults, which ends with the test."""
    yield warehouse.plan_faults
    warehouse.plan_faults([])


@pytest.fixture
def refusing_url() -> Iterator[str]:
    """An address where nobody listens; the socket keeps the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def run(session: Session, query: str) -> ExecutedStatement:
    statement = session.statement()
    statement.set_sql(query)
    return statement.execute()


def rows(session: Session, query: str) -> list[dict[str, Any]]:
    """The answer, row by row."""
    return dicts(run(session, query))


def dicts(result: ResultStream) -> list[dict[str, Any]]:
    """The rows that are left, by the names of their columns."""
    names = [column.name for column in result.columns()]
    return [dict(zip(names, row, strict=True)) for row in result.rows()]


def code_of(function: Callable[[], object]) -> str:
    """The code of the error that a call raises."""
    with pytest.raises(KernelError) as raised:
        function()
    return raised.value.code
