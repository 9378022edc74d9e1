"""What a cursor promises beside results: limits, sizes, fetching too late, and what it does not have."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from databricks.sql.exc import DatabaseError, InterfaceError, NotSupportedError, OperationalError, ProgrammingError
from databricks_sql_kernel import connector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy


@pytest.mark.parametrize("limit", [-1, 2**63])
def test_row_limit_that_is_none_is_refused(connection: Any, limit: int) -> None:
    with connection.cursor(row_limit=limit) as cursor, pytest.raises(ProgrammingError, match="row_limit must be between 0 and"):
        cursor.execute("SELECT 1")


@pytest.mark.parametrize("sizes", [{"arraysize": 1, "buffer_size_bytes": 1}, {"arraysize": 10**9, "buffer_size_bytes": 0}])
def test_sizes_change_nothing_in_the_rows(connection: Any, sizes: dict[str, int]) -> None:
    with connection.cursor(**sizes) as cursor:
        cursor.execute("SELECT id FROM range(25000) ORDER BY id")
        assert [row.id for row in cursor.fetchmany(3)] == [0, 1, 2]
        assert len(cursor.fetchall()) == 24_997


@pytest.mark.parametrize("fetch", ["fetchone", "fetchall", "fetchall_arrow", "fetchmany"])
def test_fetching_without_a_result_or_too_late_is_refused(connection: Any, fetch: str) -> None:
    arguments = [1] if fetch == "fetchmany" else []
    with connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="no active result set"):
            getattr(cursor, fetch)(*arguments)
        cursor.execute("SELECT 1")
    with pytest.raises(InterfaceError, match="closed cursor"):
        getattr(cursor, fetch)(*arguments)
    with pytest.raises(InterfaceError, match="closed cursor"):
        cursor.execute("SELECT 1")


def test_what_is_not_there_is_refused(connection: Any) -> None:
    connection.commit()
    with pytest.raises(NotSupportedError):
        connection.rollback()
    with connection.cursor() as cursor:
        assert not hasattr(cursor, "callproc")
        assert not hasattr(cursor, "nextset")
        with pytest.raises(ValueError, match="-1"):
            cursor.execute("SELECT 1").fetchmany(-1)


def test_callers_exception_leaves_the_blocks(connect: Callable[..., Any]) -> None:
    connection = connect()

    def leave() -> None:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM range(50000)")
            cursor.fetchone()
            raise KeyError

    with pytest.raises(KeyError):
        leave()
    assert not connection.open


HEAVY = ["/* line */\n", "/*", "/**/", "-- line\n", "'", "\\'", "`a` ", "(", " ", "?", "r'\\' ", "%("]


@pytest.fixture
def answered_by_nobody(warehouse: LocalWarehouse, proxy: Proxy) -> Iterator[Any]:
    """A cursor whose statements are sent, and refused before an engine reads them."""
    arguments = {**warehouse.connector_arguments(), "server_hostname": proxy.url, "escape_catalog_name": True}
    with connector.connect(**arguments) as connection, connection.cursor() as cursor:
        proxy.expired.add(warehouse.token)
        yield cursor
        proxy.expired.clear()


@pytest.mark.parametrize("piece", HEAVY)
def test_a_megabyte_of_anything_is_sent_at_once(answered_by_nobody: Any, proxy: Proxy, piece: str) -> None:
    begin = time.monotonic()
    with pytest.raises(OperationalError, match="the token has expired"):
        answered_by_nobody.execute(piece * (1_000_000 // len(piece)) + "SELECT 1", {"n": 1})
    assert len(proxy.await_request("POST", "/statements").body) > 900_000
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("piece", ["_", "\\_", "\\"])
def test_a_megabyte_of_a_catalogs_name_is_escaped_at_once(answered_by_nobody: Any, piece: str) -> None:
    begin = time.monotonic()
    with pytest.raises(DatabaseError):
        answered_by_nobody.tables(catalog_name=piece * (1_000_000 // len(piece)))
    assert time.monotonic() - begin < 30


def test_row_limit_of_zero_gives_the_schema_and_no_rows(connection: Any) -> None:
    with connection.cursor(row_limit=0) as cursor:
        cursor.execute("SELECT id, 'x' AS s FROM range(10)")
        assert [column[:2] for column in cursor.description] == [("id", "bigint"), ("s", "string")]
        assert cursor.fetchall() == []
        cursor.execute_async("SELECT id FROM range(10)")
        cursor.ASYNC_DEFAULT_POLLING_INTERVAL = 0.01
        assert cursor.get_async_execution_result().fetchall() == []


@pytest.mark.parametrize("pattern", ["", None, "%"])
def test_empty_pattern_matches_all(cursor: Any, pattern: str | None) -> None:
    assert {"tpch", "information_schema"} <= {row.TABLE_SCHEM for row in cursor.schemas("samples", pattern).fetchall()}
    assert len(cursor.tables("samples", pattern, pattern).fetchall()) >= 8
    columns = cursor.columns("samples", "tpch", "region", pattern).fetchall()
    assert [row.COLUMN_NAME for row in columns] == ["r_regionkey", "r_name", "r_comment"]
