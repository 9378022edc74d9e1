"""Results: Arrow record batches and rows in order, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from databricks_sql_kernel._library import call
from databricks_sql_kernel._result_base import ExecutedBase, ResultBase, rows_of

from ._wait import obtain, wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta
    from types import TracebackType

    import pyarrow as pa
    from typing_extensions import Self

    from databricks_sql_kernel import _native

__all__ = ["ExecutedStatement", "ResultStream"]


class ResultStream(ResultBase):
    """A result, read batch by batch in order, row by row, or as a whole.

    Batches are views of the kernel's memory: they cost no copy, stay valid for as long as they are referenced, also after
    `close()`, and must not be written to. One task reads; two that read at once get different batches.
    `async for` gives the record batches that were not yet read; leaving an `async with` block closes the result.
    """

    async def fetch_next_batch(self) -> pa.RecordBatch | None:
        """The next `pyarrow.RecordBatch`, or `None` after the last, when all announced rows were delivered.

        A cancelled call loses nothing: the next one goes on with the same batch.

        Raises:
            KernelError: `DataLoss` (the result is short or damaged), `NetworkError`, `Timeout`, `InvalidStatementHandle` after
                `close()`.
        """
        from databricks_sql_kernel import _native

        def within(limit: timedelta) -> _native.ChunkStep | None:
            step = self._stream.next_chunk_within(limit)
            return None if isinstance(step, _native.ChunkStep.WAITING) else step

        while not self._batches:
            step = await obtain(self._stream.next_chunk_ready, within)
            if not isinstance(step, _native.ChunkStep.READY):
                return None
            self._take(step.chunk)
        return self._batches.popleft()

    async def fetch_all_arrow(self) -> pa.Table:
        """The rows that were not yet read, as one `pyarrow.Table` over the kernel's memory.

        Raises:
            KernelError: As `fetch_next_batch`.
        """
        from databricks_sql_kernel._arrow import table_of

        return table_of([batch async for batch in self], self.arrow_schema())

    async def rows(self) -> AsyncIterator[tuple[Any, ...]]:
        """The rows that were not yet read, as tuples of Python's values: those of pyarrow's `to_pylist()`.

        Raises:
            KernelError: As `fetch_next_batch`.
        """
        async for batch in self:
            for group in rows_of(batch):
                for row in group:
                    yield row

    async def close(self) -> None:
        """Stops the downloads and frees what was not handed over; later fetches raise. Does nothing when it is closed."""
        call(self._stream.end)
        self._ended()

    async def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        """The record batches that were not yet read."""
        while (batch := await self.fetch_next_batch()) is not None:
            yield batch

    async def __aenter__(self) -> Self:
        """The result itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the result."""
        await self.close()


class ExecutedStatement(ExecutedBase, ResultStream):
    """A statement that succeeded, with its result. Leaving an `async with` block closes both."""

    async def cancel(self) -> None:
        """Asks the server to cancel the statement.

        Raises:
            KernelError: The server could not be asked.
        """
        await wait(self._statement.cancel_async())

    async def close(self) -> None:
        """Ends the result, and tells the server in the background that it may forget the statement. Does nothing when closed."""
        call(self._statement.end)
        self._ended()
