"""Statements that run on the server by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import LONG_QUERY, code_of, dicts
from databricks_sql_kernel import ExecutedAsyncStatement, KernelError, Session

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse


def submit(session: Session, query: str) -> ExecutedAsyncStatement:
    statement = session.statement()
    statement.set_sql(query)
    return statement.submit()


def test_life_of_a_submitted_statement(session: Session) -> None:
    submitted = submit(session, "SELECT id FROM range(3) ORDER BY id")
    assert repr(submitted) == f"<ExecutedAsyncStatement {submitted.statement_id}>"
    assert dicts(submitted.await_result()) == [{"id": 0}, {"id": 1}, {"id": 2}]
    assert submitted.status() == ("Succeeded", None)
    assert len(dicts(submitted.await_result())) == 3
    assert len(dicts(submitted.fetch_result())) == 3
    assert len(dicts(submitted.reader().await_result())) == 3
    submitted.close()
    submitted.close()
    assert code_of(submitted.await_result) == "InvalidStatementHandle"


def test_submit_returns_at_once_and_cancel_ends_it(session: Session) -> None:
    with submit(session, LONG_QUERY) as submitted:
        assert submitted.status()[0] in ("Pending", "Running")
        assert code_of(submitted.fetch_result) == "InvalidState"
        submitted.cancel()
        assert code_of(submitted.await_result) == "Cancelled"
        assert submitted.status() == ("Cancelled", None)


def test_canceller_of_a_submitted_statement(session: Session) -> None:
    with submit(session, LONG_QUERY) as submitted:
        canceller = submitted.canceller()
        assert canceller.statement_id() == submitted.statement_id
        canceller.cancel()
        assert code_of(submitted.await_result) == "Cancelled"


def test_failure_is_a_value_of_status_and_raised_by_the_result(session: Session) -> None:
    submitted = submit(session, "SELECT CAST('abc' AS INT) AS n")
    with pytest.raises(KernelError) as raised:
        submitted.await_result()
    assert (raised.value.code, raised.value.sql_state) == ("SqlError", "22018")
    state, failure = submitted.status()
    assert state == "Failed"
    assert failure is not None
    assert (failure.code, failure.sql_state, failure.query_id) == ("SqlError", "22018", submitted.statement_id)


def test_dropping_never_ends_it_and_any_session_can_attach(session: Session, warehouse: LocalWarehouse) -> None:
    submitted = submit(session, "SELECT 7 AS n")
    statement_id = submitted.statement_id
    del submitted
    with Session(**warehouse.connect_arguments()) as other:
        attached = other.attach_async_statement(statement_id)
        assert attached.statement_id == statement_id
        assert dicts(attached.await_result()) == [{"n": 7}]
        attached.close()
        assert other.attach_async_statement(statement_id).status() == ("Closed", None)


def test_unknown_id_is_not_found(session: Session) -> None:
    unknown = "01f0aaaa-0000-1000-8000-000000000000"
    assert code_of(lambda: session.attach_async_statement(unknown)) == "NotFound"
