"""Results: Arrow record batches and rows in order, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from databricks_sql_kernel._closing import leave_async
from databricks_sql_kernel._library import call
from databricks_sql_kernel._result_base import ExecutedBase, ResultBase
from databricks_sql_kernel.errors import KernelError

from ._wait import NO_TIME, obtain, wait

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta
    from types import TracebackType

    import pyarrow as pa
    from typing_extensions import Self

    from databricks_sql_kernel import _native
    from databricks_sql_kernel._pieces import Piece
    from databricks_sql_kernel._result_base import Column

__all__ = ["ExecutedStatement", "ResultStream"]


class ResultStream(ResultBase):
    """A result, read batch by batch in order, row by row, or as a whole.

    Batches are views of the kernel's memory: they cost no copy, stay valid for as long as they are referenced, also after
    `close()`, and must not be written to. One task reads; two that read at once get different batches.
    `async for` gives the record batches that were not yet read; leaving an `async with` block closes the result.
    """

    def arrow_schema(self) -> pa.Schema:
        """The `pyarrow.Schema` of every batch, where it is known without waiting; `await read_schema()` always has it.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: `InvalidState`: a column is a TIMESTAMP, the session was given no `TIMEZONE`, and nothing was read yet
                that says the server's. Otherwise as `fetch_next_batch`.
        """
        from databricks_sql_kernel import _arrow  # noqa: F401 - or it is missing

        if self._schema_stream is None:
            self._schema_stream = call(self._stream.schema_stream_within, NO_TIME)
            if self._schema_stream is None:
                raise KernelError(
                    "the server has not said yet in which zone the result's timestamps are: await read_schema()",
                    code="InvalidState",
                )
        return self._schema_from(self._schema_stream)

    async def read_schema(self) -> pa.Schema:
        """The `pyarrow.Schema` of every batch, the same for an empty result. Also after `close()`, where it was known before.

        Where the server has to say the zone of TIMESTAMP columns, this waits for the result's first chunk, which stays to be read.
        Without one the server is asked, once a session. The fields' metadata is that of the blocking `arrow_schema`.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: As `fetch_next_batch`.
        """
        from databricks_sql_kernel import _arrow  # noqa: F401 - nothing is waited for in vain

        return self._schema_from(await self._read_schema())

    async def columns(self) -> tuple[Column, ...]:
        """The columns' names and SQL types, as soon as `read_schema` has them.

        Raises:
            KernelError: As `fetch_next_batch`.
        """
        return self._columns_from(await self._read_schema())

    async def fetch_next_batch(self) -> pa.RecordBatch | None:
        """The next `pyarrow.RecordBatch`, or `None` after the last, when all announced rows were delivered.

        A cancelled call loses nothing: the next one goes on with the same batch.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: `DataLoss` (the result is short or damaged), `NetworkError`, `Timeout`, `InvalidStatementHandle` after
                `close()`.
        """
        from databricks_sql_kernel import _arrow  # noqa: F401 - no row is read in vain

        while (batch := self._unread.next_batch()) is None:
            if not await self._read_chunk():
                return None
        return batch

    async def fetch_all_arrow(self) -> pa.Table:
        """The rows that were not yet read, as one `pyarrow.Table` over the kernel's memory. A call that fails has read none.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: As `fetch_next_batch`.
        """
        from databricks_sql_kernel._arrow import table_of

        pieces: list[Piece] = []
        try:
            while (piece := self._unread.next_piece()) is not None or await self._read_chunk():
                if piece is not None:
                    pieces.append(piece)
            return table_of((piece.batch() for piece in pieces), await self.read_schema())
        except BaseException:
            self._unread.give_back(pieces)
            raise

    async def rows(self) -> AsyncIterator[tuple[Any, ...]]:
        """The rows that were not yet read, as tuples of Python's values: those of pyarrow's `to_pylist()`, which it does without.

        Rows are read as they are taken, in any mix with the other ways to read, as in the blocking `ResultStream.rows`.

        Raises:
            KernelError: As `fetch_next_batch`; `InvalidArgument` at a row with a value that Python cannot hold. It names the
                column, and the row is still to be read, as Arrow.
        """
        while True:
            for row in self._unread.rows:
                yield row
            if not self._unread.make_rows() and not await self._read_chunk():
                return

    async def close(self) -> None:
        """Stops the downloads and frees what was not handed over; later fetches raise. Does nothing when it is closed."""
        call(self._stream.end)
        self._ended()

    async def _read_schema(self) -> bytes:
        if self._schema_stream is None:
            self._schema_stream = await wait(self._stream.schema_stream_async())
        return self._schema_stream

    async def _read_chunk(self) -> bool:
        from databricks_sql_kernel import _native

        def within(limit: timedelta) -> _native.ChunkStep | None:
            step = self._stream.next_chunk_within(limit)
            return None if isinstance(step, _native.ChunkStep.WAITING) else step

        step = await obtain(self._stream.next_chunk_ready, within)
        if not isinstance(step, _native.ChunkStep.READY):
            return False
        self._unread.add(step.chunk)
        return True

    async def __aiter__(self) -> AsyncIterator[pa.RecordBatch]:
        """The record batches that were not yet read."""
        while (batch := await self.fetch_next_batch()) is not None:
            yield batch

    async def __aenter__(self) -> Self:
        """The result itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the result."""
        await leave_async(self.close, error)


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
