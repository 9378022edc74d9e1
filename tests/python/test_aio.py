"""The kernel from asyncio: no thread held, and a cancelled task cancels its query."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import LONG_QUERY
from databricks_sql_kernel import KernelError, aio
from databricks_sql_kernel.testing import LocalWarehouse
from extras import needs_arrow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MANY_ROWS = "SELECT id FROM range(25000) ORDER BY id"
TIMESTAMPS = "SELECT TIMESTAMP '2024-01-01 09:00:00' AS t FROM range(30000)"


async def code_of(call: Awaitable[object]) -> str:
    with pytest.raises(KernelError) as raised:
        await call
    return raised.value.code


async def until(condition: Callable[[], bool]) -> None:
    """Waits, by asking, until the condition holds."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def served(warehouse: LocalWarehouse, kind: str) -> int:
    return int(warehouse.faults_report()["requests"].get(kind, 0))


@pytest.fixture
def run(warehouse: LocalWarehouse) -> Callable[[Callable[[aio.Session], Awaitable[None]]], None]:
    """Runs a test in a loop of its own, with a session."""

    def run(body: Callable[[aio.Session], Awaitable[None]]) -> None:
        async def main() -> None:
            async with aio.connect(**warehouse.connect_arguments()) as session:
                await body(session)

        warehouse.plan_faults([])
        asyncio.run(main())

    return run


Run = Any


@needs_arrow
def test_rows_and_batches_arrive_in_order(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        async with await session.execute(MANY_ROWS) as result:
            assert result.total_row_count == 25000
            assert [row async for row in result.rows()] == [(id,) for id in range(25000)]  # noqa: A001
            assert await result.fetch_next_batch() is None
        async with await session.execute(MANY_ROWS) as result:
            assert result.arrow_schema().names == ["id"]
            assert sum([batch.num_rows async for batch in result]) == 25000
        assert (await (await session.execute(MANY_ROWS)).fetch_all_arrow()).num_rows == 25000
        assert await code_of(result.fetch_next_batch()) == "InvalidStatementHandle"

    run(body)


def test_statement_binds_limits_and_counts(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        async with session.statement() as statement:
            statement.set_sql("SELECT :n + id AS n FROM range(10) ORDER BY 1")
            statement.bind_named_param("n", "41", "INT")
            statement.set_row_limit(2)
            result = await statement.execute()
            assert result.truncated
            assert [row async for row in result.rows()] == [(41,), (42,)]
            assert repr(result) == f"<ExecutedStatement {result.statement_id}>"
        assert await code_of(anext(result.rows())) == "InvalidStatementHandle"
        with pytest.raises(KernelError):
            statement.set_sql("SELECT 1")
        await session.execute("CREATE OR REPLACE TABLE main.default.aio_counted (a INT)")
        assert (await session.execute("INSERT INTO main.default.aio_counted VALUES (1), (2)")).num_modified_rows == 2
        assert (await session.execute("SELECT 1")).num_modified_rows is None
        await session.execute("DROP TABLE main.default.aio_counted")

    run(body)


@needs_arrow
def test_schema_that_the_server_has_to_tell_holds_up_no_other_task() -> None:
    async def body(session: aio.Session, warehouse: LocalWarehouse) -> None:
        expected = "timestamp[us, tz=America/Los_Angeles]"
        warehouse.plan_faults([{"on": "link", "do": {"delay": {"milliseconds": 1000}}}])
        result = await session.execute(TIMESTAMPS)
        with pytest.raises(KernelError, match=r"await read_schema\(\)") as raised:
            result.arrow_schema()
        assert raised.value.code == "InvalidState"
        assert str((await result.read_schema()).field("t").type) == expected
        assert result.arrow_schema() is await result.read_schema()
        assert (await result.fetch_all_arrow()).num_rows == 30000
        read = await session.execute(TIMESTAMPS)
        await read.fetch_next_batch()
        assert str(read.arrow_schema().field("t").type) == expected

    async def main(warehouse: LocalWarehouse) -> None:
        async with aio.connect(**warehouse.connect_arguments()) as session:
            await body(session, warehouse)

    arguments = ["--zone", "America/Los_Angeles", "--chunk-rows", "10000", "--inline-bytes", "1000"]
    with LocalWarehouse(arguments=arguments) as warehouse:
        asyncio.run(main(warehouse))


def test_close_holds_up_no_other_task_while_a_log_handler_is_slow(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        await session.execute("SELECT 1")
        going_on = threading.Event()

        class Slow(logging.Handler):
            def emit(self, _: logging.LogRecord) -> None:
                going_on.wait(10)

        logger, handler = logging.getLogger("databricks.sql.kernel"), Slow()
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        try:
            closing = asyncio.create_task(session.close())
            ticks = 0
            while not closing.done():
                await asyncio.sleep(0.01)
                ticks += 1
            assert ticks > 10, "close waits half a second for the handler"
        finally:
            logger.setLevel(level)
            logger.removeHandler(handler)
            going_on.set()

    run(body)


def test_errors_are_the_public_ones(run: Run, warehouse: LocalWarehouse) -> None:
    async def body(session: aio.Session) -> None:
        with pytest.raises(KernelError) as raised:
            await session.execute("SELECT CAST('abc' AS INT)")
        assert (raised.value.code, raised.value.sql_state) == ("SqlError", "22018")
        with pytest.raises(KernelError) as refused:
            await aio.connect(**{**warehouse.connect_arguments(), "access_token": "wrong"})
        assert refused.value.code == "Unauthenticated"

    run(body)


def test_life_of_a_submitted_statement(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        async with await session.submit("SELECT id FROM range(3)") as submitted:
            assert len([row async for row in (await submitted.await_result()).rows()]) == 3
            assert await submitted.status() == ("Succeeded", None)
            assert len([row async for row in (await submitted.reader().fetch_result()).rows()]) == 3
            attached = await session.attach_async_statement(submitted.statement_id)
            assert attached.statement_id == submitted.statement_id
            assert repr(attached) == f"<ExecutedAsyncStatement {attached.statement_id}>"
        assert await code_of(submitted.status()) == "InvalidStatementHandle"
        failing = await session.submit("SELECT CAST('abc' AS INT) AS n")
        assert await code_of(failing.await_result()) == "SqlError"
        state, failure = await failing.status()
        assert (state, failure and failure.sql_state) == ("Failed", "22018")
        running = await session.submit(LONG_QUERY)
        assert await code_of(running.fetch_result()) == "InvalidState"
        await running.cancel()
        assert await code_of(running.await_result()) == "Cancelled"

    run(body)


def test_metadata_calls_are_awaited(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        tables = await session.metadata().list_tables(catalog="samples", schema_pattern="tpch", table_pattern="nat%")
        assert [row[2] async for row in tables.rows()] == ["nation"]

    run(body)


def test_cancelled_task_cancels_the_query_that_the_server_has_not_yet_named(run: Run, warehouse: LocalWarehouse) -> None:
    async def body(session: aio.Session) -> None:
        task = asyncio.ensure_future(session.execute(LONG_QUERY))
        await until(lambda: served(warehouse, "execute") == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(session.execute(LONG_QUERY), 0.05)
        assert served(warehouse, "cancel") == 0
        await until(lambda: served(warehouse, "cancel") == 2)

    run(body)


def test_cancelled_task_cancels_the_statement_that_it_awaits(run: Run, warehouse: LocalWarehouse) -> None:
    async def body(session: aio.Session) -> None:
        submitted = await session.submit(LONG_QUERY)
        task = asyncio.ensure_future(submitted.await_result())
        await until(lambda: served(warehouse, "poll") >= 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while (await submitted.status())[0] != "Cancelled":
            await asyncio.sleep(0.005)

    run(body)


def test_canceller_ends_a_run_of_another_task(run: Run, warehouse: LocalWarehouse) -> None:
    async def body(session: aio.Session) -> None:
        statement = session.statement()
        statement.set_sql(LONG_QUERY)
        canceller = statement.canceller()
        task = asyncio.ensure_future(statement.execute())
        await until(lambda: served(warehouse, "execute") == 1)
        canceller.request()
        await canceller.cancel()
        assert await code_of(task) == "Cancelled"
        await until(lambda: canceller.statement_id() is not None)

    run(body)


@needs_arrow
def test_cancelled_fetch_loses_no_batch(run: Run, warehouse: LocalWarehouse) -> None:
    async def body(session: aio.Session) -> None:
        warehouse.plan_faults([{"on": "link", "times": 1, "do": {"delay": {"milliseconds": 2000}}}])
        result = await session.execute(MANY_ROWS)
        ids: list[int] = []
        interrupted = 0
        while True:
            try:
                batch = await asyncio.wait_for(result.fetch_next_batch(), 0.02)
            except asyncio.TimeoutError:
                interrupted += 1
                continue
            if batch is None:
                break
            ids += batch["id"].to_pylist()
        assert interrupted > 0
        assert ids == list(range(25000))

    run(body)


def test_cancelled_connect_leaves_no_session(warehouse: LocalWarehouse) -> None:
    async def main() -> None:
        warehouse.plan_faults([{"on": "open_session", "do": {"delay": {"milliseconds": 2000}}}])
        session = aio.connect(**warehouse.connect_arguments())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(session.open(), 0.05)
        await until(lambda: served(warehouse, "close_session") == 1)
        assert await code_of(session.open()) == "InvalidStatementHandle"

    asyncio.run(main())


def test_session_is_used_between_open_and_close_alone(warehouse: LocalWarehouse) -> None:
    async def main() -> None:
        session = aio.connect(**warehouse.connect_arguments())
        with pytest.raises(KernelError, match="await it") as raised:
            session.statement()
        assert raised.value.code == "InvalidState"
        assert await session is session
        assert await session.open() is session
        assert session.session_id
        await session.close()
        await session.close()
        assert repr(session) == f"<Session {session.session_id} closed>"
        assert await code_of(session.execute("SELECT 1")) == "InvalidStatementHandle"

    asyncio.run(main())


def test_many_statements_at_once_hold_no_thread(run: Run) -> None:
    async def body(session: aio.Session) -> None:
        async def ask(number: int) -> int:
            async with await session.execute(f"SELECT {number} AS n") as result:
                [row] = [row async for row in result.rows()]
                return int(row[0])

        threads = threading.active_count()
        assert await asyncio.gather(*map(ask, range(100))) == list(range(100))
        assert threading.active_count() == threads

    run(body)


def test_session_outlives_an_event_loop(warehouse: LocalWarehouse) -> None:
    session = asyncio.run(aio.connect(**warehouse.connect_arguments()).open())
    assert asyncio.run(session.execute("SELECT 1")).statement_id
    asyncio.run(session.close())


ENDINGS = {
    "cancelled": "task.cancel()",
    "interrupted": "raise KeyboardInterrupt",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_interpreter_ends_cleanly_with_queries_that_run(warehouse: LocalWarehouse, ending: str) -> None:
    program = f"""
import asyncio, contextlib
from databricks_sql_kernel import aio
async def main():
    session = await aio.connect(**arguments)
    task = asyncio.ensure_future(session.execute({LONG_QUERY!r}))
    await asyncio.gather(*(session.execute("SELECT 1") for _ in range(20)))
    await asyncio.sleep(0)
    {ENDINGS[ending]}
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
tell(done=True)
"""
    status, told, errors = child.run(program, warehouse.connect_arguments(), "-W", "ignore::ResourceWarning")
    assert (status, told, errors) == (0, [{"done": True}], "")
