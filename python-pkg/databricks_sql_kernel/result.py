"""Results: Arrow record batches in order, and the statement that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ._closing import leave
from ._library import call
from ._result_base import ExecutedBase, ResultBase
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
    from ._pieces import Piece
    from ._result_base import Column

__all__ = ["ExecutedStatement", "ResultStream"]

T = TypeVar("T")


class ResultStream(ResultBase):
    """A result, read batch by batch in order, or as a whole.

    Batches are views of the kernel's memory: they cost no copy, stay valid for as long as they are referenced, also after
    `close()`, and must not be written to. One thread reads; two that read at once get different batches.
    Iterating gives the record batches that were not yet read; leaving a `with` block closes the result.
    """

    def arrow_schema(self) -> pa.Schema:
        """The `pyarrow.Schema` of every batch, the same for an empty result. Also after `close()`.

        It is known at once, unless a column is a TIMESTAMP and the session was given no `TIMEZONE`: the zone is the server's
        then, and this waits for the result's first chunk, which stays to be read. Without one the server is asked, once a session.
        The metadata of a field says the SQL type: `databricks.type_name`, `databricks.type_text`, `Spark:DataType:SqlName`.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: As `fetch_next_batch`.
        """
        from . import _arrow  # noqa: F401 - nothing is waited for in vain

        return self._schema_from(self._read_schema())

    def columns(self) -> tuple[Column, ...]:
        """The columns' names and SQL types, as soon as `arrow_schema` knows them. Also after `close()`.

        Raises:
            KernelError: As `fetch_next_batch`.
        """
        return self._columns_from(self._read_schema())

    def fetch_next_batch(self) -> pa.RecordBatch | None:
        """The next `pyarrow.RecordBatch`, or `None` after the last, when all announced rows were delivered.

        An interrupted call loses nothing: the next one goes on with the same batch.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: `DataLoss` (the result is short or damaged), `NetworkError`, `Timeout`, `InvalidStatementHandle` after
                `close()`.
        """
        from . import _arrow  # noqa: F401 - no row is read in vain

        while (batch := self._unread.next_batch()) is None:
            if not self._read_chunk():
                return None
        return batch

    def fetch_all_arrow(self) -> pa.Table:
        """The rows that were not yet read, as one `pyarrow.Table` over the kernel's memory. A call that fails has read none.

        Raises:
            ImportError: pyarrow is not installed.
            KernelError: As `fetch_next_batch`.
        """
        return self._read_all(lambda table: table)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows that were not yet read, as tuples of Python's values: those of pyarrow's `to_pylist()`, which it does without.

        Rows are read as they are taken: an iterator that is left has taken no further ones, and any mix with the other ways
        to read gives each row once, in order.

        Raises:
            KernelError: As `fetch_next_batch`; `InvalidArgument` at a row with a value that Python cannot hold, such as a
                timestamp in the year 10000. It names the column, and the row is still to be read, as Arrow.
        """
        while True:
            yield from self._unread.rows
            if not self._unread.make_rows() and not self._read_chunk():
                return

    def to_pandas(self, **options: Any) -> pd.DataFrame:
        """The rows that were not yet read, as a `pandas.DataFrame`; the options are those of `pyarrow.Table.to_pandas`.

        Raises:
            ImportError: pandas or pyarrow is not installed.
            KernelError: As `fetch_next_batch`; `InvalidArgument` when pandas cannot hold a column. No row is read then.
        """
        import pandas as pd  # noqa: F401

        return self._given_to("pandas", lambda table: table.to_pandas(**options))

    def to_polars(self) -> pl.DataFrame:
        """The rows that were not yet read, as a `polars.DataFrame` over the kernel's memory where polars can use it.

        Raises:
            ImportError: polars or pyarrow is not installed; `polars.DataFrame(result)` does without pyarrow.
            KernelError: As `fetch_next_batch`; `InvalidArgument` when polars cannot hold a column. No row is read then.
        """
        import polars as pl

        return self._given_to("polars", pl.DataFrame)

    def __arrow_c_schema__(self) -> object:
        """The schema as a PyCapsule of the Arrow C data interface."""
        from ._capsules import schema_capsule

        return schema_capsule(self._read_schema())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows that were not yet read as a PyCapsule of the Arrow C stream interface, batch by batch.

        Polars, DuckDB, pandas and others read it directly: `duckdb.from_arrow(result)`, `polars.DataFrame(result)`. A failure
        reaches them as an error of theirs with this package's text.
        `requested_schema` may only ask for another layout of the same types, and needs pyarrow.
        """
        if requested_schema is None:
            from ._capsules import stream_capsule

            return stream_capsule(self._read_schema(), self._next_piece)
        from ._arrow import stream_of

        return stream_of(self.arrow_schema(), self, requested_schema)

    def close(self) -> None:
        """Stops the downloads and frees what was not handed over; later fetches raise. Does nothing when it is closed."""
        call(self._stream.end)
        self._ended()

    def _given_to(self, library: str, take: Callable[[pa.Table], T]) -> T:
        from ._arrow import given_to

        return self._read_all(lambda table: given_to(library, table, take))

    def _read_all(self, take: Callable[[pa.Table], T]) -> T:
        """What `take` makes of the rows that were not yet read, which stay so when it fails."""
        from ._arrow import table_of

        pieces: list[Piece] = []
        try:
            while (piece := self._next_piece()) is not None:
                pieces.append(piece)
            return take(table_of((piece.batch() for piece in pieces), self.arrow_schema()))
        except BaseException:
            self._unread.give_back(pieces)
            raise

    def _next_piece(self) -> Piece | None:
        while (piece := self._unread.next_piece()) is None:
            if not self._read_chunk():
                return None
        return piece

    def _read_schema(self) -> bytes:
        if self._schema_stream is None:
            self._schema_stream = wait(self._stream.schema_stream_within)
        return self._schema_stream

    def _read_chunk(self) -> bool:
        from . import _native

        def within(limit: timedelta) -> _native.ChunkStep | None:
            step = self._stream.next_chunk_within(limit)
            return None if isinstance(step, _native.ChunkStep.WAITING) else step

        step = wait(within)
        if not isinstance(step, _native.ChunkStep.READY):
            return False
        self._unread.add(step.chunk)
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
        leave(self.close, error)


class ExecutedStatement(ExecutedBase, ResultStream):
    """A statement that succeeded, with its result. Leaving a `with` block closes both."""

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
