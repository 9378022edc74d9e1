"""What the connector's own tests describe of it, as cases of our own, on its kernel backend and on our adapter."""

from __future__ import annotations

import gc
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LONG_QUERY
from databricks.sql.backend.types import CommandState
from databricks.sql.exc import DatabaseError, Error, ServerOperationError
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy import Proxy

# Ten chunks of the warehouse's.
MANY_ROWS = "SELECT id FROM range(100000) ORDER BY id"


def read(cursor: Any) -> list[int]:
    return [row.id for row in cursor.fetchall()]


@pytest.mark.parametrize("limit", [1, 9_999, 10_000, 10_001, 25_000, 100_000, 2**40])
def test_row_limit_cuts_at_chunks_and_between_them(connection: Any, limit: int) -> None:
    with connection.cursor(row_limit=limit) as cursor:
        cursor.execute(MANY_ROWS)
        first = [row.id for row in cursor.fetchmany(7)]
        table = cursor.fetchall_arrow()
        assert first + table.column("id").to_pylist() == list(range(min(limit, 100_000)))


def test_row_limit_is_the_cursors_for_all_that_it_runs(connection: Any) -> None:
    with connection.cursor(row_limit=2) as limited, connection.cursor() as free:
        for _ in range(2):
            assert read(limited.execute("SELECT id FROM range(5) ORDER BY id")) == [0, 1]
        limited.execute_async("SELECT id FROM range(5) ORDER BY id")
        limited.get_async_execution_result()
        assert read(limited) == [0, 1]
        assert len(read(free.execute("SELECT id FROM range(5)"))) == 5


def test_submitted_result_of_many_chunks_is_read_in_any_mix(cursor: Any) -> None:
    cursor.execute_async(MANY_ROWS)
    cursor.get_async_execution_result()
    rows = [cursor.fetchone().id, *(row.id for row in cursor.fetchmany(20_000))]
    rows += cursor.fetchmany_arrow(30_000).column("id").to_pylist()
    assert rows + read(cursor) == list(range(100_000))
    assert cursor.fetchone() is None


def test_submitted_statements_of_several_cursors_run_beside_each_other(connection: Any) -> None:
    cursors = [connection.cursor() for _ in range(4)]
    for n, cursor in enumerate(cursors):
        cursor.ASYNC_DEFAULT_POLLING_INTERVAL = 0.01
        cursor.execute_async("SELECT id + ? AS id FROM range(30000) ORDER BY 1", [n])
    for n, cursor in reversed(list(enumerate(cursors))):
        cursor.get_async_execution_result()
        assert read(cursor) == list(range(n, 30_000 + n))
        cursor.close()


def test_submitted_statement_without_rows_is_carried_out(cursor: Any) -> None:
    cursor.execute_async("CREATE OR REPLACE TABLE main.default.submitted_without_rows (id BIGINT)")
    cursor.get_async_execution_result()
    cursor.execute_async("INSERT INTO main.default.submitted_without_rows VALUES (1), (2)")
    cursor.get_async_execution_result()
    assert sorted(read(cursor.execute("SELECT id FROM main.default.submitted_without_rows"))) == [1, 2]
    cursor.execute("DROP TABLE main.default.submitted_without_rows")


def test_submitted_statement_that_runs_is_pending(cursor: Any) -> None:
    cursor.execute_async(LONG_QUERY)
    assert cursor.is_query_pending()
    assert cursor.get_query_state() in (CommandState.PENDING, CommandState.RUNNING)
    cursor.cancel()


def test_cursor_goes_on_after_a_statement_that_failed(cursor: Any) -> None:
    for sql in ("SELECT * FROM main.default.no_such_table", "SELECT CAST('abc' AS INT)", "FOO BAR"):
        with pytest.raises(ServerOperationError):
            cursor.execute(sql)
        assert read(cursor.execute("SELECT id FROM range(1)")) == [0]


@pytest.mark.parametrize(
    ("sql", "name"),
    [("FOO BAR", "FOO"), ("USE no_such_schema_here", "no_such_schema_here"), ("SELECT no_such_column", "no_such_column")],
)
def test_refusal_names_what_is_wrong(cursor: Any, sql: str, name: str) -> None:
    with pytest.raises(DatabaseError, match=name):
        cursor.execute(sql)


def test_statement_without_rows_has_an_empty_result(cursor: Any) -> None:
    cursor.execute("CREATE OR REPLACE TABLE main.default.created (a INT, b STRING)")
    assert cursor.fetchall() == []
    cursor.execute("DROP TABLE main.default.created")
    assert cursor.fetchone() is None


@pytest.mark.parametrize("text", ["you're", "\\", "''", '"', "`", "é日😀", "line\nbreak", "a\x00b", "{}%s?:x", ""])
def test_text_comes_back_as_it_was_written(cursor: Any, text: str) -> None:
    assert cursor.execute("SELECT ? AS text", [text]).fetchone().text == text
    assert cursor.execute("SELECT :text = :other AS same", {"text": text, "other": text}).fetchone().same


@pytest.mark.parametrize(
    "call",
    [
        lambda cursor: cursor.schemas("samples", "no_such%"),
        lambda cursor: cursor.tables("samples", "tpch", "no_such%"),
        lambda cursor: cursor.tables("samples", "no_such%", ""),
        lambda cursor: cursor.columns("samples", "tpch", "region", "no_such%"),
    ],
)
def test_pattern_that_matches_nothing_gives_the_columns_and_no_rows(cursor: Any, call: Callable[[Any], Any]) -> None:
    call(cursor)
    assert cursor.fetchall() == []
    assert cursor.description[0][0] in ("TABLE_CAT", "TABLE_SCHEM")


@pytest.mark.parametrize("types", [[], None])
def test_no_table_types_are_all(cursor: Any, types: list[str] | None) -> None:
    assert [row.TABLE_NAME for row in cursor.tables("samples", "tpch", "region", types).fetchall()] == ["region"]


def test_columns_of_the_metadata_calls(cursor: Any) -> None:
    names = {
        "catalogs": ["TABLE_CAT"],
        "schemas": ["TABLE_SCHEM", "TABLE_CATALOG"],
        "tables": ["TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS", "TYPE_CAT"],
        "columns": ["TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE"],
    }
    for call, first in names.items():
        getattr(cursor, call)(*([] if call == "catalogs" else ["samples"]))
        assert [column[0] for column in cursor.description][: len(first)] == first


def test_cursor_iterates_and_counts_its_rows(cursor: Any) -> None:
    cursor.execute("SELECT id FROM range(25000) ORDER BY id")
    assert [cursor.fetchone().id for _ in range(3)] == [0, 1, 2]
    assert cursor.rownumber == 3
    assert [row[0] for row in cursor] == list(range(3, 25_000))
    assert cursor.fetchmany(5) == []
    assert cursor.fetchall_arrow().num_rows == 0


def test_cursors_of_one_connection_are_read_in_turn(connection: Any) -> None:
    with connection.cursor() as first, connection.cursor() as second:
        first.execute(MANY_ROWS)
        second.execute(MANY_ROWS)
        for start in range(0, 60_000, 15_000):
            assert first.fetchmany_arrow(15_000).column("id").to_pylist() == list(range(start, start + 15_000))
            assert [row.id for row in second.fetchmany(15_000)] == list(range(start, start + 15_000))


def test_table_outlives_its_cursor_and_its_connection(connect: Callable[..., Any]) -> None:
    with connect() as connection, connection.cursor() as cursor:
        table = cursor.execute(MANY_ROWS).fetchall_arrow()
    del cursor, connection
    gc.collect()
    assert table.column("id").to_pylist() == list(range(100_000))


def test_many_executions_leave_the_last_result(cursor: Any) -> None:
    cursor.executemany("SELECT ? AS id", [[1], [2], [3]])
    assert read(cursor) == [3]


def test_log_of_the_connector_has_no_secret(
    connect: Callable[..., Any], warehouse: LocalWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1").fetchall()
        with pytest.raises(ServerOperationError):
            cursor.execute("SELECT no_such_column")
    assert caplog.records
    assert warehouse.token not in caplog.text


def test_closing_where_nobody_answers_is_logged_and_not_raised(
    connect: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with LocalWarehouse(scale_factor=0.01) as short_lived:
        connection = connect(**short_lived.connector_arguments(), _retry_stop_after_attempts_count=1)
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
    caplog.set_level(logging.DEBUG)
    begin = time.monotonic()
    cursor.close()
    connection.close()
    connection.close()
    assert time.monotonic() - begin < 20
    assert not connection.open
    assert any("clos" in record.getMessage().lower() for record in caplog.records)


def test_retries_are_those_that_the_caller_asks_for(
    connect: Callable[..., Any], warehouse: LocalWarehouse, faults: Callable[[list[dict[str, Any]]], None]
) -> None:
    retries = {"_retry_delay_min": 0.01, "_retry_delay_max": 0.05, "_retry_stop_after_attempts_count": 3}
    with connect(**retries) as connection, connection.cursor() as cursor:
        unavailable = {"status": {"code": 503, "retry_after": "0"}}
        faults([{"on": "execute", "times": 2, "do": unavailable}])
        assert read(cursor.execute("SELECT id FROM range(1)")) == [0]
        faults([{"on": "execute", "times": 3, "do": unavailable}])
        with pytest.raises(Error) as raised:
            cursor.execute("SELECT 1")
        assert getattr(raised.value, "http_status", None) == 503
        assert warehouse.faults_report()["requests"]["execute"] == 3


def test_statement_is_sent_once_where_the_reply_is_lost(connect: Callable[..., Any], proxy: Proxy, faults: Any) -> None:
    with connect(server_hostname=proxy.url) as connection, connection.cursor() as cursor:
        faults([{"on": "execute", "do": "cut_after"}])
        with pytest.raises(Error):
            cursor.execute("SELECT 1")
        assert read(cursor.execute("SELECT id FROM range(1)")) == [0]
