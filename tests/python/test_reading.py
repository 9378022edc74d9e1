"""Every mix of the ways to read a result gives each row once, in order."""

from __future__ import annotations

import asyncio
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow", reason="mixes rows with batches")

import pyarrow as pa
from conftest import run
from databricks_sql_kernel import KernelError, aio, connector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from databricks_sql_kernel import ExecutedStatement, Session
    from databricks_sql_kernel.testing import LocalWarehouse

ROWS = 50_000
QUERY = "SELECT id FROM range(50000) ORDER BY id"


def ids(batch: pa.RecordBatch | pa.Table | None) -> list[int]:
    return [] if batch is None else batch.column(0).to_pylist()


def some(rows: Iterator[tuple[Any, ...]], count: int) -> list[int]:
    return [row[0] for row in islice(rows, count)]


def through_a_capsule(result: ExecutedStatement) -> Any:
    return pa.RecordBatchReader.from_stream(result)


def left_alone(result: ExecutedStatement) -> list[int]:
    assert result.__arrow_c_stream__() is not None
    return []


# Each leaves most of the result.
PARTS: dict[str, Callable[[Any], list[int]]] = {
    "a row": lambda result: some(result.rows(), 1),
    "rows": lambda result: some(result.rows(), 1500),
    "no row": lambda result: some(result.rows(), 0),
    "a batch": lambda result: ids(result.fetch_next_batch()),
    "an iterator's batch": lambda result: ids(next(iter(result))),
    "a capsule's batch": lambda result: ids(through_a_capsule(result).read_next_batch()),
    "a capsule that nobody reads": left_alone,
}
# Each reads to the end.
ENDS: dict[str, Callable[[Any], list[int]]] = {
    "rows": lambda result: some(result.rows(), ROWS),
    "batches": lambda result: [id_ for batch in result for id_ in ids(batch)],
    "table": lambda result: ids(result.fetch_all_arrow()),
    "capsule": lambda result: ids(through_a_capsule(result).read_all()),
    "pandas": lambda result: result.to_pandas()["id"].tolist(),
    "polars": lambda result: result.to_polars()["id"].to_list(),
}


@pytest.mark.parametrize("second", PARTS)
@pytest.mark.parametrize("first", PARTS)
def test_every_row_comes_once_and_in_order(session: Session, first: str, second: str) -> None:
    for end, read_all in ENDS.items():
        result = run(session, QUERY)
        read = [id_ for part in (first, second, first) for id_ in PARTS[part](result)]
        assert read + read_all(result) == list(range(ROWS)), end
        assert [read_all(result) for read_all in ENDS.values()] == [[]] * len(ENDS)


def test_iterators_that_are_used_in_turn_share_the_rows(session: Session) -> None:
    result = run(session, QUERY)
    one, other = result.rows(), result.rows()
    read = [next(rows)[0] for _ in range(1000) for rows in (one, other)]
    read += ids(result.fetch_next_batch())
    read += [next(rows)[0] for _ in range(1000) for rows in (other, one)]
    assert read + [row[0] for row in one] == list(range(ROWS))
    assert (list(one), list(other), list(result.rows())) == ([], [], [])


def test_closed_result_hands_out_no_row(session: Session) -> None:
    result = run(session, QUERY)
    rows = result.rows()
    next(rows)
    result.close()
    with pytest.raises(KernelError, match="closed"):
        next(rows)


@pytest.mark.parametrize("read", ["fetch_all_arrow", "to_pandas", "to_polars"])
def test_whole_that_fails_has_read_nothing(session: Session, faults: Any, read: str) -> None:
    faults([{"on": "result", "do": {"result": {"missing_chunk": {"chunk": 3}}}}])
    result = run(session, QUERY)
    for _ in range(2):
        with pytest.raises(KernelError) as raised:
            getattr(result, read)()
        assert raised.value.code == "DataLoss"
    assert some(result.rows(), 10_000) == list(range(10_000))


# As above, of a cursor's.
FETCHES: dict[str, Callable[[Any], list[int]]] = {
    "fetchone": lambda cursor: [cursor.fetchone().id],
    "fetchmany": lambda cursor: [row.id for row in cursor.fetchmany(1500)],
    "fetchmany_arrow": lambda cursor: ids(cursor.fetchmany_arrow(12_345)),
    "next": lambda cursor: [next(iter(cursor)).id],
}
FETCHES_ALL: dict[str, Callable[[Any], list[int]]] = {
    "fetchall": lambda cursor: [row.id for row in cursor.fetchall()],
    "fetchall_arrow": lambda cursor: ids(cursor.fetchall_arrow()),
    "iteration": lambda cursor: [row.id for row in cursor],
}


def test_every_row_comes_once_and_in_order_from_a_cursor(warehouse: LocalWarehouse) -> None:
    with connector.connect(**warehouse.connector_arguments()) as connection, connection.cursor() as cursor:
        for first, second, last in product(FETCHES, FETCHES, FETCHES_ALL):
            cursor.execute(QUERY)
            read = [id_ for fetch in (first, second, first) for id_ in FETCHES[fetch](cursor)]
            assert read + FETCHES_ALL[last](cursor) == list(range(ROWS)), (first, second, last)
            assert [FETCHES_ALL[last](cursor) for last in FETCHES_ALL] == [[], [], []]


AIO_PARTS = ("a row", "rows", "a batch", "an iterator's batch", "a table that is cancelled")
AIO_ENDS = ("rows", "batches", "table")


async def aio_part(result: aio.ExecutedStatement, part: str) -> list[int]:
    if part == "a batch":
        return ids(await result.fetch_next_batch())
    if part == "an iterator's batch":
        return ids(await anext(aiter(result)))
    if part == "a table that is cancelled":
        task = asyncio.ensure_future(result.fetch_all_arrow())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return ids(task.result()) if not task.cancelled() else []
    rows = result.rows()
    return [(await anext(rows))[0] for _ in range(1 if part == "a row" else 1500)]


async def aio_end(result: aio.ExecutedStatement, end: str) -> list[int]:
    if end == "table":
        return ids(await result.fetch_all_arrow())
    if end == "batches":
        return [id_ async for batch in result for id_ in ids(batch)]
    return [row[0] async for row in result.rows()]


def test_every_row_comes_once_and_in_order_in_asyncio(warehouse: LocalWarehouse) -> None:
    async def main() -> None:
        async with aio.connect(**warehouse.connect_arguments()) as session:
            for first, second, end in product(AIO_PARTS, AIO_PARTS, AIO_ENDS):
                result = await session.execute(QUERY)
                read = [id_ for part in (first, second, first) for id_ in await aio_part(result, part)]
                assert read + await aio_end(result, end) == list(range(ROWS)), (first, second, end)
                assert [await aio_end(result, end) for end in AIO_ENDS] == [[], [], []]

    asyncio.run(main())
