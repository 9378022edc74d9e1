"""Connections of databricks-sql-connector on this kernel, each test twice: on the connector's own backend, and on our adapter."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LONG_QUERY
from databricks.sql.backend.types import CommandId, CommandState
from databricks.sql.exc import InterfaceError, OperationalError, ProgrammingError, ServerOperationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy import Proxy

    Connect = Callable[..., Any]


def test_session_id_is_the_servers(connection: Any) -> None:
    assert len(connection.get_session_id_hex()) >= 16


def test_fetches_in_any_mix(cursor: Any) -> None:
    cursor.execute("SELECT id FROM range(10) ORDER BY id")
    assert cursor.description == [("id", "bigint", None, None, None, None, None)]
    assert cursor.fetchone().id == 0
    assert [row.id for row in cursor.fetchmany(3)] == [1, 2, 3]
    assert cursor.fetchmany_arrow(2).column("id").to_pylist() == [4, 5]
    assert cursor.rownumber == 6
    assert cursor.fetchone().id == 6
    assert [row[0] for row in cursor.fetchall()] == [7, 8, 9]
    assert cursor.rownumber == 10
    assert cursor.fetchone() is None
    assert cursor.fetchmany(5) == cursor.fetchall() == []
    assert cursor.fetchall_arrow().schema.names == cursor.fetchmany_arrow(1).schema.names == ["id"]
    cursor.execute("SELECT id FROM range(5) ORDER BY id")
    assert [row.id for row in cursor] == [0, 1, 2, 3, 4]


def test_mixed_fetches_cross_chunks_in_order(cursor: Any) -> None:
    cursor.execute("SELECT id FROM range(35000) ORDER BY id")
    seen = [cursor.fetchone().id for _ in range(3)]
    seen += [row.id for row in cursor.fetchmany(9_996)]
    seen += [cursor.fetchone().id for _ in range(1_002)]
    seen += cursor.fetchmany_arrow(10_000).column(0).to_pylist()
    seen.append(cursor.fetchone().id)
    seen += cursor.fetchall_arrow().column(0).to_pylist()
    assert seen == list(range(35_000))


def test_empty_result_has_a_description(cursor: Any) -> None:
    cursor.execute("SELECT id, 'x' AS s FROM range(5) WHERE id > 10")
    assert [column[:2] for column in cursor.description] == [("id", "bigint"), ("s", "string")]
    assert cursor.fetchall_arrow().num_rows == 0
    assert cursor.fetchone() is None
    assert cursor.rowcount == -1


def test_large_result(cursor: Any) -> None:
    cursor.execute("SELECT * FROM samples.tpch.lineitem")
    count = 0
    while piece := cursor.fetchmany(10_000):
        count += len(piece)
    cursor.execute("SELECT count(*) FROM samples.tpch.lineitem")
    assert cursor.fetchone()[0] == count > 50_000


def test_description_and_values(cursor: Any) -> None:
    cursor.execute(
        "SELECT true AS b, 1 AS i, CAST(2.5 AS DOUBLE) AS f, CAST('1.50' AS DECIMAL(10, 2)) AS d, 'x' AS s, "
        "DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05.000006' AS t, X'0102' AS x, array(1) AS a, "
        "named_struct('p', 1) AS o, CAST(NULL AS INT) AS n"
    )
    assert [(column[0], column[1], column[4], column[5]) for column in cursor.description] == [
        ("b", "boolean", None, None),
        ("i", "int", None, None),
        ("f", "double", None, None),
        ("d", "decimal", 10, 2),
        ("s", "string", None, None),
        ("day", "date", None, None),
        ("t", "timestamp", None, None),
        ("x", "binary", None, None),
        ("a", "array", None, None),
        ("o", "struct", None, None),
        ("n", "int", None, None),
    ]
    row = cursor.fetchone()
    assert (row.b, row.i, row.f, row.d, row.s, row.x, row.o, row.n) == (True, 1, 2.5, Decimal("1.50"), "x", b"\1\2", {"p": 1}, None)
    assert (row.day, row.t) == (dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone.utc))
    assert list(row.a) == [1]
    assert row.asDict()["s"] == row["s"] == "x"


def test_columns_of_one_name_are_all_there(cursor: Any) -> None:
    cursor.execute("SELECT 1 AS n, 2 AS n")
    assert tuple(cursor.fetchone()) == (1, 2)


def test_changed_rows_are_the_rowcount(cursor: Any) -> None:
    cursor.execute("CREATE OR REPLACE TABLE main.default.connector_rows (n INT)")
    cursor.execute("INSERT INTO main.default.connector_rows VALUES (1), (2)")
    assert cursor.rowcount == 2
    cursor.executemany("INSERT INTO main.default.connector_rows VALUES (?)", [[3], [4], [5]])
    assert cursor.rowcount == 3
    cursor.execute("SELECT count(*) FROM main.default.connector_rows")
    assert cursor.rowcount == -1
    assert cursor.fetchone()[0] == 5
    cursor.execute("DROP TABLE main.default.connector_rows")


def test_metadata_calls(cursor: Any) -> None:
    assert {"main", "samples"} <= {row.TABLE_CAT for row in cursor.catalogs().fetchall()}
    assert [row.TABLE_SCHEM for row in cursor.schemas(catalog_name="samples", schema_name="tpch").fetchall()] == ["tpch"]
    assert "tpch" in [row.TABLE_SCHEM for row in cursor.schemas(catalog_name="%").fetchall()]
    tables = cursor.tables(catalog_name="samples", schema_name="tpch", table_name="n%").fetchall()
    assert [(row.TABLE_NAME, row.TABLE_TYPE) for row in tables] == [("nation", "TABLE")]
    columns = cursor.columns(catalog_name="samples", schema_name="tpch", table_name="region").fetchall()
    assert [row.COLUMN_NAME for row in columns] == ["r_regionkey", "r_name", "r_comment"]


@pytest.mark.parametrize(("types", "found"), [(["table"], 1), (["View", "TABLE"], 1), (["VIEW"], 0), ([], 1), (None, 1)])
def test_tables_of_some_types_in_any_letter_case(cursor: Any, types: list[str] | None, found: int) -> None:
    assert (
        len(cursor.tables(catalog_name="samples", schema_name="tpch", table_name="region", table_types=types).fetchall()) == found
    )


def test_query_that_fails_keeps_every_fact(cursor: Any) -> None:
    with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND") as raised:
        cursor.execute("SELECT * FROM main.default.no_such_table")
    error: Any = raised.value
    assert (error.code, error.sql_state, error.retryable) == ("SqlError", "42P01", False)
    assert error.query_id
    assert error.query_id == error.context["operation-id"] == cursor.query_id
    assert error.__cause__.code == "SqlError"


def test_wrong_token_is_an_operational_error(connect: Connect) -> None:
    with pytest.raises(OperationalError) as raised:
        connect(access_token="wrong")
    error: Any = raised.value
    assert (error.code, error.http_status) == ("Unauthenticated", 401)


def test_session_configuration_takes_effect(connect: Connect) -> None:
    with connect(session_configuration={"TIMEZONE": "Asia/Tokyo"}) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_timezone() AS zone, TIMESTAMP '2026-01-02 03:04:05' AS t")
        row = cursor.fetchone()
        assert (row.zone, row.t.utcoffset()) == ("Asia/Tokyo", dt.timedelta(hours=9))


def test_unknown_session_parameter_is_a_programming_error(connect: Connect) -> None:
    with pytest.raises(ProgrammingError, match="NO_SUCH_CONF"):
        connect(session_configuration={"NO_SUCH_CONF": "1"})


def test_catalog_and_schema_take_effect(connect: Connect) -> None:
    with connect(catalog="samples", schema="tpch") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM region")
        assert cursor.fetchone()[0] == 5


def test_row_limit(connection: Any) -> None:
    with connection.cursor(row_limit=3) as cursor:
        cursor.execute("SELECT id FROM range(10)")
        assert len(cursor.fetchall()) == 3


@pytest.mark.parametrize(
    ("native", "array", "structure", "entries"),
    [(True, [1, 2], {"p": 1}, [("k", 1)]), (False, "[1,2]", '{"p":1}', '{"k":1}')],
    ids=["native", "text"],
)
def test_complex_types_native_and_as_text(connect: Connect, native: bool, array: Any, structure: Any, entries: Any) -> None:
    with connect(_use_arrow_native_complex_types=native) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT array(1, 2) AS a, named_struct('p', 1) AS s, map('k', 1) AS m")
        assert [column[1] for column in cursor.description] == ["array", "struct", "map"]
        row = cursor.fetchone()
        assert (list(row.a) if native else row.a, row.s, row.m) == (array, structure, entries)


@pytest.mark.parametrize(("escape", "found"), [(False, 5), (True, 0)])
def test_underscore_of_a_catalog_is_a_wildcard_unless_escaped(connect: Connect, escape: bool, found: int) -> None:
    with connect(escape_catalog_name=escape) as connection, connection.cursor() as cursor:
        assert len(cursor.tables(catalog_name="sample_", schema_name="tpch", table_name="%t%").fetchall()) == found


def test_intervals_are_text(cursor: Any) -> None:
    cursor.execute("SELECT INTERVAL '2-3' YEAR TO MONTH AS y, INTERVAL '3 04:05:06' DAY TO SECOND AS d")
    assert [column[1] for column in cursor.description] == ["string", "string"]
    assert tuple(cursor.fetchone()) == ("2-3", "3 04:05:06.000000000")


def test_query_tags_are_sent_with_their_statement(connect: Connect, proxy: Proxy) -> None:
    with connect(server_hostname=proxy.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1", query_tags={"team": "data", "bare": None})
        tagged = proxy.await_request("POST", "/statements").body
        cursor.execute("SELECT 1")
        assert b"team" in tagged
        assert b"bare" in tagged
        assert b"team" not in proxy.await_request("POST", "/statements").body


def test_one_connection_serves_many_threads(connection: Any) -> None:
    answers = {}

    def work(n: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT :n AS n", {"n": n})
            answers[n] = cursor.fetchone().n

    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert answers == {n: n for n in range(8)}


def test_cancel_from_another_thread(connect: Connect, proxy: Proxy, is_adapter: bool) -> None:
    with connect(server_hostname=proxy.url) as connection, connection.cursor() as cursor:
        if is_adapter:
            # The statement before has an id, which must not be taken for that of the one that runs.
            cursor.execute("SELECT 1")
            proxy.await_request("POST", "/statements")
        failures: list[Exception] = []

        def work() -> None:
            try:
                cursor.execute(LONG_QUERY)
            except Exception as error:
                failures.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        proxy.await_request("POST", "/statements")
        cursor.cancel()
        worker.join(30)
        assert not worker.is_alive()
        [error] = failures
        assert isinstance(error, OperationalError)
        assert getattr(error, "code", None) == "Cancelled"
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchone().one == 1


def test_execute_async_with_a_result_fetched_twice(cursor: Any) -> None:
    cursor.execute_async("SELECT id FROM range(3) ORDER BY id")
    for _ in range(2):
        cursor.get_async_execution_result()
        assert [row.id for row in cursor.fetchall()] == [0, 1, 2]


def test_statement_of_another_connection_by_its_id(connect: Connect) -> None:
    with connect() as ours, connect() as theirs, theirs.cursor() as submitting:
        submitting.execute_async("SELECT id FROM range(3) ORDER BY id")
        while submitting.is_query_pending():
            pass
        with ours.cursor() as cursor:
            cursor.active_command_id = submitting.active_command_id
            assert cursor.get_query_state() == CommandState.SUCCEEDED
            cursor.get_async_execution_result()
            assert [row.id for row in cursor.fetchall()] == [0, 1, 2]
        # It is theirs, so that closing our cursor has not closed it.
        submitting.get_async_execution_result()
        assert len(submitting.fetchall()) == 3


def test_state_of_a_statement_until_it_is_closed(cursor: Any) -> None:
    cursor.execute("SELECT 1")
    assert cursor.get_query_state() == CommandState.SUCCEEDED
    cursor.cancel()
    assert len(cursor.fetchall()) == 1
    cursor.execute_async("SELECT 1")
    cursor.get_async_execution_result()
    cursor.active_result_set.close()
    assert cursor.get_query_state() == CommandState.CLOSED


def test_unknown_statement_is_a_programming_error(cursor: Any) -> None:
    cursor.active_command_id = CommandId.from_sea_statement_id("01f00000-0000-0000-0000-000000000000")
    with pytest.raises(ProgrammingError) as raised:
        cursor.backend.get_execution_result(cursor.active_command_id, cursor)
    assert getattr(raised.value, "code", None) == "NotFound"


def test_submitted_statement_that_fails_says_why(cursor: Any) -> None:
    cursor.execute_async("SELECT * FROM main.default.no_such_table")
    with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND"):
        cursor.get_async_execution_result()


def test_submitted_statement_is_cancelled(cursor: Any) -> None:
    cursor.execute_async(LONG_QUERY)
    cursor.cancel()
    while cursor.is_query_pending():
        pass
    assert cursor.get_query_state() == CommandState.CANCELLED
    with pytest.raises(OperationalError):
        cursor.get_async_execution_result()


def test_closed_objects_refuse(connect: Connect) -> None:
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SELECT id FROM range(50000)")
    result = cursor.active_result_set
    result.close()
    result.close()
    assert result.fetchall() == []
    connection.close()
    connection.close()
    with pytest.raises(InterfaceError):
        connection.cursor()
    with pytest.raises(InterfaceError):
        cursor.execute("SELECT 1")


def test_tls_with_the_authority_that_is_given(connect: Connect) -> None:
    from databricks_sql_kernel.testing import LocalWarehouse

    with LocalWarehouse(tls=True, scale_factor=0.01) as warehouse:
        with connect(**warehouse.connector_arguments()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 AS one")
            assert cursor.fetchone().one == 1
        with pytest.raises(OperationalError, match="certificate"):
            connect(**{**warehouse.connector_arguments(), "_tls_trusted_ca_file": None, "_retry_stop_after_attempts_count": 1})
