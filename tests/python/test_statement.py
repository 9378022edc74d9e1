"""Running statements: parameters, limits, counts, errors, cancelling."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest import LONG_QUERY, code_of, dicts, rows, run
from databricks_sql_kernel import KernelError, Session

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy


def test_statement_runs_again_with_what_was_set(session: Session) -> None:
    with session.statement() as statement:
        statement.set_sql("SELECT 1 AS n")
        first = statement.execute()
        statement.set_sql("SELECT 2 AS n")
        second = statement.execute()
        assert first.statement_id != second.statement_id
        assert [dicts(r) for r in (first, second)] == [[{"n": 1}], [{"n": 2}]]


@pytest.mark.parametrize(
    ("value", "sql_type", "expected"),
    [
        ("41", "INT", 41),
        ("-9223372036854775808", "bigint", -(2**63)),
        ("1.50", "DECIMAL(10,2)", Decimal("1.50")),
        ("true", "Boolean", True),
        ("tschüß ' \\ \U0001f600", "STRING", "tschüß ' \\ \U0001f600"),
        ("2.5", "DOUBLE", 2.5),
        (None, "INT", None),
        (None, "VOID", None),
    ],
)
def test_parameters_by_ordinal_and_by_name(session: Session, value: str | None, sql_type: str, expected: Any) -> None:
    statement = session.statement()
    statement.set_sql("SELECT ? AS v")
    statement.bind_param(1, value, sql_type)
    assert dicts(statement.execute()) == [{"v": expected}]
    statement = session.statement()
    statement.set_sql("SELECT :value AS v")
    statement.bind_named_param("value", value, sql_type)
    assert dicts(statement.execute()) == [{"v": expected}]


@pytest.mark.parametrize(
    ("value", "sql_type"), [("abc", "INT"), ("1", "ARRAY<INT>"), ("128", "TINYINT"), ("2026-02-30", "DATE"), ("x", "NO_SUCH_TYPE")]
)
def test_parameter_that_does_not_fit_is_refused_when_bound(session: Session, value: str, sql_type: str) -> None:
    statement = session.statement()
    assert code_of(lambda: statement.bind_param(1, value, sql_type)) == "InvalidArgument"
    assert code_of(lambda: statement.bind_named_param("n", value, sql_type)) == "InvalidArgument"


def test_row_limit_cuts_and_says_so(session: Session) -> None:
    statement = session.statement()
    statement.set_sql("SELECT id FROM range(100)")
    statement.set_row_limit(7)
    result = statement.execute()
    assert result.truncated
    assert len(dicts(result)) == 7
    statement.set_row_limit(None)
    result = statement.execute()
    assert not result.truncated
    assert len(dicts(result)) == 100
    statement.set_row_limit(0)
    result = statement.execute()
    assert (result.truncated, [column.name for column in result.columns()], list(result.rows())) == (True, ["id"], [])
    assert code_of(lambda: statement.set_row_limit(-1)) == "InvalidArgument"


def test_query_tags_are_sent(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}) as session:
        statement = session.statement()
        statement.set_sql("SELECT 1")
        statement.set_query_tags({"team": "a", "bare": None})
        statement.execute().close()
        body = proxy.await_request("POST", "/statements").body
    assert b'"query_tags"' in body
    assert b"team" in body
    assert b"bare" in body


def test_changed_rows_are_counted(session: Session) -> None:
    run(session, "CREATE TABLE main.default.counted (n INT)").close()
    try:
        insert = run(session, "INSERT INTO main.default.counted VALUES (1), (2), (3)")
        assert insert.num_modified_rows == 3
        insert.close()
        assert insert.num_modified_rows == 3
        assert run(session, "UPDATE main.default.counted SET n = n + 1 WHERE n > 1").num_modified_rows == 2
        assert run(session, "DELETE FROM main.default.counted WHERE n = 1").num_modified_rows == 1
        assert run(session, "SELECT * FROM main.default.counted").num_modified_rows is None
    finally:
        run(session, "DROP TABLE main.default.counted").close()


@pytest.mark.parametrize(
    ("query", "sql_state"),
    [
        ("SELECT * FROM main.default.no_such_table", "42P01"),
        ("SELECT colour FROM samples.tpch.part", "42703"),
        ("SELEC 1", "42601"),
        ("SELECT 1 / 0", "22012"),
        ("SELECT CAST('abc' AS INT)", "22018"),
    ],
)
def test_query_that_fails_says_how(session: Session, query: str, sql_state: str) -> None:
    statement = session.statement()
    statement.set_sql(query)
    canceller = statement.canceller()
    with pytest.raises(KernelError) as raised:
        statement.execute()
    error = raised.value
    assert (error.code, error.sql_state, error.retryable) == ("SqlError", sql_state, False)
    assert error.query_id
    assert canceller.statement_id() == error.query_id
    assert error.query_id in str(error)


def test_closed_statement_is_over_and_so_are_its_results(session: Session) -> None:
    statement = session.statement()
    statement.set_sql("SELECT 1 AS n")
    executed = statement.execute()
    submitted = statement.submit()
    statement.close()
    statement.close()
    for call in (statement.execute, statement.submit, statement.canceller, lambda: statement.set_sql("SELECT 1")):
        assert code_of(call) == "InvalidStatementHandle"
    assert code_of(lambda: next(executed.rows())) == "InvalidStatementHandle"
    assert code_of(submitted.status) == "InvalidStatementHandle"
    assert [column.name for column in executed.columns()] == ["n"]


def test_cancel_from_another_thread_ends_a_running_query(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}) as session, ThreadPoolExecutor(1) as pool:
        statement = session.statement()
        statement.set_sql(LONG_QUERY)
        canceller = statement.canceller()
        assert canceller.statement_id() is None
        failed = pool.submit(code_of, statement.execute)
        proxy.await_request("POST", "/statements")
        canceller.cancel()
        canceller.cancel()
        assert failed.result(timeout=30) == "Cancelled"
        # The caller returns at once; the cancel goes out when the server has named the statement.
        assert proxy.await_request("POST", "/cancel").path.endswith(f"/{canceller.statement_id()}/cancel")
        assert rows(session, "SELECT 1 AS one") == [{"one": 1}]


def test_cancel_before_the_run_cancels_it(session: Session) -> None:
    statement = session.statement()
    statement.set_sql(LONG_QUERY)
    statement.canceller().cancel()
    assert code_of(statement.execute) == "Cancelled"


def test_cancel_after_the_run_does_nothing(session: Session) -> None:
    statement = session.statement()
    statement.set_sql("SELECT 1 AS n")
    canceller = statement.canceller()
    result = statement.execute()
    canceller.cancel()
    result.cancel()
    assert canceller.statement_id() == result.statement_id
    assert dicts(result) == [{"n": 1}]


def test_closing_a_statement_cancels_what_it_runs(proxy: Proxy, warehouse: LocalWarehouse) -> None:
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}) as session, ThreadPoolExecutor(1) as pool:
        statement = session.statement()
        statement.set_sql(LONG_QUERY)
        failed = pool.submit(code_of, statement.execute)
        proxy.await_request("POST", "/statements")
        statement.close()
        assert failed.result(timeout=30) == "Cancelled"


def test_timeout_cancels_on_the_server(session: Session) -> None:
    statement = session.statement()
    statement.set_sql(LONG_QUERY)
    statement.set_timeout(0.2)
    assert code_of(statement.execute) == "Timeout"
    assert code_of(lambda: statement.set_timeout(-1)) == "InvalidArgument"


def test_one_session_serves_many_threads(session: Session) -> None:
    barrier = threading.Barrier(16)

    def work(n: int) -> int:
        barrier.wait()
        return int(rows(session, f"SELECT {n} AS n")[0]["n"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(16))) == list(range(16))
