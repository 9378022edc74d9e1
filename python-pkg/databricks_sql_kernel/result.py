"""Results: Arrow record batches in order, and the statement that they belong to."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._library import call
from ._wait import wait, wait_done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from types import TracebackType

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from typing_extensions import Self

    from . import _native
    from ._progress import Bar
    from .volume import VolumeOperation

__all__ = ["ExecutedStatement", "ResultStream"]


class ResultStream:
    """A result, read batch by batch in order, or as a whole.

    Batches are views of the kernel's memory: they cost no copy, stay valid for as long as they are referenced, also after
    `close()`, and must not be written to. One thread reads; two that read at once get different batches.
    Iterating gives the record batches that were not yet read; leaving a `with` block closes the result.
    """

    def __init__(self, native: _native.ResultStream) -> None:
        """Made by `ExecutedAsyncStatement` and `Metadata`."""
        self._stream = native
        self._schema: pa.Schema | None = None
        self._batches: deque[pa.RecordBatch] = deque()
        self._bar: Bar | None = None

    def arrow_schema(self) -> pa.Schema:
        """The `pyarrow.Schema` of every batch, known before the first one. Also after `close()`.

        The metadata of a field says the SQL type: `databricks.type_name`, `databricks.type_text`, `Spark:DataType:SqlName`.
        """
        if self._schema is None:
            from ._arrow import schema_of

            self._schema = schema_of(call(self._stream.schema_stream))
        return self._schema

    @property
    def total_row_count(self) -> int | None:
        """How many rows the server announced for the whole result; `None` when it did not say."""
        return call(self._stream.total_row_count)

    @property
    def truncated(self) -> bool:
        """Whether the row limit, or a limit of the server's, cut the result."""
        return call(self._stream.truncated)

    def on_progress(self, callback: Callable[[_native.Progress], object] | None) -> None:
        """Calls `callback` while the result is read, with how far it is: `bytes`, `rows`, `chunks` and `total_bytes`, `total_rows`,
        `total_chunks`, which are `None` where the server did not say.

        It is called on a thread of the kernel's, one call at a time, at most ten times a second; the last call has the last
        state and may come up to 100 ms after it. What it raises is logged and fails nothing. `None` ends the calls.
        """  # noqa: D205
        from ._progress import listener

        call(self._stream.report_progress, None if callback is None else listener(callback))

    def show_progress(self, **options: Any) -> Self:
        """Shows a bar of tqdm's while the result is read: `result.show_progress().fetch_all_arrow()`.

        It takes the place of an `on_progress` callback, and needs the extra `progress`.

        Args:
            options: Those of `tqdm.tqdm`, such as `desc` or `file`.

        Returns:
            The result itself.

        Raises:
            ImportError: tqdm is not installed.
        """
        from ._progress import Bar

        self._bar = Bar(**options)
        self.on_progress(self._bar.show)
        return self

    def fetch_next_batch(self) -> pa.RecordBatch | None:
        """The next `pyarrow.RecordBatch`, or `None` after the last, when all announced rows were delivered.

        An interrupted call loses nothing: the next one goes on with the same batch.

        Raises:
            KernelError: `DataLoss` (the result is short or damaged), `NetworkError`, `Timeout`, `InvalidStatementHandle` after
                `close()`.
        """
        while True:
            with suppress(IndexError):
                return self._batches.popleft()
            if not self._read_chunk():
                return None

    def fetch_all_arrow(self) -> pa.Table:
        """The rows that were not yet read, as one `pyarrow.Table` over the kernel's memory.

        Raises:
            KernelError: As `fetch_next_batch`.
        """
        from ._arrow import table_of

        return table_of(self, self.arrow_schema())

    def to_pandas(self, **options: Any) -> pd.DataFrame:
        """The rows that were not yet read, as a `pandas.DataFrame`; the options are those of `pyarrow.Table.to_pandas`.

        Raises:
            ImportError: pandas is not installed.
            KernelError: As `fetch_next_batch`.
        """
        return self.fetch_all_arrow().to_pandas(**options)

    def to_polars(self) -> pl.DataFrame:
        """The rows that were not yet read, as a `polars.DataFrame` over the kernel's memory where polars can use it.

        Raises:
            ImportError: polars is not installed.
            KernelError: As `fetch_next_batch`.
        """
        import polars as pl

        return pl.DataFrame(self.fetch_all_arrow())

    def __arrow_c_schema__(self) -> object:
        """The schema as a PyCapsule of the Arrow C data interface."""
        return self.arrow_schema().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows that were not yet read as a PyCapsule of the Arrow C stream interface, batch by batch.

        Polars, DuckDB, pandas and others read it directly: `duckdb.from_arrow(result)`, `polars.DataFrame(result)`. A failure
        reaches them as an error of theirs with this package's text.
        `requested_schema` may only ask for another layout of the same types.
        """
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.arrow_schema(), self).__arrow_c_stream__(requested_schema)

    def close(self) -> None:
        """Stops the downloads and frees what was not handed over; later fetches raise. Does nothing when it is closed."""
        call(self._stream.end)
        self._ended()

    def _ended(self) -> None:
        self._batches.clear()
        if self._bar is not None:
            self._bar.close()

    def _read_chunk(self) -> bool:
        from . import _native
        from ._arrow import batches_of

        def within(limit: timedelta) -> _native.ChunkStep | None:
            step = self._stream.next_chunk_within(limit)
            return None if isinstance(step, _native.ChunkStep.WAITING) else step

        step = wait(within)
        if not isinstance(step, _native.ChunkStep.READY):
            return False
        self._batches.extend(batches_of(step.chunk))
        return True

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The record batches that were not yet read."""
        while (batch := self.fetch_next_batch()) is not None:
            yield batch

    def __enter__(self) -> Self:
        """The result itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the result."""
        self.close()


class ExecutedStatement(ResultStream):
    """A statement that succeeded, with its result. Leaving a `with` block closes both."""

    def __init__(self, native: _native.ExecutedStatement) -> None:
        """Made by `Statement.execute`."""
        super().__init__(native.result())
        self._statement = native

    @property
    def statement_id(self) -> str:
        """The server's id of the statement."""
        return call(self._statement.statement_id)

    @property
    def num_modified_rows(self) -> int | None:
        """How many rows an INSERT, UPDATE, DELETE or MERGE changed; `None` for every other statement."""
        return call(self._statement.modified_row_count)

    @property
    def volume_operation(self) -> VolumeOperation | None:
        """The file that `PUT`, `GET` or `REMOVE` wants transferred; `None` for every other statement.

        The server has done nothing yet: whoever ran the statement carries it out. The result has no rows.
        """
        native = call(self._statement.volume_operation)
        if native is None:
            return None
        from .volume import VolumeOperation

        return VolumeOperation(native)

    def cancel(self) -> None:
        """Asks the server to cancel the statement.

        Raises:
            KernelError: The server could not be asked.
        """
        wait_done(self._statement.cancel_within)

    def close(self) -> None:
        """Ends the result, and tells the server in the background that it may forget the statement. Does nothing when closed."""
        call(self._statement.end)
        self._ended()

    def __repr__(self) -> str:
        """The statement's id."""
        return f"<ExecutedStatement {self.statement_id}>"
