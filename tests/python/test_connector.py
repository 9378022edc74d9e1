"""The unmodified databricks-sql-connector on this kernel: connect(..., use_kernel=True)."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LONG_QUERY
from databricks import sql
from databricks.sql.exc import OperationalError, ProgrammingError, ServerOperationError
from databricks.sql.parameters import DecimalParameter, IntegerParameter, StringParameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy


@pytest.fixture
def cursor(connection: Any) -> Iterator[Any]:
    with connection.cursor() as cursor:
        yield cursor


def test_session_id_is_the_servers(connection: Any) -> None:
    assert len(connection.get_session_id_hex()) >= 16


def test_fetches_in_any_mix(cursor: Any) -> None:
    cursor.execute("SELECT id FROM range(10) ORDER BY id")
    assert cursor.description[0][:2] == ("id", "bigint")
    assert cursor.fetchone().id == 0
    assert [row.id for row in cursor.fetchmany(3)] == [1, 2, 3]
    assert cursor.fetchmany_arrow(2).column("id").to_pylist() == [4, 5]
    assert [row[0] for row in cursor.fetchall()] == [6, 7, 8, 9]
    assert cursor.fetchone() is None
    assert cursor.fetchall() == []
    cursor.execute("SELECT id FROM range(5)")
    assert cursor.fetchall_arrow().num_rows == 5
    cursor.execute("SELECT id FROM range(5) ORDER BY id")
    assert [row.id for row in cursor] == [0, 1, 2, 3, 4]


def test_large_result(cursor: Any) -> None:
    cursor.execute("SELECT * FROM samples.tpch.lineitem")
    count = 0
    while piece := cursor.fetchmany(10_000):
        count += len(piece)
    cursor.execute("SELECT count(*) FROM samples.tpch.lineitem")
    assert cursor.fetchone()[0] == count > 50_000


def test_description_and_values(cursor: Any) -> None:
    cursor.execute(
        "SELECT 1 AS i, CAST('1.50' AS DECIMAL(10, 2)) AS d, 'x' AS s, DATE '2026-01-02' AS day, "
        "array(1) AS a, CAST(NULL AS INT) AS n"
    )
    assert [(column[0], column[1], column[4], column[5]) for column in cursor.description] == [
        ("i", "int", None, None),
        ("d", "decimal", 10, 2),
        ("s", "string", None, None),
        ("day", "date", None, None),
        ("a", "array", None, None),
        ("n", "int", None, None),
    ]
    row = cursor.fetchone()
    assert (row.i, row.d, row.s, row.day, list(row.a), row.n) == (1, Decimal("1.50"), "x", dt.date(2026, 1, 2), [1], None)


def test_parameters_named_and_positional(cursor: Any) -> None:
    cursor.execute("SELECT :a + 1 AS n, :b AS s", {"a": 41, "b": "it's"})
    assert tuple(cursor.fetchone()) == (42, "it's")
    cursor.execute("SELECT ? AS a, ? AS b, ? AS c", [1, None, Decimal("2.50")])
    assert tuple(cursor.fetchone()) == (1, None, Decimal("2.50"))
    cursor.execute(
        "SELECT :i AS i, :s AS s, :d AS d",
        [
            IntegerParameter(name="i", value=1),
            StringParameter(name="s", value="x"),
            DecimalParameter(name="d", value=Decimal("0.1")),
        ],
    )
    assert tuple(cursor.fetchone()) == (1, "x", Decimal("0.1"))


def test_changed_rows_are_the_rowcount(cursor: Any) -> None:
    cursor.execute("CREATE OR REPLACE TABLE main.default.connector_rows (n INT)")
    cursor.execute("INSERT INTO main.default.connector_rows VALUES (1), (2)")
    assert cursor.rowcount == 2
    cursor.execute("DROP TABLE main.default.connector_rows")


def test_metadata_calls(cursor: Any) -> None:
    assert {"main", "samples"} <= {row.TABLE_CAT for row in cursor.catalogs().fetchall()}
    assert [row.TABLE_SCHEM for row in cursor.schemas(catalog_name="samples", schema_name="tpch").fetchall()] == ["tpch"]
    tables = cursor.tables(catalog_name="samples", schema_name="tpch", table_name="n%").fetchall()
    assert [(row.TABLE_NAME, row.TABLE_TYPE) for row in tables] == [("nation", "TABLE")]
    assert cursor.tables(catalog_name="samples", schema_name="tpch", table_types=["VIEW"]).fetchall() == []
    columns = cursor.columns(catalog_name="samples", schema_name="tpch", table_name="region").fetchall()
    assert [row.COLUMN_NAME for row in columns] == ["r_regionkey", "r_name", "r_comment"]


def test_query_that_fails_keeps_every_fact(cursor: Any) -> None:
    with pytest.raises(ServerOperationError, match="TABLE_OR_VIEW_NOT_FOUND") as raised:
        cursor.execute("SELECT * FROM main.default.no_such_table")
    error: Any = raised.value
    assert (error.code, error.sql_state) == ("SqlError", "42P01")
    assert error.query_id
    assert error.query_id == error.context["operation-id"] == cursor.query_id


def test_wrong_token_is_an_operational_error(warehouse: LocalWarehouse) -> None:
    with pytest.raises(OperationalError) as raised:
        sql.connect(**{**warehouse.connector_arguments(), "access_token": "wrong"})
    error: Any = raised.value
    assert (error.code, error.http_status) == ("Unauthenticated", 401)


def test_unknown_session_parameter_is_a_programming_error(warehouse: LocalWarehouse) -> None:
    with pytest.raises(ProgrammingError, match="NO_SUCH_CONF"):
        sql.connect(**warehouse.connector_arguments(), session_configuration={"NO_SUCH_CONF": "1"})


def test_cancel_from_another_thread(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    arguments = {**warehouse.connector_arguments(), "server_hostname": proxy.url}
    with sql.connect(**arguments) as connection, connection.cursor() as cursor:
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
        assert getattr(error, "code", None) == "Cancelled"
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchone().one == 1


def test_execute_async_with_a_result_fetched_twice(cursor: Any) -> None:
    cursor.execute_async("SELECT id FROM range(3)")
    cursor.get_async_execution_result()
    assert len(cursor.fetchall()) == 3
    cursor.get_async_execution_result()
    assert len(cursor.fetchall()) == 3


def test_query_tags_and_complex_types_as_json(warehouse: LocalWarehouse) -> None:
    arguments = warehouse.connector_arguments()
    with sql.connect(**arguments, _use_arrow_native_complex_types=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT array(1, 2) AS a", query_tags={"team": "a"})
        assert cursor.description[0][1] == "array"
        assert cursor.fetchone().a == "[1,2]"


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


def test_tls_with_the_authority_that_is_given() -> None:
    from databricks_sql_kernel.testing import LocalWarehouse

    with (
        LocalWarehouse(tls=True, scale_factor=0.01) as warehouse,
        sql.connect(**warehouse.connector_arguments()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 AS one")
        assert cursor.fetchone().one == 1
